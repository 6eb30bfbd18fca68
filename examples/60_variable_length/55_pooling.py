r"""
.. _pooling:

How do you pool over time without the padding?
==============================================

You make one vector of a sequence by a mean, a maximum or a weighted mean over all its steps. In a
batch with :term:`padding` the vector changes with the length of its neighbours, without a message.
Before this page, read :ref:`padding` and :ref:`masked-loss`. After it, you can pool the valid steps
only, in each of the three ways.

**You will see**

* how a plain mean, a plain maximum and a plain softmax count the padding
* what to fill in for each: zeros for a sum, minus infinity for a maximum and for a softmax
* one test for all: each sequence alone gives the same vector
"""

# sphinx_gallery_tags = ["variable length", "errors"]

import torch
from torch import nn

from lstm_guide import ShapeError, length_mask, masked_mean, masked_softmax, pack, plotting, unpack

torch.manual_seed(0)
torch.set_grad_enabled(False)  # nothing is trained on this page
lengths = torch.tensor([2, 8, 5])
N, L, H_in, H = 3, 8, 4, 6  # sequences, longest, features in, features out
mask = length_mask(lengths, L=L)  # (N, L)

# %%
# The mean shrinks
# ----------------
# After unpacking, ``output`` holds zeros on the padding. They add nothing to the sum over time, but a
# plain mean divides it by L: it is too small by ``length / L``. :func:`lstm_guide.masked_mean`
# divides by the number of valid steps. The short sequence loses most.

lstm = nn.LSTM(input_size=H_in, hidden_size=H, batch_first=True)
x = torch.randn(N, L, H_in)  # (N, L, H_in)
result, _ = lstm(pack(lstm, x, lengths))
output, _ = unpack(lstm, result, total_length=L)  # (N, L, H)

plain = output.mean(dim=1)  # (N, H)
mean = masked_mean(output, mask, dim=1)  # (N, H)
kept = (plain.norm(dim=1) / mean.norm(dim=1)).tolist()
print(f"lengths {lengths.tolist()}: a plain mean keeps {[round(part, 2) for part in kept]}")
torch.testing.assert_close(plain, mean * (lengths / L)[:, None])
for n, length in enumerate(lengths):
    torch.testing.assert_close(mean[n], output[n, :length].mean(dim=0))

# %%
# .. _pooling-not-packed:
#
# Without packing, even the sum is wrong
# --------------------------------------
# In a padded call the LSTM goes on through the padding, and ``output`` is not zero there. Now a plain
# mean adds numbers that belong to no sequence. The mask leaves them out: in one direction the valid
# steps are the same, packed or not. (In two they are not: :ref:`padding`.)

padded_output, _ = lstm(x.masked_fill(~mask[:, :, None], 0))  # (N, L, H)
again = masked_mean(padded_output, mask, dim=1)  # (N, H)
print(f"plain mean without packing: off by {(padded_output.mean(dim=1) - mean).abs().max():.2f}")
print(f"masked mean:                off by {(again - mean).abs().max():.2f}")
assert (padded_output.mean(dim=1) - mean).abs().max() > 0.01
torch.testing.assert_close(again, mean, atol=1e-6, rtol=0)

# %%
# .. _pooling-maximum:
#
# The maximum sees zeros
# ----------------------
# Where all valid entries of a feature are negative, zero is larger, and the maximum comes from the
# padding. Fill the padding with minus infinity: then no valid entry is smaller.

filled = torch.where(mask[:, :, None], output, -torch.inf)  # (N, L, H)
maximum = filled.amax(dim=1)  # (N, H)
wrong = (output.amax(dim=1) != maximum).sum(dim=1)  # (N,)
print(f"wrong maxima of {H} features, by length {lengths.tolist()}: {wrong.tolist()}")
assert wrong[0] > 0
assert wrong[1] == 0
for n, length in enumerate(lengths):
    torch.testing.assert_close(maximum[n], output[n, :length].amax(dim=0))

# %%
# .. _pooling-weights:
#
# Weights: nothing on padding, and one in all
# -------------------------------------------
# Weights say how much each step counts: the softmax of one score a step. Over all L steps, padding
# gets a share, and the valid steps too little. Setting its weights to zero afterwards leaves a sum
# below one. :func:`lstm_guide.masked_softmax` puts minus infinity in place of the scores first.
# The weights there are exactly 0, and the others add up to 1.

scores = output.sum(dim=-1)  # (N, L): any score will do
share = torch.where(mask, 0, scores.softmax(dim=1)).sum(dim=1)  # (N,)
weights = masked_softmax(scores, mask, dim=1)  # (N, L)
context = (weights[:, :, None] * output).sum(dim=1)  # (N, H)
print(f"share of padding without a mask: {[round(s, 2) for s in share.tolist()]}")
assert share[0] > 0.5
assert not weights[~mask].any()
torch.testing.assert_close(weights.sum(dim=1), torch.ones(N))
plotting.cells(
    weights,
    rows="batch",
    columns="time",
    colour_by=mask.long(),
    title="Masked weights: each row sums to one, and padding has none",
)

# %%
# The test: each sequence alone
# -----------------------------
# Alone, a sequence has no padding, and the plain functions of torch are right. All three ways agree
# with them.

for n, length in enumerate(lengths):
    own, _ = lstm(x[n, :length])  # (length, H)
    share = scores[n, :length].softmax(dim=0)  # (length,)
    torch.testing.assert_close(mean[n], own.mean(dim=0), atol=1e-6, rtol=0)
    torch.testing.assert_close(maximum[n], own.amax(dim=0), atol=1e-6, rtol=0)
    torch.testing.assert_close(context[n], share @ own, atol=1e-6, rtol=0)
    print(f"sequence {n}: mean, maximum and weighted mean agree")

# %%
# .. _pooling-mask-shape:
#
# A mask of the other layout is refused
# -------------------------------------
# The mask is (N, L), and your output may be :term:`time first`, (L, N, H). ``masked_mean`` compares the
# mask with the leading axes, and says what to do: transpose it.

time_first = output.transpose(0, 1)  # (L, N, H)
try:
    masked_mean(time_first, mask, dim=0)
except ShapeError as error:
    message = str(error)
    print(type(error).__name__, message)
else:
    raise AssertionError("masked_mean took a mask of the other layout")
assert message.startswith("mask: expected")
torch.testing.assert_close(masked_mean(time_first, mask.T, dim=0), mean)

# %%
# Summary
# -------
# * Zeros are right for a sum only. A mean divides by the valid steps.
# * Fill with minus infinity before a maximum or a softmax.
# * Masked weights are exactly 0 on padding and add up to 1.
# * The test is each sequence alone.
#
# Common mistakes
# ---------------
# * "I pool the output of a padded call." It is not zero on the padding (:ref:`pooling-not-packed`).
# * "I take ``output.amax(dim=1)``." Zeros win against negative entries (:ref:`pooling-maximum`).
#   :func:`~lstm_guide.probes.padding_invariance` catches it: :ref:`silent-masks`.
# * "I set the weights of padding to zero after the softmax." The others no longer add up to 1
#   (:ref:`pooling-weights`).
# * "My mask is ``(N, L)`` and my data time first." Use ``mask.T`` (:ref:`pooling-mask-shape`).
#
# Check yourself
# --------------
# You want the smallest entry of each feature over the valid steps. What do you fill in?
#
# .. dropdown:: Answer
#
#    Plus infinity, and then ``amin``. Zeros would win wherever all valid entries are positive.
#
# Next
# ----
# :ref:`price-of-packing` says what packing costs in time, and what to do about it.
