r"""
.. _solution-top-layer:

Solution: the final state of the top layer
==========================================

This page answers :ref:`exercise-top-layer`. The rows of ``h_n`` go from the bottom layer to the
top, so the top layer is the last row.

**You will see**

* two right answers, and the checker that passes both
* why they are the same numbers
"""

# sphinx_gallery_tags = ["solution", "states"]

import torch
from torch import nn

from lstm_guide import check, final_state, plotting

torch.manual_seed(0)
K, N, L, H_in, H = 3, 7, 9, 5, 2  # layers, batch, time, features in, features out

# %%
# The answer
# ----------
# ``h_n`` is (K, N, H). Index -1 takes the last layer, for any K.


def answer(lstm, x):
    _, (h_n, _) = lstm(x)  # (K, N, H)
    return h_n[-1]  # (N, H)


verdict = check("top-layer", answer)
assert verdict.ok

# %%
# Another right answer
# --------------------
# ``output`` is the top layer at every step. In one direction its last step is the same vector. The
# index depends on the layout: with ``batch_first=True`` the steps are axis 1.


def from_output(lstm, x):
    output, _ = lstm(x)  # (N, L, H)
    return output[:, -1]  # (N, H)


verdict = check("top-layer", from_output)
assert verdict.ok

# %%
# Three layers
# ------------
# The two answers agree. The bottom layer holds other numbers, in the same shape. The helper
# :func:`lstm_guide.final_state` reads layers and directions from the module.

lstm = nn.LSTM(input_size=H_in, hidden_size=H, num_layers=K, batch_first=True)
x = torch.randn(N, L, H_in)  # (N, L, H_in)
_, (h_n, _) = lstm(x)  # (K, N, H)
print(f"{tuple(h_n.shape) = }")
print(f"{tuple(answer(lstm, x).shape) = }")
torch.testing.assert_close(answer(lstm, x), from_output(lstm, x), atol=1e-6, rtol=0)
torch.testing.assert_close(answer(lstm, x), final_state(lstm, h_n), atol=1e-6, rtol=0)
gap = (h_n[0] - h_n[-1]).abs().max()
print(f"bottom and top layer differ by up to {gap:.4f}")
assert gap > 0.01
plotting.state_rows(lstm, title="The top layer is h_n[-1],\nand the last step of output")

# %%
# Summary
# -------
# * ``h_n[-1]`` is the top layer of a stack in one direction. ``h_n[0]`` is the bottom layer.
# * ``output[:, -1]`` is the same with ``batch_first=True``, one direction and no padding.
# * A wrong row has the right shape: only the numbers tell.
#
# Next
# ----
# Back to :ref:`exercise-top-layer`, or on to :ref:`exercise-both-directions`.
