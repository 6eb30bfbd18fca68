r"""
.. _character-model:

A character model, and how good it can get
==========================================

You train an LSTM to predict the next character. The loss is 0.25. Is that good? For most texts nobody
knows the least loss that is possible. Here the text is made of numbers written in words, so it can be
computed. Before this page, read :ref:`tokens-to-vectors`, :ref:`carrying-state` and
:ref:`cross-entropy-layouts`. After it, you can train on one long text and judge the result.

**You will see**

* a text cut into sixteen streams, read in chunks
* tables of the last characters, the baseline of every language model
* an LSTM that comes close to the least loss that is possible
* what the carried state is worth
"""

# sphinx_gallery_tags = ["training", "states"]

import math
from collections import Counter, defaultdict

import matplotlib.pyplot as plt
import torch
import torch.nn.functional as F
from torch import nn

from lstm_guide import detach_state, plotting, tasks

torch.manual_seed(0)
N, L, E, H = 16, 50, 16, 64  # streams, steps of a chunk, features of a character, hidden
below = 10_000

# %%
# A text that can be checked
# --------------------------
# 3,500 different numbers below 10,000, each on a line. The last 500 are held out: whoever predicts
# them has not seen them, and needs the rules of how numbers are written. ``encode`` turns a text into
# ids, one for each character.

lines = [f"{number}\n" for number in tasks.spelled_numbers(N=3500, below=below)]
text, held_text = "".join(lines[:3000]), "".join(lines[3000:])
characters = sorted(set(text))
C = len(characters)
encode = {character: i for i, character in enumerate(characters)}
ids = torch.tensor([encode[c] for c in text])  # (characters of the text,)
held_ids = torch.tensor([encode[c] for c in held_text])
print("".join(lines[:3]), end="")
print(f"{C = }, {len(text) = :,}, {len(held_text) = :,}")
assert not set(lines[:3000]) & set(lines[3000:])

# %%
# The least loss
# --------------
# Each number below 10,000 is equally likely, so a line costs :math:`\log_2 10000` bits, however it is
# predicted. Divided by the mean length of a line, this is the least number of **bits per character**
# that a model can reach. The loss of :func:`torch.nn.functional.cross_entropy` has the unit nat:
# divide it by :math:`\ln 2`. A model that knows nothing needs :math:`\log_2 C` bits.

floor = math.log2(below) * 500 / len(held_text)
print(f"least {floor:.2f}, nothing known {math.log2(C):.2f} bits per character")

# %%
# Tables of the last characters
# -----------------------------
# The baseline counts which character follows each context of k characters. A context that was never
# seen, or rarely, leans on the one that is shorter by one: the share of the shorter one grows with the
# number of different characters seen here (the method of Witten and Bell).

after = defaultdict(Counter)  # what has followed each context of up to nine characters
for i, character in enumerate(text):
    for k in range(min(9, i) + 1):
        after[text[i - k : i]][character] += 1


def chance(context, character):
    """Return the probability of a character after a context."""
    shorter = chance(context[1:], character) if context else 1 / C
    if context not in after:
        return shorter
    seen = after[context]
    return (seen[character] + len(seen) * shorter) / (seen.total() + len(seen))


def table_bits(k):
    """Return the held-out bits per character, from contexts of k characters."""
    chances = [chance(held_text[max(0, i - k) : i], c) for i, c in enumerate(held_text)]
    return -sum(map(math.log2, chances)) / len(held_text)


costs = {k: table_bits(k) for k in (1, 3, 5, 9)}
print("bits, by length of context:", {k: round(cost, 3) for k, cost in costs.items()})
assert costs[1] > costs[3] > costs[5] > costs[9] > floor + 0.02

# %%
# Streams, chunks, carried state
# ------------------------------
# Cut the text into N pieces of equal length and let each be a row: a :term:`stream`. A :term:`chunk`
# is L columns. The next chunk goes on where this one ends, so the state of row n goes on too, detached
# (:ref:`carrying-state`). The target is the text one character further. A / is the end of a line.

streams = ids[: len(ids) // N * N].reshape(N, -1)  # (N, length of a stream)
chunks = streams.unfold(1, L + 1, L).transpose(0, 1)  # (chunks, N, L + 1), overlapping
inputs, targets = chunks[0, :, :-1], chunks[0, :, 1:]  # (N, L) each
print(f"{tuple(streams.shape) = }, {len(chunks)} chunks")
print("input: ", "".join(characters[i] for i in inputs[1, :20]).replace("\n", "/"))
print("target:", "".join(characters[i] for i in targets[1, :20]).replace("\n", "/"))
torch.testing.assert_close(inputs[:, 1:], targets[:, :-1])
torch.testing.assert_close(chunks[1, :, 0], targets[:, -1])  # the next chunk goes on

# %%
# The loop
# --------
# Each :term:`epoch` starts from zeros and hands the state on; gradients end at the border of the
# chunk. The learning rate falls along a line, so that the last steps settle.

embed = nn.Embedding(num_embeddings=C, embedding_dim=E)
lstm = nn.LSTM(input_size=E, hidden_size=H, batch_first=True)
head = nn.Linear(in_features=H, out_features=C)
parameters = [*embed.parameters(), *lstm.parameters(), *head.parameters()]
epochs = 3
optimizer = torch.optim.Adam(parameters, lr=1e-2)
schedule = torch.optim.lr_scheduler.LinearLR(optimizer, 1.0, 0.02, epochs * len(chunks))


@torch.no_grad()
def bits(length, carry=True):
    """Read the held-out text in pieces of a length; return the bits per character."""
    losses, state = [], None
    for piece in held_ids.unfold(0, length + 1, length):  # neighbours overlap
        output, state = lstm(embed(piece[None, :-1]), state if carry else None)
        losses.append(F.cross_entropy(head(output[0]), piece[1:]).item() / math.log(2))
    return sum(losses) / len(losses)


whole = len(held_ids) - 1
curve = [bits(whole)]
for _ in range(epochs):
    state = None
    for chunk in chunks:
        output, state = lstm(embed(chunk[:, :-1]), state)  # (N, L, H)
        loss = F.cross_entropy(head(output).transpose(1, 2), chunk[:, 1:])
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        schedule.step()
        state = detach_state(state)
    curve.append(bits(whole))

print("held-out bits per character:", " ".join(f"{cost:.2f}" for cost in curve))
print(f"LSTM {curve[-1]:.2f} ({curve[-1] * math.log(2):.2f} nats), least {floor:.2f}")
print(f"fewer bits than the best table: {curve[-1] < costs[9]}")
assert curve[0] > 0.9 * math.log2(C)
assert curve[-1] < costs[9] - 0.005
assert floor < curve[-1] < floor + 0.02

# %%
# Where the bits are
# ------------------
# The loss is a mean over characters. Look at each character of one held-out number. The first letters
# of a word decide which word it is, and cost. The rest of the word follows, and is nearly free.

line = next(line for line in lines[3000:] if 27 < len(line) < 33 and "thousand" in line)
start = held_text.index(f"\n{line}")
shown = held_ids[start : start + 1 + len(line)]  # from one end of a line to the next
with torch.no_grad():
    _, warm = lstm(embed(held_ids[None, :start]))  # what came before
    output, _ = lstm(embed(shown[None, :-1]), warm)
    paid = F.cross_entropy(head(output[0]), shown[1:], reduction="none") / math.log(2)
with plotting.style():
    ax = plt.figure().subplots()
    ax.bar(range(len(paid)), paid.tolist())
    ax.set_xticks(range(len(paid)), [*line[:-1], "/"], fontsize=11)
    ax.set(xlabel="character", ylabel="bits")
    ax.set_title("The letters that decide cost bits, the rest of a word is nearly free")
print(f"half of the characters cost less than 0.1 bits: {bool(paid.median() < 0.1)}")
assert paid.median() < 0.1
assert paid.max() > 2

# %%
# .. _character-model-carried:
#
# What the carried state is worth
# -------------------------------
# Read the held-out text in short pieces, once with the state carried and once from zeros each time.
# Carried, the result is that of one call. From zeros, the model has forgotten at the start of each
# piece in which word of which number it is.

carried, fresh = bits(20), bits(20, carry=False)
print(f"pieces of 20: carried {carried:.2f}, from zeros {fresh:.2f} bits per character")
assert abs(carried - curve[-1]) < 0.005
assert fresh > carried + 0.1

# %%
# Summary
# -------
# * Bits per character are the loss divided by :math:`\ln 2`.
# * Cut a long text into streams, read it in chunks, carry the state and detach it.
# * Compare with tables of the last characters, and with the least loss where it is known.
#
# Common mistakes
# ---------------
# * "My loss is near zero": the target is the input, not shifted (:ref:`encoder-decoder`).
# * "I report the loss on the training text": keep other lines away (:ref:`smallest-loop`).
# * "Evaluation from zeros for each chunk": see :ref:`character-model-carried`.
#
# Check yourself
# --------------
# A model needs 0.40 bits per character on this text. What is the chance, on average, that it gives to
# the next character?
#
# .. dropdown:: Answer
#
#    The geometric mean is :math:`2^{-0.40}`, about 0.76. An arithmetic mean cannot be read from bits.
#
# Next
# ----
# The next page, :ref:`sampling`, draws text from the model.
