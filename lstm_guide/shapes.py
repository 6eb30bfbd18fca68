"""Axes and shapes: the only place with shape arithmetic."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["AXES", "Axis"]


@dataclass(frozen=True)
class Axis:
    """One axis of the guide's vocabulary: its name, letter, colour and meaning."""

    name: str
    letter: str
    colour: str
    meaning: str


AXES: dict[str, Axis] = {
    axis.name: axis
    for axis in (
        Axis("time", "L", "#145efb", "position in the sequence"),
        Axis("batch", "N", "#c25606", "which sequence"),
        Axis("feature", "H", "#328557", "entry of the vector at one position"),
        Axis("layer", "K", "#9452bb", "which stacked layer"),
        Axis("direction", "D", "#74728b", "forward or reverse"),
    )
}
