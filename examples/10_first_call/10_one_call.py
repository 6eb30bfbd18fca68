r"""
.. _one-call:

One call gives three tensors back
=================================

You call :class:`torch.nn.LSTM` once and it returns ``output, (h_n, c_n)``. The three tensors look
alike, and some numbers stand in two of them. After this page you can say what each one holds, what
shape it has, and which one the rest of your model needs.

**You will see**

* one call with numbers small enough to read, and a picture of it
* ``output``: one :term:`hidden state` for each :term:`time step`
* ``h_n`` and ``c_n``: the :term:`state` after the last step
* what happens to the shapes when seven :term:`sequences <sequence>` go in together
"""

# sphinx_gallery_tags = ["shapes", "states"]

import torch
from torch import nn
from torch.testing import assert_close

from lstm_guide import call_shapes, describe, plotting

torch.manual_seed(42)
N, L, H_in, H = 1, 3, 5, 2  # batch, time, features in, features out

# %%
# The input has three axes
# ------------------------
# ``x`` holds one sequence (the :term:`batch` axis), with three time steps (the time axis), and five
# numbers at each step (the :term:`feature` axis). Think of five sensors that are read three times.
# The guide calls these sizes N, L and H_in. The numbers are random, and the seed makes them the
# same in every run.

x = torch.rand(N, L, H_in)  # (N, L, H_in)
print(f"{tuple(x.shape) = }")
print(f"{x[0, 0] = }")  # sequence 0, step 0: five features
assert x.shape == (1, 3, 5)
first_step = torch.tensor([0.8823, 0.9150, 0.3829, 0.9593, 0.3904])
assert_close(x[0, 0], first_step, atol=5e-5, rtol=0)

# %%
# Two sizes and one option make the LSTM
# --------------------------------------
# ``input_size`` is the number of features that go in at each step. ``hidden_size`` is the number of
# features that come out, and you choose it. Neither is the number of steps. ``batch_first=True``
# says that the batch is the first axis of ``x``, which is how most data is stored. Torch's own
# default is :term:`time first`. The call returns ``output`` and a pair. Look at the three shapes
# first; the next sections say what the tensors hold.

lstm = nn.LSTM(input_size=H_in, hidden_size=H, batch_first=True)
output, (h_n, c_n) = lstm(x)  # (N, L, H), (1, N, H), (1, N, H)
print(f"{tuple(output.shape) = }")
print(f"{tuple(h_n.shape) = }")
print(f"{tuple(c_n.shape) = }")
assert output.shape == (N, L, H)
assert h_n.shape == c_n.shape == (1, N, H)

# %%
# The state goes from step to step
# --------------------------------
# The picture shows this call. Time runs from left to right. At each step the LSTM reads the
# features of that step, and the state that the step before left. The state is a pair: the hidden
# state h and the :term:`cell state` c. Before the first step both are zeros, because the call gives
# no state: the dashed boxes at the left. ``output`` collects h at every step. ``h_n`` and ``c_n``
# are the pair after the last step.
#
# The labels have a letter for each size. K counts the :term:`layers <layer>` and D the
# :term:`directions <direction>` of the LSTM, and
# both are 1 here. H_out is the width of h and H_cell the width of c, and both are ``hidden_size``
# here.

assert h_n.shape[-1] == c_n.shape[-1] == lstm.hidden_size
assert lstm.num_layers == 1
assert not lstm.bidirectional
zeros = torch.zeros(1, N, H)  # (K * D, N, H)
assert_close(lstm(x, (zeros, zeros))[0], output)  # no state means zeros
plotting.call(lstm, x)

# %%
# ``output`` is the hidden state at every step
# --------------------------------------------
# The print has one row for each step, with ``hidden_size`` numbers in each row. Row 0 knows step 0
# only: it stays the same when you leave out the later steps. Row 2 knows all three steps: it
# changes when you leave out step 0. (With ``detach``, torch prints the numbers alone and not how
# they were computed.)

print("output[0] =", output[0].detach())
rows = torch.tensor([[-0.0652, 0.1872], [-0.0085, 0.3574], [0.0320, 0.3320]])
assert_close(output[0], rows, atol=5e-5, rtol=0)
only_first, _ = lstm(x[:, :1])  # (N, 1, H)
assert_close(only_first[:, 0], output[:, 0])
without_first, _ = lstm(x[:, 1:])  # (N, 2, H)
assert (without_first[:, -1] - output[:, -1]).abs().min() > 0.001

# %%
# ``h_n`` is the last row again, ``c_n`` is not
# ---------------------------------------------
# ``h_n`` repeats the last row of ``output``. ``c_n`` is the memory that the LSTM keeps for itself.
# It has the same shape as ``h_n`` and other numbers, and it is not part of ``output`` at all.
# The axis of size 1 in front counts layers times directions. This LSTM has one layer in one
# direction.

print("h_n[0] =", h_n[0].detach())
print("c_n[0] =", c_n[0].detach())
assert_close(h_n[0], torch.tensor([[0.0320, 0.3320]]), atol=5e-5, rtol=0)
assert_close(c_n[0], torch.tensor([[0.0669, 0.7552]]), atol=5e-5, rtol=0)
assert_close(output[:, -1], h_n[0])
assert (output - c_n[0]).abs().min() > 0.01  # no row of output comes near c_n

# %%
# Which one do you give to the rest of your model?
# ------------------------------------------------
# Give it ``output`` when you want one answer for each step, such as a :term:`tag` for each word. Give it
# ``h_n[-1]`` when you want one answer for the whole sequence, such as a class. (Two directions need
# one line more: :ref:`axes-and-outputs`.) ``c_n`` goes to no other module. It goes back into the
# LSTM, together with ``h_n``, when the sequence goes on later. The last lines do this: two steps
# in one call, the third in another.

head = nn.Linear(H, 4)  # four classes, for example
per_step = head(output)  # (N, L, 4)
per_sequence = head(h_n[-1])  # (N, 4)
print(f"{tuple(per_step.shape) = }")
print(f"{tuple(per_sequence.shape) = }")
assert per_step.shape == (N, L, 4)
assert per_sequence.shape == (N, 4)
_, state = lstm(x[:, :2])  # steps 0 and 1
last_step, _ = lstm(x[:, 2:], state)  # step 2 goes on from there
assert_close(last_step[:, 0], output[:, 2])

# %%
# Ask what a call means
# ---------------------
# :func:`lstm_guide.describe` reads a call back in words. It shows which axis the LSTM takes for
# what, and the shape of everything that comes out. Use it on your own LSTM and your own data.

describe(lstm, x)

# %%
# Seven sequences instead of one
# ------------------------------
# Now seven sequences go through the same LSTM in one call. Write down the three shapes before you
# read the output below. Which of the sizes become 7, and on which axis?

x_7 = torch.cat([x, torch.rand(6, L, H_in)])  # (7, L, H_in)
output_7, (h_7, c_7) = lstm(x_7)  # (7, L, H), (1, 7, H), (1, 7, H)
print(f"{tuple(output_7.shape) = }")
print(f"{tuple(h_7.shape) = }")
print(f"{tuple(c_7.shape) = }")
assert output_7.shape == (7, 3, 2)
assert h_7.shape == c_7.shape == (1, 7, 2)

# %%
# The batch is the first axis of ``output`` and the second axis of ``h_n`` and ``c_n``:
# ``batch_first`` does not move the states. The sequences do not see each other. Sequence 0 is the
# one from above, and it gets the same result as it did alone. :func:`lstm_guide.call_shapes`
# gives you the shapes of a call without running it.

assert_close(output_7[:1], output)
assert call_shapes(lstm, x_7).output.sizes == output_7.shape
assert call_shapes(lstm, x_7).h_n.sizes == h_7.shape
print(call_shapes(lstm, x_7).h_n)

# %%
# Without ``batch_first`` the same call means something else
# ----------------------------------------------------------
# This is a very common mistake, and it raises no error. A second LSTM gets the same weights, and
# only ``batch_first`` is missing. It takes the three steps for three sequences of one step each.
# ``output`` has the same shape as before, but only its first row is still right. The shape of
# ``h_n`` tells you what happened: its middle size is the number of sequences.

time_first = nn.LSTM(input_size=H_in, hidden_size=H)
time_first.load_state_dict(lstm.state_dict())
wrong, (wrong_h_n, _) = time_first(x)  # x is read as (L, N, H_in) = (1, 3, 5)
print(f"{tuple(wrong.shape) = }")
print(f"{tuple(wrong_h_n.shape) = }")
assert wrong.shape == output.shape
assert wrong_h_n.shape == (1, 3, H)
assert_close(wrong[:, 0], output[:, 0])
assert (wrong[:, 1:] - output[:, 1:]).abs().min() > 0.01

# %%
# Summary
# -------
# * ``output, (h_n, c_n) = lstm(x)``: with ``batch_first=True``, ``x`` is (N, L, H_in) and
#   ``output`` is (N, L, H).
# * ``output`` holds the hidden state of every step. ``h_n`` and ``c_n`` hold the state after the
#   last step, with shape (1, N, H) for one layer in one direction.
# * Pass ``output`` on for one answer a step, and ``h_n[-1]`` for one answer a sequence.
# * ``c_n`` is the LSTM's own memory. Nothing in ``output`` equals it.
#
# Common mistakes
# ---------------
# * "I forgot ``batch_first=True`` and nothing complained": the time axis and the batch axis are
#   swapped. See :ref:`layouts`.
# * "I unpacked ``output, hidden = lstm(x)`` and took ``hidden[-1]``": that is ``c_n``. See
#   :ref:`axes-and-outputs`.
# * "I set ``hidden_size`` to the number of steps": the two have nothing to do with each other. See
#   :ref:`length-is-free`.
#
# Check yourself
# --------------
# The LSTM of this page gets seven sequences of nine steps. What are the shapes of ``output``,
# ``h_n`` and ``c_n``?
#
# .. dropdown:: Answer
#
#    ``output`` is (7, 9, 2). ``h_n`` and ``c_n`` are (1, 7, 2): they hold one step, so the length
#    does not show in them.
#
# :ref:`exercise-batch-of-seven` checks your own answer.
#
# Next
# ----
# Go on with :ref:`constructor-arguments`: everything that you can write between the brackets of
# ``nn.LSTM(...)``.
