"""Patterns of use: which steps read, and which outputs are used."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import pairwise

import matplotlib.pyplot as plt
from matplotlib.axes import Axes
from matplotlib.patches import Rectangle

from lstm_guide.errors import check_switch
from lstm_guide.errors.drawing import check_parts, check_text
from lstm_guide.plotting.diagram import CELL, HEIGHT, arrow, tile
from lstm_guide.plotting.look import INK, TENSORS, WIDTH, check_canvas, style, text_on

__all__ = ["pattern"]

# In inches: the rows of a pattern, by the middle of what stands in them, and its edges.
NAMES, INPUTS, BOXES, OUTPUTS = 0.0, 0.45, 1.1, 1.75
PATTERN = (-0.25, 2.0)


def pattern(
    parts: Mapping[str, Sequence[tuple[str, str]]],
    *,
    start: str = "zeros",
    feedback: bool = False,
    title: str | None = None,
    ax: Axes | None = None,
) -> Axes:
    """Draw which steps read an input and of which steps the output is used.

    Time runs to the right, from part to part; the arrow between two steps is the state.

    Args:
        parts: for each LSTM its name and its steps; a step is a pair of texts, what it reads and
            what its output is used for, each empty where there is nothing.
        start: what the state is before the first step.
        feedback: whether the last part reads at each step what it wrote at the step before.
        title: the sentence that says what is seen; None for one made from the steps.
        ax: where to draw; best about 7 inches wide. None for a new figure.

    Returns:
        The axes, in inches.

    Raises:
        TypeError: a step is not a pair of texts, or another argument has the wrong type.
        ValueError: there are no parts, or one without steps.

    Example:
        >>> ax = pattern({"encoder": [("a", ""), ("b", ""), ("a", "vector")]})
        >>> print(ax.get_title())
        encoder: 3 inputs, 1 output used
    """
    check_parts(parts)
    check_text("start", start)
    check_switch("feedback", feedback)
    check_canvas(title, ax)
    if title is None:
        title = "\n".join(f"{name}: {_usage(pairs)}" for name, pairs in parts.items())
    with style():
        if ax is None:
            low, high = PATTERN
            total = high - low + 0.3 * (title.count("\n") + 1) + 0.1
            figure = plt.figure(figsize=(WIDTH, total), layout="none")
            ax = figure.add_axes((0, 0, 1, (high - low) / total))
        _draw_pattern(ax, parts, start, feedback)
        ax.set_title(title, color=INK)
    return ax


def _usage(pairs: Sequence[tuple[str, str]]) -> str:
    inputs, outputs = (sum(map(bool, texts)) for texts in zip(*pairs, strict=True))
    return f"{inputs} input{'s' * (inputs != 1)}, {outputs} output{'s' * (outputs != 1)} used"


def _draw_pattern(
    ax: Axes, parts: Mapping[str, Sequence[tuple[str, str]]], start: str, feedback: bool
) -> None:
    """Draw the steps of each part: what a step reads, and what is used of it."""
    ax.set(aspect="equal", xlim=(0, WIDTH), ylim=PATTERN)
    ax.axis("off")
    steps = [pair for pairs in parts.values() for pair in pairs]
    left = 0.95 + 0.1 * max(0, len(start) - 6)  # room for the words on the left
    pitch = min(1.0, (WIDTH - left) / len(steps))
    width = 0.72 * pitch
    for y, name in ((INPUTS, "input"), (OUTPUTS, "output")):
        box = {"boxstyle": "square,pad=0.2", "facecolor": TENSORS[name], "edgecolor": INK}
        ax.text(0.1, y, name, va="center_baseline", color=text_on(TENSORS[name]), bbox=box)
    ax.text(0.1, BOXES, start, va="center_baseline")
    places = [left + pitch * (i + 0.5) for i in range(len(steps))]
    for x, (given, used) in zip(places, steps, strict=True):
        arrow(ax, (x - pitch + width / 2, BOXES), (x - width / 2, BOXES))
        _draw_step(ax, x, width, {"input": given, "output": used})
    first = 0
    for name, pairs in parts.items():
        own = places[first : first + len(pairs)]
        first += len(pairs)
        ax.text((own[0] + own[-1]) / 2, NAMES, name, ha="center", va="center_baseline")
        ax.plot((own[0] - width / 2, own[-1] + width / 2), [NAMES + 0.17] * 2, color=INK)
    if feedback:
        for x, next_x in pairwise(own):
            begin, tip = (x + width / 2, OUTPUTS - HEIGHT / 2), (next_x - width / 2, INPUTS)
            arrow(ax, begin, tip, "--")


def _draw_step(ax: Axes, x: float, width: float, texts: Mapping[str, str]) -> None:
    """Draw one box; where there is a text, the input below it and the output above."""
    box = Rectangle((x - width / 2, BOXES - CELL / 2), width, CELL, facecolor=(INK, 0.1))
    box.set(edgecolor=INK, linewidth=1.5, label="step")
    ax.add_patch(box)
    low, high = HEIGHT / 2, CELL / 2
    if texts["input"]:
        arrow(ax, (x, INPUTS + low), (x, BOXES - high))
    if texts["output"]:
        arrow(ax, (x, BOXES + high), (x, OUTPUTS - low))
    for (name, text), y in zip(texts.items(), (INPUTS, OUTPUTS), strict=True):
        if text:
            size = min(12.0, 72 * width / (0.7 * len(text)))  # in points, 72 an inch
            tile(ax, {"facecolor": TENSORS[name], "edgecolor": INK}, text, (x, y), width, size)
