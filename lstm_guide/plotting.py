"""Drawings of calls and tensors, each made from the real tensors it is given.

Every function returns the matplotlib ``Axes`` it drew on, and makes a new figure unless ``ax`` is
given. Figures are transparent and read well on a light and on a dark page. What a reader gives is
grey, what a call returns is coloured, and each axis has the colour it has everywhere in the guide.
"""

from __future__ import annotations

import warnings
from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from itertools import cycle, pairwise, product
from typing import Any

import matplotlib.pyplot as plt
import torch
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.colors import LinearSegmentedColormap, to_hex
from matplotlib.layout_engine import ConstrainedLayoutEngine
from matplotlib.offsetbox import AnnotationBbox, HPacker, TextArea
from matplotlib.patches import FancyBboxPatch, Rectangle
from matplotlib.ticker import MaxNLocator
from torch import Tensor, nn

from lstm_guide.errors import ShapeError
from lstm_guide.shapes import AXES, CallShapes, Config, Shape, call_shapes

__all__ = ["call", "cells", "influence", "steps", "style"]

INK = "#777b83"  # contrast 4.2 on a white page and 4.2 on a dark one (#14181e)
GIVEN = "#d3d7de"
FILLS = {"input": GIVEN, "h_0": GIVEN, "c_0": GIVEN}
FILLS |= {"output": "#f4c542", "h_n": "#49b6c4", "c_n": "#e07fa8"}
# Light fills for cells with black text, told apart by colour-blind readers as well.
# Source: Paul Tol, Colour Schemes, technical note SRON/EPS/TN/09-002, scheme "light".
SOURCES = ["#77aadd", "#ee8866", "#eedd88", "#44bb99", "#ffaabb"]
SOURCES += ["#99ddff", "#bbcc33", "#aaaa00", "#dddddd"]
# Lines become thinner and markers smaller, so that a line under an equal one stays visible.
LINES = (
    {"color": "#0e8a98", "linestyle": "-", "marker": "o", "linewidth": 5.0, "markersize": 12.0},
    {"color": "#c2448a", "linestyle": "--", "marker": "s", "linewidth": 2.5, "markersize": 7.0},
    {"color": "#a07400", "linestyle": ":", "marker": "^", "linewidth": 2.0, "markersize": 6.0},
    {"color": INK, "linestyle": "-.", "marker": "D", "linewidth": 1.5, "markersize": 4.0},
)


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
            "axes.labelsize": 12,
            "axes.titlesize": 13,
            "figure.facecolor": "none",
            "font.size": 12,
            "hatch.linewidth": 0.6,
            "savefig.facecolor": "none",
            "svg.fonttype": "path",  # looks the same on every machine
            "text.color": INK,
            "xtick.color": INK,
            "ytick.color": INK,
        }
    )


# --- a call --------------------------------------------------------------------------------------

# In inches of a figure 7 inches wide: cells, the lane of one direction, the gap above a layer with
# its name, and one entry of a tensor.
WIDTH, CELL, LANE, GAP, MARGIN = 7.0, 0.46, 0.6, 0.38, 0.85
TILE, HEIGHT = 0.76, 0.27


def call(
    lstm: nn.LSTM,
    x: Tensor,
    state: tuple[Tensor, Tensor] | None = None,
    *,
    title: str | None = None,
    ax: Axes | None = None,
) -> Axes:
    """Run ``output, (h_n, c_n) = lstm(x, state)`` and draw where each tensor comes from.

    Time runs to the right and layers go up; solid arrows carry h, dashed ones c. Of more than six
    steps the first three and the last two are drawn. The call runs without gradients and leaves
    the random state of torch as it was.

    Args:
        lstm: the module.
        x: the input, (L, N, H_in), (N, L, H_in) with batch_first, or (L, H_in).
        state: (h_0, c_0), (K * D, N, H_out) and (K * D, N, H_cell); None for zeros.
        title: the sentence that says what is seen; None for one made from the sizes.
        ax: where to draw; best about 7 inches wide. None for a new figure.

    Returns:
        The axes, in inches.

    Raises:
        ShapeError: x does not fit the module.
        TypeError: x is packed, or lstm or x is of the wrong type.

    Example:
        >>> ax = call(nn.LSTM(3, 5, num_layers=2), torch.zeros(7, 4, 3))
        >>> print(ax.get_title())
        output: every step (7) of the top layer
        h_n and c_n: the last step of every layer (2)
    """
    shapes = call_shapes(lstm, x)
    if not isinstance(x, Tensor):
        raise TypeError(
            f"x: expected a tensor, got {type(x).__name__}. "
            "Draw the padded tensor that it was packed from."
        )
    sizes = _run(lstm, x, state, shapes)
    config = Config.of(lstm)
    plan = _Plan(config.K, config.D, shapes.L, zeros=state is None)
    with style():
        if ax is None:
            # The title needs half an inch above the axes.
            figure = plt.figure(figsize=(WIDTH, plan.height + 0.55))
            ax = figure.add_axes((0, 0, 1, plan.height / (plan.height + 0.55)))
        ax.set(aspect="equal", xlim=(0, WIDTH), ylim=(plan.base, plan.base + plan.height))
        ax.axis("off")
        _draw_module(ax, plan)
        for k in range(plan.K):
            for d in range(plan.D):
                _draw_lane(ax, plan, k, d)
        _draw_columns(ax, plan, config.H_out)
        _draw_labels(ax, plan, sizes)
        ax.set_title(_call_title(plan) if title is None else title)
    return ax


def _run(
    lstm: nn.LSTM, x: Tensor, state: tuple[Tensor, Tensor] | None, shapes: CallShapes
) -> dict[str, list[tuple[str, str]]]:
    """Make the call; return for each tensor its axes with letters and real sizes."""
    devices = [x.device] if x.is_cuda else []
    with torch.no_grad(), torch.random.fork_rng(devices), warnings.catch_warnings():
        # Says only that a call with proj_size is slower on a CPU.
        warnings.filterwarnings("ignore", "LSTM with projections", UserWarning)
        output, (h_n, c_n) = lstm(x, state)
    h_0, c_0 = (h_n, c_n) if state is None else state  # the zeros have the shapes of the results
    tensors = {"input": x, "output": output, "h_0": h_0, "c_0": c_0, "h_n": h_n, "c_n": c_n}
    return {name: _sizes(getattr(shapes, name), tensor) for name, tensor in tensors.items()}


def _sizes(shape: Shape, tensor: Tensor) -> list[tuple[str, str]]:
    return [
        (dim.axis, f"{dim.letters.replace(' * ', '·')}={size}")
        for dim, size in zip(shape.dims, tensor.shape, strict=True)
    ]


@dataclass(frozen=True)
class _Plan:
    """Where the parts of a drawn call stand; y = 0 is the lower edge of layer 0."""

    K: int
    D: int
    L: int
    zeros: bool
    base = -1.9

    @property
    def height(self) -> float:
        return self.output + self.D * HEIGHT + 0.45 - self.base

    @property
    def columns(self) -> list[tuple[int | None, float]]:
        """The steps that are drawn and their x; None stands for those left out."""
        L = self.L
        steps = list(range(L)) if L <= 6 else [0, 1, 2, None, L - 2, L - 1]
        first = (WIDTH - self.pitch * (len(steps) - 1)) / 2
        return [(step, first + self.pitch * i) for i, step in enumerate(steps)]

    @property
    def pitch(self) -> float:
        return min(0.9, 3.1 / max(1, min(self.L, 6) - 1))

    @property
    def sides(self) -> tuple[float, float]:
        """Left and right edge of the module."""
        return self.columns[0][1] - MARGIN, self.columns[-1][1] + MARGIN

    def floor(self, k: int) -> float:
        """Lower edge of layer k."""
        return k * (self.D * LANE + GAP)

    @property
    def output(self) -> float:
        """Lower edge of output."""
        return self.floor(self.K) + 0.27

    def fill(self, name: str) -> str:
        return "none" if self.zeros and name in ("h_0", "c_0") else FILLS[name]


def _draw_module(ax: Axes, plan: _Plan) -> None:
    (left, right), top = plan.sides, plan.floor(plan.K)
    size = (right - left, top + 0.2)
    shape = "round,pad=0,rounding_size=0.12"
    ax.add_patch(
        FancyBboxPatch((left, -0.2), *size, boxstyle=shape, facecolor=(INK, 0.1), edgecolor=INK)
    )
    ax.text(right - 0.08, top - GAP / 2, "nn.LSTM", ha="right", va="center", size=11)
    for k in range(plan.K):
        y = plan.floor(k + 1) - GAP / 2
        ax.text(left + 0.1, y, f"layer {k}", va="center", size=11, **_chip("layer"))


def _draw_lane(ax: Axes, plan: _Plan, k: int, d: int) -> None:
    """Draw one direction of one layer: its cells, and h and c from their start to their end."""
    y, row, way = plan.floor(k) + (d + 0.5) * LANE, k * plan.D + d, (1, -1)[d]
    start, end = plan.sides[::way]
    for step, x in plan.columns:
        if step is None:
            ax.text(x, y, "…", ha="center", va="center", size=16)
        else:
            corner = (x - CELL / 2, y - LANE / 2)
            cell = Rectangle(corner, CELL, LANE, facecolor="none", edgecolor=INK, linewidth=1.5)
            cell.set_label(f"cell {row} {step}")
            ax.add_patch(cell)
            ax.text(x, y, "→←"[d] if plan.D == 2 else "", ha="center", va="center", size=14)
    for name, side, line in (("h", 1, "-"), ("c", -1, "--")):
        level = y + side * HEIGHT / 2
        first, last = start - way * (0.2 + TILE / 2), end + way * (0.2 + TILE / 2)
        _tile(ax, plan.fill(f"{name}_0"), f"{name}_0[{row}]", (first, level), TILE)
        _tile(ax, plan.fill(f"{name}_n"), f"{name}_n[{row}]", (last, level), TILE)
        stops = [(first, TILE), *((x, CELL) for _, x in plan.columns[::way]), (last, TILE)]
        for (x, width), (next_x, next_width) in pairwise(stops):
            begin, tip = x + way * width / 2, next_x - way * next_width / 2
            _arrow(ax, (begin, level), (tip, level), line)


def _draw_columns(ax: Axes, plan: _Plan, width: int) -> None:
    """Draw input and output, one entry a step, and the arrows up through the layers."""
    below = -0.46 - HEIGHT / 2
    for step, x in plan.columns:
        text = "…" if step is None else str(step)
        _tile(ax, plan.fill("input"), text, (x, below), plan.pitch)
        for d in range(plan.D):
            _tile(ax, plan.fill("output"), text, (x, plan.output + (d + 0.5) * HEIGHT), plan.pitch)
        if step is not None:
            _arrow(ax, (x, below + HEIGHT / 2), (x, 0))
            for k in range(plan.K):
                end = plan.floor(k + 1) if k + 1 < plan.K else plan.output
                _arrow(ax, (x, plan.floor(k) + plan.D * LANE), (x, end))
    left = plan.columns[0][1] - plan.pitch / 2 - 0.12
    ax.text(left, below, "time →", ha="right", va="center_baseline", **_chip("time"))
    for d, part in enumerate((f"[..., :{width}] →", f"[..., {width}:] ←")[: plan.D * (plan.D - 1)]):
        ax.text(left, plan.output + (d + 0.5) * HEIGHT, part, ha="right", va="center_baseline")


def _draw_labels(ax: Axes, plan: _Plan, sizes: Mapping[str, Sequence[tuple[str, str]]]) -> None:
    """Write the name of each tensor and its sizes."""
    top = plan.output + plan.D * HEIGHT + 0.06
    places = {
        "output": ((WIDTH / 2, top), (0.5, 0)),
        "input": ((WIDTH / 2, -0.79), (0.5, 1)),
        "h_0": ((0.08, -1.23), (0, 1)),
        "c_0": ((0.08, -1.55), (0, 1)),
        "h_n": ((WIDTH - 0.08, -1.23), (1, 1)),
        "c_n": ((WIDTH - 0.08, -1.55), (1, 1)),
    }
    for name, (place, align) in places.items():
        fill = plan.fill(name)
        box = {"boxstyle": "square,pad=0.2", "facecolor": fill, "edgecolor": INK}
        bold = {"weight": "bold", "color": _text_on(fill), "bbox": box}
        texts: list[Artist] = [TextArea(name, textprops=bold)]
        texts += [TextArea(text, textprops=_chip(axis)) for axis, text in sizes[name]]
        if fill == "none":
            texts.append(TextArea("zeros"))
        row = HPacker(children=texts, sep=9, pad=3, align="baseline")
        ax.add_artist(AnnotationBbox(row, place, box_alignment=align, frameon=False, pad=0))


def _call_title(plan: _Plan) -> str:
    layer = " of the top layer" if plan.K > 1 else ""
    both = ", both directions" if plan.D == 2 else ""
    layers = [f"layer ({plan.K})"] * (plan.K > 1) + [f"direction ({plan.D})"] * (plan.D > 1)
    every = f" of every {' and '.join(layers)}" if layers else ""
    return f"output: every step ({plan.L}){layer}{both}\nh_n and c_n: the last step{every}"


def _tile(ax: Axes, fill: str, text: str, centre: tuple[float, float], width: float) -> None:
    """Draw one entry of a tensor: c is hatched, and zeros that nobody gave are dashed."""
    corner = (centre[0] - width / 2, centre[1] - HEIGHT / 2)
    hatch = "//" if text.startswith("c") and fill != "none" else None
    line = "--" if fill == "none" else "-"
    ax.add_patch(
        Rectangle(corner, width, HEIGHT, facecolor=fill, edgecolor=INK, linestyle=line, hatch=hatch)
    )
    ax.text(*centre, text, ha="center", va="center_baseline", color=_text_on(fill))


def _arrow(ax: Axes, start: tuple[float, float], end: tuple[float, float], line: str = "-") -> None:
    look = {"arrowstyle": "-|>", "color": INK, "linewidth": 1.3, "linestyle": line}
    ax.annotate("", end, start, arrowprops=look | {"shrinkA": 0, "shrinkB": 0})


# --- grids and lines -----------------------------------------------------------------------------


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
        TypeError: values is not a tensor, or colour_by not one of integers.
        ValueError: rows or columns is not an axis of the guide.

    Example:
        >>> ax = cells(torch.arange(12).reshape(3, 4), rows="batch", columns="time")
        >>> print(ax.get_ylabel(), "|", ax.get_xlabel())
        batch (N=3) | time (L=4)
    """
    _check_grid("values", values, rows, columns)
    fills = [["none"] * values.size(1)] * values.size(0)
    if colour_by is not None:
        _check_sources(colour_by, values)
        fills = [[SOURCES[i % len(SOURCES)] for i in line] for line in colour_by.tolist()]
    # "z" turns -0.00 into 0.00.
    form = "{:z.2f}" if values.is_floating_point() else "{:d}"
    texts = [[form.format(value) for value in line] for line in values.tolist()]
    sizes = " × ".join(map(str, values.shape))
    way = "up" if rows == "layer" else "down"
    default = f"A tensor of {sizes}: {rows} {way}, {columns} to the right"
    labels = (_axis_text(rows, values.size(0)), _axis_text(columns, values.size(1)))
    return _draw_grid(ax, texts, fills, (rows, columns), labels, title or default)


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
        TypeError: matrix is not a tensor.
        ValueError: an entry is negative or not finite, or rows or columns is not an axis.

    Example:
        >>> ax = influence(torch.eye(4), rows="batch", columns="batch")
        >>> print(ax.get_title())
        Perturbing batch changes batch in 4 of 16 pairs
    """
    _check_grid("matrix", matrix, rows, columns)
    if not (matrix.isfinite() & (matrix >= 0)).all():
        raise ValueError(
            "matrix: expected finite entries of at least 0, "
            f"got {matrix.min().item():g} to {matrix.max().item():g}. "
            "Give sizes of changes, for example (after - before).abs()."
        )
    shades = LinearSegmentedColormap.from_list("influence", [GIVEN, "#c2448a"])
    entries = matrix.tolist()
    largest = max(map(max, entries)) or 1.0
    fills = [[to_hex(shades(v / largest)) if v else "none" for v in line] for line in entries]
    texts = [[_amount(v) for v in line] for line in entries]
    count, pairs = int(matrix.count_nonzero()), matrix.numel()
    default = f"Perturbing {rows} changes {columns} in {count} of {pairs} pairs"
    labels = (
        f"perturbed: {_axis_text(rows, matrix.size(0))}",
        f"changed: {_axis_text(columns, matrix.size(1))}",
    )
    return _draw_grid(ax, texts, fills, (rows, columns), labels, title or default)


def steps(
    series: Mapping[str, Tensor],
    *,
    ylabel: str,
    title: str | None = None,
    ax: Axes | None = None,
) -> Axes:
    """Draw values over time, one line for each entry of series; equal lines both stay visible.

    Args:
        series: for each label its values, (L,), all of one length.
        ylabel: what the values are.
        title: the sentence that says what is seen; None for one made from the labels.
        ax: where to draw; None for a new figure.

    Returns:
        The axes; the x of a value is its time step.

    Raises:
        ShapeError: values do not have one axis, or the lengths differ.
        TypeError: values are not a tensor.
        ValueError: series is empty.

    Example:
        >>> ax = steps({"bulk": torch.rand(7), "loop": torch.rand(7)}, ylabel="h")
        >>> print(ax.get_xlabel())
        time step (L=7)
    """
    length = _check_series(series)
    with style():
        if ax is None:
            ax = _new_axes((WIDTH, 3.4))
        for (label, values), look in zip(series.items(), cycle(LINES), strict=False):
            ax.plot(values.detach().double().tolist(), label=label, **look)  # type: ignore[arg-type]
        ax.set_xlabel(f"time step (L={length})", labelpad=8, **_chip("time"))
        ax.set_ylabel(ylabel, color=INK)
        ax.set_title(title or f"{' and '.join(series)} over {length} time steps", color=INK, pad=10)
        ax.xaxis.set_major_locator(MaxNLocator(integer=True))
        ax.tick_params(colors=INK)
        ax.spines[["top", "right"]].set_visible(False)
        ax.legend(frameon=False, loc="center left", bbox_to_anchor=(1, 0.5), handlelength=3.5)
    return ax


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
            ax = _new_axes(size)
        else:
            ax.set_aspect(0.7)
        longest = max(len(text) for line in texts for text in (*line, str(m - 1)))
        room = 72 * ax.get_window_extent().width / ax.figure.dpi / m
        font = min(12.0, 1.4 * room / longest)
        for i, j in product(range(n), range(m)):
            fill, text = fills[i][j], ax.text(j, i, texts[i][j], ha="center", va="center_baseline")
            text.set(color=_text_on(fill), size=font)
            ax.add_patch(Rectangle((j - 0.5, i - 0.5), 1, 1, facecolor=fill, edgecolor=INK))
        upwards = axes[0] == "layer"
        ax.set(xlim=(-0.5, m - 0.5), ylim=(-0.5, n - 0.5) if upwards else (n - 0.5, -0.5))
        ax.set(xticks=range(m), yticks=range(n))
        ax.tick_params(length=0, colors=INK, labelsize=font)
        ax.spines[:].set_visible(False)
        ax.set_ylabel(labels[0], labelpad=8, **_chip(axes[0]))
        ax.set_xlabel(labels[1], labelpad=8, **_chip(axes[1]))
        ax.set_title(title, color=INK, pad=10, wrap=True)
    return ax


def _new_axes(size: tuple[float, float]) -> Axes:
    room = ConstrainedLayoutEngine(w_pad=0.12, h_pad=0.12)  # for the chips of the axes
    return plt.figure(figsize=size, layout=room).subplots()


def _axis_text(axis: str, size: int) -> str:
    return f"{axis} ({AXES[axis].letter}={size})"


def _amount(value: float) -> str:
    """Two decimals; what would round to zero is not written as zero."""
    if value == 0:
        return "0"
    return "<.01" if value < 0.005 else f"{value:.2f}"


# --- checks --------------------------------------------------------------------------------------


def _check_grid(name: str, values: object, rows: str, columns: str) -> None:
    _check_tensor(name, values, "(n, m)", 2)
    for option, axis in (("rows", rows), ("columns", columns)):
        if axis not in AXES:
            raise ValueError(
                f"{option}: expected one of {', '.join(AXES)}, got {axis!r}. "
                "Name the axis in the words of the guide."
            )


def _check_tensor(name: str, values: object, letters: str, rank: int) -> None:
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


def _check_sources(colour_by: object, values: Tensor) -> None:
    if not isinstance(colour_by, Tensor) or colour_by.is_floating_point():
        got = colour_by.dtype if isinstance(colour_by, Tensor) else type(colour_by).__name__
        raise TypeError(
            f"colour_by: expected a tensor of integers, got {got}. "
            "Give the number of the sample or step that each cell comes from."
        )
    if colour_by.shape != values.shape:
        raise ShapeError(
            f"colour_by: expected the shape of values, {tuple(values.shape)}, "
            f"got {tuple(colour_by.shape)}. Give one number for each cell."
        )


def _check_series(series: Mapping[str, Tensor]) -> int:
    """Return the common length."""
    if not series:
        raise ValueError(
            "series: expected at least one label with values, got none. "
            'Give a dict such as {"bulk": output[:, 0, 0]}.'
        )
    for label, values in series.items():
        _check_tensor(f"series[{label!r}]", values, "(L,)", 1)
    lengths = {label: values.numel() for label, values in series.items()}
    if len(set(lengths.values())) > 1:
        raise ShapeError(
            f"series: expected one length L for all, got {lengths}. Cut them to the same steps."
        )
    return next(iter(lengths.values()))


# --- text on fills -------------------------------------------------------------------------------


def _chip(axis: str) -> dict[str, Any]:
    """The look of a text on the colour of an axis."""
    box = {"boxstyle": "round,pad=0.2", "facecolor": AXES[axis].colour, "edgecolor": "none"}
    return {"color": "white", "bbox": box}


def _text_on(fill: str) -> str:
    """Black or white, whichever stands out more on the fill; ink where there is none."""
    if fill == "none":
        return INK
    channels = [int(fill[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    # Relative luminance, WCAG 2.2.
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    light = sum(c * part for c, part in zip(linear, (0.2126, 0.7152, 0.0722), strict=True))
    return "black" if light > 0.179 else "white"
