r"""
.. _solution-wrong-axis:

Solution: find the axis that is read the wrong way
==================================================

This page answers :ref:`exercise-wrong-axis`. The layer is :term:`time first` and gets data that is
:term:`batch first`. So it reads the sequences one after the other, as if they were steps.

**You will see**

* the answer, and the checker that passes it
* which sequences moved each other before, and that none do now
* the repair in the layer instead of the call
"""

# sphinx_gallery_tags = ["solution", "shapes", "debugging"]

import torch
from torch import nn

from lstm_guide import check, plotting

torch.manual_seed(0)
N, L, H_in, H, C = 3, 7, 4, 5, 2  # sequences, steps, features in, features out, classes

# %%
# The answer
# ----------
# Swap the two axes for the call. ``output`` is time first then, so its last step is ``output[-1]``.


def answer(lstm, head, x):
    output, _ = lstm(x.transpose(0, 1))  # (L, N, H)
    return head(output[-1])  # (N, C)


verdict = check("wrong-axis", answer)
assert verdict.ok

# %%
# Which sequence moves which
# --------------------------
# Change one sequence at a time, and look at the scores of all. In the broken function the state
# runs from sequence to sequence, so each one moves itself and those after it: the figure shows it.
# In the answer each moves its own scores only: the printed rows show it.


def broken(lstm, head, x):
    output, _ = lstm(x)
    return head(output[:, -1])


def moves(function):
    """Change one sequence at a time; return how far the scores of each move."""
    rows = []
    for n in range(N):
        changed = x.clone()
        changed[n] += 1.0
        difference = function(lstm, head, changed) - function(lstm, head, x)  # (N, C)
        rows.append(difference.abs().amax(dim=1).detach())
    return torch.stack(rows)  # (N, N): changed, watched


lstm = nn.LSTM(input_size=H_in, hidden_size=H)
head = nn.Linear(in_features=H, out_features=C)
x = torch.randn(N, L, H_in)  # (N, L, H_in)
before, after = moves(broken), moves(answer)
print("with the answer, the scores of the three sequences move by")
for n, row in enumerate(after):
    print(*(f"{entry:.2f}" for entry in row), f"if you change sequence {n}")
assert (before.triu() > 1e-4).sum() == N * (N + 1) // 2
torch.testing.assert_close(after, after.diag().diag(), atol=1e-6, rtol=0)
assert (after.diag() > 0.01).all()
ax = plotting.influence(
    before,
    rows="batch",
    columns="batch",
    title="Broken: each sequence moves itself\nand those after it",
)
ax.set(xlabel="the scores of this sequence move", ylabel="you change this sequence")

# %%
# The other repair
# ----------------
# If the layer is yours to build, build it with ``batch_first=True`` and leave the data as it is.
# The weights are the same in both layouts, and so are the scores.

batch_first = nn.LSTM(input_size=H_in, hidden_size=H, batch_first=True)
batch_first.load_state_dict(lstm.state_dict())
scores = head(batch_first(x)[0][:, -1])  # (N, C)
torch.testing.assert_close(scores, answer(lstm, head, x), atol=1e-6, rtol=0)
print(f"{tuple(scores.shape) = }")

# %%
# Summary
# -------
# * Layer and data have to agree about axis 0. Torch cannot check it: both shapes are possible.
# * ``transpose`` lets two axes change places. ``reshape`` gives the shape and mixes the sequences.
# * Change one sequence and see whether another one moves: that finds the mistake in any model.
#
# Next
# ----
# Back to :ref:`exercise-wrong-axis`, or on to :ref:`exercise-new-recordings`.
