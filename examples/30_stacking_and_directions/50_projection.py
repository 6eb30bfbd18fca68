r"""
.. _projection:

``proj_size`` makes ``h`` short and leaves ``c`` long
=====================================================

You set ``proj_size=2`` and ``output`` is two wide, but a state of that width is rejected: ``h`` has
become short and ``c`` has not. You need to know ``h`` and ``c`` (:ref:`axes-and-outputs`) and what
stacked layers read (:ref:`stacked-layers`). After this page you can name the shape of every tensor of
a projected LSTM, give it the right state, and say what it costs.

**You will see**

* which tensors get ``proj_size`` features and which keep ``hidden_size``
* the product that makes ``h`` short, done by hand
* the two messages about a wrong state
* a hidden state that is not between -1 and 1, and the warning about oneDNN
"""

# sphinx_gallery_tags = ["shapes", "parameters", "errors"]

import torch
from torch import nn
from torch.testing import assert_close

from lstm_guide import final_state, parameter_count, plotting

torch.set_grad_enabled(False)  # nothing is trained on this page
torch.set_default_dtype(torch.float64)  # in float32 torch warns: the next page says why
torch.manual_seed(0)
N, L, H_in, H_cell, H_out = 4, 7, 3, 5, 2  # batch, time, features of x, of c, of h
x = torch.randn(N, L, H_in)  # (N, L, H_in)

# %%
# The short one is ``h``
# ----------------------
# With ``proj_size=2`` the LSTM multiplies its :term:`hidden state` with one more matrix, which has two
# rows. ``output`` and ``h_n`` get two features. The :term:`cell state` ``c_n`` keeps the five of
# ``hidden_size``.

lstm = nn.LSTM(input_size=H_in, hidden_size=H_cell, proj_size=H_out, batch_first=True)
output, (h_n, c_n) = lstm(x)  # (N, L, H_out), (1, N, H_out), (1, N, H_cell)

print(f"{tuple(output.shape) = }")
print(f"{tuple(h_n.shape) = }")
print(f"{tuple(c_n.shape) = }")
assert output.shape == (N, L, H_out)
assert (h_n.shape, c_n.shape) == ((1, N, H_out), (1, N, H_cell))
plotting.call(lstm, x)

# %%
# The shapes of the parameters
# ----------------------------
# There is one new parameter, ``weight_hr_l0`` of (H_out, H_cell), without a bias. And ``weight_hh_l0``
# has only H_out columns, because the LSTM reads its own short ``h``. Here the projection *saves*
# parameters.

plain = nn.LSTM(input_size=H_in, hidden_size=H_cell, batch_first=True)
without = {name: tuple(weight.shape) for name, weight in plain.named_parameters()}
for name, weight in lstm.named_parameters():
    before = without.get(name, "none")
    print(f"{name:<13}{tuple(weight.shape)!s:<8} without proj_size: {before}")
assert lstm.weight_hr_l0.shape == (H_out, H_cell)
assert lstm.weight_hh_l0.shape == (4 * H_cell, H_out)

count = sum(weight.numel() for weight in lstm.parameters())
print(f"{count} parameters, without proj_size {parameter_count(plain)}")
assert count == 4 * H_cell * (H_in + H_out + 2) + H_out * H_cell == parameter_count(lstm)
assert count < parameter_count(plain)

# %%
# The product by hand
# -------------------
# At each step the LSTM computes the :term:`gates <gate>` from ``x`` and the short ``h`` of the step before, and from
# them a long state, as every LSTM does. The projection is one more product, at every step:
#
# .. math::
#
#    h_t = W_{hr} \, (o_t \odot \tanh(c_t))
#
# Here :math:`\odot` multiplies entry by entry. The loop gives the numbers of the call.

h, c = x.new_zeros(N, H_out), x.new_zeros(N, H_cell)
steps = []
for step in x.unbind(1):  # (N, H_in)
    gates = step @ lstm.weight_ih_l0.T + lstm.bias_ih_l0
    gates = gates + h @ lstm.weight_hh_l0.T + lstm.bias_hh_l0  # (N, 4 * H_cell)
    i, f, g, o = gates.chunk(4, dim=-1)  # (N, H_cell) each
    c = f.sigmoid() * c + i.sigmoid() * g.tanh()  # (N, H_cell)
    h = (o.sigmoid() * c.tanh()) @ lstm.weight_hr_l0.T  # (N, H_out)
    steps.append(h)

by_hand = torch.stack(steps, dim=1)  # (N, L, H_out)
print(f"equal to the call: {torch.allclose(by_hand, output, atol=1e-12, rtol=0)}")
assert_close(by_hand, output, atol=1e-12, rtol=0)
assert_close(c, c_n[0], atol=1e-12, rtol=0)

# %%
# .. _projection-two-widths:
#
# The state has two widths
# ------------------------
# A state that you give must be a short ``h_0`` and a long ``c_0``. Torch names the wrong one by its number:
# ``hidden[0]`` is ``h_0``, ``hidden[1]`` is ``c_0``.

short, long = torch.zeros(1, N, H_out), torch.zeros(1, N, H_cell)
expected = {
    "Expected hidden[0] size (1, 4, 2), got [1, 4, 5]": (long, long),
    "Expected hidden[1] size (1, 4, 5), got [1, 4, 2]": (short, short),
}
for text, wrong in expected.items():
    try:
        lstm(x, wrong)
    except RuntimeError as error:
        message = str(error)
        print(type(error).__name__, message)
    else:
        raise AssertionError("torch accepted the state")
    assert text in message
assert_close(lstm(x, (short, long))[0], output)

# %%
# .. _projection-stack:
#
# Layers and directions
# ---------------------
# Everything that is made of ``h`` is short. The second layer reads D * H_out features, ``output`` and
# the final state are D * H_out wide. Each direction of each layer has a ``weight_hr`` of its own.

deep = nn.LSTM(
    input_size=H_in, hidden_size=H_cell, proj_size=H_out, num_layers=2, bidirectional=True
)
output, (h_n, c_n) = deep(x.transpose(0, 1))  # (L, N, 4), (4, N, 2), (4, N, 5)
print(f"{tuple(output.shape) = }  {tuple(h_n.shape) = }  {tuple(c_n.shape) = }")
print(f"{tuple(deep.weight_ih_l1.shape) = }")
print([name for name, _ in deep.named_parameters() if "_hr_" in name])
assert output.shape == (L, N, 2 * H_out)
assert (h_n.shape, c_n.shape) == ((4, N, H_out), (4, N, H_cell))
assert deep.weight_ih_l1.shape == (4 * H_cell, 2 * H_out)
assert final_state(deep, h_n).shape == (N, 2 * H_out)

# %%
# Summary
# -------
# * ``h`` is short (H_out = ``proj_size``), ``c`` is long (H_cell = ``hidden_size``). ``output``, ``h_n`` and
#   what the next layer reads are made of ``h``.
# * The projection is one product without bias, ``weight_hr``, at every step.
# * Every layer and direction has a ``weight_hr`` of its own.
#
# Common mistakes
# ---------------
# * "I give both states ``hidden_size`` features": ``Expected hidden[0] size``
#   (:ref:`projection-two-widths`, and :ref:`the message <error-state-with-projection>`).
#   :func:`lstm_guide.zero_state` makes the right pair.
# * "I set ``proj_size`` equal to ``hidden_size``": torch rejects it, the projection must be smaller
#   (:ref:`error-projection-size`).
# * "I use ``hidden_size`` for the next ``Linear``": its input is D * ``proj_size``
#   (:ref:`projection-stack`).
#
# Check yourself
# --------------
# You want a hidden state of two features from an LSTM of 64. Instead of ``proj_size=2`` you put a
# ``Linear(64, 2)`` after the LSTM. Is it the same?
#
# .. dropdown:: Answer
#
#    The shape of what you use is the same, the LSTM is not. With ``proj_size`` the short ``h`` goes back
#    into the gates at the next step. With a ``Linear`` after it, the LSTM still reads all 64.
#
# Next
# ----
# :ref:`price-of-projection` says what else changes: the range of ``h``, and the way torch computes.
