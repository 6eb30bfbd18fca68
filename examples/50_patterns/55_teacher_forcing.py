r"""
.. _teacher-forcing:

The loss is near zero, and the model writes nonsense
====================================================

Your decoder trains well: the loss falls to nearly nothing. Then it has to write alone, and hardly
anything is right. The usual cause is one missing shift of the inputs. You need to know how an
encoder and a decoder are connected (:ref:`encoder-decoder`). After this page you can write
:term:`teacher forcing` in one call, and test any model for this :term:`leak` before you trust its
loss.

**You will see**

* what the decoder reads in training, and what it reads in use
* teacher forcing in one call, equal to the same thing step by step
* what the loss does when you forget to shift the inputs, and the number that gives it away
"""

# sphinx_gallery_tags = ["patterns", "training", "errors"]

import math

import torch
import torch.nn.functional as F
from torch import nn

from lstm_guide import decode, plotting, tasks

torch.manual_seed(0)
draw = torch.Generator().manual_seed(0)  # draws the strings of digits
N, L, E, H = 64, 5, 16, 48  # strings, digits, features of a digit, hidden size
mark, V = 10, 11  # ids 0 to 9 are the digits; the mark starts the decoder

# %%
# Shifted inputs: the digits before this one
# ------------------------------------------
# The task is that of :ref:`encoder-decoder`: write five digits in reverse order. In use, the
# :term:`decoder` reads at each step the digit that it wrote at the step before. In training it reads
# the digit that it *should* have written: the target, shifted by one step, with the mark in front.
# In the picture no step reads the digit that stands above it.


def strings(count):
    """Draw sources and their targets, (count, L) each."""
    return tasks.reversal(N=count, L=L, symbols=10, generator=draw)


def shifted(target):
    """Put the mark in front and leave out the last digit."""
    return F.pad(target[:, :-1], (1, 0), value=mark)  # (N, L)


source, target = strings(3)
print("target:", target[0].tolist())
print("inputs:", shifted(target)[0].tolist())
torch.testing.assert_close(shifted(target)[:, 1:], target[:, :-1])

read, write = [[str(i) for i in row[0].tolist()] for row in (source, target)]
plotting.pattern(
    {
        "encoder": [(digit, "") for digit in read],
        "decoder": list(zip([".", *write], write, strict=False)),
    },
    title="In training, each step reads the digit before the one that it has to write",
)

# %%
# Teacher forcing is one call
# ---------------------------
# All inputs are known in training, so one call of the decoder does all steps. With ``teacher``,
# :func:`lstm_guide.decode` goes step by step and reads the right digit instead of its own. Both give
# the same scores, as bulk and loop always do.


class Reverser(nn.Module):
    """Read a string of digits and write another."""

    def __init__(self):
        super().__init__()
        self.embed = nn.Embedding(num_embeddings=V, embedding_dim=E)
        self.encoder = nn.LSTM(input_size=E, hidden_size=H, batch_first=True)
        self.decoder = nn.LSTM(input_size=E, hidden_size=H, batch_first=True)
        self.readout = nn.Linear(in_features=H, out_features=V)

    def forward(self, source, inputs):
        """Score every step of the decoder, which reads the inputs (N, L)."""
        _, state = self.encoder(self.embed(source))  # (1, N, H) each
        output, _ = self.decoder(self.embed(inputs), state)  # (N, L, H)
        return self.readout(output)  # (N, L, V)

    def write(self, source, teacher=None):
        """Write step by step, from its own digits or the teacher's: ids (N, L) and scores."""
        _, state = self.encoder(self.embed(source))  # (1, N, H) each
        start = torch.full((len(source),), mark)  # (N,)
        return decode(self.decoder, self.embed, self.readout, state, start, L, teacher=teacher)


model = Reverser()
in_one_call = model(source, shifted(target))  # (3, L, V)
_, step_by_step = model.write(source, teacher=target)  # (3, L, V)
print(f"agree: {(in_one_call - step_by_step).abs().max() < 1e-5}")
torch.testing.assert_close(in_one_call, step_by_step, atol=1e-5, rtol=0)

# %%
# The number that counts
# ----------------------
# The loss compares each step with the target while the inputs are right. What you want to know is
# how many strings are right to the last digit when the model reads its own digits. Only the second
# number can tell you that the model works. Measure both, with shifted inputs.


def train(model, steps, data=strings, inputs=shifted):
    """Train with teacher forcing; return the mean loss of the last ten steps."""
    optimizer, losses = torch.optim.Adam(model.parameters(), lr=1e-2), []
    for _ in range(steps):
        source, target = data(N)
        scores = model(source, inputs(target))  # (N, L, V)
        loss = F.cross_entropy(scores.transpose(1, 2), target)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    return sum(losses[-10:]) / 10


@torch.no_grad()
def exact(model):
    """Return the share of strings that are right to the last digit, writing alone."""
    source, target = strings(500)
    tokens, _ = model.write(source)  # (500, L)
    return (tokens == target).all(dim=1).float().mean().item()


train(model, 250)
share = exact(model)
print(f"shifted: more than eight of ten strings right: {share > 0.8}")
assert share > 0.8

# %%
# .. _teacher-not-shifted:
#
# The trap: inputs that are not shifted
# -------------------------------------
# Forget the shift, and the decoder reads at each step the digit that it is asked to write. It learns
# to copy its input. The loss falls to nearly nothing, sooner than in honest training. But alone it
# has nothing to copy, and hardly any string is right.

careless = Reverser()
loss = train(careless, 60, inputs=lambda target: target)
share = exact(careless)
print(f"not shifted: loss below 0.05:               {loss < 0.05}")
print(f"not shifted: one string in a hundred right: {share > 0.01}")
assert loss < 0.05
assert share < 0.01

# %%
# .. _teacher-leak-test:
#
# A test that gives it away
# -------------------------
# Train for a moment on targets that are random and have nothing to do with the source. No honest
# model can do better than guess one of ten digits: its loss stays at the logarithm of ten. A loss
# below this floor is a leak: the answer is in the inputs.


def nothing_to_learn(count):
    """Draw sources, and targets that do not depend on them."""
    return torch.randint(10, (count, L)), torch.randint(10, (count, L))


floor = math.log(10)
honest = train(Reverser(), 60, data=nothing_to_learn)
leak = train(Reverser(), 60, data=nothing_to_learn, inputs=lambda target: target)
print(f"floor, ln 10: {floor:.1f}")
print(f"shifted:      {honest:.1f}")
print(f"not shifted:  {leak:.1f}")
assert honest > floor - 0.05
assert leak < 0.1

# %%
# Summary
# -------
# * Teacher forcing: the decoder reads the targets, shifted by one, in one call.
# * In use it reads what it wrote, step by step. Measure the model in this way.
# * A low loss proves nothing: a model that sees its answer has one too.
# * Random targets have a floor. A loss below it shows a leak.
#
# Common mistakes
# ---------------
# * "The loss is near zero and it writes nonsense": the inputs are not shifted
#   (:ref:`teacher-not-shifted`). :func:`~lstm_guide.probes.causality` catches it before you train:
#   :ref:`silent-training`.
# * "I compare losses to choose a model": test for the leak first (:ref:`teacher-leak-test`), and let
#   the model write alone.
# * "In use I call the decoder once for all steps": its inputs are not known yet. :ref:`decoder`
#   writes the loop.
#
# Check yourself
# --------------
# You train a model to predict the next letter of a text, with ``x`` as inputs and ``x`` as targets.
# What happens to the loss, and how do you repair it?
#
# .. dropdown:: Answer
#
#    It falls to nearly nothing: each step reads the letter that it has to give. Give the letters
#    before as inputs, ``x[:, :-1]``, and the letters after them as targets, ``x[:, 1:]``.
#
# Next
# ----
# One state of fixed size has to hold the whole source. :ref:`attention` lets the decoder look back
# at every step.
