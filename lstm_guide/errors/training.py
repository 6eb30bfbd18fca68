"""Checks of what is trained, of losses, and of series and their windows."""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import cast

from torch import Tensor, nn

from lstm_guide.errors.inputs import check_dense, check_tensor
from lstm_guide.errors.sequences import check_values
from lstm_guide.errors.words import ShapeError, brief, kind, say


def check_above_zero(name: str, value: object) -> None:
    """Require a finite number above zero."""
    expected = "a number above 0"
    if not isinstance(value, int | float) or isinstance(value, bool):
        change = "Give one number."
        raise TypeError(say(name, expected=expected, got=kind(value), change=change))
    if not 0 < value < math.inf:
        change = "Give a finite number that is greater than 0."
        raise ValueError(say(name, expected=expected, got=value, change=change))


def check_trained(parameters: object) -> list[Tensor]:
    """Require at least one tensor that can be trained, and return them as a list.

    A generator is used up by its first reader, and the optimiser and the clipping both read.
    """
    # An array of one number says that it can be iterated over, and refuses when it is.
    whole = isinstance(parameters, nn.Module | Tensor) or hasattr(parameters, "dtype")
    if whole or not isinstance(parameters, Iterable):
        change = "Give model.parameters()."
        expected = "tensors to train"
        raise TypeError(say("parameters", expected=expected, got=kind(parameters), change=change))
    found = list(parameters)
    change = "Give model.parameters(), called anew: a generator is empty after its first use."
    for entry in found:
        if not isinstance(entry, Tensor):
            change = "Give model.parameters(), or [*a.parameters(), *b.parameters()] of two."
            expected, got = "tensors to train", f"{kind(entry)} among them"
            raise TypeError(say("parameters", expected=expected, got=got, change=change))
    if not any(entry.requires_grad for entry in found):
        got = f"{len(found)} tensors, none with requires_grad"
        expected = "at least one tensor to train"
        raise ValueError(say("parameters", expected=expected, got=got, change=change))
    return found


def check_number(name: str, value: object) -> Tensor:
    """Require that the function called name returned one number."""
    change = "Return one number: a mean or a sum over all axes."
    number = check_tensor(name, value, change=change)
    if number.numel() != 1:
        got = f"a tensor of shape {tuple(number.shape)}"
        raise ShapeError(say(name, expected="one number, ()", got=got, change=change))
    return number.reshape(())


def check_update(value: object, *, update: int) -> Tensor:
    """Require one finite number."""
    number = check_number("loss", value)
    if not number.isfinite():
        change = "Lower the learning rate, and look for a logarithm or a division by 0."
        got = f"{number.item()} at update {update}"
        raise ValueError(say("loss", expected="a finite number", got=got, change=change))
    return number


def check_forward_in_time(model: object) -> None:
    """Refuse a model in which a direction begins at the end: chunks cut it off from the rest."""
    modules = model.modules() if isinstance(model, nn.Module) else ()
    if any(isinstance(module, nn.LSTM) and module.bidirectional for module in modules):
        change = (
            "The reverse direction needs the whole sequence: call the model once, without chunks."
        )
        got = "bidirectional=True"
        raise ValueError(say("model", expected="one direction", got=got, change=change))


def check_sequences(x: object) -> Tensor:
    """Require a dense tensor with entries."""
    sequences = check_tensor(
        "x", x, change="Pass the padded tensor; packed input has no time axis."
    )
    check_dense("x", sequences)
    if not sequences.dim() or not sequences.numel():
        change = "Look for an empty slice before the call."
        expected, got = "axes, each of size at least 1", tuple(sequences.shape)
        raise ShapeError(say("x", expected=expected, got=got, change=change))
    return sequences


def check_returned(value: object) -> tuple[Tensor, tuple[Tensor, Tensor]]:
    """Require what ``nn.LSTM`` returns: (output, (h, c))."""
    if isinstance(value, tuple) and len(value) == 2 and isinstance(value[1], tuple):
        return cast(tuple[Tensor, tuple[Tensor, Tensor]], value)
    change = "Let model return its state as well: return output, state."
    raise TypeError(say("model", expected="(output, (h, c))", got=kind(value), change=change))


def check_reached(gradient: Tensor | None) -> Tensor:
    """Require that the number depends on x."""
    if gradient is None:
        change = "Compute it from the tensor that score is given, without detach."
        expected = "a number that depends on x"
        got = "one that does not"
        raise ValueError(say("score", expected=expected, got=got, change=change))
    return gradient


def check_series(series: object) -> Tensor:
    """Require finite values along one axis of time."""
    values = check_values("series", series)
    if values.dim() != 1:
        change = "Give one series, for example table[:, 0]."
        sizes = tuple(values.shape)
        raise ShapeError(say("series", expected="(T,)", got=sizes, change=change))
    if values.is_meta:
        change = "A tensor on that device has a shape only: give real values."
        raise ValueError(say("series", expected="entries", got="device meta", change=change))
    if not values.isfinite().all():
        change = "Fill gaps, from earlier values only, or cut them out."
        got = f"{int((~values.isfinite()).sum())} that are not"
        raise ValueError(say("series", expected="finite values", got=got, change=change))
    return values


def check_split(split: object, *, T: int, length: int, horizon: int) -> None:
    """Require a window and its targets on both sides."""
    low, high = length + horizon, T - horizon
    expected = f"a step from length + horizon = {low} to T - horizon = {high}"
    change = "Give the first step of the test part; both parts need a window and its targets."
    if not isinstance(split, int) or isinstance(split, bool):
        raise TypeError(say("split", expected=expected, got=brief(split), change=change))
    if not low <= split <= high:
        raise ValueError(say("split", expected=expected, got=split, change=change))


def check_varies(std: Tensor) -> None:
    """Require a training part that can be scaled."""
    if not std > 0:
        change = "A constant has no scale: look at the series."
        expected = "a training part that varies"
        raise ValueError(say("series", expected=expected, got="a constant", change=change))


def check_long_enough(T: int, *, order: int) -> None:
    """Require more equations than weights."""
    least = 2 * order + 1
    if least > T:
        change = "Give a longer series, or a smaller order."
        expected, got = f"at least 2 * order + 1 = {least} values", str(T)
        raise ValueError(say("series", expected=expected, got=got, change=change))


def check_windows(x: object, *, at_least: int) -> Tensor:
    """Require windows (N, L) with at least so many steps."""
    values = check_values("x", x)
    if values.dim() != 2 or values.size(1) < at_least:
        change = "Give one row a window, in order of time; for one window add an axis: x[None]."
        expected, got = f"(N, L) with L at least {at_least}", tuple(values.shape)
        raise ShapeError(say("x", expected=expected, got=got, change=change))
    return values
