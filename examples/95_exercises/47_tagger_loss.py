r"""
.. _exercise-tagger-loss:

Exercise: the loss of a tagger
==============================

A tagger gives each word of a sentence one of a few tags. The sentences of a batch have different
lengths, so the tags are padded, with zeros. Zero is also a tag. You want the mean loss of a word.

**You will do**

* compute the cross entropy over the words, and not over the padding
* let every word count the same, in a short and in a long sentence
* see what the checker says to ``ignore_index=0``
"""

# sphinx_gallery_tags = ["exercise", "variable length", "training"]

import torch
from torch import nn
from torch.nn.functional import cross_entropy

from lstm_guide import check

torch.manual_seed(0)
N, L, H_in, H, C = 3, 7, 4, 5, 6  # sentences, longest, features in, features out, tags
lengths = torch.tensor([2, 7, 4])  # (N,)

lstm = nn.LSTM(input_size=H_in, hidden_size=H, batch_first=True)
head = nn.Linear(in_features=H, out_features=C)
x = torch.randn(N, L, H_in)  # (N, L, H_in)
scores = head(lstm(x)[0])  # (N, L, C)
tags = torch.randint(C, (N, L))  # (N, L)
tags[torch.arange(L) >= lengths[:, None]] = 0  # padding
print(f"{tuple(scores.shape) = }")
print(f"{tags = }")

# %%
# Your answer
# -----------
# The function gets scores (N, L, C), tags (N, L) and lengths (N,). It returns the mean loss of a
# word, a tensor without axes. The lengths are in any order. Replace ``return None``.


def answer(scores, tags, lengths):
    return None


verdict = check("tagger-loss", answer)

# %%
# A wrong answer
# --------------
# :func:`torch.nn.functional.cross_entropy` wants the C scores of a place on axis 1, and here they
# are. But it averages over all N times L places.


def wrong(scores, tags, lengths):
    return cross_entropy(scores.transpose(1, 2), tags)  # ()


verdict = check("tagger-loss", wrong)
assert not verdict.ok
assert "The padding is counted" in verdict.message

# %%
# Another wrong answer
# --------------------
# The padding is zero, so somebody leaves out the zeros. Some words have the tag 0.


def wrong_index(scores, tags, lengths):
    return cross_entropy(scores.transpose(1, 2), tags, ignore_index=0)  # ()


verdict = check("tagger-loss", wrong_index)
assert not verdict.ok
assert "0 is a tag like any other" in verdict.message

# %%
# Hints
# -----
# .. dropdown:: Hint 1
#
#    Only the lengths say where the padding is: ``torch.arange(L) < lengths[:, None]`` is (N, L), true
#    where there is a word.
#
# .. dropdown:: Hint 2
#
#    Index scores and tags with this mask. What is left is one list of words, (words, C) and
#    (words,), and the mean over it is what you want.
#
# Pages that explain it
# ---------------------
# * :ref:`padding`
# * :ref:`masked-loss`
# * :ref:`tagging`
# * :ref:`cross-entropy-layouts`
#
# Solution
# --------
# :ref:`solution-tagger-loss`
