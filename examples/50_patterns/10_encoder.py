r"""
.. _encoder:

Encoder: a whole sequence becomes one vector
============================================

You want one answer for a whole sequence: a class, a number, a vector to compare. Which of the
tensors that :class:`torch.nn.LSTM` returns do you give to the next layer? You need to know what
``output`` and ``h_n`` are (:ref:`axes-and-outputs`). After this page you can take the right vector
in every configuration, and you know why ``h_n[-1]`` is not always it.

**You will see**

* the top layer's final :term:`hidden state`, given to a linear layer and trained until it works
* why ``h_n[-1]`` is half of the answer in two directions, and what never learns then
* one function that is right for every number of layers and directions
"""

# sphinx_gallery_tags = ["patterns", "training", "bidirectional"]

import torch
import torch.nn.functional as F
from torch import nn

from lstm_guide import encode, plotting, tasks
from lstm_guide.training import fit

torch.manual_seed(0)
N, L, E, H = 32, 20, 5, 16  # strings, brackets each, features of a bracket, hidden size
brackets = "()"

# %%
# Many inputs, one vector
# -----------------------
# The LSTM reads step after step, and all that it knows of the past is its :term:`state`. After the
# last step, the hidden state has seen the whole sequence. An :term:`encoder` uses this one vector and
# leaves the outputs of the other steps unused.

text = "(()())"
plotting.pattern(
    {"encoder": [(bracket, "") for bracket in text[:-1]] + [(text[-1], "vector")]},
    title="An encoder reads every step and uses what it knows after the last",
)

# %%
# In one direction, ``h_n[-1]`` is this vector: the last row of ``h_n`` belongs to the top
# :term:`layer`. It has one size, whatever the length of the sequence.

embed = nn.Embedding(num_embeddings=len(brackets), embedding_dim=E)
lstm = nn.LSTM(input_size=E, hidden_size=H, batch_first=True)

for length in (3, 20, 50):
    ids = torch.randint(len(brackets), (N, length))
    output, (h_n, c_n) = lstm(embed(ids))  # (N, length, H), (1, N, H), (1, N, H)
    vector = h_n[-1]  # (N, H)
    print(f"{length:2} brackets: {tuple(vector.shape) = }")
    assert vector.shape == (N, H)
    torch.testing.assert_close(vector, output[:, -1])

# %%
# A task that needs the order
# ---------------------------
# Does every bracket find its partner? :func:`lstm_guide.tasks.balanced_brackets` draws strings of which
# about half do, so guessing is right half of the time. Every string opens ten brackets and closes
# ten, so counting does not help: the order decides.

draw = torch.Generator().manual_seed(0)
# (1000, L) and (1000,)
test_ids, test_answers = tasks.balanced_brackets(N=1000, L=L, generator=draw)
for row, answer in zip(test_ids[:3].tolist(), test_answers[:3].tolist(), strict=True):
    print("".join(brackets[i] for i in row), "yes" if answer else "no")
print(f"share of yes: {test_answers.float().mean():.1f}")
assert (test_ids.sum(dim=1) == L / 2).all()
assert 0.4 < test_answers.float().mean() < 0.6

# %%
# Train it: the vector goes to a linear layer
# -------------------------------------------
# The linear layer turns the vector into one number, the score of "yes". The loss is made from this
# number alone, so the LSTM has to put into its last state all that the answer needs.
# :func:`lstm_guide.training.fit` asks for the loss of a new batch, improves the weights a little, and
# begins again (:ref:`smallest-loop` writes this out).

head = nn.Linear(in_features=H, out_features=1)
model = nn.ModuleList([embed, lstm, head])


def loss():
    """Draw strings, and compare their scores with the answers."""
    ids, answers = tasks.balanced_brackets(N=N, L=L, generator=draw)
    _, (h_n, _) = lstm(embed(ids))  # (1, N, H)
    scores = head(h_n[-1]).squeeze(1)  # (N,)
    return F.binary_cross_entropy_with_logits(scores, answers.float())


fit(loss, model.parameters(), updates=300)

with torch.no_grad():
    _, (h_n, _) = lstm(embed(test_ids))
    right = (head(h_n[-1]).squeeze(1) > 0) == test_answers
accuracy = right.float().mean()
print(f"right on strings drawn apart: {accuracy:.2f}")
assert accuracy > 0.97

# %%
# .. _encoder-half:
#
# In two directions, ``h_n[-1]`` is the reverse half
# --------------------------------------------------
# With ``bidirectional=True`` the top layer has two rows in ``h_n``: forward, then reverse. The last
# row is the reverse :term:`direction` alone. The shape is ``(N, H)`` as before, the call runs, and
# the loss may even fall, because the reverse direction has read the whole string too. What is
# wrong shows in the gradient: of the forward direction's weights, not one receives any.

both = nn.LSTM(input_size=E, hidden_size=H, batch_first=True, bidirectional=True)
ids = test_ids[:N]  # (N, L)
output, (h_n, c_n) = both(embed(ids))  # (N, L, 2 * H), (2, N, H), (2, N, H)
half = h_n[-1]  # (N, H)
torch.testing.assert_close(half, output[:, 0, H:])  # the reverse half of step 0


def gradient_of(vector):
    """Return the size of the gradient of the forward and of the reverse input weights."""
    weights = (both.weight_ih_l0, both.weight_ih_l0_reverse)
    gradients = torch.autograd.grad(vector.square().sum(), weights, retain_graph=True)
    return [gradient.norm().item() for gradient in gradients]


forward, reverse = gradient_of(half)
print(f"h_n[-1]: gradient of forward weights {forward:.2f}, of reverse weights {reverse:.2f}")
assert forward == 0
assert reverse > 0.1

# %%
# Repaired: join the two top rows
# -------------------------------
# Take the last two rows and join them on the feature axis. Each half has read the whole sequence,
# and both learn. The next layer now gets ``2 * H`` features.

vector = torch.cat([h_n[-2], h_n[-1]], dim=-1)  # (N, 2 * H)
forward, reverse = gradient_of(vector)
print(f"joined:  gradient of forward weights {forward:.2f}, of reverse weights {reverse:.2f}")
assert vector.shape == (N, 2 * H)
assert forward > 0.1

# %%
# One function for every configuration
# ------------------------------------
# :func:`lstm_guide.encode` calls the layer and returns this vector. It reads from the layer how
# many layers and directions there are. Below, each result is compared with ``output``: the forward
# half stands in the last step, the reverse half in step 0.

for num_layers in (1, 2, 3):
    for directions in (1, 2):
        layer = nn.LSTM(
            input_size=E,
            hidden_size=H,
            num_layers=num_layers,
            bidirectional=directions == 2,
            batch_first=True,
        )
        vector = encode(layer, embed(ids))  # (N, directions * H)
        output, _ = layer(embed(ids))
        expected = torch.cat([output[:, -1, :H], output[:, 0, H:]], dim=-1)
        torch.testing.assert_close(vector, expected)
        print(f"{num_layers} layers, {directions} directions: {tuple(vector.shape) = }")

# %%
# Summary
# -------
# * An encoder uses the top layer's final hidden state: one vector for each sequence.
# * In one direction it is ``h_n[-1]``. In two directions it is ``h_n[-2]`` and ``h_n[-1]``, joined.
# * ``encode(lstm, x)`` is right for every number of layers and directions.
# * The size of the vector does not depend on the length of the sequence.
#
# Common mistakes
# ---------------
# * "I take ``h_n[-1]`` in two directions": half of the layer never learns, and no message says so
#   (:ref:`encoder-half`).
# * "I take ``output[:, -1]`` in two directions": its reverse half has read one step only. See
#   :ref:`axes-and-outputs`; :func:`~lstm_guide.probes.gradient_reach` catches it:
#   :ref:`silent-states`.
# * "I use ``h_n.view(N, -1)``": the rows of different sequences get mixed. See
#   :ref:`view-and-transpose`; :func:`~lstm_guide.probes.batch_leak` catches it: :ref:`silent-axes`.
#
# Check yourself
# --------------
# A layer has ``hidden_size=64``, two layers and two directions. How many features does the linear
# layer after the encoder read, and which rows of ``h_n`` are in them?
#
# .. dropdown:: Answer
#
#    128: the rows ``h_n[2]`` and ``h_n[3]``, which are ``h_n[-2]`` and ``h_n[-1]``. The rows 0 and 1
#    belong to the lower layer.
#
# Next
# ----
# :ref:`transducer` uses the output of every step.
