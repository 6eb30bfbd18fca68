r"""
.. _errors-packing:

What do the errors of packing and padding mean?
===============================================

Your sequences differ in length, so you pad and pack them, and torch stops: the lengths are not
sorted, not on the CPU, or not as many as it expects. Other mistakes show up later, in the LSTM or
when you unpack, with a text about matrices or about ``start + length``. After this page you know
where each of them comes from. Every other message is on :ref:`by-error`.

**You will see**

* the messages about lengths, and the mistake that packing lets through
* what a packed sequence says when it is taken for a tensor
* why the texts get worse once the data is packed, and the checks of :func:`lstm_guide.pack`
"""

# sphinx_gallery_tags = ["errors", "variable length"]

import torch
from torch import nn
from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence, pad_sequence
from torch.utils.data import DataLoader

from lstm_guide import explain_errors, pack, plotting, zero_state

torch.manual_seed(0)
lengths = [2, 7, 4, 5]
N, L, H_in, H = len(lengths), max(lengths), 3, 6  # sequences, longest, features in, out
pieces = [torch.randn(length, H_in) for length in lengths]
lstm = nn.LSTM(input_size=H_in, hidden_size=H, batch_first=True)


def said(call):
    """Return what torch says to a call, and the note of the guide."""
    try:
        with explain_errors():
            call()
    except Exception as error:
        return "\n".join([f"{type(error).__name__}: {error}", *getattr(error, "__notes__", [])])
    raise AssertionError("torch accepted it")


# %%
# Before packing: sequences of different length make no tensor
# ------------------------------------------------------------
# A :class:`~torch.utils.data.DataLoader` stacks its samples, and these do not fit on each other. Pad
# them in a ``collate_fn``, and return the lengths with the batch (:ref:`collate-batches`).

message = said(lambda: next(iter(DataLoader(pieces, batch_size=N))))
print(message)
assert "stack expects each tensor to be equal size" in message
assert "lstm-guide: A DataLoader cannot stack different lengths." in message


def collate(samples):
    """Return the padded batch and its lengths."""
    return pad_sequence(samples, batch_first=True), [len(sample) for sample in samples]


x, found = next(iter(DataLoader(pieces, batch_size=N, collate_fn=collate)))
print(f"\n{tuple(x.shape) = }, {found = }")
assert x.shape == (N, L, H_in)
assert found == lengths

# %%
# What is wanted
# --------------
# Packing wants the padded tensor, and for each sequence its length. The picture shows what comes out:
# the valid steps, step by step, the longest sequence first. The number in a cell is its place in
# ``packed.data``.

packed = pack_padded_sequence(x, lengths, batch_first=True, enforce_sorted=False)
assert packed.data.shape == (sum(lengths), H_in)
plotting.packing(packed, title="Packing keeps the valid steps\nand drops the padding")

# %%
# Lengths: their order and their place
# ------------------------------------
# The first message tells you the way out, ``enforce_sorted=False``. In the second one, read
# ``cuda:0`` for ``meta``: the lengths went to the GPU with the batch.

order = said(lambda: pack_padded_sequence(x, lengths, batch_first=True))
place = said(lambda: pack_padded_sequence(x, torch.tensor(lengths, device="meta")))
print(order, place, sep="\n\n")
assert "`lengths` array must be sorted in decreasing order" in order
assert "should be a 1D CPU int64 tensor, but got 1D meta Long tensor" in place

# %%
# Lengths: their number
# ---------------------
# There are as many lengths as sequences, and torch counts something else. ``batch_first`` is missing
# here, where it has to be given again, so axis 1 is taken for the batch. Read the two numbers: the
# second one is your L.

longest_first = sorted(lengths, reverse=True)
message = said(lambda: pack_padded_sequence(x, longest_first))
print(message)
assert f"equal to batch_size, but got {N} (batch_size={L})" in message
assert message.index("1. `batch_first` is missing") < message.index("2. There are more or fewer")

# %%
# A sequence without steps
# ------------------------
# An empty text has length 0, and packing has no place for it. Drop it, and its target, where the
# batch is made.

message = said(lambda: pack_padded_sequence(x, [7, 5, 4, 0], batch_first=True))
print(message)
assert "Length of all samples has to be greater than 0" in message
kept = torch.tensor([7, 5, 4, 0]) > 0  # (N,)
assert len(pack_padded_sequence(x[kept], [7, 5, 4], batch_first=True).batch_sizes) == L

# %%
# A length beyond the data passes
# -------------------------------
# The data was cut to 5 steps, the lengths were not. Packing says nothing. The LSTM fails afterwards,
# and the ``length`` in its text is none of yours. :func:`lstm_guide.pack` compares them at once.

cut = x[:, :5]
bad = pack_padded_sequence(cut, lengths, batch_first=True, enforce_sorted=False)
message = said(lambda: lstm(bad))
print(message)
assert "exceeds dimension size" in message
assert "lstm-guide: A length is larger than the time axis." in message

message = said(lambda: pack(lstm, cut, lengths))
print("\n" + message)
assert "got 7 for sequence 1" in message
output, _ = lstm(pack(lstm, cut, torch.tensor(lengths).clamp(max=5)))
assert output.data.shape == (2 + 5 + 4 + 5, H)

# %%
# A packed sequence is no tensor
# ------------------------------
# The layers around the LSTM want tensors. So the order is: pad, embed, pack, LSTM, unpack. Indexing
# the packed output as if it were padded gives the text for tuples, raised in your own line.

message = said(lambda: nn.Linear(H_in, 2)(packed))
print(message)
assert "must be Tensor, not PackedSequence" in message
output, (h_n, c_n) = lstm(packed)
message = said(lambda: output[:, -1])
print("\n" + message)
assert "tuple indices must be integers or slices, not tuple" in message

padded, _ = pad_packed_sequence(output, batch_first=True)  # (N, L, H)
assert nn.Linear(H, 2)(padded).shape == (N, L, 2)
torch.testing.assert_close(h_n[-1, 0], padded[0, lengths[0] - 1])  # the last valid step

# %%
# Unpacking what is not packed
# ----------------------------
# The output is packed only if the input was. And the call returns a pair here, too.

plain = said(lambda: pad_packed_sequence(lstm(x)[0]))
pair = said(lambda: pad_packed_sequence(lstm(packed)))
print(plain, pair, sep="\n\n")
assert "'Tensor' object has no attribute 'batch_sizes'" in plain
assert "'tuple' object has no attribute 'batch_sizes'" in pair

# %%
# With packed input, nobody checks
# --------------------------------
# The friendly texts about sizes belong to padded input. Packed input with another number of features,
# or a state with too few rows, fails inside of the kernel. A state of another batch size can even end
# the process, so this page does not show it.

wide = torch.randn(N, L, H_in + 1)
features = said(lambda: lstm(pack_padded_sequence(wide, lengths, True, False)))
both = nn.LSTM(input_size=H_in, hidden_size=H, batch_first=True, bidirectional=True)
rows = said(lambda: both(packed, zero_state(lstm, x)))
print(features, rows, sep="\n\n")
assert f"mat1 and mat2 shapes cannot be multiplied ({sum(lengths)}x4 and 3x24)" in features
assert "lstm-guide: this text has" in features
assert "Odd number of params or hiddens given to a bidirectional RNN" in rows
assert both(packed, zero_state(both, x))[0].data.shape == (sum(lengths), 2 * H)

# %%
# Summary
# -------
# * Lengths are a flat list or tensor on the CPU: one for each sequence, from 1 to L.
# * Packing and unpacking have their own ``batch_first``.
# * Only recurrent layers take packed sequences. Embed before, unpack after.
# * Packed input is hardly checked. ``pack`` of the guide checks what torch lets through.
#
# Common mistakes
# ---------------
# * The data is cut to a maximum, the lengths are not: :ref:`wrong-lengths`.
# * Lengths and sequences are made in two places: :ref:`collate-batches`.
# * ``output[:, -1]`` after unpacking, which is padding for shorter sequences: :ref:`last-valid-step`.
#
# Check yourself
# --------------
# You pack 4 sequences with ``enforce_sorted=False`` and give 3 lengths. What does torch say?
#
# .. dropdown:: Answer
#
#    Nothing: the last sequence vanishes, and results come back for three. With sorted lengths torch
#    would count them. ``pack`` counts them always.
#
# Next
# ----
# :ref:`errors-gradients` reads the messages of training, of :term:`checkpoints <checkpoint>` and of
# :term:`export`.
