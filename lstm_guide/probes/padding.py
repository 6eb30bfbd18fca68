"""The probe of padding: what stands after the last valid step must not matter."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from math import inf, isnan

import torch
from torch import Tensor

from lstm_guide import errors
from lstm_guide.probes.bench import Model, answer_of, bench, gap, tolerance
from lstm_guide.probes.result import Finding
from lstm_guide.probes.sample import Sample

__all__ = ["padding_invariance"]

_MORE = 3  # steps of padding that are added


def padding_invariance(
    model: Model,
    x: Tensor,
    lengths: Tensor | Sequence[int],
    *,
    batch_axis: int = 0,
    answer_axis: int | None = None,
) -> Finding:
    """Change the padding, add more of it, and give each row alone: the answer must stay.

    Where the answer has a step for each step of x, the valid steps are compared. An answer without
    rows, such as a loss, is tried with other padding only. Ids keep the id that stands on the
    padding. Two answers are the same when three quarters of the digits agree, measured at the
    largest entry: a row alone and in a batch go through different kernels.

    Args:
        model: what is called with (x, lengths).
        x: a sample with its padding at the end, (N, L, ...) or (L, N, ...), numbers or ids.
        lengths: the number of valid steps of each row, (N,).
        batch_axis: the axis of x that holds the rows, 0 or 1; the other one is time.
        answer_axis: the axis of the answer that holds the rows; None for that of x.

    Returns:
        A finding; its number is the largest move of a valid part of the answer.

    Raises:
        ShapeError: the lengths do not fit x, or the answer has not N rows.
        TypeError: an argument or the answer has the wrong type or dtype.
        ValueError: x has entries that are not finite, or batch_axis is neither 0 nor 1.

    Example:
        >>> from torch import nn
        >>> from lstm_guide import pack
        >>> lstm = nn.LSTM(3, 5, batch_first=True)
        >>> x, lengths = torch.randn(4, 7, 3), [2, 7, 5, 3]
        >>> padding_invariance(lambda x, lengths: lstm(x)[0][:, -1], x, lengths).ok
        False
        >>> packed = lambda x, lengths: lstm(pack(lstm, x, lengths))[1][0][-1]
        >>> padding_invariance(packed, x, lengths).ok
        True
    """
    sample = Sample.of(x, batch_axis, errors.check_lengths(lengths))
    with bench(model) as run:
        answer = answer_of(run, *sample.arguments)
        if answer.dim():
            trials = dict(_trials(run, sample, answer, sample.rows_of(answer, answer_axis)))
        else:
            other = answer_of(run, *sample.moved(~sample.valid))
            trials = {"other values on the padding": float(gap(answer, other))}
    words, number = max(trials.items(), key=lambda item: inf if isnan(item[1]) else item[1])
    limit = tolerance(answer)
    sentence = "Padding does not reach the answer, and a row alone gets the same one."
    if number == inf:
        sentence = f"The answer loses its batch axis with {words}: look for squeeze()."
    elif not number <= limit:
        sentence = (
            f"The answer changes with {words}: look for a last step taken at -1, a reverse "
            "direction without packing, and a mean, maximum, loss or softmax without a mask."
        )
    return Finding("padding invariance", number, limit, sentence, "silent-padding")


def _trials(run: Model, sample: Sample, answer: Tensor, rows: int) -> Iterator[tuple[str, float]]:
    """Try other padding; yield in words what was changed and how far the valid answer moved."""
    longer = sample.longer(_MORE)
    more = answer_of(run, *_refilled(longer))
    time = _grown_axis(answer, more)
    kept = torch.ones((), dtype=torch.bool, device=answer.device)
    if time is not None:
        errors.check_answer_steps("answer", answer, time, L=sample.L, exact=sample.L)
        more = more.narrow(time, 0, sample.L)
        kept = _spread(sample.valid.to(answer.device), rows, time, answer.dim())
    moves = torch.where(kept, gap(answer, more), 0)
    yield "longer padding of other values", float(moves.max())
    for n in range(sample.N):
        alone = answer_of(run, *sample.row(n))
        yield f"row {n} alone in the call", _apart(alone, answer.narrow(rows, n, 1), rows)


def _refilled(sample: Sample) -> tuple[Tensor, ...]:
    """Other values on the padding; ids keep theirs, which a model may read as padding."""
    return sample.moved(~sample.valid) if sample.x.is_floating_point() else sample.arguments


def _grown_axis(answer: Tensor, more: Tensor) -> int | None:
    """The axis of the answer that grows with x, which is time; None where there is none."""
    growth = [after - before for before, after in zip(answer.shape, more.shape, strict=False)]
    return growth.index(_MORE) if _MORE in growth else None


def _spread(valid: Tensor, rows: int, time: int, rank: int) -> Tensor:
    """Lay the mask (N, L) out for the axes of the answer."""
    sizes = [1] * rank
    sizes[rows], sizes[time] = valid.shape
    return (valid if rows < time else valid.T).reshape(sizes)


def _apart(alone: Tensor, batch: Tensor, rows: int) -> float:
    """How far a row alone is from the same row in the batch, on the steps that it has alone."""
    if alone.dim() != batch.dim() or alone.size(rows) != 1:
        return inf
    for axis, size in enumerate(alone.shape):
        batch = batch.narrow(axis, 0, min(size, batch.size(axis)))
    return float(gap(batch, alone).max())
