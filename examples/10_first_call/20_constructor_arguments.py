r"""
.. _constructor-arguments:

Every constructor argument and what it changes
==============================================

You write ``nn.LSTM(...)``, and there are ten arguments to choose from. Which of them change a
shape, which add parameters, and which change only what the LSTM computes? After this page you can
choose them, and say beforehand what each does to your shapes.

**You will see**

* one table, built from real layers: what each argument does to the shapes and the parameters
* each argument alone, and what it changes
* the two arguments that make torch warn, and why
"""

# sphinx_gallery_tags = ["shapes", "parameters", "batch_first"]

import warnings

import matplotlib.pyplot as plt
import torch
from torch import nn
from torch.testing import assert_close

from lstm_guide import call_shapes, parameter_count, plotting

torch.manual_seed(0)
N, L, H_in, H, P = 8, 7, 3, 6, 5  # batch, time, input_size, hidden_size, proj_size

# %%
# One argument at a time
# ----------------------
# The first line of the table is :class:`torch.nn.LSTM` with nothing but its two sizes. Every
# other line changes what its name says. Each :term:`layer` in each :term:`direction` keeps a
# :term:`state` of its own, one row of ``h_n`` and ``c_n``. ``output`` comes from the top layer,
# with both directions side by side. ``batch_first`` (:term:`batch first`) swaps two axes of ``x`` and ``output``, and
# no axis of the states. (:ref:`layouts` compares the numbers: they stay the same.) All of these
# LSTMs are made in float64; the part about ``proj_size`` says why.

sizes = {"input_size": H_in, "hidden_size": H}
changes = {
    "nothing": {},
    "bias=False": {"bias": False},
    "batch_first=True": {"batch_first": True},
    "num_layers=2": {"num_layers": 2},
    "num_layers=2, dropout=0.5": {"num_layers": 2, "dropout": 0.5},
    "bidirectional=True": {"bidirectional": True},
    "num_layers=2, bidirectional=True": {"num_layers": 2, "bidirectional": True},
    "proj_size=5": {"proj_size": P},
}
line = "{:33}{:10}{:11}{:10}{:10}{}"
print(line.format("changed", "x", "output", "h_n", "c_n", "parameters"))
counts = {}
for name, change in changes.items():
    lstm = nn.LSTM(**sizes, **change, dtype=torch.float64)
    x = torch.randn((N, L, H_in) if lstm.batch_first else (L, N, H_in)).double()
    output, (h_n, c_n) = lstm(x)
    shapes = [tuple(tensor.shape) for tensor in (x, output, h_n, c_n)]
    counts[name] = sum(parameter.numel() for parameter in lstm.parameters())
    print(line.format(name, *map(str, shapes), counts[name]))

    known = call_shapes(lstm, x)  # the helpers know it without a run
    assert [known.output.sizes, known.h_n.sizes, known.c_n.sizes] == shapes[1:]
    assert parameter_count(lstm) == counts[name]

# %%
# Which arguments cost parameters
# -------------------------------
# The picture shows the last column of the table. A second direction costs as much as the first. A
# second layer costs more than the first where it reads more :term:`features <feature>`, as here.
# ``batch_first``
# and ``dropout`` cost nothing.

with plotting.style():
    _, ax = plt.subplots(figsize=(7, 3.6), layout="constrained")
    bars = ax.barh(list(counts), list(counts.values()), color="#77aadd")
    ax.bar_label(bars, padding=4)
    ax.invert_yaxis()
    ax.set(xlabel="parameters", xlim=(0, 1800), xticks=range(0, 1501, 500))
    ax.set_title("More layers and directions\nneed more parameters")

assert counts["bidirectional=True"] == 2 * counts["nothing"]
assert counts["num_layers=2"] > 2 * counts["nothing"]
assert counts["batch_first=True"] == counts["nothing"]
assert counts["num_layers=2, dropout=0.5"] == counts["num_layers=2"]

# %%
# ``input_size`` and ``hidden_size``: features in, features out
# -------------------------------------------------------------
# ``input_size`` must equal the size of the last axis of ``x``. ``hidden_size`` is yours to choose:
# it is the width of h and c. Neither of the two has to do with the number of
# :term:`steps <step>`. The LSTM has
# four tensors of parameters. The sizes of all four come from these two numbers.

lstm = nn.LSTM(input_size=H_in, hidden_size=H)
for name, parameter in lstm.named_parameters():
    print(f"{name:12} {tuple(parameter.shape)}")
assert parameter_count(lstm) == 4 * H * (H_in + H + 2)

# %%
# ``bias`` moves the state without input
# --------------------------------------
# Without bias, an input of zeros gives an output of zeros: the state starts at zeros, and nothing
# moves it. With bias, the same input changes the state at every step.

zeros = torch.zeros(L, N, H_in)
without = nn.LSTM(input_size=H_in, hidden_size=H, bias=False)
for name, module in {"without bias": without, "with bias": lstm}.items():
    largest = module(zeros)[0].abs().amax(dim=(1, 2)).detach()  # (L,)
    print(f"{name}, largest entry at each step: {largest}")
assert without(zeros)[0].abs().max() == 0
assert lstm(zeros)[0].diff(dim=0).abs().amax(dim=(1, 2)).min() > 0  # at every step

# %%
# ``dropout``: between layers, while you train
# --------------------------------------------
# ``dropout`` sets random entries of what a layer passes to the layer above it to zero. So two
# calls with the same input differ in training, and agree after :meth:`torch.nn.Module.eval`. With
# one layer there is no layer above: torch warns, and nothing is dropped.

x = torch.randn(L, N, H_in)
stacked = nn.LSTM(input_size=H_in, hidden_size=H, num_layers=2, dropout=0.5)
trained = (stacked(x)[0] - stacked(x)[0]).abs().max()
stacked.eval()
evaluated = (stacked(x)[0] - stacked(x)[0]).abs().max()
print(f"two calls differ by {trained:.2f} in training, {evaluated:.2f} in evaluation")
assert trained > 0.01
assert evaluated < 1e-6
with warnings.catch_warnings(record=True) as caught:
    warnings.simplefilter("always")
    single = nn.LSTM(input_size=H_in, hidden_size=H, dropout=0.5)
print(caught[0].category.__name__, caught[0].message)
assert "dropout expects num_layers greater than 1" in str(caught[0].message)
assert_close(single(x)[0], single(x)[0])

# %%
# ``proj_size``: a narrower h, the same c
# ---------------------------------------
# With ``proj_size`` a matrix maps h to fewer features after each step. ``output`` and ``h_n``
# become narrower, ``c_n`` keeps ``hidden_size``. In float32 on a CPU torch warns that its fast
# routine (oneDNN) does not know
# :term:`projections <projection>`. It does not warn in float64, so the table above is
# in float64.

with warnings.catch_warnings(record=True) as caught:
    warnings.simplefilter("always")
    projected = nn.LSTM(input_size=H_in, hidden_size=H, proj_size=P)
    output, (h_n, c_n) = projected(x)
message = str(caught[0].message).split(" (Triggered")[0]  # without the place
print(caught[0].category.__name__, message)
print(f"{output.shape[-1] = }, {h_n.shape[-1] = }, {c_n.shape[-1] = }")
assert "not supported with oneDNN" in message
assert (output.shape[-1], h_n.shape[-1], c_n.shape[-1]) == (P, P, H)

# %%
# ``device`` and ``dtype``: where the weights are and how exact they are
# ----------------------------------------------------------------------
# Both are passed on to the weights. The input and the state must match them
# (:ref:`device-and-dtype`, :ref:`another-device`). The device ``meta`` keeps shapes and no numbers, on every machine.

placed = nn.LSTM(**sizes, device="meta", dtype=torch.bfloat16)
print(f"{placed.weight_ih_l0.device.type = }  {placed.weight_ih_l0.dtype = }")
for parameter in placed.parameters():
    assert (parameter.device.type, parameter.dtype) == ("meta", torch.bfloat16)

# %%
# Summary
# -------
# * ``input_size``, ``hidden_size``, ``num_layers``, ``bidirectional`` and ``proj_size`` change
#   shapes and parameters.
# * ``bias`` changes the parameters. ``batch_first`` changes the order of axes of ``x`` and
#   ``output``.
# * ``dropout`` acts between layers in training. ``device`` and ``dtype`` belong to the weights.
#
# Common mistakes
# ---------------
# * "I wrote ``nn.LSTM(128, 64, 1, True)``": the ``True`` is ``bias``. See :ref:`arguments-by-name`.
# * "``hidden_size`` is the length of my :term:`window`": it is the width of h. See :ref:`length-is-free`.
# * "``h_n`` has more rows than I have layers": each direction has a row. See
#   :ref:`axes-and-outputs`.
#
# Check yourself
# --------------
# An LSTM has ``input_size=3``, ``hidden_size=6``, ``num_layers=2`` and ``bidirectional=True``. It
# gets ``x`` of shape (7, 8, 3). What are the shapes of ``output`` and ``h_n``?
#
# .. dropdown:: Answer
#
#    ``output`` is (7, 8, 12): two directions side by side. ``h_n`` is (4, 8, 6): two layers
#    times two directions are four rows, for eight :term:`sequences <sequence>`. The table
#    prints it.
#
# Every argument, with its meaning and its messages, is on :doc:`by argument </by-argument>`.
#
# Next
# ----
# Go on with :ref:`arguments-by-name`: the same arguments without their names, and what goes wrong.
