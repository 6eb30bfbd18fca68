"""The checks that several drawings share, and the words of their errors."""

from __future__ import annotations

from collections.abc import Mapping

from torch import Tensor

from lstm_guide.errors import ShapeError
from lstm_guide.shapes import AXES


def check_grid(name: str, values: object, rows: str, columns: str) -> None:
    check_tensor(name, values, "(n, m)", 2)
    for option, axis in (("rows", rows), ("columns", columns)):
        if axis not in AXES:
            raise ValueError(
                f"{option}: expected one of {', '.join(AXES)}, got {axis!r}. "
                "Name the axis in the words of the guide."
            )


def check_tensor(name: str, values: object, letters: str, rank: int) -> None:
    if not isinstance(values, Tensor):
        raise TypeError(
            f"{name}: expected a tensor {letters}, got {type(values).__name__}. "
            "Make it with torch.tensor(...)."
        )
    if values.dim() != rank or values.numel() == 0:
        raise ShapeError(
            f"{name}: expected {letters} with every size at least 1, got {tuple(values.shape)}. "
            "Choose what to draw by index, for example x[:, :, 0]."
        )


def check_amounts(name: str, values: Tensor) -> None:
    if not (values.isfinite() & (values >= 0)).all():
        raise ValueError(
            f"{name}: expected finite entries of at least 0, "
            f"got {values.min().item():g} to {values.max().item():g}. "
            "Give sizes of changes, for example (after - before).abs()."
        )


def check_place(name: str, place: object, size: int) -> None:
    if not isinstance(place, int) or not 0 <= place < size:
        raise ValueError(
            f"{name}: expected a whole number from 0 to {size - 1}, got {place!r}. "
            "Counting starts at 0."
        )


def check_series(series: Mapping[str, Tensor]) -> int:
    """Return the common length."""
    if not series:
        raise ValueError(
            "series: expected at least one label with values, got none. "
            'Give a dict such as {"bulk": output[:, 0, 0]}.'
        )
    for label, values in series.items():
        check_tensor(f"series[{label!r}]", values, "(L,)", 1)
    lengths = {label: values.numel() for label, values in series.items()}
    if len(set(lengths.values())) > 1:
        raise ShapeError(
            f"series: expected one length L for all, got {lengths}. Cut them to the same steps."
        )
    return next(iter(lengths.values()))
