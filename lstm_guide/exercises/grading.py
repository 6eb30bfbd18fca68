"""Try an answer on random configurations, and say what is wrong with it."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from lstm_guide.errors.words import kind

__all__ = ["Verdict"]

TRIES = 10
Answer = Callable[..., object]


@dataclass(frozen=True)
class Verdict:
    """Whether an answer is right, and the sentence that says so or names what is wrong.

    Example:
        >>> verdict = Verdict(ok=False, message="four-shapes: not yet.")
        >>> verdict.ok
        False
    """

    ok: bool
    message: str


@dataclass(frozen=True)
class Exercise:
    """How to draw arguments, what torch answers, and known mistakes with what is behind them."""

    draw: Callable[[], tuple[Any, ...]]
    reference: Answer
    mistakes: dict[str, Answer]


@dataclass(frozen=True)
class Try:
    """One configuration in words, with the results of torch, of each mistake and of the reader."""

    where: str
    want: object
    mistaken: dict[str, object]
    got: object


def grade(exercise: Exercise, answer: Answer) -> str | None:
    """Say what is wrong with an answer; None for a right one."""
    with torch.random.fork_rng(devices=[]):
        # One seed, so that the same answer always gets the same verdict.
        torch.default_generator.manual_seed(0)
        tries = [_try(exercise, answer) for _ in range(TRIES)]
    wrong = [each for each in tries if not same(each.got, each.want)]
    if not wrong:
        return None
    return _misunderstanding(exercise, tries) or _difference(wrong[0])


def _try(exercise: Exercise, answer: Answer) -> Try:
    arguments = exercise.draw()
    names = inspect.signature(exercise.reference).parameters
    where = ", ".join(
        f"{name} = {_show(value)}" for name, value in zip(names, arguments, strict=True)
    )
    with torch.no_grad():
        want = exercise.reference(*arguments)
        mistaken = {text: wrong(*arguments) for text, wrong in exercise.mistakes.items()}
    # The answer comes last, because it may change its arguments in place.
    return Try(where, want, mistaken, answer(*arguments))


def _misunderstanding(exercise: Exercise, tries: list[Try]) -> str | None:
    """Name the mistake that explains the results of all configurations, if one does."""
    if all(each.got is None for each in tries):
        return "The function returns None. Write your answer after return."
    for text in exercise.mistakes:
        if all(same(each.got, each.mistaken[text]) for each in tries):
            return text
    if all(same(each.got, tries[0].got) for each in tries):
        return (
            "The function returns the same for all sizes. "
            "Compute the answer from the arguments instead of writing numbers."
        )
    return None


def _difference(first: Try) -> str:
    """Compare expected and got: the shapes, and the values where the shapes agree."""
    got, want = first.got, first.want
    if not isinstance(want, Tensor):
        return f"With {first.where}: expected {want}, got {plain(got)}."
    if not isinstance(got, Tensor) or got.shape != want.shape:
        return f"With {first.where}: expected {kind(want)}, got {kind(got)}."
    if got.dtype != want.dtype:
        return f"With {first.where}: expected {want.dtype}, got {got.dtype}."
    gap = (got.detach() - want).abs().max()
    return f"With {first.where}: the shape is right, but values are off by up to {gap:.4f}."


def same(one: object, other: object) -> bool:
    """Tell whether two results agree: tensors within a tolerance, sizes exactly."""
    if isinstance(one, Tensor) and isinstance(other, Tensor):
        if one.shape != other.shape or one.dtype != other.dtype:
            return False
        # Padded and packed calls use different kernels, which differ by about 1e-7.
        return torch.allclose(one.detach(), other.detach(), atol=1e-5, rtol=0)
    return bool(plain(one) == plain(other))


def plain(value: object) -> object:
    """Turn lists and ``torch.Size`` into tuples, and a tensor into words."""
    if isinstance(value, Tensor):
        return kind(value)
    return tuple(map(plain, value)) if isinstance(value, tuple | list) else value


def _show(value: object) -> str:
    """A matrix by its shape, everything else by its value."""
    if isinstance(value, Tensor):
        return str(value.tolist()) if value.dim() == 1 else kind(value)
    return str(value)
