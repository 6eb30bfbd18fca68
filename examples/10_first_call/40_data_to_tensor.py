r"""
.. _data-to-tensor:

Which axis of your data is time, batch or feature?
==================================================

You have a table, some recordings or one long series of measurements, and
:class:`torch.nn.LSTM` asks for a tensor with three axes. After this page you can say which
numbers belong on which axis, feed batches with a :class:`~torch.utils.data.DataLoader`, and notice
numbers that stand on a wrong axis although torch accepts them.

**You will see**

* a table of 1000 rows become batches of shape (16, 10, 15), and why the last one is smaller
* where each row of the table goes
* a wrong tensor that raises no error, and the question that finds it
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

row = torch.arange(patients * visits).reshape(patients, visits)  # of the table
plotting.cells(
    row[:4],
    rows="batch",
    columns="time",
    colour_by=row[:4] // visits,
    title="Where the first 40 rows of the table go: ten to each patient",
)

# %%
# The other order of rows needs the other order of sizes, and gives the :term:`layout` :term:`time first`.

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
# .. _data-batch-axis:
#
# Wrong without an error: a series on the batch axis
# --------------------------------------------------
# One series of nine steps with two features is one sequence, (1, 9, 2) :term:`batch first`. The shape
# (9, 1, 2) holds the same numbers, and a batch-first LSTM reads it as nine sequences of one step,
# which know nothing of each other. Feed the steps in reverse order, and the same outputs come back in
# reverse order. With (1, 9, 2) the order of the steps counts. The two printed lines are how
# ``describe`` reads the wrong and the right shape.

series = torch.stack([torch.arange(9), -torch.arange(9)], dim=1).float()  # (9, 2)
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
#
# Common mistakes
# ---------------
# * A batch-first tensor in a time-first LSTM: no message, batch and time are swapped
#   (:ref:`layouts`).
# * (steps, 1, features) with ``batch_first=True``: no message, and no memory
#   (:ref:`data-batch-axis`). :func:`~lstm_guide.probes.memory` catches this in your own model:
#   :ref:`silent-axes`.
# * A DataLoader of NumPy data gives float64, and the LSTM has float32
#   (:ref:`device-and-dtype`).
#
# Check yourself
# --------------
# Thirty-two machines have six sensors each, read once a minute for a day. You want one answer for
# each machine. What is the shape of the input, batch first?
#
# .. dropdown:: Answer
#
#    (32, 1440, 6): 32 machines, 1440 minutes, six values at each. The machine is the example, the
#    minutes follow each other, and the sensors are known at the same time.
#
# :ref:`exercise-leak-hunt` checks your own answer.
#
# Next
# ----
# Go on with :ref:`windows`: how one long series becomes many examples.
