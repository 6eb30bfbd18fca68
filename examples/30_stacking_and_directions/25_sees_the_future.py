r"""
.. _sees-the-future:

Two directions see the future
=============================

Your model predicts the next value of a series, and in two directions it is almost perfect. In use it
fails: the values that it read are not there yet. Before this page, read :ref:`two-directions`. After
it, you can tell by experiment whether an output has read later steps, and when that is allowed.

**You will see**

* which outputs move when you change one step, in one direction and in two
* a forecast whose answer stands in its input, found by a gradient
* where two directions are right
"""

# sphinx_gallery_tags = ["bidirectional", "debugging"]

import torch
from torch import nn
from torch.testing import assert_close

from lstm_guide import plotting

torch.manual_seed(0)
N, L, H_in, H = 4, 7, 3, 5  # batch, time, features in, features out of one direction
x = torch.randn(N, L, H_in)  # (N, L, H_in)
forward = nn.LSTM(input_size=H_in, hidden_size=H, batch_first=True)
lstm = nn.LSTM(input_size=H_in, hidden_size=H, bidirectional=True, batch_first=True)

# %%
# .. _future-moves:
#
# Change a step, watch the steps before it
# ----------------------------------------
# Change one step of ``x`` and look at which steps of ``output`` move. In one direction, no earlier step
# moves. In two directions, every step moves.


@torch.no_grad()
def influence(model):
    """Change one step at a time; return how far each step of the output moves."""
    moves = []
    for t in range(L):
        changed = x.clone()
        changed[:, t] += 1
        moves.append((model(changed)[0] - model(x)[0]).abs().amax(dim=(0, 2)))
    return torch.stack(moves)  # (L, L): changed step, watched step


one, two = influence(forward), influence(lstm)
print(f"one direction:  changing step 3 moves step 2 by {one[3, 2]:.4f}")
print(f"two directions: changing step 3 moves step 2 by {two[3, 2]:.4f}")
assert_close(one, one.triu(), atol=1e-6, rtol=0)
assert (two > 1e-5).all()
title = "In two directions every step changes every step"
plotting.influence(two, rows="time", columns="time", title=title)

# %%
# .. _future-forecast:
#
# A forecast that has read its answer
# -----------------------------------
# Train a model to predict ``x[:, t + 1]`` from ``output[:, t]``. In two directions the gradient of
# ``output[:, t]`` with respect to step t + 1 is not zero: the answer is in the input. The loss falls,
# and says nothing. In one direction the gradient is exactly zero.

t = 3
reads = {}
for name, model in {"one direction": forward, "two directions": lstm}.items():
    inputs = x.clone().requires_grad_()
    (gradient,) = torch.autograd.grad(model(inputs)[0][:, t].sum(), inputs)  # (N, L, H_in)
    reads[name] = gradient.abs().sum(dim=(0, 2))  # (L,)
    print(f"{name}: output {t} reads step {t + 1} with {reads[name][t + 1]:.4f}")
assert (reads["one direction"][t + 1 :] == 0).all()
assert (reads["two directions"] > 0).all()

# %%
# .. _future-allowed:
#
# Where two directions are right
# ------------------------------
# Use them where the whole sequence is there before the first answer is needed: :term:`tag` each word of a
# finished sentence, classify a recording. For one answer a sequence, both directions read all steps,
# and nothing is ahead of the answer. The test below is for a stream: give the LSTM the first four
# steps only. In one direction the outputs stay; in two they change, so no output is final before the
# last step is there.

with torch.no_grad():
    for name, model in {"one direction": forward, "two directions": lstm}.items():
        change = (model(x[:, :4])[0] - model(x)[0][:, :4]).abs().max().item()
        print(f"{name}: the first four outputs change by up to {change:.4f}")
        assert (change < 1e-6) == (model is forward)

# %%
# Summary
# -------
# * In two directions every step of ``output`` has read every step of ``x``.
# * A forecast needs one direction. So does a stream.
# * The test: change a later step, and see whether an earlier output moves.
#
# Common mistakes
# ---------------
# * "Two directions forecast better": they have read the answer (:ref:`future-forecast`).
#   :func:`~lstm_guide.probes.causality` catches this before you train: :ref:`silent-training`.
# * "I feed a stream in two directions": no output is final (:ref:`future-allowed`).
# * "I :term:`mask` the future in the loss": the outputs have read it all the same (:ref:`future-moves`).
#
# Check yourself
# --------------
# You label each second of a finished recording as speech or noise. One direction or two?
#
# .. dropdown:: Answer
#
#    Two are allowed: the recording is finished, and later seconds may help. For a live microphone they
#    are not.
#
# Next
# ----
# Go on with :ref:`rows-of-h-n`. It puts layers and directions together.
