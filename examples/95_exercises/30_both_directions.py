r"""
.. _exercise-both-directions:

Exercise: the final state of both directions
============================================

Your layer reads each sequence in two directions. You want one vector for each sequence, made of the
final state of the forward direction and the final state of the reverse direction.

**You will do**

* join the final states of both :term:`directions <direction>` of the top layer, forward first
* see what the checker says about the last step of ``output``
"""

# sphinx_gallery_tags = ["exercise", "states"]

import torch
from torch import nn

from lstm_guide import check

torch.manual_seed(0)
N, L, H_in, H = 7, 9, 5, 3  # batch, time, features in, features out

lstm = nn.LSTM(input_size=H_in, hidden_size=H, batch_first=True, bidirectional=True)
x = torch.randn(N, L, H_in)  # (N, L, H_in)
output, (h_n, c_n) = lstm(x)  # (N, L, 2 * H), (2, N, H), (2, N, H)
print(f"{tuple(output.shape) = }")
print(f"{tuple(h_n.shape) = }")
print(f"{tuple(c_n.shape) = }")

# %%
# Your answer
# -----------
# The function gets a layer and its input. It calls the layer and returns a tensor of shape
# (N, 2 * H). The checker draws layers with ``bidirectional=True`` and ``batch_first=True``, and one
# to four of them in a stack. Replace ``return None``.


def answer(lstm, x):
    return None


verdict = check("both-directions", answer)

# %%
# A wrong answer
# --------------
# ``output[:, -1]`` has the right shape, and half of its numbers are right.


def wrong(lstm, x):
    output, _ = lstm(x)  # (N, L, 2 * H)
    return output[:, -1]  # (N, 2 * H)


verdict = check("both-directions", wrong)
assert not verdict.ok
assert "the reverse direction has read one step only" in verdict.message

# %%
# Another wrong answer
# --------------------
# ``view`` gives the right shape for one layer, and puts the numbers of different sequences in one
# row.


def wrong_view(lstm, x):
    _, (h_n, _) = lstm(x)  # (2 * K, N, H)
    return h_n.view(x.size(0), -1)  # (N, 2 * K * H)


verdict = check("both-directions", wrong_view)
assert not verdict.ok
assert "mixes sequences" in verdict.message

# %%
# Hints
# -----
# .. dropdown:: Hint 1
#
#    The two directions end at different steps, so no single step of ``output`` holds both ends. Use
#    ``h_n``: it holds the end of each direction.
#
# .. dropdown:: Hint 2
#
#    The rows of ``h_n`` go by layer, and within a layer by direction, forward first. The top layer
#    is the last two rows. :func:`torch.cat` joins tensors along an axis.
#
# Pages that explain it
# ---------------------
# * :ref:`two-directions`
# * :ref:`rows-of-h-n`
#
# Solution
# --------
# :ref:`solution-both-directions`
