"""Checks of the sizes of a generated task."""

from __future__ import annotations

from lstm_guide.errors.module import check_count
from lstm_guide.errors.words import kind, say


def check_range(name: str, value: object, *, at_least: int, at_most: int, change: str) -> None:
    """Require a whole number from at_least to at_most; change says what to do beyond it."""
    check_count(name, value, at_least=at_least)
    if isinstance(value, int) and value > at_most:
        expected = f"an int of at most {at_most:,}"
        raise ValueError(say(name, expected=expected, got=f"{value:,}", change=change))


def check_even(name: str, value: int) -> None:
    """Require a number of steps that has two halves."""
    if value % 2:
        change = "Half of the steps open a bracket, and half close one."
        raise ValueError(say(name, expected="an even int", got=value, change=change))


def check_noise(value: object) -> None:
    """Require a standard deviation."""
    expected, change = "a number of at least 0", "Give the standard deviation of the noise."
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise TypeError(say("noise", expected=expected, got=kind(value), change=change))
    if not 0 <= value < float("inf"):
        raise ValueError(say("noise", expected=expected, got=value, change=change))
