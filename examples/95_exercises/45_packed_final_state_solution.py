r"""
.. _solution-packed-final-state:

Solution: the final state of sequences of different length
==========================================================

This page answers :ref:`exercise-packed-final-state`. You pack the batch, and join the last two rows
of ``h_n``.

**You will see**

* the answer, and the checker that passes it
* the same numbers from each sequence alone
* how far the padded call is off
"""

# sphinx_gallery_tags = ["solution", "variable length"]

import torch
from torch import nn
from torch.nn.utils.rnn import pack_padded_sequence

from lstm_guide import check, final_state, pack, plotting

torch.manual_seed(0)
K, N, L, H_in, H = 2, 3, 7, 4, 5  # layers, batch, longest, features in, features out
lengths = torch.tensor([2, 4, 7])  # (N,)

# %%
# The answer
# ----------
# Packing tells the layer where each sequence ends. Both directions then start and end inside the
# sequence. With ``enforce_sorted=False`` torch sorts the batch and puts the rows of ``h_n`` back.


def answer(lstm, x, lengths):
    packed = pack_padded_sequence(x, lengths, batch_first=True, enforce_sorted=False)
    _, (h_n, _) = lstm(packed)  # (2 * K, N, H)
    return torch.cat([h_n[-2], h_n[-1]], dim=-1)  # (N, 2 * H)


verdict = check("packed-final-state", answer)
assert verdict.ok

# %%
# With the helpers
# ----------------
# :func:`lstm_guide.pack` checks the lengths first, and :func:`lstm_guide.final_state` reads layers
# and directions from the module.


def with_helpers(lstm, x, lengths):
    _, (h_n, _) = lstm(pack(lstm, x, lengths))  # (2 * K, N, H)
    return final_state(lstm, h_n)  # (N, 2 * H)


verdict = check("packed-final-state", with_helpers)
assert verdict.ok

# %%
# Each sequence alone
# -------------------
# Without padding there is nothing to get wrong: each sequence by itself gives the same numbers as
# the packed batch. The padded call agrees for the longest sequence only: the lines below
# say how far the rows of the others are off.

lstm = nn.LSTM(input_size=H_in, hidden_size=H, num_layers=K, batch_first=True, bidirectional=True)
x = torch.randn(N, L, H_in)  # (N, L, H_in)
x[torch.arange(L) >= lengths[:, None]] = 0.0  # padding
found = answer(lstm, x, lengths)  # (N, 2 * H)
_, (padded_h, _) = lstm(x)  # (2 * K, N, H)
off = (final_state(lstm, padded_h) - found).abs().detach()  # (N, 2 * H)
for n, length in enumerate(lengths):
    _, (own_h, _) = lstm(x[n : n + 1, :length])  # (2 * K, 1, H)
    torch.testing.assert_close(found[n : n + 1], final_state(lstm, own_h), atol=1e-6, rtol=0)
    print(f"{length} steps: off by up to {off[n].max():.4f}")
assert (off[:-1].amax(dim=1) > 0.01).all()
assert off[-1].max() < 1e-6
ax = plotting.cells(
    off.where(off > 1e-6, 0.0),
    rows="batch",
    columns="feature",
    colour_by=(off.amax(dim=1, keepdim=True) > 1e-6).expand_as(off).long(),
    title="Without packing, only the longest sequence is right:\nthe orange rows are off",
)
ax.set_yticks(range(N), lengths.tolist())
ax.set(xlabel=f"feature (2 * H={off.size(1)})", ylabel="steps of sequence")

# %%
# Summary
# -------
# * After a packed call, ``h_n`` is the state at each sequence's own end, in both directions.
# * ``enforce_sorted=False`` takes the lengths in any order and gives the rows back in that order.
# * Without packing, every sequence but the longest is wrong, and no message says so.
#
# Next
# ----
# Back to :ref:`exercise-packed-final-state`, or on to :ref:`exercise-tagger-loss`.
