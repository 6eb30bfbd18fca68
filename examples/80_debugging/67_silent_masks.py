r"""
.. _silent-masks:

Means, weights and losses that count padding
============================================

The layer is right: each valid step holds what it would hold without padding. Then you take a mean over
time, a maximum, a softmax or a loss, and the padding is in it. Short sequences suffer most, and nothing
is raised. Before this page, read :ref:`silent-padding` and :ref:`masked-loss`. After it, you know which
of them need a mask, and how far each is off without one.

**You will see**

* a mean that shrinks by a known factor, and a maximum that takes a zero
* attention that gives weight to padding, drawn
* a loss that moves with the padding
* a mask that lets ``nan`` through, and the assertion that sees it
"""

# sphinx_gallery_tags = ["debugging", "probes", "variable length"]

import torch
from torch import nn
from torch.nn.functional import mse_loss
from torch.testing import assert_close

from lstm_guide import (
    length_mask,
    masked_loss,
    masked_mean,
    masked_softmax,
    pack,
    plotting,
    probes,
    transduce,
    unpack,
)

torch.manual_seed(0)
N, L, H_in, H = 4, 7, 3, 5  # batch, time, features in, features out: all different
lengths = torch.tensor([3, 7, 2, 5])
x = torch.randn(N, L, H_in)  # (N, L, H_in)
lstm = nn.LSTM(input_size=H_in, hidden_size=H, batch_first=True)


def run(x, lengths):
    """Return the output with zeros on the padding, (N, L, H), and the mask, (N, L)."""
    rows = transduce(lstm, pack(lstm, x, lengths))
    output, _ = unpack(lstm, rows, total_length=x.size(1))
    return output, length_mask(lengths, L=x.size(1))


def compare(name, wrong, right):
    """Print how far the wrong model moves; the probe has to pass the right one."""
    wrong, right = (probes.padding_invariance(model, x, lengths) for model in (wrong, right))
    print(f"{name}: moves by {wrong.number:.4f}, expected {wrong.expected}")
    assert not wrong.ok
    assert right.ok


# %%
# A mean over L
# -------------
# After unpacking, padding is zeros. They add nothing to a sum, so they look harmless. But
# ``output.mean(1)`` divides by L, and the right mean divides by the length. The wrong one is too
# small, by the factor length / L. :func:`~lstm_guide.probes.padding_invariance` compares a row in the
# batch with the row alone, and with more padding.


def mean(x, lengths):
    output, mask = run(x, lengths)
    return masked_mean(output, mask, dim=1)  # (N, H)


def mean_over_all(x, lengths):
    output, _ = run(x, lengths)
    return output.mean(1)  # (N, H)


compare("mean", mean_over_all, mean)
factor = lengths[:, None] / L  # (N, 1)
assert_close(mean_over_all(x, lengths), factor * mean(x, lengths))
print("factors:", ", ".join(f"{each:.2f}" for each in factor[:, 0].tolist()))

# %%
# A maximum that takes a zero
# ---------------------------
# Where every valid entry is below zero, the largest one is the zero of the padding. Put
# ``-torch.inf`` there first.


def largest(x, lengths):
    output, mask = run(x, lengths)
    return torch.where(mask[..., None], output, -torch.inf).amax(1)  # (N, H)


compare("maximum", lambda x, n: run(x, n)[0].amax(1), largest)
taken = (run(x, lengths)[0].amax(1) == 0).sum(1)  # (N,)
print(f"entries that are a zero of the padding, by row: {taken.tolist()}")
assert taken[1] == 0, "row 1 has no padding"
assert taken.sum() > 0

# %%
# Attention
# ---------
# A softmax gives each score a weight above zero, that of a padded step too. The output there is zero,
# so the weight is lost: what is left for the valid steps adds up to less than 1. In the picture the
# valid steps are orange, and the padding is blue.

score = nn.Linear(H, 1)


def weights_of(x, lengths, masked):
    output, mask = run(x, lengths)
    scores = score(output)[..., 0]  # (N, L)
    return masked_softmax(scores, mask, dim=1) if masked else scores.softmax(1)


def attend(x, lengths, masked):
    weights = weights_of(x, lengths, masked)  # (N, L)
    return torch.einsum("nl,nlh->nh", weights, run(x, lengths)[0])  # (N, H)


compare("attention", lambda x, n: attend(x, n, False), lambda x, n: attend(x, n, True))
mask = length_mask(lengths, L=L)  # (N, L)
for masked in (False, True):
    valid = (weights_of(x, lengths, masked) * mask).sum(1)  # (N,)
    print(f"{masked = }, on valid steps:", ", ".join(f"{each:.2f}" for each in valid.tolist()))
    assert (valid > 0.999).tolist() == [masked or length == L for length in lengths]
plotting.cells(
    weights_of(x, lengths, masked=False).detach(),
    rows="batch",
    columns="time",
    colour_by=mask.long(),
    title="Without a mask, each shorter row\ngives weight to padding",
)

# %%
# The loss
# --------
# A probe takes a loss too: then the answer is one number, and it must not move with the padding. Here
# the layer is called without packing, which is right in one direction; only the mean counts too much.

goal = torch.randn(N, L, H)


def loss(x, lengths, masked):
    losses = mse_loss(lstm(x)[0], goal, reduction="none").mean(-1)  # (N, L)
    return masked_loss(losses, mask, dim=1, divide_by="steps") if masked else losses.mean()


compare("loss", lambda x, n: loss(x, n, False), lambda x, n: loss(x, n, True))

# %%
# Zero times nan
# --------------
# A mask by multiplication is no way out where a padded value may be ``nan``, since zero times
# ``nan`` is ``nan``. No probe puts ``nan`` there; the assertion does. :func:`torch.where` chooses,
# and does not multiply.

spoiled = torch.where(mask, torch.ones(N, L), torch.nan)
print(f"{(spoiled * mask).sum() = }, {torch.where(mask, spoiled, 0).sum() = }")
assert (spoiled * mask).sum().isnan()
assert torch.where(mask, spoiled, 0).sum() == lengths.sum()

# %%
# Summary
# -------
# * What runs over the time axis needs the mask: mean, maximum, softmax, loss.
# * After unpacking, a mean over L is too small by the factor length / L.
# * Masked weights add up to 1 over the valid steps.
# * Choose with ``torch.where``; a factor of 0 keeps ``nan``.
#
# Common mistakes
# ---------------
# * "The loss falls when I pad more": padding is in its mean, see :ref:`masked-loss`.
# * "Padding is zero, so it adds nothing": it counts in the number that you divide by, see
#   :ref:`pooling`.
# * "I mask the weights after the softmax": then they add up to less than 1. Mask the scores, see
#   :ref:`attention-with-padding`.
# * "``ignore_index=0`` skips the padding": and every word whose tag is 0. Try it in
#   :ref:`exercise-tagger-loss`.
#
# Check yourself
# --------------
# You sum over time in place of the mean, and the padding is zeros. Does the model need a mask?
#
# .. dropdown:: Answer
#
#    Not for the sum, as long as the padding is exactly zero, as it is after unpacking. Without
#    packing the layer writes numbers there too, and the sum counts them. ``padding_invariance`` tells
#    the two apart.
#
# Next
# ----
# The forward pass is right. What can still go wrong is what you train it on:
# :ref:`silent-training`.
