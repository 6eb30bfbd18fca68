r"""
.. _truncated-bptt:

How do you train on a sequence that never ends?
===============================================

A sensor sends for months, a text has a million letters. One call for all of it needs memory for
every step, and one update for all of it is one update. So you cut into chunks, carry the state, and
cut the gradient: :term:`truncated backpropagation through time`. Before this page, read
:ref:`carrying-state` and :ref:`truncated`. After it, you can write that loop and say what it costs.

**You will see**

* what is kept for the backward pass: it grows with the sequence, or stays flat
* a lamp with two buttons, learned in chunks: with the state carried, and with a reset at each chunk
* what chunks of one step cannot learn
"""

# sphinx_gallery_tags = ["training", "states"]

import torch
import torch.nn.functional as F
from torch import nn

from lstm_guide import detach_state, plotting, set_forget_bias, training

torch.manual_seed(0)
N, H_in, H = 16, 2, 8  # streams, features in, features of h and c
chunk_length = 20  # steps

# %%
# A lamp with two buttons
# -----------------------
# One button switches the lamp on, the other off. Presses are rare, one in 25 steps. The question at
# each step is whether the lamp is on. Nearly half of the chunks of 20 steps hold no press, so the
# answer is not in the chunk. Step 0 has a press, so the answer is always in the past.


def streams(L):
    """Draw N long streams: presses (N, L, 2), and whether the lamp is on (N, L)."""
    pressed = torch.rand(N, L) < 1 / 25  # (N, L)
    pressed[:, 0] = True
    which = torch.randint(2, (N, L))
    last = (pressed * torch.arange(L)).cummax(dim=1).values  # (N, L): the last press
    presses = torch.stack([pressed & (which == 0), pressed & (which == 1)], dim=-1)
    return presses.float(), which.gather(1, last).float()


x, lamp = streams(L=6000)
test_x, test_lamp = streams(L=2000)
shown = torch.stack([x[0, :20, 0], x[0, :20, 1], lamp[0, :20]]).int()  # (3, 20)
ax = plotting.cells(
    shown,
    rows="feature",
    columns="time",
    colour_by=shown,
    title="The lamp stays as the last press left it",
)
ax.set_yticks(range(3), ["off button", "on button", "lamp"])
ax.set_ylabel("")
assert 0.4 < test_lamp.mean() < 0.6
presses = test_x.sum(dim=-1).view(N, -1, chunk_length).sum(dim=-1)  # (N, chunks)
assert 0.4 < (presses == 0).float().mean() < 0.5

# %%
# Memory stays flat
# -----------------
# Detaching changes no output (:ref:`truncated-reach`). It changes what autograd has to keep for the
# backward pass. Count the numbers in the tensors that are kept. With the graph of the whole sequence
# there are ten times as many for ten chunks as for one. With the cut and a backward after each chunk,
# the next chunk starts from nothing.

lstm = nn.LSTM(input_size=H_in, hidden_size=H, batch_first=True)


def kept(x, cut):
    """Return the most numbers kept for a backward pass, with the cut or without."""
    counts = [0]

    def count(tensor):
        counts[-1] += tensor.numel()
        return tensor

    with torch.autograd.graph.saved_tensors_hooks(count, lambda tensor: tensor):
        state = None
        for chunk in x.split(chunk_length, dim=1):
            output, state = lstm(chunk, state)
            if cut:
                output.sum().backward()
                counts.append(0)
                state = detach_state(state)
    return max(counts)


lengths = [20, 100, 200]
with_graph = [kept(x[:, :length], cut=False) for length in lengths]
with_cut = [kept(x[:, :length], cut=True) for length in lengths]
one_chunk = with_graph[0]
print("steps:", lengths)
print("kept, whole graph: ", [number // one_chunk for number in with_graph])
print("kept, with the cut:", [number // one_chunk for number in with_cut])
assert with_graph[-1] == 10 * one_chunk
assert with_cut == [one_chunk] * 3

# %%
# The loop
# --------
# One stream a row, one chunk after another, in order. The state is carried to the next chunk, and
# detached. ``carry=False`` starts each chunk from zeros, as if chunks were independent samples. All
# else is the same. The forget bias starts at 1 (:ref:`initialisation`). For the test,
# :func:`lstm_guide.training.tbptt` does the carrying: it gives the steps of each chunk, the output and
# the state, detached.


def train(carry, x, lamp, length=chunk_length):
    """Train on the streams in chunks; return the layer and its head."""
    lstm = nn.LSTM(input_size=H_in, hidden_size=H, batch_first=True)
    head = nn.Linear(in_features=H, out_features=1)
    set_forget_bias(lstm, 1.0)
    parameters = [*lstm.parameters(), *head.parameters()]
    optimizer = torch.optim.Adam(parameters, lr=0.03)
    state = None
    chunks = zip(x.split(length, dim=1), lamp.split(length, dim=1), strict=True)
    for chunk, target in chunks:
        output, state = lstm(chunk, state)  # (N, length, H)
        loss = F.binary_cross_entropy_with_logits(head(output).squeeze(-1), target)
        optimizer.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(parameters, 1.0)
        optimizer.step()
        state = detach_state(state) if carry else None
    return lstm, head


@torch.no_grad()
def accuracy(lstm, head, carry):
    """Share of right answers on new streams, read in chunks."""
    right = []
    chunks = training.tbptt(lstm, test_x, chunk_length=chunk_length, dim=1)
    for steps, output, _ in chunks:
        if not carry:
            output, _ = lstm(test_x[:, steps])  # (N, chunk_length, H), from zeros
        right.append((head(output).squeeze(-1) > 0) == test_lamp[:, steps].bool())
    return torch.cat(right, dim=1).float().mean(dim=0)  # (L,): of each step


carried = accuracy(*train(True, x, lamp), carry=True)
reset_model = train(False, x, lamp)
reset = accuracy(*reset_model, carry=False)
mixed = accuracy(*reset_model, carry=True)
print(f"state carried: {carried.mean():.2f}")
print(f"reset at each chunk: {reset.mean():.1f}")
print(f"the same model, read with the state: {mixed.mean():.1f}")
assert carried.mean() > 0.97 > 0.8 > reset.mean()
assert mixed.mean() > max(0.8, reset.mean() + 0.1)
assert mixed.mean() - reset.mean() > carried.mean() - mixed.mean()

# %%
# The reset model begins each chunk with a guess, and gets better as presses come in. The carried
# one knows from the first step of a chunk. Compare the last two numbers: reading with a reset loses
# most. A chunk with a press teaches to hold, also in the reset model. But that one has never seen a
# state older than a chunk, and how well it reads on depends on the first weights.

by_place = {
    "state carried": carried.view(-1, chunk_length).mean(dim=0),  # (chunk_length,)
    "reset at each chunk": reset.view(-1, chunk_length).mean(dim=0),
}
first, *_, last = by_place["reset at each chunk"]
assert by_place["state carried"][0] > 0.95
assert first < 0.65
assert last > first + 0.1
plotting.steps(
    by_place,
    ylabel="share of right answers",
    title="A reset forgets the lamp at the start of each chunk",
    xlabel="step of the chunk",
)

# %%
# .. _truncated-bptt-one-step:
#
# Too short a chunk
# -----------------
# A gradient reaches back to the start of its chunk. In a chunk of one step it never reaches a press
# that came before. The carried state holds a trace of the press, and the head can learn to read it.
# But nothing teaches the layer to hold it: with as many updates, the answers are near a guess.

short = accuracy(*train(True, x[:, :300], lamp[:, :300], length=1), carry=True)
behind = (carried.mean() - short.mean()).item()
print(f"chunks of one step fall far behind: {behind > 0.2}")
assert behind > 0.2
assert short.mean() < 0.7

# %%
# Summary
# -------
# * Carry the state, detach h and c, call ``backward`` in each chunk.
# * What is kept for the backward pass no longer grows with the sequence.
# * What a layer holds may be older than a chunk. What it learns to hold must show within one.
#
# Common mistakes
# ---------------
# * "I shuffle the chunks and carry the state": each gets the state of another stream. See
#   :ref:`rows-of-the-state`.
# * "I reset at each chunk to be safe": see the picture above, and :ref:`truncated-reach`.
# * "I detach h only": the gradient runs on through c, see :ref:`carrying-state`.
# * "I use chunks of one step to save memory": see :ref:`truncated-bptt-one-step`.
#
# Check yourself
# --------------
# A press and its effect are 30 steps apart, and chunks have 20 steps. Can the layer learn it?
#
# .. dropdown:: Answer
#
#    Not from this pair alone: no gradient goes from the effect to the press. Take longer chunks.
#    With the lamp it works, since the effect shows at once and then stays.
#
# Next
# ----
# The next page, :ref:`initialisation`, measures what the first weights decide.
