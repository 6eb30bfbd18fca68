r"""
.. _attention-with-padding:

Attention over sources of different length
==========================================

Your batch holds sources of different length, such as dates written in words, with :term:`padding`.
Attention then looks at steps that do not exist, and no message says so. You need to know how
attention works (:ref:`attention`). After this page you can leave the padding out in the two places
where it does harm, and prove it with one test: each source gives the same result alone and in the
batch.

**You will see**

* where padding does harm: in the encoder's state, and in the weights
* weights on padding that are exactly zero
* two :term:`masks <mask>` that run and are wrong
* one test that finds each of these mistakes
"""

# sphinx_gallery_tags = ["patterns", "padding", "variable length"]

import math

import torch
from torch import nn
from torch.nn.utils.rnn import pad_sequence
from torch.testing import assert_close

from lstm_guide import length_mask, pack, plotting, tasks, unpack

torch.manual_seed(0)
torch.set_grad_enabled(False)  # nothing is trained on this page
N, E, H = 4, 2, 5  # sources, features of a character, hidden size

# %%
# Sources of different length
# ---------------------------
# The task is to write dates in one form, year first. People write them in several forms, so the
# sources have different lengths, and what is to be written has ten characters every time.
# :func:`lstm_guide.tasks.iso_dates` draws both. The decoder reads the characters shifted by one,
# with a mark in front (:ref:`teacher-forcing`).

texts, dates = tasks.iso_dates(N=N)
lengths = [len(text) for text in texts]
L, T = max(lengths), len(dates[0])  # steps of the longest source, steps of the decoder
for text, date in zip(texts, dates, strict=True):
    print(f"{text:{L}} -> {date}")
print(f"{lengths = }, {T = }")
assert len(set(lengths)) == N

vocabulary = sorted(set("." + "".join(texts + dates)))
embed = nn.Embedding(num_embeddings=len(vocabulary), embedding_dim=E)


def embedded(text):
    """Turn L characters into vectors, (L, E)."""
    return embed(torch.tensor([vocabulary.index(character) for character in text]))


sources = [embedded(text) for text in texts]  # (length, E) each
inputs = torch.stack([embedded("." + date[:-1]) for date in dates])  # (N, T, E)

# %%
# Padding reaches the decoder in two ways
# ---------------------------------------
# The :term:`encoder` reads the source, padding included, and hands its :term:`state` on: a state that
# has read too much. And the softmax of the attention gives a share to every step, padding included.
# An encoder, a :term:`decoder` and a learned matrix W are enough to see both; their random weights
# will do. The function computes scores, weights and context for all T steps of the decoder at once.

encoder = nn.LSTM(input_size=E, hidden_size=H, batch_first=True)
decoder = nn.LSTM(input_size=E, hidden_size=H, batch_first=True)
match = nn.Linear(in_features=H, out_features=H, bias=False)  # W
for parameter in nn.ModuleList([encoder, decoder, match]).parameters():
    nn.init.normal_(parameter)  # larger than in a new layer, so that every mistake shows


def attend(q, memory, mask):
    """Compare q (N, T, H) with memory (N, L, H); mask (N, L) is True on real steps."""
    scores = match(q) @ memory.transpose(1, 2)  # (N, T, L)
    scores = scores.masked_fill(~mask.unsqueeze(1), -math.inf)
    weights = scores.softmax(dim=-1)  # (N, T, L)
    return weights @ memory, weights  # (N, T, H) and (N, T, L)


x = pad_sequence(sources, batch_first=True)  # (N, L, E)
mask = length_mask(lengths, L=L)  # (N, L)
print(f"{mask.sum(dim=1).tolist() = }")
assert mask.sum(dim=1).tolist() == lengths

# %%
# The reference: each source alone
# --------------------------------
# Alone, a source has no padding: its L is its own length. This is slow, and right by definition.

alone = []
for n, source in enumerate(sources):
    memory, state = encoder(source[None])  # (1, length, H) and the state
    q, _ = decoder(inputs[n : n + 1], state)  # (1, T, H)
    everywhere = torch.ones(1, len(source), dtype=torch.bool)
    context, _ = attend(q, memory, everywhere)  # (1, T, H)
    alone.append(context[0])
alone = torch.stack(alone)  # (N, T, H)

# %%
# Packed for the state, masked for the weights
# --------------------------------------------
# :func:`lstm_guide.pack` makes the encoder stop at the end of each source, so the state is that of
# the source (:ref:`padding` says why). In ``attend`` the mask turns the scores of padding into minus
# infinity. After the softmax their weights are exactly zero, and the others sum to 1. The contexts
# are those of each source alone.

result, state = encoder(pack(encoder, x, lengths))
memory, _ = unpack(encoder, result, total_length=L)  # (N, L, H)
q, _ = decoder(inputs, state)  # (N, T, H)
context, weights = attend(q, memory, mask)
print(f"packed and masked: off by {(context - alone).abs().max():.4f}")
assert_close(context, alone, atol=1e-6, rtol=0)
assert_close(weights.sum(dim=-1), torch.ones(N, T))
assert (weights.masked_select(~mask.unsqueeze(1)) == 0).all()

ax = plotting.cells(
    weights[1, :4].T,  # (L, 4): the characters of the year
    rows="time",
    columns="time",
    colour_by=mask[1].long()[:, None].expand(L, 4),
    title=f"A source of {lengths[1]} characters: every weight on its padding is zero",
)
ax.set(xlabel="character to write", ylabel=f"character of the source (L={L})")
ax.set_xticks(range(4), dates[1][:4])
ax.set_yticks(range(L), texts[1].ljust(L))

# %%
# .. _attention-not-packed:
#
# Without packing, the state is wrong
# -----------------------------------
# The mask alone does not help: the decoder starts from a state that has read the padding. In one
# direction the encoder's outputs on the real steps are right all the same. The source without
# padding is right too, here the first one. That is why a test with sources of one length finds
# nothing.

memory, state = encoder(x)  # (N, L, H) and the state
q, _ = decoder(inputs, state)
context, _ = attend(q, memory, mask)
error = (context - alone).abs().amax(dim=(1, 2))  # (N,)
print("not packed, off by", [round(e, 4) for e in error.tolist()])
assert error[0] < 1e-6
assert (error[1:] > 1e-5).all()

# %%
# .. _attention-not-masked:
#
# Without the mask, padding gets weight
# -------------------------------------
# Now packed, and without a mask. After unpacking, the outputs on padding are zeros, so their scores
# are zeros. A score of zero is an ordinary score: it gets its share of the softmax, and the real steps
# get less.

result, state = encoder(pack(encoder, x, lengths))
memory, _ = unpack(encoder, result, total_length=L)  # (N, L, H)
q, _ = decoder(inputs, state)
context, weights = attend(q, memory, torch.ones_like(mask))
error = (context - alone).abs().amax(dim=(1, 2))  # (N,)
share = torch.where(mask.unsqueeze(1), 0, weights).sum(dim=-1).mean(dim=1)  # (N,)
print("not masked, off by", [round(e, 4) for e in error.tolist()])
print("share of padding:  ", [round(s, 2) for s in share.tolist()])
assert (error[1:] > 1e-5).all()
assert (share[1:] > 1e-4).all()

# %%
# .. _attention-mask-after:
#
# Masked after the softmax, the weights no longer sum to 1
# --------------------------------------------------------
# Multiply the finished weights with the mask, and padding has weight zero. But the share that it had
# is gone: the others sum to less than 1, and the context is too small.

late = weights * mask.unsqueeze(1)  # (N, T, L)
sums = late.sum(dim=-1).mean(dim=1)  # (N,)
print("sums of the weights:", [round(s, 2) for s in sums.tolist()])
print(f"off by {(late @ memory - alone).abs().max():.4f}")
assert (sums[1:] < 0.9999).all()
assert (late @ memory - alone).abs().max() > 1e-4

# %%
# Summary
# -------
# * Padding does harm twice: in the state of the encoder and in the softmax of the attention.
# * Pack for the state. Mask the scores with minus infinity for the weights.
# * Mask before the softmax: then the weights of the real steps sum to 1.
# * The test is each source alone. It finds every one of these mistakes.
#
# Common mistakes
# ---------------
# * "I mask the attention, so padding cannot matter": the state has read it
#   (:ref:`attention-not-packed`).
# * "I pack, so padding cannot matter": zeros have scores too (:ref:`attention-not-masked`).
#   :func:`~lstm_guide.probes.padding_invariance` catches it: :ref:`silent-masks`.
# * "I multiply the weights with the mask after the softmax": they no longer sum to 1
#   (:ref:`attention-mask-after`).
#
# Check yourself
# --------------
# The encoder reads in two directions, and you do not pack. Are its outputs on the real steps right?
#
# .. dropdown:: Answer
#
#    The forward half is. The reverse half begins in the padding and carries it into every real
#    step, so no mask can repair it. Pack.
#
# Next
# ----
# :ref:`padding` shows what padding does to an LSTM without attention, and how to undo it.
