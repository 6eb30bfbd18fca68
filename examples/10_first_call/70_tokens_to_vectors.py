r"""
.. _tokens-to-vectors:

How does a sentence become the input of an LSTM?
================================================

Your data are words or characters, and :class:`torch.nn.LSTM` answers with
``RNN input dtype (torch.int64) does not match weight dtype``. An LSTM takes each number for a
measurement, but the id of a word is only a name. After this page you can turn a text into a tensor
with :class:`torch.nn.Embedding`, and you know why the ids alone are not enough.

**You will see**

* the way from words to ids to vectors, with the shape at each stage
* three real messages, and two calls that run although they are wrong
"""

# sphinx_gallery_tags = ["shapes", "text", "errors"]

import torch
from torch import nn
from torch.nn import functional

from lstm_guide import describe, plotting

torch.manual_seed(0)
H_in, H = 3, 4  # features of one token, features out

# %%
# Words become tokens, tokens become ids
# --------------------------------------
# A :term:`token` is one position of the text: here a word, elsewhere a character. The
# :term:`vocabulary` gives each different token a number, its id. Two sentences of five tokens make
# a tensor (N, L) of whole numbers. It has no feature axis yet.

sentences = ["the dog saw the cat", "the cat saw a bird"]
vocabulary = {}
for token in " ".join(sentences).split():
    vocabulary.setdefault(token, len(vocabulary))
V = len(vocabulary)
rows = [[vocabulary[token] for token in sentence.split()] for sentence in sentences]
ids = torch.tensor(rows)  # (N, L)
print(vocabulary)
print(ids)
print(f"{tuple(ids.shape) = }, {ids.dtype = }")
assert V == 6 == ids.max() + 1
assert ids.shape == (2, 5)  # (N, L)

# %%
# Ids are refused, and half of the advice cannot be followed
# ----------------------------------------------------------
# The message offers two ways out. The second one, to convert the model, does not work:
# :meth:`torch.nn.Module.to` takes no :term:`dtype` of whole numbers.

lstm = nn.LSTM(input_size=H_in, hidden_size=H, batch_first=True)
try:
    lstm(ids)
except ValueError as error:
    refusal = str(error)
    print(type(error).__name__, error)
else:
    raise AssertionError("torch accepted it")
assert "convert model: model.to(torch.int64)" in refusal

try:
    lstm.to(torch.int64)
except TypeError as error:
    advice = str(error)
    print(type(error).__name__, error)
else:
    raise AssertionError("torch accepted it")
assert "only accepts floating point" in advice

# %%
# .. _tokens-as-floats:
#
# Ids as floats run, and say what you do not mean
# -----------------------------------------------
# The first way out, ``ids.float()``, runs. But now the LSTM takes the number for a measurement:
# "bird" is five times as much as "dog", and "saw" lies between "dog" and "cat". The numbers only
# say in which order the words turned up. The last two lines are the distances from "the" to every
# word: by its number it is closest to "dog"; as a :term:`one-hot vector`, a 1 at the id and 0
# elsewhere, it is equally far from all others.

numbers = torch.arange(V).float()[:, None]  # (V, 1): each id as a measurement
one_hot = functional.one_hot(torch.arange(V), num_classes=V).float()  # (V, V)
print(list(vocabulary))
print("numbers:", torch.cdist(numbers, numbers)[0])
print("one-hot:", torch.cdist(one_hot, one_hot)[0])
assert vocabulary["bird"] == 5 * vocabulary["dog"]
assert vocabulary["dog"] < vocabulary["saw"] < vocabulary["cat"]
equal = 2**0.5 * (1 - torch.eye(V))  # (V, V)
torch.testing.assert_close(torch.cdist(one_hot, one_hot), equal)
lstm_of_numbers = nn.LSTM(input_size=1, hidden_size=H, batch_first=True)
output, _ = lstm_of_numbers(ids.float()[:, :, None])  # (N, L, H): no message

# %%
# An embedding turns each id into a row of weights
# ------------------------------------------------
# An :term:`embedding` is a table with one row of ``embedding_dim`` numbers for each token. It is
# looked up by id, adds the feature axis at the end, and learns its rows in training. The row
# belongs to the token, not to the position: both "the" of the first sentence get the same one. The
# ``input_size`` of the LSTM is ``embedding_dim``; the size of the vocabulary stays out of it.

embedding = nn.Embedding(num_embeddings=V, embedding_dim=H_in)
x = embedding(ids)  # (N, L, H_in)
output, (h_n, c_n) = lstm(x)
print(f"{tuple(embedding.weight.shape) = }")
print(f"{tuple(x.shape) = }")
print(f"{tuple(output.shape) = }")
assert x.shape == (2, 5, H_in)
assert output.shape == (2, 5, H)
torch.testing.assert_close(x[0, 0], x[0, 3])  # "the" and "the"
torch.testing.assert_close(x[1, 2], embedding.weight[vocabulary["saw"]])
plotting.cells(
    x[0].detach(),
    rows="time",
    columns="feature",
    colour_by=ids[0][:, None].expand(5, H_in),
    title="“the dog saw the cat” as vectors: both “the” get the same row",
)

# %%
# .. _tokens-unknown-id:
#
# An id that the table does not have
# ----------------------------------
# The table has rows 0 to V - 1. An id of V or more, from a word that was not in the training text,
# ends in a message that names neither the id nor the table. Give such words a token of their own,
# and count it in ``num_embeddings``.

try:
    embedding(torch.tensor([[V]]))
except IndexError as error:
    message = str(error)
    print(type(error).__name__, error)
else:
    raise AssertionError("torch accepted it")
assert message == "index out of range in self"

new = "the fish saw a dog"
unknown = V  # the first number that is free
larger = nn.Embedding(num_embeddings=V + 1, embedding_dim=H_in)
seen = [vocabulary.get(token, unknown) for token in new.split()]
print(f"{seen = }")
assert seen == [0, 6, 2, 4, 1]
assert larger(torch.tensor([seen])).shape == (1, 5, H_in)

# %%
# Ids (N, L) and a time-first LSTM: no message
# --------------------------------------------
# The embedding keeps the order of your axes. Ids (N, L) become (N, L, H_in), which an LSTM without
# ``batch_first=True`` reads as five sentences of two tokens. Words of the first sentence then reach
# the output of the second: below, another first word in sentence 0 changes the output for sentence
# 1. With ``batch_first=True`` it does not.

time_first = nn.LSTM(input_size=H_in, hidden_size=H)
other = ids.clone()
other[0, 0] = vocabulary["a"]
changes = []
for model in time_first, lstm:
    before, _ = model(embedding(ids))
    after, _ = model(embedding(other))
    changes.append((after - before)[1].abs().max().item())  # in sentence 1
    print(describe(model, embedding(ids)).headline)
    print(f"{changes[-1] = :.4f}")
assert changes[0] > 0.01
assert changes[1] < 1e-6

# %%
# Summary
# -------
# * Text, tokens, ids (N, L), vectors (N, L, H_in): only the last goes into the LSTM.
# * An embedding looks up a learned row for each id. It treats ids as names.
# * ``input_size`` is ``embedding_dim``; the size of the vocabulary stays out of it.
# * With ids (N, L), build the LSTM with ``batch_first=True``.
# * Sentences of different length need :term:`padding` first; the argument ``padding_idx`` of
#   ``nn.Embedding`` is made for it.
#
# Common mistakes
# ---------------
# * "RNN input dtype (torch.int64) does not match weight dtype": ids went straight into the LSTM
#   (:ref:`error-input-of-integers`). If it says torch.float64 instead: :ref:`device-and-dtype`.
# * ``ids.float()``: no message, and a numbering without meaning is taken for a measurement
#   (:ref:`tokens-as-floats`).
# * "index out of range in self": ``num_embeddings`` is too small, or a word is unknown
#   (:ref:`tokens-unknown-id`).
# * Ids (N, L) and no ``batch_first``: :term:`leak` from sentence to sentence (:ref:`layouts`).
#   Find it with :func:`~lstm_guide.probes.batch_leak`, on the vectors: :ref:`silent-axes`.
#
# Check yourself
# --------------
# A model reads 64 sentences of 100 words each, from a vocabulary of 5000 words, through an embedding of
# 8 numbers. What are the shapes of ids and vectors, and what is ``input_size``, :term:`batch first`?
#
# .. dropdown:: Answer
#
#    Ids (64, 100), vectors (64, 100, 8), ``input_size=8``. The 5000 stands in ``num_embeddings`` only.
#
# Next
# ----
# Go on with :ref:`one-hot`: vectors that need no learning, and what an embedding has to do with them.
