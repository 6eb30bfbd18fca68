r"""
.. _constructor-arguments:

Every constructor argument and what it changes
==============================================

``nn.LSTM(...)`` takes ten arguments. You want to know which of them change a shape, which change the
number of parameters, and which change only what the layer does. And you want to know why
``nn.LSTM(128, 64, 1, True)`` is not :term:`batch first`, although it looks like it.

**You will see**

* one table, built from real layers: what each argument does to the shapes and the parameters
* each argument alone, with the message you get when its value does not fit
* the trap of arguments without names
"""

# sphinx_gallery_tags = ["shapes", "parameters", "batch_first"]

import math
import warnings

import matplotlib.pyplot as plt
import torch
from torch import nn
from torch.testing import assert_close

from lstm_guide import call_shapes, parameter_count, parameter_shapes, plotting

torch.manual_seed(0)
N, L, H_in, H, P = 8, 7, 3, 6, 5  # batch, time, input_size, hidden_size, proj_size

# %%
# One argument at a time
# ----------------------
# The first line of the table is :class:`torch.nn.LSTM` with nothing but its two sizes. Each other
# line changes what its name says. Read down a column to see what changes: ``num_layers`` and
# ``bidirectional`` change the rows of ``h_n`` and ``c_n``, ``bidirectional`` and ``proj_size`` change
# the width of ``output``. All layers are made in float64 (the section on ``proj_size`` says why).

sizes = {"input_size": H_in, "hidden_size": H}
changes = {
    "nothing": {},
    "bias=False": {"bias": False},
    "batch_first=True": {"batch_first": True},
    "num_layers=2": {"num_layers": 2},
    "num_layers=2, dropout=0.5": {"num_layers": 2, "dropout": 0.5},
    "bidirectional=True": {"bidirectional": True},
    "proj_size=5": {"proj_size": P},
}
line = "{:26}{:10}{:11}{:10}{:10}{}"
print(line.format("changed", "x", "output", "h_n", "c_n", "parameters"))
counts = {}
for name, change in changes.items():
    lstm = nn.LSTM(**sizes, **change, dtype=torch.float64)
    x = torch.randn(L, N, H_in, dtype=torch.float64)
    x = x.transpose(0, 1) if lstm.batch_first else x
    output, (h_n, c_n) = lstm(x)
    shapes = [tuple(tensor.shape) for tensor in (x, output, h_n, c_n)]
    counts[name] = sum(parameter.numel() for parameter in lstm.parameters())
    print(line.format(name, *map(str, shapes), counts[name]))

    # The helpers know all of this without running the layer.
    known = call_shapes(lstm, x)
    assert [known.input.sizes, known.output.sizes] == shapes[:2]
    assert [known.h_n.sizes, known.c_n.sizes] == shapes[2:]
    assert parameter_count(lstm) == counts[name]

# %%
# Which arguments cost parameters
# -------------------------------
# The same table as a picture. Each direction of each layer has one matrix for its input
# (``weight_ih``) and one for its :term:`hidden state` (``weight_hh``), two bias vectors, and with
# ``proj_size`` a third matrix (``weight_hr``). ``batch_first`` and ``dropout`` add nothing.

colours = {
    "weight_ih": "#77aadd",
    "weight_hh": "#eedd88",
    "bias": "#ee8866",
    "weight_hr": "#44bb99",
}
with plotting.style():
    _, ax = plt.subplots(figsize=(7, 4), layout="constrained")
    for name, change in changes.items():
        shapes = parameter_shapes(nn.LSTM(**sizes, **change))
        end = 0
        for kind, colour in colours.items():
            width = sum(math.prod(shapes[key]) for key in shapes if kind in key)
            ax.barh(name, width, left=end, color=colour)
            end += width
        ax.text(end, name, f" {end}", va="center")
        assert end == counts[name]
    ax.invert_yaxis()
    ax.set(xlabel="parameters", xlim=(0, 700))
    ax.set_title("A second layer or direction at least doubles the parameters")
    ax.figure.legend(colours, frameon=False, ncols=4, loc="outside lower center")

assert counts["num_layers=2"] > 2 * counts["nothing"]
assert counts["bidirectional=True"] == 2 * counts["nothing"]
assert counts["batch_first=True"] == counts["nothing"]
assert counts["num_layers=2, dropout=0.5"] == counts["num_layers=2"]

# %%
# ``input_size`` and ``hidden_size``: features in, features out
# -------------------------------------------------------------
# ``input_size`` must equal the size of the last axis of ``x``. ``hidden_size`` is yours to choose:
# it is the width of h and c, and the number of parameters grows with its square. Neither of the two
# has to do with the number of steps.

lstm = nn.LSTM(input_size=H_in, hidden_size=H)
for name, parameter in lstm.named_parameters():
    print(f"{name:12} {tuple(parameter.shape)}")
assert parameter_count(lstm) == 4 * H * (H_in + H + 2)

# %%
# ``num_layers`` and ``bidirectional``: more rows in the state
# ------------------------------------------------------------
# A second :term:`layer` reads the output of the first one. A second :term:`direction` reads the
# sequence from its end. Each layer in each direction has a state of its own, and so its own row in
# ``h_n`` and ``c_n``. ``output`` comes from the top layer only, with both directions side by side.

for K, D in [(1, 1), (2, 1), (1, 2), (2, 2)]:
    deep = nn.LSTM(**sizes, num_layers=K, bidirectional=D == 2)
    output, (h_n, c_n) = deep(torch.randn(L, N, H_in))
    print(f"{K = } {D = }  output {tuple(output.shape)}  h_n {tuple(h_n.shape)}")
    assert output.shape == (L, N, D * H)
    assert h_n.shape == c_n.shape == (K * D, N, H)

# %%
# ``bias`` moves the state without input, ``batch_first`` moves nothing
# --------------------------------------------------------------------
# Without bias, zeros in give zeros out: the layer starts at a state of zeros, and nothing moves it.
# With bias, an input of zeros still changes the state at every step. ``batch_first`` says how you
# store ``x`` and ``output``. It changes no weight, no number and no state.

zeros = torch.zeros(L, N, H_in)
without = nn.LSTM(input_size=H_in, hidden_size=H, bias=False)
assert without(zeros)[0].abs().max() == 0
assert lstm(zeros)[0].diff(dim=0).abs().amax(dim=(1, 2)).min() > 0  # at every step

batch_first = nn.LSTM(input_size=H_in, hidden_size=H, batch_first=True)
batch_first.load_state_dict(lstm.state_dict())  # the same names and shapes
x = torch.randn(L, N, H_in)
output, (h_n, _) = lstm(x)  # (L, N, H), (1, N, H)
output_bf, (h_n_bf, _) = batch_first(x.transpose(0, 1))  # (N, L, H), (1, N, H)
assert_close(output_bf.transpose(0, 1), output)
assert_close(h_n_bf, h_n)
print(f"{tuple(output_bf.shape) = }  {tuple(h_n_bf.shape) = }")

# %%
# ``dropout``: between layers, while you train
# --------------------------------------------
# ``dropout`` sets random entries of a layer's output to zero before the next layer reads them. Two
# calls differ in training and agree after :meth:`torch.nn.Module.eval`. With ``dropout=1.0`` the
# second layer sees only zeros, whatever ``x`` is, while ``h_n`` of the first layer still knows ``x``.

stacked = nn.LSTM(input_size=H_in, hidden_size=H, num_layers=2, dropout=0.5)
difference = (stacked(x)[0] - stacked(x)[0]).abs().max()
print(f"training:   two calls differ by {difference:.2f}")
assert difference > 0.01

stacked.eval()
difference = (stacked(x)[0] - stacked(x)[0]).abs().max()
print(f"evaluation: two calls differ by {difference:.2f}")
assert difference < 1e-6

blind = nn.LSTM(input_size=H_in, hidden_size=H, num_layers=2, dropout=1.0)
output, (h_n, _) = blind(x)
other, (other_h_n, _) = blind(-x)
assert_close(output, other)
assert (h_n[0] - other_h_n[0]).abs().max() > 0.01

# %%
# With one layer there is no next layer. Torch warns, and nothing is dropped.

with warnings.catch_warnings(record=True) as caught:
    warnings.simplefilter("always")
    single = nn.LSTM(input_size=H_in, hidden_size=H, dropout=0.5)
print(caught[0].category.__name__, caught[0].message)
assert "dropout expects num_layers greater than 1" in str(caught[0].message)
assert_close(single(x)[0], single(x)[0])

# %%
# ``proj_size``: a narrower h, the same c
# ---------------------------------------
# With ``proj_size`` a matrix maps h to fewer features after each step. ``output`` and ``h_n`` become
# narrower, ``c_n`` keeps ``hidden_size``. In float32 on a
# CPU torch says that its fast routine (oneDNN) does not serve such a layer; the result is right.

with warnings.catch_warnings(record=True) as caught:
    warnings.simplefilter("always")
    projected = nn.LSTM(input_size=H_in, hidden_size=H, proj_size=P)
    output, (h_n, c_n) = projected(x)
message = str(caught[0].message).split(" (Triggered")[0]  # the rest is a line of torch's source
print(caught[0].category.__name__, message)
assert "not supported with oneDNN" in message
print(f"{tuple(output.shape) = }")
print(f"{tuple(h_n.shape) = }")
print(f"{tuple(c_n.shape) = }")
assert output.shape == (L, N, P)
assert h_n.shape == (1, N, P)
assert c_n.shape == (1, N, H)

# %%
# ``device`` and ``dtype``: where the weights live and how exact they are
# -----------------------------------------------------------------------
# Both are passed on to the weights and change no shape. The input and the state must match them:
# :ref:`device-and-dtype` shows what happens if they do not. The device ``meta`` keeps shapes and no
# numbers, so it works on every machine.

placed = nn.LSTM(**sizes, device="meta", dtype=torch.bfloat16)
print(placed.weight_ih_l0.device, placed.weight_ih_l0.dtype)
assert {p.device.type for p in placed.parameters()} == {"meta"}
assert {p.dtype for p in placed.parameters()} == {torch.bfloat16}
assert {p.dtype for p in lstm.parameters()} == {torch.float32}  # the default
assert parameter_count(placed) == parameter_count(lstm)

# %%
# The fourth place is ``bias``, not ``batch_first``
# -------------------------------------------------
# Many examples leave ``bias`` out of the list of arguments, and then ``True`` in the fourth place
# looks like ``batch_first``. It is ``bias``. Nothing is raised, and the layer reads your batch as
# time. The number of sequences in ``h_n`` shows it. Names leave no doubt.

x = torch.randn(N, L, 128)  # meant as batch first
by_place = nn.LSTM(128, 64, 1, True)
by_name = nn.LSTM(input_size=128, hidden_size=64, batch_first=True)
for lstm in (by_place, by_name):
    _, (h_n, _) = lstm(x)
    print(lstm)
    print(f"    {lstm.bias = }  {lstm.batch_first = }  {tuple(h_n.shape) = }")
assert (by_place.bias, by_place.batch_first) == (True, False)
assert by_place(x)[1][0].shape == (1, L, 64)  # L sequences: wrong
assert by_name(x)[1][0].shape == (1, N, 64)  # N sequences: right

# %%
# Values that torch refuses
# -------------------------
# Other slips are caught. Sizes must be of type ``int``, so a size from a division needs ``//``. A number
# for ``dropout`` in the fourth place is no ``bias``. ``proj_size`` must be smaller than ``hidden_size``.
# And ``input_size`` must be the size of the last axis of ``x``. The last lines write it right.

mistakes = {
    "hidden_size should be of type int": lambda: nn.LSTM(H_in, 12 / 2),
    "bias should be of type bool": lambda: nn.LSTM(H_in, H, 2, 0.5),
    "proj_size has to be smaller": lambda: nn.LSTM(H_in, H, proj_size=H),
    "must be equal to input_size": lambda: nn.LSTM(H_in + 2, H)(x),
}
for expected, mistake in mistakes.items():
    try:
        mistake()
    except (RuntimeError, TypeError, ValueError) as error:
        message = str(error)
        print(type(error).__name__, error)
    else:
        raise AssertionError("torch accepted it")
    assert expected in message

right = nn.LSTM(
    input_size=x.shape[-1],
    hidden_size=12 // 2,
    num_layers=2,
    dropout=0.5,
    batch_first=True,
)
assert right(x)[0].shape == (N, L, 6)

# %%
# Summary
# -------
# * ``input_size``, ``hidden_size``, ``num_layers``, ``bidirectional`` and ``proj_size`` change
#   shapes and parameters.
# * ``bias`` changes the parameters and no shape. ``batch_first`` changes the order of axes of ``x`` and
#   ``output`` and nothing else.
# * ``dropout`` acts between layers and only in training. ``device`` and ``dtype`` belong to the
#   weights.
# * Write names: ``nn.LSTM(input_size=..., hidden_size=..., batch_first=True)``.
#
# Common mistakes
# ---------------
# * "I wrote ``nn.LSTM(128, 64, 1, True)``": the ``True`` is ``bias``. See :ref:`layouts` for what the
#   layer then reads.
# * "``hidden_size`` is the length of my window": it is the width of h. See :ref:`length-is-free`.
# * "``h_n`` has more rows than I have layers": two directions. See :ref:`axes-and-outputs`.
#
# Check yourself
# --------------
# A layer has ``input_size=3``, ``hidden_size=6``, ``num_layers=2`` and ``bidirectional=True``. It gets
# ``x`` of shape (7, 8, 3). What are the shapes of ``output`` and ``h_n``?
#
# .. dropdown:: Answer
#
#    ``output`` is (7, 8, 12): two directions side by side. ``h_n`` is (4, 8, 6): two layers times two
#    directions are four rows, for eight sequences. The last line of the section on ``num_layers``
#    prints it.
#
# Next
# ----
# :ref:`axes-and-outputs` looks at what stands in ``output``, ``h_n`` and ``c_n``, entry by entry.
