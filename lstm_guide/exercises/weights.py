"""Exercises about parameters: the answer counts them, or sets some of them."""

from __future__ import annotations

from typing import Any

import torch
from torch import nn

from lstm_guide.exercises.grading import Exercise, Misunderstanding
from lstm_guide.exercises.shapes import layers, sizes

__all__ = ["EXERCISES"]

ONE_BIAS = "Each gate has two biases in torch, one in bias_ih and one in bias_hh. You count one."
NO_BIAS = "The biases are missing: two for each row of the weights."
ONE_GATE = (
    "These are the parameters of one gate. Each matrix and each bias stacks four: i, f, g and o."
)
INPUT_EVERYWHERE = (
    "You count every layer like the bottom one. "
    "The layers above do not read H_in features: they read the output of the layer below."
)
NARROW_ABOVE = (
    "A layer above the bottom reads both directions of the layer below: D * H features, not H."
)
ONE_DIRECTION = "Each direction has its own weights, in every layer. You count one direction."

BOTH_BIASES = (
    "The two biases are added, so the forget gate gets twice the value. "
    "Set one of them and put 0 into the other."
)
OTHER_LEFT = (
    "The other bias keeps its random numbers, and the two are added. Put 0 into its forget block."
)
INPUT_GATE = "That is the block of the input gate. The order of the blocks is i, f, g, o."
CELL_GATE = "That is the block of g, the cell's new content. The order of the blocks is i, f, g, o."
ALL_GATES = (
    "You set the biases of all four gates. The forget gate is the second block of H entries."
)
OTHERS_CLEARED = (
    "The other gates lose their bias_hh. Put 0 into the forget block only, and leave the rest."
)
BOTTOM_ONLY = "Only the bottom layer is set. Each layer has biases of its own: _l0, _l1 and so on."
FORWARD_ONLY = (
    "Only the forward direction is set. The names of the reverse direction end in _reverse."
)
UNCHANGED = (
    "The layer is as it was. f = value only gives the name f to something else. "
    "f.fill_(value) writes into the tensor."
)


def directions() -> int:
    """Draw one or two."""
    return int(torch.randint(1, 3, ()).item())


def _draw_sizes() -> tuple[Any, ...]:
    return layers(at_least=1), directions(), *sizes(2)


def _parameters(K: int, D: int, H_in: int, H: int) -> int:
    lstm = nn.LSTM(input_size=H_in, hidden_size=H, num_layers=K, bidirectional=D == 2)
    return sum(parameter.numel() for parameter in lstm.parameters())


def _count(
    K: int, D: int, first: int, H: int, *, above: int, gates: int = 4, biases: int = 2
) -> int:
    """Count by hand, with the numbers that a mistake gets wrong as arguments."""
    widths = [first] + [above] * (K - 1)
    return D * sum(gates * H * (width + H + biases) for width in widths)


def _draw_layer() -> tuple[Any, ...]:
    H_in, H = sizes(2)
    lstm = nn.LSTM(
        input_size=H_in,
        hidden_size=H,
        num_layers=layers(at_least=1),
        bidirectional=directions() == 2,
    )
    return lstm, float(torch.randint(2, 13, ()).item()) / 4


@torch.no_grad()
def _set_bias(lstm: nn.LSTM, value: float) -> nn.LSTM:
    """Set the forget block of one bias, and clear that of the other."""
    return _fill(_fill(lstm, "bias_ih", value), "bias_hh", 0.0)


@torch.no_grad()
def _fill(
    lstm: nn.LSTM, name: str, value: float, *, gates: str = "f", without: str = "no"
) -> nn.LSTM:
    """Fill blocks of the biases with this name, except where the name has the other part."""
    for each, parameter in lstm.named_parameters():
        if name in each and without not in each:
            for gate in gates:
                parameter.view(4, -1)["ifgo".index(gate)].fill_(value)
    return lstm


def _weights(returned: object, *arguments: object) -> object:
    """Compare a layer by its matrices and by the sums of its biases, which are what acts."""
    if returned is None:
        return None
    if not isinstance(returned, nn.LSTM):
        raise Misunderstanding("Set the layer in place, and return the layer itself.")
    found = {name: parameter.detach() for name, parameter in returned.named_parameters()}
    biases = [name.removeprefix("bias_ih") for name in found if name.startswith("bias_ih")]
    sums = {
        f"bias_ih{end} + bias_hh{end}": found.pop(f"bias_ih{end}") + found.pop(f"bias_hh{end}")
        for end in biases
    }
    return found | sums


def _instead(lstm: nn.LSTM, value: float, gate: str) -> nn.LSTM:
    """Set another gate as the forget gate should be."""
    return _fill(_fill(lstm, "bias_ih", value, gates=gate), "bias_hh", 0.0, gates=gate)


def _only(lstm: nn.LSTM, value: float, without: str) -> nn.LSTM:
    """Set what has a certain part in its name not at all."""
    _fill(lstm, "bias_ih", value, without=without)
    return _fill(lstm, "bias_hh", 0.0, without=without)


def _bottom(lstm: nn.LSTM, value: float) -> nn.LSTM:
    return _fill(_fill(lstm, "bias_ih_l0", value), "bias_hh_l0", 0.0)


def _others_cleared(lstm: nn.LSTM, value: float) -> nn.LSTM:
    return _fill(_fill(lstm, "bias_ih", value), "bias_hh", 0.0, gates="ifgo")


EXERCISES = {
    "parameter-count": Exercise(
        _draw_sizes,
        _parameters,
        {
            ONE_BIAS: lambda K, D, H_in, H: _count(K, D, H_in, H, above=D * H, biases=1),
            NO_BIAS: lambda K, D, H_in, H: _count(K, D, H_in, H, above=D * H, biases=0),
            ONE_GATE: lambda K, D, H_in, H: _count(K, D, H_in, H, above=D * H, gates=1),
            INPUT_EVERYWHERE: lambda K, D, H_in, H: _count(K, D, H_in, H, above=H_in),
            NARROW_ABOVE: lambda K, D, H_in, H: _count(K, D, H_in, H, above=H),
            ONE_DIRECTION: lambda K, D, H_in, H: _count(K, 1, H_in, H, above=H),
        },
    ),
    "forget-gate": Exercise(
        _draw_layer,
        _set_bias,
        {
            UNCHANGED: lambda lstm, value: lstm,
            BOTH_BIASES: lambda lstm, value: _fill(lstm, "bias", value),
            OTHER_LEFT: lambda lstm, value: _fill(lstm, "bias_ih", value),
            INPUT_GATE: lambda lstm, value: _instead(lstm, value, "i"),
            CELL_GATE: lambda lstm, value: _instead(lstm, value, "g"),
            ALL_GATES: lambda lstm, value: _instead(lstm, value, "ifgo"),
            OTHERS_CLEARED: _others_cleared,
            BOTTOM_ONLY: _bottom,
            FORWARD_ONLY: lambda lstm, value: _only(lstm, value, "reverse"),
        },
        seen=_weights,
    ),
}
