r"""
.. _silent-padding:

Padding that reaches the answer
===============================

The prediction for one sequence changes with the batch it is in. Somewhere the layer reads padding, or
a row of padding is taken for an answer. All of it runs, and all of it is close enough to look right.
Before this page, read :ref:`probes-tour` and :ref:`padding`. After it, you know where padding gets in
on the way through the layer, and the line that keeps it out.

**You will see**

* three wrong ways to take a last step, and two right ones
* two directions, and padding on the left, without and with packing
* packed sequences that come back in another order, and lengths that drop steps
* two mistakes that no probe sees, and the assertions that do
"""

# sphinx_gallery_tags = ["debugging", "probes", "variable length"]

import torch
from torch import nn
from torch.nn.utils.rnn import (
    PackedSequence,
    pack_padded_sequence,
    pad_packed_sequence,
    pad_sequence,
    unpad_sequence,
)

from lstm_guide import pack, plotting, probes, take_last, unpack

torch.manual_seed(0)
N, L, H_in, H = 4, 7, 3, 5  # batch, time, features in, features out: all different
lengths = torch.tensor([3, 7, 2, 5])
x = torch.randn(N, L, H_in)  # (N, L, H_in)
lstm = nn.LSTM(input_size=H_in, hidden_size=H, batch_first=True)
both = nn.LSTM(input_size=H_in, hidden_size=H, bidirectional=True, batch_first=True)


def packed(layer, x, lengths):
    """Return the output with zeros on the padding, (N, L, D * H), and h_n."""
    rows, (h_n, _) = layer(pack(layer, x, lengths))
    return unpack(layer, rows, total_length=x.size(1))[0], h_n


def compare(name, wrong, right):
    """Print how far the wrong model moves; the probe has to pass the right one."""
    wrong, right = (probes.padding_invariance(model, x, lengths) for model in (wrong, right))
    print(f"{name}: moves by {wrong.number:.4f}, expected {wrong.expected}")
    assert not wrong.ok
    assert right.ok


# %%
# The last step of a padded row
# -----------------------------
# ``output[:, -1]`` and ``h_n`` of padded input have read the padding. After unpacking,
# ``output[:, -1]`` is a row of zeros for every shorter sequence. Right are
# :func:`lstm_guide.take_last` at the lengths, and ``h_n`` of the packed call.

right = {
    "take_last": lambda x, n: take_last(lstm, lstm(x)[0], n),
    "packed h_n": lambda x, n: packed(lstm, x, n)[1][-1],
}
wrong = {
    "output[:, -1]": lambda x, n: lstm(x)[0][:, -1],
    "h_n": lambda x, n: lstm(x)[1][0][-1],
    "unpacked output[:, -1]": lambda x, n: packed(lstm, x, n)[0][:, -1],
}
for name, model in wrong.items():
    compare(name, model, right["packed h_n"])
print(probes.padding_invariance(wrong["h_n"], x, lengths))
print(probes.padding_invariance(right["take_last"], x, lengths))
assert probes.padding_invariance(right["take_last"], x, lengths).ok
zeros = (packed(lstm, x, lengths)[0][:, -1] == 0).all(-1)
print(f"rows of zeros: {zeros.tolist()}")
assert zeros.tolist() == [True, False, True, True]

# %%
# The row of full length is right in each of them, so a look at one row proves nothing. Every other
# row is wrong. The probe found as much or more, since it also adds padding.

errors = {f"row {n}, {lengths[n]} of {L} steps": {} for n in range(N)}
with torch.no_grad():
    true = right["take_last"](x, lengths)  # (N, H)
    for name, model in wrong.items():
        off = (model(x, lengths) - true).abs().amax(1)  # (N,)
        assert off[1] < 1e-6
        assert (off[[0, 2, 3]] > 1e-3).all()
        assert off.max() < probes.padding_invariance(model, x, lengths).number + 1e-6
        for row, value in zip(errors, off.tolist(), strict=True):
            errors[row][name] = round(value, 4)
plotting.bars(errors, xlabel="largest error", title="The row without padding is right in all three")

# %%
# Two directions without packing
# ------------------------------
# The reverse direction reads the padding first, so it is wrong on valid steps too.

compare("no packing", lambda x, n: both(x), lambda x, n: packed(both, x, n)[0])

# %%
# Packed, and put together again
# ------------------------------
# Packing sorts the rows, and the :term:`packed sequence` knows the way back. If you make a new one
# from ``data`` and ``batch_sizes`` alone, rows come back sorted by length. ``_replace`` keeps the
# indices. Both ``row_permutation`` and ``batch_leak`` see it, too.


def again(x, lengths, keep):
    rows, _ = lstm(pack_padded_sequence(x, lengths, batch_first=True, enforce_sorted=False))
    data = rows.data.tanh()
    rows = rows._replace(data=data) if keep else PackedSequence(data, rows.batch_sizes)
    return pad_packed_sequence(rows, batch_first=True, total_length=x.size(1))[0]


compare("without indices", lambda x, n: again(x, n, False), lambda x, n: again(x, n, True))
for probe in (probes.row_permutation, probes.batch_leak):
    assert not probe(lambda x, n: again(x, n, False), x, lengths=lengths).ok

# %%
# Padding on the left
# -------------------
# Packing cuts at the end. With padding first it keeps the padding and drops your data. Without
# packing, the layer reads the padding before the data.


def pad_left(x, lengths):
    steps = torch.arange(x.size(1)) - (x.size(1) - lengths[:, None])  # (N, L)
    return torch.where((steps >= 0)[..., None], x[torch.arange(len(x))[:, None], steps], 0.0)


compare("packed", lambda x, n: packed(lstm, pad_left(x, n), n)[1][-1], right["packed h_n"])
compare("not packed", lambda x, n: lstm(pad_left(x, n))[0][:, -1], right["packed h_n"])

# %%
# Lengths that are too short, and squeeze
# ---------------------------------------
# Lengths one too short drop the last step of each row; its gradient is missing. ``squeeze()`` drops
# every axis of size 1, also the batch when it has one row.

short = probes.gradient_reach(lambda x, n: packed(lstm, x, n - 1)[1][-1], x, lengths=lengths)
print(short)
assert not short.ok
squeezed = probes.padding_invariance(lambda x, n: packed(lstm, x, n)[1].squeeze(), x, lengths)
print(squeezed)
assert squeezed.number == float("inf")
assert probes.padding_invariance(lambda x, n: packed(lstm, x, n)[1].squeeze(0), x, lengths).ok

# %%
# Two that need an assertion
# --------------------------
# ``pad_sequence`` takes the dtype of the *first* sequence, and cuts the others to it.
# :func:`torch.nn.utils.rnn.unpad_sequence` transposes *your* tensor in place. Compare before and after.

ids_first = pad_sequence([torch.tensor([1, 2]), torch.tensor([0.9, 1.7, 2.5])], batch_first=True)
print(ids_first)
assert ids_first[1].tolist() == [0, 1, 2], "0.9 became 0"

padded = torch.zeros(L, N, H_in)
unpad_sequence(padded, lengths)
print(f"{tuple(padded.shape) = } after unpad_sequence")
assert padded.shape == (N, L, H_in), "it was (L, N, H_in)"

# %%
# Summary
# -------
# * A row alone, in a batch, and with more padding has to give one answer.
# * Two directions need packing; one direction needs the last *valid* step.
# * Padding stands at the end, and the lengths are those of the data.
# * Keep the indices of a packed sequence: ``_replace(data=...)``.
#
# Common mistakes
# ---------------
# * "I checked the longest row": it has no padding, see :ref:`last-valid-step`.
# * "I pack, so padding is gone": after unpacking it is back, as zeros, see :ref:`packed-sequence`.
# * "torch checks the lengths": it checks too little, and ``lstm_guide.pack`` checks the rest, see
#   :ref:`collate-batches`.
# * "``squeeze()`` gave me (N, H)": with N = 1 it drops the batch too, as above. Name the axis, see
#   :ref:`axes-and-outputs`.
#
# Check yourself
# --------------
# A model of one direction returns its output at every step, without packing. Does it pass?
#
# .. dropdown:: Answer
#
#    Yes. Padding stands after the valid steps, and one direction never looks ahead. The probe
#    compares the valid steps only. What you do with the output next may still count the padding.
#
# Next
# ----
# The states and the outputs are right. What you compute from them may still count the padding:
# :ref:`silent-masks`. To find the final states of a padded batch yourself, try
# :ref:`exercise-packed-final-state`.
