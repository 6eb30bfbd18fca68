r"""
.. _encoder-decoder:

Encoder-decoder: a sequence becomes another one
===============================================

You want to turn one sequence into another: a question into an answer, a date into another form.
Two LSTMs do it, one reads and one writes. How does what the first has read get into the second? You
need the two halves (:ref:`encoder`, :ref:`decoder`). After this page you can connect them, also
when the encoder has two directions, and train them together.

**You will see**

* two ``nn.LSTM`` and the state passed from one to the other
* a model that learns to reverse digits, measured while it writes alone
* the message when the encoder has two directions, and the line that repairs it
"""

# sphinx_gallery_tags = ["patterns", "training", "bidirectional", "errors"]

import torch
import torch.nn.functional as F
from torch import nn

from lstm_guide import bridge, decode, plotting, tasks

torch.manual_seed(0)
draw = torch.Generator().manual_seed(0)  # draws the strings of digits
N, L, E, H = 64, 5, 16, 48  # strings, digits, features of a digit, hidden size
mark, V = 10, 11  # ids 0 to 9 are the digits; the mark starts the decoder

# %%
# One reads, one writes
# ---------------------
# The :term:`encoder` reads the source and keeps one thing: its final :term:`state`. The
# :term:`decoder` starts from this state and writes the target. The task is to write five digits in
# reverse order. A :term:`transducer` of one direction cannot do this: the first digit to write is
# the last one read.


def strings(count):
    """Draw sources and their targets, (count, L) each."""
    return tasks.reversal(N=count, L=L, symbols=10, generator=draw)


source, target = strings(1)
read, write = [[str(i) for i in row[0].tolist()] for row in (source, target)]
plotting.pattern(
    {
        "encoder": [(digit, "") for digit in read],
        "decoder": list(zip([".", *write], write, strict=False)),
    },
    feedback=True,
    title="The state carries the source from the encoder to the decoder",
)

# %%
# Two LSTMs, one state
# --------------------
# The encoder's ``output`` is not used. Its state, the pair ``(h_n, c_n)``, goes into the decoder as
# it is: both layers have the same ``num_layers`` and ``hidden_size``. In training the decoder reads
# the right digits, shifted by one with the mark in front. This is called :term:`teacher forcing`;
# :ref:`teacher-forcing` shows what happens without the shift.


class Reverser(nn.Module):
    """Read a string of digits and write another."""

    def __init__(self):
        super().__init__()
        self.embed = nn.Embedding(num_embeddings=V, embedding_dim=E)
        self.encoder = nn.LSTM(input_size=E, hidden_size=H, batch_first=True)
        self.decoder = nn.LSTM(input_size=E, hidden_size=H, batch_first=True)
        self.readout = nn.Linear(in_features=H, out_features=V)

    def start(self, source):
        """Turn sources (N, L) into the state that the decoder starts from."""
        _, state = self.encoder(self.embed(source))  # (1, N, H) each
        return state

    def forward(self, source, inputs):
        """Score every step of the decoder, which reads the inputs (N, L)."""
        output, _ = self.decoder(self.embed(inputs), self.start(source))  # (N, L, H)
        return self.readout(output)  # (N, L, V)


def shifted(target):
    """Put the mark in front and leave out the last digit."""
    return F.pad(target[:, :-1], (1, 0), value=mark)  # (N, L)


source, target = strings(3)
print("target:", target[0].tolist())
print("inputs:", shifted(target)[0].tolist())
torch.testing.assert_close(shifted(target)[:, 1:], target[:, :-1])

# %%
# Train it, then let it write alone
# ---------------------------------
# The number that counts is not the loss. It is how many strings are right to the last digit when
# the decoder reads back its own digits, as it will in use: :func:`lstm_guide.decode` runs this loop
# (:ref:`decoder` writes it out).


def train(model, steps):
    """Train with teacher forcing."""
    optimizer = torch.optim.Adam(model.parameters(), lr=1e-2)
    for _ in range(steps):
        source, target = strings(N)
        scores = model(source, shifted(target))  # (N, L, V)
        loss = F.cross_entropy(scores.transpose(1, 2), target)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()


@torch.no_grad()
def exact(model):
    """Return the share of strings that are right to the last digit, writing alone."""
    source, target = strings(500)
    start = torch.full((500,), mark)
    state = model.start(source)
    tokens, _ = decode(model.decoder, model.embed, model.readout, state, start, steps=L)
    return (tokens == target).all(dim=1).float().mean().item()


model = Reverser()
train(model, 250)
share = exact(model)
print(f"at least nine of ten strings right: {share > 0.9}")
assert share > 0.9

# %%
# An encoder with two directions
# ------------------------------
# In two directions the encoder's state has two rows, and a decoder of one direction has room for
# one. The message names both sizes.

source, target = strings(N)
two_way = nn.LSTM(input_size=E, hidden_size=H // 2, batch_first=True, bidirectional=True)
_, (h, c) = two_way(model.embed(source))  # (2, N, H / 2) each
try:
    model.decoder(model.embed(shifted(target)), (h, c))
except RuntimeError as error:
    message = str(error)
    print(type(error).__name__, message)
else:
    raise AssertionError("torch accepted two rows")
assert f"Expected hidden[0] size (1, {N}, {H}), got [2, {N}, {H // 2}]" in message

# %%
# Join the directions on the feature axis: half as many features, twice. :func:`lstm_guide.bridge`
# does this for each layer, in h and in c.

joined = torch.cat([h[0], h[1]], dim=-1).unsqueeze(0)  # (1, N, H)
state = bridge(two_way, (h, c))  # (1, N, H) each
torch.testing.assert_close(state[0], joined)


class TwoWayReverser(Reverser):
    """The same with an encoder that reads in both directions."""

    def __init__(self):
        super().__init__()
        self.encoder = two_way

    def start(self, source):
        """Turn sources (N, L) into the state that the decoder starts from."""
        _, state = self.encoder(self.embed(source))  # (2, N, H / 2) each
        return bridge(self.encoder, state)  # (1, N, H) each


model = TwoWayReverser()
train(model, 200)
share = exact(model)
print(f"two directions, at least eight of ten strings right: {share > 0.8}")
assert share > 0.8

# %%
# Summary
# -------
# * The encoder's final state is the decoder's first: same number of layers, same sizes.
# * In training the decoder reads the targets, shifted by one; in use it reads what it wrote.
# * Measure the model while it writes alone.
# * Two directions are joined on the feature axis: ``bridge(encoder, state)``.
#
# Common mistakes
# ---------------
# * "The loss is near zero and it writes nonsense": the inputs are not shifted. See
#   :ref:`teacher-forcing`.
# * "I pass ``h_n`` and leave ``c_n`` out": the state is a pair. See :ref:`initial-state` and
#   :ref:`the message <error-only-h>`.
# * "I join the two directions with ``view``": rows of different sequences get mixed. See
#   :ref:`view-and-transpose`; :func:`~lstm_guide.probes.batch_leak` catches it: :ref:`silent-axes`.
#
# Check yourself
# --------------
# Your encoder has two layers in two directions with ``hidden_size=32``. Which ``num_layers`` and
# ``hidden_size`` does the decoder need, and what are the shapes of its state for 8 sequences?
#
# .. dropdown:: Answer
#
#    Two layers and ``hidden_size=64``. The encoder returns ``(4, 8, 32)`` twice; ``bridge`` makes
#    ``(2, 8, 64)`` of each: layer by layer, the two directions side by side.
#
# Next
# ----
# :ref:`teacher-forcing` looks at the inputs of the decoder, and at the mistake that a low loss hides.
