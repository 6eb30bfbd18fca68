"""Exercises about final states: the answer returns a tensor."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence

from lstm_guide.exercises.grading import Exercise
from lstm_guide.exercises.shapes import layers, sizes

__all__ = ["EXERCISES"]

BOTTOM_LAYER = "That is the bottom layer. The rows of h_n go from the bottom layer to the top."
EVERY_LAYER = "That is the state of every layer. Choose one row."
CELL_STATE = "That is the cell state c. The hidden state h is the first of the pair (h_n, c_n)."
LAST_SEQUENCE_OF_STATE = (
    "That is the last sequence of the batch, in every layer. "
    "The first axis of h_n is the layer, and the second the batch."
)
LAST_SEQUENCE_OF_OUTPUT = (
    "That is the last sequence of the batch, at every step. "
    "The layer is batch first, so the first axis of output is the batch."
)
REVERSE_ONLY = (
    "That is the reverse direction alone. "
    "The top layer has two rows in h_n, one for each direction."
)
REVERSE_HAS_ONE_STEP = (
    "Where the sequence ends, the reverse direction has read one step only: "
    "it starts there, and ends at step 0."
)
FORWARD_HAS_ONE_STEP = (
    "At step 0 the forward direction has read one step only: "
    "it starts there, and ends at the last step."
)
EXCHANGED = "The halves are exchanged: forward comes first, as in output."
MIXED = (
    "view(N, -1) cuts the numbers as they lie in memory, one row of h_n after the other, "
    "so it mixes sequences. Join the two rows of the top layer along the features."
)
NOT_PACKED = (
    "You did not pack. The forward direction goes on through the padding, "
    "and the reverse direction starts in it."
)
LAST_COLUMN = (
    "The last column of the unpacked output is zero "
    "for every sequence that is shorter than the longest."
)
LEFT_SORTED = (
    "You sorted the batch by length and left it sorted. "
    "Put the rows back, so that row n belongs to sequence n."
)


def _draw_stack() -> tuple[Any, ...]:
    N, L, H_in, H = sizes(4)
    lstm = nn.LSTM(input_size=H_in, hidden_size=H, num_layers=layers(at_least=2), batch_first=True)
    return lstm, torch.randn(N, L, H_in)


def _draw_two_directions() -> tuple[Any, ...]:
    N, L, H_in, H = sizes(4)
    lstm = nn.LSTM(
        input_size=H_in,
        hidden_size=H,
        num_layers=layers(at_least=1),
        batch_first=True,
        bidirectional=True,
    )
    return lstm, torch.randn(N, L, H_in)


def _draw_padded() -> tuple[Any, ...]:
    """Draw sequences of different length: the first is the shortest, the last the longest."""
    lstm, x = _draw_two_directions()
    N, L, _ = x.shape
    lengths = torch.randint(2, L, (N,))  # (N,)
    lengths[0], lengths[-1] = 1, L
    valid = torch.arange(L) < lengths[:, None]  # (N, L)
    return lstm, x * valid[..., None], lengths


def _run(lstm: nn.LSTM, x: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    output, (h_n, c_n) = lstm(x)
    return output, h_n, c_n


def _run_packed(lstm: nn.LSTM, x: Tensor, lengths: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    packed = pack_padded_sequence(x, lengths, batch_first=True, enforce_sorted=False)
    result, (h_n, c_n) = lstm(packed)
    output, _ = pad_packed_sequence(result, batch_first=True)
    return output, h_n, c_n


def _join(state: Tensor, forward: int, reverse: int) -> Tensor:
    return torch.cat((state[forward], state[reverse]), dim=1)  # (N, 2 * H)


def _top_layer(lstm: nn.LSTM, x: Tensor) -> Tensor:
    return _run(lstm, x)[1][-1]  # (N, H)


def _both_directions(lstm: nn.LSTM, x: Tensor) -> Tensor:
    return _join(_run(lstm, x)[1], -2, -1)  # (N, 2 * H)


def _each_alone(lstm: nn.LSTM, x: Tensor, lengths: Tensor) -> Tensor:
    """Run each sequence by itself, without padding: what the right result means."""
    alone = [x[n : n + 1, :length] for n, length in enumerate(lengths.tolist())]
    return torch.cat([_both_directions(lstm, one) for one in alone])  # (N, 2 * H)


def _in_sorted_order(lstm: nn.LSTM, x: Tensor, lengths: Tensor) -> Tensor:
    order = lengths.argsort(descending=True)  # (N,)
    return _each_alone(lstm, x[order], lengths[order])  # (N, 2 * H)


def _at_last_valid_step(lstm: nn.LSTM, x: Tensor, lengths: Tensor) -> Tensor:
    output, _, _ = _run_packed(lstm, x, lengths)
    return output[torch.arange(len(lengths)), lengths - 1]  # (N, 2 * H)


EXERCISES = {
    "top-layer": Exercise(
        _draw_stack,
        _top_layer,
        {
            BOTTOM_LAYER: lambda lstm, x: _run(lstm, x)[1][0],
            EVERY_LAYER: lambda lstm, x: _run(lstm, x)[1],
            CELL_STATE: lambda lstm, x: _run(lstm, x)[2][-1],
            LAST_SEQUENCE_OF_STATE: lambda lstm, x: _run(lstm, x)[1][:, -1],
            LAST_SEQUENCE_OF_OUTPUT: lambda lstm, x: _run(lstm, x)[0][-1],
        },
    ),
    "both-directions": Exercise(
        _draw_two_directions,
        _both_directions,
        {
            REVERSE_HAS_ONE_STEP: lambda lstm, x: _run(lstm, x)[0][:, -1],
            FORWARD_HAS_ONE_STEP: lambda lstm, x: _run(lstm, x)[0][:, 0],
            REVERSE_ONLY: lambda lstm, x: _run(lstm, x)[1][-1],
            MIXED: lambda lstm, x: _run(lstm, x)[1].view(x.size(0), -1),
            BOTTOM_LAYER: lambda lstm, x: _join(_run(lstm, x)[1], 0, 1),
            EXCHANGED: lambda lstm, x: _join(_run(lstm, x)[1], -1, -2),
            CELL_STATE: lambda lstm, x: _join(_run(lstm, x)[2], -2, -1),
        },
    ),
    "packed-final-state": Exercise(
        _draw_padded,
        _each_alone,
        {
            NOT_PACKED: lambda lstm, x, lengths: _both_directions(lstm, x),
            LAST_COLUMN: lambda lstm, x, lengths: _run_packed(lstm, x, lengths)[0][:, -1],
            LEFT_SORTED: _in_sorted_order,
            REVERSE_HAS_ONE_STEP: _at_last_valid_step,
            REVERSE_ONLY: lambda lstm, x, lengths: _run_packed(lstm, x, lengths)[1][-1],
            BOTTOM_LAYER: lambda lstm, x, lengths: _join(_run_packed(lstm, x, lengths)[1], 0, 1),
            CELL_STATE: lambda lstm, x, lengths: _join(_run_packed(lstm, x, lengths)[2], -2, -1),
        },
    ),
}
