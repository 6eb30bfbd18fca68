r"""
.. _tagging:

Tagging: one answer at every step
=================================

You want an answer for each step: a part of speech, an event, a level. A high share of right answers
is no proof that the model uses its memory, since a small window may do as well. You need to know the
output of every step (:ref:`transducer`) and the honest loop (:ref:`smallest-loop`). After this page
you can train a tagger, and test whether it remembers.

**You will see**

* an LSTM that counts open brackets, trained until it is right at nearly every step
* two baselines: the most frequent tag, and a table of the last symbols
* sequences five times as long as those of the training
* a task where no window helps at all
"""

# sphinx_gallery_tags = ["training", "patterns"]

import torch
import torch.nn.functional as F
from torch import nn

from lstm_guide import plotting, tasks

torch.manual_seed(0)
N, L, E, H = 32, 40, 8, 32  # sequences, steps, features of a symbol, hidden size
deepest = 4
C = deepest + 1  # tags: 0 to 4 open brackets

# %%
# Symbols in, depths out
# ----------------------
# Each step is a symbol: an opening bracket, a closing one, or a dot. The tag is the number of brackets
# that are open after this step. It is right or wrong at every step, so 200 sequences give 200 * L
# held-out answers. More data is drawn as it is needed: no two batches are the same.

draw = torch.Generator().manual_seed(0)
held_ids, held_tags = tasks.bracket_depth(N=200, L=L, deepest=deepest, generator=draw)
print(f"{tuple(held_ids.shape) = }, {tuple(held_tags.shape) = }")
print("symbols:", " ".join("().."[i] for i in held_ids[0, :17]))
print("tags:   ", " ".join(str(tag) for tag in held_tags[0, :17].tolist()))
opened = (held_ids == 0).cumsum(dim=1) - (held_ids == 1).cumsum(dim=1)  # (200, L)
torch.testing.assert_close(opened, held_tags)

# %%
# .. _tagging-baselines:
#
# Two baselines
# -------------
# The first answers the most frequent tag every time. The second is stronger: a table that answers the
# most frequent tag after the last six symbols. What such a window can do, your model does not need a
# memory for. Count both on training data, and measure them on held-out data.


def share(answers, tags):
    """Return the share of right answers."""
    return (answers == tags).float().mean().item()


def windows(ids, width=6):
    """Number the last symbols at each step: (N, L) of ids gives (N, L)."""
    padded = F.pad(ids, (width - 1, 0), value=2)  # (N, width - 1 + L)
    return (padded.unfold(1, width, 1) * 3 ** torch.arange(width)).sum(dim=-1)  # (N, L)


def table(ids, tags, classes):
    """Return the most frequent tag after each window."""
    pairs = windows(ids) * classes + tags  # (N, L)
    counts = pairs.flatten().bincount(minlength=3**6 * classes).reshape(3**6, classes)
    return counts.argmax(dim=1)  # (3 ** 6,)


ids, tags = tasks.bracket_depth(N=2000, L=L, deepest=deepest, generator=draw)
constant = share(tags.flatten().mode().values, held_tags)
window = share(table(ids, tags, C)[windows(held_ids)], held_tags)
print(f"right answers: most frequent tag {constant:.2f}, window {window:.2f}")
assert constant < 0.4
assert constant + 0.1 < window < 0.9

# %%
# Every step has a loss
# ---------------------
# ``output`` holds the hidden state of every step, and the linear layer turns each into one score for
# each tag. The loss is the mean over all steps of all sequences. The classes go to axis 1
# (:ref:`cross-entropy-layouts`). In one direction the answer at a step knows this step and the past.


class Tagger(nn.Module):
    """Score the tags at every step."""

    def __init__(self, classes):
        super().__init__()
        self.embed = nn.Embedding(num_embeddings=3, embedding_dim=E)
        self.lstm = nn.LSTM(input_size=E, hidden_size=H, batch_first=True)
        self.head = nn.Linear(in_features=H, out_features=classes)

    def forward(self, ids):
        """Turn ids (N, L) into scores (N, L, C)."""
        output, _ = self.lstm(self.embed(ids))  # (N, L, H)
        return self.head(output)  # (N, L, C)


model = Tagger(C)
optimizer = torch.optim.Adam(model.parameters(), lr=1e-2)
curve = []
for step in range(240):
    ids, tags = tasks.bracket_depth(N=N, L=L, deepest=deepest, generator=draw)  # (N, L)
    loss = F.cross_entropy(model(ids).transpose(1, 2), tags)
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    if step % 10 == 9:
        with torch.no_grad():
            curve.append(share(model(held_ids).argmax(dim=-1), held_tags))

print(f"right on held-out data: {curve[-1]:.2f}")
assert curve[-1] > 0.98
assert curve[-1] > window + 0.1
plotting.steps(
    {
        "LSTM": torch.tensor(curve),
        "last six symbols": torch.full((24,), window),
        "most frequent tag": torch.full((24,), constant),
    },
    ylabel="share of right answers",
    xlabel="training steps, in tens",
    title="The LSTM passes what a window can know",
)

# %%
# Longer than in training
# -----------------------
# A count is a rule, and a rule holds for any length. Try sequences of 200 steps, five times as long as
# the model has seen. The length of the input is free (:ref:`length-is-free`), but what was learned need
# not hold there. Measure it, on the last steps alone.

long_ids, long_tags = tasks.bracket_depth(N=99, L=5 * L, deepest=deepest, generator=draw)
with torch.no_grad():
    answers = model(long_ids).argmax(dim=-1)  # (99, 200)
end = share(answers[:, -L:], long_tags[:, -L:])
print(f"right on the last {L} of {5 * L} steps: {end:.2f}")
assert end > 0.95

# %%
# .. _tagging-parity:
#
# A task for memory alone
# -----------------------
# Is the number of ones so far odd? A window of past bits says nothing about it, as the bits before
# the window decide as well. Whoever is right late in the sequence has remembered one thing since the
# first step.

bits, odd = tasks.parity(N=N, L=L, generator=draw)  # (N, L, 1), (N, L)
held_bits, held_odd = tasks.parity(N=200, L=5 * L, generator=draw)
lookup = table(bits[:, :, 0].long(), odd, classes=2)
late = slice(L, None)  # where the start is far away
window = share(lookup[windows(held_bits[:, :, 0].long())][:, late], held_odd[:, late])

lstm = nn.LSTM(input_size=1, hidden_size=16, batch_first=True)
head = nn.Linear(in_features=16, out_features=2)
optimizer = torch.optim.Adam([*lstm.parameters(), *head.parameters()], lr=1e-2)
for _ in range(300):
    bits, odd = tasks.parity(N=64, L=L // 2, generator=draw)
    output, _ = lstm(bits)  # (64, L / 2, 1) to (64, L / 2, 16)
    loss = F.cross_entropy(head(output).transpose(1, 2), odd)
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()

with torch.no_grad():
    output, _ = lstm(held_bits)  # (200, 5 * L, 16)
reached = share(head(output).argmax(dim=-1)[:, late], held_odd[:, late])
print(f"right after step {L}: window {window:.1f}, LSTM {reached:.2f}")
assert abs(window - 0.5) < 0.05
assert reached > 0.95

# %%
# Summary
# -------
# * A tagger gives ``output`` to a linear layer: an answer, and a loss, at every step.
# * Compare with the most frequent tag, and with a table of the last symbols. Above the table, the
#   model remembers.
# * Test on sequences longer than those of the training.
# * A task that no window can solve shows memory and nothing else.
#
# Common mistakes
# ---------------
# * "It is right for most words": so is the most frequent tag of each word. Compute both baselines
#   (:ref:`tagging-baselines`).
# * "Scores are (N, L, C) and the loss raises an error, so I used ``view``": see
#   :ref:`cross-entropy-layouts`.
# * "I pad, and padding is tagged right": it counts in the share. Leave it out (:ref:`masked-loss`).
# * "Two directions are better in my tagger": allowed where the whole sequence is known before the
#   answer, and a :term:`leak` where it is not (:ref:`two-directions`).
#
# Check yourself
# --------------
# Your tagger is right at 0.95 of the steps, and a table of the last three symbols at 0.94. What
# have you learned, and what do you look at next?
#
# .. dropdown:: Answer
#
#    Nearly all that is needed stands in three symbols, so the task asks for little memory. Look at
#    the steps where the table is wrong, and compute the share of right answers on these alone.
#
# Next
# ----
# The next page, :ref:`cross-entropy-layouts`, shows which shapes the loss takes, and what it does
# with others.
