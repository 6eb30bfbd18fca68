r"""
.. _initial-weights:

Initial values: two biases, four blocks
=======================================

A recipe says "set the forget bias to 1" or "initialise orthogonally". You do, and get a forget bias of 2
and blocks that are not orthogonal, without a message. Before this page, read
:ref:`weights-and-gates`. After it, you can give each :term:`gate` of :class:`torch.nn.LSTM` the initial
values that the recipe means.

**You will see**

* that only the sum of the two biases matters, and what follows for the :term:`forget bias`
* what an orthogonal initialiser does to four blocks in one tensor
* the blocks before and after, by one number each
"""

# sphinx_gallery_tags = ["weights", "training"]

import torch
from torch import nn

from lstm_guide import gate_blocks, plotting, set_forget_bias, weights

torch.manual_seed(0)
L, N, H_in, H = 7, 4, 3, 5  # time, batch, features in, features of h and c: all different
x = torch.randn(L, N, H_in)  # (L, N, H_in)
lstm = nn.LSTM(input_size=H_in, hidden_size=H)

# %%
# .. _initial-two-biases:
#
# Only the sum of the two biases matters
# --------------------------------------
# The equation adds ``b_ih`` and ``b_hh``. Move all of one into the other, and no :term:`output`
# changes. So both always get the same gradient. There are two for a reason outside the equations:
# torch uses the layout of NVIDIA's library cuDNN, which has a bias for each of its two products.

other = nn.LSTM(input_size=H_in, hidden_size=H)
other.load_state_dict(lstm.state_dict())
with torch.no_grad():
    other.bias_ih_l0 += other.bias_hh_l0
    other.bias_hh_l0.zero_()

difference = (lstm(x)[0] - other(x)[0]).abs().max()
print(f"moved into one bias: outputs equal within 1e-6: {bool(difference < 1e-6)}")
assert difference < 1e-6

lstm(x)[0].square().sum().backward()
torch.testing.assert_close(lstm.bias_ih_l0.grad, lstm.bias_hh_l0.grad, atol=1e-6, rtol=0)

# %%
# .. _initial-forget-bias:
#
# Set the forget bias once
# ------------------------
# Many recipes start the forget gate with a bias of 1, so that it begins more open than closed. Set
# in both biases, it becomes 2, without a message. :func:`lstm_guide.set_forget_bias` sets the one and
# clears the other, in every layer and direction. The gate then begins near σ(1).

with torch.no_grad():
    for name in ("bias_ih_l0", "bias_hh_l0"):
        gate_blocks(lstm, name)["f"].fill_(1.0)
twice = sum(gate_blocks(lstm, name)["f"] for name in ("bias_ih_l0", "bias_hh_l0"))  # (H,)

set_forget_bias(lstm, 1.0)
once = sum(gate_blocks(lstm, name)["f"] for name in ("bias_ih_l0", "bias_hh_l0"))  # (H,)
print(f"1 in both biases:    sum {twice[0]:.1f}, gate {twice[0].sigmoid():.2f}")
print(f"set_forget_bias(1):  sum {once[0]:.1f}, gate {once[0].sigmoid():.2f}")
torch.testing.assert_close(twice, torch.full((H,), 2.0))
torch.testing.assert_close(once, torch.full((H,), 1.0))

# %%
# .. _initial-gate-by-gate:
#
# Initialise gate by gate
# -----------------------
# The four blocks lie in one tensor, but they are four matrices. An initialiser that looks at the
# whole does not know that. An orthogonal matrix keeps the length of every vector; of the whole
# parameter, each block keeps about half. :func:`lstm_guide.weights.init_orthogonal` treats each block alone.

h = torch.randn(H)  # (H,)


def kept(lstm):
    """How much of the length of h the block of each gate keeps."""
    blocks = gate_blocks(lstm, "weight_hh_l0").items()
    return {gate: round(((block @ h).norm() / h.norm()).item(), 2) for gate, block in blocks}


nn.init.orthogonal_(lstm.weight_hh_l0)
whole = kept(lstm)
weights.init_orthogonal(lstm)
print(f"the whole at once: {whole}")
print(f"gate by gate:      {kept(lstm)}")
assert max(whole.values()) < 0.95
assert set(kept(lstm).values()) == {1.0}
plotting.bars(
    {f"gate {gate}": {"at once": whole[gate], "gate by gate": kept(lstm)[gate]} for gate in whole},
    xlabel="length of a vector after its block, before = 1",
    title="Initialised at once, no block keeps the length of a vector",
)

# %%
# .. _initial-xavier:
#
# Xavier counts the rows of one gate
# ----------------------------------
# Glorot and Bengio draw the input weights from a range that gets narrower with the number of rows and
# columns. The whole parameter has the rows of four gates, so its range is too narrow for each.
# :func:`lstm_guide.weights.init_xavier` counts the rows of one gate.

too_narrow, right = (6 / (4 * H + H_in)) ** 0.5, (6 / (H + H_in)) ** 0.5
nn.init.xavier_uniform_(lstm.weight_ih_l0)
at_once = lstm.weight_ih_l0.abs().max().item()
weights.init_xavier(lstm)
by_gate = lstm.weight_ih_l0.abs().max().item()
print(f"the whole at once: largest {at_once:.2f}, range up to {too_narrow:.2f}")
print(f"gate by gate:      largest {by_gate:.2f}, range up to {right:.2f}")
assert at_once <= too_narrow < by_gate <= right

# %%
# Summary
# -------
# * The two biases are added. Only their sum matters, and their gradients are the same.
# * Set the forget bias in one of them, and clear the other: ``set_forget_bias(lstm, 1.0)``.
# * Four blocks are four matrices: initialise them one by one.
#
# Common mistakes
# ---------------
# * "I set the forget part of both biases to 1": the gate gets 2 (:ref:`initial-forget-bias`).
# * "``nn.init.orthogonal_`` on the whole parameter": its blocks are not orthogonal
#   (:ref:`initial-gate-by-gate`). The same with ``xavier_uniform_`` (:ref:`initial-xavier`).
# * "I print ``bias_ih_l0`` to see the bias of a gate": that is half of it, only the sum counts
#   (:ref:`initial-two-biases`).
#
# Check yourself
# --------------
# You load weights from :term:`Keras`, which has one bias for each gate. Where does it go?
#
# .. dropdown:: Answer
#
#    Into one of the two, with zeros in the other. :func:`lstm_guide.weights.from_keras` does so, and
#    puts the gates in torch's order.
#
# Was your own parameter made orthogonal as a whole? Singular values show it: :ref:`silent-weights`.
#
# Next
# ----
# :ref:`whole-layer` repeats the step over time, layers and directions, until it is ``nn.LSTM``.
