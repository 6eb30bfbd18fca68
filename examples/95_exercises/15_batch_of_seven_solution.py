r"""
.. _solution-batch-of-seven:

Solution: the shapes for a batch of seven
=========================================

This page answers :ref:`exercise-batch-of-seven`. The batch size shows in all three results, and
the number of steps in ``output`` only.

**You will see**

* the answer, and the checker that passes it
* the same shapes from a call with seven sequences
"""

# sphinx_gallery_tags = ["solution", "shapes"]

import torch
from torch import nn

from lstm_guide import check, plotting

torch.manual_seed(0)
N, L, H_in, H = 7, 9, 5, 2  # batch, time, features in, features out

# %%
# The answer
# ----------
# ``output`` holds the :term:`hidden state` of each step of each sequence. ``h_n`` and ``c_n`` hold
# the last step of each sequence. Their first axis counts layers and directions, here 1, and stays
# first with ``batch_first=True``.


def answer(lstm, N, L):
    output = (N, L, lstm.hidden_size)
    state = (1, N, lstm.hidden_size)
    return output, state, state


verdict = check("batch-of-seven", answer)
assert verdict.ok

# %%
# Seven sequences
# ---------------
# A real call returns the shapes that the function predicts. The figure gives H two names, H_out in
# ``output`` and ``h_n`` and H_cell in ``c_n``, and it writes K for layers and D for directions.

lstm = nn.LSTM(input_size=H_in, hidden_size=H, batch_first=True)
x = torch.randn(N, L, H_in)  # (N, L, H_in)
output, (h_n, c_n) = lstm(x)  # (N, L, H), (1, N, H), (1, N, H)
print(f"{tuple(output.shape) = }")
print(f"{tuple(h_n.shape) = }")
print(f"{tuple(c_n.shape) = }")
assert (output.shape, h_n.shape, c_n.shape) == answer(lstm, N, L)
plotting.call(lstm, x, title="N is an axis of all three results, L of output only")

# %%
# Each sequence by itself
# -----------------------
# A batch is a number of independent sequences. Sequence 3 alone gives the same numbers as in the
# batch of seven.

alone, (own_h, own_c) = lstm(x[3:4])  # (1, L, H), (1, 1, H), (1, 1, H)
torch.testing.assert_close(alone[0], output[3], atol=1e-6, rtol=0)
torch.testing.assert_close(own_h[:, 0], h_n[:, 3], atol=1e-6, rtol=0)
torch.testing.assert_close(own_c[:, 0], c_n[:, 3], atol=1e-6, rtol=0)
print(f"{(alone[0] - output[3]).abs().max().item() < 1e-6 = }")

# %%
# Summary
# -------
# * ``output`` is (N, L, H) with ``batch_first=True``: every step of every sequence.
# * ``h_n`` and ``c_n`` are (1, N, H): the last step of every sequence, layers first.
# * The sequences of a batch do not see each other.
#
# Next
# ----
# Back to :ref:`exercise-batch-of-seven`, or on to :ref:`exercise-wrong-axis`.
