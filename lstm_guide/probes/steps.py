"""Probes of the time axis: a step has a past, and no future."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import torch
from torch import Tensor

from lstm_guide import errors
from lstm_guide.probes.bench import Model, answer_of, bench, gap, largest_along, tolerance
from lstm_guide.probes.result import Finding
from lstm_guide.probes.sample import Sample

__all__ = ["causality", "memory"]


def memory(
    model: Model,
    x: Tensor,
    *,
    batch_axis: int,
    lengths: Tensor | Sequence[int] | None = None,
    answer_axis: int | None = None,
) -> Finding:
    """Change earlier steps of a row: its later answers must move.

    Where the answer has a step for each step of x, every second step is changed and the steps right
    after them are watched. Otherwise all steps but the last are changed. A move counts when it
    reaches the first three quarters of the digits of the dtype, measured at the largest entry:
    below that it may be rounding.

    Args:
        model: what is called with x, or with (x, lengths) where lengths are given.
        x: a sample, (N, L, ...) or (L, N, ...), numbers or ids.
        batch_axis: the axis of x that holds the rows, 0 or 1; the other one is time.
        lengths: the number of valid steps of each row, (N,); None for a model that takes x alone.
        answer_axis: the axis of the answer that holds the rows; None for that of x.

    Returns:
        A finding; its number is the move of the row that moves least.

    Raises:
        ShapeError: the lengths do not fit x, or the answer has not N rows.
        TypeError: an argument or the answer has the wrong type or dtype.
        ValueError: x has entries that are not finite, or batch_axis is neither 0 nor 1.

    Example:
        >>> from torch import nn
        >>> x = torch.randn(4, 7, 3)  # (N, L, H_in)
        >>> memory(nn.LSTM(3, 5, batch_first=True), x, batch_axis=0).ok
        True
        >>> memory(nn.LSTM(3, 5), x, batch_axis=0).ok
        False
    """
    sample = Sample.of(x, batch_axis, lengths)
    with bench(model) as run:
        answer = answer_of(run, *sample.arguments)
        axis = sample.rows_of(answer, answer_axis)
        moves = torch.stack([_watch(run, sample, answer, axis, n) for n in range(sample.N)])
    # A row of one step has nothing to remember.
    with_past = sample.valid.sum(1) > 1  # (N,)
    moves = moves[with_past] if with_past.any() else torch.zeros(1)
    number, limit = float(moves.min()), tolerance(answer)
    sentence = "What a row answers depends on its earlier steps."
    if not number > limit:
        sentence = (
            "A row answers the same whatever its earlier steps are: look for batch_first against "
            "the layout of x, so that the layer runs along the rows instead of the time."
        )
        if sample.L == 1:
            sentence = (
                "x has one step, so no step has a past: look for a window on the feature axis, "
                "and give each value a step of its own."
            )
    return Finding("memory", number, limit, sentence, "silent-axes", above=True)


def _watch(run: Model, sample: Sample, answer: Tensor, axis: int, n: int) -> Tensor:
    """How far the answer of row n moves when its steps before the watched ones are changed."""
    time = 1 - axis
    valid = (torch.arange(sample.N) == n)[:, None] & sample.valid  # (N, L), one row
    if axis > 1 or answer.dim() < 2 or answer.size(time) != sample.L:
        before = valid & (torch.arange(sample.L) < valid.sum() - 1)
        moves = gap(answer, answer_of(run, *sample.moved(before)))
        return moves.select(axis, n).max()
    found: list[Tensor] = []
    for parity in (0, 1):
        changed = valid & (torch.arange(sample.L) % 2 == parity)
        moves = gap(answer, answer_of(run, *sample.moved(changed))).select(axis, n)
        after = (valid & changed.roll(1, 1))[n, 1:]  # right behind a step that was changed
        found += largest_along(moves, time - (time > axis))[1:][after]
    return torch.stack(found).max() if found else answer.new_zeros(())


def causality(
    model: Model,
    x: Tensor,
    *,
    targets: Callable[[Tensor], Tensor] | None = None,
    lengths: Tensor | Sequence[int] | None = None,
    batch_axis: int = 0,
) -> Finding:
    """Change what a prediction must predict, or anything later: the prediction must stay.

    It is measured against the targets, since a model that is given its own target as input passes
    any test on the order of its inputs. A prediction stays when three quarters of the digits of the
    dtype do, measured at the largest entry.

    Args:
        model: what is called with x, or with (x, lengths) where lengths are given, and returns
            predictions with up to L steps on the time axis of x.
        x: a sample of at least two steps, (N, L, ...) or (L, N, ...), numbers or ids.
        targets: cuts the targets out of x as your training code does, one for each prediction;
            None where prediction t is for step t + 1.
        lengths: the number of valid steps of each row, (N,); None for a model that takes x alone.
        batch_axis: the axis of x that holds the rows, 0 or 1; the other one is time.

    Returns:
        A finding; its number is the largest move of a prediction. Its matrix (L, predictions) says
        how far step i of x moves prediction j.

    Raises:
        ShapeError: x has fewer than two steps, or predictions and targets differ in steps.
        TypeError: an argument or the answer has the wrong type or dtype.
        ValueError: x has entries that are not finite, or the targets are not cut from x.

    Example:
        >>> from torch import nn
        >>> lstm, x = nn.LSTM(3, 3, batch_first=True), torch.randn(4, 7, 3)
        >>> causality(lstm, x).ok  # output t has read step t, and is for step t + 1
        True
        >>> causality(lstm, x, targets=lambda x: x).ok  # compared with step t, which it has read
        False
    """
    sample, time = Sample.of(x, batch_axis, lengths, L=2), 1 - batch_axis
    L = sample.L
    with bench(model) as run:
        answer = answer_of(run, *sample.arguments)
        P = errors.check_answer_steps("answer", answer, time, L=L, exact=None)
        moves = []
        for t in range(L):
            change = gap(answer, answer_of(run, *sample.moved(_step(L, t))))
            moves.append(largest_along(change, time))  # (P,)
    first = torch.arange(P) + 1 if targets is None else _first_steps(targets, sample, P)  # (P,)
    matrix, limit = torch.stack(moves), tolerance(answer)  # (L, P)
    late = torch.arange(L)[:, None] >= first  # the target of the prediction, or later
    seen = torch.where(late.to(matrix.device), matrix, 0)
    number = float(seen.max())
    sentence = "No prediction has read its target or a later step."
    if not number <= limit:
        step, prediction = divmod(int(seen.argmax()), P)
        sentence = (
            f"Prediction {prediction} has read step {step} of x, and its target begins at step "
            f"{int(first[prediction])}: look for inputs and targets without a shift, for "
            "bidirectional=True, and for a window that holds its own target."
        )
    return Finding("causality", number, limit, sentence, "silent-training", matrix=matrix)


def _first_steps(targets: Callable[[Tensor], Tensor], sample: Sample, P: int) -> Tensor:
    """The first step of x that each target holds, (P,); L for a target that holds none."""
    errors.check_callable("targets", targets, change="Give a function: lambda x: x[:, 1:].")
    time, L = 1 - sample.batch_axis, sample.L
    before = errors.check_targets(targets(sample.x.clone()))
    errors.check_answer_steps("targets", before, time, L=L, exact=P)
    holds = []
    for t in range(L):
        after = targets(sample.moved(_step(L, t))[0])
        holds.append(largest_along((before != after).int(), time).bool())
    found = torch.stack(holds)  # (L, P)
    errors.check_moving_targets(bool(found.any()))
    return torch.where(found.any(0), found.int().argmax(0), L).cpu()


def _step(L: int, t: int) -> Tensor:
    """One step of all rows, (1, L)."""
    return (torch.arange(L) == t)[None]
