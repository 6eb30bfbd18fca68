"""The checks of (lstm, x, state) and the words of their errors."""

from __future__ import annotations

__all__ = ["ShapeError"]


class ShapeError(ValueError):
    """An argument has the wrong rank, size, length or order of axes.

    Example:
        >>> from lstm_guide import Config, ShapeError, call_shapes
        >>> try:
        ...     call_shapes(Config(input_size=3, hidden_size=5), (7, 4, 6))
        ... except ShapeError as error:
        ...     print(error)
        x: expected (L, N, H_in) or unbatched (L, H_in) with H_in = 3, got (7, 4, 6). ...
    """
