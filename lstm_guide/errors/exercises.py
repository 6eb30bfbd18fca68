"""Checks of the name of an exercise and of the reader's answer."""

from __future__ import annotations

from lstm_guide.errors.words import brief, kind, say


def check_exercise(name: object, names: tuple[str, ...]) -> None:
    """Require the name of an exercise."""
    if not isinstance(name, str) or name not in names:
        expected = f"one of {', '.join(map(repr, names))}"
        change = "The page of the exercise writes the name."
        raise ValueError(say("name", expected=expected, got=brief(name), change=change))


def check_answer(answer: object) -> None:
    """Require a function, not what it returns."""
    if not callable(answer):
        change = "Pass the function itself, answer, not what it returns, answer(...)."
        raise TypeError(say("answer", expected="a function", got=kind(answer), change=change))
