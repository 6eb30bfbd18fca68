"""Weights to ONNX, and back."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import torch
from torch import Tensor, nn

from lstm_guide import errors
from lstm_guide.weights.gates import GATES, reorder_gates, weights_by_layer, writable_by_layer

__all__ = ["from_onnx", "to_onnx"]

_ONNX_GATES = "iofg"
# The axes of the arrays in letters; H_in is the number of features that the layer reads.
_ONNX = {"W": "(D, 4 * H_cell, H_in)", "R": "(D, 4 * H_cell, H_cell)", "B": "(D, 8 * H_cell)"}


@torch.no_grad()
def to_onnx(lstm: nn.LSTM) -> list[dict[str, Tensor]]:
    """Give the inputs W, R and B of the ONNX operator LSTM, for each layer.

    ONNX has the gates in the order i, o, f, c, the directions on the first axis, and both biases.

    Args:
        lstm: the module, without projection.

    Returns:
        For each layer W, (D, 4 * H_cell, H_in), R, (D, 4 * H_cell, H_cell), and, unless
        ``bias=False``, B, (D, 8 * H_cell). All are copies.

    Raises:
        ShapeError: a parameter was given another shape.
        TypeError: lstm is not an ``nn.LSTM``.
        ValueError: the module has a projection.

    Source: the operator LSTM in the ONNX specification, version 22 of the operator set.

    Example:
        >>> (arrays,) = to_onnx(nn.LSTM(3, 5, bidirectional=True))
        >>> {name: tuple(array.shape) for name, array in arrays.items()}
        {'W': (2, 20, 3), 'R': (2, 20, 5), 'B': (2, 40)}
    """
    layers = weights_by_layer(lstm)
    errors.check_no_projection(lstm.proj_size, "ONNX")
    return [_onnx_arrays(row) for row in layers]


def _onnx_arrays(row: list[dict[str, Tensor]]) -> dict[str, Tensor]:
    """The arrays of one layer."""
    reordered = [
        {name: reorder_gates(t, source=GATES, target=_ONNX_GATES) for name, t in weights.items()}
        for weights in row
    ]
    arrays = {
        "W": torch.stack([w["weight_ih"] for w in reordered]),  # (D, 4 * H_cell, H_in)
        "R": torch.stack([w["weight_hh"] for w in reordered]),  # (D, 4 * H_cell, H_cell)
    }
    if "bias_ih" in row[0]:
        biases = [torch.cat((w["bias_ih"], w["bias_hh"])) for w in reordered]
        arrays["B"] = torch.stack(biases)  # (D, 8 * H_cell)
    return arrays


@torch.no_grad()
def from_onnx(lstm: nn.LSTM, layers: Sequence[Mapping[str, Tensor]]) -> None:
    """Copy the inputs W, R and B of ONNX operators into a module.

    Args:
        lstm: the module, without projection; it is changed in place.
        layers: W, R and, unless ``bias=False``, B of each layer, in the shapes that
            ``to_onnx(lstm)`` has.

    Returns:
        Nothing.

    Raises:
        ShapeError: the number of layers, or the shape of an array, does not fit.
        TypeError: an argument has the wrong type or dtype.
        ValueError: a name is missing or not known, the module has a projection, the arrays are on
            another device, or a parametrization or pruning computes a parameter.

    Source: the operator LSTM in the ONNX specification, version 22 of the operator set.

    Example:
        >>> source, target = nn.LSTM(3, 5), nn.LSTM(3, 5)
        >>> from_onnx(target, to_onnx(source))
        >>> x = torch.randn(7, 4, 3)
        >>> output, _ = target(x)
        >>> tuple(output.shape), torch.equal(output, source(x)[0])
        ((7, 4, 5), True)
    """
    rows, expected = writable_by_layer(lstm), to_onnx(lstm)
    errors.check_length("layers", layers, len(expected), "Give W, R and B of each layer.")
    for k, (arrays, like) in enumerate(zip(layers, expected, strict=True)):
        errors.check_names(f"layers[{k}]", arrays, like)
        for name, tensor in like.items():
            errors.check_array(f"layers[{k}][{name!r}]", arrays[name], _ONNX[name], tensor)
    for arrays, row in zip(layers, rows, strict=True):
        for d, weights in enumerate(row):
            found = {"weight_ih": arrays["W"][d], "weight_hh": arrays["R"][d]}
            if "B" in arrays:
                found["bias_ih"], found["bias_hh"] = arrays["B"][d].chunk(2)
            for name, tensor in found.items():
                weights[name].copy_(reorder_gates(tensor, source=_ONNX_GATES, target=GATES))
