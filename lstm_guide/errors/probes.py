"""Checks of what a probe is given: a model to call, a sample, and what the model answers.

Errors of the reader's own model are not touched: they pass through.
"""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn.utils.rnn import PackedSequence

from lstm_guide.errors.inputs import check_dense, check_tensor
from lstm_guide.errors.words import ShapeError, kind, say


def check_callable(name: str, value: object, *, change: str) -> None:
    """Require something to call; a class would build a model instead of running it."""
    if isinstance(value, type):
        change = f"Pass an object of the class: {name}={value.__name__}(...)."
    elif callable(value):
        return
    raise TypeError(say(name, expected="a callable", got=kind(value), change=change))


def check_sample(x: object, batch_axis: object, *, N: int = 1, L: int = 1) -> tuple[Tensor, int]:
    """Require a batch of numbers or ids with at least N rows and L steps; return x and the axis."""
    if not isinstance(batch_axis, int) or isinstance(batch_axis, bool):
        change = "Give the number of the axis of x that holds the rows."
        raise TypeError(say("batch_axis", expected="0 or 1", got=kind(batch_axis), change=change))
    if batch_axis not in (0, 1):
        change = "Batch and time are the first two axes of x: move them with x.movedim."
        raise ValueError(say("batch_axis", expected="0 or 1", got=batch_axis, change=change))
    x = check_tensor("x", x, change="Pass the padded tensor that your model is called with.")
    check_dense("x", x)
    if x.is_complex() or x.dtype == torch.bool:
        expected, change = "numbers or ids", "Convert it: x.float()."
        raise TypeError(say("x", expected=expected, got=x.dtype, change=change))
    letters = "(N, L, ...)" if batch_axis == 0 else "(L, N, ...)"
    sizes, wanted = tuple(x.shape), (N, L) if batch_axis == 0 else (L, N)
    if len(sizes) < 2:
        change = "Give one sequence a batch axis: x.unsqueeze(0)."
        raise ShapeError(say("x", expected=letters, got=sizes, change=change))
    if 0 in sizes or any(have < want for have, want in zip(sizes, wanted, strict=False)):
        expected = f"{letters} with at least N = {N} and L = {L}, no axis empty"
        change = "Take a sample of your data with more rows or steps."
        raise ShapeError(say("x", expected=expected, got=sizes, change=change))
    if x.is_meta:
        change = "A probe runs the model: take a real sample."
        raise ValueError(say("x", expected="entries", got="device meta", change=change))
    if not torch.isfinite(x).all():
        bad = int((~torch.isfinite(x)).sum())
        change = "Fill or drop missing values first: nan makes every comparison nan."
        raise ValueError(
            say("x", expected="finite values", got=f"{bad} that are not", change=change)
        )
    return x, batch_axis


def check_ids(x: Tensor) -> None:
    """Require two different ids, so that there is another one to put in."""
    if x.min() == x.max():
        change = "Take a sample in which at least two different ids occur."
        raise ValueError(say("x", expected="ids", got=f"{x.min()} only", change=change))


def check_numbers(x: Tensor) -> None:
    """Require numbers that have a gradient."""
    if not x.is_floating_point():
        change = "Ids have no gradient: probe the part of the model after the embedding."
        raise TypeError(say("x", expected="a floating-point dtype", got=x.dtype, change=change))


def check_model_answer(answer: object) -> Tensor:
    """Require a tensor, or a tuple or list that begins with one, as nn.LSTM returns it."""
    found = answer
    while isinstance(found, tuple | list) and not isinstance(found, PackedSequence) and found:
        found = found[0]
    expected = "a tensor from the model"
    if not isinstance(found, Tensor):
        change = "Probe a function that picks it: lambda x: model(x)[...]."
        if isinstance(found, PackedSequence):
            change = "Unpack it inside the function that is probed."
        raise TypeError(say("answer", expected=expected, got=kind(found), change=change))
    check_dense("answer", found)
    if not found.is_floating_point():
        change = "Probe the scores before argmax, rounding or a comparison."
        expected = "floating-point numbers from the model"
        raise TypeError(say("answer", expected=expected, got=found.dtype, change=change))
    if not found.numel():
        change = "Look for an empty slice in the model."
        expected, sizes = "at least one entry", tuple(found.shape)
        raise ShapeError(say("answer", expected=expected, got=sizes, change=change))
    return found


def check_answer_axis(answer: Tensor, axis: int | None, *, batch_axis: int, N: int) -> int:
    """Find the axis of the answer that holds the rows."""
    sizes = tuple(answer.shape)
    if axis is not None and (not isinstance(axis, int) or isinstance(axis, bool)):
        change = "Give the number of the axis that holds the rows."
        raise TypeError(say("answer_axis", expected="an int", got=kind(axis), change=change))
    place = batch_axis if axis is None else axis
    if -len(sizes) <= place < len(sizes) and sizes[place] == N:
        return place % len(sizes)
    others = [number for number, size in enumerate(sizes) if size == N]
    change = "Probe a function that returns something for each row, before any mean over rows."
    if others:
        change = f"If axis {others[0]} holds the rows, give answer_axis={others[0]}."
    expected = f"N = {N} rows on axis {place}"
    raise ShapeError(say("answer", expected=expected, got=f"sizes {sizes}", change=change))


def check_answer_steps(name: str, tensor: Tensor, axis: int, *, L: int, exact: int | None) -> int:
    """Require a time axis, and return how many steps it has."""
    sizes = tuple(tensor.shape)
    if tensor.dim() > axis and (exact is None or sizes[axis] == exact) and sizes[axis] <= L:
        return sizes[axis]
    steps = f"at most L = {L}" if exact is None else f"{exact}"
    change = f"Return one for each step, with time on axis {axis}."
    expected = f"{steps} steps on axis {axis}"
    raise ShapeError(say(name, expected=expected, got=f"sizes {sizes}", change=change))


def check_same_sizes(answer: Tensor, before: tuple[int, ...]) -> None:
    """Require the sizes of the call before."""
    sizes = tuple(answer.shape)
    if sizes != before:
        change = "Probe a function whose answer has the same sizes in each call."
        expected = f"the sizes of the call before, {before}"
        raise ShapeError(say("answer", expected=expected, got=sizes, change=change))


def check_targets(targets: object) -> Tensor:
    """Require the tensor that the predictions are compared with."""
    return check_tensor("targets", targets, change="Return the tensor that your loss gets.")


def check_moving_targets(found: bool) -> None:
    """Require that the targets were cut from x."""
    if not found:
        change = "Cut them from the x that is given: lambda x: x[:, 1:]."
        got = "targets that stay when x changes"
        raise ValueError(say("targets", expected="values of x", got=got, change=change))


def check_loop(result: object) -> tuple[object, object]:
    """Require the pair (output, state)."""
    if isinstance(result, tuple) and len(result) == 2 and not isinstance(result, PackedSequence):
        return result
    expected = "a pair (output, state) from the model"
    change = "Return both: output, state = model(x, state)."
    raise TypeError(say("answer", expected=expected, got=kind(result), change=change))


def check_wanted_steps(steps: object, *, L: int) -> tuple[int, ...]:
    """Require step numbers, and return them counted from 0."""
    expected = f"numbers of steps from {-L} to {L - 1}"
    if not isinstance(steps, tuple | list | range) or any(type(t) is not int for t in steps):
        change = "Give a list or a range, such as range(4, 8)."
        raise TypeError(say("steps", expected=expected, got=kind(steps), change=change))
    odd = [t for t in steps if not -L <= t < L]
    if odd or not steps:
        change = "Name the steps that the answer must depend on."
        got = odd[0] if odd else "none"
        raise ValueError(say("steps", expected=expected, got=got, change=change))
    return tuple(sorted({t % L for t in steps}))


def check_classes(targets: object, classes: object) -> Tensor:
    """Require class numbers and their count, at least 2, and return the numbers."""
    if not isinstance(classes, int) or isinstance(classes, bool):
        change = "Give the number of classes, the last size of the logits."
        raise TypeError(say("classes", expected="an int", got=kind(classes), change=change))
    if classes < 2:
        change = "One class has nothing to be told from."
        raise ValueError(say("classes", expected="at least 2", got=classes, change=change))
    found = check_tensor("targets", targets, change="Give the class of each step as a tensor.")
    check_dense("targets", found)
    expected = f"class numbers from 0 to {classes - 1}"
    if found.dtype != torch.int64:
        change = "Convert them: targets.long()."
        raise TypeError(say("targets", expected=expected, got=found.dtype, change=change))
    if not found.numel() or not found.dim():
        got = f"shape {tuple(found.shape)}"
        change = "Take a sample with at least one step, on an axis."
        raise ShapeError(say("targets", expected=expected, got=got, change=change))
    if found.is_meta:
        change = "Take real targets."
        raise ValueError(say("targets", expected=expected, got="device meta", change=change))
    if found.min() < 0 or found.max() >= classes:
        got = f"{found.min()} to {found.max()}"
        change = "Give targets without padding, or the right number of classes."
        raise ValueError(say("targets", expected=expected, got=got, change=change))
    return found


def check_loss(value: object) -> float:
    """Require one number from a loss."""
    if isinstance(value, Tensor) and value.numel() == 1 and not value.is_complex():
        return value.item()
    got = kind(value)
    change = "Return the mean: reduction='mean', or loss.mean()."
    if isinstance(value, Tensor):
        raise ShapeError(say("loss", expected="one number", got=got, change=change))
    raise TypeError(say("loss", expected="a tensor with one number", got=got, change=change))
