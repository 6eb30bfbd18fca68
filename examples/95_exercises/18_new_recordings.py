r"""
.. _exercise-new-recordings:

Exercise: some rows start anew, the others go on
================================================

Each row of your batch is a device that sends its measurements piece by piece, for ever. Now and
then a device starts a new recording. From then on its row must know nothing of the old one, and all
other rows go on.

**You will do**

* carry the :term:`state` from :term:`chunk` to chunk
* set the state of some rows to zero, before the right chunk
* see what the checker says to somebody who starts the whole batch anew
"""

# sphinx_gallery_tags = ["exercise", "states"]

import torch
from torch import nn

from lstm_guide import check

torch.manual_seed(0)
N, L, H_in, H = 3, 4, 2, 5  # rows, steps of a chunk, features in, features out

lstm = nn.LSTM(input_size=H_in, hidden_size=H, batch_first=True)
chunks = [torch.randn(N, L, H_in) for _ in range(3)]  # (N, L, H_in) each
new = [
    torch.tensor([True, True, True]),  # all recordings start with chunk 0
    torch.tensor([False, True, False]),  # row 1 starts anew with chunk 1
    torch.tensor([False, False, False]),  # and goes on with chunk 2
]
output, (h_n, c_n) = lstm(chunks[0])  # (N, L, H), (1, N, H), (1, N, H)
print(f"{tuple(output.shape) = }")
print(f"{tuple(h_n.shape) = }")
print(f"{tuple(c_n.shape) = }")

# %%
# Your answer
# -----------
# The function gets a layer with ``batch_first=True``, a list of chunks, and a list of as many
# tensors (N,) of booleans. ``new[k][n]`` says whether row n starts anew with chunk k. It returns the
# outputs of all chunks, joined along time. The checker draws stacks of one to four layers, and
# chunks of different length. Replace ``return None``.


def answer(lstm, chunks, new):
    return None


verdict = check("new-recordings", answer)

# %%
# A wrong answer
# --------------
# Somebody passes no state when a recording starts. That is right for one row, and takes the state
# away from all others.


def wrong(lstm, chunks, new):
    outputs, state = [], None
    for chunk, rows in zip(chunks, new, strict=True):
        output, state = lstm(chunk, None if rows.any() else state)
        outputs.append(output)
    return torch.cat(outputs, dim=1)  # (N, L, H)


verdict = check("new-recordings", wrong)
assert not verdict.ok
assert "All rows start anew where one does" in verdict.message

# %%
# Another wrong answer
# --------------------
# The state carries everything on if nobody looks at ``new``. Then the result is that of one long
# call.


def wrong_whole(lstm, chunks, new):
    output, _ = lstm(torch.cat(chunks, dim=1))
    return output  # (N, L, H)


verdict = check("new-recordings", wrong_whole)
assert not verdict.ok
assert "No row starts anew" in verdict.message

# %%
# Hints
# -----
# .. dropdown:: Hint 1
#
#    The rows of a batch do not affect each other, not in the state either. A row starts anew when
#    its entries of h and of c are zero. Both are (K, N, H), so the row is axis 1.
#
# .. dropdown:: Hint 2
#
#    Between two calls: ``rows[:, None]`` is (N, 1) and fits to (K, N, H). ``masked_fill`` takes it
#    and leaves the other entries. Do it for h and for c.
#
# Pages that explain it
# ---------------------
# * :ref:`carrying-state`
# * :ref:`rows-of-the-state`
#
# Solution
# --------
# :ref:`solution-new-recordings`
