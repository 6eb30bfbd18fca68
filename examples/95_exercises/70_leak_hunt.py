r"""
.. _exercise-leak-hunt:

Exercise: find two leaks
========================

Somebody forecasts a series, and the error on the test part is better than it will ever be in use.
The training data knows something of the test part. It does so in two ways, and the function that
makes the data runs without a message.

**You will do**

* see both leaks with one experiment
* write the function anew, so that training data knows only what lies before the cut
"""

# sphinx_gallery_tags = ["exercise", "data", "debugging"]

import torch
from torch import nn

from lstm_guide import check

torch.manual_seed(0)
T, cut, L, H = 30, 20, 4, 5  # values, for training, steps of a window, features out
series = torch.randn(T).cumsum(dim=0) + torch.arange(T)  # (T,): it rises


def broken(series, cut, L):
    """Scale, cut windows with the value after each, and split them."""
    values = (series - series.mean()) / series.std()  # (T,)
    x, y = values.unfold(0, L, 1)[:-1], values[L:]  # (T - L, L), (T - L,)
    return x[:cut], y[:cut], x[cut:], y[cut:]


x_train, y_train, x_test, y_test = broken(series, cut, L)
lstm = nn.LSTM(input_size=1, hidden_size=H, batch_first=True)
output, _ = lstm(x_train[..., None])  # (windows, L, H): each value is one feature
print(f"{tuple(x_train.shape) = }, {tuple(y_train.shape) = }")
print(f"{tuple(x_test.shape) = }, {tuple(y_test.shape) = }")
assert output.shape == (len(x_train), L, H)

# %%
# An experiment
# -------------
# Change the first value after the cut, and make the training data again. Nothing in it may move.
# Here every target moves, and one of them much more than the others: two different leaks.

other = series.clone()
other[cut] += 100.0
moved = (broken(other, cut, L)[1] - y_train).abs()  # (windows,)
largest, second = moved.topk(2).values.tolist()
print(f"training targets that move: {(moved > 1e-6).sum()} of {len(moved)}")
print(f"target of window {moved.argmax()} moves by {largest:.1f}")
print(f"the others by at most {second:.1f}")
assert (moved > 1e-6).all()
assert largest > 2 * second

# %%
# Your answer
# -----------
# The function gets a series (T,), the cut and L. It returns four tensors: windows and targets for
# training, windows and targets for the test. Each target comes with the L values before it. The
# targets before the cut are for training, all others for the test. All values are scaled by one mean
# and one standard deviation, as ``mean`` and ``std`` of torch compute them. Replace ``return None``.


def answer(series, cut, L):
    return None


verdict = check("leak-hunt", answer)

# %%
# The broken function
# -------------------
# The checker sees both leaks. It does not say where they are.

verdict = check("leak-hunt", broken)
assert not verdict.ok
assert "Both leaks are still there" in verdict.message

# %%
# A wrong repair
# --------------
# Somebody cuts the series first and prepares each part by itself. Now nothing leaks, and the numbers
# are useless: in use you have one new value, and not the mean of all that will come.


def apart(series, cut, L):
    def prepare(part):
        values = (part - part.mean()) / part.std()
        return values.unfold(0, L, 1)[:-1], values[L:]

    return *prepare(series[:cut]), *prepare(series[cut:])


verdict = check("leak-hunt", apart)
assert not verdict.ok
assert "The test part needs the scale of the training part" in verdict.message

# %%
# Hints
# -----
# .. dropdown:: Hint 1
#
#    Every target moves: that is the scale. Which values may mean and deviation be made of?
#
# .. dropdown:: Hint 2
#
#    One target moves most, because it is the changed value itself, from after the cut. Window n has
#    its target at step n + L. Which is the first window whose target is not before the cut?
#
# Pages that explain it
# ---------------------
# * :ref:`data-to-tensor`
# * :ref:`forecasting`
# * :ref:`sunspots`
#
# Solution
# --------
# :ref:`solution-leak-hunt`
