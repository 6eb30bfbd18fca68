"""Weights to Keras, and back."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn

from lstm_guide import errors
from lstm_guide.weights.gates import weights_by_layer, writable_by_layer

__all__ = ["from_keras", "to_keras"]

# The axes of the arrays in letters; H_in is the number of features that the layer reads.
_KERAS = ("(H_in, 4 * H_cell)", "(H_cell, 4 * H_cell)", "(4 * H_cell,)")


@torch.no_grad()
def to_keras(lstm: nn.LSTM) -> list[list[Tensor]]:
    """Give the arrays that ``set_weights`` of a Keras layer takes, for each layer.

    Keras has the gates in the same order on the last axis, and one bias.

    Args:
        lstm: the module, without projection.

    Returns:
        For each layer the kernel (H_in, 4 * H_cell), the recurrent kernel (H_cell, 4 * H_cell) and,
        unless ``bias=False``, the sum of both biases, (4 * H_cell,). In two directions these follow
        for the reverse one, as in ``keras.layers.Bidirectional``. All are copies.

    Raises:
        ShapeError: a parameter was given another shape.
        TypeError: lstm is not an ``nn.LSTM``.
        ValueError: the module has a projection.

    Source: ``keras.layers.LSTM`` of Keras 3.

    Example:
        >>> (arrays,) = to_keras(nn.LSTM(3, 5))
        >>> [tuple(array.shape) for array in arrays]
        [(3, 20), (5, 20), (20,)]
    """
    layers = weights_by_layer(lstm)
    errors.check_no_projection(lstm.proj_size, "Keras")
    return [[array for weights in row for array in _keras_arrays(weights)] for row in layers]


def _keras_arrays(weights: dict[str, Tensor]) -> list[Tensor]:
    """The arrays of one direction."""
    arrays = [weights["weight_ih"].T.clone(), weights["weight_hh"].T.clone()]
    return [*arrays, weights["bias_ih"] + weights["bias_hh"]] if "bias_ih" in weights else arrays


@torch.no_grad()
def from_keras(lstm: nn.LSTM, layers: Sequence[Sequence[Tensor]]) -> None:
    """Copy the weights of Keras layers into a module.

    The one bias of Keras goes into ``bias_ih``, and ``bias_hh`` becomes 0.

    Args:
        lstm: the module, without projection; it is changed in place.
        layers: what ``get_weights`` gives for each layer, as tensors, in the shapes that
            ``to_keras(lstm)`` has; ``torch.from_numpy`` makes them.

    Returns:
        Nothing.

    Raises:
        ShapeError: the number of layers or arrays, or the shape of one, does not fit.
        TypeError: an argument has the wrong type or dtype.
        ValueError: the module has a projection, the arrays are on another device, or a
            parametrization or pruning computes a parameter.

    Source: ``keras.layers.LSTM`` of Keras 3.

    Example:
        >>> source, target = nn.LSTM(3, 5), nn.LSTM(3, 5)
        >>> from_keras(target, to_keras(source))
        >>> x = torch.randn(7, 4, 3)
        >>> output, _ = target(x)
        >>> tuple(output.shape), torch.allclose(output, source(x)[0], atol=1e-6)
        ((7, 4, 5), True)
    """
    rows, expected = writable_by_layer(lstm), to_keras(lstm)
    errors.check_length("layers", layers, len(expected), "Give the arrays of each layer.")
    for k, (arrays, like) in enumerate(zip(layers, expected, strict=True)):
        change = "Give kernel, recurrent kernel and bias of each direction, the forward one first."
        errors.check_length(f"layers[{k}]", arrays, len(like), change)
        for j, tensor in enumerate(like):
            letters = _KERAS[j % (len(like) // len(rows[k]))]
            errors.check_array(f"layers[{k}][{j}]", arrays[j], letters, tensor)
    for arrays, row in zip(layers, rows, strict=True):
        rest = iter(arrays)
        for weights in row:
            weights["weight_ih"].copy_(next(rest).T)
            weights["weight_hh"].copy_(next(rest).T)
            if "bias_ih" in weights:
                weights["bias_ih"].copy_(next(rest))
                weights["bias_hh"].zero_()
