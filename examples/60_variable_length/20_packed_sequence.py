r"""
.. _packed-sequence:

What is inside a PackedSequence?
================================

You pack a batch and get an object that has no shape and refuses every layer but the recurrent ones.
Before this page, read :ref:`padding`, which says why one
packs. After it, you can read a :class:`torch.nn.utils.rnn.PackedSequence`, put a layer through it,
and get your order and length back.

**You will see**

* the four fields, drawn: the rows of ``data`` are the columns of the padded batch
* the original order and length after unpacking
* a layer put through the packed data, the right way and the way that mixes sequences up
"""

# sphinx_gallery_tags = ["variable length", "shapes", "errors"]

import torch
from torch import nn
from torch.nn.utils.rnn import PackedSequence, pack_padded_sequence, pad_packed_sequence

from lstm_guide import length_mask, plotting

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
# .. _packed-layer:
#
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
# Summary
# -------
# * ``data`` has one row for each valid step, ``sum(lengths)`` in all, step by step.
# * ``batch_sizes`` says how many sequences run at each step; the longest comes first.
# * The state and the unpacked ``output`` have your order. Your length needs ``total_length``.
# * Other layers go through ``p._replace(data=layer(p.data))``.
#
# Common mistakes
# ---------------
# * "I build a new ``PackedSequence`` by hand." The order is lost. Use ``_replace``
#   (:ref:`packed-layer`). :func:`~lstm_guide.probes.row_permutation` catches this:
#   :ref:`silent-padding`.
# * "I cut the data to a maximal length." Cut the lengths as well, or the LSTM fails later
#   (:ref:`wrong-lengths`, and :ref:`the message <error-length-beyond-the-data>`).
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
# :ref:`wrong-lengths` gives packing lengths that make no sense, and shows what is lost without a message.
