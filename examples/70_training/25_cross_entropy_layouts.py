r"""
.. _cross-entropy-layouts:

Cross entropy wants the classes on axis 1
=========================================

You have one score for each class at each step, ``(N, L, C)``, and one right class at each step,
``(N, L)``. :func:`torch.nn.functional.cross_entropy` raises an error, or it runs and nothing is
learned. You need a model with an answer for each step (:ref:`transducer`, :ref:`tagging`). After
this page you can give each loss the shapes that it wants, and test in two lines that it measures
what you mean.

**You will see**

* the message for ``(N, L, C)``, and two ways that agree
* four calls that run without a message and measure something else
* a test that finds all four: perfect scores must cost nothing
* a loss of shapes (N, 1) and (N,), and the constant that it teaches
"""

# sphinx_gallery_tags = ["training", "errors", "shapes"]

import math
import warnings

import torch
import torch.nn.functional as F
from torch import nn

from lstm_guide import plotting, tasks

torch.manual_seed(0)
N, L, E, H, C = 3, 7, 4, 6, 5  # sequences, steps, features in, hidden size, classes

ids, tags = tasks.bracket_depth(N=N, L=L, deepest=C - 1)  # (N, L), (N, L)
embed = nn.Embedding(num_embeddings=3, embedding_dim=E)
lstm = nn.LSTM(input_size=E, hidden_size=H, batch_first=True)
head = nn.Linear(in_features=H, out_features=C)
output, _ = lstm(embed(ids))  # (N, L, H)
logits = head(output)  # (N, L, C)

# %%
# The message
# -----------
# The loss takes axis 1 for the classes, whatever you mean. From scores of shape (N, L, C) it wants
# targets of shape (N, C), and says so in sizes.

try:
    F.cross_entropy(logits, tags)
except RuntimeError as error:
    message = str(error)
    print(type(error).__name__, message)
else:
    raise AssertionError("torch accepted the classes on the last axis")
assert f"Expected target size [{N}, {C}], got [{N}, {L}]" in message

# %%
# Two ways that agree
# -------------------
# Move the classes to axis 1 with ``transpose(1, 2)``, or make one long batch of all steps with
# ``flatten(0, 1)``. Flatten both, scores and targets. Written out, the loss of a step is minus the
# logarithm of the probability that it gives to the right class, and the mean is over N * L steps.

moved = F.cross_entropy(logits.transpose(1, 2), tags)  # (N, C, L) and (N, L)
flat = F.cross_entropy(logits.flatten(0, 1), tags.flatten())  # (N * L, C) and (N * L,)
of_right_class = logits.log_softmax(dim=-1).gather(2, tags[:, :, None])  # (N, L, 1)
print(f"moved {moved:.4f}, flattened {flat:.4f}, by hand {-of_right_class.mean():.4f}")
torch.testing.assert_close(moved, flat)
torch.testing.assert_close(moved, -of_right_class.mean())

# %%
# A model that has learned nothing gives each class the same score and costs :math:`\ln C`. It is
# the number to compare a first loss with.

nothing = F.cross_entropy(torch.zeros(N, C, L), tags)  # ()
print(f"{nothing = :.4f}, {math.log(C) = :.4f}")
torch.testing.assert_close(nothing.item(), math.log(C))

# %%
# Four ways to be wrong without a message
# ---------------------------------------
# ``view`` and ``reshape`` make the right shape and put the scores of other steps into it
# (:ref:`view-and-transpose`). Cross entropy makes its own softmax: giving it probabilities flattens
# them. :func:`torch.nn.functional.nll_loss` makes none: given scores it has no lower end. And where L
# and C happen to be equal, (N, L, C) passes for (N, C, L).

square_tags = tags[:, :C]  # (N, C): a piece whose length is the number of classes


def losses(logits):
    """Compute the loss of scores (N, L, C) the right way and in four wrong ones."""
    return {
        "right": F.cross_entropy(logits.transpose(1, 2), tags),
        "view(N, C, L)": F.cross_entropy(logits.view(N, C, L), tags),
        "softmax before": F.cross_entropy(logits.softmax(dim=-1).transpose(1, 2), tags),
        "nll_loss of scores": F.nll_loss(logits.transpose(1, 2), tags),
        "L equal to C": F.cross_entropy(logits[:, :C], square_tags),
    }


found = losses(logits.detach())
for name, loss in found.items():
    print(f"{name:18} {loss:.4f}")
assert all(loss > 0 for name, loss in found.items() if name != "nll_loss of scores")

# %%
# .. _cross-entropy-layouts-test:
#
# Perfect scores must cost nothing
# --------------------------------
# Only a loss below zero looks wrong. So give the loss what a perfect model would say: a high
# score for the right class, zero for the others. The right loss is then zero. This test needs no
# model and takes two lines.

perfect = 20.0 * F.one_hot(tags, C).float()  # (N, L, C)
found = losses(perfect)
for name, loss in found.items():
    print(f"{name:18} {loss:.4f}")
    assert (abs(loss) < 1e-6) == (name == "right")
least = math.log(1 + (C - 1) / math.e)
print(f"the least loss with a softmax before: {least:.4f}")
torch.testing.assert_close(found["softmax before"].item(), least)
assert found["nll_loss of scores"] < -10

# %%
# What a wrong layout teaches
# ---------------------------
# Train the scores themselves, without any network: nothing is in the way of a perfect answer. With
# the right loss they reach it. With ``view`` the loss reaches zero as well, and the answers are
# those of other steps. So watch a number that you compute in another way, the share of right answers.

curves = {}
for name in ("right", "view(N, C, L)"):
    scores = torch.zeros(N, L, C, requires_grad=True)
    optimizer = torch.optim.Adam([scores], lr=0.5)
    shares, costs = [], []
    for _ in range(40):
        loss = losses(scores)[name]
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        shares.append((scores.argmax(dim=-1) == tags).float().mean())
        costs.append(loss.detach())
    curves[f"answers, {name}"] = torch.stack(shares)  # (40,)
    print(f"{name}: loss {loss:.2f}, right answers {shares[-1]:.2f}")
    assert loss < 0.05
assert curves["answers, right"][-1] == 1
assert curves["answers, view(N, C, L)"][-1] < 0.6
plotting.steps(
    curves | {"loss, view(N, C, L)": torch.stack(costs)},
    ylabel="share of right answers; loss",
    xlabel="training step",
    title="With view the loss goes to zero and the answers stay wrong",
)

# %%
# .. _loss-of-two-shapes:
#
# (N, 1) and (N,)
# ---------------
# A linear layer with one output gives (N, 1), the targets are (N,). The mean squared error of the two
# compares each answer with each target, N * N pairs. The best that it can teach is the same answer
# for all: the mean of the targets. torch warns and goes on. ``squeeze(1)`` makes the shapes equal.

targets = torch.tensor([0.0, 1.0, 5.0])  # (N,)
answers = targets[:, None]  # (N, 1): perfect
with warnings.catch_warnings(record=True) as caught:
    warnings.simplefilter("always")
    of_pairs = F.mse_loss(answers, targets)  # ()
print(str(caught[0].message).partition(". ")[0])
right = F.mse_loss(answers.squeeze(1), targets)  # ()
print(f"perfect answers: {of_pairs:.2f} as (N, 1), {right:.2f} as (N,)")
assert "Using a target size" in str(caught[0].message)
torch.testing.assert_close(of_pairs, 2 * targets.var(correction=0))
assert right == 0
constant = ((targets.mean() - targets) ** 2).mean()  # the least loss of pairs
print(f"the mean for all: {constant:.2f}, less than perfect answers cost")
torch.testing.assert_close(constant, of_pairs / 2)

# %%
# Summary
# -------
# * Cross entropy wants scores (N, C, L) and targets (N, L) of whole numbers. From (N, L, C), use
#   ``transpose(1, 2)`` or flatten both.
# * It makes its own softmax. Give it scores.
# * A model that knows nothing costs :math:`\ln C`; perfect scores cost zero. Test the second.
# * Make L and C different in a test, so that a swap cannot pass.
# * Prediction and target of a squared error have the same shape.
#
# Common mistakes
# ---------------
# * "I used ``view(N, C, L)`` because the message asked for it": it mixes the steps. See
#   :ref:`view-and-transpose`.
# * "My loss of five classes cannot get below 0.9": there is a softmax in front of the loss, see
#   :ref:`cross-entropy-layouts-test`.
# * "My regression answers the mean for everyone": look for (N, 1) against (N,)
#   (:ref:`loss-of-two-shapes`).
# * "Padding counts in my loss": see :ref:`masked-loss`.
#
# Check yourself
# --------------
# With time first, the scores are (L, N, C) and the targets (L, N). Which axis do you move?
#
# .. dropdown:: Answer
#
#    The same: ``logits.transpose(1, 2)`` gives (L, C, N), which fits targets (L, N). The loss does
#    not know which of the other axes is time. Flattening both works as well.
#
# Next
# ----
# The next page, :ref:`classification`, has one answer for a whole sequence, and sequences of
# different length.
