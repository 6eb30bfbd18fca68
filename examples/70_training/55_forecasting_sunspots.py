r"""
.. _sunspots:

A real series: a tie, and what a leak looks like
================================================

On the series of :ref:`forecasting` the LSTM wins, since that series was made for it. What about a
real one? This page forecasts the number of sunspots of the next year. The LSTM does not win. Then
the same data are prepared with a :term:`leak`, and a bad model looks good. After this page you can
tell the two apart in your own results.

**You will see**

* the sunspots of three centuries, and an LSTM that ties with nine weights
* how more training makes it worse, on 189 windows
* a shuffled split, after which the same model looks better
* a window that holds its target, and the baseline that gives it away
"""

# sphinx_gallery_tags = ["training", "data"]

import torch
from torch import nn

from lstm_guide import datasets, plotting, training

torch.manual_seed(0)
L, N = 40, 32  # years of a window, windows in a batch
series = datasets.sunspots()  # (309,), from the year 1700 on
data = training.windows(series, split=229, length=L)  # the test part begins with 1929
print(data)
assert data.test_y.shape == (80, 1)

# %%
# The baselines
# -------------
# The sun has a cycle of about eleven years, so "as eleven years ago" is the forecast of a season.
# Autoregression with nine values is a classic for this series. All errors are in sunspots.


def error(forecast, target):
    """Root of the mean squared error, in sunspots."""
    return (data.std * (forecast - target)).square().mean().sqrt().item()


scaled = (series[: data.split] - data.mean) / data.std  # (229,)
nine = training.autoregression(scaled, order=9)
baselines = {
    "last year": error(training.persistence(data.test_x), data.test_y),
    "eleven years ago": error(training.persistence(data.test_x, period=11), data.test_y),
    "nine weights": error(nine(data.test_x), data.test_y),
}
for name, value in baselines.items():
    print(f"{name:<17} {value:.1f}")
best = baselines["nine weights"]
assert best < baselines["last year"] < baselines["eleven years ago"]
plotting.steps(
    {"sunspots": series},
    ylabel="sunspots",
    title="A cycle of about eleven years, of changing height",
    xlabel="years since 1700",
)

# %%
# .. _sunspots-tie:
#
# A small LSTM ties
# -----------------
# The model gives the change from the last year, read from the last step. It gets 150 updates only.
# Its error lies within a quarter of that of the nine weights: with five different first weights it
# was sometimes above and sometimes below. So there is no reason to prefer it. The forecasts of both
# are clearly better than "as last year".


def train(x, y, H, lr, updates):
    """Train on windows (M, L) and next values (M, 1); return the forecast."""
    lstm = nn.LSTM(input_size=1, hidden_size=H, batch_first=True)
    head = nn.Linear(in_features=H, out_features=1)
    parameters = [*lstm.parameters(), *head.parameters()]
    optimizer = torch.optim.Adam(parameters, lr=lr)

    def forecast(x):
        output, _ = lstm(x[:, :, None])  # (M, L, H)
        return x[:, -1:] + head(output[:, -1])  # (M, 1)

    for _ in range(updates):
        chosen = torch.randint(len(x), (N,))
        loss = (forecast(x[chosen]) - y[chosen]).square().mean()
        optimizer.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(parameters, 1.0)
        optimizer.step()
    return torch.no_grad()(forecast)


small = train(data.x, data.y, H=16, lr=0.005, updates=150)
tie = error(small(data.test_x), data.test_y) / best
print(f"small LSTM within a quarter of nine weights: {0.75 < tie < 1.25}")
assert 0.75 < tie < 1.25
assert tie * best < 0.75 * baselines["last year"]

# %%
# A larger one learns the past by heart
# -------------------------------------
# More features, more training: the error on the training windows falls far below that of the nine
# weights, and the error on the test part rises. There are 189 windows, and most of what is in them
# is in their neighbours too. The gap between the two errors is the sign.

large = train(data.x, data.y, H=32, lr=0.005, updates=700)
known, unknown = error(large(data.x), data.y), error(large(data.test_x), data.test_y)
fitted = error(nine(data.x), data.y)
print(f"on the training part, better than nine weights: {known < fitted}")
print(f"on the test part, better than nine weights: {unknown < best}")
assert known < 0.85 * fitted
assert unknown > best

# %%
# .. _sunspots-leak:
#
# A leak: cut first, shuffle, then split
# --------------------------------------
# Put all windows into one heap, shuffle, and take 80 of them away for the test. Now each test window
# overlaps with training windows, and its target stands inside some of them. Train the large model
# again. Its error falls, and comes near to that of the nine weights. Theirs falls too, since other
# years are asked, but less. A model that gains more from the split than a weighted sum does, has
# found a leak.

x = torch.cat([data.x, data.test_x])  # (269, L)
y = torch.cat([data.y, data.test_y])  # (269, 1)
order = torch.randperm(len(x), generator=torch.Generator().manual_seed(0))
train_rows, test_rows = order[:189], order[189:]
seen = {row + step for row in train_rows.tolist() for step in range(L)}
inside = sum(row + L in seen for row in test_rows.tolist())  # the target of window row
print(f"test targets that stand in training windows: {inside} of {len(test_rows)}")
assert inside > 70

leaky = train(x[train_rows], y[train_rows], H=32, lr=0.005, updates=700)
leak_error, leak_best = (error(f(x[test_rows]), y[test_rows]) for f in (leaky, nine))
honest, flattered = unknown / best, leak_error / leak_best
print(f"the leak makes it look better: {flattered < honest - 0.04}")
assert flattered < honest - 0.04
assert flattered < 1.15
assert 0.8 * best < leak_best < best
plotting.bars(
    {
        "split in time": {"large LSTM": round(unknown), "nine weights": round(best)},
        "shuffled windows": {"large LSTM": round(leak_error), "nine weights": round(leak_best)},
    },
    xlabel="error, in sunspots",
    title="After a leak the large LSTM looks better",
)

# %%
# .. _sunspots-target-inside:
#
# A leak: the target is in the window
# -----------------------------------
# An index is off by one, and the window ends with the value that is to be forecast. Any model learns
# this fast. You do not need to train to find out: persistence has an error of exactly zero.

off_by_one = series.unfold(0, L, 1)  # (270, L)
target = off_by_one[:, -1:]  # (270, 1): the last value of the window itself
gap = (training.persistence(off_by_one) - target).abs().max().item()
print(f"largest error of persistence: {gap}")
assert gap == 0
assert (training.persistence(data.test_x) - data.test_y).abs().max() > 0.1

# %%
# A leak that hardly shows: the scale
# -----------------------------------
# Scale by the whole series, and the training part has read two numbers of the future. Here the mean
# moves by nearly a fifth of a standard deviation, and the scale grows by nearly a fifth: the sun
# was more active after 1929. You will hardly see it in the error, and it is still wrong. Keep to
# the order of :ref:`forecasting-order`.

shift = (series.mean() - data.mean) / data.std
growth = series.std() / data.std
print(f"mean moved by {shift:.2f} standard deviations, scale multiplied by {growth:.2f}")
assert 0.1 < shift < 0.3
assert 1.1 < growth < 1.3

# %%
# Summary
# -------
# * On yearly sunspots a small LSTM ties with nine weights. Say so, and take the nine weights.
# * More training fits the training part better and the test part worse.
# * Windows overlap. Shuffle before the split, and the test part has been read.
# * Three signs of a leak: persistence has no error; your model gains more from another split
#   than the weighted sum; the result is too good.
#
# Common mistakes
# ---------------
# * "I use a random split, as everywhere else": see :ref:`sunspots-leak`.
# * "My loss is zero at once": see :ref:`sunspots-target-inside`, and :ref:`overfit-one-batch`.
# * "The LSTM must win, it has more weights": see :ref:`sunspots-tie`.
# * "I smoothed the series first": a smoothed value that looks ahead has read its future. Smooth
#   backwards only, and see :ref:`forecasting-order`.
#
# Check yourself
# --------------
# You fill the gaps of a series by drawing a line between the values on both sides. Is that a leak?
#
# .. dropdown:: Answer
#
#    Yes, if a filled value stands in a window whose target is the value behind the gap: the line
#    was drawn from it. Fill with the last known value.
#
# Next
# ----
# The next page, :ref:`truncated-bptt`, trains on one sequence that is too long for one call.
