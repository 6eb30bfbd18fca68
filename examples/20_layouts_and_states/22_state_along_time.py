r"""
.. _state-along-time:

Does one call pass the state from step to step?
===============================================

You compared one call with a loop, and they disagree (:ref:`bulk-and-loop`). You conclude that the one
call of :class:`torch.nn.LSTM` does not pass the :term:`state` along, and two tests confirm it. Both
tests are right, and the conclusion is wrong. After this page you can test what passes from step to
step in a call of your own, and you know what such a test can prove.

**You will see**

* two tests that seem to prove that :term:`bulk mode` does not pass the state along
* one experiment that refutes it
* the same test on the repaired input: each word moves all later words
"""

# sphinx_gallery_tags = ["states", "debugging"]

import torch
from torch import nn

from lstm_guide import plotting

torch.set_grad_enabled(False)  # nothing is trained on this page
torch.manual_seed(0)
L, N, H_in, H = 7, 1, 3, 5  # words, sentences, features in, features out

words = ["i", "love", "my", "city", "kolkata", "very", "much"]
sentence = torch.randn(L, N, H_in)  # (7, 1, 3): one sentence, time on axis 0
lstm = nn.LSTM(input_size=H_in, hidden_size=H, batch_first=True)  # reads time on axis 1
h_0, c_0 = torch.randn(1, L, H), torch.randn(1, L, H)  # (1, 7, 5) each, as the LSTM asks
bulk, _ = lstm(sentence, (h_0, c_0))  # (7, 1, 5)

# %%
# .. _state-two-tests:
#
# Two tests that seem to prove it
# -------------------------------
# You suspect that bulk mode does not pass the state along: each word starts from its own entry of
# ``h_0`` and ``c_0``. That can be tested. Call the LSTM once per word, with the state in the
# word's place, and pass nothing on. If you are right, this gives the bulk numbers. It does.

steps = []
for t in range(L):
    own_state = (h_0[:, t : t + 1], c_0[:, t : t + 1])  # (1, 1, 5) each
    steps.append(lstm(sentence[t : t + 1], own_state)[0])  # (1, 1, 5)
alone = torch.cat(steps)  # (7, 1, 5)

print(f"nothing passed on, against bulk: {(alone - bulk).abs().max():.4f}")
torch.testing.assert_close(alone, bulk, atol=1e-6, rtol=0)

# %%
# A second test: change one word, and see which outputs change. Each row of the picture is one such
# trial. A word moves its own output and no other.


def influence(run, title):
    """Change one word at a time; draw and return how far each output moves."""
    moves = torch.zeros(L, L)  # changed word, watched word
    for t in range(L):
        changed = sentence.clone()
        changed[t] += 1.0
        moves[t] = (run(changed) - run(sentence)).abs().amax(dim=-1).flatten()
    ax = plotting.influence(moves, rows="time", columns="time", title=title)
    ax.set_xticks(range(L), words, rotation=45)
    ax.set_yticks(range(L), words)
    return moves


title = "In this call,\na word moves its own output and no other"
moves = influence(lambda x: lstm(x, (h_0, c_0))[0], title)
torch.testing.assert_close(moves, moves.diag().diag(), atol=1e-6, rtol=0)
assert (moves.diag() > 0.01).all()

# %%
# .. _state-refuted:
#
# An experiment that refutes it
# -----------------------------
# Both tests say the same: in *this call* no word knows of another. "Bulk mode does not pass the
# state along" says more: that this holds in *every* call. So try another call: the same LSTM, the
# same words, as a 2-D tensor. It has no :term:`batch` axis and is read as one sequence. Change
# the first word only, and look at the last one.

flat = sentence.squeeze(1)  # (7, 3)
changed = flat.clone()
changed[0] += 1.0
start = (h_0[:, 0], c_0[:, 0])  # (1, 5) each
move = (lstm(changed, start)[0] - lstm(flat, start)[0])[-1].abs().max()
print(f"the first word moves the output of the last word by {move:.4f}")
assert move > 1e-4

# %%
# .. _state-repaired:
#
# The same test on the repaired input
# -----------------------------------
# The LSTM reads axis 0 as the batch: seven sentences of one word. Swap the axes, and it reads one
# sentence of seven words. Now each word moves its own output and those of all later words. It never
# moves an earlier one.

start = (h_0[:, :1], c_0[:, :1])  # (1, 1, 5) each
title = "Repaired: a word moves its own output\nand that of every later word"
moves = influence(lambda x: lstm(x.transpose(0, 1), start)[0], title)
torch.testing.assert_close(moves, moves.triu(), atol=1e-6, rtol=0)
later = torch.ones(L, L, dtype=torch.bool).triu()
assert (moves[later] > 0).all()


# %%
# Summary
# -------
# * A test says something about the call that it ran, and about no other.
# * In bulk mode the state passes along the axis that the LSTM reads as time.
# * Change one step and watch the outputs: this shows which axis that is.
#
# Common mistakes
# ---------------
# * "My test shows that the state is not passed on": it shows that there is one step in each
#   sequence (:ref:`state-two-tests`, :ref:`state-refuted`). The other causes are on
#   :ref:`bulk-and-step-differ`.
# * "I pass the state by hand, to be sure": one call does it, once time is where the LSTM reads it
#   (:ref:`state-repaired`).
#
# Check yourself
# --------------
# You change step 4 of a sequence, and the output of step 2 moves. What does that say about your LSTM?
#
# .. dropdown:: Answer
#
#    It has two directions, or the axis that you changed is not its time axis. In one direction no
#    earlier step can move.
#
# Next
# ----
# Go on with :ref:`loop-by-the-book`: a well known tutorial, with its numbers, and what a second
# :term:`initial state` does to the comparison.
