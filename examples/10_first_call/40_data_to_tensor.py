r"""
.. _data-to-tensor:

Which axis of your data is time, batch or feature?
==================================================

You have a table, some recordings or one long series of measurements, and
:class:`torch.nn.LSTM` asks for a tensor with three axes. After this page you can say which
numbers belong on which axis, cut a long series into windows, feed batches with a
:class:`~torch.utils.data.DataLoader`, and notice numbers that stand on a wrong axis although
torch accepts them.

**You will see**

* a table of 1000 rows become batches of shape (16, 10, 15), and why the last one is smaller
* a series cut into windows, each cell coloured by the step it came from
* two wrong tensors that raise no error, and the question that finds them
"""

# sphinx_gallery_tags = ["shapes", "data"]

import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

from lstm_guide import describe, plotting

torch.manual_seed(0)
patients, visits, values = 100, 10, 15  # what the data set holds
N, H = 16, 8  # sequences in one call, features out

# %%
# Three questions name the three axes
# -----------------------------------
# Take 100 patients who each come ten times; each visit gives 15 values. What is one example? A
# patient: the :term:`batch` axis. What follows what? The visits: the time axis, one
# :term:`time step` a visit. What is known at one step? The 15 values: the :term:`feature` axis.
#
# Such data often come as a table with one row a visit. If its rows are sorted by patient and then
# by visit, :meth:`torch.Tensor.reshape` gives patients and visits an axis each. If they are sorted
# by visit and then by patient, the two sizes change places. Look up one row to be sure.

table = torch.randn(patients * visits, values)  # rows sorted by patient, then by visit
data = table.reshape(patients, visits, values)  # (100, 10, 15)
print(f"{tuple(data.shape) = }")
torch.testing.assert_close(data[3, 2], table[3 * visits + 2])  # patient 3, visit 2

by_visit = data.transpose(0, 1).reshape(-1, values)  # rows sorted by visit
visit_1 = by_visit[patients : 2 * patients]  # (100, 15)
time_first = by_visit.reshape(visits, patients, values)  # (10, 100, 15)
torch.testing.assert_close(visit_1, data[:, 1])
torch.testing.assert_close(time_first[2, 3], data[3, 2])

# %%
# N counts the sequences of one call, not of the data set
# -------------------------------------------------------
# Without options the LSTM reads :term:`time first`, (L, N, H_in). Sixteen patients go into one
# call, so N is 16. The LSTM never learns that there are 100. Compare the shapes of input and
# :term:`output`: time and batch stay, and the last axis changes from the features that you give
# (``input_size``) to those that you ask for (``hidden_size``).

lstm = nn.LSTM(input_size=values, hidden_size=H)
x = data[:N].transpose(0, 1)  # (L, N, H_in)
output, (h_n, c_n) = lstm(x)
print(f"{tuple(x.shape) = }")
print(f"{tuple(output.shape) = }")
assert x.shape == (10, 16, 15)
assert output.shape == (10, 16, 8)

# %%
# :func:`lstm_guide.describe` reads the call back in words, so that you can compare it with what you
# meant: 16 patients, 10 visits, 15 values.

describe(lstm, x)

# %%
# A DataLoader puts the batch first, and its last batch is smaller
# ----------------------------------------------------------------
# A :class:`~torch.utils.data.DataLoader` stacks examples on axis 0, so build the LSTM with
# ``batch_first=True``. The examples left over form a smaller last batch. The LSTM takes N from each
# tensor, so this works, unless you give it a :term:`state` made for another N
# (:ref:`state-inside-a-module`).

loader = DataLoader(TensorDataset(data), batch_size=N)
batch_first = nn.LSTM(input_size=values, hidden_size=H, batch_first=True)
for (x,) in loader:
    output, (h_n, c_n) = batch_first(x)  # (N, L, H), (1, N, H), (1, N, H)
    assert output.shape == (len(x), visits, H)
    assert h_n.shape == (1, len(x), H)
sizes = [len(x) for (x,) in loader]
print(f"{sizes = }")
assert sizes == [16, 16, 16, 16, 16, 16, 4]

# %%
# A long series becomes windows
# -----------------------------
# One series of nine steps is one sequence. You can give it to the LSTM whole. To get many examples,
# cut it into a :term:`window` at every step with :meth:`torch.Tensor.unfold`. Each window then
# stands on the batch axis and is a short sequence of its own, which starts from a state of zeros.
# Here each value is the number of its step, and each step has one colour: the windows overlap.

step = torch.arange(9)
cut = step.unfold(0, 4, 1)  # axis 0, 4 steps long, 1 step apart: (6, 4)
assert cut.tolist() == [[n, n + 1, n + 2, n + 3] for n in range(6)]
plotting.cells(
    cut,
    rows="batch",
    columns="time",
    colour_by=cut,
    title="Each window starts one step later",
)

# %%
# With several features, ``unfold`` puts the window last
# ------------------------------------------------------
# With two features at each step, ``unfold`` returns (N, H_in, L): features in the middle, time at
# the end. Here torch notices, because a window of 4 is not the ``input_size`` of 2. Windows of 2
# raise nothing. The repair is :meth:`torch.Tensor.transpose`. A ``reshape`` to the same shape fills
# it with other numbers: in the last line of the output, the first window holds four values of one
# feature and then four of the other (:ref:`view-and-transpose`).

series = torch.stack([step, -step], dim=1).float()  # (9, H_in)
lstm = nn.LSTM(input_size=2, hidden_size=5, batch_first=True)
unfolded = series.unfold(0, 4, 1)  # (6, 2, 4)
try:
    lstm(unfolded)
except RuntimeError as error:
    message = str(error)
    print(type(error).__name__, error)
else:
    raise AssertionError("torch accepted it")
assert "Expected 2, got 4" in message
lstm(series.unfold(0, 2, 1))  # (8, 2, 2) with time on the last axis: no message

windows = unfolded.transpose(1, 2)  # (N, L, H_in)
output, (h_n, c_n) = lstm(windows)
wrong = unfolded.reshape(6, 4, 2)  # the same shape, other numbers
print(f"{tuple(windows.shape) = }")
print(f"{windows[0].tolist() = }")
print(f"{wrong[0].tolist() = }")
assert windows.shape == (6, 4, 2)
torch.testing.assert_close(windows[0], series[0:4])
assert wrong[0].flatten().tolist() == [0, 1, 2, 3, 0, -1, -2, -3]

# %%
# Each window needs a target from outside itself
# ----------------------------------------------
# To predict the next step, pair each window with the step that follows it. The last window has
# nothing after it and is dropped. Windows may be shuffled, because each brings its own past with
# it. The steps inside a window may not.

x, y = windows[:-1], series[4:]  # (5, L, H_in), (5, H_in)
next_step = x[:, -1] + torch.tensor([1.0, -1.0])  # how this series goes on
torch.testing.assert_close(y, next_step)
loader = DataLoader(TensorDataset(x, y), batch_size=3, shuffle=True)
for x_batch, y_batch in loader:
    output, _ = lstm(x_batch)  # (N, L, H)
    print(f"{tuple(x_batch.shape) = }, {tuple(y_batch.shape) = }")
    assert x_batch.shape[1:] == (4, 2)
    assert y_batch.shape[1:] == (2,)

# %%
# .. _data-feature-axis:
#
# Wrong without an error: the window on the feature axis
# ------------------------------------------------------
# Windows of a single series are often given the shape (N, 1, window). Then L is 1: the LSTM takes
# one step, from a state of zeros. Its recurrent weights, which carry h from one step to the next,
# multiply nothing but zeros. So they get a gradient of zero and learn nothing. With the window on
# the time axis they do. Below the table, ``describe`` asks whether this is what you meant.

windows = cut.float()  # (6, 4)
right, wrong = windows[:, :, None], windows[:, None]  # (6, 4, 1), (6, 1, 4)
sizes = {}
for x in right, wrong:
    lstm = nn.LSTM(input_size=x.size(2), hidden_size=5, batch_first=True)
    lstm(x)[0].sum().backward()
    sizes[x.shape] = lstm.weight_hh_l0.grad.norm().item()
    print(f"{tuple(x.shape)}: gradient of the recurrent weights {sizes[x.shape]:.4f}")
    questions = describe(lstm, x).questions
    assert bool(questions) == (x is wrong)
assert sizes[right.shape] > 0.01
assert sizes[wrong.shape] == 0
assert "is the window on the feature axis" in questions[0]
describe(lstm, wrong)

# %%
# .. _data-batch-axis:
#
# Wrong without an error: the series on the batch axis
# ----------------------------------------------------
# The shape (9, 1, 2) is one sequence of nine steps for a time-first LSTM. A batch-first LSTM reads
# nine sequences of one step, and each knows nothing of the others: feed the steps in reverse order,
# and the same outputs come back in reverse order. Give the series as (1, 9, 2), and the order of
# the steps counts. The two printed lines are how ``describe`` reads the wrong and the right shape.

lstm = nn.LSTM(input_size=2, hidden_size=5, batch_first=True)
wrong, right = series[:, None], series[None]  # (9, 1, 2), (1, 9, 2)
output, _ = lstm(wrong)
reverse, _ = lstm(wrong.flip(0))
torch.testing.assert_close(reverse.flip(0), output, atol=1e-6, rtol=0)

output, _ = lstm(right)
reverse, _ = lstm(right.flip(1))
assert (reverse.flip(1) - output).abs().max() > 0.1
for x in wrong, right:
    print(describe(lstm, x).headline)
assert "time on the batch axis" in describe(lstm, wrong).questions[0]
assert not describe(lstm, right).questions

# %%
# Summary
# -------
# * Batch: what is one example. Time: what follows what. Feature: what is known at one step.
# * N is what you hand over in one call. It may change from call to call; ``input_size`` may not.
# * A DataLoader puts the batch on axis 0: use ``batch_first=True``.
# * Windows of a series go to (N, window, features). After ``unfold`` that takes a ``transpose``.
#
# Common mistakes
# ---------------
# * "Expected 2, got 4": the last axis does not hold the features. Find out which axis does
#   (:ref:`axes-and-outputs`).
# * A batch-first tensor in a time-first LSTM: no message, batch and time are swapped
#   (:ref:`layouts`).
# * (N, 1, window) with ``batch_first=True``: no message, and no memory (:ref:`data-feature-axis`).
# * (steps, 1, features) with ``batch_first=True``: the same (:ref:`data-batch-axis`).
# * A DataLoader of NumPy data gives float64, and the LSTM has float32
#   (:ref:`device-and-dtype`).
#
# Check yourself
# --------------
# You have two hours of sound from 40 microphones, one value a second from each. You want to predict
# from the last 60 seconds, and all microphones together are one description of the room. What is
# the shape of a batch of 32 windows, batch first?
#
# .. dropdown:: Answer
#
#    (32, 60, 40): 32 windows, 60 seconds each, 40 features at each second. If the microphones
#    stood in 40 different rooms, each would be a sequence of its own: (N, 60, 1).
#
# Next
# ----
# Go on with :ref:`length-is-free`: why neither 10 visits nor 60 seconds stands in the constructor.
