r"""
.. _porting-onnx:

From torch to ONNX and back, with equal numbers
===============================================

You want to run an :class:`torch.nn.LSTM` where there is no torch, or you have an ONNX file and want
to train its weights further. Both have the same equations, but not the same order of the gates, nor
of the axes: a copy that looks right gives other numbers, without a message. After this page the
numbers agree in both ways, for every length and batch size.

This page runs ``onnxruntime``. Install it with ``pip install onnx onnxruntime``.

**You will see**

* a file with the operator LSTM, made from the weights of torch
* the order of the gates, and what the wrong order does
* sequences of different length, without packing
* the weights of a file, read back into torch
"""

# sphinx_gallery_tags = ["deployment", "weights", "variable length"]

import onnx
import onnxruntime
import torch
from onnx import TensorProto, helper, numpy_helper
from torch import nn

from lstm_guide import pack, plotting, unpack, weights

torch.manual_seed(0)
N, L, H_in, H, K = 4, 7, 3, 5, 2  # batch, time, features in, features out, layers
lstm = nn.LSTM(input_size=H_in, hidden_size=H, num_layers=K, bidirectional=True)
x = torch.randn(L, N, H_in)  # (L, N, H_in), time first as in ONNX
with torch.no_grad():
    output, (h_n, c_n) = lstm(x)  # (L, N, 2 * H), (4, N, H), (4, N, H)

# %%
# The weights of one operator
# ---------------------------
# ONNX has an operator LSTM for one layer. It takes W, R and B, with the directions on the first axis.
# B holds both biases one after the other. The gates stand in the order i, o, f, c: the candidate is
# called c there, and it comes last. ``weights.to_onnx`` gives the arrays of each layer.

layers = weights.to_onnx(lstm)
for k, arrays in enumerate(layers):
    print(f"layer {k}:", {name: tuple(array.shape) for name, array in arrays.items()})
i, f, g, o = lstm.weight_ih_l0.detach().chunk(4)  # (H, H_in) each
torch.testing.assert_close(layers[0]["W"][0], torch.cat((i, o, f, g)), atol=0, rtol=0)
assert layers[1]["W"].shape == (2, 4 * H, 2 * H)

# %%
# A file for the whole stack
# --------------------------
# The output Y of the operator is (L, D, N, H). torch joins the directions: (L, N, D * H). So each
# layer is followed by a transposition and a reshape. The letters L and N in the declared shapes say
# that both sizes are free. ``ir_version`` is a version of the file format that onnxruntime reads; by
# default ``onnx`` may write a newer one.


def declare(name, *shape, dtype=TensorProto.FLOAT):
    """Name an input or an output, with its shape."""
    return helper.make_tensor_value_info(name, dtype, shape)


def model_of(layers):
    """Make an ONNX model of layers from their W, R and B; it also takes the lengths."""
    nodes, arrays, below = [], {"join": torch.tensor([0, 0, -1])}, "x"
    for k, parts in enumerate(layers):
        arrays |= {f"{name}_{k}": array for name, array in parts.items()}
        nodes += [
            helper.make_node(
                "LSTM",
                [below, f"W_{k}", f"R_{k}", f"B_{k}", "lengths"],
                [f"Y_{k}", f"h_{k}", f"c_{k}"],
                hidden_size=H,
                direction="bidirectional",
            ),
            helper.make_node("Transpose", [f"Y_{k}"], [f"moved_{k}"], perm=[0, 2, 1, 3]),
            helper.make_node("Reshape", [f"moved_{k}", "join"], [f"output_{k}"]),
        ]
        below = f"output_{k}"
    inputs = [declare("x", "L", "N", H_in)]
    inputs.append(declare("lengths", "N", dtype=TensorProto.INT32))
    outputs = [declare(below, "L", "N", 2 * H)]
    for state in ("h", "c"):
        outputs += [declare(f"{state}_{k}", 2, "N", H) for k in range(K)]
    stored = [numpy_helper.from_array(arrays[name].numpy(), name) for name in arrays]
    graph = helper.make_graph(nodes, "lstm", inputs, outputs, stored)
    opset = [helper.make_opsetid("", 22)]
    model = helper.make_model(graph, opset_imports=opset, ir_version=10)
    onnx.checker.check_model(model)
    return model


def run(model, x, lengths=None):
    """Run a model in onnxruntime; return the output, h_n and c_n of torch."""
    if lengths is None:
        lengths = torch.full((x.size(1),), x.size(0))
    cpu = ["CPUExecutionProvider"]
    session = onnxruntime.InferenceSession(model.SerializeToString(), providers=cpu)
    inputs = {"x": x.numpy(), "lengths": lengths.int().numpy()}
    output, *states = map(torch.from_numpy, session.run(None, inputs))
    return output, torch.cat(states[:K]), torch.cat(states[K:])


model = model_of(layers)
found = run(model, x)
print([tuple(part.shape) for part in found])
torch.testing.assert_close(found, (output, h_n, c_n), atol=1e-6, rtol=0)

# %%
# Every length and every batch size
# ---------------------------------
# The file was made without an example input, so no size of an example can hide in it. Try it at
# others. A file from ``torch.onnx.export`` may have the length of its example written down
# (:ref:`works-onnx`): always run it at another length and batch size, and compare.

for length, batch in ((1, 1), (50, 2), (20, 6)):
    other = torch.randn(length, batch, H_in)
    with torch.no_grad():
        expected, states = lstm(other)
    torch.testing.assert_close(run(model, other), (expected, *states), atol=1e-6, rtol=0)
    print(f"L {length}, N {batch}: equal")

# %%
# .. _porting-onnx-gate-order:
#
# The wrong order of the gates
# ----------------------------
# Copy the blocks as they stand in torch, and nothing is refused: every shape is right. The numbers
# are not. ``weights.reorder_gates`` moves the blocks of any array.


def without_reordering(arrays):
    """The same arrays with the gates in the order of torch."""
    B = arrays["B"].view(-1, 2, 4 * H)  # (D, 2, 4 * H)
    move = {"source": "iofg", "target": "ifgo"}
    parts = {name: weights.reorder_gates(arrays[name], axis=1, **move) for name in "WR"}
    return {**parts, "B": weights.reorder_gates(B, axis=2, **move).flatten(1)}


wrong, *_ = run(model_of([without_reordering(arrays) for arrays in layers]), x)
assert wrong.shape == output.shape
print(f"gates in the order of torch: off by {(wrong - output).abs().max():.2f}")
assert (wrong - output).abs().max() > 0.02

plotting.steps(
    {"torch": output[:, 0, 0], "ONNX": found[0][:, 0, 0], "wrong order": wrong[:, 0, 0]},
    ylabel="first entry of output",
    title="ONNX gives the numbers of torch,\nunless the gates are in another order",
)

# %%
# Lengths in place of packing
# ---------------------------
# The operator has an input for the valid steps of each sequence. It does what :term:`packing
# <packed sequence>` does in torch: the reverse direction starts at the last valid step, the final
# state is that of the last valid step, and the padding comes back as zeros.

lengths = torch.tensor([7, 2, 5, 3])
with torch.no_grad():
    result, (packed_h, packed_c) = lstm(pack(lstm, x, lengths))
    expected, _ = unpack(lstm, result, total_length=L)  # (L, N, 2 * H)
found = run(model, x, lengths)
torch.testing.assert_close(found, (expected, packed_h, packed_c), atol=1e-6, rtol=0)
padding = torch.arange(L)[:, None] >= lengths  # (L, N)
remaining = found[0][padding].count_nonzero().item()
print(f"numbers on the padding that are not zero: {remaining}")
assert remaining == 0

# %%
# Back to torch
# -------------
# The weights of a file stand in its list of initializers. Their names are up to the program that
# wrote it; here they are W_0, R_0, B_0 and so on. ``weights.from_onnx`` checks every shape.

stored = {part.name: numpy_helper.to_array(part) for part in model.graph.initializer}
copy = nn.LSTM(input_size=H_in, hidden_size=H, num_layers=K, bidirectional=True)
tensors = {name: torch.from_numpy(array.copy()) for name, array in stored.items()}
weights.from_onnx(copy, [{n: tensors[f"{n}_{k}"] for n in "WRB"} for k in range(K)])
torch.testing.assert_close(copy(x)[0], output, atol=1e-6, rtol=0)
print("in the file:", ", ".join(sorted(stored)))

# %%
# Summary
# -------
# * The gates of ONNX stand in the order i, o, f, c. A copy without reordering is not refused.
# * Y is (L, D, N, H): move the axis of directions, then join.
# * The input for the lengths does what packing does.
# * Run a file at another length and batch size before you trust it.
#
# Common mistakes
# ---------------
# * Blocks copied in the order of torch: no message, wrong numbers (:ref:`porting-onnx-gate-order`).
# * A file that knows one length only, or a packed model: :ref:`what-works-with-what`.
# * A model with ``proj_size``: the operator has no projection (:ref:`projection`).
#
# Check yourself
# --------------
# An exported file gives right numbers for the example and an error for a longer sequence. What was
# left out?
#
# .. dropdown:: Answer
#
#    The time axis was not declared free, so the exporter has written the length of the example into
#    the file.
#
# Next
# ----
# Go on with what each way to call an LSTM costs: :ref:`speed-on-a-cpu`.
