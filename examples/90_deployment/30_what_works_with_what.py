r"""
.. _what-works-with-what:

What works with what: compile, export, ONNX, and the rest
=========================================================

You wrap your LSTM in ``torch.compile`` and nothing becomes faster. You export it, and it refuses any
other length. Each tool works with some kinds of :class:`torch.nn.LSTM` and not with others, and some
of them do not tell you. After this page you know which pair works, which one returns to the plain
call without a message, and which one gives other numbers.

**You will see**

* fifteen tools on six kinds of LSTM, in one picture, and the quick ones live
* the real message of each pair that fails
* what is left to choose from for each kind
"""

# sphinx_gallery_tags = ["deployment", "errors"]

import textwrap
import warnings

import torch
from torch import nn
from torch.nn.utils.rnn import PackedSequence

from lstm_guide import pack, plotting, records, unpack

torch.manual_seed(0)
N, L, H_in, H = 4, 7, 3, 8  # batch, time, features in, features out: all different
lstm = nn.LSTM(input_size=H_in, hidden_size=H, batch_first=True).eval()
x = torch.randn(N, L, H_in)  # (N, L, H_in)
with torch.no_grad():
    expected, _ = lstm(x)  # (N, L, H)

# %%
# Everything at a glance
# ----------------------
# An export can change the result of the next one in the same process. So the tools were tried one
# by one, each in a process of its own, and recorded. ``pass``: the numbers are those of the plain
# call. ``fallback``: right numbers, but something else ran than was asked for. ``wrong``: other
# numbers, without a message. ``fail``: an error. The first row is the plain call
# (:ref:`speed-on-a-cpu`). ``allow_rnn`` is a switch of ``torch.compile``. N is the batch size.

record = records.read("matrix")
cells = record["cells"]
print(record["date"], record["machine"])
print(", ".join(f"{name} {version}" for name, version in record["versions"].items()))
table = {t: {case: row[case]["result"] for case in row} for t, row in cells.items()}
assert table["torch.compile"]["plain"] == "fallback"
assert table["export, other N"]["plain"] == "pass"
assert table["export, other L"]["plain"] == "fail"
always = [tool for tool, row in table.items() if set(row.values()) == {"pass"}]
assert always == ["TorchScript"]
plotting.outcomes(table, title="Only TorchScript works\nwith every kind of LSTM")

# %%
# What each of them said
# ----------------------
# The messages, each with the pairs that gave it. With these words you find it again when it happens
# to you. The command ``nox -s matrix -- record`` tries everything anew on your machine, and
# ``nox -s matrix`` fails where a result or a message has changed.

messages = {}
for tool, row in cells.items():
    for case, cell in row.items():
        if cell["says"]:
            messages.setdefault(cell["says"], {}).setdefault(tool, []).append(case)
for says, tools in messages.items():
    print(textwrap.fill(says, width=80))
    for tool, cases in tools.items():
        print(f"    {tool}: {', '.join(cases)}")
every = [cell for row in cells.values() for cell in row.values()]
assert all(cell["says"] for cell in every if cell["result"] != "pass")

# %%
# .. _works-compile:
#
# ``torch.compile`` leaves an LSTM as it is
# -----------------------------------------
# It runs, the numbers are right, and nothing was compiled. To see it, give ``torch.compile`` a back
# end of your own that counts the graphs it is asked to compile. A linear layer gives one graph, the
# LSTM none. ``fullgraph=True`` turns this into an error. The message names a switch,
# ``torch._dynamo.config.allow_rnn``. It helps in inference; for training see the record.

graphs = []


def counting(graph, inputs):
    """A back end that compiles nothing, and counts."""
    graphs.append(graph)
    return graph.forward


for module in (nn.Linear(H_in, H), lstm):
    graphs.clear()
    with torch.no_grad():
        torch.compile(module, backend=counting)(x)
    print(f"{type(module).__name__}: {len(graphs)} graphs")
    assert len(graphs) == (type(module) is nn.Linear)
torch.compiler.reset()

try:
    torch.compile(lstm, backend=counting, fullgraph=True)(x)
except Exception as error:
    message = str(error)
    print(type(error).__name__, message.splitlines()[0])
else:
    raise AssertionError("torch compiled an LSTM")
assert "Attempted to wrap RNN, GRU, or LSTM" in message
torch.compiler.reset()

# %%
# .. _works-export:
#
# ``torch.export`` writes the length down
# ---------------------------------------
# Exported, an LSTM takes any batch size, if you say so, but only the length of the example. For a
# stream this is no limit: export one step, with the state as an input and an output, and call it as
# often as you like (:ref:`streaming`). This is the code of the tool "export of one step", as it ran.

print(record["code"]["export of one step"])
assert table["export of one step"]["plain"] == "pass"
assert table["export of one step"]["two directions"] == "wrong"
assert "specialized it to be a constant (7)" in cells["export, other L"]["plain"]["says"]

# %%
# .. _works-onnx:
#
# ONNX: both axes free, and a process of its own
# ----------------------------------------------
# The exporter follows ``torch.export``, and still its file runs at other lengths: it holds one
# operator for the whole layer. But it declares the length of the example for its output. Export one
# LSTM in each process: a second export is refused, because torch remembers the sizes of the first. Or
# write the file yourself, from the weights: :ref:`porting-onnx`. First the code, as it ran.

print(record["code"]["ONNX, other N and L"])
for tool in ("ONNX, other N and L", "ONNX, second export", "ONNX, old exporter"):
    cell = cells[tool]["plain"]
    print(textwrap.fill(f"{tool}: {cell['result']}. {cell['says']}", width=80))
assert table["ONNX, other N and L"]["plain"] == "pass"
assert table["ONNX, second export"]["plain"] == "fail"

# %%
# .. _works-old:
#
# What works and is on its way out
# --------------------------------
# TorchScript and dynamic quantisation still work, and warn that they are deprecated; a removal
# announced for torch 2.10 has not come yet. A scripted module takes every length and batch size.
# Quantisation stores 8-bit integers, and the numbers change in the second or third decimal.

with warnings.catch_warnings(record=True) as caught:
    warnings.simplefilter("always")
    scripted = torch.jit.script(nn.Sequential(lstm))
    small = torch.ao.quantization.quantize_dynamic(nn.Sequential(lstm), {nn.LSTM})
    longer = torch.randn(2, 50, H_in)  # another length and another batch size
    with torch.no_grad():
        torch.testing.assert_close(scripted(longer), lstm(longer), atol=1e-6, rtol=0)
        error = (small(x)[0] - expected).abs().max()
said = dict.fromkeys(str(warning.message).splitlines()[0] for warning in caught)
print("\n".join(textwrap.shorten(text, 100) for text in said))
assert any("`torch.jit.script` is deprecated" in text for text in said)
assert any("quantization is deprecated and will be removed in 2.10" in text for text in said)
print(f"off by less than 0.05 with 8-bit weights: {bool(error < 0.05)}")
assert 0 < error < 0.05

# %%
# .. _works-kinds:
#
# The kinds that work with fewer tools
# ------------------------------------
# Packed input fails in every export of a whole sequence, but for the old ONNX exporter. Projection
# and bfloat16 fail in every ONNX file: the operator has no projection, and onnxruntime refuses the
# dtype. To export, train with padded batches and take the last valid step (:ref:`last-valid-step`).

bad = {case: {t for t in table if table[t][case] == "fail"} for case in record["cases"]}
for case, tools in bad.items():
    print(f"{case}: {len(tools)} of {len(table)} fail")
assert len(bad["packed"]) > len(bad["plain"])
assert {tool for tool in table if "ONNX" in tool} <= bad["projected"] & bad["bfloat16"]
exports = {tool for tool in table if "export" in tool or "ONNX" in tool}
works = {tool for tool in exports if table[tool]["packed"] == "pass"}
assert works == exports - bad["packed"] == {"export of one step", "ONNX, old exporter"}
packed = pack(lstm, x, [7, 2, 5, 3])
result, _ = lstm(packed)  # works as ever
assert isinstance(result, PackedSequence)
assert unpack(lstm, result, total_length=L)[0].shape == (N, L, H)

# %%
# Summary
# -------
# * ``torch.compile`` does nothing for an ``nn.LSTM``, and does not say so.
# * ``torch.export`` keeps the length of the example. One exported step streams any length.
# * ONNX works with both axes free, in a process of its own. Try the file at other sizes.
# * Packed, projected and bfloat16 models work with fewer tools than a plain one.
# * All of this is the record of one day and one torch. Nothing here was run on a GPU.
#
# Common mistakes
# ---------------
# * "I compiled it, so it is faster now." See :ref:`works-compile`.
# * "It ran at the length of the example, so it runs at every length." See :ref:`works-export`.
# * "I exported twice in one notebook." Restart it: :ref:`works-onnx`.
# * "I exported a model that packs inside." See :ref:`works-kinds`.
#
# Check yourself
# --------------
# You want to run a model in two directions, on sentences of any length, without torch. What do you
# choose?
#
# .. dropdown:: Answer
#
#    ONNX, with N and L free, from padded batches. If the batches hold sentences of different length,
#    the reverse direction must not read the padding: make a file that takes the lengths
#    (:ref:`porting-onnx`).
#
# Next
# ----
# Go on with weights that come from another library: :ref:`porting-keras`.
