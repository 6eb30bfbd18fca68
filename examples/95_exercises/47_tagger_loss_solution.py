r"""
.. _solution-tagger-loss:

Solution: the loss of a tagger
==============================

This page answers :ref:`exercise-tagger-loss`. The lengths make a mask, the mask takes out the words,
and the cross entropy of the words is what you want.

**You will see**

* the answer, and the checker that passes it
* two other ways to the same number
* the loss of each word
"""

# sphinx_gallery_tags = ["solution", "variable length", "training"]

import torch
from torch import nn
from torch.nn.functional import cross_entropy

from lstm_guide import check, length_mask, masked_loss, plotting

torch.manual_seed(0)
N, L, H_in, H, C = 3, 7, 4, 5, 6  # sentences, longest, features in, features out, tags

# %%
# The answer
# ----------
# A mask of booleans takes out the places where it is true, as one list. Then no place is left that
# should not count, and the mean of ``cross_entropy`` is over words.


def answer(scores, tags, lengths):
    mask = torch.arange(tags.size(1)) < lengths[:, None]  # (N, L)
    return cross_entropy(scores[mask], tags[mask])  # (words, C), (words,)


verdict = check("tagger-loss", answer)
assert verdict.ok

# %%
# With another mark for the padding
# ---------------------------------
# If you make the batch yourself, pad the tags with -100. No tag is negative, and -100 is what
# ``cross_entropy`` leaves out unless you say otherwise.


def by_index(scores, tags, lengths):
    padding = torch.arange(tags.size(1)) >= lengths[:, None]  # (N, L)
    return cross_entropy(scores.transpose(1, 2), tags.masked_fill(padding, -100))  # ()


verdict = check("tagger-loss", by_index)
assert verdict.ok

# %%
# The loss of each word
# ---------------------
# ``reduction="none"`` gives one loss for each place, also in the padding, which is blue in the
# figure. :func:`lstm_guide.masked_loss` adds up the losses of the words and divides by the number
# that you name.

lengths = torch.tensor([2, 7, 4])  # (N,)
lstm = nn.LSTM(input_size=H_in, hidden_size=H, batch_first=True)
head = nn.Linear(in_features=H, out_features=C)
scores = head(lstm(torch.randn(N, L, H_in))[0])  # (N, L, C)
tags = torch.randint(C, (N, L))  # (N, L)
mask = length_mask(lengths, L=L)  # (N, L)
losses = cross_entropy(scores.transpose(1, 2), tags, reduction="none")  # (N, L)
loss = masked_loss(losses, mask, dim=1, divide_by="steps")  # ()
print(f"the answer:         {answer(scores, tags, lengths):.4f}")
print(f"masked_loss:        {loss:.4f}")
print(f"over all {losses.numel()} places: {losses.mean():.4f}")
torch.testing.assert_close(answer(scores, tags, lengths), loss)
torch.testing.assert_close(losses[mask].mean(), loss)
assert (losses.mean() - loss).abs() > 1e-3
plotting.cells(
    losses.detach(),
    rows="batch",
    columns="time",
    colour_by=mask.long(),
    title=f"The loss is the mean of the {int(mask.sum())} orange numbers,\none for each word",
)

# %%
# Summary
# -------
# * The lengths say what is padding. The value that fills it does not, if it is also a tag.
# * Take the words out with a mask, or mark the padding with -100.
# * Divided by words, every word counts the same. Divided by sentence, the words of short sentences
#   count more.
#
# Next
# ----
# Back to :ref:`exercise-tagger-loss`, or on to :ref:`exercise-three-shapes`.
