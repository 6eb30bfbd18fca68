r"""
.. _price-of-packing:

Packing skips the padding. Is it faster?
========================================

You pack to save the work on padding, and your training gets slower. On a CPU this is the rule: a
packed batch of different lengths leaves the :term:`fast path`. Before this page, read
:ref:`packed-sequence` and :ref:`last-valid-step`. After it, you know when you need to pack, and how
to save the work on padding without it.

**You will see**

* how many operations a padded and a packed call take
* recorded times of both, for three kinds of data: all of them about a CPU
* that one direction gives the same results without packing
* batches of like length, which leave little to skip
"""

# sphinx_gallery_tags = ["variable length", "speed"]

import torch
from torch import nn
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils.data import DataLoader

from lstm_guide import (
    final_state,
    length_mask,
    masked_loss,
    pack,
    plotting,
    records,
    sequences,
    take_last,
)

torch.manual_seed(0)
N, L, H_in, H = 4, 20, 3, 5  # sequences, longest, features in, features out
lengths = torch.tensor([20, 4, 9, 7])

# %%
# Less work, in many more pieces
# ------------------------------
# The packed call reads half as many steps. But torch hands a padded float32 batch to oneDNN, a
# library that runs a whole layer in one operation. A packed batch of different lengths goes through
# a loop of small operations instead, several for each step. Each of them costs time before it
# computes anything. If all lengths are equal, torch notices and takes the fast path again. (Where
# your torch has no oneDNN, both calls loop.)


class Operations(TorchDispatchMode):
    """Count the operations that run while the mode is on."""

    def __init__(self):
        super().__init__()
        self.names = []

    def __torch_dispatch__(self, operation, types, args=(), kwargs=None):
        self.names.append(operation.name())
        return operation(*args, **(kwargs or {}))


lstm = nn.LSTM(input_size=H_in, hidden_size=H, batch_first=True)
x = torch.randn(N, L, H_in)  # (N, L, H_in)
packed = pack(lstm, x, lengths)
equal = pack(lstm, x, [L] * N)
inputs = {"padded": x, "packed": packed, "packed, equal lengths": equal}
counts = {}
with torch.no_grad():
    for name, batch in inputs.items():
        with Operations() as operations:
            lstm(batch)
        counts[name] = len(operations.names)
        print(f"{name}: {counts[name]} operations")
print(f"the padded call reads {N * L} steps, the packed one {len(packed.data)}")
assert len(packed.data) == lengths.sum() == N * L // 2
if torch.backends.mkldnn.is_available():  # oneDNN; not every build of torch has it
    assert counts["packed"] > 5 * L > counts["packed, equal lengths"]
    assert counts["packed"] > 5 * L > counts["padded"]

# %%
# .. _packing-record:
#
# What it costs, as recorded
# --------------------------
# Times are not measured while this page is built: they come from a record, with its machine and
# date. 1.0 is the time of padded batches in random order. Look at the bars "mixed, packed". Training
# takes several times as long where the lengths are alike, and longer than padded even where most of
# the batch is padding. In inference packing costs less, and next to nothing where one sequence in
# ten is long. A GPU has other libraries and gives other numbers.

record = records.read("packing")
setting = record["setting"]
print(f"{record['date']}, torch {record['versions']['torch']}, {record['machine']}")
print(f"{setting['sequences']} sequences in batches of {setting['N']}")
for data, modes in record["ratios"].items():
    for mode, ways in modes.items():
        print(f"{data}; {mode}: packed {ways['mixed, packed']:.1f} times padded")

training = {data: modes["training"] for data, modes in record["ratios"].items()}
packed_times = [ways["mixed, packed"] for ways in training.values()]
assert packed_times == sorted(packed_times, reverse=True)  # more padding, lower price
assert packed_times[0] > 3
assert packed_times[-1] > 1.2
assert list(record["ratios"].values())[-1]["inference"]["mixed, packed"] < 1.3
for modes in record["ratios"].values():
    assert modes["inference"]["mixed, packed"] < modes["training"]["mixed, packed"]
plotting.bars(
    training,
    xlabel="time of an epoch, mixed padded batches = 1",
    title="Packing makes training slower on this CPU,\nbatches of like lengths faster",
)

# %%
# One direction needs no packing
# ------------------------------
# Padding on the right cannot reach the valid steps of the forward direction (:ref:`padding`). So
# pad, run, and then take the last valid step, or mask. The results are those of the packed call,
# and so are the gradients. Two directions need packing, and so does a state that is carried on:
# ``h_n`` and ``c_n`` of a padded call have read the padding.

padded_output, _ = lstm(x)  # (N, L, H)
_, (h_n, _) = lstm(packed)  # (1, N, H)
last = take_last(lstm, padded_output, lengths)  # (N, H)
torch.testing.assert_close(last, final_state(lstm, h_n), atol=1e-6, rtol=0)
weights = list(lstm.parameters())
from_padded = torch.autograd.grad(last.square().sum(), weights)
from_packed = torch.autograd.grad(final_state(lstm, h_n).square().sum(), weights)
torch.testing.assert_close(from_padded, from_packed, atol=1e-5, rtol=1e-4)

both = nn.LSTM(input_size=H_in, hidden_size=H, batch_first=True, bidirectional=True)
padded_output, _ = both(x)  # (N, L, 2 * H)
_, (h_n, _) = both(pack(both, x, lengths))  # (2, N, H)
error = (take_last(both, padded_output, lengths) - final_state(both, h_n)).abs().max()
print(f"two directions without packing: off by {error:.4f}")
assert error > 0.01

# %%
# .. _packing-like-lengths:
#
# Batches of like length have little padding
# ------------------------------------------
# The other way to save work is to put sequences of like length into one batch: then there is little
# padding to skip. :func:`lstm_guide.sequences.length_buckets` makes such batches, and a DataLoader
# takes them as ``batch_sampler``. The block counts the padding of 128 sequences both ways. In the
# record, padded batches of like length are the fastest way for every kind of data.

all_lengths = torch.randint(1, 101, (128,))
mixed = [group.tolist() for group in torch.randperm(128).split(16)]
alike = sequences.length_buckets(all_lengths, size=16)


def padding_share(batches):
    """The part of the padded batches that is padding."""
    padded = sum(len(group) * all_lengths[group].max().item() for group in batches)
    return 1 - all_lengths.sum().item() / padded


print(f"mixed batches: {padding_share(mixed):.0%} padding")
print(f"like lengths:  {padding_share(alike):.0%} padding")
assert padding_share(mixed) > 0.3
assert padding_share(alike) < 0.1
for modes in record["ratios"].values():
    for ways in modes.values():
        assert min(ways, key=ways.get) == "like lengths, padded"

# %%
# Sorting takes away some of the randomness of your batches. With a generator, equal lengths are
# shuffled and so is the order of the batches. Call it again for each epoch: a list passed as
# ``batch_sampler`` stays the same. Every sequence still comes once in each epoch. A batch of long
# sequences now holds many more valid steps than one of short ones: divide its loss by them.

data = [torch.randn(length, H_in) for length in all_lengths.tolist()]
generator = torch.Generator().manual_seed(0)
for epoch in range(2):
    batches = sequences.length_buckets(all_lengths, size=16, generator=generator)
    loader = DataLoader(data, batch_sampler=batches, collate_fn=list)
    steps = 0
    for group in loader:
        own = torch.tensor([len(sequence) for sequence in group])  # (16,)
        padded = nn.utils.rnn.pad_sequence(group, batch_first=True)  # (16, L, H_in)
        output, _ = lstm(padded)  # (16, L, H)
        mask = length_mask(own, L=padded.size(1))  # (16, L)
        losses = output.square().mean(dim=-1)  # (16, L)
        loss = masked_loss(losses, mask, dim=1, divide_by="steps")  # ()
        steps += mask.sum().item()
        assert loss.isfinite()
    longest = [all_lengths[group].max().item() for group in batches]
    print(f"epoch {epoch}: the longest of each batch {longest}, {steps} valid steps")
    assert steps == all_lengths.sum()
    assert longest != sorted(longest)

# %%
# Summary
# -------
# * Packing is for right results, not for speed: on a CPU a packed batch leaves the fast path.
# * In one direction, pad and take the last valid step, or mask. In two, pack.
# * Batches of like length save most of the padding. The ratios are of one CPU: measure on yours.
#
# Common mistakes
# ---------------
# * "I pack to be faster." On a CPU it is slower (:ref:`packing-record`, :ref:`claim-packing-fast`);
#   what packing is for: :ref:`padding`.
# * "I sort the whole data set once and never shuffle." Then every epoch sees short sequences first.
#   Shuffle the batches (:ref:`packing-like-lengths`).
# * "I pad everything to one maximal length." Pad each batch to its own (:ref:`collate-batches`).
#
# Check yourself
# --------------
# Your tagger reads a sentence in both directions and needs an output for every word. Packed or padded?
#
# .. dropdown:: Answer
#
#    Packed: in a padded call the reverse half of every short sentence has read the padding first. In
#    batches of equal lengths the packed call takes the fast path by itself.
#
# Next
# ----
# Go on with :ref:`section-training`, or try :ref:`section-exercises`: a checker says what is wrong.
