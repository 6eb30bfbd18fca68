r"""
.. _sampling:

Sampling: let the model write
=============================

Your character model has a good loss. Now it is to write, and it writes nonsense, or the same line
again and again. Before this page, read :ref:`character-model`. After it, you can draw text from a
model, choose the temperature for a reason, and measure what was written instead of looking at it.

**You will see**

* scores turned into a draw, and what the temperature does to them
* writing with the state carried, and what comes out when it is not
* the share of valid numbers, of new ones and of different ones, by temperature
* the share of valid numbers that a table of the last characters writes
"""

# sphinx_gallery_tags = ["training", "states"]

import random
from collections import defaultdict

import torch
import torch.nn.functional as F
from torch import nn

from lstm_guide import detach_state, plotting, tasks

torch.manual_seed(0)
N, L, E, H = 16, 50, 16, 64  # streams, steps of a chunk, features of a character, hidden

# %%
# A model to write with
# ---------------------
# Text and loop are those of :ref:`character-model`: numbers below 10,000 in words, one on each line.

numbers = tasks.spelled_numbers(N=3000, below=10_000)
text = "".join(f"{number}\n" for number in numbers)
characters = sorted(set(text))
C = len(characters)
encode = {character: i for i, character in enumerate(characters)}
ids = torch.tensor([encode[c] for c in text])  # (characters of the text,)
streams = ids[: len(ids) // N * N].reshape(N, -1)  # (N, length of a stream)
chunks = streams.unfold(1, L + 1, L).transpose(0, 1)  # (chunks, N, L + 1), overlapping

embed = nn.Embedding(num_embeddings=C, embedding_dim=E)
lstm = nn.LSTM(input_size=E, hidden_size=H, batch_first=True)
head = nn.Linear(in_features=H, out_features=C)
parameters = [*embed.parameters(), *lstm.parameters(), *head.parameters()]
optimizer = torch.optim.Adam(parameters, lr=1e-2)
schedule = torch.optim.lr_scheduler.LinearLR(optimizer, 1.0, 0.02, 3 * len(chunks))
for _ in range(3):
    state = None
    for chunk in chunks:
        output, state = lstm(embed(chunk[:, :-1]), state)  # (N, L, H)
        loss = F.cross_entropy(head(output).transpose(1, 2), chunk[:, 1:])
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        schedule.step()
        state = detach_state(state)

# %%
# Temperature
# -----------
# The scores of one step become chances by a softmax, and a character is drawn by them. Divide the
# scores by a **temperature** first. At 1 the chances are those that the model has learned. Below 1
# the likely becomes likelier, and towards 0 the best character takes all. Above 1 the chances come
# closer to each other.


before = text[:400].rpartition("\n")[0] + "\nf"  # four, five, forty, fifty
with torch.no_grad():
    output, _ = lstm(embed(torch.tensor([[encode[c] for c in before]])))  # (1, L, H)
    scores = head(output[0, -1])  # (C,)
chances = {T: (scores / T).softmax(dim=0) for T in (0.5, 1.0, 2.0)}
parts = {T: {c: 100 * p[encode[c]].item() for c in "oi"} for T, p in chances.items()}
for part in parts.values():
    part["another letter"] = 100 - part["o"] - part["i"]
plotting.bars(
    {f"temperature {T}": part for T, part in parts.items()},
    xlabel="chance after a line break and f, in percent",
    title="A high temperature gives wrong letters a chance",
)
wrong = [part["another letter"] for part in parts.values()]
assert wrong[0] < wrong[1] < 2 < 3 < wrong[2]
torch.testing.assert_close(chances[0.5], chances[1.0] ** 2 / (chances[1.0] ** 2).sum())

# %%
# .. _sampling-loop:
#
# The loop
# --------
# Each call gets one character of each row, (rows, 1), and the state that the call before returned
# (:ref:`streaming`). What is drawn is the next input. The loop starts after a piece of real text: from
# zeros the model would have to write what it has never seen, the first line of a text.

start = ids[None, :200].expand(200, -1)  # (200 rows, 200 characters)


@torch.no_grad()
def write(temperature, start=start, carry=True, length=130):
    """Go on after start and return what each row writes, as text."""
    output, state = lstm(embed(start))  # (rows, characters, H)
    drawn = []
    for _ in range(length):
        chances = (head(output[:, -1]) / temperature).softmax(dim=-1)  # (rows, C)
        token = chances.multinomial(1)  # (rows, 1)
        drawn.append(token)
        output, state = lstm(embed(token), state if carry else None)  # (rows, 1, H)
    rows = torch.cat(drawn, dim=1).tolist()
    return ["".join(characters[i] for i in row) for row in rows]


for row in write(temperature=1.0)[:2]:
    print(row.replace("\n", " / ")[:80])

# %%
# .. _sampling-measured:
#
# Measure what was written
# ------------------------
# All numbers below 10,000 can be listed, so each written line is valid or not. Three shares: how
# many lines are **valid**, how many of these are **new** (not in the training text), how many of
# all lines are **different** from each other. A model that knows its text by heart writes nothing
# new. At 0.5 nearly all lines are valid, and about as different as at 1. The share of new ones is
# close to the share of all numbers that are not in the training text: the model has learned how
# numbers are written, not a list. At 2 it writes letters without sense. At 0.1 it repeats itself.

valid = {tasks.spell(number) for number in range(10_000)}


def shares(rows):
    """Look at the first complete line of each row."""
    lines = [row.split("\n")[1] for row in rows if row.count("\n") > 1]
    right = [line for line in lines if line in valid]
    new = sum(line not in numbers for line in right) / max(1, len(right))
    different = len(set(lines)) / len(rows)
    return {"valid": len(right) / len(rows), "new": new, "different": different}


found = {T: shares(write(temperature=T)) for T in (0.1, 0.5, 1.0, 2.0)}
for T, row in found.items():
    print(f"temperature {T}:", *(f"{name} {value:.2f}" for name, value in row.items()))
assert found[0.5]["valid"] > 0.95
assert 0.7 < found[1.0]["valid"] < found[0.5]["valid"]
assert found[2.0]["valid"] < 0.4
assert found[0.1]["different"] < found[1.0]["different"]

missing = 1 - len(numbers) / 10_000
print(f"share of all numbers that the model has not seen: {missing:.2f}")
assert abs(found[0.5]["new"] - missing) < 0.15

# %%
# .. _sampling-without-state:
#
# Without the state
# -----------------
# Leave the state out of the call, and each character is chosen by the one before it alone. No message:
# :class:`torch.nn.LSTM` starts from zeros whenever no state is given.

forgetful = write(temperature=0.5, carry=False)
print(forgetful[0].replace("\n", " / ")[:80])
share = shares(forgetful)["valid"]
print(f"valid without the state: {share:.1f}")
assert share < 0.2

# %%
# A table writes too
# ------------------
# The baseline draws what has followed the last k characters in the training text. With three or
# five, fewer than half of its lines are valid: it cannot know what the line began with. With nine
# it comes near to the LSTM at temperature 1.


def write_by_table(k, lines=200):
    """Draw lines from what follows the last k characters in the text."""
    after, dice = defaultdict(list), random.Random(0)
    for i in range(k, len(text)):
        after[text[i - k : i]].append(text[i])
    written = text[:k]
    while written.count("\n") < lines + 2:
        written += dice.choice(after[written[-k:]])
    return written.split("\n")[1 : lines + 1]


by_table = {k: sum(line in valid for line in write_by_table(k)) / 200 for k in (3, 5, 9)}
print("valid, by characters of context:", by_table)
assert max(by_table[3], by_table[5]) < 0.5 < found[1.0]["valid"] - 0.2
assert abs(by_table[9] - found[1.0]["valid"]) < 0.2

# %%
# Summary
# -------
# * Softmax of scores divided by the temperature, then a draw: one character of each row.
# * Give the drawn character and the state to the next call.
# * Start after real text, not from zeros, and leave out the line that it began.
# * A low temperature is safe and repeats itself, a high one invents letters. Measure it.
# * Count what is valid and what is new. Valid alone can be copied.
#
# Common mistakes
# ---------------
# * "I call the model on one character, without the state": see :ref:`sampling-without-state`.
# * "I always take the best character": then lines come again, see :ref:`sampling-measured`.
# * "My samples look good": how many of them are new? See :ref:`sampling-measured`.
# * "I feed the whole text for each character": right, and slow. Carry the state (:ref:`sampling-loop`).
#
# Check yourself
# --------------
# Temperature 0.5 squares the chances before they are made to add up to 1. What does temperature 2 do?
#
# .. dropdown:: Answer
#
#    It takes their square roots: a chance of 0.01 next to one of 0.81 becomes 0.1 next to 0.9, ten
#    times as likely as before. In a line of forty characters, one of these mistakes is enough.
#
# Next
# ----
# The next page, :ref:`forecasting`, predicts numbers instead of characters.
