r"""
.. _one-step:

One step, equation by equation
==============================

You know what goes into :class:`torch.nn.LSTM` and what comes out, and want to know what happens in
between. On this page you compute one :term:`step` yourself, one line of code for each equation, and
compare it with torch. You need :ref:`one-call` before it: what ``h`` and ``c`` are. After it you can
read the equations on torch's own page, and say why the :term:`state` is a pair.

**You will see**

* six equations, each above the line that computes it
* that the result agrees with :class:`torch.nn.LSTMCell` and with ``nn.LSTM``
* what is kept of the old memory and what is written, in one picture
* two things that ``c`` can do and ``h`` cannot
"""

# sphinx_gallery_tags = ["weights", "states"]

import matplotlib.pyplot as plt
import torch
from torch import nn

from lstm_guide import lstm_step, plotting

torch.manual_seed(0)
torch.set_grad_enabled(False)  # nothing is trained on this page
N, H_in, H = 4, 3, 5  # batch, features in, features of h and c: all different

cell = nn.LSTMCell(input_size=H_in, hidden_size=H)
W_ih, W_hh, b_ih, b_hh = cell.weight_ih, cell.weight_hh, cell.bias_ih, cell.bias_hh

# %%
# What a step reads
# -----------------
# A step reads three tensors: the input of this step, and the two halves of the state that the step
# before left behind, the :term:`hidden state` h and the :term:`cell state` c. Each row is one sequence
# of the :term:`batch`. A real sequence begins with zeros. Here the state is random, so that every
# term of the equations shows.

x_t = torch.randn(N, H_in)  # (N, H_in)
h_before = torch.randn(N, H).tanh()  # (N, H)
c_before = torch.randn(N, H)  # (N, H)
print(f"{tuple(x_t.shape) = }")
print(f"{tuple(h_before.shape) = }")
print(f"{tuple(c_before.shape) = }")
assert h_before.shape == c_before.shape == (N, H)

# %%
# Four sums at once
# -----------------
# The input goes through one matrix, the old h through another, and both have a bias:
#
# .. math:: a = W_{ih} \, x_t + b_{ih} + W_{hh} \, h_{t-1} + b_{hh}
#
# The result has 4 · H numbers for each sequence: H for each of the four parts i, f, g and o. torch
# stacks the matrices of the four parts into one, so that one product gives all of them. A cut along
# the last axis separates them again.

a = x_t @ W_ih.T + b_ih + h_before @ W_hh.T + b_hh  # (N, 4 * H)
a_i, a_f, a_g, a_o = a.chunk(4, dim=-1)  # (N, H) each
print(f"{tuple(a.shape) = }")
print(f"{tuple(a_i.shape) = }")
assert a.shape == (N, 4 * H)
assert a_i.shape == (N, H)

# %%
# Three gates and a candidate
# ---------------------------
# The sigmoid σ turns any number into one between 0 and 1, which serves as a :term:`gate`: 0 is
# closed, 1 is open. The tanh turns any number into one between -1 and 1, which serves as a value.
#
# * i, the input gate: how much of the candidate to write
# * f, the forget gate: how much of the old c to keep
# * g, the candidate: what to write
# * o, the output gate: how much of c to show
#
# .. math::
#
#    \begin{aligned}
#    i_t &= \sigma(a_i) \\
#    f_t &= \sigma(a_f) \\
#    g_t &= \tanh(a_g) \\
#    o_t &= \sigma(a_o)
#    \end{aligned}

i = torch.sigmoid(a_i)  # (N, H)
f = torch.sigmoid(a_f)  # (N, H)
g = torch.tanh(a_g)  # (N, H)
o = torch.sigmoid(a_o)  # (N, H)
print("i of the first sequence:", i[0])
print("g of the first sequence:", g[0])
assert all(gate.min() > 0 and gate.max() < 1 for gate in (i, f, o))
assert g.abs().max() < 1

# %%
# Keep, write, show
# -----------------
# The new c is what the forget gate keeps of the old one, plus what the input gate writes. The new h
# is c, squeezed between -1 and 1, as far as the output gate shows it. The sign ⊙ multiplies entry
# by entry: entry 3 of c meets entry 3 of each gate, and no other.
#
# .. math::
#
#    \begin{aligned}
#    c_t &= f_t \odot c_{t-1} + i_t \odot g_t \\
#    h_t &= o_t \odot \tanh(c_t)
#    \end{aligned}

c = f * c_before + i * g  # (N, H)
h = o * torch.tanh(c)  # (N, H)
print("c of the first sequence:", c[0])
print("h of the first sequence:", h[0])
assert c.shape == h.shape == (N, H)

# %%
# The picture shows the sum for the first sequence. The two bars of an entry add up to its dot.

kept, written = f[0] * c_before[0], i[0] * g[0]  # (H,) each
torch.testing.assert_close(kept + written, c[0])

with plotting.style():
    figure, ax = plt.subplots()
    entry = torch.arange(H).numpy()
    ax.bar(entry - 0.2, kept.numpy(), 0.36, label="kept: f ⊙ old c", hatch="//")
    ax.bar(entry + 0.2, written.numpy(), 0.36, label="written: i ⊙ g")
    ax.plot(
        entry, c[0].numpy(), "D", color=plt.rcParams["text.color"], label="new c", markersize=10
    )
    ax.axhline(0, color=plt.rcParams["text.color"], linewidth=1)
    ax.set(xlabel="entry of c", ylabel="value", xticks=entry)
    ax.legend(loc="center left", bbox_to_anchor=(1, 0.5))
    ax.set_title("What is kept and what is written add up to the new c")

# %%
# torch agrees
# ------------
# ``nn.LSTMCell`` computes one step. ``nn.LSTM`` with the same weights, called on a sequence of one
# step, does too; its names end in ``_l0``, for layer 0. :func:`lstm_guide.lstm_step` is the same
# equations as a function, with checks of the shapes, and it returns the gates as well.

cell_h, cell_c = cell(x_t, (h_before, c_before))  # (N, H) each

lstm = nn.LSTM(input_size=H_in, hidden_size=H)
lstm.load_state_dict({f"{name}_l0": tensor for name, tensor in cell.state_dict().items()})
_, (h_n, c_n) = lstm(x_t[None], (h_before[None], c_before[None]))  # (1, N, H) each

step = lstm_step(x_t, h_before, c_before, *cell.parameters())

results = {"LSTMCell": (cell_h, cell_c), "LSTM": (h_n[0], c_n[0]), "lstm_step": (step.h, step.c)}
for name, (other_h, other_c) in results.items():
    difference = max((h - other_h).abs().max(), (c - other_c).abs().max())
    print(f"{name:>9}: largest difference < 1e-6: {bool(difference < 1e-6)}")
    torch.testing.assert_close((other_h, other_c), (h, c), atol=1e-6, rtol=0)

# %%
# Why a pair: h alone is not enough to go on
# ------------------------------------------
# The next step needs both. Take a second state with the same h and another c, as if another
# past had led to the same h. The gates read h only, so they are the same. What they act on is not.

other_c = torch.randn(N, H)  # (N, H)
one = lstm_step(x_t, h, c, *cell.parameters())
other = lstm_step(x_t, h, other_c, *cell.parameters())
print(f"the gates differ by {(one.f - other.f).abs().max():.4f}")
print(f"the next h differs by {(one.h - other.h).abs().max():.4f}")
torch.testing.assert_close(one[:4], other[:4], atol=0, rtol=0)  # i, f, g, o
assert (one.h - other.h).abs().max() > 0.1

# %%
# What c can do: count
# --------------------
# The tanh keeps every entry of h between -1 and 1. Nothing keeps c there. Open the gates with large
# biases and set g to 1, and each step adds 1 to c: it counts the steps. h cannot say how far the
# count is, because tanh(3) and tanh(10) are both almost 1.

for parameter in cell.parameters():
    parameter.zero_()
b_ih.fill_(20.0)  # σ(20) and tanh(20) are 1, up to rounding

h, c = torch.zeros(N, H), torch.zeros(N, H)
for _ in range(10):
    h, c = cell(x_t, (h, c))
print(f"after 10 steps: c = {c[0, 0]:.2f}, h = {h[0, 0]:.2f}")
torch.testing.assert_close(c, torch.full((N, H), 10.0), atol=1e-4, rtol=0)
assert h.abs().max() <= 1

# %%
# Summary
# -------
# * A step computes four sums from x_t and the old h, and nothing else enters the gates.
# * f says what to keep of c, i and g say what to write, o says what to show of c as h.
# * Your six lines, ``nn.LSTMCell`` and ``nn.LSTM`` agree up to rounding.
# * The state is a pair, because h is only a view of c: the next step needs c itself.
#
# Common mistakes
# ---------------
# * "I pass h alone as the state." The call stops, or reads h as something else:
#   :ref:`initial-state` shows the messages, :ref:`errors-state` those of a cell.
# * "c is bounded, because the gates are." A gate of 1 keeps c and adds to it, as the count shows.
#   How long c lasts is the subject of :ref:`memory-and-gradient`.
#
# Check yourself
# --------------
# The forget gate of an entry is 0 at some step. What does the new c of this entry still know of the
# steps before?
#
# .. dropdown:: Answer
#
#    Nothing directly: ``c = i * g``. But i and g read the old h, and the old h was made from the old
#    c. So what an LSTM forgets in c can still come back through h.
#
# Next
# ----
# :ref:`weights-and-gates` opens the four matrices: which rows belong to which gate, and why there are
# two biases.
