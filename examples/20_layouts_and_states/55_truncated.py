r"""
.. _truncated:

Detaching the state cuts the gradient, not the memory
=====================================================

You train on :term:`chunks <chunk>` and :term:`detach` the :term:`state` between them, as
:ref:`carrying-state` shows. It runs. What do you lose? The numbers stay the same, but what a later
chunk needs is no longer taught to an earlier one. After this page you can say which steps a
gradient reaches, and choose where to cut, or not to cut at all.

**You will see**

* the same outputs with the state detached and not
* which input steps the gradient of the last output reaches
* one ``backward`` for all chunks, which gives the gradient of the long call
"""

# sphinx_gallery_tags = ["states", "training"]

import torch
from torch import nn

from lstm_guide import detach_state, plotting

torch.manual_seed(0)
N, L, H_in, H = 3, 12, 2, 5  # batch, time, features in, features out
chunk_length = 4  # steps

lstm = nn.LSTM(input_size=H_in, hidden_size=H, batch_first=True)
x = torch.randn(N, L, H_in)

# %%
# .. _truncated-reach:
#
# The gradient stops at the border of the chunk
# ---------------------------------------------
# Take the :term:`output` of the last step, and ask which input steps its gradient
# reaches. With the graph kept, it reaches every step. Detached, it reaches the last chunk
# only, and is exactly zero before. The output itself is the same. So the LSTM still reads what old
# chunks left in its memory, but it is not taught what to leave there for a later chunk. This is
# :term:`truncated backpropagation through time`.


def in_chunks(inputs, carry):
    """Feed the inputs in chunks; return the outputs of all steps."""
    parts, state = [], None
    for chunk in inputs.split(chunk_length, dim=1):
        output, state = lstm(chunk, state)
        parts.append(output)
        state = carry(state)
    return torch.cat(parts, dim=1)  # (N, L, H)


inputs = x.clone().requires_grad_()
kept = in_chunks(inputs, carry=lambda state: state)
cut = in_chunks(inputs, carry=detach_state)
torch.testing.assert_close(cut, kept, atol=1e-6, rtol=0)

(kept_gradient,) = torch.autograd.grad(kept[:, -1].sum(), inputs)  # (N, L, H_in)
(cut_gradient,) = torch.autograd.grad(cut[:, -1].sum(), inputs)  # (N, L, H_in)
kept_reach = kept_gradient.abs().sum(dim=(0, 2))  # (L,)
cut_reach = cut_gradient.abs().sum(dim=(0, 2))  # (L,)
assert kept_reach.count_nonzero() == L
assert cut_reach[:-chunk_length].count_nonzero() == 0

plotting.steps(
    {"graph kept": kept_reach, "detached": cut_reach.where(cut_reach > 0, torch.nan)},
    ylabel="size of the gradient",
    title="Detached between chunks of four:\nonly the last four steps get a gradient",
).set_yscale("log")

# %%
# .. _truncated-once:
#
# Or call ``backward`` once, after the last chunk
# -----------------------------------------------
# If the graph of all chunks fits into memory, you can keep it: carry the state without detaching,
# and call ``backward`` once, for the loss of all chunks. The weights then get the gradient of the
# long call. With a detached state they do not. The printed number is the
# difference, as a fraction of the full gradient.


def gradient_of(output):
    """Return the gradient of the recurrent weights, from one backward."""
    lstm.zero_grad()
    output.square().mean().backward()
    return lstm.weight_hh_l0.grad  # (4 * H, H)


full = gradient_of(lstm(x)[0])
kept = gradient_of(in_chunks(x, carry=lambda state: state))
cut = gradient_of(in_chunks(x, carry=detach_state))
torch.testing.assert_close(kept, full, atol=1e-6, rtol=0)
print(f"{(cut - full).norm() / full.norm() = :.2f}")
assert (cut - full).norm() > 0.05 * full.norm()

# %%
# A longer chunk reaches further
# ------------------------------
# The length of a chunk is the furthest that a gradient can go back. Longer chunks come closer to the
# full gradient, and need more memory: the graph of a chunk is kept until its ``backward``. With one
# chunk of all twelve steps nothing is cut.

for chunk_length in (2, 4, 6, 12):
    cut = gradient_of(in_chunks(x, carry=detach_state))
    missing = ((cut - full).norm() / full.norm()).item()
    print(f"chunks of {chunk_length:>2}: the gradient is off by {missing:.2f} of its size")
    assert (missing < 1e-5) == (chunk_length == L)

# %%
# Summary
# -------
# * Detaching keeps the numbers and cuts the gradient at the border of the chunk.
# * The LSTM still reads what old chunks left, but is not taught what to leave.
# * One ``backward`` after the last chunk gives the gradient of the long call, if memory allows.
#
# Common mistakes
# ---------------
# * "I detach, so the LSTM forgets the old chunks": the numbers are the same
#   (:ref:`truncated-reach`).
# * "My chunks are shorter than what has to be remembered": no gradient reaches that far back
#   (:ref:`truncated-reach`).
# * "I want the full gradient, and detach": keep the graph and call ``backward`` once
#   (:ref:`truncated-once`). :func:`~lstm_guide.probes.gradient_reach` says which steps your loss
#   reaches: :ref:`silent-states`.
#
# Check yourself
# --------------
# You feed chunks of four steps and detach between them. A word in chunk 0 decides about the answer
# in chunk 2. Can the output in chunk 2 depend on that word? Is the model taught to keep it?
#
# .. dropdown:: Answer
#
#    It can depend on it: the state is carried, so the values are those of one long call. The model
#    is not taught to keep it: the loss of chunk 2 sends no gradient into chunk 0.
#
# Next
# ----
# Go on with what goes wrong when a model keeps its state, and the repair:
# :ref:`state-inside-a-module`.
