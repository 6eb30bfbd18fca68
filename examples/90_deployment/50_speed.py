r"""
.. _speed-on-a-cpu:

What makes an LSTM slow on a CPU?
=================================

Your :class:`torch.nn.LSTM` is slow, and you read that ``batch_first``, a smaller dtype, packing or a
loop over :class:`torch.nn.LSTMCell` would help. On a CPU some of these make it several times slower.
After this page you know which ways to call leave the fast path, by how much, and how to measure it on
your own machine.

**You will see**

* which calls run as a few operations, and which as hundreds
* recorded times of eight ways to call, in inference and in training
* the command that measures them anew
* what these numbers cannot tell you about a GPU
"""

# sphinx_gallery_tags = ["deployment", "speed"]

import textwrap

import torch
from torch import nn
from torch.utils._python_dispatch import TorchDispatchMode

from lstm_guide import pack, plotting, records

torch.manual_seed(0)
N, L, H_in, H = 4, 20, 3, 8  # batch, time, features in, features out: all different
x = torch.randn(L, N, H_in)  # (L, N, H_in)
lstm = nn.LSTM(input_size=H_in, hidden_size=H)

# %%
# The fast path
# -------------
# On a CPU torch hands a float32 call to oneDNN: a library that runs one layer in one direction as
# one operation; a few others prepare it. Other calls run a loop of small operations, several for
# each step. Each of them costs time before it computes anything. So count: the number of operations
# shows which path a call takes.


class Operations(TorchDispatchMode):
    """Name the operations that run while the mode is on."""

    def __init__(self):
        super().__init__()
        self.names = []

    def __torch_dispatch__(self, operation, types, args=(), kwargs=None):
        self.names.append(operation.name())
        return operation(*args, **(kwargs or {}))


def count(call):
    """Run a call; return the number of its operations."""
    with torch.no_grad(), Operations() as operations:
        call()
    return len(operations.names)


def step_by_step(lstm):
    """One call for each step."""
    state = None
    for x_t in x.split(1):
        _, state = lstm(x_t, state)


def cell_loop(cell):
    """One call of a cell for each step."""
    state = None
    for x_t in x.unbind(0):
        state = cell(x_t, state)


double = nn.LSTM(input_size=H_in, hidden_size=H, dtype=torch.float64)
half = nn.LSTM(input_size=H_in, hidden_size=H, dtype=torch.bfloat16)
first = nn.LSTM(input_size=H_in, hidden_size=H, batch_first=True)
cell = nn.LSTMCell(input_size=H_in, hidden_size=H)
packed = pack(lstm, x, [20, 4, 9, 7])
counts = {
    "one call": count(lambda: lstm(x)),
    "batch first": count(lambda: first(x.transpose(0, 1))),
    "bfloat16": count(lambda: half(x.bfloat16())),
    "packed": count(lambda: lstm(packed)),
    "float64": count(lambda: double(x.double())),
    "LSTMCell": count(lambda: cell_loop(cell)),
    "step by step": count(lambda: step_by_step(lstm)),
}
for way, number in counts.items():
    print(f"{way:<13}{number} operations")
slow = ("packed", "float64", "LSTMCell", "step by step")
assert all(counts[way] > 2 * L for way in slow)
if torch.backends.mkldnn.is_available():  # oneDNN; not every build of torch has it
    assert counts["one call"] < 2 * L
    assert counts["batch first"] < 2 * L
    assert counts["step by step"] < counts["LSTMCell"]

# %%
# .. _speed-on-a-cpu-record:
#
# What it costs, as recorded
# --------------------------
# Times are not measured while this page is built: they come from a record, with its machine and date.
# All are multiples of one plain float32 call, in the same mode and at the same size: 1.0 is equally
# fast, 4.0 takes four times as long. The command ``nox -s bench -- record`` measures them anew on
# your machine, and ``nox -s bench`` fails where a ratio has moved by more than a factor of two.

record = records.read("speed")
print(f"{record['date']}, torch {record['versions']['torch']}, {record['machine']}")
for size, sizes in record["setting"].items():
    print(f"{size}: {sizes}")
    for mode, ways in record["ratios"][size].items():
        listed = ", ".join(f"{way} {ways[way]:.1f}" for way in ways)
        print(textwrap.fill(f"  {mode}: {listed}", width=80, subsequent_indent="    "))

small, middle, large = record["ratios"].values()
plotting.bars(
    {way: {mode: middle[mode][way] for mode in middle} for way in middle["inference"]},
    xlabel="time of a call, one plain float32 call = 1",
    title="At a middle size, only bfloat16\nis clearly faster than a plain call",
)

# %%
# One step at a time
# ------------------
# A call for each step stays on the fast path, and prepares a whole layer for a single step. So it
# has fewer operations than the cell, and takes longer: at the small size more than ten times as
# long as one call. The more each step has to compute, the less this matters. If you have the whole
# sequence, make one call. If the steps arrive one by one, use the cell (:ref:`unrolling`).

for size, modes in record["ratios"].items():
    for mode, ways in modes.items():
        by_step, by_cell = ways["step by step"], ways["LSTMCell"]
        print(f"{size}, {mode}: step by step {by_step:.1f}, cell {by_cell:.1f}")
        assert by_step > by_cell > 0.8
        assert ways["packed"] >= 1
for mode in ("inference", "training"):
    times = [size[mode]["step by step"] for size in (small, middle, large)]
    assert 10 < times[0] > times[1] > times[2]
    assert times[:2] == [max(size[mode].values()) for size in (small, middle)]

# %%
# ``batch_first`` is no question of speed
# ---------------------------------------
# It changes how the axes are read. In the record it costs next to nothing. Choose the layout that
# fits your data (:ref:`layouts`).

for size in ("middle", "large"):
    for ways in record["ratios"][size].values():
        assert 0.7 < ways["batch first"] < 1.4

# %%
# A smaller dtype helps where the CPU knows it
# --------------------------------------------
# bfloat16 stays on the fast path. On the machine of the record, which has instructions for it, it
# is faster than float32 at the middle and at the large size; at the small one it gains nothing. It
# keeps three digits at most. float64 leaves the fast path. Use it for checks, not for training.

exact, _ = double(x.double())  # (L, N, H)
half.load_state_dict(double.state_dict())
rounded, _ = half(x.bfloat16())  # (L, N, H)
error = (rounded.double() - exact).abs().max().item()
print(f"error of bfloat16 above 0.0001: {error > 1e-4}")
assert 1e-4 < error < 0.05
assert max(ways["bfloat16"] for sizes in (middle, large) for ways in sizes.values()) < 0.8
assert min(ways["bfloat16"] for ways in small.values()) > 0.9
for modes in record["ratios"].values():
    assert min(ways["float64"] for ways in modes.values()) > 1.5

# %%
# Packing and projection leave the fast path
# ------------------------------------------
# Both run as a loop. Packing also skips work, in the record a quarter of the steps; a projection
# makes h half as wide. At the middle size both are slower all the same; at the large size, where
# each small operation has much to compute, the loop costs less. Pack for right results
# (:ref:`price-of-packing`), and project for fewer weights (:ref:`projection`), not for speed.

for mode in ("inference", "training"):
    for way in ("packed", "proj_size"):
        assert middle[mode][way] > 1.5
        assert large[mode][way] < middle[mode][way]

# %%
# What a GPU can show, and this page cannot
# -----------------------------------------
# Every number here is about a CPU with one thread: the guide was built without a GPU. On a GPU
# torch calls cuDNN, which has fast paths of its own. The only source here is the documentation of
# :class:`torch.nn.LSTM`: it names a persistent algorithm for float16 input that is not packed, on
# some GPUs. Nothing of it was run. Measure on your own device, after a few calls to warm up.
#
# Summary
# -------
# * One call over the whole sequence is the fast way on a CPU, in float32, or in bfloat16 where the
#   CPU knows it.
# * float64, ``proj_size`` and packing leave the fast path. ``batch_first`` and bfloat16 do not.
# * One step at a time is slow: at the small and the middle size, the slowest of all. A cell is
#   faster.
# * These are ratios of one machine. Measure on yours.
#
# Common mistakes
# ---------------
# * "I pack to be faster." In the record it never was: :ref:`price-of-packing`.
# * "I loop over the steps, as in the equations." See :ref:`speed-on-a-cpu-record`.
# * "I call ``torch.compile`` on the LSTM." It does nothing, without a message:
#   :ref:`what-works-with-what`.
#
# Check yourself
# --------------
# Your service answers one user at a time, one step per request. Would a batch of requests help?
#
# .. dropdown:: Answer
#
#    Yes: much of the cost of a call is the same for one row and for a few. Collect the steps that
#    arrive within a few milliseconds and stack their states (:ref:`streaming`).
#
# Next
# ----
# This is the last page of the section. Go on with :ref:`section-exercises`.
