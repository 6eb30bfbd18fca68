r"""
.. _three-axes:

Which axis is batch, which is time, which is feature?
=====================================================

Your tensor has three axes, and :class:`torch.nn.LSTM` treats each in its own way. The shapes fit, but
do the meanings? This page answers by experiment: change one number and watch what moves. After it,
you can run the same experiment on a model of your own.

**You will see**

* what keeps :term:`sequences <sequence>` apart, what carries the :term:`state`, and what is mixed
* a picture of how far a change of one number goes
* what happens to the experiment when two axes are swapped
"""

# sphinx_gallery_tags = ["shapes"]

import torch
from torch import nn
from torch.testing import assert_close

from lstm_guide import plotting
from lstm_guide.shapes import AXES

torch.manual_seed(0)
N, L, H_in, H = 6, 7, 3, 5  # batch, time, features in, features out
x = torch.randn(N, L, H_in)  # (N, L, H_in)

# %%
# Three axes, three roles
# -----------------------
# With ``batch_first=True`` the axes of ``x`` are :term:`batch`, time, :term:`feature`. The batch
# axis says which sequence, the time axis says which :term:`step` of it, and the feature axis holds the
# numbers of one step. An experiment shows the roles: change one number of ``x``, in sequence 1,
# step 2, feature 0. Which numbers of ``output`` change?

for name in ("batch", "time", "feature"):  # the letters that the guide uses everywhere
    print(f"{AXES[name].letter}: {name}, {AXES[name].meaning}")

lstm = nn.LSTM(input_size=H_in, hidden_size=H, batch_first=True)
output, (h_n, c_n) = lstm(x)  # (N, L, H), (1, N, H), (1, N, H)

changed_x = x.clone()
changed_x[1, 2, 0] += 1
change = (lstm(changed_x)[0] - output).abs().detach()  # (N, L, H)

sequences, steps, features = (change > 1e-6).nonzero(as_tuple=True)
print("sequences that change:", sequences.unique().tolist())
print("steps that change:    ", steps.unique().tolist())
print("features that change: ", features.unique().tolist())
assert sequences.unique().tolist() == [1]
assert steps.unique().tolist() == list(range(2, L))
assert features.unique().tolist() == list(range(H))

# %%
# .. _axes-what-moves:
#
# Sequences stay apart, time runs one way, features mix
# -----------------------------------------------------
# Only sequence 1 changes: the sequences of a batch do not see each other. Step 2 and all later
# steps change: a step sees the steps before it, and none that come after it. And every feature of
# ``output`` changes: features are mixed, sequences are not.
#
# The picture shows the largest change at each step. The change stays in its row (batch) and goes
# to the right (time), never to the left.

largest = change.amax(dim=-1)  # (N, L)
plotting.cells(
    largest,
    rows="batch",
    columns="time",
    colour_by=(largest > 1e-6).int(),
    title="A change at step 2 of sequence 1 stays in its sequence",
)

# %%
# .. _axes-two-tests:
#
# The roles in three lines
# ------------------------
# Each role can be stated as a test. Sequences in another order give the same outputs in that order.
# Leaving out the last steps leaves the outputs before them as they were. Features in another order
# give other outputs: each has a weight of its own.

order = torch.randperm(N)
assert_close(lstm(x[order])[0], output[order], atol=1e-6, rtol=0)  # batch
assert_close(lstm(x[:, :4])[0], output[:, :4], atol=1e-6, rtol=0)  # time
swapped_features = lstm(x.flip(2))[0]  # (N, L, H)
print(
    f"features in another order: outputs move by up to {(swapped_features - output).abs().max():.2f}"
)
assert (swapped_features - output).abs().max() > 0.1

# %%
# .. _axes-swapped:
#
# The same experiment with two axes swapped
# -----------------------------------------
# An LSTM without ``batch_first=True`` reads axis 0 as time. Feed it the same ``x``, and a change at
# (1, 2) now moves position 2 of all later "sequences": what you call sequences has become time. No
# message says so, but the experiment does.

time_first = nn.LSTM(input_size=H_in, hidden_size=H)
moved = (time_first(changed_x)[0] - time_first(x)[0]).abs().amax(dim=-1) > 1e-6  # (N, L)
rows, columns = moved.nonzero(as_tuple=True)
print("rows that change:   ", rows.unique().tolist())
print("columns that change:", columns.unique().tolist())
assert rows.unique().tolist() == list(range(1, N))
assert columns.unique().tolist() == [2]

# %%
# Summary
# -------
# * The batch axis keeps sequences apart: they do not see each other.
# * The time axis carries the state: a step sees the steps before it, and none after it.
# * The feature axis holds the numbers of one step: all of them are mixed.
#
# Common mistakes
# ---------------
# * "The shape is right, so the axes are right": change one number and look (:ref:`axes-swapped`).
#   :func:`~lstm_guide.probes.batch_leak` does it for your model: :ref:`silent-axes`.
# * "Sequences in one batch influence each other": they do not, unless time and batch are swapped
#   (:ref:`axes-what-moves`).
# * "I may sort my features as I like": before training, yes; a trained model expects their order
#   (:ref:`axes-two-tests`).
#
# Check yourself
# --------------
# You change the last step of one sequence. How many numbers of ``output`` can change?
#
# .. dropdown:: Answer
#
#    ``hidden_size`` numbers: those of the last step of this sequence. No step comes after it, and no
#    other sequence sees it.
#
# Next
# ----
# Go on with :ref:`axes-and-outputs`: which of the tensors that come out holds what.
