"""All probes that apply to a model, as one table."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from typing import Any

import torch
from torch import Tensor, nn

from lstm_guide.probes.bench import Model, bench, modules_of
from lstm_guide.probes.calls import call_twice, loop_equals_bulk
from lstm_guide.probes.gradients import gradient_reach
from lstm_guide.probes.ideals import equations
from lstm_guide.probes.padding import padding_invariance
from lstm_guide.probes.result import Finding, Findings
from lstm_guide.probes.rows import batch_leak, row_permutation
from lstm_guide.probes.sample import Sample
from lstm_guide.probes.steps import causality, memory

__all__ = ["run_all"]


def run_all(
    model: Model,
    x: Tensor,
    *,
    lengths: Tensor | Sequence[int] | None = None,
    targets: Callable[[Tensor], Tensor] | None = None,
    batch_axis: int = 0,
    answer_axis: int | None = None,
) -> Findings:
    """Run every probe that applies to a model, in evaluation mode, and collect what they find.

    Lengths add padding invariance, targets add causality. Loop against bulk runs for an ``nn.LSTM``
    of one direction, and the equations are tried on every ``nn.LSTM`` inside the model. What does
    not apply is listed with the reason.

    Args:
        model: what is called with x, or with (x, lengths) where lengths are given.
        x: a sample, (N, L, ...) or (L, N, ...), numbers or ids. Take one whose sizes are all
            different.
        lengths: the number of valid steps of each row, (N,); None for a model that takes x alone.
        targets: for a model that predicts: cuts the targets out of x as your training code does.
        batch_axis: the axis of x that holds the rows, 0 or 1; the other one is time.
        answer_axis: the axis of the answer that holds the rows; None for that of x.

    Returns:
        The findings, which print as a table.

    Raises:
        ShapeError: the lengths or the targets do not fit x, or the answer has not N rows.
        TypeError: an argument or the answer has the wrong type or dtype.
        ValueError: x has entries that are not finite, or batch_axis is neither 0 nor 1.

    Example:
        >>> x = torch.randn(4, 7, 3)  # (N, L, H_in), for a layer that reads time first
        >>> print(run_all(nn.LSTM(3, 5), x))
        7 probes, 4 wrong
        probe            result  measured  expected
        batch leak       wrong   ...
        memory           wrong   0         above ...
        ...
    """
    sample = Sample.of(x, batch_axis, lengths)
    found: list[Finding] = []
    skipped: list[tuple[str, str]] = []
    with bench(model):  # which puts the mode back
        for _, module in modules_of(model):
            module.training = False
        for name, outcome in _outcomes(model, sample, targets, answer_axis):
            if isinstance(outcome, str):
                skipped.append((name, outcome))
            else:
                found.append(outcome)
    return Findings(tuple(found), tuple(skipped))


def _outcomes(
    model: Model,
    sample: Sample,
    targets: Callable[[Tensor], Tensor] | None,
    answer_axis: int | None,
) -> Iterator[tuple[str, Finding | str]]:
    """For each probe what it finds, or why it does not run."""
    x, padded = sample.x, sample.lengths is not None
    place: dict[str, Any] = {"batch_axis": sample.batch_axis}
    rows = place | {"lengths": sample.lengths, "answer_axis": answer_axis}
    several, alone = sample.N > 1, "Give a sample of two rows or more."
    yield "batch leak", batch_leak(model, x, **rows) if several else alone
    yield "memory", memory(model, x, **rows)
    no_targets = "Give targets, the function that cuts them from x, if your model predicts."
    yield (
        "causality",
        no_targets
        if targets is None
        else causality(model, x, targets=targets, lengths=sample.lengths, **place),
    )
    loops = isinstance(model, nn.LSTM) and not model.bidirectional and sample.L > 1
    no_loop = "Call it with a function that takes (x, state) and returns (output, state)."
    yield "loop equals bulk", loop_equals_bulk(model, x, **place) if loops else no_loop
    yield "call twice", call_twice(model, x, lengths=sample.lengths)
    no_padding = "Give lengths, if your model takes (x, lengths)."
    yield "padding invariance", padding_invariance(model, x, **rows) if padded else no_padding
    yield "row permutation", row_permutation(model, x, **rows) if several else alone
    ids = "Ids have no gradient: call it with the part of the model after the embedding."
    numbers = x.is_floating_point()
    yield (
        "gradient reach",
        (gradient_reach(model, x, lengths=sample.lengths, **place) if numbers else ids),
    )
    yield "perfect logits", "Call it with your loss function."
    lstms = [(name, part) for name, part in modules_of(model) if isinstance(part, nn.LSTM)]
    for name, lstm in lstms:
        found = equations(lstm, _input_of(lstm))
        yield found.probe, replace(found, probe=f"equations of {name}") if name else found
    if not lstms:
        yield "equations", "There is no nn.LSTM in the model."


def _input_of(lstm: nn.LSTM) -> Tensor:
    """A random batch for a layer, (5, 4, H_in)."""
    generator = torch.Generator().manual_seed(0)
    weight = next(lstm.parameters())
    return torch.randn(5, 4, lstm.input_size, generator=generator).to(weight)
