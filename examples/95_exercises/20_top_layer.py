r"""
.. _exercise-top-layer:

Exercise: the final state of the top layer
==========================================

You stack three layers, and want one vector for each sequence: the hidden state of the top layer
after the last step. Where is it?

**You will do**

* take the final :term:`hidden state` of the top :term:`layer`, for any number of layers
* see what the checker says to somebody who takes the wrong row
"""

# sphinx_gallery_tags = ["exercise", "states"]

import torch
from torch import nn

from lstm_guide import check

torch.manual_seed(0)
K, N, L, H_in, H = 3, 7, 9, 5, 2  # layers, batch, time, features in, features out

lstm = nn.LSTM(input_size=H_in, hidden_size=H, num_layers=K, batch_first=True)
x = torch.randn(N, L, H_in)  # (N, L, H_in)
output, (h_n, c_n) = lstm(x)  # (N, L, H), (K, N, H), (K, N, H)
print(f"{tuple(output.shape) = }")
print(f"{tuple(h_n.shape) = }")
print(f"{tuple(c_n.shape) = }")

# %%
# Your answer
# -----------
# The function gets a layer and its input. It calls the layer and returns a tensor of shape (N, H).
# The checker draws stacks of two to four layers, with one direction and ``batch_first=True``.
# Replace ``return None``.


def answer(lstm, x):
    return None


verdict = check("top-layer", answer)

# %%
# A wrong answer
# --------------
# ``h_n[0]`` has the right shape, (N, H). No message of torch tells you that it is the wrong tensor.


def wrong(lstm, x):
    _, (h_n, _) = lstm(x)  # (K, N, H)
    return h_n[0]  # (N, H)


verdict = check("top-layer", wrong)
assert not verdict.ok
assert "the bottom layer" in verdict.message

# %%
# Another wrong answer
# --------------------
# ``[:, -1]`` is right for ``output`` of this layer. The axes of ``h_n`` have another order.


def wrong_axis(lstm, x):
    _, (h_n, _) = lstm(x)  # (K, N, H)
    return h_n[:, -1]  # (K, H)


verdict = check("top-layer", wrong_axis)
assert not verdict.ok
assert "the last sequence of the batch" in verdict.message

# %%
# Hints
# -----
# .. dropdown:: Hint 1
#
#    The first axis of ``h_n`` counts the layers, from the bottom to the top.
#
# .. dropdown:: Hint 2
#
#    You do not need the number of layers: count from the end, with a negative index.
#
# Pages that explain it
# ---------------------
# * :ref:`stacked-layers`
# * :ref:`axes-and-outputs`
#
# Solution
# --------
# :ref:`solution-top-layer`
