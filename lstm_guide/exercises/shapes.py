"""Exercises about shapes: the answer returns sizes."""

from __future__ import annotations

from typing import Any

import torch
from torch import nn

from lstm_guide.exercises.grading import Exercise, plain

__all__ = ["EXERCISES"]

STATE_BATCH_FIRST = (
    "batch_first changes the input and the output only. "
    "In h_n and c_n the first axis is always the layer, and the second the batch."
)
OUTPUT_TIME_FIRST = (
    "Your output is time first. With batch_first=True its first axis is the batch, as in the input."
)
STEPS_IN_STATE = "h_n and c_n hold one step only, the last, so L does not show in them."
BATCH_OF_ONE = (
    "These are the shapes for a batch of one. "
    "Each of the N sequences has its own output and its own state, so N shows in all three."
)
STATE_OF_ONE = (
    "The states are those of one sequence. "
    "Each of the N sequences has its own h and c, so N shows in h_n and c_n too."
)
ROW_FOR_EACH_LAYER = (
    "h_n and c_n have a row for each of the K layers. Only output holds the top layer alone."
)
WIDE_AS_INPUT = (
    "The last axis of output is as wide as the hidden state: H, not H_in. "
    "H_in is the width of the input only."
)
WIDE_AS_STACK = "output is not wider for more layers: it holds the top layer only."


def sizes(count: int) -> list[int]:
    """Draw sizes that differ from each other and from every number of layers."""
    return [5 + size for size in torch.randperm(8)[:count].tolist()]


def layers(at_least: int) -> int:
    """Draw a number of layers, four at most."""
    return int(torch.randint(at_least, 5, ()).item())


def _draw_call() -> tuple[Any, ...]:
    N, L, H_in, H = sizes(4)
    return nn.LSTM(input_size=H_in, hidden_size=H, batch_first=True), N, L


def _draw_sizes() -> tuple[Any, ...]:
    return layers(at_least=2), *sizes(4)


def _shapes_of_call(lstm: nn.LSTM, N: int, L: int) -> object:
    output, (h_n, c_n) = lstm(torch.zeros(N, L, lstm.input_size))
    return plain([output.shape, h_n.shape, c_n.shape])


def _three_shapes(K: int, N: int, L: int, H_in: int, H: int) -> object:
    lstm = nn.LSTM(input_size=H_in, hidden_size=H, num_layers=K, batch_first=True)
    return _shapes_of_call(lstm, N, L)


def _three(output: tuple[int, ...], state: tuple[int, ...]) -> tuple[tuple[int, ...], ...]:
    return output, state, state


def _of_call(lstm: nn.LSTM, output: tuple[int, int], state: tuple[int, int]) -> object:
    return _three((*output, lstm.hidden_size), (*state, lstm.hidden_size))


EXERCISES = {
    "batch-of-seven": Exercise(
        _draw_call,
        _shapes_of_call,
        {
            STATE_BATCH_FIRST: lambda lstm, N, L: _of_call(lstm, (N, L), (N, 1)),
            OUTPUT_TIME_FIRST: lambda lstm, N, L: _of_call(lstm, (L, N), (1, N)),
            STEPS_IN_STATE: lambda lstm, N, L: _of_call(lstm, (N, L), (L, N)),
            BATCH_OF_ONE: lambda lstm, N, L: _of_call(lstm, (1, L), (1, 1)),
            STATE_OF_ONE: lambda lstm, N, L: _of_call(lstm, (N, L), (1, 1)),
            WIDE_AS_INPUT: lambda lstm, N, L: _three(
                (N, L, lstm.input_size), (1, N, lstm.hidden_size)
            ),
        },
    ),
    "three-shapes": Exercise(
        _draw_sizes,
        _three_shapes,
        {
            STATE_BATCH_FIRST: lambda K, N, L, H_in, H: _three((N, L, H), (N, K, H)),
            OUTPUT_TIME_FIRST: lambda K, N, L, H_in, H: _three((L, N, H), (K, N, H)),
            STEPS_IN_STATE: lambda K, N, L, H_in, H: _three((N, L, H), (L, N, H)),
            ROW_FOR_EACH_LAYER: lambda K, N, L, H_in, H: _three((N, L, H), (1, N, H)),
            WIDE_AS_INPUT: lambda K, N, L, H_in, H: _three((N, L, H_in), (K, N, H)),
            WIDE_AS_STACK: lambda K, N, L, H_in, H: _three((N, L, K * H), (K, N, H)),
        },
    ),
}
