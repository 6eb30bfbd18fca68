"""Checks of messages and recipes."""

from __future__ import annotations

from typing import TypeVar

from lstm_guide.errors.words import kind, say

Said = TypeVar("Said")


def check_message(message: object, name: str = "message") -> str:
    """Require text, and return it."""
    if not isinstance(message, str):
        change = "Pass str(error)." if isinstance(message, BaseException) else "Pass the text."
        raise TypeError(say(name, expected="text", got=kind(message), change=change))
    return message


def check_said(said: Said | None) -> Said:
    """Require that a recipe raised or warned, and return what it said."""
    if said is None:
        change = "Look whether torch has changed."
        expected = "code that raises or warns"
        raise ValueError(say("recipe", expected=expected, got="code that runs", change=change))
    return said
