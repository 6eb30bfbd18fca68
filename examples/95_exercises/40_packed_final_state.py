r"""
.. _exercise-packed-final-state:

Exercise: the final state of sequences of different length
==========================================================

A padded batch goes through a stack of layers in two directions. You want the final state of each
sequence, as if it had gone through alone. The padding must not show in it.

**You will do**

* join the final states of both :term:`directions <direction>`, each at the end of its own sequence
* keep the order of the batch: row n belongs to sequence n
* see what the checker says to somebody who does not pack
"""

# sphinx_gallery_tags = ["exercise", "variable length"]

import torch
from torch import nn

from lstm_guide import check

torch.manual_seed(0)
K, N, L, H_in, H = 2, 3, 7, 4, 5  # layers, batch, longest, features in, features out
lengths = torch.tensor([2, 4, 7])  # (N,)

lstm = nn.LSTM(input_size=H_in, hidden_size=H, num_layers=K, batch_first=True, bidirectional=True)
x = torch.randn(N, L, H_in)  # (N, L, H_in)
x[torch.arange(L) >= lengths[:, None]] = 0.0  # padding
output, (h_n, c_n) = lstm(x)  # (N, L, 2 * H), (2 * K, N, H), (2 * K, N, H)
print(f"{tuple(output.shape) = }")
print(f"{tuple(h_n.shape) = }")
print(f"{tuple(c_n.shape) = }")

# %%
# Your answer
# -----------
# The function gets a layer, its padded input and the length of each sequence. It calls the layer and
# returns a tensor of shape (N, 2 * H). The checker draws one to four layers with
# ``bidirectional=True`` and ``batch_first=True``. The lengths are in any order. Replace
# ``return None``.


def answer(lstm, x, lengths):
    return None


verdict = check("packed-final-state", answer)

# %%
# A wrong answer
# --------------
# The rows are the right ones, and the call is not: it goes on through the padding.


def wrong(lstm, x, lengths):
    _, (h_n, _) = lstm(x)  # (2 * K, N, H)
    return torch.cat([h_n[-2], h_n[-1]], dim=-1)  # (N, 2 * H)


verdict = check("packed-final-state", wrong)
assert not verdict.ok
assert "You did not pack" in verdict.message

# %%
# Another wrong answer
# --------------------
# Older code sorts the batch before it packs. Then it has to put the rows back, because the labels
# of the batch are in the original order. The code here does not.


def wrong_order(lstm, x, lengths):
    ordered, order = lengths.sort(descending=True)  # (N,), (N,)
    packed = nn.utils.rnn.pack_padded_sequence(x[order], ordered, batch_first=True)
    _, (h_n, _) = lstm(packed)  # (2 * K, N, H)
    return torch.cat([h_n[-2], h_n[-1]], dim=-1)  # (N, 2 * H)


verdict = check("packed-final-state", wrong_order)
assert not verdict.ok
assert "Put the rows back" in verdict.message

# %%
# Hints
# -----
# .. dropdown:: Hint 1
#
#    :func:`torch.nn.utils.rnn.pack_padded_sequence` tells the layer where each sequence ends. With
#    ``enforce_sorted=False`` the lengths may come in any order, and the states come back in the
#    order of the batch.
#
# .. dropdown:: Hint 2
#
#    After a packed call, ``h_n`` is the state after each sequence's own end. Which rows you join is
#    the same as in :ref:`exercise-both-directions`.
#
# Pages that explain it
# ---------------------
# * :ref:`padding`
# * :ref:`packed-sequence`
# * :ref:`last-valid-step`
#
# Solution
# --------
# :ref:`solution-packed-final-state`
