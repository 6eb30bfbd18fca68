r"""
.. _learned-state:

Let the model learn where to start
==================================

Zeros are one place to start from. Your model may learn a better one: an initial :term:`state` that is
trained like a weight. You add it, nothing fails, and it stays as it was: somewhere on its way into the
call it lost its gradient. Before this page, read :ref:`initial-state`. After it, you can give
:class:`torch.nn.LSTM` a learned state that fits every batch, and check that it learns.

**You will see**

* a state of one sequence that serves batches of any size
* its gradient, and the trap that leaves it without one
* how far the start is felt, step by step
"""

# sphinx_gallery_tags = ["states", "training"]

import torch
from torch import nn

from lstm_guide import plotting

torch.manual_seed(0)
N, L, H_in, H = 4, 9, 3, 6  # batch, time, features in, features out
lstm = nn.LSTM(input_size=H_in, hidden_size=H, batch_first=True)
x = torch.randn(N, L, H_in)  # (N, L, H_in)
three = x[:3]  # (3, L, H_in), a smaller last batch

# %%
# .. _learned-parameter:
#
# One row for all sequences
# -------------------------
# A learned state is a :class:`torch.nn.Parameter` for one sequence, ``(K * D, 1, H)``. In each call
# :meth:`torch.Tensor.expand` gives every sequence the same row, and
# :meth:`torch.Tensor.contiguous` its own copy of it. The parameter fits every batch size, and
# receives a gradient.


class Learned(nn.Module):
    def __init__(self):
        super().__init__()
        self.lstm = nn.LSTM(input_size=H_in, hidden_size=H, batch_first=True)
        self.h_0 = nn.Parameter(torch.zeros(1, 1, H))  # (K * D, 1, H)
        self.c_0 = nn.Parameter(torch.zeros(1, 1, H))

    def forward(self, x):
        h_0 = self.h_0.expand(-1, x.size(0), -1).contiguous()  # (1, N, H)
        c_0 = self.c_0.expand(-1, x.size(0), -1).contiguous()
        output, _ = self.lstm(x, (h_0, c_0))
        return output  # (N, L, H)


model = Learned()
model(x).sum().backward()
print(f"{model.h_0.grad.norm() = :.4f}\n{model.c_0.grad.norm() = :.4f}")
assert model.h_0.grad.norm() > 0
assert model.c_0.grad.norm() > 0
assert {"h_0", "c_0"} <= set(dict(model.named_parameters()))
assert model(three).shape == (3, L, H)

# %%
# .. _learned-trap:
#
# The trap: a state without a way back
# ------------------------------------
# A tensor with ``requires_grad_()`` is :term:`detached <detach>` on its way into the call. The call works, the gradient
# stays ``None``, and nothing is ever learned. Nor does the optimizer get a tensor that is no
# parameter of the module.

trapped = torch.zeros(1, N, H).requires_grad_()
output, _ = lstm(x, (trapped.detach(), trapped.detach()))
output.sum().backward()
print(f"{trapped.grad = }")
assert trapped.grad is None

# %%
# A step of training moves it
# ---------------------------
# The optimizer gets the two parameters with the weights. One step is enough to see them move.

before = model.h_0.detach().clone()
torch.optim.SGD(model.parameters(), lr=0.1).step()
moved = (model.h_0 - before).abs().max().item()
print(f"h_0 moves by up to {moved:.4f}")
assert moved > 0

# %%
# How far the start is felt
# -------------------------
# Compare a start from ones with a start from zeros. The difference shrinks from step to step, so the
# choice matters for short sequences, and hardly for long ones (:ref:`memory-and-gradient` says how
# the forget bias changes this).

with torch.no_grad():
    ones = torch.ones(1, N, H)
    difference = (lstm(x, (ones, ones))[0] - lstm(x)[0]).abs().mean(dim=(0, 2))  # (L,)
print(f"first step {difference[0]:.4f}, last step {difference[-1]:.4f}")
assert difference[-1] < 0.2 * difference[0]
plotting.steps(
    {"ones against zeros": difference},
    ylabel="difference, ones against zeros",
    title="The initial state is felt at the start and fades",
)

# %%
# Summary
# -------
# * A learned state is a parameter for one sequence, expanded to the batch in each call.
# * Check its gradient: ``None`` means that it is not learned.
# * It matters most for short sequences.
#
# Common mistakes
# ---------------
# * "I made it ``(K * D, N, H)``": then it fits one batch size only. Make it for one sequence
#   (:ref:`learned-parameter`).
# * "Its gradient is ``None``": it was detached, or copied, on the way (:ref:`learned-trap`). The
#   assertion that sees it is on :ref:`silent-states`.
# * "I keep the last state as the next start": that is another thing, :ref:`carrying-state`.
#
# Check yourself
# --------------
# How many numbers does a learned state add to an LSTM of two layers in two directions with
# ``hidden_size=64``?
#
# .. dropdown:: Answer
#
#    4 · 64 for ``h_0`` and as many for ``c_0``: 512 in all, for every batch size.
#
# Next
# ----
# Start a call from the state that the last one returned: :ref:`carrying-state`.
