"""Parameters by layer, direction and gate, after a check of their shapes."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from lstm_guide import errors
from lstm_guide.shapes import Config, parameter_shapes

__all__ = ["gate_blocks", "reorder_gates"]

GATES = "ifgo"  # the order of torch: input gate, forget gate, candidate, output gate


def weights_by_layer(lstm: nn.LSTM) -> list[list[dict[str, Tensor]]]:
    """Check the shapes of all parameters; give them by layer, direction, and name without these."""
    config = Config.of(errors.check_lstm(lstm))
    tensors = {name: getattr(lstm, name) for name in parameter_shapes(config)}
    errors.check_parameters(tensors, parameter_shapes(config))
    return [
        [_of(tensors, end) for end in (f"_l{k}", f"_l{k}_reverse")[: config.D]]
        for k in range(config.K)
    ]


def _of(tensors: dict[str, Tensor], end: str) -> dict[str, Tensor]:
    """The tensors whose names have this end, under their names without it."""
    return {name.removesuffix(end): t for name, t in tensors.items() if name.endswith(end)}


def writable_by_layer(lstm: nn.LSTM) -> list[list[dict[str, Tensor]]]:
    """The same, and refuse values that something else computes: writing to them would be lost."""
    layers = weights_by_layer(lstm)
    errors.check_leaves(lstm, parameter_shapes(lstm))
    return layers


def gate_blocks(lstm: nn.LSTM, name: str) -> dict[str, Tensor]:
    """Cut a parameter into the blocks of its four gates.

    Args:
        lstm: the module.
        name: ``weight_ih_l0``, ``weight_hh_l0``, ``bias_ih_l0``, ``bias_hh_l0``, or one of these of
            another layer or direction.

    Returns:
        For i, f, g and o a view of shape (H_cell, ...). Write into one under ``torch.no_grad()``.

    Raises:
        ShapeError: a parameter was given another shape.
        TypeError: lstm is not an ``nn.LSTM``.
        ValueError: the module has no such parameter, or it has no gates.

    Example:
        >>> lstm = nn.LSTM(3, 5)
        >>> {gate: tuple(block.shape) for gate, block in gate_blocks(lstm, "weight_ih_l0").items()}
        {'i': (5, 3), 'f': (5, 3), 'g': (5, 3), 'o': (5, 3)}
    """
    weights_by_layer(lstm)
    with_gates = [known for known in parameter_shapes(lstm) if not known.startswith("weight_hr")]
    errors.check_gated(name, with_gates)
    return blocks_of(getattr(lstm, name))


def blocks_of(tensor: Tensor) -> dict[str, Tensor]:
    """Views of the four gates of a tensor that has them on its first axis."""
    return dict(zip(GATES, tensor.chunk(4), strict=True))


def reorder_gates(tensor: Tensor, *, source: str, target: str, axis: int = 0) -> Tensor:
    """Put the blocks of the four gates into another order.

    torch and Keras have ``"ifgo"``, ONNX has ``"iofg"``; both others write c for g.

    Args:
        tensor: weights or biases, 4 * H_cell on the axis of the gates.
        source: the order of the blocks now.
        target: the order to bring them into.
        axis: which axis holds the gates: 0 in torch, -1 in the kernels of Keras.

    Returns:
        A new tensor of the same shape.

    Raises:
        ShapeError: there is no such axis, or it does not hold four equal blocks.
        TypeError: tensor is not a tensor.
        ValueError: source or target does not hold each of the letters i, f, g, o once.

    Example:
        >>> bias = torch.tensor([1, 1, 2, 2, 3, 3, 4, 4])
        >>> reorder_gates(bias, source="ifgo", target="iofg").tolist()
        [1, 1, 4, 4, 2, 2, 3, 3]
    """
    errors.check_gate_axis(tensor, axis)
    errors.check_gate_order("source", source, GATES)
    errors.check_gate_order("target", target, GATES)
    blocks = dict(zip(source, tensor.chunk(4, axis), strict=True))
    return torch.cat([blocks[gate] for gate in target], axis)
