r"""
.. _whole-layer:

The whole layer by hand
=======================

One step is clear. But where do time, layers and directions come in, and how do you get the
:term:`cell state` of every step, when :class:`torch.nn.LSTM` returns only the last? You need
:ref:`one-step` and :ref:`axes-and-outputs` before this page. After it you can write the whole layer
as a loop, and look into any LSTM of your own, at every step.

**You will see**

* one loop over time, one over directions, one over layers: nothing more is in ``nn.LSTM``
* that your loops, ``nn.LSTMCell`` in a loop and ``nn.LSTM`` agree, over a grid of configurations
* every gate, c and h of every step, layer and direction with one function
* where the rows of ``h_n`` and ``c_n`` come from
"""

# sphinx_gallery_tags = ["states", "weights", "bidirectional"]

import itertools

import torch
from torch import nn

from lstm_guide import lstm_forward, lstm_step, plotting, trace_steps

torch.manual_seed(0)
torch.set_grad_enabled(False)  # nothing is trained on this page
L, N, H_in, H = 9, 4, 3, 5  # time, batch, features in, features of h and c: all different
x = torch.randn(L, N, H_in)  # (L, N, H_in)

# %%
# A loop over time
# ----------------
# A :term:`layer` in one :term:`direction` is the step of :ref:`one-step`, repeated. What step t leaves
# behind, (h, c), is where step t + 1 begins. The weights are the same at every step. Collect every
# h, and you have the :term:`output`.


def one_direction(steps, weights):
    """Run one layer in one direction; return h and c of every step."""
    h = c = torch.zeros(N, H)  # (N, H)
    hs, cs = [], []
    for x_t in steps:  # (N, features)
        step = lstm_step(x_t, h, c, **weights)
        h, c = step.h, step.c
        hs.append(h)
        cs.append(c)
    return torch.stack(hs), torch.stack(cs)  # (L, N, H) each


lstm = nn.LSTM(input_size=H_in, hidden_size=H)
weights = {name.removesuffix("_l0"): tensor for name, tensor in lstm.named_parameters()}
hs, cs = one_direction(x, weights)
output, (h_n, c_n) = lstm(x)  # (L, N, H), (1, N, H), (1, N, H)

print(f"{tuple(hs.shape) = }")
print(f"output equals h of every step: {torch.allclose(output, hs, atol=1e-6)}")
print(f"c_n equals c of the last step: {torch.allclose(c_n[0], cs[-1], atol=1e-6)}")
torch.testing.assert_close(output, hs, atol=1e-6, rtol=0)
torch.testing.assert_close((h_n[0], c_n[0]), (hs[-1], cs[-1]), atol=1e-6, rtol=0)

# %%
# The same with ``nn.LSTMCell``
# -----------------------------
# :class:`torch.nn.LSTMCell` is one step as a module. In a loop it gives the same numbers, so you
# use it when something must happen between two steps. Its parameters have the same names, without
# ``_l0``.

cell = nn.LSTMCell(input_size=H_in, hidden_size=H)
cell.load_state_dict(weights)
state, by_cell = None, []
for x_t in x:
    state = cell(x_t, state)  # (N, H), (N, H)
    by_cell.append(state[0])
print(f"the loop over the cell agrees: {torch.allclose(torch.stack(by_cell), output, atol=1e-6)}")
torch.testing.assert_close(torch.stack(by_cell), output, atol=1e-6, rtol=0)

# %%
# .. _whole-two-loops:
#
# A loop over directions, a loop over layers
# ------------------------------------------
# The reverse direction is the same loop on the turned sequence, with weights of its own. Its
# results are turned back, so that entry t belongs to step t. A second layer reads the output of the
# first, both directions side by side. That is the whole of ``nn.LSTM``.


def whole_layer(lstm, x):
    """Return output, and h and c of every step for each layer and direction."""
    below, hs, cs = x, [], []
    for k in range(lstm.num_layers):
        halves = []
        for end in (f"_l{k}", f"_l{k}_reverse")[: 1 + lstm.bidirectional]:
            weights = {
                name.removesuffix(end): tensor
                for name, tensor in lstm.named_parameters()
                if name.endswith(end)
            }
            turned = below.flip(0) if "reverse" in end else below
            h, c = one_direction(turned, weights)  # (L, N, H) each
            if "reverse" in end:
                h, c = h.flip(0), c.flip(0)
            halves.append(h)
            hs.append(h)
            cs.append(c)
        below = torch.cat(halves, dim=-1)  # (L, N, D * H)
    return below, torch.stack(hs), torch.stack(cs)  # ..., (K * D, L, N, H) each


# %%
# Equal over the grid
# -------------------
# One, two and three layers, one and two directions, with bias and without: twelve configurations.
# The last step of each row is ``h_n`` and ``c_n``; for a reverse row this is step 0, where it ends.

largest = 0.0
for K, bidirectional, bias in itertools.product((1, 2, 3), (False, True), (True, False)):
    lstm = nn.LSTM(H_in, H, num_layers=K, bidirectional=bidirectional, bias=bias)
    output, (h_n, c_n) = lstm(x)
    by_hand, hs, cs = whole_layer(lstm, x)
    ends = [0 if bidirectional and row % 2 else L - 1 for row in range(len(hs))]
    last_h = torch.stack([h[end] for h, end in zip(hs, ends, strict=True)])  # (K * D, N, H)
    last_c = torch.stack([c[end] for c, end in zip(cs, ends, strict=True)])  # (K * D, N, H)
    for mine, theirs in ((by_hand, output), (last_h, h_n), (last_c, c_n)):
        largest = max(largest, (mine - theirs).abs().max().item())
print(f"12 configurations, largest difference < 1e-6: {largest < 1e-6}")
assert largest < 1e-6

# %%
# Every gate of your own layer
# ----------------------------
# You need not write the loops. :func:`lstm_guide.lstm_forward` is ``whole_layer`` for any call, also
# :term:`batch first`, :term:`packed <packed sequence>` or with a projection: code to read, or to change.
# :func:`lstm_guide.trace_steps` returns all six tensors of every step, with an axis each for layer and
# direction. It needs no loop over the equations: torch runs the LSTM as always, and the gates of all
# steps follow from x and h at once.

lstm = nn.LSTM(input_size=H_in, hidden_size=H, num_layers=2, bidirectional=True)
output, (h_n, c_n) = lstm(x)
by_hand, hs, cs = whole_layer(lstm, x)
torch.testing.assert_close(lstm_forward(lstm, x)[0], by_hand, atol=1e-6, rtol=0)
trace = trace_steps(lstm, x)
print(trace)
torch.testing.assert_close(trace.h.flatten(0, 1), hs, atol=1e-6, rtol=0)  # (K * D, L, N, H)
torch.testing.assert_close(trace.c.flatten(0, 1), cs, atol=1e-6, rtol=0)
torch.testing.assert_close(torch.cat([*trace.h[-1]], dim=-1), output, atol=1e-6, rtol=0)
torch.testing.assert_close(trace.o * trace.c.tanh(), trace.h, atol=1e-6, rtol=0)

# %%
# c of every step
# ---------------
# ``output`` shows h of the top layer. c of the steps on the way, and everything of the lower layer,
# were computed and thrown away. Here they are. In each line the circle is the value that ``c_n``
# returns: the last step forward, step 0 in reverse.

c = trace.c[1, :, :, 0, 0]  # (D, L): top layer, first sequence, first entry
ax = plotting.steps(
    {"c forward": c[0], "c reverse": c[1]},
    ylabel="first entry of c",
    title="nn.LSTM returns one value of each line, the trace has all of them",
)
ends = [c_n[2, 0, 0], c_n[3, 0, 0]]  # layer 1 forward, layer 1 reverse
ax.plot(
    [L - 1, 0],
    ends,
    "o",
    markersize=20,
    fillstyle="none",
    markeredgewidth=2,
    color=ax.lines[0].get_color(),
)
torch.testing.assert_close(torch.stack(ends), torch.stack([c[0, -1], c[1, 0]]))

# %%
# Summary
# -------
# * ``nn.LSTM`` is one step in three loops: over time, over directions, over layers.
# * A layer uses the same weights at every step. So the length is free.
# * Your loops, a loop over ``nn.LSTMCell`` and ``nn.LSTM`` agree up to rounding.
# * ``nn.LSTM`` returns h of the top layer and the last state. ``trace_steps`` returns the rest.
#
# Common mistakes
# ---------------
# * "``output`` is c": it is h of the top layer, and c of the last step is all you get
#   (:ref:`axes-and-outputs`).
# * "The reverse direction of layer 1 reads the reverse half of layer 0": it reads both halves
#   (:ref:`whole-two-loops`).
# * "I write my own loop because it is clearer": good for reading. To train, use the one call, which
#   gives the same numbers. If it does not, see :ref:`bulk-and-loop`.
#   :func:`~lstm_guide.probes.equations` compares your layer with its equations:
#   :ref:`silent-weights`.
#
# Check yourself
# --------------
# In ``trace.f`` of an LSTM with ``num_layers=3`` on a batch of 4 sequences of 9 steps, what is
# ``trace.f[2, 0, 8, 1]``?
#
# .. dropdown:: Answer
#
#    The forget gate of the top layer (2), forward (0), at the last step (8), in the second sequence
#    (1): one number for each entry of c.
#
# Next
# ----
# :ref:`watching-gates` trains an LSTM on a task with a known event, and watches which gate opens.
