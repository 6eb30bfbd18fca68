r"""
.. _axes-and-outputs:

Which axis is which, and which output is which
==============================================

Your tensor has three axes and the layer returns three tensors. The shapes fit, but do the meanings?
And with two layers in two directions, which of the four rows of ``h_n`` do you take? This page
answers both by experiment: change one number and watch what moves, then search ``output`` for every
row of the state.

**You will see**

* what makes an axis the batch, the time or the feature axis
* where each row of ``h_n`` stands in ``output``, and which rows stand nowhere in it
* that nothing in ``output`` equals ``c_n``
* two ways to pick the wrong tensor without any message
"""

# sphinx_gallery_tags = ["shapes", "states", "bidirectional"]

import torch
from torch import nn

from lstm_guide import final_state, plotting, split_state

torch.manual_seed(0)
N, L, H_in, H = 6, 7, 3, 5  # batch, time, features in, features out
x = torch.randn(N, L, H_in)  # (N, L, H_in)

# %%
# Three axes, three roles
# -----------------------
# With ``batch_first=True`` the axes of ``x`` are :term:`batch`, time, :term:`feature`. The batch axis
# says which sequence, the time axis says which step of it, and the feature axis holds the numbers of
# one step. Here is an experiment that shows the roles. One number changes: sequence 1, step 2,
# feature 0. Which outputs change?

lstm = nn.LSTM(input_size=H_in, hidden_size=H, batch_first=True)
output, (h_n, c_n) = lstm(x)  # (N, L, H), (1, N, H), (1, N, H)

changed_x = x.clone()
changed_x[1, 2, 0] += 1
change = (lstm(changed_x)[0] - output).abs()  # (N, L, H)

print("sequences that change:", change.amax(dim=(1, 2)).nonzero().flatten().tolist())
print("steps that change:    ", change.amax(dim=(0, 2)).nonzero().flatten().tolist())
print("features that change: ", change.amax(dim=(0, 1)).nonzero().flatten().tolist())
assert change[[0, 2, 3, 4, 5]].max() == 0  # batch: sequences do not see each other
assert change[1, :2].max() == 0  # time: steps before the change do not see it
assert change[1, 2:].amax(dim=-1).min() > 0  # time: all steps after it do
assert change[1, 2].min() > 0  # feature: every feature of the output reads every feature of x

# %%
# The picture shows the largest change of each step. A change stays in its row (batch), and goes to the
# right in it (time). It never goes to the left.

plotting.cells(
    change.detach().amax(dim=-1),  # (N, L)
    rows="batch",
    columns="time",
    colour_by=(change.amax(dim=-1) > 0).int(),
    title="A change in sequence 1 at step 2 reaches this step and the later ones",
)

# %%
# One layer, one direction: ``h_n`` is in ``output``, ``c_n`` is not
# ------------------------------------------------------------------
# ``output`` is the :term:`hidden state` h at every step. ``h_n`` is h after the last step, so here it
# says nothing new. ``c_n`` is the :term:`cell state` c after the last step, and no step of ``output``
# shows it. The layer computes h from c: it squeezes c between -1 and 1 and lets a part of it
# through. So every entry of ``h_n`` is smaller in size than the same entry of ``c_n``.

torch.testing.assert_close(output[:, -1], h_n[0], atol=1e-6, rtol=0)
print("h_n[0, 0] =", h_n[0, 0].detach())
print("c_n[0, 0] =", c_n[0, 0].detach())
assert (h_n.abs() < c_n.abs()).all()
assert output.abs().max() < 1

# %%
# Two layers, two directions: four rows
# -------------------------------------
# A second :term:`layer` reads the output of the first, and a second :term:`direction` reads the sequence
# from its end. Each layer in each direction keeps a state of its own, so ``h_n`` and ``c_n`` have
# four rows. ``output`` shows the top layer only: the forward half first, then the reverse half.

lstm = nn.LSTM(input_size=H_in, hidden_size=H, num_layers=2, bidirectional=True, batch_first=True)
output, (h_n, c_n) = lstm(x)  # (N, L, 2 * H), (4, N, H), (4, N, H)

print(f"{tuple(output.shape) = }")
print(f"{tuple(h_n.shape) = }")
print(f"{tuple(c_n.shape) = }")
assert output.shape == (N, L, 2 * H)
assert h_n.shape == c_n.shape == (4, N, H)

# %%
# The arrows in the cells say in which direction each row runs. A forward row ends at the right, a
# reverse row ends at the left, at step 0. The rows of ``h_n`` are layer 0 forward, layer 0 reverse,
# layer 1 forward, layer 1 reverse.

plotting.call(lstm, x)

# %%
# Search ``output`` for every row of the state
# --------------------------------------------
# Compare each row of ``h_n`` and ``c_n`` with both halves of ``output`` at every step. Two rows are
# found: the top layer's. The forward row is in the last step. The reverse row is in step 0, because
# that is where the reverse direction ends. Everything else is nowhere in ``output``.

places = {"forward half": output[..., :H], "reverse half": output[..., H:]}  # (N, L, H) each
found = {}
for name, state in {"h_n": h_n, "c_n": c_n}.items():
    for row in range(4):
        found[name, row] = [
            (half, step)
            for half, values in places.items()
            for step in range(L)
            if torch.allclose(values[:, step], state[row], atol=1e-6, rtol=0)
        ]
        print(f"{name}[{row}] is in output at: {found[name, row] or 'no place'}")

assert found.pop(("h_n", 2)) == [("forward half", L - 1)]
assert found.pop(("h_n", 3)) == [("reverse half", 0)]
assert list(found.values()) == [[]] * 6

# %%
# The lower rows belong to the lower layer
# ----------------------------------------
# What are the two rows of ``h_n`` that ``output`` does not show? Build a layer that has the weights of
# layer 0 and nothing else. Its final states are these two rows.

layer_0 = nn.LSTM(input_size=H_in, hidden_size=H, bidirectional=True, batch_first=True)
layer_0.load_state_dict({k: v for k, v in lstm.state_dict().items() if "_l0" in k})
_, (h_0_n, c_0_n) = layer_0(x)  # (2, N, H) each
torch.testing.assert_close(h_0_n, h_n[:2], atol=1e-6, rtol=0)
torch.testing.assert_close(c_0_n, c_n[:2], atol=1e-6, rtol=0)

# split_state gives layers and directions an axis each, so that you need not count rows.
h_split, c_split = split_state(
    lstm, (h_n, c_n)
)  # (2, 2, N, H) each: layer, direction, batch, feature
print(f"{tuple(h_split.shape) = }")
torch.testing.assert_close(h_split[1, 1], h_n[3], atol=0, rtol=0)  # top layer, reverse

# %%
# One vector for the whole sequence
# ---------------------------------
# Join the two top rows of ``h_n``, and each half has read the whole sequence.
# :func:`lstm_guide.final_state` does so for every number of layers and directions. The usual mistake is
# ``output[:, -1]``: its reverse half has read one step only, the last one. It has the right shape and
# raises nothing. To see it, replace all steps but the last.

good = torch.cat([h_n[-2], h_n[-1]], dim=-1)  # (N, 2 * H)
torch.testing.assert_close(final_state(lstm, h_n), good, atol=0, rtol=0)
torch.testing.assert_close(good[:, H:], output[:, 0, H:], atol=1e-6, rtol=0)

one_layer = nn.LSTM(input_size=H_in, hidden_size=H, bidirectional=True, batch_first=True)
other_x = torch.cat([torch.randn(N, L - 1, H_in), x[:, -1:]], dim=1)  # only the last step is kept
before, (h_before, _) = one_layer(x)
after, (h_after, _) = one_layer(other_x)
print(f"output[:, -1], reverse half: changes by {(after - before)[:, -1, H:].abs().max():.2f}")
print(f"h_n[-1]:                     changes by {(h_after - h_before)[-1].abs().max():.2f}")
assert (after - before)[:, -1, H:].abs().max() < 1e-6
assert (h_after - h_before)[-1].abs().max() > 0.1

# %%
# ``hidden[-1]`` is ``c_n``
# -------------------------
# The second thing that the call returns is a pair. With a name such as ``hidden`` it looks like one
# tensor, and ``hidden[-1]`` looks like its last row. It is the last of the pair: ``c_n``, all rows of
# it. Take the pair apart in the call, and the mistake cannot happen.

_, hidden = lstm(x)
print(type(hidden).__name__, len(hidden), tuple(hidden[-1].shape))
torch.testing.assert_close(hidden[-1], c_n, atol=1e-6, rtol=0)  # not h_n[-1]

output, (h_n, c_n) = lstm(x)
print(f"{tuple(h_n[-1].shape) = }")
assert h_n[-1].shape == (N, H)

# %%
# Summary
# -------
# * The batch axis keeps sequences apart, the time axis carries the state, the feature axis holds the
#   numbers of one step.
# * ``output``: every step, top layer, both directions side by side. ``h_n`` and ``c_n``: the last
#   step, every layer, every direction, one row each.
# * In ``output`` you find the top rows of ``h_n``: forward in the last step, reverse in step 0. The lower
#   rows are nowhere else.
# * ``c_n`` is nowhere else either.
#
# Common mistakes
# ---------------
# * "I take ``output[:, -1]`` in two directions": its reverse half has read one step. Take the last two
#   rows of ``h_n``, as above.
# * "I use ``h_n.view(N, -1)`` to join the rows": this mixes the sequences. See
#   :ref:`view-and-transpose`.
# * "``h_n[:, -1]`` is the last layer because of ``batch_first``": ``batch_first`` does not move the
#   states, so this is the last sequence. See :ref:`layouts`.
#
# Check yourself
# --------------
# A layer has three layers in one direction, and ``x`` holds six sequences of seven steps. Which
# entry of ``h_n`` equals ``output[:, -1]``, and how many rows of ``h_n`` are not in ``output``?
#
# .. dropdown:: Answer
#
#    ``h_n[2]``, which is ``h_n[-1]``: the top layer. The other two rows belong to the layers below and
#    are not in ``output``.
#
# Next
# ----
# :ref:`data-to-tensor` takes a data set and gives it these three axes.
