"""Try an answer on random configurations, and say what is wrong with it."""

from __future__ import annotations

import copy
import inspect
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn

from lstm_guide.errors.words import kind

__all__ = ["Verdict"]

TRIES = 10
PLAIN = (int, float, str, type(None))
Answer = Callable[..., object]


class Misunderstanding(Exception):  # noqa: N818 - it is the reader's, and no error of ours
    """Says what is wrong with an answer that cannot be compared, or that would not end."""


@dataclass(frozen=True)
class Verdict:
    """Whether an answer is right, and the sentence that says so or names what is wrong.

    Example:
        >>> verdict = Verdict(ok=False, message="three-shapes: not yet.")
        >>> verdict.ok
        False
    """

    ok: bool
    message: str


def what_it_returns(returned: object, *arguments: object) -> object:
    """Compare what an answer returns, and nothing else."""
    return returned


@dataclass(frozen=True)
class Exercise:
    """How to draw arguments, what torch answers, and known mistakes with what is behind them.

    ``seen`` gets what an answer returns and the arguments as the answer left them, so that an
    answer which trains or initialises a module is compared by what it did to the module. None
    passes through. Where it returns a dict, each entry is compared by its name.
    """

    draw: Callable[[], tuple[Any, ...]]
    reference: Answer
    mistakes: dict[str, Answer]
    seen: Answer = what_it_returns


@dataclass(frozen=True)
class Try:
    """One configuration in words, with the results of torch and of the reader.

    ``run`` tries a known mistake on the same configuration.
    """

    where: str
    want: object
    run: Callable[[Answer], object]
    got: object
    returned: object


def grade(exercise: Exercise, answer: Answer) -> str | None:
    """Say what is wrong with an answer; None for a right one."""
    with torch.random.fork_rng(devices=[]):
        # One seed, so that the same answer always gets the same verdict.
        torch.default_generator.manual_seed(0)
        try:
            tries = [_try(exercise, answer) for _ in range(TRIES)]
        except Misunderstanding as found:
            return str(found)
        wrong = [each for each in tries if not same(each.got, each.want)]
        if not wrong:
            return None
        return _misunderstanding(exercise, tries) or _difference(wrong[0])


def _try(exercise: Exercise, answer: Answer) -> Try:
    arguments = exercise.draw()
    every = inspect.signature(exercise.reference).parameters.values()
    names = [each.name for each in every if each.kind is not each.KEYWORD_ONLY]
    shown = [f"{name} = {_show(value)}" for name, value in zip(names, arguments, strict=True)]

    def run(function: Answer) -> tuple[object, object]:
        # A copy for each, because an answer may change its arguments in place.
        own = copy.deepcopy(arguments)
        returned = function(*own)
        return exercise.seen(returned, *own), returned

    @torch.no_grad()
    def result(function: Answer) -> object:
        return run(function)[0]

    want = result(exercise.reference)
    got, returned = run(answer)
    return Try(", ".join(shown), want, result, got, returned)


def _misunderstanding(exercise: Exercise, tries: list[Try]) -> str | None:
    """Name the mistake that explains the results of all configurations, if one does."""
    if all(each.returned is None for each in tries):
        return "The function returns None. Write your answer after return."
    for text, mistake in exercise.mistakes.items():
        if all(same(each.got, each.run(mistake)) for each in tries):
            return text
    if all(same(each.returned, tries[0].returned) for each in tries):
        return (
            "The function returns the same for all sizes. "
            "Compute the answer from the arguments instead of writing numbers."
        )
    return None


def _difference(first: Try) -> str:
    none = first.returned is None
    found = "the function returns None" if none else _compare(first.want, first.got)
    return f"With {first.where}: {found}."


def _compare(want: object, got: object) -> str:
    """Compare expected and got: the shapes, and the values where the shapes agree."""
    if isinstance(want, dict) and isinstance(got, dict):
        name = next(name for name in want if not same(got.get(name), want[name]))
        return f"{name}: {_compare(want[name], got.get(name))}"
    if not isinstance(want, Tensor):
        return f"expected {plain(want)}, got {plain(got)}"
    if not isinstance(got, Tensor) or got.shape != want.shape:
        return f"expected {kind(want)}, got {kind(got)}"
    if got.dtype != want.dtype:
        return f"expected {want.dtype}, got {got.dtype}"
    gap = (got.detach() - want).abs().max()
    return f"the shape is right, but values are off by up to {gap:.4f}"


def same(one: object, other: object) -> bool:
    """Tell whether two results agree: tensors within a tolerance, everything else exactly."""
    if isinstance(one, Tensor) and isinstance(other, Tensor):
        if one.shape != other.shape or one.dtype != other.dtype:
            return False
        # Two ways to the same result may use different kernels, which differ by about 1e-7.
        return torch.allclose(one.detach(), other.detach(), atol=1e-5, rtol=1e-5)
    if isinstance(one, dict) and isinstance(other, dict):
        return one.keys() == other.keys() and all(same(one[name], other[name]) for name in one)
    if isinstance(one, tuple | list) and isinstance(other, tuple | list):
        return len(one) == len(other) and all(map(same, one, other))
    if isinstance(one, PLAIN) and isinstance(other, PLAIN):
        return one == other
    return one is other


def plain(value: object) -> object:
    """Turn lists and ``torch.Size`` into tuples, and what is no number into words."""
    if isinstance(value, tuple | list):
        return tuple(map(plain, value))
    return value if isinstance(value, PLAIN) else kind(value)


def _show(value: object) -> str:
    """Sizes, lengths and an LSTM as they are, everything else in words."""
    if isinstance(value, Tensor) and value.dim() == 1 and not value.is_floating_point():
        return str(value.tolist())
    return str(value) if isinstance(value, (nn.LSTM, *PLAIN)) else kind(value)
