r"""
.. _exercise-truncated-bptt:

Exercise: train on a long sequence, chunk by chunk
==================================================

Your sequences are too long for one ``backward``. You cut them into chunks and update the weights
after each. What the model knows goes on from chunk to chunk, and the gradient does not.

**You will do**

* write the loop of :term:`truncated backpropagation through time`
* see what the checker says to a loop that forgets the state
* see what torch says to a loop that does not :term:`detach` the state
"""

# sphinx_gallery_tags = ["exercise", "training", "states"]

import torch
from torch import nn
from torch.nn.functional import mse_loss

from lstm_guide import check

torch.manual_seed(0)
N, L, H_in, H, C = 3, 11, 2, 5, 4  # sequences, steps, features in and out, targets
k = 4  # steps of a chunk

lstm = nn.LSTM(input_size=H_in, hidden_size=H, batch_first=True)
head = nn.Linear(in_features=H, out_features=C)
optimizer = torch.optim.SGD([*lstm.parameters(), *head.parameters()], lr=0.1)
x, y = torch.randn(N, L, H_in), torch.randn(N, L, C)  # (N, L, H_in), (N, L, C)
sizes = [chunk.size(1) for chunk in x.split(k, dim=1)]
print(f"{sizes = }")
assert sizes == [4, 4, 3]

# %%
# Your answer
# -----------
# The function gets what stands above: a layer, a linear layer, an optimizer for both, inputs, targets
# and k. For each chunk, the last shorter one included, it computes ``mse_loss`` of the predictions
# and the targets of this chunk, and updates the weights once. It returns the list of the losses. The
# checker looks at the losses, and at the weights afterwards. Replace ``return None``.


def answer(lstm, head, optimizer, x, y, k):
    return None


verdict = check("truncated-bptt", answer)

# %%
# A wrong answer
# --------------
# There is an update for each chunk here, and the layer starts from zeros in each.


def wrong(lstm, head, optimizer, x, y, k):
    losses = []
    for inputs, targets in zip(x.split(k, dim=1), y.split(k, dim=1), strict=True):
        output, _ = lstm(inputs)  # (N, k, H)
        loss = mse_loss(head(output), targets)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    return losses


verdict = check("truncated-bptt", wrong)
assert not verdict.ok
assert "Every chunk starts from zeros" in verdict.message

# %%
# What torch says
# ---------------
# Carry the state as it is, and the second ``backward`` wants to go on into the first chunk. This is
# a message of torch, not of the checker.


def wrong_graph(lstm, head, optimizer, x, y, k):
    losses, state = [], None
    for inputs, targets in zip(x.split(k, dim=1), y.split(k, dim=1), strict=True):
        output, state = lstm(inputs, state)  # (N, k, H)
        loss = mse_loss(head(output), targets)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    return losses


try:
    check("truncated-bptt", wrong_graph)
except RuntimeError as error:
    message = str(error).partition(" (")[0]
    print(f"{type(error).__name__}: {message}")
else:
    raise AssertionError("torch went on into the first chunk")
assert message == "Trying to backward through the graph a second time"

# %%
# Hints
# -----
# .. dropdown:: Hint 1
#
#    The call returns the state after the chunk. Give it to the next call: ``lstm(inputs, state)``.
#    Before the first chunk it is ``None``.
#
# .. dropdown:: Hint 2
#
#    The state is a pair. :meth:`torch.Tensor.detach` keeps the numbers of a tensor and leaves its
#    graph behind. Both halves need it.
#
# Pages that explain it
# ---------------------
# * :ref:`carrying-state`
# * :ref:`memory-and-gradient`
# * :ref:`truncated-bptt`
#
# Solution
# --------
# :ref:`solution-truncated-bptt`
