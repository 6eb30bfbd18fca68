r"""
.. _stacked-layers:

Stacked layers are LSTMs in series
==================================

You set ``num_layers=3`` and ``h_n`` has three rows. Which one is the final state, and what does the
second layer read? On this page you take an :class:`torch.nn.LSTM` of three layers apart and build it
again from three LSTMs of one layer. You need to know what ``output`` and ``h_n`` are
(:ref:`axes-and-outputs`). Afterwards you can say what each row of ``h_n`` is, and you take the
right one.

**You will see**

* three layers and their shapes, and the final :term:`hidden state` of the top layer
* how wide the input of each layer is, in one :term:`direction` and in two
* the same numbers from three LSTMs in series
* an experiment that refutes "``num_layers=2`` adds shortcuts"
"""

# sphinx_gallery_tags = ["shapes", "states", "layers"]

import torch
from torch import nn
from torch.testing import assert_close

from lstm_guide import final_state, plotting

torch.set_grad_enabled(False)  # nothing is trained on this page
torch.manual_seed(0)
N, L, H_in, H, K = 4, 7, 3, 5, 3  # batch, time, features in, features out, layers
x = torch.randn(N, L, H_in)  # (N, L, H_in)

# %%
# Three layers, three rows
# ------------------------
# Each :term:`layer` keeps a state of its own, so ``h_n`` and ``c_n`` have one row for each layer.
# ``output`` keeps the shape that it has with one layer: it shows the top layer only.

lstm = nn.LSTM(input_size=H_in, hidden_size=H, num_layers=K, batch_first=True)
output, (h_n, c_n) = lstm(x)  # (N, L, H), (K, N, H), (K, N, H)

print(f"{tuple(output.shape) = }")
print(f"{tuple(h_n.shape) = }")
print(f"{tuple(c_n.shape) = }")
assert output.shape == (N, L, H)
assert h_n.shape == c_n.shape == (K, N, H)

# %%
# The picture shows the way of the numbers. At each step ``x`` enters layer 0. What layer 0 returns at
# that step enters layer 1, and so on up. ``output`` leaves at the top.

plotting.call(lstm, x)

# %%
# .. _stacked-top:
#
# The final state of the top layer
# --------------------------------
# The layers are numbered from the bottom, so the top one is the last row: ``h_n[-1]``. The last step
# of ``output`` is the same vector, and :func:`lstm_guide.final_state` returns it too. Take
# ``h_n[0]`` and you get layer 0. Take ``h_n[:, -1]`` and you get the last *sequence*, in all layers.
# Both are :term:`silent mistakes <silent mistake>`. One line catches them: compare with ``output[:, -1]``.

top = h_n[-1]  # (N, H)
assert_close(top, output[:, -1])
assert_close(top, final_state(lstm, h_n))

print(f"h_n[0] is off by up to {(h_n[0] - output[:, -1]).abs().max():.4f}")
for name, wrong in {"h_n[0]": h_n[0], "h_n[:, -1]": h_n[:, -1]}.items():
    try:
        assert_close(wrong, output[:, -1])
    except AssertionError as error:
        print(f"{name} is caught: {str(error).splitlines()[0]}")
    else:
        raise RuntimeError(f"{name} is not caught")

# %%
# What each layer reads
# ---------------------
# The input weights of a layer have one column for each number that the layer reads at a step. Layer 0
# reads the H_in features of ``x``. Every layer above reads the output of the layer below: H numbers
# in one direction, and 2 * H in two, because there the halves of both directions lie side by side.

for D in (1, 2):
    stack = nn.LSTM(input_size=H_in, hidden_size=H, num_layers=K, bidirectional=D == 2)
    widths = [getattr(stack, f"weight_ih_l{k}").shape[1] for k in range(K)]
    print(f"{D} direction(s): the layers read {widths} features")
    assert widths == [H_in, D * H, D * H]

# %%
# Three LSTMs in series give the same numbers
# -------------------------------------------
# Make three LSTMs of one layer, and give each the weights of one layer of the stack. The names differ
# only in their ending: ``weight_ih_l2`` of the stack is ``weight_ih_l0`` of the third LSTM. Then feed
# each with the output of the one before. Both ways agree, in every output and in every state.

series = []
for k in range(K):
    one = nn.LSTM(input_size=H_in if k == 0 else H, hidden_size=H, batch_first=True)
    weights = {n: w for n, w in lstm.state_dict().items() if n.endswith(f"_l{k}")}
    one.load_state_dict({n.replace(f"_l{k}", "_l0"): w for n, w in weights.items()})
    series.append(one)

below, rows_h, rows_c = x, [], []
for one in series:
    below, (h, c) = one(below)  # (N, L, H), (1, N, H), (1, N, H)
    rows_h.append(h)
    rows_c.append(c)

print(f"largest difference in output: {(below - output).abs().max():.1e}")
print(f"largest difference in h_n:    {(torch.cat(rows_h) - h_n).abs().max():.1e}")
assert_close(below, output, atol=1e-6, rtol=0)
assert_close(torch.cat(rows_h), h_n, atol=1e-6, rtol=0)  # row k is the state of LSTM k
assert_close(torch.cat(rows_c), c_n, atol=1e-6, rtol=0)

# %%
# The rows of the initial state follow the same order. A stack needs one row for each layer, and
# rejects a state of one row. Given K rows, row k is where layer k starts.

try:
    lstm(x, (torch.zeros(1, N, H), torch.zeros(1, N, H)))
except RuntimeError as error:
    message = str(error)
    print(type(error).__name__, message)
else:
    raise AssertionError("torch accepted one row for three layers")
assert "Expected hidden[0] size (3, 4, 5), got [1, 4, 5]" in message

h_0, c_0 = torch.randn(K, N, H), torch.randn(K, N, H)  # (K, N, H) each
started, _ = lstm(x, (h_0, c_0))  # (N, L, H)
below = x
for k, one in enumerate(series):
    below, _ = one(below, (h_0[k : k + 1], c_0[k : k + 1]))  # (N, L, H)
assert_close(below, started, atol=1e-6, rtol=0)

# %%
# No shortcut leads past a layer
# ------------------------------
# You may read that ``num_layers=2`` adds connections that two LSTMs in series do not have. The equality
# above says that there are none. Here is a second test. Set all weights of the middle layer to zero:
# it returns zeros, whatever it reads. If anything passed it by, ``output`` would still depend on
# ``x``. It does not: two different inputs give the same output. Then add a shortcut by hand, so that
# the top layer reads what the middle one reads plus the zeros. Now the input comes through.

cut = nn.LSTM(input_size=H_in, hidden_size=H, num_layers=K, batch_first=True)
weights = lstm.state_dict()
cut.load_state_dict({n: w * (not n.endswith("_l1")) for n, w in weights.items()})
other_x = torch.randn(N, L, H_in)
gap = (cut(x)[0] - cut(other_x)[0]).abs().max()
print(f"middle layer cut:      another x moves the output by {gap:.4f}")
assert gap == 0

with_shortcut, _ = series[2](series[0](x)[0] + torch.zeros(N, L, H))  # (N, L, H)
other, _ = series[2](series[0](other_x)[0] + torch.zeros(N, L, H))  # (N, L, H)
gap = (with_shortcut - other).abs().max()
print(f"a shortcut past it:    another x moves the output by {gap:.4f}")
assert gap > 0.01

# %%
# The first call, with three layers
# ---------------------------------
# Here are the sizes of :ref:`one-call` again: one sequence, three steps, five features, two hidden
# features. Say the three shapes before you look.

small = nn.LSTM(input_size=5, hidden_size=2, num_layers=3, batch_first=True)
output, (h_n, c_n) = small(torch.rand(1, 3, 5))
print(f"{tuple(output.shape) = }")
print(f"{tuple(h_n.shape) = }")
print(f"{tuple(c_n.shape) = }")
assert output.shape == (1, 3, 2)
assert h_n.shape == c_n.shape == (3, 1, 2)
assert_close(h_n[-1], output[:, -1])

# %%
# Summary
# -------
# * A stack of K layers is K LSTMs in series. Nothing else connects the layers (dropout, if you ask
#   for it, acts between them: :ref:`dropout-between-layers`).
# * Layer 0 reads H_in features, every other layer reads D * H.
# * ``output`` is the top layer at every step. ``h_n`` and ``c_n`` are all layers after the last step.
# * In one direction the final state of the top layer is ``h_n[-1]``.
#
# Common mistakes
# ---------------
# * "I take ``h_n[0]``": this is the bottom layer (:ref:`stacked-top`). With one layer it is right
#   by chance.
# * "I take ``h_n[-1]`` in two directions": it is the reverse direction only
#   (:ref:`two-directions`).
# * "I write ``nn.Sequential(nn.LSTM(...), nn.LSTM(...))``": an LSTM returns a tuple, and the next one
#   cannot read it (:ref:`lstm-in-a-module`).
#
# Check yourself
# --------------
# You want three layers of widths 64, 32 and 16. Can ``num_layers`` do it?
#
# .. dropdown:: Answer
#
#    No. There is one ``hidden_size`` for all layers. Write three LSTMs in series, as above, with
#    ``input_size`` of each equal to ``hidden_size`` of the one before, and hand ``output`` on. Inside
#    a module, hold them in an ``nn.ModuleList``: torch does not see the parameters of a plain list.
#
# :ref:`exercise-top-layer` checks your own answer.
#
# Next
# ----
# Go on with :ref:`two-directions`. With the second direction comes the usual mistake about the final
# state.
