r"""
.. _solution-new-recordings:

Solution: some rows start anew, the others go on
================================================

This page answers :ref:`exercise-new-recordings`. Between two calls you set the rows that start anew
to zero, in h and in c.

**You will see**

* the answer, and the checker that passes it
* the same with a helper
* each recording by itself, with the same numbers
"""

# sphinx_gallery_tags = ["solution", "states"]

import torch
from torch import nn

from lstm_guide import check, plotting, reset_rows

torch.manual_seed(0)
N, L, H_in, H = 3, 4, 2, 5  # rows, steps of a chunk, features in, features out

# %%
# The answer
# ----------
# The first call gets no state, so it starts from zeros anyway. Later, ``rows[:, None]`` marks the
# rows on axis 1 of h and c, in all layers. The reset comes before the chunk that it belongs to.


def answer(lstm, chunks, new):
    outputs, state = [], None
    for chunk, rows in zip(chunks, new, strict=True):
        if state is not None:
            h, c = state  # (K, N, H), (K, N, H)
            state = h.masked_fill(rows[:, None], 0), c.masked_fill(rows[:, None], 0)
        output, state = lstm(chunk, state)
        outputs.append(output)
    return torch.cat(outputs, dim=1)  # (N, L, H)


verdict = check("new-recordings", answer)
assert verdict.ok

# %%
# With a helper
# -------------
# :func:`lstm_guide.reset_rows` makes the two calls of ``masked_fill``, and checks the shapes.


def with_helper(lstm, chunks, new):
    outputs, state = [], None
    for chunk, rows in zip(chunks, new, strict=True):
        state = None if state is None else reset_rows(state, rows)
        output, state = lstm(chunk, state)
        outputs.append(output)
    return torch.cat(outputs, dim=1)  # (N, L, H)


verdict = check("new-recordings", with_helper)
assert verdict.ok

# %%
# Which step belongs to which recording
# -------------------------------------
# Row 1 starts anew with chunk 1. Number the recordings, and give each step the number of its
# recording.

new = [torch.ones(N, dtype=torch.bool), torch.tensor([False, True, False])]
new.append(torch.zeros(N, dtype=torch.bool))
starts = torch.zeros(N, len(new) * L, dtype=torch.long)  # (N, 3 * L)
starts[:, ::L] = torch.stack(new, dim=1).long()
flat = starts.flatten().cumsum(dim=0) - 1
recording = flat.view(N, -1)  # (N, 3 * L)
print(f"recordings by row: {[row.unique().tolist() for row in recording]}")
assert recording[1].unique().tolist() == [1, 2]
ax = plotting.cells(
    recording,
    rows="batch",
    columns="time",
    colour_by=recording,
    title="Four recordings in three rows: row 1 starts anew at step 4",
)
ax.set_xlabel(f"time (3 * L={recording.size(1)})")

# %%
# Each recording by itself
# ------------------------
# The state is all that a call knows of the past. So each recording gives the same numbers as one
# call that reads it alone.

lstm = nn.LSTM(input_size=H_in, hidden_size=H, batch_first=True)
chunks = [torch.randn(N, L, H_in) for _ in new]  # (N, L, H_in) each
whole = torch.cat(chunks, dim=1)  # (N, 3 * L, H_in)
output = answer(lstm, chunks, new)  # (N, 3 * L, H)
for number in recording.unique():
    steps = recording == number  # (N, 3 * L)
    alone, _ = lstm(whole[steps])  # (steps, H): unbatched
    torch.testing.assert_close(output[steps], alone, atol=1e-6, rtol=0)
    print(f"recording {number}: {len(alone)} steps, as in a call by itself")
gap = (output - lstm(whole)[0]).abs().amax(dim=(1, 2))  # (N,)
assert gap[1] > 0.01
assert gap[[0, 2]].max() < 1e-6

# %%
# Summary
# -------
# * A row of the state belongs to the row of the batch: axis 1 of h and of c.
# * Zero in both is what a fresh call starts from.
# * Passing no state starts all rows anew.
#
# Next
# ----
# Back to :ref:`exercise-new-recordings`, or on to :ref:`exercise-top-layer`.
