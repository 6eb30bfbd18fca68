r"""
.. _several-steps-ahead:

How do you forecast several steps ahead?
========================================

Your model predicts the next value, and you need the next twelve. You can feed its own forecasts back
to it, or train another model that gives all twelve at once. Which is better? Before this page, read
:ref:`forecasting`. After it, you can do both, and measure where each of them loses.

**You will see**

* recursion: a forecast becomes the next input, and the state is carried
* a head that gives all steps at once
* the error at each step ahead, beside that of the baselines
* why sharp forecasts can be worse than blurred ones
"""

# sphinx_gallery_tags = ["training", "data", "states"]

import torch
from torch import nn

from lstm_guide import plotting, tasks, training

torch.manual_seed(0)
L, N, H, K = 32, 64, 16, 12  # steps of a window, batch, features of h and c, steps ahead

# %%
# Windows with twelve targets
# ---------------------------
# The series is that of :ref:`forecasting`: lines that rise in 8 to 24 steps and drop. Each window
# of 32 steps now has twelve targets. How long the cycle after the next drop will be is not in the
# window, so nobody can know all twelve.

series = tasks.noisy_cycles(L=1400)  # (1400,)
data = training.windows(series, split=1000, length=L, horizon=K)
print(data)
assert data.test_y.shape == (1400 - 1000 - K + 1, K)


def errors(forecast):
    """Root of the mean squared error of each step ahead: from (N, K) to (K,)."""
    return (data.std * (forecast - data.test_y)).square().mean(dim=0).sqrt()


# %%
# The baselines, twelve steps long
# --------------------------------
# Persistence says the same value twelve times. Autoregression of one step is used again and again,
# each forecast being read for the next. The third is the mean of the training part, which is 0 in
# scaled units: it knows nothing and is never far off.

scaled = (series[: data.split] - data.mean) / data.std  # (1000,)
weighted_sum = training.autoregression(scaled, order=L)
by_step = {
    "last value": errors(training.persistence(data.test_x, steps=K)),
    "weighted sum": errors(weighted_sum(data.test_x, steps=K)),
}
mean = errors(torch.zeros_like(data.test_y)).mean().item()
for name, values in by_step.items():
    print(f"{name:<13} 1 ahead {values[0]:.2f}, {K} ahead {values[-1]:.2f}")
print(f"mean of the past {mean:.2f}")
assert by_step["weighted sum"][0] < mean < by_step["last value"][-1]

# %%
# One loop for two models
# -----------------------
# Both are an LSTM and a linear layer that gives changes from the last value. One gives one step, the
# other K of them. The loop is the same, and takes the loss of a batch as a function.


def make(steps):
    """Return an LSTM, and a head for so many steps."""
    lstm = nn.LSTM(input_size=1, hidden_size=H, batch_first=True)
    return lstm, nn.Linear(in_features=H, out_features=steps)


def train(lstm, head, loss_of):
    """Train on random windows of the training part."""
    parameters = [*lstm.parameters(), *head.parameters()]
    optimizer = torch.optim.Adam(parameters, lr=0.01)
    for _ in range(300):
        chosen = torch.randint(len(data.x), (N,))
        loss = loss_of(data.x[chosen], data.y[chosen])
        optimizer.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(parameters, 1.0)
        optimizer.step()


# %%
# .. _several-steps-recursion:
#
# Recursion: feed the forecast back
# ---------------------------------
# Train for one step. Then read the window once, which gives a forecast and a :term:`state`. Feed the
# forecast, and the state with it: what is known of the window is in there. Without the state, each
# step starts from zeros and has read one value.

lstm, head = make(1)


def one_step_loss(x, y):
    """Compare the value after each step of the window, the first four left out."""
    known = torch.cat([x, y[:, :1]], dim=1)  # (N, L + 1)
    output, _ = lstm(x[:, :, None])  # (N, L, H)
    return (x + head(output).squeeze(-1) - known[:, 1:])[:, 4:].square().mean()


@torch.no_grad()
def recursive(x, carry=True):
    """Forecast K steps, one at a time: from (N, L) to (N, K)."""
    output, state = lstm(x[:, :, None])  # (N, L, H)
    value = x[:, -1:] + head(output[:, -1])  # (N, 1)
    values = [value]
    while len(values) < K:
        output, state = lstm(value[:, :, None], state if carry else None)  # (N, 1, H)
        value = value + head(output[:, -1])
        values.append(value)
    return torch.cat(values, dim=1)


train(lstm, head, one_step_loss)
by_step["recursion"] = errors(recursive(data.test_x))
forgetful = errors(recursive(data.test_x, carry=False))
worse = (forgetful[2] / by_step["recursion"][2]).item()  # three steps ahead
print(f"recursion without the state is worse: {worse > 1}")
assert by_step["recursion"][0] < 0.85 * by_step["weighted sum"][0]
assert worse > 1

# %%
# Directly: all steps at once
# ---------------------------
# The head reads the last output and gives all K steps. Nothing is fed back.

direct_lstm, direct_head = make(K)


def direct(x):
    """Forecast K steps at once: from (N, L) to (N, K)."""
    output, _ = direct_lstm(x[:, :, None])  # (N, L, H)
    return x[:, -1:] + direct_head(output[:, -1])


train(direct_lstm, direct_head, lambda x, y: (direct(x) - y).square().mean())
with torch.no_grad():
    by_step["directly"] = errors(direct(data.test_x))
assert by_step["directly"][0] < 0.85 * by_step["weighted sum"][0]

names = ("recursion", "directly", "weighted sum")
shown = {name: torch.cat([torch.zeros(1), by_step[name]]) for name in names}
plotting.steps(
    {"mean of the past": torch.full((K + 1,), mean)} | shown,
    ylabel="error",
    title="Both begin well; far ahead, recursion loses",
    xlabel="steps ahead",
)

# %%
# .. _several-steps-mean:
#
# Sharp and wrong, or blurred and near
# ------------------------------------
# For the first step, both beat the weighted sum; which of them is better changes with the seed. The
# next drop can be read from the window. How steep the line after it is, nobody knows. Recursion
# draws one such line and loses far ahead, even to the mean of the past. The direct head stays near
# the mean of all lines: less shape, and a smaller error. Choose by what you need of the two.

far = {name: values[-1].item() for name, values in by_step.items()}
for name, value in far.items():
    print(f"{K} ahead, {name:<12} beats the mean: {value < mean}")
assert far["directly"] < far["recursion"]
assert far["directly"] < far["weighted sum"] < far["last value"]
assert far["recursion"] > mean

with torch.no_grad():
    courses = {
        "series": data.test_y,
        "recursion": recursive(data.test_x),
        "directly": direct(data.test_x),
    }
swings = {name: values.std(dim=1).mean().item() for name, values in courses.items()}
assert swings["recursion"] > swings["directly"]
row = int((data.test_y[:, 3] - data.test_y[:, 2]).argmin())  # a drop early on
start = data.test_x[row, -1:]  # (1,): the last known value
plotting.steps(
    {name: data.unscale(torch.cat([start, of[row]])) for name, of in courses.items()},
    ylabel="value",
    title="Recursion draws a course, the direct head a mean",
    xlabel="steps ahead",
)

# %%
# Summary
# -------
# * Recursion needs one model for any number of steps. Carry the state.
# * A direct head is trained for its number of steps, and feeds nothing back.
# * Report the error at each step ahead. The mean over all hides where a forecast ends.
# * Far ahead, the mean of the past is a baseline too, and here recursion loses against it.
#
# Common mistakes
# ---------------
# * "I feed the forecast back without the state": each step has read one value. See
#   :ref:`several-steps-recursion`.
# * "My forecast is a flat line": a squared error asks for the mean of what may come. See
#   :ref:`several-steps-mean`.
#
# Check yourself
# --------------
# You train for one step and test twelve steps ahead, feeding the true values. What do you measure?
#
# .. dropdown:: Answer
#
#    The error of one step, twelve times. In use there are no true values to feed: the forecast is
#    all there is.
#
# Next
# ----
# The next page, :ref:`sunspots`, takes a real series, and shows what a leak looks like.
