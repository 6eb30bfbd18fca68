"""Tensors as grids of cells."""

from __future__ import annotations

from itertools import product

import matplotlib.pyplot as plt
from matplotlib.axes import Axes
from matplotlib.colors import LinearSegmentedColormap, to_hex
from matplotlib.patches import Rectangle
from torch import Tensor

from lstm_guide.errors.drawing import check_amounts, check_grid, check_sources
from lstm_guide.plotting.look import (
    INK,
    SHADES,
    SOURCES,
    WIDTH,
    axis_text,
    check_canvas,
    chip,
    style,
    text_on,
)
from lstm_guide.shapes import AXES

__all__ = ["cells", "influence"]


def cells(
    values: Tensor,
    *,
    rows: str,
    columns: str,
    colour_by: Tensor | None = None,
    title: str | None = None,
    ax: Axes | None = None,
) -> Axes:
    """Draw a tensor with two axes as a grid of cells, each with its value.

    Args:
        values: (n, m), of any real dtype; floats have two decimals, an exact zero is ``0``, and
            what would round to zero is ``<.01`` or ``>-.01``.
        rows: the name of the first axis, a key of ``AXES``; ``layer`` goes up, all others down.
        columns: the name of the second axis, a key of ``AXES``.
        colour_by: (n, m), integers; cells with the same number get the same fill.
        title: the sentence that says what is seen; None for one made from the sizes.
        ax: where to draw; None for a new figure.

    Returns:
        The axes; cell (i, j) has its centre at x = j, y = i.

    Raises:
        ShapeError: values does not have two axes, or colour_by has another shape.
        TypeError: values is not a tensor of real numbers, colour_by not one of integers, or
            another argument has the wrong type.
        ValueError: rows or columns is not an axis of the guide, or there are no entries: the
            tensor is on the device meta.

    Example:
        >>> import torch
        >>> ax = cells(torch.arange(12).reshape(3, 4), rows="batch", columns="time")
        >>> print(ax.get_ylabel(), "|", ax.get_xlabel())
        batch (N=3) | time (L=4)
    """
    check_grid("values", values, AXES, rows=rows, columns=columns)
    check_canvas(title, ax)
    fills = [["none"] * values.size(1)] * values.size(0)
    if colour_by is not None:
        check_sources(colour_by, values)
        fills = [[SOURCES[i % len(SOURCES)] for i in line] for line in colour_by.tolist()]
    write = _amount if values.is_floating_point() else "{:d}".format
    texts = [[write(value) for value in line] for line in values.tolist()]
    sizes = " × ".join(map(str, values.shape))
    way = "up" if rows == "layer" else "down"
    if title is None:
        title = f"A tensor of {sizes}: {rows} {way}, {columns} to the right"
    labels = (axis_text(rows, values.size(0)), axis_text(columns, values.size(1)))
    return _draw_grid(ax, texts, fills, (rows, columns), labels, title)


def influence(
    matrix: Tensor, *, rows: str, columns: str, title: str | None = None, ax: Axes | None = None
) -> Axes:
    """Draw how much perturbing entry i changes entry j; an exact zero stays blank but for its 0.

    Args:
        matrix: (n, m), at least 0; entry (i, j) says how much perturbing i changes j.
        rows: the name of the axis that is perturbed, a key of ``AXES``.
        columns: the name of the axis that is watched, a key of ``AXES``.
        title: the sentence that says what is seen; None for one made from the entries.
        ax: where to draw; None for a new figure.

    Returns:
        The axes; entry (i, j) has its centre at x = j, y = i.

    Raises:
        ShapeError: matrix does not have two axes.
        TypeError: matrix is not a tensor, or another argument has the wrong type.
        ValueError: an entry is negative or not finite, or rows or columns is not an axis.

    Example:
        >>> import torch
        >>> ax = influence(torch.eye(4), rows="batch", columns="batch")
        >>> print(ax.get_title())
        Perturbing batch changes batch in 4 of 16 pairs
    """
    check_grid("matrix", matrix, AXES, rows=rows, columns=columns)
    check_canvas(title, ax)
    check_amounts("matrix", matrix)
    shades = LinearSegmentedColormap.from_list("influence", SHADES)
    entries = matrix.tolist()
    largest = max(map(max, entries)) or 1.0
    fills = [[to_hex(shades(v / largest)) if v else "none" for v in line] for line in entries]
    texts = [[_amount(v) for v in line] for line in entries]
    count, pairs = int(matrix.count_nonzero()), matrix.numel()
    if title is None:
        title = f"Perturbing {rows} changes {columns} in {count} of {pairs} pairs"
    labels = (
        f"you change: {axis_text(rows, matrix.size(0))}",
        f"the output moves: {axis_text(columns, matrix.size(1))}",
    )
    return _draw_grid(ax, texts, fills, (rows, columns), labels, title)


def _draw_grid(
    ax: Axes | None,
    texts: list[list[str]],
    fills: list[list[str]],
    axes: tuple[str, str],
    labels: tuple[str, str],
    title: str,
) -> Axes:
    """Draw cells with their texts and fills; the first of each pair belongs to the rows."""
    n, m = len(texts), len(texts[0])
    with style():
        if ax is None:
            size = (min(WIDTH, max(4.6, 1.2 + 0.66 * m)), 1.6 + 0.46 * n)
            ax = plt.figure(figsize=size).subplots()
        else:
            ax.set_aspect(0.7)
        longest = max(len(text) for line in texts for text in (*line, str(m - 1)))
        room = 72 * ax.get_window_extent().width / ax.figure.dpi / m
        font = min(13.0, 1.4 * room / longest)  # a digit is 0.64 of the font size wide
        for i, j in product(range(n), range(m)):
            cell = Rectangle((j - 0.5, i - 0.5), 1, 1, facecolor=fills[i][j], edgecolor=INK)
            ax.add_patch(cell).set_clip_on(False)
            text = ax.text(j, i, texts[i][j], ha="center", va="center_baseline", size=font)
            text.set_color(text_on(fills[i][j]))
        upwards = axes[0] == "layer"
        ax.set(xlim=(-0.5, m - 0.5), ylim=(-0.5, n - 0.5) if upwards else (n - 0.5, -0.5))
        ax.set(xticks=range(m), yticks=range(n))
        ax.tick_params(length=0, colors=INK, labelsize=font)
        ax.spines[:].set_visible(False)
        ax.set_ylabel(labels[0], labelpad=8, **chip(axes[0]))
        ax.set_xlabel(labels[1], labelpad=8, **chip(axes[1]))
        ax.set_title(title, color=INK, pad=10, wrap=True)
    return ax


def _amount(value: float) -> str:
    """Two decimals; what would round to zero is not written as zero."""
    if value == 0:
        return "0"
    if abs(value) < 0.005:
        return "<.01" if value > 0 else ">-.01"
    return f"{value:.2f}"
