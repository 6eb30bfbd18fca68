r"""
.. _solution-three-shapes:

Solution: three shapes from five sizes
======================================

This page answers :ref:`exercise-three-shapes`. Batch and time come first in ``output``, layer and
batch in the states, and all end with H. The width of the input shows nowhere.

**You will see**

* the answer, and the checker that passes it
* the three shapes from a call with random input and states
"""

# sphinx_gallery_tags = ["solution", "shapes"]

import torch
from torch import nn

from lstm_guide import call_shapes, check, plotting

torch.manual_seed(0)
K, N, L, H_in, H = 2, 16, 25, 1024, 128  # layers, batch, time, features in, features out

# %%
# The answer
# ----------
# ``output`` is the top layer at every step, so it has no axis for the layers. The states are every
# layer after the last step, so they have no axis for the time.


def answer(K, N, L, H_in, H):
    return (N, L, H), (K, N, H), (K, N, H)


verdict = check("three-shapes", answer)
assert verdict.ok

# %%
# A call with these sizes
# -----------------------
# The initial states have the same shapes as the final ones. A call returns what the function
# predicts.

lstm = nn.LSTM(input_size=H_in, hidden_size=H, num_layers=K, batch_first=True)
x = torch.randn(N, L, H_in)  # (N, L, H_in)
h_0, c_0 = torch.randn(K, N, H), torch.randn(K, N, H)  # (K, N, H), (K, N, H)
output, (h_n, c_n) = lstm(x, (h_0, c_0))  # (N, L, H), (K, N, H), (K, N, H)
print(f"{tuple(output.shape) = }")
print(f"{tuple(h_n.shape) = }")
print(f"{tuple(c_n.shape) = }")
assert (output.shape, h_n.shape, c_n.shape) == answer(K, N, L, H_in, H)
assert output.shape == (16, 25, 128)
assert h_n.shape == c_n.shape == (2, 16, 128)
plotting.call(
    lstm, x, (h_0, c_0), title="output has no axis for the layers, the states none for time"
)

# %%
# Without running anything
# ------------------------
# :func:`lstm_guide.call_shapes` computes the shapes of any call from the module and the shape of
# its input.

shapes = call_shapes(lstm, (N, L, H_in))
print(f"{shapes.output.sizes = }")
print(f"{shapes.h_n.sizes = }")
print(f"{shapes.c_n.sizes = }")
assert (shapes.output.sizes, shapes.h_n.sizes, shapes.c_n.sizes) == answer(K, N, L, H_in, H)

# %%
# Summary
# -------
# * ``output`` is (N, L, H) with ``batch_first=True``: every step, top layer only.
# * ``h_n`` and ``c_n`` are (K, N, H) in both layouts: last step only, every layer.
# * H_in shows in the input and in the weights, not in what comes out.
#
# Next
# ----
# Back to :ref:`exercise-three-shapes`, or on to :ref:`exercise-truncated-bptt`.
