r"""
.. _last-valid-step:

Which step is the last one of each sequence?
============================================

You want one vector for each sequence, and take ``output[:, -1]``. For short sequences that is
padding, and after unpacking it is a row of zeros: your classifier sees nothing. Before this page,
read :ref:`padding` and :ref:`packed-sequence`. After it, you take the last valid step in three
ways that agree, also with two directions and several layers.

**You will see**

* what ``output[:, -1]`` holds, with and without packing
* three ways to the right vector: one by one, ``h_n`` of a packed call, the step at ``lengths - 1``
* where each :term:`direction` ends, and which step of ``output`` to take for it
* which input steps each choice can learn from
"""

# sphinx_gallery_tags = ["variable length", "shapes"]

import torch
from torch import nn
from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence

from lstm_guide import final_state, length_mask, pack, plotting, take_last, unpack

torch.manual_seed(0)
lengths = torch.tensor([4, 7, 2])
N, L, H_in, H = 3, 7, 4, 5  # sequences, longest, features in, features out
mask = length_mask(lengths, L=L)  # (N, L)
x = torch.randn(N, L, H_in)  # (N, L, H_in)
x[~mask] = 0.0  # padding

# %%
# The last column is not the last step
# ------------------------------------
# The last step of the tensor is the last step of the longest sequence only. Without packing the
# others hold the :term:`hidden state` after some padding: numbers that look right. After packing
# they hold the zeros that :func:`torch.nn.utils.rnn.pad_packed_sequence` fills in. Zeros are the
# better mistake, because you can look for them.

lstm = nn.LSTM(input_size=H_in, hidden_size=H, batch_first=True)
padded_output, _ = lstm(x)  # (N, L, H)
packed = pack_padded_sequence(x, lengths, batch_first=True, enforce_sorted=False)
result, (h_n, _) = lstm(packed)  # h_n (1, N, H)
output, _ = pad_packed_sequence(result, batch_first=True, total_length=L)  # (N, L, H)

empty = (output[:, -1] == 0).all(dim=1)  # (N,)
print(f"{empty.tolist() = }")
assert empty.tolist() == [length < L for length in lengths]
plotting.cells(
    output[:, :, 0].detach(),
    rows="batch",
    columns="time",
    colour_by=(torch.arange(L) == lengths[:, None] - 1).long(),
    title="The last valid step of each sequence, marked,\nin the unpacked output",
)

# %%
# .. _last-valid-three-ways:
#
# Three ways that agree
# ---------------------
# *One by one*: each sequence alone, without padding. Slow, and right by definition. *From the
# packed call*: ``h_n[-1]`` is the state after each sequence's own last step. *From the output*: pick
# step ``lengths - 1`` of each row, by two index tensors or with ``gather``. In one direction this
# last way needs no packing, since valid steps know nothing of the padding after them.

outputs = [lstm(x[n, :length])[0] for n, length in enumerate(lengths)]  # (length, H)
alone = torch.stack([own[-1] for own in outputs])  # (N, H)
by_state = h_n[-1]  # (N, H)
by_index = padded_output[torch.arange(N), lengths - 1]  # (N, H)
index = (lengths - 1)[:, None, None].expand(N, 1, H)  # (N, 1, H)
by_gather = padded_output.gather(1, index).squeeze(1)  # (N, H)

wrong = (padded_output[:, -1] - alone).abs().amax(dim=1)  # (N,)
print(f"output[:, -1] without packing is off by {[round(e, 4) for e in wrong.tolist()]}")
assert (wrong[[0, 2]] > 0.02).all()
assert wrong[1] < 1e-6
for found in (by_state, by_index, by_gather, output[torch.arange(N), lengths - 1]):
    torch.testing.assert_close(found, alone, atol=1e-6, rtol=0)

# %%
# Two directions end in two places
# --------------------------------
# The forward direction has read everything at step ``lengths - 1``. The reverse direction reads from
# the last valid step back to step 0, and has read everything *there*. So the right vector joins
# two different steps. At ``lengths - 1`` the reverse half has read one step only.

both = nn.LSTM(input_size=H_in, hidden_size=H, batch_first=True, bidirectional=True)
result, (h_n, _) = both(packed)  # h_n (2, N, H)
output, _ = pad_packed_sequence(result, batch_first=True, total_length=L)  # (N, L, 2 * H)

joined = torch.cat((h_n[-2], h_n[-1]), dim=1)  # (N, 2 * H)
at_last = output[torch.arange(N), lengths - 1]  # (N, 2 * H)
at_first = output[:, 0]  # (N, 2 * H)
torch.testing.assert_close(at_last[:, :H], joined[:, :H], atol=1e-6, rtol=0)
torch.testing.assert_close(at_first[:, H:], joined[:, H:], atol=1e-6, rtol=0)
error = (at_last[:, H:] - joined[:, H:]).abs().max()
print(f"reverse half at lengths - 1: off by {error:.4f}")
assert error > 0.02
for n, length in enumerate(lengths):
    own_output, (own_h, _) = both(x[n, :length])  # (length, 2 * H), (2, H)
    torch.testing.assert_close(joined[n], own_h.flatten(), atol=1e-6, rtol=0)

# %%
# What the vector can learn from
# ------------------------------
# The gradient shows it. Take the reverse half of sequence 0, which has four steps, and ask which
# input steps it depends on. Taken at step 0 it depends on all four. Taken at the last valid step it
# depends on that step alone: whatever the reverse direction could learn is thrown away.

given = x.clone().requires_grad_()  # (N, L, H_in)
result, _ = both(pack(both, given, lengths))
output, _ = unpack(both, result, total_length=L)  # (N, L, 2 * H)
reach = {}
for name, step in {"at step 0": 0, "at lengths - 1": int(lengths[0]) - 1}.items():
    half = output[0, step, H:]  # (H,)
    (gradient,) = torch.autograd.grad(half.sum(), given, retain_graph=True)
    reach[name] = gradient[0].norm(dim=-1)  # (L,)
    print(f"reverse half {name}: gradient at steps {reach[name].nonzero().flatten()}")
assert reach["at step 0"].nonzero().flatten().tolist() == [0, 1, 2, 3]
assert reach["at lengths - 1"].nonzero().flatten().tolist() == [3]
plotting.steps(
    reach,
    ylabel="gradient at the input",
    title="Taken at lengths - 1, the reverse half\nof a sequence of four steps has seen one step",
)

# %%
# The helpers, for every configuration
# ------------------------------------
# :func:`lstm_guide.take_last` takes both halves where they end, and :func:`lstm_guide.final_state`
# joins the rows of ``h_n``. They read layout, layers, directions and projection from the module.
# In two directions give ``take_last`` the output of a *packed* call: in a padded call the reverse
# half has started in the padding.

deep = nn.LSTM(
    input_size=H_in,
    hidden_size=6,
    num_layers=2,
    batch_first=True,
    bidirectional=True,
    proj_size=H,
    dtype=torch.float64,
)
result, (h_n, _) = deep(pack(deep, x.double(), lengths))  # h_n (4, N, H)
output, _ = unpack(deep, result, total_length=L)  # (N, L, 2 * H)
last = take_last(deep, output, lengths)  # (N, 2 * H)
print(f"{tuple(last.shape) = }")
assert last.shape == (N, 2 * H)
torch.testing.assert_close(last, final_state(deep, h_n))
for n, length in enumerate(lengths):
    _, (own_h, _) = deep(x[n, :length].double())  # (4, H)
    torch.testing.assert_close(last[n], final_state(deep, own_h))

padded_output, _ = deep(x.double())  # (N, L, 2 * H)
spoiled = take_last(deep, padded_output, lengths)  # (N, 2 * H)
print(f"from a padded call it is off by {(spoiled - last).abs().max():.4f}")
assert (spoiled - last).abs().max() > 0.01

# %%
# Summary
# -------
# * ``output[:, -1]`` is the last valid step of the longest sequence only.
# * After a packed call, ``h_n`` is the state after each sequence's own last step.
# * In one direction, ``output`` at ``lengths - 1`` is the same, also without packing.
# * In two directions, take the forward half at ``lengths - 1`` and the reverse half at step 0, from
#   a packed call.
#
# Common mistakes
# ---------------
# * "``h_n`` is always the last valid step." Only of a packed call. Of a padded call it is the state
#   after the padding (:ref:`padding`). :func:`~lstm_guide.probes.padding_invariance` catches this
#   in your own model: :ref:`silent-padding`.
# * "``h_n[-1]`` is the final state." With two directions it is the reverse half alone. Join
#   ``h_n[-2]`` and ``h_n[-1]`` (:ref:`axes-and-outputs`).
# * "I pick step ``lengths``." Steps count from 0: the last one is ``lengths - 1``
#   (:ref:`last-valid-three-ways`).
#
# Check yourself
# --------------
# A layer with two directions returns ``output`` for a packed batch with lengths 4, 7 and 2. Which
# entries of the output hold the reverse half after the whole sequence, for all three?
#
# .. dropdown:: Answer
#
#    ``output[:, 0, H:]``: the reverse direction ends at step 0 of every sequence, whatever its
#    length.
#
# :ref:`exercise-packed-final-state` checks your own answer.
#
# Next
# ----
# :ref:`masked-loss` uses all valid steps instead of one: in a loss, in a mean and in weights.
