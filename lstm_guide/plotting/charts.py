"""Numbers as lines over time and as bars."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import cycle
from math import ceil

import matplotlib.pyplot as plt
from matplotlib.axes import Axes
from matplotlib.ticker import MaxNLocator
from torch import Tensor

from lstm_guide.errors.drawing import check_groups, check_series, check_text
from lstm_guide.plotting.look import INK, LINES, WIDTH, check_canvas, chip, style

__all__ = ["bars", "steps"]


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
            numbers = values.detach().double().tolist()
            (line,) = ax.plot(numbers, label=label, **look)  # type: ignore[arg-type]
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

    Whole numbers are written as they are; others have one decimal, or two where all are below 2.

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
