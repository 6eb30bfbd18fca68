r"""
.. _smallest-loop:

The smallest training loop that tells the truth
===============================================

Your loss goes down from 1.2 to 0.16 and stays there. Has the model learned something? A training
loss alone cannot say. You need an LSTM with a linear layer behind it (:ref:`lstm-in-a-module`,
:ref:`encoder`). After this page you can write a loop that answers the question: with held-out data,
a baseline, and a curve.

**You will see**

* the five lines of every loop, and what happens without the first
* a loss that looks learned and is the loss of a constant
* a curve that lies flat for a while and then falls
* a model whose training loss is near zero and that is worse than the constant on new data
"""

# sphinx_gallery_tags = ["training", "patterns"]

import matplotlib.pyplot as plt
import torch
import torch.nn.functional as F
from torch import nn

from lstm_guide import plotting, tasks

torch.manual_seed(0)
N, L, H_in, H = 50, 12, 2, 32  # sequences in a batch, steps, features, hidden size

# %%
# Data, and data to keep away
# ---------------------------
# The task is the adding problem. Each step has a number from 0 to 1 and a marker. Two steps are
# marked, and the answer is the sum of their two numbers. The LSTM has to notice the markers and to
# keep the first number until the second comes. 500 sequences are **held out**: no training step
# sees them, and no choice is made by them.

draw = torch.Generator().manual_seed(0)
x, target = tasks.adding_problem(N=2000, L=L, generator=draw)  # (2000, L, H_in), (2000,)
held_x, held_target = tasks.adding_problem(N=500, L=L, generator=draw)  # 500 of them
marked = x[0, x[0, :, 1] == 1, 0]  # (2,)
print(f"{tuple(x.shape) = }, {tuple(target.shape) = }")
print(f"marked: {marked[0]:.2f} and {marked[1]:.2f}, target: {target[0]:.2f}")
torch.testing.assert_close(marked.sum(), target[0])
assert x.shape == (2000, L, H_in)

# %%
# .. _smallest-loop-baseline:
#
# First the baseline
# ------------------
# What does the best answer cost that does not look at the input? For a squared error it is the mean
# of the training targets. Whatever your model reaches, it has learned nothing from the input until
# it is below this number. Here the mean squared error of the constant is close to 1/6.

constant = target.mean()  # ()
baseline = F.mse_loss(constant.expand(500), held_target).item()
zero = F.mse_loss(torch.zeros(500), held_target).item()
print(f"always 0:    held-out loss {zero:.2f}, about what a new model costs")
print(f"always {constant:.2f}: held-out loss {baseline:.2f}")
assert abs(baseline - 1 / 6) < 0.02
assert zero > 6 * baseline

# %%
# .. _smallest-loop-code:
#
# The loop
# --------
# One batch after another: forget the old gradients, compute the answers, compute the loss, compute
# the gradients, take a step. One pass through all batches is an :term:`epoch`. After each epoch the
# held-out loss is computed under :class:`torch.no_grad`. Prediction and target have one shape, (N,):
# with (N, 1) and (N,), the loss would compare each with each (:ref:`loss-of-two-shapes`).


def answer(lstm, head, x):
    """Return one number for each sequence of x, (N, L, H_in)."""
    _, (h_n, _) = lstm(x)  # (1, N, H)
    return head(h_n[-1]).squeeze(1)  # (N,)


def train(x, target, epochs, zero=True):
    """Train a new model; return it and, by epoch, its training and its held-out loss."""
    lstm = nn.LSTM(input_size=H_in, hidden_size=H, batch_first=True)
    head = nn.Linear(in_features=H, out_features=1)
    optimizer = torch.optim.Adam([*lstm.parameters(), *head.parameters()], lr=1e-2)
    curves = {"training": [], "held out": []}
    for _ in range(epochs):
        for batch in torch.randperm(len(x)).split(N):  # (N,) each
            if zero:
                optimizer.zero_grad()
            loss = F.mse_loss(answer(lstm, head, x[batch]), target[batch])  # ()
            loss.backward()
            optimizer.step()
        with torch.no_grad():
            curves["training"].append(F.mse_loss(answer(lstm, head, x), target))
            new = F.mse_loss(answer(lstm, head, held_x), held_target)  # ()
            curves["held out"].append(new)
    return (lstm, head), {name: torch.stack(curve) for name, curve in curves.items()}


model, curves = train(x, target, epochs=14)
final = curves["held out"][-1].item()
print(f"held-out loss below a tenth of the baseline: {final < baseline / 10}")
assert final < baseline / 10

# %%
# A flat curve, then a fall
# -------------------------
# In the first epochs the model learns what the constant knows, and its curve lies on the baseline.
# There the loss is far below that of a new model, and looks like success. Then the model finds out
# about the markers. When this happens differs from seed to seed, so one run says little about a
# change that you made.

first = curves["held out"][0].item()
print(f"after one epoch, held-out loss divided by baseline: {first / baseline:.1f}")
assert 0.85 < first / baseline < 1.3
plotting.steps(
    {**curves, "constant": torch.full((14,), baseline)},
    ylabel="mean squared error",
    xlabel="epoch",
    title="The loss rests on the baseline for some epochs, then falls",
)

# %%
# Look at the answers, not only at their mean error
# -------------------------------------------------
# A model that has learned a constant gives nearly the same answer to all. So compare how far the
# answers spread with how far the targets spread, and draw some of both.

with torch.no_grad():
    answers = answer(*model, held_x)  # (500,)
spread = (answers.std() / held_target.std()).item()
print(f"spread of the answers, divided by that of the targets: {spread:.1f}")
assert 0.8 < spread < 1.2
with plotting.style():
    ax = plt.figure().subplots()
    ax.scatter(held_target[:200], answers[:200], s=20)
    ax.axline((1, 1), slope=1, linestyle=":", color="#777b83")
    ax.set(xlabel="target", ylabel="answer")
    ax.set_title("Answers to new sequences lie near their targets")

# %%
# .. _smallest-loop-zero-grad:
#
# Without ``zero_grad``
# ---------------------
# ``backward`` adds to the gradients that are there. Two calls for the same loss give twice the
# gradient. In a loop without ``zero_grad``, each step follows the sum of all gradients since the
# start. No message says so. Train as long as before: the loss moves, and it does not arrive.

lstm, head = model
lstm.zero_grad()
sizes = []
for _ in range(2):
    F.mse_loss(answer(lstm, head, x[:N]), target[:N]).backward()
    sizes.append(lstm.weight_hh_l0.grad.norm())
torch.testing.assert_close(sizes[1], 2 * sizes[0])
print(f"second gradient, divided by the first: {sizes[1] / sizes[0]:.1f}")

_, without = train(x, target, epochs=14, zero=False)
best = without["held out"].min().item()
print(f"best held-out loss at least 0.9 of the baseline: {best > 0.9 * baseline}")
assert best > 0.9 * baseline
both = {"without zero_grad": without["held out"], "with zero_grad": curves["held out"]}
plotting.steps(
    both | {"constant": torch.full((14,), baseline)},
    ylabel="held-out squared error",
    xlabel="epoch",
    title="Without zero_grad the loss moves and does not arrive",
)

# %%
# Without held-out data
# ---------------------
# Train on four sequences only. The model learns them by heart: the training loss goes to nearly
# zero. On new sequences it is worse than the constant. Without held-out data you would see the first
# number alone. It is also a good test of the loop: a model that cannot do it has a mistake in it.

_, by_heart = train(x[:4], target[:4], epochs=300)
known, new = by_heart["training"][-1].item(), by_heart["held out"][-1].item()
print(f"training loss below a hundredth of the baseline: {known < baseline / 100}")
print(f"held-out loss above the baseline: {new > baseline}")
assert known < baseline / 100
assert new > 1.1 * baseline

# %%
# Summary
# -------
# * Keep data away before you do anything else, and measure on it, under ``torch.no_grad()``.
# * Compute a baseline that needs no network. Below it, learning begins.
# * Answers, loss, backward, step, for each batch; the gradients are zeroed before each backward.
# * Draw the curve of the held-out loss. Flat at the baseline may only mean "not yet".
# * A training loss near zero proves that the loop works, and nothing about new data.
#
# Common mistakes
# ---------------
# * "My loss fell from 1.2 to 0.16": so does that of a constant. Compute the baseline first
#   (:ref:`smallest-loop-baseline`).
# * "I left out ``zero_grad``, and it trains all the same": compare the curves
#   (:ref:`smallest-loop-zero-grad`).
# * "All my answers are nearly the same": the model has learned the mean. Prediction and target may
#   have different shapes (:ref:`loss-of-two-shapes`).
# * "I add up losses for the curve, and memory grows": each keeps its graph. Compute the curve under
#   ``no_grad``, or add ``loss.item()`` (:ref:`smallest-loop-code`).
#
# Check yourself
# --------------
# You try ten learning rates and keep the model with the least held-out loss. What is wrong with
# reporting this loss?
#
# .. dropdown:: Answer
#
#    The held-out data has made a choice, so the least of ten losses is too good. Keep a third part
#    away, the test data: choose on the second, report on the third, once.
#
# Next
# ----
# The next page, :ref:`tagging`, has an answer at every step, and a baseline harder to beat.
