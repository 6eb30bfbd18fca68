r"""
.. _collate-batches:

How does a DataLoader make batches of different lengths?
========================================================

Your data set is a list of sequences. :class:`torch.utils.data.DataLoader` tries to stack them and
fails, because their lengths differ. Before this page, read :ref:`tokens-to-vectors` and
:ref:`packed-sequence`. After it, you can take a list of words to one vector for each word, in
batches that pad, embed, pack, run, unpack and mask, and prove that the batch does not matter.

**You will see**

* the message of the default collation, and a ``collate_fn`` that pads and returns the lengths
* every step from a list to the masked output, with its shape
* a model that gives each word the same result in every batch and alone
"""

# sphinx_gallery_tags = ["variable length", "data"]

import torch
from torch import nn
from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence, pad_sequence
from torch.utils.data import DataLoader

from lstm_guide import length_mask, masked_mean, pack, plotting, unpack

torch.manual_seed(0)
N, H_in, H = 4, 3, 5  # words in a batch, features in, features out

# %%
# The data: a list, and a number for each letter
# ----------------------------------------------
# Eleven words, and with each its place in the list as the label. Every letter gets an id. Ids start
# at 1: id 0 is kept for :term:`padding`, so that no letter can be taken for it.

spoken = "one two three four five six seven eight nine ten eleven"
words = spoken.split()
letters = sorted(set("".join(words)))
ids = {letter: i for i, letter in enumerate(letters, start=1)}
dataset = []
for label, word in enumerate(words):
    dataset.append((torch.tensor([ids[letter] for letter in word]), label))
print(f"{len(dataset)} words of {len(letters)} letters")
print(f"{words[0]!r} is {dataset[0]}")
assert 0 not in ids.values()
assert len({len(sequence) for sequence, _ in dataset}) > 1

# %%
# Stacking fails
# --------------
# Without further word a DataLoader stacks the items of a batch. That needs one length.

try:
    next(iter(DataLoader(dataset, batch_size=N)))
except RuntimeError as error:
    message = str(error)
    print(type(error).__name__, message)
else:
    raise AssertionError("the DataLoader stacked words of different length")
assert "each tensor to be equal size, but got [3] at entry 0 and [5]" in message

# %%
# .. _collate-function:
#
# A collate function pads, and keeps the lengths
# ----------------------------------------------
# ``collate_fn`` gets the list of items of one batch and returns the batch. Yours pads the ids and
# returns the lengths with them: after padding, nobody else knows them. The lengths stay on the
# CPU, also when you move the ids to a GPU. The last batch has three words. The padded length L is
# that of the longest word *of the batch*, so it changes from batch to batch. The last two lines
# show what to look out for: all sequences get the dtype of the first one.


def collate(items):
    """Make one padded batch of a list of (ids, label)."""
    sequences, labels = zip(*items, strict=True)
    lengths = torch.tensor([len(sequence) for sequence in sequences])  # (N,)
    return pad_sequence(sequences, batch_first=True), lengths, torch.tensor(labels)


loader = DataLoader(dataset, batch_size=N, collate_fn=collate)
padded_lengths = set()
for batch_ids, lengths, labels in loader:
    padded_lengths.add(batch_ids.size(1))
    print(f"{tuple(batch_ids.shape) = }, {lengths.tolist() = }, {labels.tolist() = }")
    assert batch_ids.shape == (len(lengths), lengths.max())
    assert ((batch_ids != 0).sum(dim=1) == lengths).all()
assert padded_lengths == {5, 6}
assert len(labels) == len(dataset) % N == 3
mixed = pad_sequence([torch.tensor([1, 2, 3]), torch.tensor([0.9, 1.7])])
assert mixed[:, 1].tolist() == [0, 1, 0]  # whole numbers, like the first one
batch_ids, lengths, labels = next(iter(loader))  # (N, L), (N,), (N,)
mask = length_mask(lengths, L=batch_ids.size(1))  # (N, L)
plotting.cells(
    batch_ids,
    rows="batch",
    columns="time",
    colour_by=mask.long(),
    title="The first batch: letters as ids,\nand 0 for padding",
)

# %%
# Embed, pack, run, unpack
# ------------------------
# The order matters. :class:`torch.nn.Embedding` takes a tensor, so you embed the padded ids and
# pack the vectors. ``padding_idx=0`` makes the vector of padding zeros, and no gradient changes
# it. ``total_length`` gives the unpacked output the length that the :term:`mask` has.

embedding = nn.Embedding(len(letters) + 1, H_in, padding_idx=0)
lstm = nn.LSTM(input_size=H_in, hidden_size=H, batch_first=True, bidirectional=True)
L = batch_ids.size(1)
vectors = embedding(batch_ids)  # (N, L, H_in)
packed = pack_padded_sequence(vectors, lengths, batch_first=True, enforce_sorted=False)
result, (h_n, c_n) = lstm(packed)  # h_n and c_n (2, N, H)
output, _ = pad_packed_sequence(result, batch_first=True, total_length=L)  # (N, L, 2 * H)
print(f"{tuple(vectors.shape) = }")
print(f"{tuple(packed.data.shape) = }")
print(f"{tuple(output.shape) = }")
assert vectors.shape == (N, L, H_in)
assert packed.data.shape == (lengths.sum(), H_in)
assert result.data.shape == (lengths.sum(), 2 * H)
assert output.shape == (N, L, 2 * H)
assert not vectors[~mask].any()
output.sum().backward()
assert not embedding.weight.grad[0].any()
assert embedding.weight.grad[batch_ids[mask]].any(dim=1).all()

# %%
# Mask, then pool
# ---------------
# One vector for each word is the mean of its outputs. ``output.mean(dim=1)`` divides by the
# padded length, so the words of a batch with one long word come out too small.
# :func:`lstm_guide.masked_mean` divides by each word's own length.

plain = output.mean(dim=1)  # (N, 2 * H)
pooled = masked_mean(output, mask, dim=1)  # (N, 2 * H)
for n in range(N):
    ratio = (plain[n] / pooled[n]).mean()
    print(f"{words[n]:>5}: {lengths[n]} of {L} steps, plain / masked = {ratio:.2f}")
torch.testing.assert_close(plain, pooled * (lengths / L)[:, None], atol=1e-6, rtol=0)

# %%
# The model
# ---------
# The same steps as a module. It takes the padded ids and the lengths. :func:`lstm_guide.pack` and
# :func:`lstm_guide.unpack` read the layout from the layer and check the lengths.


class WordReader(nn.Module):
    """Ids and lengths to one score a class for each word."""

    def __init__(self, vocabulary, H_in, H, classes):
        super().__init__()
        self.embedding = nn.Embedding(vocabulary, H_in, padding_idx=0)
        self.lstm = nn.LSTM(H_in, H, batch_first=True, bidirectional=True)
        self.scores = nn.Linear(2 * H, classes)

    def forward(self, batch_ids, lengths):
        L = batch_ids.size(1)
        vectors = self.embedding(batch_ids)  # (N, L, H_in)
        result, _ = self.lstm(pack(self.lstm, vectors, lengths))
        output, _ = unpack(self.lstm, result, total_length=L)  # (N, L, 2 * H)
        pooled = masked_mean(output, length_mask(lengths, L=L), dim=1)  # (N, 2 * H)
        return self.scores(pooled)  # (N, classes)


model = WordReader(len(letters) + 1, H_in, H, classes=len(words))
scores = model(batch_ids, lengths)  # (N, classes)
print(f"{tuple(scores.shape) = }")
assert scores.shape == (N, len(words))

# %%
# The proof: the batch does not matter
# ------------------------------------
# Run all words in shuffled batches of different sizes, and compare each with the word alone. Only
# a model that handles padding everywhere passes. This is a test worth keeping.

with torch.no_grad():
    alone = []
    for item in dataset:
        one_id_row, one_length, _ = collate([item])  # a batch of one word: no padding
        alone.append(model(one_id_row, one_length)[0])  # (classes,)
    largest = 0.0
    for size in (2, 3, 7):
        shuffled = DataLoader(dataset, size, shuffle=True, collate_fn=collate)
        for batch_ids, lengths, labels in shuffled:
            expected = torch.stack([alone[label] for label in labels])  # (N, classes)
            largest = max(largest, (model(batch_ids, lengths) - expected).abs().max().item())
print(f"largest difference between a word in a batch and alone: {largest:.6f}")
assert largest < 1e-6

# %%
# Summary
# -------
# * ``collate_fn`` pads the items of a batch and returns their lengths.
# * The order is: list, pad, embed, pack, LSTM, unpack, mask.
# * Keep an id for padding that no token has; give it to ``padding_idx``.
# * The padded length changes from batch to batch. A result must not.
#
# Common mistakes
# ---------------
# * "I pack the ids." An embedding takes no packed sequence, and the LSTM needs a feature axis
#   (:ref:`packed-sequence`).
# * "I mix whole numbers and fractions." The dtype of the first sequence is taken for all
#   (:ref:`collate-function`, :ref:`silent-padding`). Convert before you pad.
# * "I write ``collate_fn=lambda items: ...``." With ``num_workers`` the function may be sent to
#   another process, which needs a name (:ref:`collate-function`).
#
# Check yourself
# --------------
# ``batch_ids.ne(0).sum(dim=1)`` also gives the lengths. When is it wrong?
#
# .. dropdown:: Answer
#
#    When 0 is a token or a value of your data. The lengths from the list are always right.
#
# Next
# ----
# :ref:`last-valid-step` takes one vector for each sequence from its own end.
