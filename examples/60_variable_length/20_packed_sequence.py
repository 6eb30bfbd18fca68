r"""
.. _packed-sequence:

What is inside a PackedSequence?
================================

You pack a batch and get an object that has no shape, refuses every layer but the recurrent ones,
and accepts lengths that make no sense. Before this page, read :ref:`padding`, which says why one
packs. After it, you can read a :class:`torch.nn.utils.rnn.PackedSequence`, put a layer through it,
get your order and length back, and refuse wrong lengths before they cost you data.

**You will see**

* the four fields, drawn: the rows of ``data`` are the columns of the padded batch
* the original order and length after unpacking
* a layer put through the packed data, the right way and the way that mixes sequences up
* which wrong lengths torch refuses, which it accepts, and a ``pack`` that refuses them all
"""

# sphinx_gallery_tags = ["variable length", "shapes", "errors"]

import torch
from torch import nn
from torch.nn.utils.rnn import (
    PackedSequence,
    pack_padded_sequence,
    pad_packed_sequence,
    pad_sequence,
)

from lstm_guide import ShapeError, length_mask, pack, plotting, unpack

torch.manual_seed(0)
torch.set_grad_enabled(False)  # nothing is trained on this page
lengths = [3, 6, 1, 5]
N, L, H_in, H = 4, 8, 3, 5  # sequences, padded length, features in, features out

# %%
# The padding is gone, and the steps stand in columns
# ---------------------------------------------------
# The batch is padded to eight steps, two more than its longest sequence has. Packing sorts the
# sequences, longest first, and puts all first steps into ``data``, then all second steps, and so
# on. ``batch_sizes`` says how many sequences still run at each step: the heights of the columns in
# the picture. The number in a cell is its row of ``data``. With ``enforce_sorted=False`` your
# batch may have any order; ``sorted_indices`` and ``unsorted_indices`` remember it.

x = torch.randn(N, L, H_in)  # (N, L, H_in)
x[~length_mask(lengths, L=L)] = 0.0  # padding
packed = pack_padded_sequence(x, lengths, batch_first=True, enforce_sorted=False)
print(f"{tuple(packed.data.shape) = }")
print(f"{packed.batch_sizes.tolist() = }")
print(f"{packed.sorted_indices.tolist() = }")
print(f"{packed.unsorted_indices.tolist() = }")
assert packed.data.shape == (sum(lengths), H_in)
running = [sum(length > t for length in lengths) for t in range(max(lengths))]
assert packed.batch_sizes.tolist() == running
assert packed.sorted_indices.tolist() == [1, 3, 0, 2]
assert packed.data[: packed.batch_sizes[0]].equal(x[packed.sorted_indices, 0])
plotting.packing(packed, L=L, title="The rows of data run down the columns")

# %%
# Your order comes back, your length only if you ask
# --------------------------------------------------
# The LSTM takes the packed batch and returns a packed ``output``. The state stays a pair of
# ordinary tensors, in *your* order: you give ``h_0`` and read ``h_n`` as without packing.
# :func:`torch.nn.utils.rnn.pad_packed_sequence` restores the order of ``output`` too. Its length,
# though, is that of the longest sequence. ``total_length`` brings back the eight steps that your
# :term:`mask` and your targets have.

lstm = nn.LSTM(input_size=H_in, hidden_size=H, batch_first=True)
state = (torch.randn(1, N, H), torch.randn(1, N, H))  # in your order
result, (h_n, _) = lstm(packed, state)  # h_n (1, N, H)
cut, _ = pad_packed_sequence(result, batch_first=True)  # (N, 6, H)
output, found = pad_packed_sequence(result, batch_first=True, total_length=L)  # (N, L, H)
print(f"{tuple(cut.shape) = }")
print(f"{tuple(output.shape) = }")
print(f"{found.tolist() = }")
assert cut.shape == (N, max(lengths), H)
assert output.shape == (N, L, H)
assert found.tolist() == lengths
for n, length in enumerate(lengths):
    own, (own_h, _) = lstm(x[n, :length], (state[0][:, n], state[1][:, n]))  # alone
    torch.testing.assert_close(output[n, :length], own, atol=1e-6, rtol=0)
    torch.testing.assert_close(h_n[:, n], own_h, atol=1e-6, rtol=0)

# %%
# A layer goes through the data
# -----------------------------
# No other layer takes a packed batch. You may unpack, apply the layer and pack again. Or apply it
# to ``data``, whose rows are single steps, and exchange the data with ``_replace``. This keeps the
# other three fields.

linear = nn.Linear(H, 2)
try:
    linear(result)
except TypeError as error:
    message = str(error)
    print(type(error).__name__, message)
else:
    raise AssertionError("nn.Linear took a packed sequence")
assert "must be Tensor, not PackedSequence" in message

right = result._replace(data=linear(result.data))
scores, _ = pad_packed_sequence(right, batch_first=True, total_length=L)  # (N, L, 2)
mask = length_mask(lengths, L=L)  # (N, L)
torch.testing.assert_close(scores[mask], linear(output)[mask], atol=1e-6, rtol=0)

# %%
# A new ``PackedSequence`` from ``data`` and ``batch_sizes`` looks right, and forgets the order.
# The sequences come back longest first, each in another one's place. No error is raised. The
# lengths tell: they are not the ones you packed with.

wrong = PackedSequence(linear(result.data), result.batch_sizes)
mixed, found = pad_packed_sequence(wrong, batch_first=True, total_length=L)  # (N, L, 2)
print(f"{found.tolist() = }, packed with {lengths}")
print(f"the scores are off by {(mixed - scores).abs().max():.4f}")
assert found.tolist() == sorted(lengths, reverse=True)
assert (mixed - scores).abs().max() > 0.1

# %%
# What torch refuses
# ------------------
# Three messages that you will meet. Lengths that are not sorted are refused unless you say
# ``enforce_sorted=False``: say it. A length of 0 is refused always: drop empty sequences from the
# data. Lengths on another device are refused: keep them on the CPU. (The ``meta`` device stands
# for the GPU here, :ref:`device-and-dtype`.)

attempts = {
    "must be sorted in decreasing order": (lengths, True),
    "has to be greater than 0": ([3, 6, 0, 5], False),
    "should be a 1D CPU int64 tensor": (torch.tensor(lengths).to("meta"), True),
}
for telling, (bad, enforce_sorted) in attempts.items():
    try:
        pack_padded_sequence(x, bad, batch_first=True, enforce_sorted=enforce_sorted)
    except RuntimeError as error:
        message = str(error)
        print(type(error).__name__, message, end="\n\n")
    else:
        raise AssertionError("torch packed it")
    assert telling in message

# %%
# What torch accepts
# ------------------
# Worse are the lengths it takes. One length too few: a sequence vanishes. A fraction: it is cut.
# Padding on the left: packing takes the *first* steps of each row, here padding, and drops data. A
# length beyond the tensor is packed, and fails later, inside the LSTM, with a message that names
# no length.

few = pack_padded_sequence(x, [3, 6, 1], batch_first=True, enforce_sorted=False)
cut = pack_padded_sequence(x, [3.9, 6, 1, 5], batch_first=True, enforce_sorted=False)
parts = [x[n, :length] for n, length in enumerate(lengths)]
left = pad_sequence(parts, batch_first=True, padding_side="left")  # (N, 6, H_in)
dropped = pack_padded_sequence(left, lengths, batch_first=True, enforce_sorted=False)
beyond = pack_padded_sequence(x, [3, 9, 1, 5], batch_first=True, enforce_sorted=False)
print(f"{few.batch_sizes[0]} of {N} sequences are packed")
print(f"{len(cut.data)} steps are packed from lengths with sum {3.9 + 6 + 1 + 5}")
filler = (dropped.data == 0).all(dim=1).sum().item()
print(f"{filler} of {len(dropped.data)} steps are padding")
print(f"{len(beyond.data)} steps are packed of {beyond.batch_sizes.sum()} in batch_sizes")
assert few.batch_sizes[0] == N - 1
assert cut.data.equal(packed.data)
assert filler == 3 + 1 + 1
assert len(beyond.data) < beyond.batch_sizes.sum() == 18
try:
    lstm(beyond)
except RuntimeError as error:
    message = str(error)
    print(type(error).__name__, message)
else:
    raise AssertionError("torch ran it")
assert "exceeds dimension size" in message

# %%
# A pack that checks
# ------------------
# Nor does torch compare the state of a packed call with the batch. With a state of another batch
# size it may return wrong numbers, or end the process; this page does not try it.
# :func:`lstm_guide.pack` checks the input, the lengths and the state against the module, and then
# calls torch. :func:`lstm_guide.unpack` gives back order and length.

for bad in ([3, 6, 1], [3.9, 6, 1, 5], [3, 9, 1, 5]):
    try:
        pack(lstm, x, bad)
    except (ShapeError, TypeError) as error:
        print(type(error).__name__, error)
    else:
        raise AssertionError(f"pack took {bad}")
try:
    pack(lstm, x, lengths, state=(torch.zeros(1, N, H), torch.zeros(1, 1, H)))
except ShapeError as error:
    message = str(error)
    print(type(error).__name__, message)
else:
    raise AssertionError("pack took a state of another batch size")
assert message.startswith("c_0: expected (K * D, N, H_cell) = (1, 4, 5), got (1, 1, 5)")

result, _ = lstm(pack(lstm, x, lengths, state=state), state)
checked, found = unpack(lstm, result, total_length=L)  # (N, L, H)
assert found.tolist() == lengths
torch.testing.assert_close(checked, output, atol=1e-6, rtol=0)

# %%
# Summary
# -------
# * ``data`` has one row for each valid step, ``sum(lengths)`` in all, step by step.
# * ``batch_sizes`` says how many sequences run at each step; the longest comes first.
# * The state and the unpacked ``output`` have your order. Your length needs ``total_length``.
# * Other layers go through ``p._replace(data=layer(p.data))``.
# * Packing checks little. Wrong lengths lose steps or whole sequences.
#
# Common mistakes
# ---------------
# * "I build a new ``PackedSequence`` by hand." The order is lost, see above. Use ``_replace``.
# * "I cut the data to a maximal length." Cut the lengths as well, or the LSTM fails later.
# * "I pass integer ids." Packed ids have no feature axis. Embed first, then pack
#   (:ref:`collate-batches`).
#
# Check yourself
# --------------
# ``batch_sizes`` is ``[3, 3, 1]``. How many sequences are there, and how long are they?
#
# .. dropdown:: Answer
#
#    Three, because three run at step 0. All three run at step 1 and one at step 2: the lengths are
#    3, 2 and 2. ``data`` has seven rows.
#
# Next
# ----
# :ref:`collate-batches` makes such batches from a data set, one after the other.
