"""Initial values, gate by gate."""

from __future__ import annotations

from collections.abc import Iterator

import torch
from torch import Tensor, nn

from lstm_guide import errors
from lstm_guide.weights.gates import blocks_of, writable_by_layer

__all__ = ["init_orthogonal", "init_xavier", "set_forget_bias"]


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
        >>> from lstm_guide import gate_blocks
        >>> lstm = nn.LSTM(3, 5)
        >>> set_forget_bias(lstm, 1.0)
        >>> f, f_hh = (gate_blocks(lstm, name)["f"] for name in ("bias_ih_l0", "bias_hh_l0"))
        >>> tuple(f.shape), (f + f_hh).tolist()
        ((5,), [1.0, 1.0, 1.0, 1.0, 1.0])
    """
    layers = writable_by_layer(lstm)
    errors.check_has_bias(lstm.bias)
    errors.check_finite("value", value)
    for weights in _each(layers):
        blocks_of(weights["bias_ih"])["f"].fill_(value)
        blocks_of(weights["bias_hh"])["f"].zero_()


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
        >>> from lstm_guide import gate_blocks
        >>> lstm = nn.LSTM(3, 5)
        >>> init_orthogonal(lstm)
        >>> block = gate_blocks(lstm, "weight_hh_l0")["f"].detach()
        >>> tuple(block.shape), torch.allclose(block @ block.T, torch.eye(5), atol=1e-6)
        ((5, 5), True)
    """
    for weights in _each(writable_by_layer(lstm)):
        for block in blocks_of(weights["weight_hh"]).values():
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
        >>> from lstm_guide import gate_blocks
        >>> lstm = nn.LSTM(3, 5)
        >>> init_xavier(lstm)
        >>> block = gate_blocks(lstm, "weight_ih_l0")["f"].detach()
        >>> tuple(block.shape), bool(block.abs().max() <= (6 / (3 + 5)) ** 0.5)
        ((5, 3), True)
    """
    for weights in _each(writable_by_layer(lstm)):
        for block in blocks_of(weights["weight_ih"]).values():
            nn.init.xavier_uniform_(block)


def _each(layers: list[list[dict[str, Tensor]]]) -> Iterator[dict[str, Tensor]]:
    """Every direction of every layer."""
    return (weights for directions in layers for weights in directions)
