r"""
.. _decoder:

Decoder: one vector becomes a sequence
======================================

You have one vector, such as the meaning of a sentence or the settings of a plot, and you want a
sequence of unknown length. An LSTM reads sequences, so what does it read here? It reads what it
wrote one step before. You need to know how to run a layer step by step (:ref:`unrolling`) and what
tokens and embeddings are (:ref:`tokens-to-vectors`). After this page you can train such a
:term:`decoder`, let it write, and make it stop.

**You will see**

* the numbers from 0 to 99 spelled out, letter by letter, all of them right
* the start mark, the stop rule and the feeding back, first in plain torch, then with a helper
* what happens when the state is not handed on, and when the time axis is missing
"""

# sphinx_gallery_tags = ["patterns", "text", "training", "errors"]

import torch
import torch.nn.functional as F
from torch import nn
from torch.nn.utils.rnn import pad_sequence

from lstm_guide import decode, plotting, tasks
from lstm_guide.training import fit

torch.manual_seed(0)
N, E, H = 100, 16, 64  # numbers, features of a letter, hidden size

# %%
# The task: spell a number
# ------------------------
# Each number is one vector, and its name is the sequence. Letters become ids
# (:ref:`tokens-to-vectors`). Id 0 is a mark that stands at both ends: the decoder reads it to start
# and writes it to stop.

names = [tasks.spell(number) for number in range(N)]
vocabulary = [".", *sorted(set("".join(names)))]  # id 0 is the mark
V, mark = len(vocabulary), 0

ids = [torch.tensor([vocabulary.index(letter) for letter in name + "."]) for name in names]
print(f"{names[73]!r} is {ids[73].tolist()}")
print(f"{V = } ids, the longest name has {max(map(len, names))} characters")
assert len(names) == N
assert ids[73][-1] == mark

# %%
# What it reads is what it wrote
# ------------------------------
# The vector becomes the :term:`state` that the decoder starts from. Step 0 reads the mark and writes
# the first letter. Every other step reads the letter that the step before has written, until the
# mark is written.

name = names[6]
plotting.pattern(
    {"decoder": list(zip("." + name, name + ".", strict=True))},
    start="vector",
    feedback=True,
    title="A decoder reads at each step what it wrote at the step before",
)

# %%
# Training: the inputs are the targets, one step later
# ----------------------------------------------------
# In training you know what should be written, so you know every input: the mark, and then the
# targets without their last letter. All steps go through one call, and no loop is needed. Shorter
# names are padded; ``cross_entropy`` leaves out targets of -100, its ``ignore_index``.
# :func:`lstm_guide.training.fit` improves the weights until the loss is small.

targets = pad_sequence(ids, batch_first=True, padding_value=-100)  # (N, L)
inputs = F.pad(targets[:, :-1], (1, 0), value=mark).clamp(min=0)  # (N, L), shifted by one
print("targets:", targets[6].tolist())
print("inputs: ", inputs[6].tolist())
assert inputs[6, 0] == mark
torch.testing.assert_close(inputs[6, 1:4], targets[6, :3])

vectors = nn.Embedding(num_embeddings=N, embedding_dim=H)  # one vector for each number
embed = nn.Embedding(num_embeddings=V, embedding_dim=E)
decoder = nn.LSTM(input_size=E, hidden_size=H, batch_first=True)
readout = nn.Linear(in_features=H, out_features=V)
model = nn.ModuleList([vectors, embed, decoder, readout])


def start_state(numbers):
    """Turn the vectors of some numbers into the state to start from."""
    h = vectors(numbers).unsqueeze(0)  # (1, N, H): one layer
    return h, torch.zeros_like(h)


def loss():
    """Compare the scores of every step with the targets."""
    output, _ = decoder(embed(inputs), start_state(torch.arange(N)))  # (N, L, H)
    scores = readout(output)  # (N, L, V)
    return F.cross_entropy(scores.transpose(1, 2), targets)


losses = fit(loss, model.parameters(), updates=150)
print(f"loss below 0.05: {losses[-1] < 0.05}")
assert losses[-1] < 0.05

# %%
# Writing: feed back and stop
# ---------------------------
# Now nobody knows the letters beforehand, so it takes a loop. Each step turns the last letter into a
# vector with a batch and a time axis, ``(1, 1, E)``, and hands the state on. The letter with the
# highest score is written. The loop ends at the mark, or after 20 steps: a decoder that never
# writes the mark would go on for ever.


@torch.no_grad()
def write(number, longest=20):
    """Write the name of one number."""
    token, state, written = torch.tensor([mark]), start_state(torch.tensor([number])), ""
    for _ in range(longest):
        output, state = decoder(embed(token).unsqueeze(1), state)  # (1, 1, H)
        token = readout(output[:, 0]).argmax(dim=-1)  # (1,)
        if token == mark:
            break
        written += vocabulary[token]
    return written


for number in (0, 12, 73):
    print(number, write(number))
    assert write(number) == names[number]

# %%
# All of them at once
# -------------------
# In a batch the names end at different steps. A row that has written the mark has to wait for the
# others. :func:`lstm_guide.decode` does this: after the mark a row writes marks only, and the loop
# ends when every row has stopped. You give it the three modules, the state and the first ids.

with torch.no_grad():
    start = torch.full((N,), mark)
    tokens, scores = decode(
        decoder, embed, readout, start_state(torch.arange(N)), start, steps=20, stop=mark
    )  # (N, L), (N, L, V)
written = ["".join(vocabulary[i] for i in row).rstrip(".") for row in tokens.tolist()]
right = sum(one == other for one, other in zip(written, names, strict=True))
print(f"{tuple(tokens.shape) = }")
print(f"spelled right: {right} of {N}")
assert right == N
assert tokens.size(1) == targets.size(1) < 20  # stopped before the limit

# %%
# It has learned these hundred by heart. A table with one vector for each number says nothing about
# a number that it has not seen; for that, the vector has to come from an encoder
# (:ref:`encoder-decoder`).
#
# Two mistakes in the loop
# ------------------------
# The first makes no noise. Without the state, each call starts from zeros: the decoder does not know
# which number it spells, nor what it has written before the last letter. Every row writes the same.

with torch.no_grad():
    token, lost = torch.full((N,), mark), []
    for _ in range(6):
        output, _ = decoder(embed(token).unsqueeze(1))  # the state is missing
        token = readout(output[:, 0]).argmax(dim=-1)
        lost.append(token)
lost = torch.stack(lost, dim=1)  # (N, 6)
print(f"different names written: {len(lost.unique(dim=0))} of {N}")
assert len(lost.unique(dim=0)) == 1

# %%
# The second: ``embed(token)`` has two axes, (N, E), and torch reads two axes as *one* sequence of N
# steps. With a state for a batch it says so. ``unsqueeze(1)`` adds the time axis of size 1; with
# time first it is ``unsqueeze(0)``.

try:
    decoder(embed(token), start_state(torch.arange(N)))
except RuntimeError as error:
    message = str(error)
    print(type(error).__name__, message)
else:
    raise AssertionError("torch accepted a step without time axis")
assert "For unbatched 2-D input, hx and cx should also be 2-D" in message

output, _ = decoder(embed(token).unsqueeze(1), start_state(torch.arange(N)))
print(f"{tuple(output.shape) = }")
assert output.shape == (N, 1, H)

# %%
# Summary
# -------
# * A decoder starts from a state made of the vector, and reads at each step what it wrote before.
# * In training the inputs are the targets, shifted by one, with a start mark: one call.
# * In use it is a loop: embed, step, score, choose, feed back. A stop mark and a limit end it.
# * ``decode`` runs the loop for a batch whose rows end at different steps.
#
# Common mistakes
# ---------------
# * "My decoder always writes the same": the state is not handed on, or not made from the vector. See
#   :ref:`bulk-and-loop`.
# * "``hx and cx should also be 2-D``": the step has no time axis. See :ref:`layouts` and
#   :ref:`the message <error-unbatched-input-batched-state>`.
# * "The loss is near zero, and it writes nonsense": the inputs are not shifted. See
#   :ref:`teacher-forcing`.
#
# Check yourself
# --------------
# Why does the model need a mark to start with? Why not begin with the first letter?
#
# .. dropdown:: Answer
#
#    Step 0 has to read something, and the first letter is what it has to write. The mark is the
#    same for all numbers, so it gives nothing away; the state alone says which number it is.
#
# :ref:`exercise-stop-decoding` checks your own answer.
#
# Next
# ----
# :ref:`encoder-decoder` makes the vector from another sequence.
