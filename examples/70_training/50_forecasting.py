r"""
.. _forecasting:

Forecasting: is your LSTM better than the last value?
=====================================================

Your LSTM predicts the next value of a series. The curve of its forecasts lies on the curve of the
data, and the error is small. Is it good? The forecast "as it is now" draws the same picture. Before
this page, read :ref:`windows`. After it, you can prepare a series without a :term:`leak` and compare a model
with the forecasts that need no network.

**You will see**

* the order that does not leak: split, then scale, then cut windows
* three forecasts without a network: the last value, the last season, and a weighted sum
* an LSTM that beats them, and why it can
"""

# sphinx_gallery_tags = ["training", "data"]

import torch
from torch import nn

from lstm_guide import plotting, tasks, training

torch.manual_seed(0)
L, N, H = 32, 64, 16  # steps of a window, windows in a batch, features of h and c
split = 1000  # the first step of the test part

# %%
# A series with a rule that no weighted sum can follow
# ----------------------------------------------------
# The series rises in a line from 0 to 1 and drops, in cycles of 8 to 24 steps, with noise. Whoever
# has seen a rise begin knows when the drop comes: slow rises are long. It is generated, so that you
# know what there is to find.

series = tasks.noisy_cycles(L=1400)  # (1400,)
plotting.steps(
    {"series": series[:100]},
    ylabel="value",
    title="How steep the line is tells when it drops",
    xlabel="step of the series",
)

# %%
# .. _forecasting-order:
#
# Split, then scale, then cut
# ---------------------------
# Split in time: train on the past, test on what comes after. Take mean and standard deviation from
# the training part alone, since at that time nobody knew the others. Then cut windows, in each part
# by itself. The first window of the test part may reach back: its values are known when the forecast
# is made. Cut first and split after, and windows of both parts share values.

past = series[:split]  # (1000,)
mean, std = past.mean(), past.std()
scaled = (series - mean) / std  # (1400,)
cut = scaled[:split].unfold(0, L + 1, 1)  # (968, L + 1): window and next value
x, y = cut[:, :L], cut[:, L:]  # (968, L), (968, 1)
test_cut = scaled[split - L :].unfold(0, L + 1, 1)  # (400, L + 1)
test_x, test_y = test_cut[:, :L], test_cut[:, L:]  # (400, L), (400, 1)

last_target = scaled[split - 1]  # of the training part
torch.testing.assert_close(y[-1, 0], last_target)
torch.testing.assert_close(test_y[0, 0], scaled[split])
assert len(test_y) == len(series) - split

# %%
# :func:`lstm_guide.training.windows` does these three steps, and prints which steps went where. Read
# such a print before you train: targets of the test part begin where the training part has ended.

data = training.windows(series, split=split, length=L)
print(data)
torch.testing.assert_close(data.x, x)
torch.testing.assert_close(data.y, y)
torch.testing.assert_close(data.test_x, test_x)
torch.testing.assert_close(data.test_y, test_y)

# %%
# .. _forecasting-baselines:
#
# Three forecasts without a network
# ---------------------------------
# The first repeats the last value and is called persistence. The second repeats the value of a
# season ago, here 16 steps, the mean length of a cycle. The third is autoregression: a weight for
# each value of the window, by least squares. It is the best that a weighted sum can do, and sees the
# same 32 steps as the LSTM will. The errors are in the units of the series.


def error(forecast):
    """Root of the mean squared error over the test part."""
    return (std * (forecast - test_y)).square().mean().sqrt().item()


weighted_sum = training.autoregression(scaled[:split], order=L)
errors = {
    "last value": error(test_x[:, -1:]),
    "a season ago": error(test_x[:, -16:-15]),
    "autoregression": error(weighted_sum(test_x)),
}
for name, value in errors.items():
    print(f"{name:<15} {value:.2f}")
assert errors["autoregression"] < errors["last value"] < errors["a season ago"]
torch.testing.assert_close(training.persistence(test_x), test_x[:, -1:])
torch.testing.assert_close(training.persistence(test_x, period=16), test_x[:, -16:-15])

# %%
# The LSTM forecasts the change
# -----------------------------
# The head of this model does not give the next value. It gives the change from the last value, so
# that the model starts near persistence and has to earn the rest. Every step of a window has a next
# value, so every step has a target and a loss. The first four steps are left out: too little has
# been read there. Each value gets an axis for its one :term:`feature`.

lstm = nn.LSTM(input_size=1, hidden_size=H, batch_first=True)
head = nn.Linear(in_features=H, out_features=1)
parameters = [*lstm.parameters(), *head.parameters()]


def following(x):
    """Forecast the value after each step: from (N, L) to (N, L)."""
    output, _ = lstm(x[:, :, None])  # (N, L, H)
    return x + head(output).squeeze(-1)


with torch.no_grad():
    untrained = error(following(test_x)[:, -1:])
print(f"before training {untrained:.2f}")
assert 0.8 < untrained / errors["last value"] < 1.25

# %%
# The loop, with a look at the test part
# --------------------------------------
# Draw windows of the training part, compare each step with the next, clip, step. Every 25 updates
# the error of the test part is noted, and nothing is chosen by it. If you choose by it when to
# stop, you need a third part for the final number.

optimizer = torch.optim.Adam(parameters, lr=0.01)
curve = [untrained]
for update in range(500):
    chosen = torch.randint(len(cut), (N,))
    batch = cut[chosen]  # (N, L + 1)
    forecast = following(batch[:, :-1])  # (N, L)
    loss = (forecast - batch[:, 1:])[:, 4:].square().mean()
    optimizer.zero_grad()
    loss.backward()
    nn.utils.clip_grad_norm_(parameters, 1.0)
    optimizer.step()
    if update % 25 == 24:
        with torch.no_grad():
            curve.append(error(following(test_x)[:, -1:]))

errors["LSTM"] = curve[-1]
ratio = errors["LSTM"] / errors["autoregression"]
print(f"LSTM, divided by autoregression, below 0.75: {ratio < 0.75}")
assert ratio < 0.75

steps = len(curve)
plotting.steps(
    {
        "LSTM": torch.tensor(curve),
        "autoregression": torch.full((steps,), errors["autoregression"]),
        "last value": torch.full((steps,), errors["last value"]),
    },
    ylabel="error on the test part",
    title="The LSTM starts near the last value and passes both",
    xlabel="updates, in steps of 25",
)

# %%
# Where it wins
# -------------
# Look at the test part itself. The weighted sum rounds every drop off, since it does not know
# when the drop comes. The LSTM lets the line rise, and misses the drops by much less.

with torch.no_grad():
    forecasts = {"LSTM": following(test_x)[:, -1:], "autoregression": weighted_sum(test_x)}
drops = (test_y - test_x[:, -1:] < -0.5 / std).squeeze(1)  # (400,)
misses = {name: std * (f - test_y)[drops].abs().mean() for name, f in forecasts.items()}
print(f"mean miss at {int(drops.sum())} drops:", *(f"{k} {v:.1f}" for k, v in misses.items()))
assert misses["LSTM"] < 0.8 * misses["autoregression"]
plotting.steps(
    {name: mean + std * f[:30, 0] for name, f in (forecasts | {"series": test_y}).items()},
    ylabel="value",
    title="At the drops the LSTM is nearer to the series",
    xlabel="step of the test part",
)

# %%
# Summary
# -------
# * Split in time, scale by the training part, then cut windows.
# * Print the errors of persistence, season and autoregression beside yours.
# * Give autoregression the window that the LSTM has.
# * This series has a rule that a weighted sum cannot follow. With five different first weights, the
#   LSTM's error was below 0.75 times that of autoregression. Real series are less kind.
#
# Common mistakes
# ---------------
# * "The curves lie on each other": persistence draws the same picture. See
#   :ref:`forecasting-baselines`.
# * "I scaled the whole series first": the scale has read the test part. See
#   :ref:`forecasting-order`.
# * "I shuffled the windows and split then": see :ref:`sunspots-leak`.
#
# Check yourself
# --------------
# Your error is 0.9 times that of persistence. Autoregression over the same window has 0.7 times.
# What do you report?
#
# .. dropdown:: Answer
#
#    All three numbers. The LSTM is better than nothing and worse than a weighted sum. Use the sum,
#    or find out what the LSTM misses.
#
# Next
# ----
# The next page, :ref:`several-steps-ahead`, goes further than the next value.
