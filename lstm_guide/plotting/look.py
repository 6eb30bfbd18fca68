"""The look that all drawings share: style, colours, and text that stands out on them."""

from __future__ import annotations

from contextlib import AbstractContextManager
from typing import Any

import matplotlib.pyplot as plt
from matplotlib.axes import Axes
from matplotlib.rcsetup import cycler

from lstm_guide.errors import drawing
from lstm_guide.shapes import AXES

__all__ = ["style"]

WIDTH = 7.0  # of a figure, in inches
INK = "#777b83"  # contrast 4.2 on a white page and 4.2 on a dark one (#14181e)
# What a call is given is grey, what it returns is coloured.
GIVEN = "#d3d7de"
TENSORS = {
    "input": GIVEN,
    "h_0": GIVEN,
    "c_0": GIVEN,
    "output": "#f4c542",
    "h_n": "#49b6c4",
    "c_n": "#e07fa8",
}
# Light fills for cells with black text, told apart by colour-blind readers as well.
# Source: Paul Tol, Colour Schemes, technical note SRON/EPS/TN/09-002, scheme "light".
SOURCES = ["#77aadd", "#ee8866", "#eedd88", "#44bb99", "#ffaabb"]
SOURCES += ["#99ddff", "#bbcc33", "#aaaa00", "#dddddd"]
# The same for the blocks of the gates.
GATES = dict(zip("ifgo", SOURCES, strict=False))
# Lines become thinner and markers smaller, so that a line under an equal one stays visible.
LINES = (
    {"color": "#0e8a98", "linestyle": "-", "marker": "o", "linewidth": 5.0, "markersize": 12.0},
    {"color": "#c2448a", "linestyle": "--", "marker": "s", "linewidth": 2.5, "markersize": 7.0},
    {"color": "#a07400", "linestyle": ":", "marker": "^", "linewidth": 2.0, "markersize": 6.0},
    {"color": INK, "linestyle": "-.", "marker": "D", "linewidth": 1.5, "markersize": 4.0},
)


# From little to much.
SHADES = [GIVEN, "#c2448a"]


def style() -> AbstractContextManager[None]:
    """Set matplotlib up for figures that read well on a light and on a dark page.

    Returns:
        A context manager; the settings before it come back at its end.

    Example:
        >>> with style():
        ...     print(plt.rcParams["text.color"], plt.rcParams["figure.facecolor"])
        #777b83 none
    """
    return plt.rc_context(
        {
            "axes.edgecolor": INK,
            "axes.facecolor": "none",
            "axes.labelcolor": INK,
            "axes.labelsize": 13,
            "axes.prop_cycle": cycler(color=[line["color"] for line in LINES]),
            "axes.spines.right": False,
            "axes.spines.top": False,
            "axes.titlesize": 13,
            "figure.constrained_layout.h_pad": 0.12,  # inches; room for the axis labels' boxes
            "figure.constrained_layout.use": True,
            "figure.constrained_layout.w_pad": 0.12,
            "figure.facecolor": "none",
            "figure.figsize": (WIDTH, 3.4),
            "figure.titlesize": 13,
            "font.size": 13,
            "hatch.linewidth": 0.6,
            "legend.frameon": False,
            "text.color": INK,
            "xtick.color": INK,
            "ytick.color": INK,
        }
    )


def check_canvas(title: object, ax: object) -> None:
    """Refuse a title and axes that matplotlib would find out about late, or never."""
    drawing.check_canvas(title, ax, Axes)


def chip(axis: str) -> dict[str, Any]:
    """The look of a text on the colour of an axis."""
    box = {"boxstyle": "round,pad=0.2", "facecolor": AXES[axis].colour, "edgecolor": "none"}
    return {"color": "white", "bbox": box}


def text_on(fill: str) -> str:
    """Black or white, whichever stands out more on the fill; ink where there is none."""
    if fill == "none":
        return INK
    channels = [int(fill[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    # Relative luminance, WCAG 2.2.
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    light = sum(c * part for c, part in zip(linear, (0.2126, 0.7152, 0.0722), strict=True))
    return "black" if light > 0.179 else "white"


def axis_text(axis: str, size: int) -> str:
    """The label of an axis: its name, letter and size."""
    return f"{axis} ({AXES[axis].letter}={size})"
