r"""
.. _weights-and-gates:

Which weights belong to which gate?
===================================

You print the parameters of your LSTM and find ``weight_hh_l0`` with 20 rows for a hidden size of 5,
and two biases where one would do. You want the forget gate's weights, or the number of parameters,
or weights from another library. You need :ref:`one-step` before this page. After it you can find
the block of every :term:`gate`, and count any ``nn.LSTM`` by hand.

**You will see**

* the parameters drawn as blocks, four to each
* an experiment that finds the order of the gates: 24 orders, one of them fits
* the number of parameters, derived and checked
"""

# sphinx_gallery_tags = ["weights", "shapes"]

import itertools

import torch
from torch import nn

from lstm_guide import (
    ShapeError,
    gate_blocks,
    lstm_step,
    parameter_count,
    parameter_shapes,
    plotting,
    weights,
)

torch.manual_seed(0)
L, N, H_in, H = 7, 4, 3, 5  # time, batch, features in, features of h and c: all different
x = torch.randn(L, N, H_in)  # (L, N, H_in)

# %%
# Four names
# ----------
# A layer of :class:`torch.nn.LSTM` has four parameters. ``ih`` is read "input to hidden": this
# matrix meets x. ``hh`` is "hidden to hidden": this one meets the old h. ``_l0`` is layer 0. Each has
# 4 · H rows. A second :term:`direction` adds names that end in ``_reverse``, and a projection adds
# ``weight_hr``.

lstm = nn.LSTM(input_size=H_in, hidden_size=H)
for name, parameter in lstm.named_parameters():
    print(f"{name:<13}{tuple(parameter.shape)}")
assert {name: tuple(p.shape) for name, p in lstm.named_parameters()} == {
    "weight_ih_l0": (4 * H, H_in),
    "weight_hh_l0": (4 * H, H),
    "bias_ih_l0": (4 * H,),
    "bias_hh_l0": (4 * H,),
}

# %%
# Each parameter holds the blocks of four gates, H rows each. The numbers on the left are the rows: as
# a slice, the forget gate of any of them is ``[5:10]``.

plotting.parameter_blocks(lstm)

# %%
# .. _weights-order:
#
# The order is i, f, g, o: an experiment
# --------------------------------------
# The picture claims an order. Test it: cut the parameters into four blocks, and try each of the 24
# ways to give the four names to them. With each, compute one step from the equations of
# :ref:`one-step`, from a random state so that every block counts. One order gives what torch gives.

h_0, c_0 = torch.randn(N, H), torch.randn(N, H)  # (N, H) each


def one_step(order):
    """Compute h after the first step, the blocks taken in this order."""
    ordered = [weights.reorder_gates(p, source=order, target="ifgo") for p in lstm.parameters()]
    return lstm_step(x[0], h_0, c_0, *ordered).h  # (N, H)


output, _ = lstm(x, (h_0[None], c_0[None]))  # (L, N, H)
differences = {
    order: (one_step(order) - output[0]).abs().max().item()
    for order in map("".join, itertools.permutations("ifgo"))
}
close = [order for order, difference in differences.items() if difference < 1e-6]
print(f"{len(differences)} orders tried, equal to torch: {close}")
print(f"the next best differs by {sorted(differences.values())[1]:.4f}")
assert close == ["ifgo"]
assert sorted(differences.values())[1] > 0.001

# %%
# .. _weights-blocks:
#
# Take a block by its name
# ------------------------
# In plain torch a block is a slice, or one piece of ``chunk(4)``. :func:`lstm_guide.gate_blocks` gives
# the four pieces by name. They are views: what you write into one, you write into the LSTM. Do so
# under :class:`torch.no_grad`, as for any parameter.

blocks = gate_blocks(lstm, "weight_hh_l0")
for gate, block in blocks.items():
    print(f"{gate}: {tuple(block.shape)}")
torch.testing.assert_close(blocks["f"], lstm.weight_hh_l0[H : 2 * H], atol=0, rtol=0)
torch.testing.assert_close(blocks["f"], lstm.weight_hh_l0.chunk(4)[1], atol=0, rtol=0)

# %%
# A matrix that stands the wrong way round is a mistake that torch may not see: on a CPU, the LSTM can
# run it and return garbage. ``gate_blocks`` compares every shape with the sizes of the LSTM first.

broken = nn.LSTM(input_size=H_in, hidden_size=H)
broken.weight_hh_l0 = nn.Parameter(lstm.weight_hh_l0.detach().T)  # (5, 20)
try:
    gate_blocks(broken, "weight_hh_l0")
except ShapeError as error:
    message = str(error)
    print(type(error).__name__, message)
else:
    raise AssertionError("the wrong shape was accepted")
assert "weight_hh_l0: expected shape (20, 5), got (5, 20). It is transposed" in message

# %%
# Count the parameters
# --------------------
# The picture gives the count: a layer that reads H_in features has 4 · H rows, and each row has H_in
# + H weights and 2 biases. Above layer 0, a layer reads the output of the one below, D · H features
# for D directions. :func:`lstm_guide.parameter_count` does this for every configuration.

by_hand = 4 * H * (H_in + H + 2)
print(f"one layer: {by_hand} by hand, {sum(p.numel() for p in lstm.parameters())} in the module")
assert by_hand == sum(p.numel() for p in lstm.parameters()) == parameter_count(lstm)

deep = nn.LSTM(input_size=H_in, hidden_size=H, num_layers=2, bidirectional=True)
by_hand = 2 * 4 * H * (H_in + H + 2) + 2 * 4 * H * (2 * H + H + 2)
print(f"two layers, two directions: {by_hand} by hand, {parameter_count(deep)} counted")
assert by_hand == sum(p.numel() for p in deep.parameters()) == parameter_count(deep)
assert parameter_shapes(deep)["weight_ih_l1_reverse"] == (4 * H, 2 * H)

# %%
# Summary
# -------
# * Each parameter stacks four blocks of H rows, in the order i, f, g, o.
# * A block taken by its name is a view: writing into it changes the parameter.
# * One layer and direction has 4 · H · (H_in + H + 2) parameters.
#
# Common mistakes
# ---------------
# * "I set the forget part of both biases to 1": the gate gets 2. See :ref:`initial-weights`.
# * "I assign weights of another shape, and the LSTM runs": use ``copy_``, which refuses them
#   (:ref:`weights-blocks`).
# * "ONNX and torch have the same order": torch has i, f, g, o (:ref:`weights-order`), :term:`ONNX`
#   has i, o, f, c. :func:`lstm_guide.weights.reorder_gates` converts.
# * "hidden_size is the number of rows": it is a quarter of them. See :ref:`constructor-arguments`.
#
# Check yourself
# --------------
# How many parameters does ``nn.LSTM(input_size=10, hidden_size=20)`` have, and how many with
# ``bias=False``?
#
# .. dropdown:: Answer
#
#    4 · 20 · (10 + 20 + 2) = 2560, and without the biases 4 · 20 · (10 + 20) = 2400.
#
# :ref:`exercise-parameter-count` checks your own answer.
# :func:`~lstm_guide.probes.equations` checks the weights of your own model: :ref:`silent-weights`.
#
# Next
# ----
# :ref:`initial-weights` says what to write into the blocks before you train.
