r"""
.. _memory-and-gradient:

How far back does an LSTM remember?
===================================

"LSTM" stands for long short-term memory. So you give your LSTM 50 steps and expect the last
:term:`output` to know of the first. Does it? On this page you measure how much each past input
matters, for :class:`torch.nn.RNN`, :class:`torch.nn.GRU` and :class:`torch.nn.LSTM`, before any
training. You need :ref:`one-step` and :ref:`weights-and-gates` before it. After it you can measure the
reach of your own LSTM, and choose its forget bias.

**You will see**

* that a new LSTM forgets almost as fast as a plain RNN
* how the forget bias decides the reach, in one picture
* how long the initial state lasts
* what of this guide holds for GRU and RNN
"""

# sphinx_gallery_tags = ["training", "states", "weights"]

import math

import torch
from torch import nn

from lstm_guide import plotting, set_forget_bias, trace_steps

torch.manual_seed(0)
L, N, H_in, H = 50, 16, 3, 32  # time, batch, features in, features of h and c: all different
x = torch.randn(L, N, H_in, dtype=torch.float64)  # (L, N, H_in)

# %%
# Measure: the gradient at every step
# -----------------------------------
# How much does input step t matter for the last output? Ask for the gradient: how much a number made
# from the last output changes, for a small change of x at step t. The number here is a random
# combination of the entries of h. What counts is the size compared with the last step, so that is
# divided out: the last step always has 1. float64 keeps very small numbers apart from rounding.

read = torch.randn(H, dtype=torch.float64)  # (H,)


def reach(module):
    """Size of the gradient at every step, the last step being 1: (L,)."""
    inputs = x.clone().requires_grad_()
    output, _ = module(inputs)  # (L, N, H)
    (gradient,) = torch.autograd.grad((output[-1] @ read).sum(), inputs)  # (L, N, H_in)
    size = gradient.norm(dim=-1).mean(dim=1)  # (L,)
    return size / size[-1]


def power(value):
    """The power of ten, rounded."""
    return f"1e{round(math.log10(value))}"


rnn = nn.RNN(input_size=H_in, hidden_size=H, dtype=torch.float64)
gru = nn.GRU(input_size=H_in, hidden_size=H, dtype=torch.float64)
lstm = nn.LSTM(input_size=H_in, hidden_size=H, dtype=torch.float64)
reaches = {"RNN": reach(rnn), "GRU": reach(gru), "LSTM": reach(lstm)}
for name, size in reaches.items():
    print(f"{name:<5} 10 steps back {power(size[-11])}, 49 steps back {power(size[0])}")
    assert 1e-4 < size[-11] < 1e-1
    assert size[0] < 1e-9

# %%
# .. _memory-new:
#
# A new LSTM forgets half at every step
# -------------------------------------
# All three lose the past quickly. For the LSTM you can see why. The initial weights
# are small, so the sum inside the forget gate is near 0, and σ(0) is one half. Each step keeps
# about half of c, and ten halves leave a thousandth.

with torch.no_grad():
    f = trace_steps(lstm, x).f  # (1, 1, L, N, H)
print(f"mean of the forget gate: {f.mean():.2f}")
print(f"kept after ten steps: {power(f.mean() ** 10)}")
assert 0.45 < f.mean() < 0.55
assert f.mean() ** 10 < 2e-3

# %%
# The forget bias decides the reach
# ---------------------------------
# The bias of the forget gate moves it from one half towards open. With 1 the gate starts near 0.73,
# with 2 near 0.88, with 3 near 0.95. :func:`lstm_guide.set_forget_bias` sets it in every layer.

for value in (1, 2, 3):
    module = nn.LSTM(input_size=H_in, hidden_size=H, dtype=torch.float64)
    set_forget_bias(module, value)
    name = f"LSTM, forget bias {value}"
    reaches[name] = size = reach(module)
    print(f"{name}: 10 steps back {power(size[-11])}, 49 steps back {power(size[0])}")

first = {name: size[0].item() for name, size in reaches.items()}
assert 1e-6 < first["LSTM, forget bias 1"] < 1e-3
assert 1e-3 < first["LSTM, forget bias 2"] < 1
assert first["LSTM, forget bias 3"] > 0.1

# %%
# Each cell of the picture is one past input, and its colour says how much it matters. The last step,
# on the right, has 1. Blank is less than a millionth: count the steps that are not blank. A new LSTM
# reaches as far as a GRU and a little further than an RNN. With a forget bias, all 50 steps matter.

counts = {name: int((size >= 1e-6).sum()) for name, size in reaches.items()}
for name, count in counts.items():
    print(f"{name:<20} {count} of {L} steps matter")
assert counts["RNN"] < 30
assert max(counts["GRU"], counts["LSTM"]) < 40
assert all(count == L for name, count in counts.items() if "bias" in name)

plotting.reach(reaches, title="The forget bias decides how far back an LSTM reaches")

# %%
# The initial state fades in the same way
# ---------------------------------------
# Two calls on the same x, one from zeros and one from a random state: how long do the outputs differ?
# In a default LSTM, after twenty steps it no longer matters where you began. With a forget bias of
# 3, it still does at the end. This also says how long a carried state is felt
# (:ref:`carrying-state`).

start = (torch.randn(1, N, H).double(), torch.randn(1, N, H).double())  # (1, N, H) each
biased = nn.LSTM(input_size=H_in, hidden_size=H, dtype=torch.float64)
set_forget_bias(biased, 3)
lasts = {}
with torch.no_grad():
    for name, module in {"default": lstm, "forget bias 3": biased}.items():
        difference = (module(x, start)[0] - module(x)[0]).abs().mean(dim=(1, 2))  # (L,)
        lasts[name] = difference
        steps = ", ".join(f"{t}: {power(difference[t])}" for t in (0, 4, 19, 49))
        print(f"{name:<14} mean difference at step {steps}")
assert lasts["default"][19] < 1e-4
assert lasts["forget bias 3"][49] > 0.01

# %%
# More is not better
# ------------------
# With a bias of 5 the LSTM forgets almost nothing. Then old inputs pile up in c, and the step that
# it reads now counts for less among them. Measure how much the last step itself contributes to
# the sum over all steps.

share = {}
for value in (1, 3, 5):
    module = nn.LSTM(input_size=H_in, hidden_size=H, dtype=torch.float64)
    set_forget_bias(module, value)
    size = reach(module)
    share[value] = (size[-1] / size.sum()).item()
    print(f"forget bias {value}: the last step has {100 * share[value]:.0f} % of the whole")
assert share[1] > 0.15
assert share[3] < 0.1
assert share[5] < 0.1

# %%
# What of this guide holds for GRU and RNN
# ----------------------------------------
# Shapes, layouts, directions, packing and ``h_n`` are the same. Three things differ. The state is
# one tensor and no pair, since there is no c. A GRU has three blocks of weights, r, z and n, and an
# RNN has one. And there is no forget bias to set.

for module, blocks in ((rnn, 1), (gru, 3), (lstm, 4)):
    output, state = module(x)
    kind = "a pair" if isinstance(state, tuple) else "one tensor"
    count = sum(p.numel() for p in module.parameters())
    print(
        f"{type(module).__name__:<4} output {tuple(output.shape)}, state is {kind}, {count} numbers"
    )
    assert output.shape == (L, N, H)
    assert isinstance(state, tuple) == (module is lstm)
    assert module.weight_hh_l0.shape == (blocks * H, H)
    assert count == blocks * H * (H_in + H + 2)

# %%
# Summary
# -------
# * The reach of an LSTM can be measured: the gradient of the last output at every step.
# * A new LSTM keeps about half of c at each step. It reaches as far as a GRU, and hardly further than
#   an RNN.
# * The forget bias decides. With 1 all 50 steps matter a little, with 3 they matter alike.
# * This is the start, not the end: in :ref:`watching-gates`, training opens the forget gate further.
#
# Common mistakes
# ---------------
# * "The LSTM has long memory by its name": not before training, with default weights
#   (:ref:`memory-new`). Your own model: :ref:`where-the-gradient-dies`.
# * "I set both forget biases to 1": the sum is 2, another LSTM than the one you meant. See
#   :ref:`weights-and-gates`.
# * "The initial state is important, so I learn it": in a default LSTM it is gone after twenty steps.
#   See :ref:`initial-state`.
#
# Check yourself
# --------------
# Your task needs an input from 100 steps ago. What do you check first, before you build a larger LSTM?
#
# .. dropdown:: Answer
#
#    The reach: ``reach(lstm)`` as above, on sequences of 100 steps. If the gradient at step 0 is
#    1e-20, no training step can teach the LSTM to use it. Set the forget bias to 2 or 3 and
#    measure again.
#
# :ref:`exercise-forget-gate` checks your own answer.
#
# Next
# ----
# :ref:`encoder` begins the patterns of use: a sequence becomes one vector. :ref:`carrying-state` says
# what happens when you cut a long sequence into chunks.
