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

from lstm_guide import encode, plotting

torch.manual_seed(0)
N, L, E, H = 32, 11, 5, 16  # strings, letters each, features of a letter, hidden size
letters = "abcd"

# %%
# Many inputs, one vector
# -----------------------
# The LSTM reads step after step, and all that it knows of the past is its :term:`state`. After the
# last step, the hidden state has seen the whole sequence. An :term:`encoder` uses this one vector and
# leaves the outputs of the other steps unused.

text = "dcabdc"
plotting.pattern(
    {"encoder": [(letter, "") for letter in text[:-1]] + [(text[-1], "vector")]},
    title="An encoder reads every step and uses what it knows after the last",
)

# %%
# In one direction, ``h_n[-1]`` is this vector: the last row of ``h_n`` belongs to the top
# :term:`layer`. It has one size, whatever the length of the sequence.

embed = nn.Embedding(num_embeddings=len(letters), embedding_dim=E)
lstm = nn.LSTM(input_size=E, hidden_size=H, batch_first=True)

for length in (3, 11, 50):
    ids = torch.randint(len(letters), (N, length))
    output, (h_n, c_n) = lstm(embed(ids))  # (N, length, H), (1, N, H), (1, N, H)
    vector = h_n[-1]  # (N, H)
    print(f"{length:2} letters: {tuple(vector.shape) = }")
    assert vector.shape == (N, H)
    torch.testing.assert_close(vector, output[:, -1])

# %%
# A task that needs the order
# ---------------------------
# Is there an ``a`` with a ``b`` right after it? About half of the random strings of this length say
# yes, so guessing is right half of the time. Counting letters does not help: the order decides.


def strings(count):
    """Draw random strings, and for each whether it contains "ab"."""
    ids = torch.randint(len(letters), (count, L))  # (count, L)
    found = (ids[:, :-1] == 0) & (ids[:, 1:] == 1)  # (count, L - 1)
    return ids, found.any(dim=1).float()  # (count, L), (count,)


ids, answers = strings(3)
for row, answer in zip(ids.tolist(), answers.tolist(), strict=True):
    print("".join(letters[i] for i in row), "yes" if answer else "no")

test_ids, test_answers = strings(1000)
print(f"share of yes: {test_answers.mean():.1f}")
assert 0.4 < test_answers.mean() < 0.6

# %%
# Train it: the vector goes to a linear layer
# -------------------------------------------
# The linear layer turns the vector into one number, the score of "yes". The loss is made from this
# number alone, so the LSTM has to put into its last state all that the answer needs.

head = nn.Linear(in_features=H, out_features=1)
model = nn.ModuleList([embed, lstm, head])
optimizer = torch.optim.Adam(model.parameters(), lr=1e-2)

for _ in range(300):
    ids, answers = strings(N)
    _, (h_n, _) = lstm(embed(ids))  # (1, N, H)
    scores = head(h_n[-1]).squeeze(1)  # (N,)
    loss = F.binary_cross_entropy_with_logits(scores, answers)
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()

with torch.no_grad():
    _, (h_n, _) = lstm(embed(test_ids))
    right = (head(h_n[-1]).squeeze(1) > 0) == test_answers.bool()
accuracy = right.float().mean()
print(f"right on new strings: {accuracy:.2f}")
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
ids, answers = strings(N)
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
