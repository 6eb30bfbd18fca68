r"""
.. _silent-training:

The loss falls, and means nothing
=================================

Your loss is near zero after a minute, or it stops at a value and no model gets below. Both may be the
wiring of inputs, targets and loss, and not the model. Before this page, read :ref:`probes-tour`. After
it, you can tell a leak from a good model, and a wrong loss from a hard task.

**You will see**

* targets that the model has read, in three ways, found before any training
* four losses that perfect logits cannot satisfy
* a broadcast that gives every row the same prediction
* a gradient that saturated gates cut off, and clipping at the wrong line
"""

# sphinx_gallery_tags = ["debugging", "probes", "training"]

import math
import warnings

import torch
from torch import nn
from torch.nn.functional import cross_entropy, mse_loss, nll_loss

from lstm_guide import plotting, probes

torch.manual_seed(0)
N, L, H, C = 4, 9, 5, 6  # batch, time, features out, classes: all different
ids = torch.randint(C, (N, L))  # (N, L), random tokens: nothing to learn


def compare(wrong, right):
    """Print both findings, and require that the probe tells them apart."""
    print(wrong, right, sep="\n\n")
    assert not wrong.ok
    assert right.ok


# %%
# No shift between inputs and targets
# -----------------------------------
# A language model predicts the next token. Compared with the token that it has read, it learns to
# copy. On random tokens its loss comes near zero, and no honest model gets below ln C:
# :ref:`overfit-too-good` trains both. :func:`~lstm_guide.probes.causality` needs no training to see
# it: it changes each token, and looks at the predictions whose target is that token or comes before
# it.


class LanguageModel(nn.Module):
    """Scores for the next token at every step."""

    def __init__(self, bidirectional=False):
        super().__init__()
        self.embed = nn.Embedding(C, H)
        self.lstm = nn.LSTM(
            input_size=H, hidden_size=16, bidirectional=bidirectional, batch_first=True
        )
        self.linear = nn.Linear(32 if bidirectional else 16, C)

    def forward(self, ids):
        return self.linear(self.lstm(self.embed(ids))[0])  # (N, L, C)


model = LanguageModel()
wrong = probes.causality(model, ids, targets=lambda ids: ids)
right = probes.causality(lambda ids: model(ids[:, :-1]), ids, targets=lambda ids: ids[:, 1:])
compare(wrong, right)

# %%
# Two directions, and a window with its own target
# ------------------------------------------------
# A reverse direction hands the next token back to the step before.

looks_ahead = LanguageModel(bidirectional=True)
wrong = probes.causality(looks_ahead, ids)
compare(wrong, probes.causality(model, ids))
plotting.influence(
    wrong.matrix,
    rows="time",
    columns="time",
    title="With two directions, every later step moves a prediction",
)

# %%
# And a window that ends one step too late holds its target.

width, series = 4, torch.randn(1, 12)  # (N, L), one series of numbers
forecaster = nn.LSTM(input_size=1, hidden_size=H, batch_first=True)


def forecast(series, first):
    windows = series[0].unfold(0, width, 1)[first : first + 12 - width]  # (8, width)
    return forecaster(windows[..., None])[0][:, -1, :1].T  # (1, 8), one for each window


def targets_of(series):
    return series[:, width:]  # (1, 8)


wrong = probes.causality(lambda series: forecast(series, 1), series, targets=targets_of)
compare(wrong, probes.causality(lambda series: forecast(series, 0), series, targets=targets_of))

# %%
# A loss that perfect logits cannot satisfy
# -----------------------------------------
# Give the loss what a perfect model would. :func:`~lstm_guide.probes.perfect_logits` finds a softmax
# too many, one too few, ``view`` in place of ``transpose``, and classes on the time axis. The last
# raises an error unless L equals C: that is why sizes in tests should differ.

targets, square = torch.randint(C, (N, L)), torch.randint(C, (N, C))


def right(logits, targets):
    return cross_entropy(logits.transpose(1, 2), targets)  # wants (N, C, L)


wrong = {
    "softmax first": lambda a, b: cross_entropy(a.softmax(-1).transpose(1, 2), b),
    "nll_loss on logits": lambda a, b: nll_loss(a.transpose(1, 2), b),
    "view": lambda a, b: cross_entropy(a.view(N, C, L), b),
}
costs = {name: probes.perfect_logits(loss, targets, classes=C) for name, loss in wrong.items()}
costs["classes on time"] = probes.perfect_logits(cross_entropy, square, classes=C)
for name, finding in costs.items():
    print(f"{name:>18}: costs {finding.number:.4f}")
    assert not finding.ok
floor = math.log(math.e + C - 1) - 1  # cross entropy of a softmax that is sure and right
assert abs(costs["softmax first"].number - floor) < 1e-4
print(probes.perfect_logits(right, targets, classes=C))
assert probes.perfect_logits(right, targets, classes=C).ok

# %%
# (N, 1) against (N,)
# -------------------
# A squared error of these two compares all pairs of rows. The best answer is then the mean, for every
# row. torch warns; a library above it may not show it. The perfect prediction costs twice the
# variance of the targets. The assertion: equal shapes.

y = torch.randn(32)
with warnings.catch_warnings(record=True) as caught:
    warnings.simplefilter("always")
    cost = mse_loss(y[:, None], y)  # the perfect prediction
print(f"perfect predictions cost {cost:.4f}")
print(f"twice the variance is {2 * y.var(correction=0):.4f}")
print(f"{mse_loss(y[:, None].squeeze(-1), y) = :.4f}")
assert "broadcasting" in str(caught[0].message)
torch.testing.assert_close(cost, 2 * y.var(correction=0))

# %%
# Features on another scale
# -------------------------
# Inputs in the ten thousands drive every gate to exactly 0 or 1. There the slope is zero, and the
# gradient stops. Bring the features to about one, with numbers from the training part alone.

lstm = nn.LSTM(input_size=3, hidden_size=H, batch_first=True)
x = torch.randn(N, L, 3)
wrong = probes.gradient_reach(lambda x: lstm(x)[0][:, -1], 1e4 * x)
compare(wrong, probes.gradient_reach(lambda x: lstm(x)[0][:, -1], x))

# %%
# Clipping at the wrong line, and nan
# -----------------------------------
# Clip after ``backward()`` and before ``step()``: elsewhere it has nothing to clip. And one ``nan``
# gradient makes all of them ``nan``, unless you ask for an error.

parameters = list(lstm.parameters())
before = nn.utils.clip_grad_norm_(parameters, 0.1)  # too early: there is no gradient yet
(100 * lstm(x)[0]).sum().backward()
after = torch.stack([p.grad.norm() for p in parameters]).norm()
print(f"clipped before backward: the norm was {before:.1f} and is {after:.1f}")
assert before == 0
assert after > 1
nn.utils.clip_grad_norm_(parameters, 0.1)
assert torch.stack([p.grad.norm() for p in parameters]).norm() < 0.11

parameters[0].grad[0, 0] = torch.nan
try:
    nn.utils.clip_grad_norm_(parameters, 0.1, error_if_nonfinite=True)
except RuntimeError as error:
    print(str(error).split(",")[0])
else:
    raise AssertionError("a nan gradient went through")
nn.utils.clip_grad_norm_(parameters, 0.1)
assert all(p.grad.isnan().all() for p in parameters), "by default, all are nan now"

# %%
# Summary
# -------
# * ``causality`` measures against the targets, without any training.
# * Perfect logits have to cost nothing.
# * Equal shapes for a squared error, features of about one, clipping before the step.
#
# Common mistakes
# ---------------
# * "A loss near zero is a good sign": look for a leak first. Random tokens cost ln C at least, and
#   whatever is below has read its target, see :ref:`overfit-too-good`.
# * "A second direction improves my forecast": it reads the future, see :ref:`two-directions`.
# * "My network predicts well, the curve fits": so does repeating the last value. Report both errors,
#   see :ref:`data-to-tensor` for windows and targets.
# * "Padding is in the loss": see :ref:`masked-loss`.
#
# Check yourself
# --------------
# A classifier of six classes stops at a loss of 1.04, whatever you try. Where do you look?
#
# .. dropdown:: Answer
#
#    At the loss: ln(e + 5) - 1 is 1.04, the floor of a softmax before ``cross_entropy`` with six
#    classes. ``perfect_logits`` printed it above.
#
# Next
# ----
# What remains are the weights themselves: :ref:`silent-weights`.
