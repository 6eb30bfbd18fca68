r"""
.. _view-and-transpose:

``view`` gives the right shape and mixes the sequences
======================================================

Your data is ``(N, L, H_in)``, your LSTM reads ``(L, N, H_in)``, and ``x.view(L, N, H_in)`` has that
shape. No error is raised, but each of its sequences is put together from steps of several of yours.
After this page you know which operation swaps axes, which one only cuts the numbers into new rows,
and how to see the difference in your own model.

**You will see**

* each number of a small batch followed through ``transpose``, ``view`` and ``reshape``
* one sequence that changes the output for another
* the same mistake on ``h_n``
* why ``output.view(...)`` fails after ``batch_first=True``, and what to write instead
"""

# sphinx_gallery_tags = ["shapes", "debugging"]

import matplotlib.pyplot as plt
import torch
from torch import nn

from lstm_guide import final_state, plotting

torch.set_grad_enabled(False)  # nothing is trained on this page
N, L, H_in, H = 3, 4, 2, 5  # sequences, steps, features in, features out

# %%
# Numbers that say where they come from
# -------------------------------------
# Make a small batch in which each number is an address: 21 is sequence 2, step 1. Then give it
# the shape ``(L, N)`` in two ways: :meth:`torch.Tensor.transpose` and :meth:`torch.Tensor.view`.
# The two results have the same shape and different numbers.

address = 10 * torch.arange(N).unsqueeze(1) + torch.arange(L)  # (N, L)
swapped = address.transpose(0, 1)  # (L, N)
cut = address.view(L, N)  # (L, N)
print("address\n", address)
print("address.transpose(0, 1)\n", swapped)
print("address.view(L, N)\n", cut)
assert swapped.shape == cut.shape == (L, N)
assert (swapped != cut).any()

# %%
# ``transpose`` swaps the axes: what was at ``[n, t]`` is now at ``[t, n]``. ``view`` swaps
# nothing. It reads the numbers row by row, as they lie in memory, and starts a new row after
# every N numbers. Each colour below is one sequence. After ``transpose`` a column is one sequence
# over time. After ``view`` no column is.

for n in range(N):
    for t in range(L):
        assert swapped[t, n] == address[n, t]
assert (address.permute(1, 0) == swapped).all()  # the same under another name
assert cut.flatten().tolist() == address.flatten().tolist()
assert all(len(set((column // 10).tolist())) > 1 for column in cut.unbind(dim=1))
with plotting.style():
    figure, (left, right) = plt.subplots(1, 2, figsize=(6.5, 3.4), layout="constrained")
    figure.suptitle("Transpose keeps each sequence (colour) whole, view does not")
grid = {"rows": "time", "columns": "batch"}
plotting.cells(swapped, colour_by=swapped // 10, title="transpose", ax=left, **grid)
plotting.cells(cut, colour_by=cut // 10, title="view", ax=right, **grid)

# %%
# One sequence changes another
# ----------------------------
# Now with an LSTM. Feed a batch both ways, change sequence 0 only, and look at the output for all
# three. After ``transpose`` only sequence 0 moves. After ``view`` others move as well, and no
# error is raised.

torch.manual_seed(0)
x = torch.randn(N, L, H_in)  # (3, 4, 2)
lstm = nn.LSTM(input_size=H_in, hidden_size=H)  # time first
changed = x.clone()
changed[0] += 1.0
right = lstm(changed.transpose(0, 1))[0] - lstm(x.transpose(0, 1))[0]  # (L, N, H)
wrong = lstm(changed.view(L, N, H_in))[0] - lstm(x.view(L, N, H_in))[0]  # (L, N, H)
for name, change in (("transpose", right), ("view", wrong)):
    for n in range(N):
        move = change[:, n].abs().max()
        print(f"{name:>9}: sequence 0 moves sequence {n} by {move:.4f}")
torch.testing.assert_close(right[:, 1:], torch.zeros(L, N - 1, H), atol=1e-6, rtol=0)
assert (wrong[:, 1:].abs().amax(dim=(0, 2)) > 0.01).all()

# %%
# This is a test for any model of yours: change one sequence of a batch, and ask whether another one
# moves. Here it is for all pairs. A correct model moves the diagonal only.


def leak(to_time_first):
    """Change one sequence at a time; return how far each output moves."""
    moves = []
    for n in range(N):
        changed = x.clone()
        changed[n] += 1.0
        move = lstm(to_time_first(changed))[0] - lstm(to_time_first(x))[0]  # (L, N, H)
        moves.append(move.abs().amax(dim=(0, 2)))
    return torch.stack(moves)  # (N, N): changed, watched


clean = leak(lambda batch: batch.transpose(0, 1))
mixed = leak(lambda batch: batch.view(L, N, H_in))
print("after transpose\n", clean)
torch.testing.assert_close(clean, clean.diag().diag(), atol=1e-6, rtol=0)
assert (mixed > 0.01).all()
torch.testing.assert_close(mixed[0], wrong.abs().amax(dim=(0, 2)), atol=1e-6, rtol=0)
title = "After view, each sequence moves all others"
plotting.influence(mixed, rows="batch", columns="batch", title=title)

# %%
# ``view`` against ``reshape``
# ----------------------------
# :meth:`torch.Tensor.reshape` gives the same numbers as ``view``, so it makes the same mistake. The
# difference lies in memory. ``view`` never copies, and needs the numbers to lie in a fitting order:
# :meth:`torch.Tensor.stride` says how far apart in memory two neighbours on an axis are. After
# ``transpose`` that order is gone and ``view`` refuses. ``reshape`` copies where it must, so it
# always works.

assert (address.reshape(L, N) == address.view(L, N)).all()
print(f"{address.stride() = }")
print(f"{swapped.stride() = }")
assert (address.stride(), swapped.stride()) == ((4, 1), (1, 4))
try:
    swapped.view(N * L)
except RuntimeError as error:
    message = str(error)
    print(type(error).__name__, message)
else:
    raise AssertionError("torch made a view")
assert "view size is not compatible with input tensor's size and stride" in message
print(f"{swapped.reshape(N * L).tolist() = }")
assert address.view(N * L).data_ptr() == address.data_ptr()  # the same memory
assert swapped.reshape(N * L).data_ptr() != address.data_ptr()  # a copy

# %%
# .. _view-h-n:
#
# The same mistake on ``h_n``
# ---------------------------
# ``h_n`` of two layers is ``(2, N, H)``. You want one row for each sequence, ``(N, 2 * H)``, and
# ``h_n.view(N, -1)`` has that shape. Its first row is sequence 0 and sequence 1 of layer 0. Swap
# the axes first, then join the two last ones. If you want the top layer only,
# :func:`lstm_guide.final_state` takes it out, for every LSTM.

stacked = nn.LSTM(input_size=H_in, hidden_size=H, num_layers=2)
_, (h_n, _) = stacked(x.transpose(0, 1))  # (2, N, H)
wrong = h_n.view(N, -1)  # (N, 2 * H)
right = h_n.transpose(0, 1).reshape(N, -1)  # (N, 2 * H)
print(f"{tuple(wrong.shape) = }")
print(f"{tuple(right.shape) = }")
torch.testing.assert_close(wrong[0], torch.cat([h_n[0, 0], h_n[0, 1]]))
for n in range(N):
    torch.testing.assert_close(right[n], torch.cat([h_n[0, n], h_n[1, n]]))
torch.testing.assert_close(final_state(stacked, h_n), h_n[-1])

# %%
# .. _view-where-reshape:
#
# Where ``view`` fails and ``reshape`` is right
# ---------------------------------------------
# With ``batch_first=True`` the LSTM computes time first and returns a transposed ``output``. Its
# numbers do not lie in the order of its axes, so ``view`` refuses it. To give all steps of all
# sequences to a loss you join the neighbours N and L. Joining neighbours is what ``reshape`` is
# for: no axis changes its place, and you can split them again.

batch_first = nn.LSTM(input_size=H_in, hidden_size=H, batch_first=True)
output, _ = batch_first(x)  # (N, L, H)
print(f"{output.stride() = }")
print(f"{output.is_contiguous() = }")
assert output.stride() == (H, N * H, 1)
try:
    output.view(N * L, H)
except RuntimeError as error:
    message = str(error)
    print(type(error).__name__, message)
else:
    raise AssertionError("torch made a view")
assert "Use .reshape(...) instead" in message
rows = output.reshape(N * L, H)  # (N * L, H): all of sequence 0, then of 1, then of 2
for n in range(N):
    torch.testing.assert_close(rows[n * L : (n + 1) * L], output[n])
torch.testing.assert_close(rows.reshape(N, L, H), output)

# %%
# Summary
# -------
# * ``transpose`` and :meth:`torch.Tensor.permute` move axes. ``view`` and ``reshape`` keep the
#   order of the numbers and cut it into other rows.
# * To change the order of axes: ``transpose``. To join or split neighbours: ``reshape``.
# * ``reshape`` may copy, ``view`` may not: it fails where a copy would be needed.
# * A right shape proves nothing. Change one sequence and see whether another one moves.
#
# Common mistakes
# ---------------
# * "I need ``(L, N, H_in)``, so I write ``x.view(L, N, H_in)``." The rows are mixed. Use
#   ``x.transpose(0, 1)`` or an LSTM with ``batch_first=True`` (:ref:`layouts`).
# * "``view`` failed, so I use ``reshape`` as the message says." The message is about memory only.
#   Ask first whether you join neighbours or want another order (:ref:`view-where-reshape`).
# * "``h_n.view(N, -1)`` has the right shape." It has, and each row joins numbers of different
#   sequences (:ref:`view-h-n`). ``probes.batch_leak`` finds it: :ref:`silent-axes`.
#
# Check yourself
# --------------
# Your batch is ``(N, channels, L)`` and the LSTM reads batch first. Which call gives it
# ``(N, L, channels)``?
#
# .. dropdown:: Answer
#
#    ``x.transpose(1, 2)`` or, the same, ``x.permute(0, 2, 1)``: two axes change places.
#    ``x.reshape(N, L, channels)`` has the right shape and puts values of different channels and
#    steps into one row.
#
# :ref:`exercise-wrong-axis` checks your own answer.
#
# Next
# ----
# Go on with the other thing that you may give to a call, the state it starts from:
# :ref:`initial-state`.
