"""Weights by gate: read, initialise and reorder them, and carry them to Keras and ONNX and back.

torch stacks the four gates i, f, g, o on the first axis of a parameter, H_cell rows each. Every
function checks the shapes of all parameters first, because the module itself runs wrongly shaped
weights on a CPU and returns garbage. What writes does so in place, as ``torch.nn.init`` does.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import torch
from torch import Tensor, nn

from lstm_guide import errors
from lstm_guide.shapes import Config, parameter_shapes

__all__ = [
    "from_keras",
    "from_onnx",
    "gate_blocks",
    "init_orthogonal",
    "init_xavier",
    "reorder_gates",
    "set_forget_bias",
    "to_keras",
    "to_onnx",
]

GATES = "ifgo"  # the order of torch: input gate, forget gate, candidate, output gate
_ONNX_GATES = "iofg"
# The axes of the arrays in letters; H_in is the number of features that the layer reads.
_KERAS = ("(H_in, 4 * H_cell)", "(H_cell, 4 * H_cell)", "(4 * H_cell,)")
_ONNX = {"W": "(D, 4 * H_cell, H_in)", "R": "(D, 4 * H_cell, H_cell)", "B": "(D, 8 * H_cell)"}


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


def _writable(lstm: nn.LSTM) -> list[list[dict[str, Tensor]]]:
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
    return _blocks(getattr(lstm, name))


def _blocks(tensor: Tensor) -> dict[str, Tensor]:
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


# --- initial values --------------------------------------------------------------------------


@torch.no_grad()
def set_forget_bias(lstm: nn.LSTM, value: float) -> None:
    """Set the bias of all forget gates, in every layer and direction.

    A gate adds two biases. The one in ``bias_ih`` becomes the value and the one in ``bias_hh``
    becomes 0, so that their sum is the value: setting both to 1 would give 2.

    Args:
        lstm: the module; it is changed in place.
        value: the sum of the two biases; 1 and 2 are usual.

    Returns:
        Nothing.

    Raises:
        ShapeError: a parameter was given another shape.
        TypeError: lstm is not an ``nn.LSTM``, or value is not a number.
        ValueError: the module has no bias, the value is not finite, or a parametrization or
            pruning computes a parameter.

    Source: Jozefowicz, Zaremba and Sutskever, An Empirical Exploration of Recurrent Network
    Architectures, 2015.

    Example:
        >>> lstm = nn.LSTM(3, 5)
        >>> set_forget_bias(lstm, 1.0)
        >>> f, f_hh = (gate_blocks(lstm, name)["f"] for name in ("bias_ih_l0", "bias_hh_l0"))
        >>> tuple(f.shape), (f + f_hh).tolist()
        ((5,), [1.0, 1.0, 1.0, 1.0, 1.0])
    """
    layers = _writable(lstm)
    errors.check_has_bias(lstm.bias)
    errors.check_finite("value", value)
    for weights in _each(layers):
        _blocks(weights["bias_ih"])["f"].fill_(value)
        _blocks(weights["bias_hh"])["f"].zero_()


def init_orthogonal(lstm: nn.LSTM) -> None:
    """Draw recurrent weights whose block is orthogonal for each gate.

    ``nn.init.orthogonal_`` on the whole of ``weight_hh`` is not the same: there the four blocks
    share the length of a column, and each keeps half of it on average.

    Args:
        lstm: the module; ``weight_hh`` of every layer and direction is changed in place.

    Returns:
        Nothing.

    Raises:
        ShapeError: a parameter was given another shape.
        TypeError: lstm is not an ``nn.LSTM``.
        ValueError: a parametrization or pruning computes a parameter.

    Source: Saxe, McClelland and Ganguli, Exact solutions to the nonlinear dynamics of learning in
    deep linear neural networks, 2014.

    Example:
        >>> lstm = nn.LSTM(3, 5)
        >>> init_orthogonal(lstm)
        >>> block = gate_blocks(lstm, "weight_hh_l0")["f"].detach()
        >>> tuple(block.shape), torch.allclose(block @ block.T, torch.eye(5), atol=1e-6)
        ((5, 5), True)
    """
    for weights in _each(_writable(lstm)):
        for block in _blocks(weights["weight_hh"]).values():
            nn.init.orthogonal_(block)


def init_xavier(lstm: nn.LSTM) -> None:
    """Draw input weights from the uniform distribution of Glorot and Bengio for each gate.

    ``nn.init.xavier_uniform_`` on the whole of ``weight_ih`` is not the same: it takes the
    4 * H_cell rows for one output, and the values become too small.

    Args:
        lstm: the module; ``weight_ih`` of every layer and direction is changed in place.

    Returns:
        Nothing.

    Raises:
        ShapeError: a parameter was given another shape.
        TypeError: lstm is not an ``nn.LSTM``.
        ValueError: a parametrization or pruning computes a parameter.

    Source: Glorot and Bengio, Understanding the difficulty of training deep feedforward neural
    networks, 2010.

    Example:
        >>> lstm = nn.LSTM(3, 5)
        >>> init_xavier(lstm)
        >>> block = gate_blocks(lstm, "weight_ih_l0")["f"].detach()
        >>> tuple(block.shape), bool(block.abs().max() <= (6 / (3 + 5)) ** 0.5)
        ((5, 3), True)
    """
    for weights in _each(_writable(lstm)):
        for block in _blocks(weights["weight_ih"]).values():
            nn.init.xavier_uniform_(block)


def _each(layers: list[list[dict[str, Tensor]]]) -> Iterator[dict[str, Tensor]]:
    """Every direction of every layer."""
    return (weights for directions in layers for weights in directions)


# --- Keras -----------------------------------------------------------------------------------


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
    rows, expected = _writable(lstm), to_keras(lstm)
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


# --- ONNX ------------------------------------------------------------------------------------


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
    rows, expected = _writable(lstm), to_onnx(lstm)
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
