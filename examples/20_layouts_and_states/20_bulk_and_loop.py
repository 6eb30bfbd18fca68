r"""
.. _bulk-and-loop:

Why do bulk mode and loop mode disagree?
========================================

You give a sentence to :class:`torch.nn.LSTM` in one call, then again word by word in a loop. The
first word gives the same numbers both ways; every later word gives other numbers. It looks as if
the one call does not pass the :term:`state` from word to word. On this page you see this happen,
find the real cause and repair it.

**You will see**

* :term:`bulk mode` and :term:`loop mode`, and the state that each of them needs
* the table that names the cause
* the repaired call, equal to the loop at every step
"""

# sphinx_gallery_tags = ["shapes", "states", "debugging"]

import torch
from torch import nn

from lstm_guide import describe, plotting

torch.set_grad_enabled(False)  # nothing is trained on this page
L, N, H_in, H = 7, 1, 3, 5  # words, sentences, features in, features out

# %%
# Seven words, one sentence
# -------------------------
# Each word is a vector of three numbers. Random numbers will do: the question is where they go,
# not what they mean. (:ref:`Words to vectors <tokens-to-vectors>` shows how to make real ones.)
# The tensor has one row for each word: seven words, one sentence, three features.

text = "i love my city kolkata very much"
words = text.split()
torch.manual_seed(0)
sentence = torch.randn(L, N, H_in)  # (7, 1, 3)
print(f"{tuple(sentence.shape) = }")
print(f"{words[0]:>4}: {sentence[0]}")
print(f"{words[-1]:>4}: {sentence[-1]}")
first, last = [[-1.1258, -1.1524, -0.2506]], [[2.0050, 0.0537, 0.6181]]
torch.testing.assert_close(sentence[0], torch.tensor(first), atol=5e-5, rtol=0)
torch.testing.assert_close(sentence[-1], torch.tensor(last), atol=5e-5, rtol=0)

# %%
# Bulk mode: all words in one call
# --------------------------------
# In **bulk mode** you give all :term:`time steps <time step>` in one call. The call needs one state
# to start from, the pair ``(h_0, c_0)``, and goes through the steps by itself. There is one
# sentence, so you prepare one state: one layer, one sentence, five features. The LSTM refuses it.

lstm = nn.LSTM(input_size=H_in, hidden_size=H, batch_first=True)
one_state = (torch.randn(1, N, H), torch.randn(1, N, H))  # (1, 1, 5) each

try:
    lstm(sentence, one_state)
except RuntimeError as error:
    message = str(error)
    print(type(error).__name__, message)
else:
    raise AssertionError("torch accepted one state")
assert "Expected hidden[0] size (1, 7, 5), got [1, 1, 5]" in message

# %%
# The message asks for seven states, so you give it seven. With random numbers instead of zeros, a
# state shows in every number that comes out. Now the call works, and ``output`` has one
# :term:`hidden state` for each word. Nothing looks wrong.

h_0, c_0 = torch.randn(1, L, H), torch.randn(1, L, H)  # (1, 7, 5) each
bulk, _ = lstm(sentence, (h_0, c_0))  # (7, 1, 5)
print(f"{tuple(bulk.shape) = }")
assert bulk.shape == (L, N, H)

# %%
# Loop mode: one word per call
# ----------------------------
# In **loop mode** you give one time step per call. The first call needs a state to start from;
# every later call gets the state that the call before it returned. The loop starts from the first
# of the seven states, the one in the first word's place. So both modes begin alike, and the first
# word agrees. From the second word on they part.

state = (h_0[:, :1], c_0[:, :1])  # (1, 1, 5) each
steps = []
for word in sentence.split(1):  # (1, 1, 3): one word
    step, state = lstm(word, state)  # (1, 1, 5), and the state for the next word
    steps.append(step)
loop = torch.cat(steps)  # (7, 1, 5)

difference = (bulk - loop).abs().amax(dim=(1, 2))  # (7,)
for word, gap in zip(words, difference, strict=True):
    print(f"{word:>8}: bulk and loop differ by {gap:.4f}")
torch.testing.assert_close(bulk[0], loop[0])
assert (difference[1:] > 0.1).all()

plotting.steps(
    {"bulk": bulk[:, 0, 0], "loop": loop[:, 0, 0]},
    ylabel="first entry of the output",
    title="Bulk and loop agree on the first word\nand on no other",
)

# %%
# .. _bulk-cause:
#
# The cause: seven sentences of one word
# --------------------------------------
# Does bulk mode not pass the state along? (:ref:`state-along-time` puts this suspicion to the test.) Look
# at the shape of the input first. :func:`lstm_guide.describe` says how the LSTM reads each axis. With
# ``batch_first=True``, axis 0 is the :term:`batch` and axis 1 is time: ``(7, 1, 3)`` is seven
# sentences of one word. The state passes along time, and never from one sequence to another. With one
# step there is no later step to pass it to. And the LSTM asked for seven states because it needs one
# for each sequence. Below its table, the report asks the question that leads to the cause.

report = describe(lstm, sentence)
assert (report.shapes.N, report.shapes.L) == (7, 1)
assert "time on the batch axis?" in report.questions[0]
report

# %%
# The repair: put time on the axis that the LSTM reads as time
# ------------------------------------------------------------
# There are two ways. Swap the two axes with :meth:`torch.Tensor.transpose`, or use an LSTM that
# reads time first. Both accept a state for one sentence, the size that was refused above. With the
# same weights, both give the same numbers.

start = (h_0[:, :1], c_0[:, :1])  # (1, 1, 5) each, as in the loop
repaired = sentence.transpose(0, 1)  # (1, 7, 3)
bulk, (h_n, c_n) = lstm(repaired, start)  # (1, 7, 5), (1, 1, 5), (1, 1, 5)

time_first = nn.LSTM(input_size=H_in, hidden_size=H)
time_first.load_state_dict(lstm.state_dict())
other, _ = time_first(sentence, start)  # (7, 1, 5)

print(f"{tuple(bulk.shape) = }")
print(f"{tuple(other.shape) = }")
torch.testing.assert_close(bulk, other.transpose(0, 1), atol=1e-6, rtol=0)
assert (sentence.view(N, L, H_in) == repaired).all()  # only because N is 1

# %%
# The proof: bulk equals loop, step by step
# -----------------------------------------
# Nothing in the loop has to change: one word is ``(1, 1, 3)`` in either order. Its seven outputs
# and its last state now equal those of the one call, and every difference is zero.

difference = (bulk.transpose(0, 1) - loop).abs().amax(dim=(1, 2))  # (7,)
for word, gap in zip(words, difference, strict=True):
    print(f"{word:>8}: bulk and loop differ by {gap:.4f}")
torch.testing.assert_close(bulk.transpose(0, 1), loop, atol=1e-6, rtol=0)
torch.testing.assert_close((h_n, c_n), state, atol=1e-6, rtol=0)  # the loop's last

plotting.steps(
    {"bulk": bulk[0, :, 0], "loop": loop[:, 0, 0]},
    ylabel="first entry of the output",
    title="Repaired: bulk and loop agree on every word",
)

# %%
# Summary
# -------
# * Bulk mode and loop mode give the same numbers. Bulk mode passes the state along time.
# * Each needs one :term:`initial state`, with one entry for each sequence. In loop mode you also
#   pass the state on from call to call.
# * The state never passes from one sequence of the batch to another.
# * If bulk and loop disagree from the second step on, check which axis the LSTM reads as time.
#
# Common mistakes
# ---------------
# * "Torch asks for ``(1, 7, 5)``, so I make a state of that size." The middle number is N as the
#   LSTM reads it (:ref:`bulk-cause`). If it is not yours, repair the input, not the state.
# * "The output has the right shape, so the axes are right." ``(7, 1, 5)`` came out of the wrong
#   call and of the right one. Look at the middle size of ``h_n`` (:ref:`layouts`).
#   :func:`~lstm_guide.probes.loop_equals_bulk` compares loop and call for you: :ref:`silent-axes`.
# * "I repair the shape with ``view``." With one sentence it does what ``transpose`` does. With two
#   it mixes them (:ref:`view-and-transpose`).
#
# Check yourself
# --------------
# An LSTM with ``batch_first=True`` gets 32 windows of 10 steps, and ``h_n`` comes back as
# ``(1, 10, 64)``. What went wrong, and which steps of your data now know of each other?
#
# .. dropdown:: Answer
#
#    The middle size of ``h_n`` is N, so the LSTM reads 10 sequences of 32 steps: the input came as
#    ``(10, 32, H_in)``. The state now runs from window to window instead of from step to step.
#    A step of one window knows of the same step in the windows before it, and of no other step of
#    its own window. No error is raised.
#
# Next
# ----
# Go on with :ref:`state-along-time`: two tests that seem to prove the suspicion, and an experiment that
# refutes it.
