r"""
.. _errors-state:

What do the errors about the state mean?
========================================

You pass a :term:`state` to your LSTM, and torch answers with ``Expected hidden[0] size``, with
``index 1 is out of bounds``, or with ``get_mkldnn_dtype``. Different mistakes give texts that look
alike. After this page you read from the two sizes in the message which axis is wrong, and why. Every
other message is on :ref:`by-error`.

**You will see**

* one text, ``Expected hidden[0] size``, with four causes that its numbers tell apart
* three texts that hide that the pair (h_0, c_0) is wrong
* the messages of :class:`torch.nn.LSTMCell`, which wants other shapes
"""

# sphinx_gallery_tags = ["errors", "states", "shapes"]

import torch
from torch import nn

from lstm_guide import explain_errors, plotting, zero_state

torch.manual_seed(0)
N, L, H_in, H = 4, 7, 3, 5  # batch, time, features in, features out
lstm = nn.LSTM(input_size=H_in, hidden_size=H, batch_first=True)
x = torch.randn(N, L, H_in)


def said(call):
    """Return what torch says to a call, and the note of the guide."""
    try:
        with explain_errors():
            call()
    except Exception as error:
        return "\n".join([f"{type(error).__name__}: {error}", *getattr(error, "__notes__", [])])
    raise AssertionError("torch accepted it")


def zeros(*shape):
    """Return a state of zeros, h_0 and c_0 of one shape."""
    return torch.zeros(shape), torch.zeros(shape)


# %%
# What is wanted
# --------------
# The state of one layer in one direction is (1, N, H), with ``batch_first=True`` too. The picture
# shows where the pair goes in. Let the layer and the input say the sizes:
# :func:`lstm_guide.zero_state` works for any number of layers and directions.

state = zero_state(lstm, x)
output, (h_n, c_n) = lstm(x, state)
print(f"{tuple(state[0].shape) = }")
assert state[0].shape == state[1].shape == h_n.shape == (1, N, H)
plotting.call(lstm, x, state)

# %%
# The second number differs: another batch size
# ---------------------------------------------
# Read both sizes from left to right: (layers * directions, N, ``hidden_size``). Here only N differs.
# The likeliest cause is a last, smaller batch with a state of fixed size. The other one is an input
# whose time and batch are swapped: then the number that torch expects is your L.

last = x[:2]
message = said(lambda: lstm(last, state))
print(message)
assert "Expected hidden[0] size (1, 2, 5), got [1, 4, 5]" in message
assert message.index("another batch size") < message.index("time and batch swapped")
assert lstm(last, zero_state(lstm, last))[0].shape == (2, L, H)

message = said(lambda: lstm(x.transpose(0, 1), state))  # time first, for a batch-first layer
assert f"Expected hidden[0] size (1, {L}, 5), got [1, {N}, 5]" in message

# %%
# The first two are swapped: a batch-first state
# ----------------------------------------------
# ``batch_first`` changes the input and the output, never the state. The guide sees from the numbers
# that this is the cause, and names no other.

message = said(lambda: lstm(x, zeros(N, 1, H)))
print(message)
assert "Expected hidden[0] size (1, 4, 5), got [4, 1, 5]" in message
assert "lstm-guide: The state is batch first." in message
assert lstm(x, zeros(1, N, H))[0].shape == (N, L, H)

# %%
# The first number differs: rows for layers and directions
# --------------------------------------------------------
# The state has one row for each layer and each direction (:ref:`rows-of-h-n`).

deep = nn.LSTM(input_size=H_in, hidden_size=H, num_layers=2, batch_first=True, bidirectional=True)
message = said(lambda: deep(x, state))
print(message)
assert "Expected hidden[0] size (4, 4, 5), got [1, 4, 5]" in message
assert "lstm-guide: The state has too few or too many rows." in message
assert zero_state(deep, x)[0].shape == (2 * 2, N, H)
assert deep(x, zero_state(deep, x))[0].shape == (N, L, 2 * H)

# %%
# Only h_0 is given
# -----------------
# A GRU takes one tensor, an LSTM a pair. A single tensor is taken apart along its first axis, which
# gives a message about an index. With two layers it splits into two halves without complaint, and
# the message speaks of axes.

message = said(lambda: lstm(x, torch.zeros(1, N, H)))
print(message)
assert message.startswith("IndexError: index 1 is out of bounds for dimension 0 with size 1\n")
assert "lstm-guide: Only h_0 is given." in message

two_layers = nn.LSTM(input_size=H_in, hidden_size=H, num_layers=2, batch_first=True)
message = said(lambda: two_layers(x, torch.zeros(2, N, H)))
print("\n" + message)
assert "hx and cx should also be 3-D but got (2-D, 2-D) tensors" in message
assert "\n1. Only h_0 is given." in message
assert "\n2. The state has no axis for the layers." in message
assert two_layers(x, zeros(2, N, H))[0].shape == (N, L, H)

# %%
# The state has another dtype
# ---------------------------
# torch compares the input with the weights, and forgets the state. So a state in float64, as NumPy
# makes it, fails deep inside. :meth:`torch.Tensor.new_zeros` on the input takes its dtype and device.

h_0, c_0 = zeros(1, N, H)
message = said(lambda: lstm(x, (h_0.double(), c_0.double())))
print(message)
assert message.startswith("RuntimeError: ")
assert "lstm-guide: The state has another dtype than the input." in message
assert lstm(x, (x.new_zeros(1, N, H), x.new_zeros(1, N, H)))[0].dtype == x.dtype

# %%
# A cell takes one step, and a state without layers
# -------------------------------------------------
# :class:`torch.nn.LSTMCell` reads one step, (N, H_in), and its state is (N, H). Given a sequence, a
# single tensor or the state of an ``nn.LSTM``, it says so in three ways.

cell = nn.LSTMCell(input_size=H_in, hidden_size=H)
x_t, (h, c) = x[:, 0], zeros(N, H)
sequence = said(lambda: cell(x))
single = said(lambda: cell(x_t, h))
layered = said(lambda: cell(x_t, zeros(1, N, H)))
print(sequence, single, layered, sep="\n\n")
assert "LSTMCell: Expected input to be 1D or 2D, got 3D instead" in sequence
assert "argument 'hx' (position 2) must be tuple of Tensors, not Tensor" in single
assert "LSTMCell: Expected hx[0] to be 1D or 2D, got 3D instead" in layered
for x_t in x.unbind(dim=1):  # (N, H_in), L times
    h, c = cell(x_t, (h, c))
assert h.shape == c.shape == (N, H)

# %%
# Summary
# -------
# * The state is (layers * directions, N, hidden_size), in every layout with a batch.
# * Compare the two sizes of the message number by number: the place says the cause.
# * The state is a pair. A text about an index or a tuple often means that it is not.
# * Make the state from the input, or pass none.
#
# Common mistakes
# ---------------
# * A state of fixed size, kept in the model: :ref:`state-inside-a-module`.
# * A state of (N, 1, H) for a batch-first layer: :ref:`layouts`.
# * With packed input torch does not check the state. The texts are others, or there are none:
#   :ref:`errors-packing`.
#
# Check yourself
# --------------
# torch says ``Expected hidden[1] size (2, 4, 5), got [2, 4, 3]``. Which tensor is wrong, in which
# axis, and what may be behind it?
#
# .. dropdown:: Answer
#
#    ``hidden[1]`` is c_0, and its last axis is not ``hidden_size``. If h_0 passed with another size,
#    the layer has a projection: then h_0 has ``proj_size`` columns and c_0 keeps ``hidden_size``
#    (:ref:`projection`).
#
# Next
# ----
# :ref:`errors-packing` reads the messages about lengths, packed sequences and padding.
