r"""
.. _silent-axes:

Swapped axes run without a word
===============================

Every tensor in this page has the right shape for the next line, and none holds the right numbers.
That is how axes go wrong with ``nn.LSTM``: it takes any order, and so do ``reshape``, ``view`` and
broadcasting. Before this page, read :ref:`probes-tour`. After it, you know nine ways to mix rows and
steps, the number that shows each, and the line that repairs it.

**You will see**

* who moves whom when ``batch_first`` is forgotten, and why a test of one pair may miss it
* rows that mix through ``reshape``, ``h_n.view``, softmax and broadcasting
* layers that have no memory, although they run
"""

# sphinx_gallery_tags = ["debugging", "probes", "shapes"]

import torch
from torch import nn

from lstm_guide import plotting, probes

torch.manual_seed(0)
N, L, H_in, H = 4, 7, 3, 5  # batch, time, features in, features out: all different
x = torch.randn(N, L, H_in)  # (N, L, H_in)
lstm = nn.LSTM(input_size=H_in, hidden_size=H, batch_first=True)
time_first = nn.LSTM(input_size=H_in, hidden_size=H)


def compare(wrong, right):
    """Print both findings, and require that the probe tells the models apart."""
    print(wrong, right, sep="\n\n")
    assert not wrong.ok
    assert right.ok


# %%
# ``batch_first`` forgotten
# -------------------------
# The layer takes the rows for steps. Row 0 then comes before row 1, and moves it. Nothing moves row 0:
# the leak runs from lower to higher rows. So a test that changes row 1 and looks at row 0 finds
# nothing. :func:`~lstm_guide.probes.batch_leak` tries all pairs.

wrong = probes.batch_leak(time_first, x)
compare(wrong, probes.batch_leak(lstm, x))
assert wrong.matrix.triu(1).max() > 0.01
assert wrong.matrix.tril(-1).max() == 0
plotting.influence(
    wrong.matrix,
    rows="batch",
    columns="batch",
    title="Without batch_first, a row moves\nonly itself and the rows after it",
)

# %%
# A row does not see its own past either. :func:`~lstm_guide.probes.memory` measures exactly zero. The
# same happens in the other direction: data with time first, given to a layer with
# ``batch_first=True``. There a loop with carried state also differs from one call.

compare(probes.memory(time_first, x, batch_axis=0), probes.memory(lstm, x, batch_axis=0))
series = torch.randn(L, 1, H_in)  # (L, N, H_in): one long sequence, not L short ones
wrong = probes.loop_equals_bulk(lstm, series, batch_axis=1)
compare(wrong, probes.loop_equals_bulk(time_first, series, batch_axis=1))
_, (h_n, _) = lstm(series)
print(f"{tuple(h_n.shape) = }, and N is 1")
assert h_n.shape == (1, L, H)

# %%
# The fourth positional argument
# ------------------------------
# ``nn.LSTM(3, 5, 1, True)`` sets ``bias``, not ``batch_first``. Keywords cannot be confused.

positional = nn.LSTM(H_in, H, 1, True)
print(f"{positional.bias = }, {positional.batch_first = }")
assert not positional.batch_first
assert not probes.batch_leak(positional, x).ok

# %%
# ``reshape`` or ``view`` where ``transpose`` is meant
# ----------------------------------------------------
# Both give (L, N, H_in). ``transpose`` swaps two axes; ``reshape`` keeps the order of the numbers in
# memory and cuts it anew, so a "row" is made of pieces of several. See :ref:`view-and-transpose`.


def reshaped(x):
    return time_first(x.reshape(L, N, H_in))[0].transpose(0, 1)  # (N, L, H)


def transposed(x):
    return time_first(x.transpose(0, 1))[0].transpose(0, 1)  # (N, L, H)


print(f"largest difference: {(reshaped(x) - transposed(x)).abs().max():.4f}")
compare(probes.batch_leak(reshaped, x), probes.batch_leak(transposed, x))

# %%
# ``h_n.view(N, -1)``
# -------------------
# ``h_n`` has its rows on axis 1. With one layer and one direction ``view`` is right by luck. With
# more, it gives row 0 the states of several rows. Bring N to the front first; for the top layer
# alone there is :func:`lstm_guide.final_state`.

deep = nn.LSTM(input_size=H_in, hidden_size=H, num_layers=2, bidirectional=True, batch_first=True)
wrong = probes.batch_leak(lambda x: deep(x)[1][0].view(N, -1), x)
right = probes.batch_leak(lambda x: deep(x)[1][0].transpose(0, 1).reshape(N, -1), x)
compare(wrong, right)
assert probes.batch_leak(lambda x: lstm(x)[1][0].view(N, -1), x).ok, "right by luck"

# %%
# A batch of single steps
# -----------------------
# A tensor with two axes is one :term:`unbatched <unbatched input>` sequence. N rows of one step are
# read as one row of N steps. :func:`~lstm_guide.probes.row_permutation` gives the rows in another
# order: a batch follows it, a sequence does not.

one_step = torch.randn(N, H_in)  # (N, H_in)
wrong = probes.row_permutation(lambda x: lstm(x)[0], one_step)
right = probes.row_permutation(lambda x: lstm(x[:, None])[0][:, 0], one_step)
compare(wrong, right)

# %%
# The window on the feature axis
# ------------------------------
# A window of L values can be one step of L features, or L steps of one feature. Only the second has a
# past.

window = torch.randn(N, L)
flat = nn.LSTM(input_size=L, hidden_size=H, batch_first=True)
deep_in_time = nn.LSTM(input_size=1, hidden_size=H, batch_first=True)
wrong = probes.memory(flat, window[:, None, :], batch_axis=0)  # (N, 1, L)
compare(wrong, probes.memory(deep_in_time, window[:, :, None], batch_axis=0))  # (N, L, 1)

# %%
# Softmax over the batch, and products of all pairs of rows
# ---------------------------------------------------------
# Attention weights have to add up to 1 over time. Over axis 0 they add up over the rows. And
# ``output @ h_n[0].T`` multiplies each step with the state of *every* row; the letters of ``einsum``
# say that n stays n.

score = nn.Linear(H, 1)


def attend(x, axis):
    output, _ = lstm(x)  # (N, L, H)
    weights = score(output).softmax(axis)  # (N, L, 1)
    return (weights * output).sum(1)  # (N, H)


compare(probes.batch_leak(lambda x: attend(x, 0), x), probes.batch_leak(lambda x: attend(x, 1), x))


def all_pairs(x):
    output, (h_n, _) = lstm(x)
    return (output @ h_n[0].T).mean(-1)  # (N, L), a mean over all rows


def own_pairs(x):
    output, (h_n, _) = lstm(x)
    return torch.einsum("nlh,nh->nl", output, h_n[0])  # (N, L)


compare(probes.batch_leak(all_pairs, x), probes.batch_leak(own_pairs, x))

# %%
# Summary
# -------
# * No row of a batch may move another: all pairs, since a leak may run one way.
# * A row has to see its own earlier steps.
# * ``transpose`` swaps axes; ``reshape`` and ``view`` never do.
# * Test with sizes that are all different.
#
# Common mistakes
# ---------------
# * "The shapes fit": in every mistake above they do. Which axis is which: :ref:`layouts`.
# * "``batch_first`` moves ``h_n`` too": it does not, see :ref:`rows-of-h-n`.
# * "N equals L in my test": then swapped axes cannot be told apart, see :ref:`axes-and-outputs`.
# * "BatchNorm1d takes (N, L, H)": it takes (N, H, L) and says nothing when L equals H; see
#   :ref:`the table of these mistakes <silent-mistakes>` and :ref:`view-and-transpose`.
#
# Check yourself
# --------------
# ``h_n.reshape(N, -1)`` passes ``batch_leak`` for your model. Is the line right?
#
# .. dropdown:: Answer
#
#    For one layer and one direction, yes: the leading axis has size 1. It breaks on the day that you
#    set ``num_layers=2``. Write ``h_n.transpose(0, 1).reshape(N, -1)``, which holds for all.
#
# Next
# ----
# The axes are right, and the model still answers differently from call to call: :ref:`silent-states`.
