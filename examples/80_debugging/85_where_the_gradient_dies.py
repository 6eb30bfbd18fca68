r"""
.. _where-the-gradient-dies:

Where does the gradient die, and where does it explode?
=======================================================

Your model learns what happened a moment ago and nothing of what happened earlier. Or the norm of its
gradient is 1e6. Both are one question: how large is the gradient at each step back from the loss?
Before this page, read :ref:`memory-and-gradient`. After it, you can measure this for your own model
with one call, and choose the repair that fits.

**You will see**

* the gradient by distance, in four cases in one picture
* a gradient that is gone at once, because the input is too large
* a gradient that grows with every step
* the repairs, each measured with the same call
"""

# sphinx_gallery_tags = ["debugging", "training"]

import torch
from torch import nn

from lstm_guide import plotting, set_forget_bias, trace_steps, training

torch.manual_seed(0)
L, N, H_in, H = 60, 16, 3, 24  # time, batch, features in, features of h and c
x = torch.randn(L, N, H_in).double()  # (L, N, H_in): float64 tells small from zero


def make(forget_bias=None, scale=1.0):
    """Return a layer in float64, with its recurrent weights made larger."""
    lstm = nn.LSTM(input_size=H_in, hidden_size=H, dtype=torch.float64)
    if forget_bias is not None:
        set_forget_bias(lstm, forget_bias)
    with torch.no_grad():
        lstm.weight_hh_l0.mul_(scale)
    return lstm


# %%
# One call: the gradient by distance
# ----------------------------------
# Make one number from the last output, and ask for the gradient at every step of the input.
# :func:`~lstm_guide.training.gradient_by_distance` counts back from the end: entry 0 is the last
# step, entry 59 the first. Give it a function from x to your number: with your own model, the loss.


def score(lstm, x):
    output, _ = lstm(x)  # (L, N, H)
    return output[-1].sum()


default = make()
sizes = training.gradient_by_distance(lambda x: score(default, x), x, dim=0)  # (L,)

inputs = x.clone().requires_grad_()
(gradient,) = torch.autograd.grad(score(default, inputs), inputs)  # (L, N, H_in)
torch.testing.assert_close(sizes, gradient.norm(dim=(1, 2)).flip(0))
print(f"{tuple(sizes.shape) = }")
print(f"59 steps back, below a billionth of the last step: {bool(sizes[-1] < 1e-9 * sizes[0])}")
assert sizes[-1] < 1e-9 * sizes[0]

# %%
# .. _gradient-dies-time:
#
# It dies: each step keeps a part
# -------------------------------
# Going one step back multiplies the gradient by a little more than the forget gate, since h carries
# a part too. With one half, ten steps are a thousandth. Divide neighbours and you see it: the ratio
# is about the same at every distance. What the loss says about step 0 is there, and too small to
# move a weight.

ratio = (sizes[40] / sizes[10]).item() ** (1 / 30)
with torch.no_grad():
    forget = trace_steps(default, x).f.mean().item()
print(f"kept from step to step: {ratio:.1f}\nmean of the forget gate: {forget:.1f}")
assert 0.5 < ratio < 0.8
assert 0.45 < forget < 0.55
assert ratio > forget

# %%
# .. _gradient-dies-saturated:
#
# It is gone at once: the gates are stuck
# ---------------------------------------
# The input is a thousand times too large, say metres where the others are kilometres. The sums inside
# the gates are far from 0, and there σ and tanh are flat. Nearly every way back is closed at once,
# and what slips through is chance. No forget bias repairs this. Scale the input, by the mean and
# standard deviation of the training part.

large = 1000 * x
stuck = training.gradient_by_distance(lambda x: score(default, x), large, dim=0)
scaled = (large - large.mean()) / large.std()
repaired = training.gradient_by_distance(lambda x: score(default, x), scaled, dim=0)
for name, values in {"input times 1000": stuck, "scaled again": repaired}.items():
    alive = values[10] > 1e-4 * sizes[10]
    print(f"{name:<16} ten steps back: {'alive' if alive else 'gone'}")
assert stuck[10] < 1e-4 * sizes[10]
assert repaired[10] > 0.1 * sizes[10]

# %%
# .. _gradient-dies-explodes:
#
# It explodes: large recurrent weights
# ------------------------------------
# With recurrent weights eight times as large and an open forget gate, a small change of an early step
# is passed on larger at each step. The gradient of the first step is then the largest, and
# one step of the optimiser follows it alone.

wild = make(forget_bias=5.0, scale=8.0)
exploding = training.gradient_by_distance(lambda x: score(wild, x), x, dim=0)
growth = (exploding[-1] / exploding[0]).item()
print(f"59 steps back, more than ten times the last step: {growth > 10}")
assert growth > 10

# %%
# The repairs, measured
# ---------------------
# Against dying: a forget bias (:ref:`initialisation`), or a shorter way, the grey line: take the
# mean over all outputs for your loss, and each step has a short way to it. Against exploding:
# smaller weights, and clipping (:ref:`clipping`), which makes the step shorter but leaves the first
# input's share as it is.

open_gate = make(forget_bias=3.0)
series = {
    "default": sizes,
    "forget bias 3": training.gradient_by_distance(lambda x: score(open_gate, x), x, dim=0),
    "bias 5, weights times 8": exploding,
    "mean of all outputs": training.gradient_by_distance(
        lambda x: default(x)[0].mean(dim=0).sum(), x, dim=0
    ),
}
for name in ("forget bias 3", "mean of all outputs"):
    share = (series[name][-1] / series[name][0]).item()
    print(f"{name:<19} step 0 matters: {share > 0.01}")
    assert share > 0.01
plotting.steps(
    {name: values.clamp(min=1e-20) for name, values in series.items()},
    ylabel="size of the gradient",
    title="The gradient dies, lasts, or explodes on its way back",
    xlabel="steps back from the last",
).set_yscale("log")

# %%
# .. _gradient-dies-table:
#
# Which weight gets nothing?
# --------------------------
# The other table to print: the size of the gradient of each parameter after ``backward``. ``None``
# says that the module has no part in the loss. Exactly 0 says that it was called, and that no way
# leads from the loss to this parameter. Here the final state is read in its reverse row only, so the
# forward weights of the top layer get 0 (:ref:`two-directions`).

both = nn.LSTM(input_size=H_in, hidden_size=H, num_layers=2, bidirectional=True).double()
unused = nn.LSTM(input_size=H_in, hidden_size=H)
_, (h_n, _) = both(x)  # (4, N, H)
h_n[-1].sum().backward()
nothing = []
for name, parameter in both.named_parameters():
    size = parameter.grad.norm().item()
    if "weight_hh" in name:
        print(f"{name:<20} above 0: {size > 0}")
    if size == 0:
        nothing.append(name)
print(f"a module that was not called: {unused.weight_hh_l0.grad}")
assert nothing == ["weight_ih_l1", "weight_hh_l1", "bias_ih_l1", "bias_hh_l1"]
assert unused.weight_hh_l0.grad is None

# %%
# Summary
# -------
# * Measure the gradient by distance, of your loss, on your data.
# * Falling in a line on a log scale: the forget gate. Gone at once: stuck gates. Rising: it explodes.
# * Forget bias or a shorter way against the first, scaling against the second, smaller weights and
#   clipping against the third.
# * Print the gradient of each parameter. ``None``: the module was not called. 0: nothing reads it.
#
# Common mistakes
# ---------------
# * "I make the layer larger, so that it remembers more": the reach stays. See
#   :ref:`gradient-dies-time`.
# * "I feed the raw numbers": see :ref:`gradient-dies-saturated`.
# * "I clip, so it cannot explode": each step is shorter, and points to the first input all the same.
#   See :ref:`gradient-dies-explodes`.
# * "Half of my weights never move": see :ref:`gradient-dies-table`.
#
# Check yourself
# --------------
# Your gradient is 1 at the last step and exactly 0 at all others. Which causes are possible?
#
# .. dropdown:: Answer
#
#    Stuck gates, or a state that does not reach the loss from earlier steps: detached at each step,
#    or the time axis is not where the LSTM reads it, so that each step is a sequence of its own
#    (:ref:`layouts`).
#
# Next
# ----
# The model learns. :ref:`save-and-load` keeps it, and :ref:`section-exercises` lets you try what you
# have read.
