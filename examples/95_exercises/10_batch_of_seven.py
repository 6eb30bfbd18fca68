r"""
.. _exercise-batch-of-seven:

Exercise: the shapes for a batch of seven
=========================================

One sequence goes in, and you know the three shapes that come out. Now seven sequences go in
together. Which sizes change in ``output``, ``h_n`` and ``c_n``, and which stay?

**You will do**

* write the three shapes of a call for any :term:`batch` of N sequences of L steps
* let :func:`lstm_guide.check` try your function on random sizes
"""

# sphinx_gallery_tags = ["exercise", "shapes"]

import torch
from torch import nn

from lstm_guide import check

torch.manual_seed(0)
L, H_in, H = 9, 5, 2  # time, features in, features out

lstm = nn.LSTM(input_size=H_in, hidden_size=H, batch_first=True)
x = torch.randn(1, L, H_in)  # (1, L, H_in): a batch of one
output, (h_n, c_n) = lstm(x)  # (1, L, H), (1, 1, H), (1, 1, H)
print(f"{tuple(output.shape) = }")
print(f"{tuple(h_n.shape) = }")
print(f"{tuple(c_n.shape) = }")

# %%
# Your answer
# -----------
# The function gets a layer and two sizes. It returns three tuples of sizes: of ``output``, of
# ``h_n`` and of ``c_n``. The layer has one layer of weights, one direction and
# ``batch_first=True``. Its width is ``lstm.hidden_size``. Replace ``return None``.


def answer(lstm, N, L):
    return None


verdict = check("batch-of-seven", answer)

# %%
# A wrong answer
# --------------
# With a batch of one, ``h_n`` is (1, 1, 2), and you cannot tell which 1 is the batch. Somebody thinks
# that ``batch_first=True`` holds for all tensors of the call. The checker replies:


def wrong(lstm, N, L):
    return (N, L, lstm.hidden_size), (N, 1, lstm.hidden_size), (N, 1, lstm.hidden_size)


verdict = check("batch-of-seven", wrong)
assert not verdict.ok
assert "batch_first changes the input and the output only" in verdict.message

# %%
# The numbers for seven sequences
# -------------------------------
# An answer that holds only for seven sequences does not pass: the checker draws other sizes.


def numbers(lstm, N, L):
    return (7, 9, 2), (1, 7, 2), (1, 7, 2)


verdict = check("batch-of-seven", numbers)
assert not verdict.ok
assert "the same for all sizes" in verdict.message

# %%
# Hints
# -----
# .. dropdown:: Hint 1
#
#    ``output`` has an entry for every step of every sequence. ``h_n`` and ``c_n`` have an entry
#    for every sequence, after its last step only.
#
# .. dropdown:: Hint 2
#
#    Two axes of ``h_n`` are 1 above. The first counts layers and directions, and does not change.
#    The second counts sequences.
#
# Pages that explain it
# ---------------------
# * :ref:`one-call`
# * :ref:`layouts`
#
# Solution
# --------
# :ref:`solution-batch-of-seven`
