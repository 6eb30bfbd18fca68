r"""
.. _rows-of-h-n:

Which row of ``h_n`` is which
=============================

``h_n`` of a stack in two directions has four rows, or six. Which are forward, which are of the top
layer, and how do you reshape them without mixing the sequences? You need to know what stacked layers
(:ref:`stacked-layers`) and two directions (:ref:`two-directions`) are. After this page you can name
every row of ``h_n`` in every configuration, and take the rows you want in one line.

**You will see**

* the rows for one to three layers in one and two directions, in one picture and proved by experiment
* the one ``view`` that is right, and two ways of indexing that are wrong without any message
* :func:`lstm_guide.split_state` and :func:`lstm_guide.final_state`, which hold for every case
"""

# sphinx_gallery_tags = ["shapes", "states", "layers", "bidirectional"]

import matplotlib.pyplot as plt
import torch
from torch import nn
from torch.testing import assert_close

from lstm_guide import final_state, plotting, split_state

torch.set_grad_enabled(False)  # nothing is trained on this page
torch.manual_seed(0)
N, L, H_in, H = 8, 7, 9, 5  # batch, time, features in, features out of one direction
x = torch.randn(N, L, H_in)  # (N, L, H_in)

# %%
# The rows of every configuration
# -------------------------------
# With K layers and D directions ``h_n`` has K * D rows. They are counted layer by layer from the bottom,
# and inside a layer forward comes before reverse: layer k, direction d is row ``k * D + d``. In the
# picture layers go up, so row 0 is at the bottom. On the right of each row stands the place where
# ``output`` has the same numbers. Only the top layer has one.


def make(K, D):
    """Return an LSTM of K layers in D directions."""
    return nn.LSTM(
        input_size=H_in,
        hidden_size=H,
        num_layers=K,
        bidirectional=D == 2,
        batch_first=True,
    )


lstms = {(K, D): make(K, D) for K in (1, 2, 3) for D in (1, 2)}

with plotting.style():
    figure, grid = plt.subplots(3, 2, figsize=(7, 6.6), height_ratios=(2, 3.3, 4.6))
    sentence = "h_n has the rows of every layer and direction,\noutput those of the top layer"
    figure.suptitle(sentence)
for (K, D), lstm in lstms.items():
    title = f"num_layers={K}" + ", bidirectional" * (D == 2)
    plotting.state_rows(lstm, title=title, ax=grid[K - 1, D - 1])

# %%
# The proof: stop after layer k
# -----------------------------
# To see that row ``k * D + d`` belongs to layer k, build a shorter stack from the same weights that ends
# at layer k. There layer k is the top layer, so its final states stand in ``output``: forward at the
# last step, reverse at step 0. They equal the rows of the full stack. This runs for all
# configurations.

for (K, D), lstm in lstms.items():
    _, (h_n, _) = lstm(x)  # (K * D, N, H)
    for k in range(K):
        short = make(k + 1, D)
        weights = lstm.state_dict()
        short.load_state_dict({name: weights[name] for name in short.state_dict()})
        output, _ = short(x)  # (N, L, D * H)
        assert_close(h_n[k * D], output[:, -1, :H])
        if D == 2:
            assert_close(h_n[k * D + 1], output[:, 0, H:])
    print(f"{K} layer(s), {D} direction(s): {K * D} row(s), all as drawn")

# %%
# Layers and directions as axes
# -----------------------------
# You need not count rows. ``h_n.view(K, D, N, H)`` splits the first axis into layer and direction, in
# this order, because that is the order in which the rows lie. Then ``h[-1, 0]`` is the top layer,
# forward, and ``h[-1, 1]`` the top layer, reverse. :func:`lstm_guide.split_state` reads K and D from the
# module and does it for ``h_n`` and ``c_n``.

K, D = 2, 2
lstm = lstms[K, D]
output, (h_n, c_n) = lstm(x)  # (N, L, D * H), (K * D, N, H), (K * D, N, H)

h = h_n.view(K, D, N, H)
print(f"{tuple(h.shape) = }")
assert_close(h[-1, 0], output[:, -1, :H])
assert_close(h[-1, 1], output[:, 0, H:])

split_h, split_c = split_state(lstm, (h_n, c_n))  # (K, D, N, H) each
assert_close(split_h, h)
assert_close(split_c, c_n.view(K, D, N, H))

# %%
# .. _h-n-exchanged:
#
# Wrong: ``h_n.view(D, K, N, H)``
# -------------------------------
# With two layers in two directions the shape is the same, and no message can come. But now the first
# axis counts layers and you take it for directions. What you call "forward, top layer", ``[0, -1]``, is
# layer 0, reverse. The comparison with ``output`` catches it.

exchanged = h_n.view(D, K, N, H)
assert exchanged.shape == h.shape
forward_top = exchanged[0, -1]  # (N, H)
print(f"off by up to {(forward_top - output[:, -1, :H]).abs().max():.4f}")
assert_close(forward_top, h[0, 1])  # layer 0, reverse
try:
    assert_close(forward_top, output[:, -1, :H])
except AssertionError as error:
    print(f"caught: {str(error).splitlines()[0]}")
else:
    raise RuntimeError("the exchanged axes are not caught")

# %%
# .. _h-n-first-k:
#
# Wrong: ``h_n[:K]`` as the forward rows
# --------------------------------------
# The forward rows of all layers are not the first K rows. In two directions they are every second row,
# ``h_n[0::2]``, and the reverse rows are ``h_n[1::2]``. In the same way ``cat(h_n[0], h_n[1])`` is layer 0
# and not the final state, and ``cat(h_n[1], h_n[2])`` joins two layers.

assert_close(h_n[0::2], h[:, 0])  # (K, N, H): forward
assert_close(h_n[1::2], h[:, 1])  # (K, N, H): reverse
print(f"h_n[:K] is off by up to {(h_n[:K] - h[:, 0]).abs().max():.4f}")
assert_close(h_n[:K], h[0])  # (D, N, H): layer 0 in both directions

right = final_state(lstm, h_n)  # (N, D * H)
assert_close(right, torch.cat([output[:, -1, :H], output[:, 0, H:]], dim=-1))
for first, second in ((0, 1), (1, 2), (-2, -1)):
    gap = (torch.cat([h_n[first], h_n[second]], dim=-1) - right).abs().max()
    print(f"cat(h_n[{first}], h_n[{second}]) is off by up to {gap:.4f}")
    assert (gap < 1e-6) == ((first, second) == (-2, -1))

# %%
# One line for every configuration
# --------------------------------
# :func:`lstm_guide.final_state` is ``h[-1]`` with its directions joined: (N, D * H), for every K and D.
# Here it is compared with ``output`` in all six configurations: the forward half ends at the last step,
# the reverse half at step 0. The same loop looks for all other rows, and for ``c_n``, at every step of
# ``output``, and finds none.

for (K, D), lstm in lstms.items():
    output, (h_n, c_n) = lstm(x)  # (N, L, D * H), (K * D, N, H), (K * D, N, H)
    final = final_state(lstm, h_n)  # (N, D * H)
    ends = [output[:, -1, :H], output[:, 0, H:]][:D]
    assert_close(final, torch.cat(ends, dim=-1))
    print(f"{K} layer(s), {D} direction(s): final state {tuple(final.shape)}")
    assert final.shape == (N, D * H)
    halves = output.unflatten(-1, (D, H))  # (N, L, D, H)
    for row in [*h_n[:-D], *c_n]:  # (N, H) each
        distance = (halves - row[:, None, None]).abs().amax(dim=(0, 3))  # (L, D)
        assert (distance > 1e-3).all(), "this row is in output"

# %%
# Summary
# -------
# * Row ``k * D + d`` of ``h_n`` and of ``c_n`` is layer k, direction d.
# * ``output`` has the top layer's rows only: forward at the last step, reverse at step 0. The rows of
#   the layers below are nowhere else, and ``c_n`` is nowhere else at all.
# * ``h_n.view(K, D, N, H)`` is right. ``split_state`` writes it for you.
# * The final state of every configuration: ``final_state(lstm, h_n)``.
#
# Common mistakes
# ---------------
# * "I wrote ``view(D, K, N, H)``": layers and directions are exchanged (:ref:`h-n-exchanged`).
# * "I take ``h_n[:K]``": these are not the forward rows (:ref:`h-n-first-k`).
# * "My result for one sequence changes with its neighbours": look for a ``view`` on ``h_n``
#   (:ref:`join-rows`). :func:`~lstm_guide.probes.batch_leak` catches this in your own model:
#   :ref:`silent-axes`.
# * "``h_n[:, -1]``, because I use ``batch_first``": the states never are batch first
#   (:ref:`layouts`).
#
# Check yourself
# --------------
# An LSTM has three layers and two directions. Which row of ``h_n`` is layer 1, reverse? Which rows are in
# ``output``?
#
# .. dropdown:: Answer
#
#    Row 1 * 2 + 1 = 3. Rows 4 and 5 are in ``output``, as ``output[:, -1, :H]`` and
#    ``output[:, 0, H:]``. The picture above shows both.
#
# Next
# ----
# Go on with :ref:`join-rows`: all rows of a sequence in one vector.
