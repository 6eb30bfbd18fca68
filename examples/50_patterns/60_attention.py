r"""
.. _attention:

Attention: the decoder looks back at every step
===============================================

Your encoder-decoder works on short sequences and fails on longer ones: one state of fixed size has
to hold everything. With :term:`attention` the decoder keeps the encoder's output of every step and
looks at the step that it needs. You need to know the two halves and teacher forcing
(:ref:`encoder-decoder`, :ref:`teacher-forcing`). After this page you can add attention to two
``nn.LSTM`` in five lines, and draw where the model looks.

**You will see**

* the scores, the weights and the context, with the shape of each
* ten digits reversed, with attention and without it
* where the decoder looks: a diagonal from one corner to the other
"""

# sphinx_gallery_tags = ["patterns", "training"]

import torch
import torch.nn.functional as F
from torch import nn

from lstm_guide import decode, plotting, tasks

torch.manual_seed(0)
draw = torch.Generator().manual_seed(0)  # draws the strings of digits
N, E, H, V = 32, 16, 64, 11  # strings, features of a digit, hidden size, ids
mark = 10  # starts and ends what is written; ids 0 to 9 are the digits
shortest, longest = 4, 10  # lengths of sources

# %%
# .. _attention-weights:
#
# Scores, weights, context
# ------------------------
# The decoder has one vector q at each of its T steps. The encoder has one vector m at each of its L
# steps. The score of a pair says how well they fit, here with a matrix W that is learned:
#
# .. math:: s_{t,l} = q_t^\top W\, m_l
#
# A softmax over l turns the scores of a decoder step into weights that sum to 1. The mean of the
# encoder's outputs with these weights is the **context**: what the decoder sees at this step.


class Reverser(nn.Module):
    """Read a string of digits and write another, with attention or without."""

    def __init__(self, look_back):
        super().__init__()
        self.look_back = look_back
        self.embed = nn.Embedding(num_embeddings=V, embedding_dim=E)
        self.encoder = nn.LSTM(input_size=E, hidden_size=H, batch_first=True)
        self.decoder = nn.LSTM(input_size=E, hidden_size=H, batch_first=True)
        self.match = nn.Linear(in_features=H, out_features=H, bias=False)  # W
        self.readout = nn.Linear(in_features=2 * H, out_features=V)

    def attend(self, q, memory):
        """Compare q (N, T, H) with memory (N, L, H)."""
        scores = self.match(q) @ memory.transpose(1, 2)  # (N, T, L)
        weights = scores.softmax(dim=-1)  # (N, T, L)
        return weights @ memory, weights  # (N, T, H): the context

    def score(self, q, memory):
        """Turn q into the scores of ids (N, T, V); return the weights as well."""
        context, weights = self.attend(q, memory)
        if not self.look_back:
            context = torch.zeros_like(context)
        return self.readout(torch.cat([q, context], dim=-1)), weights


attend = Reverser(look_back=True).attend
q, memory = torch.randn(3, 6, H), torch.randn(3, 5, H)
context, weights = attend(q, memory)
print(f"{tuple(weights.shape) = }")
print(f"{tuple(context.shape) = }")
assert weights.shape == (3, 6, 5)
torch.testing.assert_close(weights.sum(dim=-1), torch.ones(3, 6))
assert context.shape == (3, 6, H)

# %%
# Train on lengths from four to ten
# ---------------------------------
# Each batch has one length, so nothing is padded. (:ref:`attention-with-padding` does the rest.) The decoder's outputs of all steps are known
# after one call (teacher forcing), and the attention of all steps is one product of matrices. The
# model without attention has the same layers, and a context of zeros.


def strings(count, length):
    """Draw sources, and as targets the same digits in reverse, then the mark."""
    source, target = tasks.reversal(N=count, L=length, symbols=10, generator=draw)
    return source, F.pad(target, (0, 1), value=mark)  # (count, length + 1)


def train(model, steps):
    """Train with teacher forcing on random lengths."""
    optimizer = torch.optim.Adam(model.parameters())
    # The learning rate rises and falls again: steadier than a constant one.
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, 1e-2, total_steps=steps)
    for _ in range(steps):
        source, target = strings(N, int(torch.randint(shortest, longest + 1, ())))
        inputs = F.pad(target[:, :-1], (1, 0), value=mark)  # (N, T)
        memory, state = model.encoder(model.embed(source))  # (N, L, H) and the state
        q, _ = model.decoder(model.embed(inputs), state)  # (N, T, H)
        scores, _ = model.score(q, memory)  # (N, T, V)
        loss = F.cross_entropy(scores.transpose(1, 2), target)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        schedule.step()


model, plain = Reverser(look_back=True), Reverser(look_back=False)
train(model, 400)
train(plain, 400)

# %%
# Writing alone
# -------------
# In use the decoder goes step by step (:ref:`decoder`). What ``decode`` calls ``readout`` gets the
# decoder's output of one step, so this is the place to look back, and to note where it looked.


@torch.no_grad()
def write(model, source):
    """Let the model write alone; return the ids and where it looked."""
    memory, state = model.encoder(model.embed(source))  # (N, L, H) and the state
    looks = []

    def readout(h):  # (N, H)
        scores, weights = model.score(h.unsqueeze(1), memory)  # one step: T is 1
        looks.append(weights)
        return scores.squeeze(1)  # (N, V)

    start, steps = torch.full((len(source),), mark), longest + 1
    tokens, _ = decode(model.decoder, model.embed, readout, state, start, steps, stop=mark)
    return tokens, torch.cat(looks, dim=1)  # (N, T), (N, T, L)


def exact(model, source, target):
    """Return the share of strings that are right to the last digit, and the weights."""
    tokens, weights = write(model, source)
    tokens = F.pad(tokens, (0, target.size(1) - tokens.size(1)), value=mark)
    return (tokens == target).all(dim=1).float().mean(), weights


source, target = strings(500, longest)
with_attention, weights = exact(model, source, target)
without, _ = exact(plain, source, target)
print(f"with attention, more than three quarters right: {with_attention > 0.75}")
print(f"without attention, more than half right:        {without > 0.5}")
assert with_attention > 0.75
assert without < 0.5

# %%
# Where it looks
# --------------
# To write the first digit the decoder needs the last one read, and so on back to the first. Nobody
# told it so: the weights learned it from the loss. Each row of the picture is one step of writing,
# and its darkest cell is where the model looks. Over all 500 strings, the largest weight stands on
# the right digit in more than 85 of 100 steps.

looked_at = weights[:, :longest].argmax(dim=-1)  # (500, L): the digits, without the mark
needed = torch.arange(longest).flip(0)  # 9, 8, ..., 0
share = (looked_at == needed).float().mean()
print(f"largest weight on the right digit: {share > 0.85}")
assert share > 0.85

digits = [str(i) for i in source[0].tolist()]
ax = plotting.influence(
    weights[0, :longest],
    rows="time",
    columns="time",
    title="To write in reverse order,\nthe decoder looks from the last digit to the first",
)
ax.set(xlabel="weight on this digit of the source", ylabel="step of writing")
ax.set_xticks(range(longest), digits)

# %%
# Summary
# -------
# * Scores (N, T, L), a softmax over L, and the weighted mean of the encoder's outputs (N, T, H).
# * After the decoder, attention is one product of matrices for all steps; no loop in training.
# * The weights show where the model looks. On reversal they form a diagonal.
#
# Common mistakes
# ---------------
# * "I take the softmax over the wrong axis": the weights have to sum to 1 over L, the last axis of
#   the scores (:ref:`attention-weights`). Over the batch, :func:`~lstm_guide.probes.batch_leak`
#   catches it: :ref:`silent-axes`.
# * "My sources have different lengths, so I pad": see :ref:`attention-with-padding`.
# * "My encoder's layout is time first": ``memory`` must be ``(N, L, H)``. See :ref:`layouts`.
#
# Check yourself
# --------------
# The encoder gets two directions with ``hidden_size=64`` each. Which sizes change in the model?
#
# .. dropdown:: Answer
#
#    Every H becomes 128. ``memory`` is ``(N, L, 128)``. The state goes through ``bridge``, so the
#    decoder has ``hidden_size=128`` and q is ``(N, T, 128)``. Then ``match`` is
#    ``nn.Linear(128, 128)``, and ``readout`` reads 256 features.
#
# Next
# ----
# :ref:`attention-with-padding` puts sources of different length into one batch.
