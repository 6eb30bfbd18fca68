r"""
.. _exercise-stop-decoding:

Exercise: a decoder that stops
==============================

Your model writes one token after the other, and reads each one before it writes the next. With a
stop token it says that it is done. Sometimes it never says so. You write the loop.

**You will do**

* feed each written token back, with the :term:`state` of the step that wrote it
* end the list at the stop token, and after a number of tokens in any case
* see what the checker says to a loop that would never end
"""

# sphinx_gallery_tags = ["exercise", "patterns"]

import torch
from torch import nn

from lstm_guide import check

torch.manual_seed(0)
V, E, H = 6, 4, 5  # tokens in the vocabulary, features of a token, features of the state


class Speller(nn.Module):
    def __init__(self, V, E, H):
        super().__init__()
        self.embed = nn.Embedding(num_embeddings=V, embedding_dim=E)
        self.lstm = nn.LSTM(input_size=E, hidden_size=H, batch_first=True)
        self.readout = nn.Linear(in_features=H, out_features=V)

    def forward(self, token, state):
        output, state = self.lstm(self.embed(token), state)  # (1, 1, H)
        return self.readout(output), state  # (1, 1, V) and the state after this step


model = Speller(V, E, H)
state = torch.randn(1, 1, H), torch.randn(1, 1, H)  # h and c to start from
start = 3
scores, after = model(torch.tensor([[start]]), state)
print(f"{tuple(scores.shape) = }")
print(f"highest score: token {scores.argmax().item()}")
assert scores.shape == (1, 1, V)

# %%
# Your answer
# -----------
# The function gets such a model, a state, and three whole numbers: the token that the model reads
# first, the token that says stop, and the largest number of tokens. At each step it takes the token
# with the highest score. It returns the list of written tokens, without start and stop. The checker
# draws untrained models; some of them never write the stop token. Replace ``return None``.


def answer(model, state, start, stop, limit):
    return None


verdict = check("stop-decoding", answer)

# %%
# A wrong answer
# --------------
# This loop looks at its limit only. What the model writes after its stop token means nothing.


def wrong(model, state, start, stop, limit):
    token, written = start, []
    for _ in range(limit):
        scores, state = model(torch.tensor([[token]]), state)
        token = scores.argmax().item()
        written.append(token)
    return written


verdict = check("stop-decoding", wrong)
assert not verdict.ok
assert "always runs to the limit" in verdict.message

# %%
# Another wrong answer
# --------------------
# This one looks at the stop token only. The checker ends it after a thousand tokens; in your own
# program nothing would.


def wrong_endless(model, state, start, stop, limit):
    token, written = start, []
    while True:
        scores, state = model(torch.tensor([[token]]), state)
        token = scores.argmax().item()
        if token == stop:
            return written
        written.append(token)


verdict = check("stop-decoding", wrong_endless)
assert not verdict.ok
assert "does not end where the model never writes the stop token" in verdict.message

# %%
# Hints
# -----
# .. dropdown:: Hint 1
#
#    A ``for`` loop over the limit ends in any case. ``break`` ends it earlier.
#
# .. dropdown:: Hint 2
#
#    Look at the new token before you append it to the list: the stop token does not belong to it.
#
# Pages that explain it
# ---------------------
# * :ref:`decoder`
# * :ref:`unrolling`
#
# Solution
# --------
# :ref:`solution-stop-decoding`
