r"""
.. _transducer:

Transducer: one answer at every step
====================================

You want an answer for every step: a :term:`tag` for each word, a label for each moment of a signal. A layer
used like this is a :term:`transducer`. You need to know what ``output`` of :class:`torch.nn.LSTM` is
(:ref:`axes-and-outputs`). After this page you can put a layer on top of all steps at once, give the
loss the shape that it wants, and say on which steps an answer depends.

**You will see**

* the whole ``output``, given to a linear layer and trained until every step is right
* the shape that the loss wants, and the message when it gets another
* that in one direction the answer to step t depends on steps up to t, and on no later one
* a model that works on sequences five times as long as those it was trained on
"""

# sphinx_gallery_tags = ["patterns", "training", "errors"]

import torch
import torch.nn.functional as F
from torch import nn

from lstm_guide import plotting, tasks, transduce
from lstm_guide.training import fit

torch.manual_seed(0)
N, L, H, C = 64, 20, 16, 2  # sequences, steps, hidden size, classes: even and odd

# %%
# Is the number of ones so far even or odd?
# -----------------------------------------
# Each step brings a 0 or a 1. The answer to each step says whether the number of ones so far is
# even (0) or odd (1): the running parity. One bit changes the answer at its own step and at every
# later one, so a model that looks at one step alone can only guess.
# :func:`lstm_guide.tasks.parity` draws bits and answers.

draw = torch.Generator().manual_seed(0)
x, parity = tasks.parity(N=1, L=6, generator=draw)  # (1, 6, 1), (1, 6)
read, answered = ([str(int(bit)) for bit in row.flatten()] for row in (x, parity))
print("bits:  ", *read)
print("parity:", *answered)
assert parity[0, -1] == x.sum() % 2

plotting.pattern(
    {"transducer": list(zip(read, answered, strict=True))},
    title="A transducer reads every step and uses the output of every step",
)

# %%
# The linear layer takes all steps at once
# ----------------------------------------
# ``output`` holds the :term:`hidden state` of every step. :class:`torch.nn.Linear` works on the last
# axis and leaves the others alone, so no loop over the steps is needed.

lstm = nn.LSTM(input_size=1, hidden_size=H, batch_first=True)
head = nn.Linear(in_features=H, out_features=C)

x, parity = tasks.parity(N=N, L=L, generator=draw)  # (N, L, 1), (N, L)
output, _ = lstm(x)  # (N, L, H)
scores = head(output)  # (N, L, C)
print(f"{tuple(output.shape) = }")
print(f"{tuple(scores.shape) = }")
torch.testing.assert_close(scores[:, 3], head(output[:, 3]))

# %%
# .. _transducer-classes:
#
# The loss wants the classes on axis 1
# ------------------------------------
# :func:`torch.nn.functional.cross_entropy` reads axis 1 as the classes. ``scores`` has time there.
# The message compares the targets with what is left after axis 1. Swap the two axes, or join
# batch and time into one axis; both give the same loss.

try:
    F.cross_entropy(scores, parity)
except RuntimeError as error:
    message = str(error)
    print(type(error).__name__, message)
else:
    raise AssertionError("torch accepted (N, L, C)")
assert f"Expected target size [{N}, {C}], got [{N}, {L}]" in message

swapped = F.cross_entropy(scores.transpose(1, 2), parity)  # (N, C, L) and (N, L)
joined = F.cross_entropy(scores.flatten(0, 1), parity.flatten())  # (N * L, C), (N * L,)
torch.testing.assert_close(swapped, joined)

# %%
# Train it
# --------
# The loss is the mean over all steps of all sequences. Every step has a right answer, so every step
# teaches. :func:`lstm_guide.training.fit` asks for the loss of a new batch, improves the weights a
# little, and begins again (:ref:`smallest-loop` writes this out).


def loss():
    """Draw bits, and compare the scores of every step with the parity."""
    x, parity = tasks.parity(N=N, L=L, generator=draw)
    output, _ = lstm(x)  # (N, L, H)
    return F.cross_entropy(head(output).transpose(1, 2), parity)


fit(loss, [*lstm.parameters(), *head.parameters()], updates=400)


@torch.no_grad()
def accuracy(length):
    """Return the share of right answers over 500 new sequences."""
    x, parity = tasks.parity(N=500, L=length, generator=draw)
    output, _ = lstm(x)  # (500, length, H)
    return (head(output).argmax(dim=-1) == parity).float().mean()


short, long = accuracy(L), accuracy(5 * L)
print(f"right, {L} steps:  {short:.2f}")
print(f"right, {5 * L} steps: {long:.2f}")
assert short > 0.99
assert long > 0.99

# %%
# What it learned is a rule for one step: flip the answer at a one. The rule does not depend on the
# length, so the model is right on sequences that are five times as long.
#
# An answer depends on its past only
# ----------------------------------
# Flip one bit at a time, and watch how far the scores of every step move. A bit moves the scores of
# its own step and of later ones, never of earlier ones. This is called *causal*: the answers can be
# given while the sequence is still coming in.

with torch.no_grad():
    x, _ = tasks.parity(N=1, L=7, generator=draw)  # (1, 7, 1)
    flipped = (x - torch.eye(7)[:, :, None]).abs()  # (7, 7, 1): row t has bit t flipped
    before = head(lstm(x)[0])  # (1, 7, C)
    after = head(lstm(flipped)[0])  # (7, 7, C)
moves = (after - before).abs().amax(dim=-1)  # (7, 7): flipped bit, watched step
torch.testing.assert_close(moves, moves.triu(), atol=1e-5, rtol=0)
assert (moves[torch.ones(7, 7).triu().bool()] > 1).all()

plotting.influence(
    moves.triu(),
    rows="time",
    columns="time",
    title="A bit moves the answers of its own step and of later steps",
)

# %%
# In two directions an answer depends on all steps
# ------------------------------------------------
# The reverse half of ``output`` has read the steps that follow. For tagging a finished sequence
# this helps. For an answer that has to come before the sequence ends, and for predicting the next
# step, it is a mistake: the model sees what it is asked for.

both = nn.LSTM(input_size=1, hidden_size=H, batch_first=True, bidirectional=True)
with torch.no_grad():
    later = both(flipped)[0] - both(x)[0]  # (7, 7, 2 * H)
reach = later.abs().amax(dim=-1)  # (7, 7)
print(
    f"flip the last bit, and step 0 moves by: one way {moves[-1, 0]:.4f}, both {reach[-1, 0]:.4f}"
)
assert moves[-1, 0] < 1e-5
assert reach[-1, 0] > 1e-4

# %%
# The helper: :func:`lstm_guide.transduce` returns the whole ``output`` in your layout, for any number
# of layers and directions, batched or not, and checks the call first.

x = torch.randn(N, L, 1)
torch.testing.assert_close(transduce(both, x), both(x)[0])
torch.testing.assert_close(transduce(both, x[0]), both(x[0])[0])
print(f"{tuple(transduce(both, x).shape) = }")
assert transduce(both, x).shape == (N, L, 2 * H)

# %%
# Summary
# -------
# * A transducer uses the whole ``output``: one hidden state of the top layer for each step.
# * A linear layer on top takes all steps at once; it works on the last axis.
# * ``cross_entropy`` wants the classes on axis 1: ``scores.transpose(1, 2)``.
# * In one direction the answer to step t depends on steps 0 to t; in two directions, on all.
#
# Common mistakes
# ---------------
# * "``Expected target size [64, 2], got [64, 20]``": the classes stand on the last axis
#   (:ref:`transducer-classes`, and :ref:`the message <error-class-axis>`).
# * "I repair the shape with ``view(N, C, L)``": it runs and mixes steps with classes. See
#   :ref:`view-and-transpose`; :func:`~lstm_guide.probes.perfect_logits` catches it:
#   :ref:`silent-training`.
# * "My forecast is right in training and useless in use": two directions see the future. See
#   :ref:`axes-and-outputs` for which half of ``output`` has read what.
#
# Check yourself
# --------------
# You turn the task round: the answer to step t is the parity of the ones *from step t to the end*.
# Can this layer learn it, and what do you change?
#
# .. dropdown:: Answer
#
#    Not in one direction: the answer to step 0 needs the last bit, and step 0 has not read it. With
#    ``bidirectional=True`` the reverse half has read these steps, and ``nn.Linear(2 * H, C)`` can use
#    it. Flipping the sequence before and after the call does the same with one direction.
#
# Next
# ----
# :ref:`unrolling` takes the one call apart, step by step.
