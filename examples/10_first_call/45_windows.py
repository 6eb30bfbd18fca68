r"""
.. _windows:

How does one long series become a batch?
========================================

You have one series of measurements, and you want to predict from the last steps what comes next. So
you cut the series into windows and stack them. :class:`torch.nn.LSTM` takes windows that stand on
the wrong axis without a message. Before this page, read :ref:`data-to-tensor`. After it, you can cut
windows, pair each with its target, and see whether time is where the LSTM reads it.

**You will see**

* a series cut into windows, each cell coloured by the step it came from
* the two axes that ``unfold`` leaves in the wrong order, and a repair that mixes the numbers
* the target of each window, and what may be shuffled
* windows on the feature axis, where the recurrent weights learn nothing
"""

# sphinx_gallery_tags = ["shapes", "data"]

import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

from lstm_guide import describe, plotting

torch.manual_seed(0)
L, H_in, H = 4, 2, 5  # steps of a window, features in, features out

# %%
# One cut at every step
# ---------------------
# One series of nine steps is one sequence. You can give it to the LSTM whole. To get many examples,
# cut it into a :term:`window` at every step with :meth:`torch.Tensor.unfold`. Each window then
# stands on the :term:`batch` axis and is a short sequence of its own, which starts from a
# :term:`state` of zeros. Here each value is the number of its step, and each step has one colour: the
# windows overlap.

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
# .. _windows-unfold:
#
# With several features, ``unfold`` puts the window last
# ------------------------------------------------------
# With two features at each step, ``unfold`` returns (N, H_in, L): features in the middle, time at
# the end. Here torch notices, because a window of 4 is not the ``input_size`` of 2. Windows of 2
# raise nothing. The repair is :meth:`torch.Tensor.transpose`. A ``reshape`` to the same shape fills
# it with other numbers: in the last line of the output, the first window holds four values of one
# feature and then four of the other (:ref:`view-and-transpose`).

series = torch.stack([step, -step], dim=1).float()  # (9, H_in)
lstm = nn.LSTM(input_size=H_in, hidden_size=H, batch_first=True)
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
# .. _windows-target:
#
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
# .. _windows-feature-axis:
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
    lstm = nn.LSTM(input_size=x.size(2), hidden_size=H, batch_first=True)
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
# Windows or the whole series
# ---------------------------
# A window starts from zeros and has read L steps at its end, no more. The whole series as one sequence
# has read everything before each step. Its last output is not that of the last window. Which one
# you want depends on how the model will be used. :ref:`carrying-state` reads a long series in pieces
# without forgetting.

lstm = nn.LSTM(input_size=H_in, hidden_size=H, batch_first=True)
of_window, _ = lstm(series[-L:][None])  # (1, L, H)
of_series, _ = lstm(series[None])  # (1, 9, H)
difference = (of_window[:, -1] - of_series[:, -1]).abs().max()
print(f"last window and whole series differ by {difference:.4f}")
assert difference > 1e-4

# %%
# Summary
# -------
# * Windows go to (N, L, H_in): N windows, L steps, all features of a step on the last axis.
# * ``unfold`` puts the window last: ``transpose`` it, do not ``reshape``.
# * The target stands behind the window. Windows may be shuffled, their steps may not.
# * A window on the feature axis is one step: no message, no memory.
#
# Common mistakes
# ---------------
# * "Expected 2, got 4": the last axis holds the window, not the features (:ref:`windows-unfold`).
# * (N, 1, window) with ``batch_first=True``: no message, and no memory
#   (:ref:`windows-feature-axis`). :func:`~lstm_guide.probes.memory` catches this in your own model:
#   :ref:`silent-axes`.
# * The last step of the window as its target: the answer is in the input (:ref:`windows-target`).
#   :func:`~lstm_guide.probes.causality` sees it before you train: :ref:`silent-training`.
# * A state carried from window to window: :ref:`rows-of-the-state`.
#
# Check yourself
# --------------
# You have two hours of sound from 40 microphones, one value a second from each. You want to predict
# from the last 60 seconds, and all microphones together are one description of the room. What is
# the shape of a batch of 32 windows, :term:`batch first`?
#
# .. dropdown:: Answer
#
#    (32, 60, 40): 32 windows, 60 seconds each, 40 features at each second. If the microphones
#    stood in 40 different rooms, each would be a sequence of its own: (N, 60, 1).
#
# Next
# ----
# Go on with :ref:`length-is-free`: why the length of a window does not stand in the constructor.
