"""The words of every error, and the one type that is our own.

Every text is one line in four parts: the argument, what is expected in letters and numbers, what
was given, and what to change.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from torch import Tensor, nn
from torch.nn.utils.rnn import PackedSequence


class ShapeError(ValueError):
    """An argument has the wrong rank, size, length or order of axes.

    Example:
        >>> from lstm_guide import ShapeError, call_shapes
        >>> from lstm_guide.shapes import Config
        >>> try:
        ...     call_shapes(Config(input_size=3, hidden_size=5), (7, 4, 6))
        ... except ShapeError as error:
        ...     print(error)
        x: expected (L, N, H_in) or unbatched (L, H_in) with H_in = 3, got (7, 4, 6). ...
    """


class ExpectedDim(Protocol):
    """One axis of an expected shape."""

    @property
    def letters(self) -> str: ...
    @property
    def size(self) -> int: ...


class ExpectedShape(Protocol):
    """An expected shape, with letters and numbers; ``str`` gives both."""

    @property
    def dims(self) -> Sequence[ExpectedDim]: ...
    @property
    def sizes(self) -> tuple[int, ...]: ...
    @property
    def letters(self) -> str: ...


def say(argument: str, *, expected: object, got: object, change: str) -> str:
    return f"{argument}: expected {expected}, got {got}. {change}"


def kind(value: object) -> str:
    """The type of a value, named as a reader writes it."""
    if isinstance(value, Tensor):
        return f"a tensor of shape {tuple(value.shape)}"
    if isinstance(value, PackedSequence):
        return "a PackedSequence"
    if isinstance(value, tuple | list):
        return f"a {type(value).__name__} of {len(value)}"
    if isinstance(value, type):
        return f"the class {value.__name__}"
    if value is None:
        return "None"
    module, name = type(value).__module__, type(value).__name__
    if module.startswith("torch.nn.modules"):
        return f"nn.{name}"
    # Own models and builtin types have no prefix that helps.
    ours = isinstance(value, nn.Module) or module in ("builtins", "__main__")
    return name if ours else f"{module.partition('.')[0]}.{name}"


def brief(value: object) -> str:
    """A value as it is written, where that is short; else its type."""
    short = isinstance(value, str | int | float | complex | None)
    return repr(value) if short and len(repr(value)) < 60 else kind(value)
