"""Probes of the batch axis: rows do not move each other, and their order does not matter."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from lstm_guide.probes.bench import Model, answer_of, bench, gap, largest_along, tolerance
from lstm_guide.probes.result import Finding
from lstm_guide.probes.sample import Sample

__all__ = ["batch_leak", "row_permutation"]


def batch_leak(
    model: Model,
    x: Tensor,
    *,
    lengths: Tensor | Sequence[int] | None = None,
    batch_axis: int = 0,
    answer_axis: int | None = None,
) -> Finding:
    """Change one row of the batch at a time: no other row of the answer may move.

    All pairs are tested, since a leak may run from lower to higher rows only. A row counts as moved
    when less than three quarters of the digits of its dtype stay, measured at the largest entry of
    the answer: two kernels that compute the same agree to more, and a leak leaves less.

    Args:
        model: what is called with x, or with (x, lengths) where lengths are given: a module or a
            function. Of a tuple, as nn.LSTM returns it, the first item is the answer.
        x: a sample of at least two rows, (N, L, ...) or (L, N, ...), numbers or ids. Take one whose
            sizes are all different.
        lengths: the number of valid steps of each row, (N,); None for a model that takes x alone.
        batch_axis: the axis of x that holds the rows, 0 or 1; the other one is time.
        answer_axis: the axis of the answer that holds the rows; None for that of x.

    Returns:
        A finding; its number is the largest move of another row, its matrix (N, N) says who moves
        whom: row i of x moves row j of the answer by ``matrix[i, j]``.

    Raises:
        ShapeError: x has fewer than two rows, the lengths do not fit, or the answer has not N rows.
        TypeError: an argument or the answer has the wrong type or dtype.
        ValueError: x has entries that are not finite, or batch_axis is neither 0 nor 1.

    Example:
        >>> from torch import nn
        >>> x = torch.randn(4, 7, 3)  # (N, L, H_in)
        >>> batch_leak(nn.LSTM(3, 5, batch_first=True), x)
        batch leak: ok (0, expected at most ...). No row of the batch moves another.
        >>> batch_leak(nn.LSTM(3, 5), x).ok
        False
    """
    sample = Sample.of(x, batch_axis, lengths, N=2)
    with bench(model) as run:
        answer = answer_of(run, *sample.arguments)
        axis = sample.rows_of(answer, answer_axis)
        moves = []
        for n in range(sample.N):
            row = torch.arange(sample.N)[:, None] == n  # (N, 1), all steps of one row
            change = gap(answer, answer_of(run, *sample.moved(row)))
            moves.append(largest_along(change, axis))  # (N,)
    matrix, limit = torch.stack(moves), tolerance(answer)  # (N, N)
    others = matrix.clone().fill_diagonal_(0)
    number, place = float(others.max()), int(others.argmax())
    i, j = divmod(place, sample.N)
    leaks = int((~(others <= limit)).sum())
    sentence = "No row of the batch moves another."
    if not number <= limit:
        sentence = (
            f"Row {i} of the batch moves row {j}, and {leaks} of {others.numel() - sample.N} pairs "
            "leak: look for "
            "batch_first against the layout of x, for view or reshape where transpose is meant, "
            "and for a mean or softmax over the batch axis."
        )
    return Finding("batch leak", number, limit, sentence, "silent-axes", matrix=matrix)


def row_permutation(
    model: Model,
    x: Tensor,
    *,
    lengths: Tensor | Sequence[int] | None = None,
    batch_axis: int = 0,
    answer_axis: int | None = None,
) -> Finding:
    """Give the rows in another order: the answer must come in that order too.

    Every row changes its place, by one. The rows are the same when three quarters of the digits
    agree, measured at the largest entry of the answer.

    Args:
        model: what is called with x, or with (x, lengths) where lengths are given.
        x: a sample of at least two rows, (N, L, ...) or (L, N, ...), numbers or ids.
        lengths: the number of valid steps of each row, (N,), reordered with the rows; None for a
            model that takes x alone.
        batch_axis: the axis of x that holds the rows, 0 or 1.
        answer_axis: the axis of the answer that holds the rows; None for that of x.

    Returns:
        A finding; its number is the largest difference between a row and itself in another place.

    Raises:
        ShapeError: x has fewer than two rows, the lengths do not fit, or the answer has not N rows.
        TypeError: an argument or the answer has the wrong type or dtype.
        ValueError: x has entries that are not finite, or batch_axis is neither 0 nor 1.

    Example:
        >>> from torch import nn
        >>> one_step = torch.randn(4, 3)  # (N, H_in), which nn.LSTM reads as one sequence
        >>> row_permutation(nn.LSTM(3, 5), one_step).ok
        False
        >>> row_permutation(nn.LSTM(3, 5), one_step[None], batch_axis=1).ok
        True
    """
    sample = Sample.of(x, batch_axis, lengths, N=2)
    order = torch.arange(sample.N).roll(1)  # no row keeps its place
    with bench(model) as run:
        answer = answer_of(run, *sample.arguments)
        axis = sample.rows_of(answer, answer_axis)
        permuted = answer_of(run, *sample.permuted(order))
    moves = gap(answer.index_select(axis, order.to(answer.device)), permuted)
    number, limit = float(moves.max()), tolerance(answer)
    sentence = "The answer follows the order of the rows."
    if not number <= limit:
        sentence = (
            "A row gets another answer in another place of the batch: look for a batch read as one "
            "sequence, a state kept from the rows of an earlier call, and packed data put back "
            "without its indices."
        )
    return Finding("row permutation", number, limit, sentence, "silent-axes")
