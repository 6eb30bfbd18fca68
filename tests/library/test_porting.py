"""Weights to and from Keras and ONNX, tried in Keras and in onnxruntime themselves."""

from __future__ import annotations

import importlib
import os
import tempfile
from collections.abc import Iterator
from typing import Any

import onnx
import onnxruntime
import pytest
import torch
from torch import Tensor, nn
from torch.testing import assert_close

from lstm_guide import pack, unpack
from lstm_guide.weights import from_keras, from_onnx, to_keras, to_onnx

L, N, H_IN, H = 9, 4, 3, 5
OPTIONS = [
    {"num_layers": layers, "bidirectional": both, "bias": bias}
    for layers in (1, 2, 3)
    for both in (False, True)
    for bias in (True, False)
]
per_option = pytest.mark.parametrize("options", OPTIONS, ids=lambda o: str(list(o.values())))
# Keras 3.15 reads its arrays in a way that NumPy 2 warns about.
quiet = pytest.mark.filterwarnings("ignore:__array__ implementation doesn't accept a copy keyword")


def make(options: dict[str, Any]) -> nn.LSTM:
    return nn.LSTM(H_IN, H, batch_first=True, **options)


# --- Keras -----------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def keras() -> Iterator[Any]:
    with tempfile.TemporaryDirectory() as folder:
        os.environ.update(KERAS_BACKEND="torch", KERAS_HOME=folder)
        yield importlib.import_module("keras")


def layers_of(keras: Any, options: dict[str, Any]) -> list[Any]:
    """Layers of Keras with weights of their own; they run its own loop and no kernel of torch."""
    width, layers = H_IN, []
    for _ in range(options["num_layers"]):
        layer = keras.layers.LSTM(
            H,
            return_sequences=True,
            use_bias=options["bias"],
            bias_initializer="random_normal",
            use_cudnn=False,
        )
        layers.append(keras.layers.Bidirectional(layer) if options["bidirectional"] else layer)
        layers[-1].build((None, None, width))
        width = 2 * H if options["bidirectional"] else H
    return layers


def run_keras(layers: list[Any], x: Tensor) -> Tensor:
    for layer in layers:
        x = layer(x)
    return x


@quiet
@per_option
def test_keras_gives_the_output_of_torch_with_its_weights(keras, options):
    lstm, layers, x = make(options), layers_of(keras, options), torch.randn(N, L, H_IN)
    assert (run_keras(layers, x) - lstm(x)[0]).abs().max() > 0.01
    for layer, arrays in zip(layers, to_keras(lstm), strict=True):
        layer.set_weights([array.numpy() for array in arrays])
    assert_close(run_keras(layers, x), lstm(x)[0], atol=1e-6, rtol=0)


@quiet
@per_option
def test_torch_gives_the_output_of_keras_with_its_weights(keras, options):
    lstm, layers, x = make(options), layers_of(keras, options), torch.randn(N, L, H_IN)
    arrays = [[torch.from_numpy(array) for array in layer.get_weights()] for layer in layers]
    from_keras(lstm, arrays)
    assert_close(lstm(x)[0], run_keras(layers, x), atol=1e-6, rtol=0)
    assert_close(to_keras(lstm), arrays, atol=0, rtol=0)


# --- ONNX ------------------------------------------------------------------------------------


def file_of(layers: list[dict[str, Tensor]]) -> bytes:
    """A file of LSTM operators, time first, that also takes the lengths."""
    helper, below, nodes, stored = onnx.helper, "x", [], {"join": torch.tensor([0, 0, -1])}
    D = layers[0]["W"].size(0)
    for k, arrays in enumerate(layers):
        stored |= {f"{name}{k}": array for name, array in arrays.items()}
        bias = f"B{k}" if "B" in arrays else ""
        direction = "bidirectional" if D == 2 else "forward"
        inputs = [below, f"W{k}", f"R{k}", bias, "lengths"]
        nodes += [
            helper.make_node("LSTM", inputs, [f"Y{k}"], hidden_size=H, direction=direction),
            helper.make_node("Transpose", [f"Y{k}"], [f"T{k}"], perm=[0, 2, 1, 3]),
            helper.make_node("Reshape", [f"T{k}", "join"], [f"out{k}"]),
        ]
        below = f"out{k}"
    declare, kinds = helper.make_tensor_value_info, onnx.TensorProto
    graph = helper.make_graph(
        nodes,
        "lstm",
        [declare("x", kinds.FLOAT, ["L", "N", H_IN]), declare("lengths", kinds.INT32, ["N"])],
        [declare(below, kinds.FLOAT, ["L", "N", D * H])],
        [onnx.numpy_helper.from_array(array.numpy(), name) for name, array in stored.items()],
    )
    opset = [helper.make_opsetid("", 22)]
    model = helper.make_model(graph, opset_imports=opset, ir_version=10)
    onnx.checker.check_model(model)
    return model.SerializeToString()


def run_onnx(layers: list[dict[str, Tensor]], x: Tensor, lengths: Tensor) -> Tensor:
    """The output for x, (N, L, H_in)."""
    session = onnxruntime.InferenceSession(file_of(layers), providers=["CPUExecutionProvider"])
    inputs = {"x": x.transpose(0, 1).numpy(), "lengths": lengths.int().numpy()}
    return torch.from_numpy(session.run(None, inputs)[0]).transpose(0, 1)


@per_option
def test_onnxruntime_gives_the_output_of_torch_with_its_weights(options):
    lstm = make(options)
    for length, count in ((L, N), (1, 1), (30, 2)):
        x = torch.randn(count, length, H_IN)
        found = run_onnx(to_onnx(lstm), x, torch.full((count,), length))
        assert_close(found, lstm(x)[0], atol=1e-6, rtol=0)


@per_option
def test_onnxruntime_with_lengths_gives_the_output_of_packing(options):
    lstm, x, lengths = make(options), torch.randn(N, L, H_IN), torch.tensor([9, 2, 6, 1])
    expected, _ = unpack(lstm, lstm(pack(lstm, x, lengths))[0], total_length=L)
    assert_close(run_onnx(to_onnx(lstm), x, lengths), expected, atol=1e-6, rtol=0)


@per_option
def test_torch_gives_the_output_of_onnxruntime_with_its_weights(options):
    lstm, x = make(options), torch.randn(N, L, H_IN)
    like = to_onnx(make(options))
    layers = [{name: 0.3 * torch.randn(a.shape) for name, a in arrays.items()} for arrays in like]
    from_onnx(lstm, layers)
    assert_close(lstm(x)[0], run_onnx(layers, x, torch.full((N,), L)), atol=1e-6, rtol=0)
    assert_close(to_onnx(lstm), layers, atol=0, rtol=0)
