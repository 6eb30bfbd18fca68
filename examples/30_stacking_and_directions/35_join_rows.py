r"""
.. _join-rows:

All rows of ``h_n`` in one vector for each sequence
===================================================

You want to use every layer and direction, so you join all rows of ``h_n`` with ``view(N, -1)``. The
shape is right, and the result of one sequence now depends on others. Before this page, read
:ref:`rows-of-h-n`. After it, you can join the rows, and find this :term:`leak` in any model by one experiment.

**You will see**

* a sequence that leaks into its neighbours, and the line that repairs it
* the order of the numbers in the joined vector
* a model whose answers depend on the batch, and one whose do not
"""

# sphinx_gallery_tags = ["shapes", "states", "debugging"]

import torch
from torch import nn
from torch.testing import assert_close

from lstm_guide import plotting, split_state

torch.set_grad_enabled(False)  # nothing is trained on this page
torch.manual_seed(0)
N, L, H_in, H, K, D = 8, 7, 9, 5, 2, 2  # batch, time, features in and out, layers, directions
x = torch.randn(N, L, H_in)  # (N, L, H_in)
lstm = nn.LSTM(input_size=H_in, hidden_size=H, num_layers=K, bidirectional=True, batch_first=True)
output, (h_n, c_n) = lstm(x)  # (N, L, D * H), (K * D, N, H), (K * D, N, H)

# %%
# .. _join-mixed:
#
# Wrong: ``h_n.view(N, -1)``
# --------------------------
# You want all rows of a sequence in one vector of K * D * H numbers. ``h_n.view(N, -1)`` has that shape.
# But the batch is the *second* axis of ``h_n``, and ``view`` does not move axes
# (:ref:`view-and-transpose`). It fills your first vector with row 0 of sequences 0 to 3. Move the batch
# axis to the front first. To see the difference, change one sequence at a time and watch which vectors
# move: only its own may.


def leak(join):
    """Change one sequence at a time; return how far each joined vector moves."""
    moves = []
    for n in range(N):
        changed = x.clone()
        changed[n] += 1
        move = join(lstm(changed)[1][0]) - join(h_n)  # (N, K * D * H)
        moves.append(move.abs().amax(dim=-1))
    return torch.stack(moves)  # (N, N): changed, watched


wrong = leak(lambda h_n: h_n.view(N, -1))
right = leak(lambda h_n: h_n.transpose(0, 1).reshape(N, -1))
assert_close(h_n.view(N, -1)[0], h_n[0, :4].flatten())
moved = [(moves[0] > 1e-6).nonzero().flatten().tolist() for moves in (wrong, right)]
print("vectors that move when you change sequence 0")
print("view(N, -1):                   ", moved[0])
print("transpose(0, 1).reshape(N, -1):", moved[1])
assert moved == [[0, 2, 4, 6], [0]]
assert_close(right, right.diag().diag(), atol=1e-6, rtol=0)
assert (right.diag() > 0.01).all()

title = "After h_n.view(N, -1) each sequence moves vectors of others"
plotting.influence(wrong, rows="batch", columns="batch", title=title)

# %%
# .. _join-order:
#
# Where each row stands in the vector
# -----------------------------------
# The joined vector has K * D pieces of H numbers, in the order of the rows: layer 0 forward, layer 0
# reverse, and so on. :func:`lstm_guide.split_state` names them. A linear layer after it does not mind
# the order, but you need it to say which weights read which layer.

joined = h_n.transpose(0, 1).reshape(N, -1)  # (N, K * D * H)
h, _ = split_state(lstm, (h_n, c_n))  # (K, D, N, H)
pieces = joined.split(H, dim=-1)  # K * D times (N, H)
for k in range(K):
    for d in range(D):
        assert_close(pieces[k * D + d], h[k, d])
        print(
            f"numbers {(k * D + d) * H:>2} to {(k * D + d + 1) * H - 1:>2}: layer {k}, direction {d}"
        )
assert_close(torch.cat(list(h_n), dim=-1), joined)  # the same, row by row

# %%
# .. _join-batch:
#
# The test on a model: the batch must not matter
# ----------------------------------------------
# A model with the wrong join gives a sequence one answer in this batch and another in that one. Give it
# the first half of the batch alone, and compare.

head = nn.Linear(K * D * H, 3)
joins = {
    "view(N, -1)": lambda h_n: h_n.view(h_n.size(1), -1),
    "transpose(0, 1).reshape(N, -1)": lambda h_n: h_n.transpose(0, 1).reshape(h_n.size(1), -1),
}
for name, join in joins.items():
    together = head(join(lstm(x)[1][0]))[: N // 2]  # (N / 2, 3)
    apart = head(join(lstm(x[: N // 2])[1][0]))  # (N / 2, 3)
    gap = (together - apart).abs().max().item()
    print(f"{name}: another batch changes the answers by up to {gap:.4f}")
    assert (gap < 1e-6) == (name != "view(N, -1)")

# %%
# Summary
# -------
# * To join the rows of a sequence: ``h_n.transpose(0, 1).reshape(N, -1)``, or
#   ``torch.cat(list(h_n), dim=-1)``.
# * ``h_n.view(N, -1)`` has the same shape and mixes sequences.
# * The test: change one sequence, or the batch, and see whether another answer moves.
#
# Common mistakes
# ---------------
# * "I wrote ``h_n.view(N, -1)``": it joins rows of different sequences (:ref:`join-mixed`).
#   :func:`~lstm_guide.probes.batch_leak` catches it: :ref:`silent-axes`.
# * "My answers change with the batch size": look for a ``view`` (:ref:`join-batch`).
# * "The first H numbers are the top layer": they are layer 0, forward (:ref:`join-order`).
#
# Check yourself
# --------------
# For which N does ``h_n.view(N, -1)`` join the right numbers?
#
# .. dropdown:: Answer
#
#    For N = 1: all rows belong to the one sequence. So a test with one sequence finds nothing.
#
# :ref:`exercise-both-directions` checks your own answer.
#
# Next
# ----
# Go on with :ref:`dropout-between-layers`. Dropout is the one thing that torch can put between layers.
