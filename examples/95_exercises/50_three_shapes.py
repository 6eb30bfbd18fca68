r"""
.. _exercise-three-shapes:

Exercise: three shapes from five sizes
======================================

Somebody gives you the sizes of a model: two layers, one direction, batch first, 16 sequences of 25
steps, 1024 features in, 128 out. Say the shapes of all that comes out, without running it.

**You will do**

* write the shapes of ``output``, ``h_n`` and ``c_n`` from five sizes
* print your answer for the sizes of this model
"""

# sphinx_gallery_tags = ["exercise", "shapes"]

import torch
from torch import nn

from lstm_guide import check

torch.manual_seed(0)
K, N, L, H_in, H = 2, 16, 25, 1024, 128  # layers, batch, time, features in, features out

lstm = nn.LSTM(input_size=H_in, hidden_size=H, num_layers=K, batch_first=True)
x = torch.randn(N, L, H_in)  # (N, L, H_in)
print(lstm)
print(f"{tuple(x.shape) = }")

# %%
# Your answer
# -----------
# The function gets five sizes. It returns three tuples of sizes: of ``output``, of ``h_n`` and of
# ``c_n``. One of the five sizes shows in none of them. Replace ``return None``. The last line
# prints your answer for the sizes above.


def answer(K, N, L, H_in, H):
    return None


verdict = check("three-shapes", answer)
print(f"{answer(K, N, L, H_in, H) = }")

# %%
# A wrong answer
# --------------
# Somebody puts the batch first in the states too, because of ``batch_first=True``. The checker
# replies:


def wrong(K, N, L, H_in, H):
    return (N, L, H), (N, K, H), (N, K, H)


verdict = check("three-shapes", wrong)
assert not verdict.ok
assert "the first axis is always the layer" in verdict.message

# %%
# Another wrong answer
# --------------------
# ``h_n`` has one row for one layer. For a stack this is not enough.


def wrong_rows(K, N, L, H_in, H):
    return (N, L, H), (1, N, H), (1, N, H)


verdict = check("three-shapes", wrong_rows)
assert not verdict.ok
assert "a row for each of the K layers" in verdict.message

# %%
# Hints
# -----
# .. dropdown:: Hint 1
#
#    ``output`` holds every step of the top :term:`layer`. ``h_n`` and ``c_n`` hold the last step of
#    every layer.
#
# .. dropdown:: Hint 2
#
#    ``batch_first`` changes the order of two axes in the input and in ``output``. It does nothing
#    to ``h_n`` and ``c_n``.
#
# Pages that explain it
# ---------------------
# * :ref:`axes-and-outputs`
# * :ref:`layouts`
# * :ref:`stacked-layers`
#
# Solution
# --------
# :ref:`solution-three-shapes`
