r"""
.. _solution-truncated-bptt:

Solution: train on a long sequence, chunk by chunk
==================================================

This page answers :ref:`exercise-truncated-bptt`. Between two chunks you detach h and c. The numbers go
on, the graph ends.

**You will see**

* the answer, and the checker that passes it
* that the cut changes no output
* how far back the gradient of the last chunk reaches
"""

# sphinx_gallery_tags = ["solution", "training", "states"]

import torch
from torch import nn
from torch.nn.functional import mse_loss

from lstm_guide import check, detach_state, plotting

torch.manual_seed(0)
N, L, H_in, H, C = 3, 11, 2, 5, 4  # sequences, steps, features in and out, targets
k = 4  # steps of a chunk

# %%
# The answer
# ----------
# One chunk, one ``backward``, one update. ``zero_grad`` stands before ``backward``, so that no chunk
# pays for another one. ``split`` keeps the rest as a shorter chunk.


def answer(lstm, head, optimizer, x, y, k):
    losses, state = [], None
    for inputs, targets in zip(x.split(k, dim=1), y.split(k, dim=1), strict=True):
        output, (h, c) = lstm(inputs, state)  # (N, k, H), (1, N, H), (1, N, H)
        loss = mse_loss(head(output), targets)  # ()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        state = h.detach(), c.detach()
        losses.append(loss.item())
    return losses


verdict = check("truncated-bptt", answer)
assert verdict.ok

# %%
# With a helper
# -------------
# :func:`lstm_guide.detach_state` detaches the pair. Before the call is as good a place as after it.


def with_helper(lstm, head, optimizer, x, y, k):
    losses, state = [], None
    for inputs, targets in zip(x.split(k, dim=1), y.split(k, dim=1), strict=True):
        state = None if state is None else detach_state(state)
        output, state = lstm(inputs, state)
        loss = mse_loss(head(output), targets)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    return losses


verdict = check("truncated-bptt", with_helper)
assert verdict.ok

# %%
# What is cut, and what is not
# ----------------------------
# Run the chunks without updates, once with the graph kept and once detached. The outputs agree. The
# gradient of the last loss reaches every step in the one case, and the last chunk in the other.

lstm = nn.LSTM(input_size=H_in, hidden_size=H, batch_first=True)
head = nn.Linear(in_features=H, out_features=C)
x = torch.randn(N, L, H_in, requires_grad=True)  # (N, L, H_in)
y = torch.randn(N, L, C)  # (N, L, C)


def last_chunk(carry):
    """The output of the last chunk, and the size of its loss's gradient at each step."""
    state = None
    for inputs in x.split(k, dim=1):
        output, state = lstm(inputs, None if state is None else carry(state))
    loss = mse_loss(head(output), y[:, -output.size(1) :])  # ()
    (gradient,) = torch.autograd.grad(loss, x)  # (N, L, H_in)
    return output, gradient.abs().sum(dim=(0, 2))  # (N, rest, H), (L,)


output, reach = last_chunk(carry=lambda state: state)
cut_output, cut_reach = last_chunk(carry=detach_state)
rest = output.size(1)
print(f"steps of the last chunk: {rest}")
print(f"steps with a gradient, graph kept: {reach.count_nonzero()}")
print(f"steps with a gradient, detached:   {cut_reach.count_nonzero()}")
torch.testing.assert_close(cut_output, output, atol=1e-6, rtol=0)
assert reach.count_nonzero() == L
assert cut_reach.count_nonzero() == rest == L % k
plotting.steps(
    {"graph kept": reach, "detached": cut_reach.where(cut_reach > 0, torch.nan)},
    ylabel="size of the gradient",
    title="Detached: the loss of the last chunk\nreaches its own steps only",
).set_yscale("log")

# %%
# Summary
# -------
# * For each chunk: call, loss, ``zero_grad``, ``backward``, ``step``, and detach h and c.
# * The state carries what the model knows. Detaching it changes no number of the output.
# * No gradient goes from a chunk to the one before, so the model does not learn what to keep for
#   later chunks.
#
# Next
# ----
# Back to :ref:`exercise-truncated-bptt`, or on to :ref:`exercise-leak-hunt`.
