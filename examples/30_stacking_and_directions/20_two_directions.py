r"""
.. _two-directions:

Two directions: which half is which, and where the final state is
=================================================================

You set ``bidirectional=True``, and ``output`` is twice as wide. Which half is which? And why is
``output[:, -1]``, which was right in one direction, now the wrong vector for a classifier? You need to
know what ``output`` and ``h_n`` are (:ref:`axes-and-outputs`). After this page you take the right
final state.

**You will see**

* the same numbers from two LSTMs of one :term:`direction`, one of them on the flipped sequence
* how far back each half of ``output[:, -1]`` looks, measured by gradients
* four ways to take a final state, three of them wrong
"""

# sphinx_gallery_tags = ["shapes", "states", "bidirectional"]

import torch
from torch import nn
from torch.testing import assert_close

from lstm_guide import final_state, plotting

torch.manual_seed(0)
N, L, H_in, H = 4, 7, 3, 5  # batch, time, features in, features out of one direction
x = torch.randn(N, L, H_in)  # (N, L, H_in)

# %%
# Twice the width, twice the rows
# -------------------------------
# Each direction has weights and a state of its own. One reads from the first step to the last, the
# other from the last step to the first. At each step, ``output`` puts the :term:`hidden states <hidden
# state>` of both side by side. ``h_n`` gives each direction a row.

lstm = nn.LSTM(input_size=H_in, hidden_size=H, bidirectional=True, batch_first=True)
output, (h_n, c_n) = lstm(x)  # (N, L, 2 * H), (2, N, H), (2, N, H)

print(f"{tuple(output.shape) = }")
print(f"{tuple(h_n.shape) = }")
assert output.shape == (N, L, 2 * H)
assert h_n.shape == c_n.shape == (2, N, H)
plotting.call(lstm, x)

# %%
# The halves are two LSTMs, one on the flipped sequence
# -----------------------------------------------------
# Make two LSTMs of one direction. The first gets the forward weights, the second those whose names end
# in ``_reverse``. The second reads the sequence flipped along time, and its output is flipped back.
# Joined on the feature axis, forward first, the two outputs are ``output``.

forward = nn.LSTM(input_size=H_in, hidden_size=H, batch_first=True)
reverse = nn.LSTM(input_size=H_in, hidden_size=H, batch_first=True)
weights = lstm.state_dict()
names = list(forward.state_dict())
forward.load_state_dict({name: weights[name] for name in names})
reverse.load_state_dict({name: weights[f"{name}_reverse"] for name in names})

out_f, (h_f, c_f) = forward(x)  # (N, L, H), (1, N, H), (1, N, H)
out_r, (h_r, c_r) = reverse(x.flip(1))  # the same shapes
out_r = out_r.flip(1)  # (N, L, H), back in the order of x

joined = torch.cat([out_f, out_r], dim=-1)  # (N, L, 2 * H)
print(f"largest difference in output: {(joined - output).abs().max():.1e}")
assert_close(joined, output, atol=1e-6, rtol=0)
assert_close(torch.cat([h_f, h_r]), h_n, atol=1e-6, rtol=0)  # (2, N, H)
assert_close(torch.cat([c_f, c_r]), c_n, atol=1e-6, rtol=0)  # (2, N, H)

# %%
# So ``output[..., :H]`` is the forward half and ``output[..., H:]`` the reverse half. Both are in the
# order of ``x``: entry t of the reverse half belongs to step t, and has read the steps from the last
# one down to t. It ends at step 0. If you flip the reverse half once more "to put it right", its
# steps no longer fit those of the forward half. A comparison with ``h_n[1]`` at step 0 catches it.

reverse_half = output[..., H:]  # (N, L, H)
flipped_again = reverse_half.flip(1)  # (N, L, H), wrong
assert_close(reverse_half[:, 0], h_n[1])
gap = (flipped_again[:, 0] - h_n[1]).abs().max()
print(f"flipped again, step 0 is off by up to {gap:.4f}")
assert not torch.allclose(flipped_again[:, 0], h_n[1], atol=1e-6)

# %%
# .. _directions-trap:
#
# The trap: ``output[:, -1]``
# ---------------------------
# In one direction ``output[:, -1]`` has read the whole sequence. In two, its reverse half stands where
# the reverse direction *begins*: it has read one step. To measure this, take the gradient of a vector
# with respect to ``x``. A step with gradient zero cannot change the vector. For the reverse half, only
# the last step counts.


def reach(vector):
    """Return how strongly each step of the input can change the vector."""
    (gradient,) = torch.autograd.grad(vector.sum(), x, retain_graph=True)
    return gradient.abs().sum(dim=(0, 2))  # from (N, L, H_in) to (L,)


x.requires_grad_()
output, (h_n, c_n) = lstm(x)
trap, right = reach(output[:, -1, H:]), reach(h_n[1])
print("output[:, -1, H:]", trap)
print("h_n[1]           ", right)
assert (trap[:-1] == 0).all()
assert trap[-1] > 0
assert (right > 0).all()

plotting.steps(
    {"output[:, -1, H:]": trap, "h_n[1]": right},
    ylabel="gradient",
    title="The reverse half of output[:, -1] has read the last step only",
)

# %%
# The repair: join the two last rows of ``h_n``
# ---------------------------------------------
# Each row of ``h_n`` is where its direction ends, so each has read all steps. ``h_n[-2]`` is the
# forward row of the top layer and ``h_n[-1]`` the reverse row. :func:`lstm_guide.final_state` joins
# them, and in one direction returns the one row there is.

joined = torch.cat([h_n[-2], h_n[-1]], dim=-1)  # (N, 2 * H)
assert_close(joined, torch.cat([output[:, -1, :H], output[:, 0, H:]], dim=-1))
assert_close(joined, final_state(lstm, h_n))

wrong = output[:, -1]  # (N, 2 * H): the right shape
print(f"output[:, -1] is off by up to {(wrong - joined).abs().max():.4f}")
try:
    assert_close(wrong, final_state(lstm, h_n))
except AssertionError as error:
    print(f"caught: {str(error).splitlines()[0]}")
else:
    raise RuntimeError("output[:, -1] is not caught")

# %%
# .. _directions-half:
#
# ``h_n[-1]`` alone is the reverse direction
# ------------------------------------------
# In one direction ``h_n[-1]`` is the final state. In two it is half of it, the reverse half. A model
# that uses ``h_n[-1]`` alone runs and trains. But the forward weights of its top layer never learn:
# they get no gradient. That is how you find the mistake in your own model.

for name, state in {"h_n[-1]": h_n[-1], "final_state": final_state(lstm, h_n)}.items():
    gradients = torch.autograd.grad(
        state.sum(),
        [lstm.weight_ih_l0, lstm.weight_ih_l0_reverse],
        retain_graph=True,
        allow_unused=True,  # None says that a weight has no part in the state
    )
    norms = [0.0 if g is None else g.norm().item() for g in gradients]
    print(f"{name:>11}: forward weights {norms[0]:.4f}, reverse weights {norms[1]:.4f}")
    assert norms[1] > 0
    assert (norms[0] == 0) == (name == "h_n[-1]")

# %%
# Two more calls, in two directions
# ---------------------------------
# First the sizes of :ref:`one-call`: three steps, five features, two hidden features. Say where each
# direction ends before you look. Then the sizes of :ref:`data-to-tensor`, time first, with a state that
# you give: it has two rows, one for each direction.

small = nn.LSTM(input_size=5, hidden_size=2, bidirectional=True, batch_first=True)
out, (h, c) = small(torch.rand(1, 3, 5))
print(f"{tuple(out.shape) = }  {tuple(h.shape) = }  {tuple(c.shape) = }")
assert (out.shape, h.shape, c.shape) == ((1, 3, 4), (2, 1, 2), (2, 1, 2))
assert_close(h[0], out[:, -1, :2])  # forward ends at the last step
assert_close(h[1], out[:, 0, 2:])  # reverse ends at step 0

data = nn.LSTM(input_size=15, hidden_size=8, bidirectional=True)
out, _ = data(torch.randn(10, 16, 15), (torch.zeros(2, 16, 8), torch.zeros(2, 16, 8)))
print(f"{tuple(out.shape) = }")
assert out.shape == (10, 16, 16)

# %%
# Summary
# -------
# * ``output[..., :H]`` is the forward half, ``output[..., H:]`` the reverse half, both in the order of
#   ``x``.
# * The forward direction ends at the last step, the reverse direction at step 0.
# * The final state is ``torch.cat([h_n[-2], h_n[-1]], dim=-1)``, which is
#   ``final_state(lstm, h_n)``. It is 2 * H wide.
#
# Common mistakes
# ---------------
# * "I take ``output[:, -1]``": its reverse half has read one step (:ref:`directions-trap`).
#   :func:`~lstm_guide.probes.gradient_reach` catches this in your own model: :ref:`silent-states`.
# * "I take ``h_n[-1]``": half of your weights never learn (:ref:`directions-half`).
# * "I join ``h_n[0]`` and ``h_n[1]``": right with one layer only (:ref:`rows-of-h-n`).
# * "``Linear(H, 1)`` does not fit": ``output`` has 2 * H features. Shapes for every case:
#   :ref:`constructor-arguments`.
#
# Check yourself
# --------------
# Somebody takes ``output[:, 0]`` of an LSTM in two directions. Which half has read the whole sequence?
#
# .. dropdown:: Answer
#
#    The reverse half: the reverse direction ends at step 0. The forward half has read one step. It is
#    the same trap with the halves exchanged.
#
# :ref:`exercise-both-directions` checks your own answer.
#
# Next
# ----
# Go on with :ref:`sees-the-future`: when two directions are not allowed.
