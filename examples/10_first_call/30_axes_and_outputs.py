r"""
.. _axes-and-outputs:

Which output is which
=====================

:class:`torch.nn.LSTM` returns three tensors. The shapes fit, but do the meanings? And with two layers
in two directions, which of the four rows of ``h_n`` do you take? This page answers by experiment: it
searches ``output`` for every row of the state. What the axes mean is on the page before,
:ref:`three-axes`.

**You will see**

* where each row of ``h_n`` stands in ``output``, and which rows stand nowhere in it
* that nothing in ``output`` equals ``c_n``
* two ways to pick the wrong tensor without any message
"""

# sphinx_gallery_tags = ["shapes", "states", "bidirectional"]

import torch
from torch import nn
from torch.testing import assert_close

from lstm_guide import final_state, plotting, split_state

torch.manual_seed(0)
N, L, H_in, H = 6, 7, 3, 5  # batch, time, features in, features out
x = torch.randn(N, L, H_in)  # (N, L, H_in)

# %%
# One layer, one direction: ``h_n`` is in ``output``, ``c_n`` is not
# ------------------------------------------------------------------
# ``output`` is the :term:`hidden state` h at every :term:`step`. ``h_n`` is h after the last step, so
# here it says nothing new. ``c_n`` is the :term:`cell state` c after the last step, and no step
# of ``output`` shows it. The LSTM computes h from c: it squeezes c into the range from -1 to 1
# (tanh) and lets a part of it through (a :term:`gate`). So every entry of ``h_n`` is smaller in
# size than the same entry of ``c_n``.

lstm = nn.LSTM(input_size=H_in, hidden_size=H, batch_first=True)
output, (h_n, c_n) = lstm(x)  # (N, L, H), (1, N, H), (1, N, H)
assert_close(output[:, -1], h_n[0])
print("h_n[0, 0] =", h_n[0, 0].detach())
print("c_n[0, 0] =", c_n[0, 0].detach())
assert (h_n.abs() < c_n.abs()).all()
assert output.abs().max() < 1

# %%
# Two layers, two directions: four rows
# -------------------------------------
# A second :term:`layer` reads the output of the first, and a second :term:`direction` reads the
# :term:`sequence` from its end. Each layer in each direction keeps a state of its own, so ``h_n`` and
# ``c_n`` have four rows. ``output`` shows the top layer only: the forward half first, then the
# reverse half.

lstm = nn.LSTM(
    input_size=H_in,
    hidden_size=H,
    num_layers=2,
    bidirectional=True,
    batch_first=True,
)
output, (h_n, c_n) = lstm(x)  # (N, L, 2 * H), (4, N, H), (4, N, H)

print(f"{tuple(output.shape) = }")
print(f"{tuple(h_n.shape) = }")
print(f"{tuple(c_n.shape) = }")
assert output.shape == (N, L, 2 * H)
assert h_n.shape == c_n.shape == (4, N, H)

# %%
# The arrows in the boxes say in which direction each row runs. A forward row ends at the right,
# at the last step. A reverse row ends at the left, at step 0. The rows of ``h_n`` are layer 0
# forward, layer 0 reverse, layer 1 forward, layer 1 reverse.

plotting.call(lstm, x)

# %%
# Search ``output`` for every row of the state
# --------------------------------------------
# Compare each row of ``h_n`` and ``c_n`` with both halves of ``output`` at every step. Two rows are
# found: those of the top layer. Its forward row is in the last step. Its reverse row is in step 0,
# because that is where the reverse direction ends. Everything else is nowhere in ``output``.

halves = {"forward": output[..., :H], "reverse": output[..., H:]}  # (N, L, H) each
found = {}
for name, state in {"h_n": h_n, "c_n": c_n}.items():
    for row in range(4):
        places = [
            f"step {step}, {half} half"
            for half, values in halves.items()
            for step in range(L)
            if torch.allclose(values[:, step], state[row], atol=1e-6, rtol=0)
        ]
        found[f"{name}[{row}]"] = places
        print(f"{name}[{row}] in output: {' and '.join(places) or 'nowhere'}")

assert found.pop("h_n[2]") == [f"step {L - 1}, forward half"]
assert found.pop("h_n[3]") == ["step 0, reverse half"]
assert list(found.values()) == [[]] * 6

# %%
# The lower rows belong to the lower layer
# ----------------------------------------
# What are the two rows of ``h_n`` that ``output`` does not show? Build an LSTM that has the
# weights of layer 0 and nothing else. Its final states are these two rows; the block asserts it,
# and prints nothing.

layer_0 = nn.LSTM(input_size=H_in, hidden_size=H, bidirectional=True, batch_first=True)
weights = {key: value for key, value in lstm.state_dict().items() if "_l0" in key}
layer_0.load_state_dict(weights)
_, (h_l0, c_l0) = layer_0(x)  # (2, N, H) each
assert_close(h_l0, h_n[:2])
assert_close(c_l0, c_n[:2])

# %%
# Counting rows is where mistakes begin. :func:`lstm_guide.split_state` gives layers and
# directions an axis each: ``h[layer, direction]``.

h, c = split_state(lstm, (h_n, c_n))  # (2, 2, N, H) each
print(f"{tuple(h.shape) = }")
assert_close(h[1, 0], h_n[2])  # top layer, forward
assert_close(h[1, 1], h_n[3])  # top layer, reverse

# %%
# .. _axes-one-vector:
#
# One vector for the whole sequence
# ---------------------------------
# Join the two top rows of ``h_n``: each of them has read the whole sequence.
# :func:`lstm_guide.final_state` does so for every number of layers and directions. The usual
# mistake is ``output[:, -1]``. It has the right shape and raises nothing, but its reverse half
# has taken one step only: the reverse direction starts at the last step. To see it, take an LSTM
# with one layer and replace all steps but the last. The reverse half does not notice.

good = torch.cat([h_n[-2], h_n[-1]], dim=-1)  # (N, 2 * H)
assert_close(final_state(lstm, h_n), good)
assert_close(good[:, :H], output[:, -1, :H])
assert_close(good[:, H:], output[:, 0, H:])

both = nn.LSTM(input_size=H_in, hidden_size=H, bidirectional=True, batch_first=True)
other_x = torch.randn(N, L, H_in)
other_x[:, -1] = x[:, -1]  # only the last step is the same
output_1, (h_1, _) = both(x)
output_2, (h_2, _) = both(other_x)
wrong = (output_1 - output_2)[:, -1, H:].abs().max()
right = (h_1 - h_2)[-1].abs().max()
print(f"reverse half of output[:, -1] changes by {wrong:.2f}")
print(f"reverse row of h_n            changes by {right:.2f}")
assert wrong < 1e-6
assert right > 0.1

# %%
# ``hidden[-1]`` is ``c_n``
# -------------------------
# The second thing that the call returns is a pair. With a name such as ``hidden`` it looks like
# one tensor, and ``hidden[-1]`` looks like its last row. It is the second of the pair: ``c_n``,
# with all its rows. Take the pair apart in the call, and the mistake cannot happen.

_, hidden = lstm(x)
print(f"{len(hidden) = }  {tuple(hidden[-1].shape) = }")
assert_close(hidden[-1], c_n)  # not h_n[-1]

output, (h_n, c_n) = lstm(x)
print(f"{tuple(h_n[-1].shape) = }")
assert h_n[-1].shape == (N, H)

# %%
# Summary
# -------
# * ``output``: every step, top layer, both directions side by side. ``h_n`` and ``c_n``: the last
#   step, every layer, every direction, one row each.
# * In ``output`` you find the top rows of ``h_n``: forward in the last step, reverse in step 0.
#   The lower rows are nowhere else.
# * ``c_n`` is nowhere else either.
#
# Common mistakes
# ---------------
# * "I take ``output[:, -1]`` in two directions": its reverse half has taken one step. Take the last
#   two rows of ``h_n`` (:ref:`axes-one-vector`).
# * "I use ``h_n.view(N, -1)`` to join the rows": this mixes the sequences. See
#   :ref:`view-and-transpose`.
# * "``h_n[:, -1]`` is the last layer because of ``batch_first``": ``batch_first`` does not move the
#   states, so this is the last sequence. See :ref:`layouts`.
#
# Check yourself
# --------------
# An LSTM has three layers in one direction, and ``x`` holds six sequences of seven steps. Which
# entry of ``h_n`` equals ``output[:, -1]``, and how many rows of ``h_n`` are not in ``output``?
#
# .. dropdown:: Answer
#
#    ``h_n[2]``, which is ``h_n[-1]``: the top layer. The other two rows belong to the layers
#    below and are not in ``output``.
#
# :ref:`exercise-three-shapes` checks your own answer.
#
# Next
# ----
# Go on with :ref:`data-to-tensor`: how a data set gets these three axes.
