r"""
.. _initialisation:

Do the first weights matter?
============================

Your model does not learn, and somebody says: set the forget bias, use orthogonal weights. Does it
help, or is it a habit? On this page each piece of advice is tried on one task. Before it, read
:ref:`memory-and-gradient`. After it, you know what torch draws, which change is worth its line, and
how to make it without breaking the gates.

**You will see**

* what torch draws: one range for all weights and biases
* a task of 30 steps that the default does not learn in 250 updates, and a forget bias that does
* orthogonal weights by gate, and what goes wrong with the whole matrix
* weights so large that the gates are stuck
"""

# sphinx_gallery_tags = ["training", "weights"]

import torch
from torch import nn

from lstm_guide import gate_blocks, plotting, set_forget_bias, trace_steps, training
from lstm_guide.weights import init_orthogonal

torch.manual_seed(0)
N, L, H_in, H = 32, 30, 1, 16  # batch, time, features in, features of h and c

# %%
# What torch draws
# ----------------
# All weights and all biases come from one range, from -1/√H to 1/√H. It knows nothing of gates: the
# forget bias is a random number near 0 like all others.

lstm = nn.LSTM(input_size=H_in, hidden_size=H, batch_first=True)
bound = H**-0.5
for name, parameter in lstm.named_parameters():
    largest = parameter.abs().max().item() / bound
    print(f"{name:<13} largest entry, times √H: {largest:.1f}")
    assert 0.8 < largest <= 1

# %%
# The task: say the first number at the end
# -----------------------------------------
# 30 random numbers from -1 to 1, and the target is the first. The baseline is to answer 0: its
# squared error is the variance, one third. All errors below are divided by it, so 1 means that
# nothing has been learned. Fresh batches each time: there is nothing to :term:`learn by heart`.


def make():
    """Draw numbers (N, L, 1), and the first of each row (N,)."""
    x = 2 * torch.rand(N, L, H_in) - 1
    return x, x[:, 0, 0]


def train(lstm, updates=250):
    """Train a layer with a new head; return the errors, divided by the baseline."""
    head = nn.Linear(in_features=H, out_features=1)
    parameters = [*lstm.parameters(), *head.parameters()]
    optimizer = torch.optim.Adam(parameters, lr=0.01)
    errors = []
    for _ in range(updates):
        x, target = make()
        _, (h_n, _) = lstm(x)  # (1, N, H)
        loss = (head(h_n[-1]).squeeze(1) - target).square().mean()
        optimizer.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(parameters, 1.0)
        optimizer.step()
        errors.append(3 * loss.item())
    return torch.tensor(errors)


# %%
# .. _initialisation-forget-bias:
#
# The forget bias, measured
# -------------------------
# :func:`lstm_guide.set_forget_bias` sets the bias of the forget gate in every layer. Before
# training, :func:`~lstm_guide.training.gradient_by_distance` measures how much the last output
# depends on the first input, compared with the last. Then train. What cannot be seen at the start
# is learned late or not at all. To be seen is not always enough: with a bias of 1 the first step
# matters, but little, and 250 updates do not learn it.

x, _ = make()
curves, reach = {}, {}
for name, value in {"default": None, "forget bias 1": 1.0, "forget bias 3": 3.0}.items():
    layer = nn.LSTM(input_size=H_in, hidden_size=H, batch_first=True)
    if value is not None:
        set_forget_bias(layer, value)
    by_distance = training.gradient_by_distance(
        lambda x, layer=layer: layer(x)[0][:, -1].sum(),
        x,
        dim=1,
    )
    reach[name] = (by_distance / by_distance[0]).flip(0)  # (L,), in order of time
    curves[name] = train(layer).view(-1, 10).mean(dim=1)  # (25,): means of ten updates

for name, curve in curves.items():
    seen, learned = reach[name][0] > 1e-4, curve[-1] < 0.3
    print(f"{name:<14} the first step matters: {seen}, learned: {learned}")
assert reach["default"][0] < 1e-4
assert 1e-4 < reach["forget bias 1"][0] < 0.2
assert reach["forget bias 3"][0] > 0.01
assert curves["forget bias 1"][-1] > 0.5
assert curves["default"][-1] > 0.5
assert curves["forget bias 3"][-1] < 0.3
plotting.steps(
    curves,
    ylabel="error, divided by the baseline",
    title="With a forget bias of 3, 250 updates are enough",
    xlabel="updates, in tens",
)

# %%
# The picture behind it
# ---------------------
# How much each step matters for the last output before any training, the last step being 1. Blank
# is less than a millionth. The default has lost the first step. This is not a law that says "3".
# The bias must fit the distance: too large, and old inputs pile up (:ref:`memory-and-gradient`).
# Measure the reach of your layer on your lengths and choose the smallest bias that reaches.

plotting.reach(reach, title="The forget bias decides if step 0 is seen")

# %%
# .. _initialisation-blocks:
#
# Orthogonal, gate by gate
# ------------------------
# ``weight_hh_l0`` has four blocks of (H, H), one for each gate. An orthogonal block keeps the length
# of h: all its singular values are 1. Called on the whole matrix of (4 * H, H),
# :func:`torch.nn.init.orthogonal_` makes the four blocks orthogonal together, and each of them for
# itself is not. :func:`lstm_guide.weights.init_orthogonal` does it for each block.


def smallest_singular_value(layer):
    """Of each gate's block of the recurrent weights: (4,)."""
    blocks = gate_blocks(layer, "weight_hh_l0").values()
    return torch.stack([torch.linalg.svdvals(block.detach())[-1] for block in blocks])


whole = nn.LSTM(input_size=H_in, hidden_size=H, batch_first=True)
by_gate = nn.LSTM(input_size=H_in, hidden_size=H, batch_first=True)
nn.init.orthogonal_(whole.weight_hh_l0)
init_orthogonal(by_gate)
low, one = smallest_singular_value(whole), smallest_singular_value(by_gate)
print(f"smallest singular value: whole matrix {low.min():.1f}, by gate {one.min():.1f}")
assert low.max() < 0.5
torch.testing.assert_close(one, torch.ones(4), atol=1e-5, rtol=0)

curve = train(by_gate)[-10:].mean()
print(f"orthogonal alone, learned: {curve < 0.3}")
assert curve > 0.5

# %%
# Orthogonal by gate is right, and here it does not help: the recurrent weights are not what loses
# the first number, the forget gate is. Advice can be correct and aim at another trouble than yours.

# %%
# .. _initialisation-large:
#
# Too large: gates that are stuck
# -------------------------------
# Weights thirty times as large look harmless in the shapes. But the gates now stand at 0 or 1 nearly
# everywhere, where σ is flat. A gate that is stuck passes no gradient to its weights.


def stuck(layer):
    """Share of the gate values below 0.02 or above 0.98."""
    with torch.no_grad():
        trace = trace_steps(layer, x)
    gates = torch.stack([trace.i, trace.f, trace.o])
    return ((gates < 0.02) | (gates > 0.98)).float().mean().item()


large = nn.LSTM(input_size=H_in, hidden_size=H, batch_first=True)
print(f"default: share of stuck gates {stuck(large):.1f}")
assert stuck(large) < 0.01
with torch.no_grad():
    for parameter in large.parameters():
        parameter.mul_(30)
print(f"times thirty: more than half stuck: {stuck(large) > 0.5}")
assert stuck(large) > 0.5

# %%
# Summary
# -------
# * torch draws all weights and biases from one range. The forget gate starts near one half.
# * For long distances set the forget bias, once, and measure the reach.
# * Make weights orthogonal gate by gate, since a matrix of torch holds four gates.
# * Change one thing at a time, and measure: with five different first weights the default never
#   learned this task in 250 updates, and the forget bias of 3 always did.
#
# Common mistakes
# ---------------
# * "I wrote 1 into both biases": their sum is 2. See :ref:`weights-and-gates`.
# * "I called ``orthogonal_`` on ``weight_hh_l0``": see :ref:`initialisation-blocks`.
# * "I scaled the weights up": see :ref:`initialisation-large`.
# * "I set the forget bias in ``__init__``, then loaded old weights": the loaded ones count, see
#   :ref:`weights-and-gates`.
#
# Check yourself
# --------------
# A layer learns a task of 30 steps with a forget bias of 3. Your sequences get 300 steps. What do you
# look at before you train?
#
# .. dropdown:: Answer
#
#    The reach over 300 steps, as in the second picture. σ(3) is 0.95, and 0.95 to the power of 300
#    is 2e-7. Try 5 or 6.
#
# Next
# ----
# The next page, :ref:`clipping`, keeps one bad batch from undoing the training.
