r"""
.. _wrong-lengths:

Wrong lengths: what packing refuses and what it accepts
=======================================================

You pack a batch, everything runs, and some of your data never reached the LSTM. Packing refuses a few
wrong lengths with a message, and accepts others that lose steps or whole sequences. Before this
page, read :ref:`packed-sequence`. After it, you can tell the messages apart, and refuse wrong lengths
before they cost you data.

**You will see**

* three messages, and what each asks for
* lengths that torch accepts, and how many steps each of them loses
* a ``pack`` that checks lengths and state, and refuses them all
"""

# sphinx_gallery_tags = ["variable length", "errors"]

import torch
from torch import nn
from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence, pad_sequence

from lstm_guide import ShapeError, length_mask, pack, plotting, unpack

torch.manual_seed(0)
torch.set_grad_enabled(False)  # nothing is trained on this page
lengths = [3, 6, 1, 5]
N, L, H_in, H = 4, 8, 3, 5  # sequences, padded length, features in, features out

lstm = nn.LSTM(input_size=H_in, hidden_size=H, batch_first=True)
x = torch.randn(N, L, H_in)  # (N, L, H_in)
x[~length_mask(lengths, L=L)] = 0.0  # padding
packed = pack_padded_sequence(x, lengths, batch_first=True, enforce_sorted=False)

# %%
# .. _lengths-refused:
#
# What torch refuses
# ------------------
# Three messages that you will meet. Lengths that are not sorted are refused unless you say
# ``enforce_sorted=False``: say it. A length of 0 is refused always: drop empty sequences from the
# data. Lengths on another device are refused: keep them on the CPU. (The ``meta`` device stands
# for the GPU here, :ref:`another-device`.)

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
# .. _lengths-accepted:
#
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
plotting.cells(
    left[:, :, 0],
    rows="batch",
    columns="time",
    colour_by=length_mask(lengths, L=max(lengths)).long(),
    title="Padded on the left, packing takes the orange cells:\nzeros, and not the last steps",
)

# %%
# .. _lengths-pack:
#
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

state = (torch.randn(1, N, H), torch.randn(1, N, H))  # (1, N, H) each
by_hand, _ = pad_packed_sequence(lstm(packed, state)[0], batch_first=True, total_length=L)
result, _ = lstm(pack(lstm, x, lengths, state=state), state)
checked, found = unpack(lstm, result, total_length=L)  # (N, L, H)
assert found.tolist() == lengths
torch.testing.assert_close(checked, by_hand, atol=1e-6, rtol=0)

# %%
# Summary
# -------
# * Torch refuses lengths that are unsorted, zero or on another device.
# * It accepts lengths that are too few, no whole numbers, or longer than the tensor.
# * Packing takes the first steps of each row: pad on the right.
# * ``pack`` compares input, lengths and state with the module first.
#
# Common mistakes
# ---------------
# * "I sort my data because torch says so": say ``enforce_sorted=False`` instead
#   (:ref:`lengths-refused`, and :ref:`the message <error-lengths-not-sorted>`).
# * "I cut the data to a maximal length." Cut the lengths as well, or the LSTM fails later
#   (:ref:`lengths-accepted`).
# * "I padded on the left." Packing drops the ends of your sequences (:ref:`lengths-accepted`).
#   :func:`~lstm_guide.probes.padding_invariance` catches it: :ref:`silent-padding`.
# * "The state of the last batch fits a smaller one": it does not, and a packed call may not say so
#   (:ref:`lengths-pack`).
#
# Check yourself
# --------------
# A batch of four sequences is packed with the lengths ``[5, 5, 5]``. What comes back after unpacking?
#
# .. dropdown:: Answer
#
#    Three sequences of five steps. The fourth is gone, and no message says so.
#
# Next
# ----
# :ref:`collate-batches` makes padded batches with their lengths from a data set, one after the other.
