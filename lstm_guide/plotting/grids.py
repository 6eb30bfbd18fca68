"""Tensors as grids of cells and as lines over time."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import cycle, product
from math import ceil

import matplotlib.pyplot as plt
from matplotlib.axes import Axes
from matplotlib.colors import LinearSegmentedColormap, to_hex
from matplotlib.patches import Rectangle
from matplotlib.ticker import MaxNLocator
from torch import Tensor

from lstm_guide.errors.drawing import (
    check_amounts,
    check_grid,
    check_groups,
    check_series,
    check_sources,
    check_text,
)
from lstm_guide.plotting.look import (
    INK,
    LINES,
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

__all__ = ["bars", "cells", "influence", "steps"]


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
        values: (n, m), of any real dtype; floats are rounded to two decimals.
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


def steps(
    series: Mapping[str, Tensor],
    *,
    ylabel: str,
    xlabel: str | None = None,
    title: str | None = None,
    ax: Axes | None = None,
) -> Axes:
    """Draw values over time, one line for each entry of series; equal lines both stay visible.

    Args:
        series: for each label its values, (L,), all of one length. More than 25 values are drawn
            thinner. A single line needs no legend: say in ``ylabel`` what it is.
        ylabel: what the values are.
        xlabel: what is counted, where it is no time step of a sequence, such as the epochs of a
            training; None for time, in its colour.
        title: the sentence that says what is seen; None for one made from the labels.
        ax: where to draw; None for a new figure.

    Returns:
        The axes; the x of a value is its time step, or its number from 0.

    Raises:
        ShapeError: values do not have one axis, or the lengths differ.
        TypeError: values are not a tensor, or another argument has the wrong type.
        ValueError: series is empty.

    Example:
        >>> import torch
        >>> ax = steps({"bulk": torch.rand(7), "loop": torch.rand(7)}, ylabel="h")
        >>> print(ax.get_xlabel())
        time step (L=7)
    """
    length = check_series(series)
    check_text("ylabel", ylabel)
    if xlabel is not None:
        check_text("xlabel", xlabel)
    check_canvas(title, ax)
    with style():
        if ax is None:
            height = 3.4 + 0.3 * _legend_size(list(series))[0]
            ax = plt.figure(figsize=(WIDTH, height)).subplots()
        thinner = min(1.0, max(0.4, 25 / length))
        for (label, values), look in zip(series.items(), cycle(LINES), strict=False):
            (line,) = ax.plot(values.detach().double().tolist(), label=label, **look)  # type: ignore[arg-type]
            line.set(
                linewidth=thinner * line.get_linewidth(),
                markersize=thinner * line.get_markersize(),
            )
        if xlabel is None:
            ax.set_xlabel(f"time step (L={length})", labelpad=8, **chip("time"))
        else:
            ax.set_xlabel(xlabel, color=INK)
        ax.set_ylabel(ylabel, color=INK)
        if title is None:
            title = f"{' and '.join(series)} over {length} time step{'s' * (length > 1)}"
        ax.set_title(title, color=INK, pad=10, wrap=True)
        ax.xaxis.set_major_locator(MaxNLocator(integer=True))
        ax.tick_params(colors=INK)
        ax.spines[:].set_color(INK)
        ax.spines[["top", "right"]].set_visible(False)
        _draw_legend(ax, list(series))
    return ax


def bars(
    groups: Mapping[str, Mapping[str, float]],
    *,
    xlabel: str,
    title: str | None = None,
    ax: Axes | None = None,
) -> Axes:
    """Draw numbers as bars to the right, in groups, each with its value.

    Whole numbers are written as they are, others with one decimal, or with two where all are below
    2.

    Args:
        groups: for each group a number for each label, at least 0; all with the same labels.
            A single label needs no legend: say in ``xlabel`` what it is.
        xlabel: what the numbers are.
        title: the sentence that says what is seen; None for one made from the labels.
        ax: where to draw; None for a new figure.

    Returns:
        The axes; the groups go down.

    Raises:
        TypeError: a value is not a number, or another argument has the wrong type.
        ValueError: there is no group, the groups have different labels, or a number is negative or
            not finite.

    Example:
        >>> ax = bars({"short": {"a": 1.0, "b": 2.0}, "long": {"a": 1.0, "b": 3.0}}, xlabel="time")
        >>> print([text.get_text() for text in ax.texts])
        ['1.0', '1.0', '2.0', '3.0']
    """
    labels = check_groups(groups)
    check_text("xlabel", xlabel)
    check_canvas(title, ax)
    height = 0.8 / len(labels)
    decimals = 1 if max(max(group.values()) for group in groups.values()) >= 2 else 2
    with style():
        if ax is None:
            size = (WIDTH, 1.6 + 0.3 * len(groups) * (len(labels) + 0.6))
            ax = plt.figure(figsize=size).subplots()
        for i, (label, look) in enumerate(zip(labels, cycle(LINES), strict=False)):
            values = [group[label] for group in groups.values()]
            at = [y + height * (i - (len(labels) - 1) / 2) for y in range(len(groups))]
            drawn = ax.barh(at, values, height, label=label, color=look["color"])
            texts = [f"{v}" if isinstance(v, int) else f"{v:.{decimals}f}" for v in values]
            ax.bar_label(drawn, texts, padding=4, color=INK)
        ax.set_yticks(range(len(groups)), list(groups))
        ax.invert_yaxis()
        ax.margins(x=0.12)
        ax.set_xlabel(xlabel, color=INK)
        if title is None:
            title = f"{' and '.join(labels)} for {' and '.join(groups)}"
        ax.set_title(title, color=INK, pad=10, wrap=True)
        ax.tick_params(colors=INK)
        ax.spines[:].set_color(INK)
        ax.spines[["top", "right"]].set_visible(False)
        _draw_legend(ax, labels)
    return ax


def _draw_legend(ax: Axes, labels: list[str]) -> None:
    """Name what is drawn below the axes, which need the width; a single label needs no legend."""
    rows, columns = _legend_size(labels)
    if rows:
        ax.figure.legend(loc="outside lower center", ncols=columns, handlelength=3.0)


def _legend_size(labels: list[str]) -> tuple[int, int]:
    """The rows and columns of the legend: none for one label, one row where it fits, else two."""
    if len(labels) == 1:
        return 0, 0
    columns = len(labels) if len("".join(labels)) <= 36 else 2
    return ceil(len(labels) / columns), columns


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
