r"""
.. _one-hot:

An embedding is a matrix product with one-hot vectors
=====================================================

You read of two ways to give words or characters to :class:`torch.nn.LSTM`: an :term:`embedding`, or
one-hot vectors with :func:`torch.nn.functional.one_hot`. Which do you need? Before this page, read
:ref:`tokens-to-vectors`. After it, you can use either, and you know that they compute the same.

**You will see**

* a sentence as one-hot vectors, and the two mistakes that stop it
* that an embedding is a matrix product with one-hot vectors
* an LSTM whose input weights are an embedding
"""

# sphinx_gallery_tags = ["shapes", "text"]

import torch
from torch import nn
from torch.nn import functional

from lstm_guide import plotting

torch.manual_seed(0)
H_in, H = 3, 4  # features of one token, features out

sentences = ["the dog saw the cat", "the cat saw a bird"]
vocabulary = {}
for token in " ".join(sentences).split():
    vocabulary.setdefault(token, len(vocabulary))
V = len(vocabulary)
ids = torch.tensor([[vocabulary[token] for token in line.split()] for line in sentences])  # (N, L)
embedding = nn.Embedding(num_embeddings=V, embedding_dim=H_in)
assert V == 6

# %%
# .. _one-hot-vector:
#
# A one-hot vector has a 1 at the id and 0 elsewhere
# --------------------------------------------------
# Without anything to learn, each :term:`token` becomes a vector as long as the :term:`vocabulary`. ``one_hot``
# returns whole numbers: add ``.float()``. Now ``input_size`` is V. This suits characters and other
# small vocabularies; with 50 000 words each token would be 50 000 numbers, nearly all of them 0.

assert functional.one_hot(ids).dtype == torch.int64
one_hot = functional.one_hot(ids, num_classes=V).float()  # (N, L, V)
lstm_of_one_hot = nn.LSTM(input_size=V, hidden_size=H, batch_first=True)
output, _ = lstm_of_one_hot(one_hot)  # (N, L, H)
print(f"{tuple(one_hot.shape) = }")
assert one_hot.shape == (2, 5, V)
torch.testing.assert_close(one_hot.argmax(dim=2), ids)
torch.testing.assert_close(one_hot.sum(dim=2), torch.ones(2, 5))
plotting.cells(
    one_hot[0].long(),
    rows="time",
    columns="feature",
    colour_by=torch.where(one_hot[0] == 1, ids[0][:, None], 8),  # 8 is grey
    title="“the dog saw the cat”: a 1 at the id of each token",
).set_xlabel(f"feature (V={V})")

# %%
# .. _one-hot-product:
#
# The same numbers from both
# --------------------------
# A one-hot vector times a matrix picks one row of it. So both ways give the same numbers; the
# embedding only skips the zeros. The LSTM has such a matrix, too: layer 0 multiplies each
# input by ``weight_ih_l0``. An LSTM of one-hot vectors learns an embedding inside that weight, one
# column of ``4 * hidden_size`` numbers a token.

torch.testing.assert_close(one_hot @ embedding.weight, embedding(ids))

columns = lstm_of_one_hot.weight_ih_l0.T  # (V, 4 * H): a row for each token
torch.testing.assert_close(one_hot @ lstm_of_one_hot.weight_ih_l0.T, columns[ids])
print(f"{tuple(columns.shape) = }")
assert columns.shape == (V, 4 * H)

# %%
# .. _one-hot-classes:
#
# Say how many classes there are
# ------------------------------
# Without ``num_classes``, ``one_hot`` takes the largest id of *this* batch. Another batch then gives
# another width, and the LSTM refuses it.

short = functional.one_hot(ids[:1]).float()  # (1, L, 4): "a" and "bird" do not occur
print(f"{tuple(short.shape) = }")
try:
    lstm_of_one_hot(short)
except RuntimeError as error:
    message = str(error)
    print(type(error).__name__, message)
else:
    raise AssertionError("torch accepted it")
assert f"Expected {V}, got {short.size(-1)}" in message

# %%
# Summary
# -------
# * A one-hot vector spells the id out. ``input_size`` is V, one more than the largest id.
# * An embedding is the same as a matrix after it, without the zeros.
# * One-hot vectors suit small vocabularies, embeddings all of them.
#
# Common mistakes
# ---------------
# * "RNN input dtype (torch.int64)": ``one_hot`` returns whole numbers, add ``.float()``
#   (:ref:`one-hot-vector`, and :ref:`the message <error-input-of-integers>`).
# * "Expected 6, got 4": ``num_classes`` is missing (:ref:`one-hot-classes`).
# * "I use one-hot vectors and an embedding": one of the two is enough (:ref:`one-hot-product`).
#
# Check yourself
# --------------
# A model reads single characters, 27 different ones, 64 lines of 100 characters each, by one-hot
# vectors. What are ``input_size`` and the shape of the input, :term:`batch first`? What changes with an
# embedding of 8 numbers?
#
# .. dropdown:: Answer
#
#    ``input_size=27`` and (64, 100, 27). With the embedding: ``input_size=8`` and (64, 100, 8),
#    made from ids of shape (64, 100).
#
# Next
# ----
# Go on with :ref:`device-and-dtype`: the other calls in which two
# :term:`dtypes <dtype>`, or two :term:`devices <device>`, meet.
