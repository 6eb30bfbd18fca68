r"""
.. _probes-tour:

Ten probes for mistakes that raise nothing
==========================================

Shapes fit, the loss falls a little, and you do not know whether the model does what you mean. A probe
is a small experiment on your own model: change one thing, and look at what moves. Before this page,
read :ref:`read-the-call-back`. After it, you know the ten, which of them to run when, and how to
read what they find.

**You will see**

* all ten in one list, with the question that each asks
* ``run_all`` on a broken and on a sound model
* what a finding holds, and what the threshold means
* that a probe leaves your model as it was
"""

# sphinx_gallery_tags = ["debugging", "probes"]

import torch
from torch import nn
from torch.nn.functional import cross_entropy
from torch.testing import assert_close

from lstm_guide import length_mask, masked_mean, pack, plotting, probes, unpack

torch.manual_seed(0)
N, L, H_in, H, C = 4, 7, 3, 5, 6  # batch, time, features in, features out, classes
x = torch.randn(N, L, H_in)  # (N, L, H_in)
lengths = torch.tensor([3, 7, 2, 5])

# %%
# The ten questions
# -----------------
# Seven take your model and a sample ``x``:
#
# * :func:`~lstm_guide.probes.batch_leak`: does one row move another?
# * :func:`~lstm_guide.probes.row_permutation`: do the answers follow the order of the rows?
# * :func:`~lstm_guide.probes.memory`: does a row depend on its earlier steps? Name the batch axis.
# * :func:`~lstm_guide.probes.causality`: has a prediction read its own target? Give the function
#   that cuts the targets.
# * :func:`~lstm_guide.probes.gradient_reach`: which steps have a gradient?
# * :func:`~lstm_guide.probes.call_twice`: do two equal calls agree?
# * :func:`~lstm_guide.probes.equations`: does an ``nn.LSTM`` compute its equations?
#
# Three want another call:
#
# * :func:`~lstm_guide.probes.loop_equals_bulk`, of ``(x, state) -> (output, state)``: does a loop
#   over the steps give what one call gives?
# * :func:`~lstm_guide.probes.padding_invariance`, of ``(x, lengths) -> answer``: does padding matter?
# * :func:`~lstm_guide.probes.perfect_logits`, of a loss and targets: do perfect logits cost nothing?
#
# A model is a module, or a function that calls one. Of a tuple, as ``nn.LSTM`` returns it, the first
# item is the answer.

# %%
# A broken model
# --------------
# This classifier has three mistakes. :func:`~lstm_guide.probes.run_all` runs what applies and shows
# one table. Look at *what was found*: each sentence names lines to look at, and a page that shows the
# mistake. What did not run stands below, with what it needs.


class Broken(nn.Module):
    """Classify padded sequences, with three mistakes."""

    def __init__(self):
        super().__init__()
        self.lstm = nn.LSTM(input_size=H_in, hidden_size=H)  # and x has batch first
        self.linear = nn.Linear(H, C)

    def forward(self, x, lengths):
        output, _ = self.lstm(x)
        scores = self.linear(output.mean(1))  # the mean over padding, too
        return scores.softmax(0)  # over the batch


broken = Broken()
findings = probes.run_all(broken, x, lengths=lengths)
assert not findings.ok
failed = [finding.probe for finding in findings if not finding.ok]
assert {"batch leak", "padding invariance", "row permutation"} <= set(failed)
assert_close(broken(x, lengths).sum(0), torch.ones(C))  # a class adds up to 1 over the rows
findings

# %%
# One finding
# -----------
# A finding has ``ok``, the ``number`` that was measured, the ``threshold``, a ``sentence``, and the
# ``page`` of this guide. Where a probe measures more than one number, ``matrix`` holds them all. For
# a :term:`leak`: row i of the picture was changed, and column j moved.

leak = findings["batch leak"]
others = leak.matrix.clone().fill_diagonal_(0)  # (N, N), between different rows
print(f"{leak.ok = }, {leak.number = :.4f}")
print(f"{leak.expected = }")
print(f"{tuple(leak.matrix.shape) = }")
assert leak.number == others.max()
plotting.influence(
    leak.matrix,
    rows="batch",
    columns="batch",
    title="In the broken model\nevery row moves every other row",
)

# %%
# The same model, repaired
# ------------------------
# ``batch_first=True``, the mean over valid steps (:func:`lstm_guide.masked_mean`), and the softmax
# over the classes.


class Sound(nn.Module):
    """The same classifier."""

    def __init__(self):
        super().__init__()
        self.lstm = nn.LSTM(input_size=H_in, hidden_size=H, batch_first=True)
        self.linear = nn.Linear(H, C)

    def forward(self, x, lengths):
        rows, _ = self.lstm(pack(self.lstm, x, lengths))
        output, _ = unpack(self.lstm, rows, total_length=x.size(1))  # (N, L, H)
        mean = masked_mean(output, length_mask(lengths, L=x.size(1)), dim=1)  # (N, H)
        return self.linear(mean).softmax(-1)  # (N, C)


sound = Sound()
findings = probes.run_all(sound, x, lengths=lengths)
assert findings.ok
findings

# %%
# Layers, forecasts and losses
# ----------------------------
# For a bare ``nn.LSTM``, ``run_all`` adds the loop and the equations. A forecaster needs
# ``targets``, the function with which your training code cuts them from ``x``.

lstm = nn.LSTM(input_size=H_in, hidden_size=H_in, batch_first=True)
findings = probes.run_all(lstm, x, targets=lambda x: x)  # the output of step t against x of step t
assert [finding.probe for finding in findings if not finding.ok] == ["causality"]
assert probes.causality(lambda x: lstm(x[:, :-1]), x, targets=lambda x: x[:, 1:]).ok
findings

# %%
# A loss has a probe of its own.

loss = probes.perfect_logits(cross_entropy, torch.randint(C, (N,)), classes=C)
print(loss)
assert loss.ok

# %%
# What *the same* means
# ---------------------
# No two kernels agree to the last digit, so a threshold of zero would fail sound models. A probe
# asks for three quarters of the digits of the :term:`dtype`, measured at the largest entry of the
# answer. Mistakes are far above it. In float64 the threshold is more than a million times smaller,
# and a small leak that float32 hides can be seen.


def leaks_a_little(x):
    return x.cumsum(1) + 1e-7 * x.mean(0)  # a mean over the rows


single = probes.batch_leak(leaks_a_little, x)
double = probes.batch_leak(leaks_a_little, x.double())
print(single, double, sep="\n\n")
assert single.ok
assert not double.ok
assert single.threshold > 1e6 * double.threshold

# %%
# Your model stays as it was
# --------------------------
# Every call starts from the same weights, buffers, kept state and random numbers, in evaluation mode;
# only ``call_twice`` keeps your mode. At the end all of it is put back, gradients too.

model = nn.Sequential(nn.Linear(H_in, H_in), nn.Dropout(0.5), nn.BatchNorm1d(L)).train()
before = {name: value.clone() for name, value in model.state_dict().items()}
random = torch.get_rng_state()
probes.run_all(model, x)
assert_close(model.state_dict(), before, rtol=0, atol=0)
assert_close(torch.get_rng_state(), random)
assert model.training
assert all(parameter.grad is None for parameter in model.parameters())

# %%
# Summary
# -------
# * ``probes.run_all(model, x, lengths=..., targets=...)`` runs what applies.
# * Run it when a model is new, after each change of a shape, and before a long training.
# * Take a sample whose sizes are all different: with L equal to N, swapped axes look alike.
# * A finding holds a number, a threshold, a sentence and a page.
#
# Common mistakes
# ---------------
# * "All probes pass, so the model is good": they find wrong wiring, not weak models. Compare with a
#   baseline, see :ref:`silent-training`.
# * "I probe the function after ``argmax``": probe the scores, a small change moves no class, see
#   :ref:`silent-axes`.
# * "``call_twice`` fails and I use dropout": it keeps your mode, call ``eval()`` first, see
#   :ref:`silent-states`.
# * "My model takes no lengths, so padding is no matter": then every padded step counts, see
#   :ref:`silent-padding`.
#
# Check yourself
# --------------
# Why does ``causality`` ask how you cut the targets, and not only for the model?
#
# .. dropdown:: Answer
#
#    A model that never looks ahead is still told the answer when it is compared with the step that
#    it has read last. That is what happened above with ``targets=lambda x: x``. Only the targets
#    show it.
#
# Next
# ----
# The mistakes one by one, with their numbers, begin with the most frequent: :ref:`silent-axes`.
