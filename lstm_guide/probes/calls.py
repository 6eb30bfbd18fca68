"""Probes of calls: the same call twice, and a loop of calls against one."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor

from lstm_guide import errors
from lstm_guide.probes.bench import Model, answer_of, bench, gap, tolerance
from lstm_guide.probes.result import Finding
from lstm_guide.probes.sample import Sample

__all__ = ["call_twice", "loop_equals_bulk"]


def call_twice(
    model: Model, x: Tensor, *, lengths: Tensor | Sequence[int] | None = None
) -> Finding:
    """Make the same call twice: the answers must be the same.

    The model is called in the mode in which it is given, since a forgotten ``eval()`` is one of the
    mistakes that this finds. The answers are the same when three quarters of the digits of the
    dtype agree, measured at the largest entry.

    Args:
        model: what is called with x, or with (x, lengths) where lengths are given: a module, or the
            function that you evaluate with.
        x: a sample, (N, L, ...) or (L, N, ...), numbers or ids.
        lengths: handed to the model as they are; None for a model that takes x alone.

    Returns:
        A finding; its number is the largest difference of the two answers.

    Raises:
        ShapeError: the answers differ in sizes, or x has fewer than two axes.
        TypeError: an argument or the answer has the wrong type or dtype.
        ValueError: x has entries that are not finite.

    Example:
        >>> from torch import nn
        >>> lstm = nn.LSTM(3, 5, num_layers=2, dropout=0.5)  # in training mode
        >>> x = torch.randn(7, 4, 3)
        >>> call_twice(lstm, x).ok, call_twice(lstm.eval(), x).ok
        (False, True)
    """
    arguments = Sample.of(x, 0).arguments
    if lengths is not None:
        arguments = (*arguments, errors.check_lengths(lengths))
    with bench(model, evaluate=False, rewind=False) as run:
        answer = answer_of(run, *arguments)
        number = float(gap(answer, answer_of(run, *arguments)).max())
    limit = tolerance(answer)
    sentence = "Two equal calls give the same answer."
    if not number <= limit:
        with bench(model, rewind=False) as run:
            settled = answer_of(run, *arguments)
            rest = float(gap(settled, answer_of(run, *arguments)).max())
        sentence = (
            "Two equal calls differ, in evaluation mode too: look for a state that the model keeps "
            "from call to call, and for random numbers drawn in forward."
        )
        if rest <= limit:
            sentence = (
                "Two equal calls differ, and agree in evaluation mode: call model.eval() before "
                "you evaluate; torch.no_grad() does not switch dropout off."
            )
    return Finding("call twice", number, limit, sentence, "silent-states")


def loop_equals_bulk(model: Model, x: Tensor, state: Any = None, *, batch_axis: int = 0) -> Finding:
    """Feed one step at a time with the state carried on: the outputs must be those of one call.

    They are the same when three quarters of the digits of the dtype agree, measured at the largest
    entry: the two ways may go through different kernels.

    Args:
        model: what is called with (x, state) and returns (output, state), such as an ``nn.LSTM`` of
            one direction. An output has time on the axis where x has it.
        x: a sample of at least two steps, (N, L, ...) or (L, N, ...), numbers or ids.
        state: what the first call gets; None for what the model makes of None.
        batch_axis: the axis of x that holds the rows, 0 or 1; the other one is time.

    Returns:
        A finding; its number is the largest difference of the outputs.

    Raises:
        ShapeError: x has fewer than two steps, or the outputs of the steps are not those of x.
        TypeError: an argument has the wrong type, or the model does not return a pair.
        ValueError: x has entries that are not finite, or batch_axis is neither 0 nor 1.

    Example:
        >>> from torch import nn
        >>> x = torch.randn(7, 1, 3)  # (L, N, H_in)
        >>> loop_equals_bulk(nn.LSTM(3, 5), x, batch_axis=1).ok
        True
        >>> loop_equals_bulk(nn.LSTM(3, 5, batch_first=True), x, batch_axis=1).ok
        False
    """
    sample, time = Sample.of(x, batch_axis, L=2), 1 - batch_axis
    with bench(model) as run:
        bulk = _output(run(sample.x.clone(), state))[0]
    errors.check_answer_steps("answer", bulk, time, L=sample.L, exact=sample.L)
    # One bench for the whole loop: what the model keeps inside lives on from step to step.
    with bench(model, rewind=False) as run:
        outputs = []
        for t in range(sample.L):
            step = sample.x.narrow(time, t, 1)
            output, state = _output(run(step.clone(), state))
            errors.check_answer_steps("answer", output, time, L=1, exact=1)
            outputs.append(output)
    moves = gap(bulk, torch.cat(outputs, time))
    number, limit = float(moves.max()), tolerance(bulk)
    sentence = "A loop over the steps gives what one call gives."
    if not number <= limit:
        sentence = (
            "A loop over the steps gives other outputs than one call: look for batch_first against "
            "the layout of x, a state that is not passed on, and a second direction."
        )
    return Finding("loop equals bulk", number, limit, sentence, "silent-states")


def _output(result: object) -> tuple[Tensor, Any]:
    output, state = errors.check_loop(result)
    return errors.check_model_answer(output).detach().clone(), state
