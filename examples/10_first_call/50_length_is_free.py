r"""
.. _length-is-free:

The length of the sequence is no constructor argument
=====================================================

You have sequences of 20, 30 and 50 steps, and ``nn.LSTM(input_size, hidden_size)`` has no place to
say so. Do you need one LSTM for each length, or must you cut all sequences to one size? You need
neither. This page shows why, and how to tell that it is really the length that you vary.

**You will see**

* that no weight depends on the length
* code that means to vary the length and varies the number of sequences instead
* the same code done right, for three lengths and one LSTM
* that a longer sequence begins with the same outputs
"""

# sphinx_gallery_tags = ["shapes", "batch_first"]

import torch
from torch import nn
from torch.testing import assert_close

from lstm_guide import describe, parameter_shapes, plotting

torch.manual_seed(0)
N, H_in, H = 4, 128, 64  # batch, features in, features out
lengths = (20, 30, 50)  # L, the one size that nn.LSTM does not ask for

# %%
# No weight knows the length
# --------------------------
# Here is one LSTM and the shape of each of its weights. The sizes come from ``input_size`` and
# ``hidden_size`` alone; the factor 4 stands for the four :term:`gates <gate>`. The LSTM uses the
# same weights at every :term:`time step`, so there is nothing to make for a longer sequence.

lstm = nn.LSTM(input_size=H_in, hidden_size=H, batch_first=True)

for name, parameter in lstm.named_parameters():
    print(f"{name:12} {tuple(parameter.shape)}")
    assert set(parameter.shape) <= {4 * H, H_in, H}
    assert parameter_shapes(lstm)[name] == parameter.shape  # the helper agrees

# %%
# Code that means to vary the length
# ----------------------------------
# You find code like this in lecture notes. It puts the length first, the batch of 4 second, and
# it runs for all three lengths. The shape of ``output`` looks right. But this LSTM is
# :term:`batch first`. It reads the first axis as the batch. You see it in ``h_n``, which has no
# time axis: the length stands in the place of N.

for length in lengths:
    x = torch.randn(length, N, H_in)  # meant as (L, N, H_in), read as (N, L, H_in)
    output, (h_n, c_n) = lstm(x)
    print(f"x {tuple(x.shape)}  output {tuple(output.shape)}  h_n {tuple(h_n.shape)}")
    assert output.shape == (length, N, H)
    assert h_n.shape == c_n.shape == (1, length, H)  # the length is N

# %%
# The call read back in words
# ---------------------------
# :func:`lstm_guide.describe` says how the LSTM reads the last of these tensors. Compare the
# number of sequences and the number of steps with what the code wanted.

report = describe(lstm, x)
assert report.shapes.N == 50
assert report.shapes.L == 4
report

# %%
# Done right: the batch first, then the length
# --------------------------------------------
# The LSTM stays as it is, and the data changes its order of axes. Now the length shows in
# ``output`` on the time axis, and the states keep their shape whatever the length is. Data that
# you already have as (L, N, H_in) needs :meth:`torch.Tensor.transpose`.

repaired = x.transpose(0, 1)  # (50, N, H_in) to (N, 50, H_in)
assert lstm(repaired)[1][0].shape == (1, N, H)

for length in lengths:
    x = torch.randn(N, length, H_in)  # (N, L, H_in)
    output, (h_n, c_n) = lstm(x)  # (N, L, H), (1, N, H), (1, N, H)
    print(f"x {tuple(x.shape)}  output {tuple(output.shape)}  h_n {tuple(h_n.shape)}")
    assert output.shape == (N, length, H)
    assert h_n.shape == c_n.shape == (1, N, H)

# %%
# A longer sequence begins with the same outputs
# ----------------------------------------------
# Cut the longest input after 20 and after 30 steps. The outputs of the steps that are left do not
# change: a step sees the steps before it and none that come after. What changes is ``h_n``, because
# another step is now the last one.

whole, (h_whole, _) = lstm(x)  # 50 steps
for length in (20, 30):
    part, (h_part, _) = lstm(x[:, :length])  # (N, length, H)
    assert_close(part, whole[:, :length])
    assert_close(h_part[0], whole[:, length - 1])
    change = (h_part - h_whole).abs().max()
    print(f"after {length} steps h_n differs by up to {change:.2f}")
    assert change > 0.1

# %%
# The picture shows one feature of one sequence. Each line is a call of its own and ends where its
# input ends. Where two calls have the same step, the lines lie on each other.

series = {}
for length in lengths:
    values = torch.full((max(lengths),), torch.nan)  # no line after the end
    values[:length] = lstm(x[:, :length])[0][0, :, 0].detach()
    series[f"{length} steps"] = values

plotting.steps(
    series,
    ylabel="output[0, :, 0]",
    title="Three lengths agree until the shorter input ends",
)

# %%
# With two directions, only half of each output stays
# ---------------------------------------------------
# The reverse direction reads the sequence from its end. More steps at the end are more steps that
# it has seen, so its half of ``output`` changes. The forward half stays.

both = nn.LSTM(input_size=H_in, hidden_size=H, batch_first=True, bidirectional=True)
short = both(x[:, :20])[0]  # (N, 20, 2 * H)
long = both(x)[0][:, :20]  # (N, 20, 2 * H)
forward = (short - long)[..., :H].abs().max()
reverse = (short - long)[..., H:].abs().max()
print(f"forward half changes by {forward:.2f}, reverse half by up to {reverse:.2f}")
assert forward < 1e-6
assert reverse > 0.1

# %%
# Compare with a module that does fix the length
# ----------------------------------------------
# :class:`torch.nn.Linear` on the flattened sequence has a weight for each feature of each step. It
# is made for one length, and another length does not fit.

linear = nn.Linear(20 * H_in, H)
assert linear(x[:, :20].flatten(1)).shape == (N, H)
try:
    linear(x[:, :30].flatten(1))
except RuntimeError as error:
    message = str(error)
    print(type(error).__name__, error)
else:
    raise AssertionError("torch accepted another length")
assert "shapes cannot be multiplied" in message

# %%
# What an LSTM does ask for
# -------------------------
# One step is enough, none is not. And one call has one length: sequences of different length do not
# fit into one tensor. Make one call for each, or fill the short ones up (:term:`padding`), which
# needs care because the LSTM reads the filling like data.

assert lstm(x[:, :1])[0].shape == (N, 1, H)
mistakes = {
    "larger than 0": lambda: lstm(x[:, :0]),  # no step
    "each tensor to be equal size": lambda: torch.stack([x[0, :20], x[1, :30]]),
}
for expected, mistake in mistakes.items():
    try:
        mistake()
    except RuntimeError as error:
        message = str(error)
        print(type(error).__name__, error)
    else:
        raise AssertionError("torch accepted it")
    assert expected in message

# %%
# Summary
# -------
# * The length is a size of your data and no argument of the LSTM. One LSTM serves every length.
# * Every step uses the same weights, so a longer sequence costs time and no parameters.
# * ``h_n`` and ``c_n`` have no time axis. A length that shows up in them stands on the wrong axis.
# * In one direction, the first steps of a longer sequence give the same outputs.
#
# Common mistakes
# ---------------
# * "My LSTM is batch first and my data is (L, N, H_in)": nothing is raised. See :ref:`layouts`;
#   :func:`~lstm_guide.probes.loop_equals_bulk` catches it: :ref:`silent-axes`.
# * "``input_size`` is the length of my window": ``input_size`` counts features. See
#   :ref:`data-to-tensor`.
# * "``hidden_size`` must be the number of steps": it is the width of the output. See
#   :ref:`constructor-arguments`.
#
# Check yourself
# --------------
# You give four sequences to a batch-first LSTM, and ``h_n`` comes out as (1, 30, 64). What
# happened, and which line repairs it?
#
# .. dropdown:: Answer
#
#    The data is (L, N, H_in) = (30, 4, 128) and the LSTM reads it as 30 sequences. Swap the two
#    axes: ``lstm(x.transpose(0, 1))``. This page does so under "Done right".
#
# Next
# ----
# Go on with :ref:`lstm-in-a-module`: how the LSTM becomes part of a model of your own.
