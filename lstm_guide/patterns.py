"""Patterns of use: sequence to vector, sequence to sequence, vector to sequence, step by step.

Each function takes the layer itself and calls it as a module, so that hooks run. What stands around
the layer, such as an embedding or a linear layer, stays the caller's.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TypeVar

import torch
from torch import Tensor, nn
from torch.nn.utils.rnn import PackedSequence

from lstm_guide import errors
from lstm_guide.shapes import Dim, Shape, call_shapes, state_shapes
from lstm_guide.states import final_state, zero_state

__all__ = ["decode", "encode", "transduce", "unroll"]

State = tuple[Tensor, Tensor]
_Sequences = TypeVar("_Sequences", Tensor, PackedSequence)


def encode(lstm: nn.LSTM, x: Tensor | PackedSequence, state: State | None = None) -> Tensor:
    """Turn each sequence into one vector: the last hidden state of the top layer.

    In two directions it joins the state of each direction after the whole sequence. ``h_n[-1]``
    would be the reverse half only, and ``output[:, -1]`` a reverse half that has read one step.

    Args:
        lstm: the encoder.
        x: the input, (L, N, H_in), or (N, L, H_in) with batch_first, or unbatched (L, H_in), or
            packed.
        state: (h_0, c_0), (K * D, N, H_out) and (K * D, N, H_cell); None for zeros.

    Returns:
        (N, D * H_out), the forward direction first; unbatched (D * H_out,).

    Raises:
        ShapeError: x or state does not fit the module.
        TypeError: an argument has the wrong type or dtype.
        ValueError: x or state is on another device than the module.

    Example:
        >>> lstm = nn.LSTM(3, 5, num_layers=2, bidirectional=True)
        >>> tuple(encode(lstm, torch.randn(7, 4, 3)).shape)
        (4, 10)
    """
    _check_call(lstm, x, state)
    _, (h_n, _) = lstm(x, state)
    return final_state(lstm, h_n)


def transduce(lstm: nn.LSTM, x: _Sequences, state: State | None = None) -> _Sequences:
    """Turn each sequence into one of the same length: the top layer's hidden state at every step.

    In one direction, the output of a step depends on this step and those before it. In two
    directions it depends on all steps.

    Args:
        lstm: the transducer.
        x: the input, (L, N, H_in), or (N, L, H_in) with batch_first, or unbatched (L, H_in), or
            packed.
        state: (h_0, c_0), (K * D, N, H_out) and (K * D, N, H_cell); None for zeros.

    Returns:
        (L, N, D * H_out), in the layout of x; packed where x is packed.

    Raises:
        ShapeError: x or state does not fit the module.
        TypeError: an argument has the wrong type or dtype.
        ValueError: x or state is on another device than the module.

    Example:
        >>> lstm = nn.LSTM(3, 5, batch_first=True, bidirectional=True)
        >>> tuple(transduce(lstm, torch.randn(4, 7, 3)).shape)
        (4, 7, 10)
    """
    _check_call(lstm, x, state)
    output: _Sequences
    output, _ = lstm(x, state)
    return output


def unroll(lstm: nn.LSTM, x: Tensor, state: State | None = None) -> Iterator[tuple[Tensor, State]]:
    """Feed one position at a time, with the state in your hands after each.

    The outputs, stacked on the time axis, are those of ``lstm(x, state)``, and the last state is
    its (h_n, c_n). In training, dropout between layers draws other zeros than the one call does.

    Args:
        lstm: the module, of one direction. The reverse direction starts at the last step, so none
            of its steps is known before the whole sequence is there.
        x: the input, (L, N, H_in), or (N, L, H_in) with batch_first, or unbatched (L, H_in).
        state: (h_0, c_0), (K, N, H_out) and (K, N, H_cell); None for zeros.

    Returns:
        A generator that yields for each step output_t, (N, H_out), and the state after it, (h, c),
        (K, N, H_out) and (K, N, H_cell); without N for unbatched x.

    Raises:
        ShapeError: x or state does not fit the module.
        TypeError: an argument has the wrong type or dtype, or x is packed.
        ValueError: the module has two directions, or x or state is on another device.

    Example:
        >>> lstm = nn.LSTM(3, 5, num_layers=2)
        >>> for output_t, (h, c) in unroll(lstm, torch.randn(7, 4, 3)):
        ...     pass
        >>> tuple(output_t.shape), tuple(h.shape), tuple(c.shape)
        ((4, 5), (2, 4, 5), (2, 4, 5))
    """
    change = "The reverse direction starts at the last step: call lstm(x) with the whole sequence."
    errors.check_one_direction(lstm, change=change)
    errors.check_tensor("x", x, change="Unpack it with pad_packed_sequence, or call lstm(x).")
    _check_call(lstm, x, state)
    return _steps(lstm, x, zero_state(lstm, x) if state is None else state)


def _steps(lstm: nn.LSTM, x: Tensor, state: State) -> Iterator[tuple[Tensor, State]]:
    # A function of its own: the checks above run at the call, not at the first step.
    time = _time_axis(lstm, batched=x.dim() == 3)
    for x_t in torch.split(x, 1, dim=time):  # (1, N, H_in)
        output, state = lstm(x_t, state)  # (1, N, H_out), and the state for the next step
        yield output.squeeze(time), state  # (N, H_out)


def decode(
    lstm: nn.LSTM,
    embed: Callable[[Tensor], Tensor],
    readout: Callable[[Tensor], Tensor],
    state: State,
    start: Tensor,
    steps: int,
    *,
    stop: int | None = None,
    teacher: Tensor | None = None,
) -> tuple[Tensor, Tensor]:
    """Turn a state into a sequence of tokens: each step reads the token before it.

    Of the scores of a step, the token with the highest is written. A row that has written ``stop``
    writes nothing else, and the loop ends when all rows have. With ``teacher`` a step reads the
    right token instead of the one written before it. All inputs are then known beforehand, and
    for training one call with all of them gives the same scores sooner.

    Args:
        lstm: the decoder, of one direction.
        embed: turns ids (N,) into vectors (N, H_in), such as ``nn.Embedding``.
        readout: turns hidden states (N, H_out) into scores (N, V), such as ``nn.Linear``.
        state: (h, c) to start from, (K, N, H_out) and (K, N, H_cell); unbatched without N. That of
            an encoder with two directions goes through ``bridge`` first.
        start: the id that the first step reads, int64, (N,); unbatched ().
        steps: the greatest number of steps.
        stop: the id that ends a row; None to write all steps.
        teacher: the right ids, int64, (steps, N), or (N, steps) with batch_first; unbatched
            (steps,). None to read back what was written.

    Returns:
        The ids that were written, (L, N), and the scores of every step, (L, N, V), both with the
        batch first where the layer has it. L is ``steps``, or less where all rows have stopped.

    Raises:
        ShapeError: state, start, teacher or what embed and readout return has the wrong size.
        TypeError: an argument has the wrong type or dtype.
        ValueError: the module has two directions, steps is less than 1, or a tensor is on another
            device than the module.

    Example:
        >>> embed, decoder, readout = nn.Embedding(6, 3), nn.LSTM(3, 5), nn.Linear(5, 6)
        >>> state = (torch.zeros(1, 4, 5), torch.zeros(1, 4, 5))
        >>> start = torch.zeros(4, dtype=torch.int64)
        >>> tokens, scores = decode(decoder, embed, readout, state, start, steps=7)
        >>> tuple(tokens.shape), tuple(scores.shape)
        ((7, 4), (7, 4, 6))
    """
    errors.check_functions(embed=embed, readout=readout)
    N = _check_decode(lstm, state, start, steps, teacher)
    time = _time_axis(lstm, batched=start.dim() == 1)
    token, done = start, torch.zeros_like(start, dtype=torch.bool)  # (N,) each
    tokens, scores = [], []
    for t in range(steps):
        x_t = errors.check_embedded(embed(token), lstm, N=N)  # (N, H_in)
        output, state = lstm(x_t.unsqueeze(time), state)  # (1, N, H_out), and the next state
        score = errors.check_scores(readout(output.squeeze(time)), N=N, stop=stop)  # (N, V)
        token = score.argmax(dim=-1)  # (N,)
        if stop is not None:
            token = token.masked_fill(done, stop)
            done = token == stop
        tokens.append(token)
        scores.append(score)
        if stop is not None and done.all():
            break
        if teacher is not None:
            token = teacher.select(time, t)
    return torch.stack(tokens, dim=time), torch.stack(scores, dim=time)  # (L, N), (L, N, V)


def _check_decode(
    lstm: nn.LSTM, state: State, start: Tensor, steps: int, teacher: Tensor | None
) -> int | None:
    """Check what is there before the first step; return N, None if unbatched."""
    change = "It would read steps that are not written yet: build it with bidirectional=False."
    errors.check_one_direction(lstm, change=change)
    weight = errors.weight_of(lstm)
    N = errors.check_start(start, like=weight)
    errors.check_count("steps", steps, at_least=1)
    pair = errors.check_pair(state)
    errors.check_state_sizes(pair, state_shapes(lstm, N=N))
    errors.check_state_kind(pair, like=weight)
    if teacher is not None:
        dims = [Dim("time", "steps", steps)]
        if N is not None:
            dims.insert(0 if lstm.batch_first else 1, Dim("batch", "N", N))
        errors.check_teacher(teacher, Shape(tuple(dims)), like=weight)
    return N


def _check_call(lstm: nn.LSTM, x: Tensor | PackedSequence, state: State | None) -> None:
    call_shapes(lstm, x, state=state)
    if not isinstance(x, PackedSequence):
        errors.check_tensor("x", x, change="Sizes cannot be run: pass the tensor.")


def _time_axis(lstm: nn.LSTM, *, batched: bool) -> int:
    return 1 if batched and lstm.batch_first else 0
