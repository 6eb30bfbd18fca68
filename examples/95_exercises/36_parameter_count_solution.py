r"""
.. _solution-parameter-count:

Solution: count the parameters
==============================

This page answers :ref:`exercise-parameter-count`. Each layer and direction has ``4 * H`` rows, and
a row has a weight for each feature it reads, a weight for each entry of h, and two biases.

**You will see**

* the answer, and the checker that passes it
* the parameters of a layer above the bottom, drawn
* large models, counted without building them
"""

# sphinx_gallery_tags = ["solution", "weights"]

import torch
from torch import nn

from lstm_guide import check, parameter_count, plotting
from lstm_guide.shapes import Config

torch.manual_seed(0)
K, D, H_in, H = 2, 2, 3, 5  # layers, directions, features in, features out

# %%
# The answer
# ----------
# Only the width of what a layer reads changes from layer to layer: H_in at the bottom, D * H above.


def answer(K, D, H_in, H):
    total = 0
    for k in range(K):
        width = H_in if k == 0 else D * H
        total += D * 4 * H * (width + H + 2)
    return total


verdict = check("parameter-count", answer)
assert verdict.ok

# %%
# The layer above the bottom
# --------------------------
# With two directions it reads 2 * H features, so ``weight_ih_l1`` is wider than ``weight_ih_l0``.

lstm = nn.LSTM(input_size=H_in, hidden_size=H, num_layers=K, bidirectional=D == 2)
print(f"{tuple(lstm.weight_ih_l0.shape) = }")
print(f"{tuple(lstm.weight_ih_l1.shape) = }")
assert lstm.weight_ih_l0.shape == (4 * H, H_in)
assert lstm.weight_ih_l1.shape == (4 * H, D * H)
plotting.parameter_blocks(
    lstm,
    layer=1,
    title="Layer 1 reads both directions of layer 0:\nten features, not five",
)

# %%
# Three counts
# ------------
# The module, the answer and :func:`lstm_guide.parameter_count` agree.

in_module = sum(parameter.numel() for parameter in lstm.parameters())
print(f"{in_module = }")
print(f"{answer(K, D, H_in, H) = }")
print(f"{parameter_count(lstm) = }")
assert in_module == answer(K, D, H_in, H) == parameter_count(lstm)

# %%
# Without building it
# -------------------
# The helper also takes a ``Config``, which holds the constructor's arguments, so a large model
# costs nothing. Half the hidden size leaves more than a quarter of the parameters, and less than a
# third.

large = Config(input_size=300, hidden_size=512, num_layers=2, bidirectional=True)
small = Config(input_size=300, hidden_size=256, num_layers=2, bidirectional=True)
print(f"{parameter_count(large) = :,}")
print(f"{parameter_count(small) = :,}")
assert parameter_count(large) == answer(2, 2, 300, 512)
assert 3 < parameter_count(large) / parameter_count(small) < 4

# %%
# Summary
# -------
# * One layer and direction has ``4 * H * (width + H + 2)`` parameters.
# * The width is ``H_in`` at the bottom and ``D * H`` above.
# * Torch has two biases for each row. Other libraries have one, and other counts.
#
# Next
# ----
# Back to :ref:`exercise-parameter-count`, or on to :ref:`exercise-forget-gate`.
