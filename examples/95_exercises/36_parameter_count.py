r"""
.. _exercise-parameter-count:

Exercise: count the parameters
==============================

A paper says that its model has 1.2 million parameters, and gives the sizes. You want to know whether
your ``nn.LSTM`` is the same model, before you build it.

**You will do**

* count the parameters of a stack from four sizes: layers, :term:`directions <direction>` and widths
* see what the checker says to a formula that is often found, and to a single number
"""

# sphinx_gallery_tags = ["exercise", "weights"]

import torch
from torch import nn

from lstm_guide import check

torch.manual_seed(0)
K, D, H_in, H = 2, 1, 3, 5  # layers, directions, features in, features out

lstm = nn.LSTM(input_size=H_in, hidden_size=H, num_layers=K, bidirectional=D == 2)
for name, parameter in lstm.named_parameters():
    print(f"{name:<13}{tuple(parameter.shape)}")

# %%
# Your answer
# -----------
# The function gets K, D (1 or 2), H_in and H. It returns a whole number. All layers have their
# biases, and no projection. Replace ``return None``. The last line prints your answer for the sizes
# above.


def answer(K, D, H_in, H):
    return None


verdict = check("parameter-count", answer)
print(f"{answer(K, D, H_in, H) = }")

# %%
# A wrong answer
# --------------
# The formula of one layer, times the number of layers and directions. It is right for one layer, and
# for a stack that is as wide inside as its input.


def wrong(K, D, H_in, H):
    return K * D * 4 * H * (H_in + H + 2)


as_wide = nn.LSTM(input_size=H, hidden_size=H, num_layers=3)
assert wrong(3, 1, H, H) == sum(part.numel() for part in as_wide.parameters())
verdict = check("parameter-count", wrong)
assert not verdict.ok
assert "the output of the layer below" in verdict.message

# %%
# One number
# ----------
# The number for the sizes above is no answer for other sizes.


def number(K, D, H_in, H):
    return 440


assert number(K, D, H_in, H) == sum(part.numel() for part in lstm.parameters())
verdict = check("parameter-count", number)
assert not verdict.ok
assert "the same for all sizes" in verdict.message

# %%
# Hints
# -----
# .. dropdown:: Hint 1
#
#    One layer and direction has four parameters: a matrix for its input, a matrix for the old h, and
#    two biases. Each stacks four :term:`gates <gate>`, so each has 4 * H rows.
#
# .. dropdown:: Hint 2
#
#    The bottom layer reads H_in features. Each layer above reads the output of the layer below, with
#    all its directions side by side.
#
# Pages that explain it
# ---------------------
# * :ref:`weights-and-gates`
# * :ref:`stacked-layers`
# * :ref:`two-directions`
#
# Solution
# --------
# :ref:`solution-parameter-count`
