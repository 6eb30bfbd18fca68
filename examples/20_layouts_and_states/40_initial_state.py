r"""
.. _initial-state:

The initial state: zeros, given or learned
==========================================

Code that you found makes two tensors ``h0`` and ``c0`` before it calls :class:`torch.nn.LSTM`. Do
you need them? Which shape do they have, and why does torch reject ``(N, 1, H)`` or a lone ``h0``?
After this page you can leave the initial :term:`state` out, give your own, or let the model learn
it.

**You will see**

* that no state and a state of zeros give the same numbers
* the shape of the state for one or two layers and directions
* four states that torch rejects, with the real messages
* an initial state that receives a gradient, and one that does not by mistake
"""

# sphinx_gallery_tags = ["states", "shapes", "errors"]

import textwrap

import torch
from torch import nn

from lstm_guide import describe, plotting, zero_state
from lstm_guide.shapes import state_shapes

torch.manual_seed(0)
N, L, H_in, H = 4, 5, 128, 64  # batch, time, features in, features out

lstm = nn.LSTM(input_size=H_in, hidden_size=H, batch_first=True)
x = torch.randn(N, L, H_in)

# %%
# No state means zeros
# --------------------
# The state is a pair: the :term:`hidden state` ``h_0`` and the :term:`cell state` ``c_0``. If you
# leave it out, ``nn.LSTM`` starts from zeros, in every call. So you do not need the two tensors
# when zeros are all you want. The picture shows where they enter: before step 0, and nowhere else.

output, (h_n, c_n) = lstm(x)  # (N, L, H), (1, N, H), (1, N, H)
print(f"{tuple(output.shape) = }\n{tuple(h_n.shape) = }\n{tuple(c_n.shape) = }")
assert output.shape == (4, 5, 64)
assert h_n.shape == c_n.shape == (1, 4, 64)

h_0, c_0 = torch.zeros(1, N, H), torch.zeros(1, N, H)
from_zeros, _ = lstm(x, (h_0, c_0))
torch.testing.assert_close(from_zeros, output, atol=1e-6, rtol=0)
title = "The state enters before step 0, and nowhere else"
plotting.call(lstm, x, (h_0, c_0), title=title)

# %%
# .. _initial-random:
#
# Random numbers are not an empty memory
# --------------------------------------
# Some code fills the state with :func:`torch.randn` and says that this cleans it out. It does the
# opposite: the LSTM starts with a memory of inputs that never were, and two calls with the same
# input give two answers. The difference is largest at the first step. Empty means zeros.

with torch.no_grad():
    one, _ = lstm(x, (torch.randn(1, N, H), torch.randn(1, N, H)))
    two, _ = lstm(x, (torch.randn(1, N, H), torch.randn(1, N, H)))

difference = (two - one).abs().mean(dim=(0, 2))  # (L,)
print(f"{difference = }")
assert (difference[1:] < difference[:-1]).all()
assert difference[0] > 0.1
plotting.steps(
    {
        "random state 1": one[0, :, 0],
        "random state 2": two[0, :, 0],
        "zeros": output[0, :, 0],
    },
    ylabel="output[0, :, 0]",
    title="The same input from three initial states: three answers",
)

# %%
# One row for each layer and direction, one column for each sequence
# ------------------------------------------------------------------
# The first axis of the state counts layers times directions, K * D. The second counts sequences, N.
# There is no time axis: a state exists once for each sequence, before its first step. For three
# sequences, :func:`lstm_guide.shapes.state_shapes` computes both shapes from the module, and the loop
# gives torch a state of these shapes.

three = x[:3]  # (3, L, H_in)
print("layers  directions  h_0 and c_0")
for layers in (1, 2):
    for directions in (1, 2):
        options = {"num_layers": layers, "bidirectional": directions == 2}
        module = nn.LSTM(input_size=H_in, hidden_size=H, batch_first=True, **options)
        h_shape, c_shape = (shape.sizes for shape in state_shapes(module, N=3))
        print(f"{layers:6}  {directions:10}  {h_shape}")
        assert h_shape == c_shape == (layers * directions, 3, H)
        _, (h_n, c_n) = module(three, (torch.zeros(h_shape), torch.zeros(c_shape)))
        assert h_n.shape == c_n.shape == h_shape

# %%
# ``batch_first`` does not apply to the state
# -------------------------------------------
# ``batch_first=True`` moves the batch axis of ``input`` and ``output``. The state keeps
# ``(K * D, N, H)``. In the message, ``hidden[0]`` is the first of the pair, ``h_0``. The second
# message comes from a state with one entry for each step: torch expects N columns, and gets L.


def error_of(module, state):
    """Return what torch says when it refuses the state."""
    try:
        module(x, state)
    except (IndexError, RuntimeError) as error:
        return f"{type(error).__name__}: {error}"
    raise AssertionError("torch accepted it")


states = torch.zeros(N, 1, H), torch.zeros(1, L, H)  # batch in front; one for each step
messages = [error_of(lstm, (h_0, h_0)) for h_0 in states]
print(*messages, sep="\n")
assert messages[0] == "RuntimeError: Expected hidden[0] size (1, 4, 64), got [4, 1, 64]"
assert messages[1] == "RuntimeError: Expected hidden[0] size (1, 4, 64), got [1, 5, 64]"

# %%
# .. _initial-pair:
#
# ``h_0`` without ``c_0``: two messages that point elsewhere
# ----------------------------------------------------------
# Give ``h_0`` alone, as you do with :class:`torch.nn.GRU`, and torch takes the tensor for the
# pair. With one layer it looks for a second row, for ``c_0``, and finds none. With two layers it
# takes row 0 for ``h_0`` and row 1 for ``c_0``, and complains that they are 2-D. The cure is the
# same for both: ``lstm(x, (h_0, c_0))``. :func:`lstm_guide.describe` names the real cause.

gru = nn.GRU(input_size=H_in, hidden_size=H, batch_first=True)
assert gru(x, torch.zeros(1, N, H))[0].shape == (N, L, H)  # a GRU has no cell state
stacked = nn.LSTM(input_size=H_in, hidden_size=H, num_layers=2, batch_first=True)
h_0, h_0_stacked = torch.zeros(1, N, H), torch.zeros(2, N, H)
messages = [error_of(lstm, h_0), error_of(stacked, h_0_stacked)]
print(*messages, sep="\n")
assert messages[0] == "IndexError: index 1 is out of bounds for dimension 0 with size 1"
assert "hx and cx should also be 3-D but got (2-D, 2-D) tensors" in messages[1]

try:
    describe(lstm, x, torch.zeros(1, N, H))
except TypeError as error:
    message = str(error)
    print(textwrap.fill(f"describe: {message}", width=80))
else:
    raise AssertionError("describe accepted it")
assert "(h_0, c_0)" in message

# %%
# Take N from the tensor, never from a constant
# ---------------------------------------------
# The last batch of an :term:`epoch` is often smaller, and a state made for ``batch_size`` no longer fits.
# :meth:`torch.Tensor.new_zeros` makes zeros in the dtype and on the device of ``x``, and
# ``x.size(0)`` is N here (``x.size(1)`` when time comes first). :func:`lstm_guide.zero_state` finds
# the shape for every configuration.

for batch in (x, three):  # 4 sequences, then 3
    zeros = batch.new_zeros(1, batch.size(0), H)  # (1, N, H)
    assert lstm(batch, (zeros, zeros))[0].shape == (len(batch), L, H)
    torch.testing.assert_close(zero_state(lstm, batch), (zeros, zeros), atol=0, rtol=0)

h_0, c_0 = zero_state(stacked, three)
print(f"{tuple(h_0.shape) = }")
assert h_0.shape == c_0.shape == (2, 3, H)

# %%
# Summary
# -------
# * No state means zeros. Pass one only if it is not zeros.
# * The shape is ``(K * D, N, H)``, in both layouts: no time axis, and ``batch_first`` changes
#   nothing.
# * It is always a pair ``(h_0, c_0)``.
# * N, dtype and device come from the input.
#
# Common mistakes
# ---------------
# * A state in batch-first order, ``(N, 1, H)``: rejected (:ref:`error-state-batch-first`). What
#   ``batch_first`` moves: :ref:`layouts`.
# * ``h_0`` alone: an ``IndexError``, or a message about 2-D tensors (:ref:`initial-pair`).
# * A state made for a constant batch size: :ref:`state-inside-a-module`.
# * Random numbers in the place of zeros: the same input gives another answer in each call
#   (:ref:`initial-random`). :func:`~lstm_guide.probes.call_twice` catches it in your own model:
#   :ref:`silent-states`.
#
# Check yourself
# --------------
# Two layers, two directions, 16 sequences of 25 steps, ``hidden_size=128``, ``batch_first=True``.
# Which shape has ``h_0``?
#
# .. dropdown:: Answer
#
#    ``(4, 16, 128)``: two layers times two directions, 16 sequences. The 25 steps do not appear,
#    and ``batch_first`` does not matter.
#
# Next
# ----
# Let the model learn where to start: :ref:`learned-state`.
