r"""
.. _solution-leak-hunt:

Solution: find two leaks
========================

This page answers :ref:`exercise-leak-hunt`. The scale was made of the whole series, and the windows
were counted where their targets should have been.

**You will see**

* the answer, and the checker that passes it
* the windows around the cut, and where each of them belongs
* the experiment again: no training value moves
"""

# sphinx_gallery_tags = ["solution", "data", "debugging"]

import torch
from torch import nn

from lstm_guide import check, plotting

torch.manual_seed(0)
T, cut, L, H = 30, 20, 4, 5  # values, for training, steps of a window, features out

# %%
# The answer
# ----------
# Mean and deviation come from what is known before the cut. Window n has its target at step n + L, so
# the first ``cut - L`` windows have theirs before the cut.


def answer(series, cut, L):
    known = series[:cut]
    values = (series - known.mean()) / known.std()  # (T,)
    x, y = values.unfold(0, L, 1)[:-1], values[L:]  # (T - L, L), (T - L,)
    n = cut - L
    return x[:n], y[:n], x[n:], y[n:]


verdict = check("leak-hunt", answer)
assert verdict.ok

# %%
# A window belongs where its target is
# ------------------------------------
# Take the numbers of the steps instead of values, and put the target beside its window. The figure
# shows the windows around the cut. In orange are those whose target is not before it. They start
# before the cut, which is no leak: in use you know the past too.

step = torch.arange(T)
windows = step.unfold(0, L + 1, 1)[cut - L - 3 : cut - L + 3]  # (6, L + 1): target last
is_test = windows[:, -1:] >= cut  # (6, 1)
print(f"targets: {windows[:, -1].tolist()}")
assert is_test.flatten().tolist() == [False, False, False, True, True, True]
assert (windows[:, 0] < cut).all()
ax = plotting.cells(
    windows,
    rows="batch",
    columns="time",
    colour_by=is_test.long().expand(-1, L + 1),
    title=f"From target {cut} on,\na window is for the test",
)
ax.set_xticks(range(L + 1), [*range(L), "target"])
ax.set_yticks(range(6), range(cut - L - 3, cut - L + 3))
ax.set(xlabel=f"step of the window (L={L}), then its target", ylabel="window n")

# %%
# The experiment again
# --------------------
# In the exercise one value changes. Here all values from the cut on change, and no training value
# moves. The test values move, as they should.

series = torch.randn(T).cumsum(dim=0) + torch.arange(T)  # (T,): it rises
other = series.clone()
other[cut:] += 100.0
names = ("x_train", "y_train", "x_test", "y_test")
moved = {
    name: (before - after).abs().max().item()
    for name, before, after in zip(
        names, answer(series, cut, L), answer(other, cut, L), strict=True
    )
}
for name, amount in moved.items():
    print(f"{name}: moved by up to {amount:.1f}")
assert moved["x_train"] == moved["y_train"] == 0
assert moved["y_test"] > 1

# %%
# Into the layer
# --------------
# Every target before the cut that has L values before it is used, and every target after it. Each
# value is one feature, so the windows get an axis of size 1.

x_train, y_train, x_test, y_test = answer(series, cut, L)
lstm = nn.LSTM(input_size=1, hidden_size=H, batch_first=True)
output, _ = lstm(x_train[..., None])  # (cut - L, L, H)
print(f"{tuple(output.shape) = }")
assert output.shape == (cut - L, L, H)
assert len(y_train) + len(y_test) == T - L
assert len(y_test) == T - cut

# %%
# Summary
# -------
# * Whatever is computed from data is part of training: a mean, a deviation, a vocabulary.
# * Split by the target's time. A test window may begin before the cut.
# * Change what lies after the cut: if the training data moves, something leaks.
#
# Next
# ----
# This is the last exercise. Back to :ref:`exercise-leak-hunt`, or to the start of all pages:
# :ref:`gallery`.
