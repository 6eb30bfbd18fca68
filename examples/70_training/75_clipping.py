r"""
.. _clipping:

What does gradient clipping do, and where does it go?
=====================================================

The loss falls for an hour and then jumps, or it turns into ``nan``. One line is said to help,
:func:`torch.nn.utils.clip_grad_norm_`, if it stands in the right place. Before this page, read
:ref:`smallest-loop`. After it, you know what the line does to one bad batch, where it goes, how to
choose its number, and what it cannot do.

**You will see**

* one wrong target among 9600, and two trainings: one recovers
* that a clipped gradient keeps its direction
* two places where the line does nothing
* one ``nan`` that spreads to every gradient
"""

# sphinx_gallery_tags = ["training"]

import torch
from torch import nn

from lstm_guide import plotting, set_forget_bias

torch.manual_seed(0)
N, L, H_in, H = 32, 20, 1, 16  # batch, time, features in, features of h and c

# %%
# One wrong target
# ----------------
# The task is that of :ref:`initialisation`: say the first number at the end. In batch 100 one target
# is 1000, a slip of the keyboard. Everything else is right. Errors are divided by those of the answer
# 0, so that 1 means "knows nothing".


def train(max_norm, method, lr, updates=300):
    """Train; return the errors, and the norms before clipping: (updates,) each."""
    lstm = nn.LSTM(input_size=H_in, hidden_size=H, batch_first=True)
    head = nn.Linear(in_features=H, out_features=1)
    set_forget_bias(lstm, 3.0)
    parameters = [*lstm.parameters(), *head.parameters()]
    optimizer = method(parameters, lr=lr)
    errors, norms = [], []
    for update in range(updates):
        x = 2 * torch.rand(N, L, H_in) - 1
        target = x[:, 0, 0].clone()  # (N,)
        right = target.clone()
        if update == 100:
            target[0] = 1000.0
        _, (h_n, _) = lstm(x)  # (1, N, H)
        answer = head(h_n[-1]).squeeze(1)  # (N,)
        loss = (answer - target).square().mean()
        optimizer.zero_grad()
        loss.backward()
        norms.append(nn.utils.clip_grad_norm_(parameters, max_norm))
        optimizer.step()
        errors.append(3 * (answer - right).square().mean())
    return torch.stack(errors).detach(), torch.stack(norms)


# %%
# .. _clipping-outlier:
#
# With plain gradient descent
# ---------------------------
# :class:`torch.optim.SGD` takes steps as long as the gradient, times the learning rate.
# ``clip_grad_norm_`` with an infinite limit measures and changes nothing. Without clipping, the one
# step throws the weights so far that the model does not come back. With a limit of 1, the same
# batch is one wrong step among others.

clipped, norms = train(1.0, torch.optim.SGD, lr=0.1)
unclipped, _ = train(torch.inf, torch.optim.SGD, lr=0.1)
usual = norms[:100].median()
bad = (norms[100] / usual).item()
print(f"usual length of the gradient, the median: {usual:.1f}")
print(f"the bad one is more than 50 times as long: {bad > 50}")
assert bad > 50
both = {"clipped": clipped, "not clipped": unclipped}
for name, errors in both.items():
    jump, end = errors[101:106].mean(), errors[-20:].mean()
    print(f"{name}: next 5 errors below 2: {jump < 2}, last 20 below 0.85: {end < 0.85}")
assert clipped[101:106].mean() < 2
assert unclipped[101:106].mean() > 20
assert clipped[-20:].mean() < 0.85 < unclipped[-20:].mean()
plotting.steps(
    {name: errors.view(-1, 10).mean(dim=1) for name, errors in both.items()},
    ylabel="error, divided by the baseline",
    title="One wrong target: without clipping, no recovery",
    xlabel="updates, in tens",
).set_yscale("log")

# %%
# With Adam
# ---------
# :class:`torch.optim.Adam` divides each step by the size of past gradients, so its steps are never
# long. But it carries the bad gradient on for some ten updates, in its mean. The same experiment:
# without clipping it is thrown back too, less far. All these numbers are means.

clipped, _ = train(1.0, torch.optim.Adam, lr=0.01)
unclipped, _ = train(torch.inf, torch.optim.Adam, lr=0.01)
for name, errors in {"clipped": clipped, "not clipped": unclipped}.items():
    print(f"{name}: next 10 errors below 0.5: {errors[101:111].mean() < 0.5}")
assert clipped[101:111].mean() < 0.5 < unclipped[101:111].mean()
assert clipped[-20:].mean() < 0.2

# %%
# What the line does
# ------------------
# It takes all gradients as one long vector. If that is longer than ``max_norm``, every entry is
# multiplied by the same number, so that it has this length. The direction stays. The
# function returns the length *before*. Print it for some hundred updates, and choose a limit
# a little above the usual length: the rare long one is shortened, the others pass.

lstm = nn.LSTM(input_size=H_in, hidden_size=H, batch_first=True)
parameters = list(lstm.parameters())
x = torch.randn(N, L, H_in)


def direction_and_length():
    vector = torch.cat([parameter.grad.flatten() for parameter in parameters])
    return vector / vector.norm(), vector.norm()


(100 * lstm(x)[0].sum()).backward()
direction, length = direction_and_length()
returned = nn.utils.clip_grad_norm_(parameters, 1.0)
clipped_direction, clipped_length = direction_and_length()
print(f"length after clipping: {clipped_length:.2f}")
torch.testing.assert_close(returned, length)
torch.testing.assert_close(clipped_length, torch.tensor(1.0), atol=1e-4, rtol=0)
torch.testing.assert_close(clipped_direction, direction)

# %%
# .. _clipping-order:
#
# Between ``backward`` and ``step``
# ---------------------------------
# Before ``backward`` there is nothing to clip, or the gradient of the last batch. After ``step`` the
# step has been taken. Neither is an error, and neither does anything. Measure how far the weights
# move in one step of SGD with a learning rate of 1: clipped to length 1, they move by 1.


def moved(order):
    """Do backward, clip and step in this order; return how far the weights moved."""
    layer = nn.LSTM(input_size=H_in, hidden_size=H, batch_first=True)
    start = nn.utils.parameters_to_vector(layer.parameters()).detach().clone()
    optimizer = torch.optim.SGD(layer.parameters(), lr=1.0)
    loss = 100 * layer(x)[0].sum()
    actions = {
        "backward": loss.backward,
        "clip": lambda: nn.utils.clip_grad_norm_(layer.parameters(), 1.0),
        "step": optimizer.step,
    }
    for name in order:
        actions[name]()
    return (nn.utils.parameters_to_vector(layer.parameters()) - start).norm().item()


for order in ("backward clip step", "clip backward step", "backward step clip"):
    by_one = abs(moved(order.split()) - 1) < 0.01
    print(f"{order}: moved by 1: {by_one}")
    assert by_one == (order == "backward clip step")

# %%
# .. _clipping-nan:
#
# Clipping does not remove a ``nan``
# ----------------------------------
# If one entry of the gradient is ``nan``, the length is ``nan``, and every entry is multiplied by it.
# One bad number becomes all bad numbers, and the next step writes them into the weights. With
# ``error_if_nonfinite=True`` it stops instead, before any harm is done.

lstm.zero_grad()
lstm(x)[0].sum().backward()
lstm.bias_ih_l0.grad[0] = torch.nan
assert lstm.weight_hh_l0.grad.isfinite().all()
try:
    nn.utils.clip_grad_norm_(parameters, 1.0, error_if_nonfinite=True)
except RuntimeError as error:
    message = str(error)
    print(type(error).__name__, message.partition(",")[0])
else:
    raise AssertionError("torch accepted it")
assert "is non-finite" in message
assert lstm.weight_hh_l0.grad.isfinite().all()

nn.utils.clip_grad_norm_(parameters, 1.0)
print(f"{bool(lstm.weight_hh_l0.grad.isnan().all()) = }")
assert all(parameter.grad.isnan().all() for parameter in parameters)

# %%
# Summary
# -------
# * Clipping shortens a long gradient and keeps its direction.
# * It goes between ``backward`` and ``step``. Its return value is the length before.
# * It saves a training from rare bad batches. It repairs neither a ``nan`` nor a vanishing gradient.
# * Put ``error_if_nonfinite=True`` in while you search.
#
# Common mistakes
# ---------------
# * "I clip after ``step``": see :ref:`clipping-order`.
# * "I clip at 1e-3 to be safe": then every step has one length, and the loss no longer decides
#   how far. See :ref:`clipping-outlier` for the usual lengths.
# * "I clip, and the loss is ``nan`` all the same": see :ref:`clipping-nan`.
# * "I clip, and it learns nothing": a gradient that is too short is not made longer. See
#   :ref:`where-the-gradient-dies`.
#
# Check yourself
# --------------
# The returned norm is 0.3 in nearly every batch, and ``max_norm`` is 1. What does clipping do?
#
# .. dropdown:: Answer
#
#    Nothing, until a batch with a norm above 1 comes. That is how it should be.
#
# Next
# ----
# The next page, :ref:`overfit-one-batch`, is the first test of a model that does not learn.
