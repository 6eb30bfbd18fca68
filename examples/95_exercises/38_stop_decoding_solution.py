r"""
.. _solution-stop-decoding:

Solution: a decoder that stops
==============================

This page answers :ref:`exercise-stop-decoding`. A loop over the limit, which ends early when the new
token is the stop token.

**You will see**

* the answer, and the checker that passes it
* what a model reads and writes at each step
* the same loop from a helper, for a batch of two
"""

# sphinx_gallery_tags = ["solution", "patterns"]

import torch
from torch import nn

from lstm_guide import check, decode, plotting

torch.manual_seed(0)
V, E, H = 6, 4, 5  # tokens in the vocabulary, features of a token, features of the state

# %%
# The answer
# ----------
# The token and the state go from step to step. The new token is looked at before it is written.


def answer(model, state, start, stop, limit):
    token, written = start, []
    for _ in range(limit):
        scores, state = model(torch.tensor([[token]]), state)  # (1, 1, V)
        token = scores.argmax().item()
        if token == stop:
            break
        written.append(token)
    return written


verdict = check("stop-decoding", answer)
assert verdict.ok

# %%
# What is read and written
# ------------------------
# The model is not trained, but its weights are large, so that it writes different tokens. With a stop
# token that it never writes, here number V, the list ends at the limit. Take as stop token one that
# it writes, and the list ends before it.

embed = nn.Embedding(num_embeddings=V, embedding_dim=E)
lstm = nn.LSTM(input_size=E, hidden_size=H, batch_first=True)
readout = nn.Linear(in_features=H, out_features=V, bias=False)
nn.init.normal_(embed.weight, std=4.0)
for parameter in lstm.parameters():
    nn.init.normal_(parameter)
state = torch.randn(1, 1, H), torch.randn(1, 1, H)  # h and c to start from


def model(token, state):
    output, state = lstm(embed(token), state)  # (1, 1, H)
    return readout(output), state


start, limit = 3, 8
to_limit = answer(model, state, start, V, limit)
stop = list(dict.fromkeys(to_limit))[-1]  # the last token that is new
written = answer(model, state, start, stop, limit)
print(f"{to_limit = }")
print(f"{stop = }, {written = }")
assert len(to_limit) == limit
assert written == to_limit[: to_limit.index(stop)]
reads, writes = [start, *written], [*map(str, written), "stop"]
plotting.pattern(
    {"decoder": list(zip(map(str, reads), writes, strict=True))},
    start="state",
    feedback=True,
    title="Each step reads what the step before has written,\nuntil one writes stop",
)

# %%
# A batch of two
# --------------
# The first row is the one above. The second reads another token first, and stops at another step.
# :func:`lstm_guide.decode` keeps the stop token in a row, and lets a row that has stopped write it
# again until all have stopped.

first = torch.tensor([start, to_limit[0]])  # (N,): N is 2
both = tuple(part.repeat(1, 2, 1) for part in state)  # (1, N, H), (1, N, H)
tokens, _ = decode(lstm, embed, readout, both, first, steps=limit, stop=stop)  # (N, steps)
for row in tokens.tolist():
    print(f"{row = }")
second = answer(model, state, to_limit[0], stop, limit)
assert len(second) != len(written)
for row, text in zip(tokens.tolist(), (written, second), strict=True):
    assert row == (text + [stop] * limit)[: tokens.size(1)]

# %%
# Summary
# -------
# * Two things end the loop: the stop token, and a limit. A model may never write the first.
# * Token and state are handed on together.
# * Look at the token first, then write it: the stop token is a sign, and no part of the text.
#
# Next
# ----
# Back to :ref:`exercise-stop-decoding`, or on to :ref:`exercise-packed-final-state`.
