"""Drawings of calls and tensors, each made from the real tensors it is given.

Every function returns the matplotlib ``Axes`` it drew on, and makes a new figure unless ``ax`` is
given. Figures are transparent and read well on a light and on a dark page. What a reader gives is
grey, what a call returns is coloured, and each axis has the colour it has everywhere in the guide.
"""

from __future__ import annotations

import math
import warnings
from collections.abc import Mapping
from contextlib import AbstractContextManager
from itertools import cycle, product

import matplotlib.pyplot as plt
import torch
from matplotlib.axes import Axes
from matplotlib.collections import QuadMesh
from matplotlib.colorbar import Colorbar
from matplotlib.colors import LinearSegmentedColormap, LogNorm, Normalize, to_hex
from matplotlib.patches import Rectangle
from matplotlib.rcsetup import cycler
from matplotlib.ticker import MaxNLocator
from torch import Tensor, nn

from lstm_guide._diagram import WIDTH, Plan, draw, sentence
from lstm_guide._look import GATES, GIVEN, INK, LINES, SOURCES, chip, text_on
from lstm_guide.cell import Trace
from lstm_guide.errors import ShapeError
from lstm_guide.shapes import AXES, CallShapes, Config, Shape, call_shapes
from lstm_guide.weights import weights_by_layer

__all__ = ["call", "cells", "gates", "influence", "parameter_blocks", "reach", "steps", "style"]

_SHADES = [GIVEN, "#c2448a"]  # from little to much
_BLOCKS = 2.4  # height of a parameter in parameter_blocks, in inches


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
            "axes.prop_cycle": cycler(color=[line["color"] for line in LINES]),
            "axes.spines.right": False,
            "axes.spines.top": False,
            "axes.titlesize": 13,
            "figure.constrained_layout.h_pad": 0.12,  # inches; room for the axis labels' boxes
            "figure.constrained_layout.use": True,
            "figure.constrained_layout.w_pad": 0.12,
            "figure.facecolor": "none",
            "figure.figsize": (WIDTH, 3.4),
            "font.size": 12,
            "hatch.linewidth": 0.6,
            "legend.frameon": False,
            "text.color": INK,
            "xtick.color": INK,
            "ytick.color": INK,
        }
    )


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
        ShapeError: x or state does not fit the module.
        TypeError: x is packed, or an argument is of the wrong type or dtype.
        ValueError: x or state is on another device than the module.

    Example:
        >>> ax = call(nn.LSTM(3, 5, num_layers=2), torch.zeros(7, 4, 3))
        >>> print(ax.get_title())
        output: every step (7) of the top layer
        h_n and c_n: the last step of every layer (2)
    """
    shapes = call_shapes(lstm, x, state=state)
    if not isinstance(x, Tensor):
        raise TypeError(
            f"x: expected a tensor, got {type(x).__name__}. "
            "The call is run: pass the values, and of packed input the padded tensor."
        )
    config = Config.of(lstm)
    plan = Plan(config.K, config.D, shapes.L, config.H_out, zeros=state is None)
    sizes = _run(lstm, x, state, shapes)
    with style():
        if ax is None:
            low, high = plan.heights
            total = high - low + 0.55  # with the title
            figure = plt.figure(figsize=(WIDTH, total), layout="none")
            ax = figure.add_axes((0, 0, 1, (high - low) / total))
        draw(ax, plan, sizes)
        ax.set_title(sentence(plan) if title is None else title, color=INK)
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
    if title is None:
        title = f"A tensor of {sizes}: {rows} {way}, {columns} to the right"
    labels = (_axis_text(rows, values.size(0)), _axis_text(columns, values.size(1)))
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
        TypeError: matrix is not a tensor.
        ValueError: an entry is negative or not finite, or rows or columns is not an axis.

    Example:
        >>> ax = influence(torch.eye(4), rows="batch", columns="batch")
        >>> print(ax.get_title())
        Perturbing batch changes batch in 4 of 16 pairs
    """
    _check_grid("matrix", matrix, rows, columns)
    _check_amounts("matrix", matrix)
    shades = LinearSegmentedColormap.from_list("influence", _SHADES)
    entries = matrix.tolist()
    largest = max(map(max, entries)) or 1.0
    fills = [[to_hex(shades(v / largest)) if v else "none" for v in line] for line in entries]
    texts = [[_amount(v) for v in line] for line in entries]
    count, pairs = int(matrix.count_nonzero()), matrix.numel()
    if title is None:
        title = f"Perturbing {rows} changes {columns} in {count} of {pairs} pairs"
    labels = (
        f"perturbed: {_axis_text(rows, matrix.size(0))}",
        f"changed: {_axis_text(columns, matrix.size(1))}",
    )
    return _draw_grid(ax, texts, fills, (rows, columns), labels, title)


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
            ax = plt.figure().subplots()
        for (label, values), look in zip(series.items(), cycle(LINES), strict=False):
            ax.plot(values.detach().double().tolist(), label=label, **look)  # type: ignore[arg-type]
        ax.set_xlabel(f"time step (L={length})", labelpad=8, **chip("time"))
        ax.set_ylabel(ylabel, color=INK)
        if title is None:
            title = f"{' and '.join(series)} over {length} time step{'s' * (length > 1)}"
        ax.set_title(title, color=INK, pad=10, wrap=True)
        ax.xaxis.set_major_locator(MaxNLocator(integer=True))
        ax.tick_params(colors=INK)
        ax.spines[:].set_color(INK)
        ax.spines[["top", "right"]].set_visible(False)
        ax.legend(loc="center left", bbox_to_anchor=(1, 0.5), handlelength=3.5)
    return ax


# --- inside the cell -----------------------------------------------------------------------------


def parameter_blocks(
    lstm: nn.LSTM,
    *,
    layer: int = 0,
    direction: int = 0,
    title: str | None = None,
    ax: Axes | None = None,
) -> Axes:
    """Draw the parameters of one layer and direction, cut into the blocks of the gates.

    Args:
        lstm: the module.
        layer: which layer.
        direction: 0 for forward, 1 for reverse.
        title: the sentence that says what is seen; None for one made from the names.
        ax: where to draw; best about 7 inches wide. None for a new figure.

    Returns:
        The axes, in inches.

    Raises:
        ShapeError: a parameter was given another shape.
        TypeError: lstm is not an ``nn.LSTM``.
        ValueError: the module has no such layer or direction.

    Example:
        >>> ax = parameter_blocks(nn.LSTM(3, 5))
        >>> print(ax.get_title())
        Layer 0: each parameter holds four blocks of 5 rows, one for each gate
    """
    layers = weights_by_layer(lstm)
    _check_place("layer", layer, len(layers))
    _check_place("direction", direction, len(layers[0]))
    end, H = f"_l{layer}{'_reverse' * direction}", lstm.hidden_size
    weights = layers[layer][direction]
    widths = {"weight_ih": "D·H_out" if layer else "H_in", "weight_hh": "H_out"}
    widths["weight_hr"] = "H_cell"
    margin, height = 1.45, _BLOCKS / 4
    slot = (WIDTH - margin) / len(weights)
    widest = max(tensor.size(-1) for name, tensor in weights.items() if name in widths)
    with style():
        if ax is None:
            figure = plt.figure(figsize=(WIDTH, _BLOCKS + 1.6), layout="none")
            ax = figure.add_axes((0, 0, 1, (_BLOCKS + 1.1) / (_BLOCKS + 1.6)))
        ax.set(aspect="equal", xlim=(0, WIDTH), ylim=(_BLOCKS + 0.5, -0.6))
        ax.axis("off")
        below = {"y": _BLOCKS + 0.3, **chip("feature")}
        for row in range(4):
            place = (margin - 0.1, (row + 0.5) * height)
            ax.text(*place, f"{row * H}:{(row + 1) * H}", ha="right", va="center_baseline")
        ax.text(margin - 0.15, s=f"4·H_cell={4 * H}", ha="right", **below)
        for column, (name, tensor) in enumerate(weights.items()):
            middle, width = margin + (column + 0.5) * slot, 0.3
            if name in widths:
                width = max(width, tensor.size(1) / widest * (slot - 0.25))
                ax.text(middle, s=f"{widths[name]}={tensor.size(1)}", ha="center", **below)
            ax.text(middle, -0.12, f"{name}\n{end}", ha="center", linespacing=1.1)
            _draw_blocks(ax, "h" if name == "weight_hr" else "ifgo", middle, width)
        if title is None:
            title = (
                f"Layer {layer}: each parameter holds four blocks of {H} rows, one for each gate"
            )
        ax.set_title(title, color=INK)
    return ax


def _draw_blocks(ax: Axes, names: str, middle: float, width: float) -> None:
    """Draw the blocks of one parameter, from the top."""
    height = _BLOCKS / 4
    for row, name in enumerate(names):
        fill = GATES.get(name, GIVEN)
        corner, centre = (middle - width / 2, row * height), (middle, (row + 0.5) * height)
        ax.add_patch(Rectangle(corner, width, height, facecolor=fill, edgecolor=INK))
        ax.text(*centre, name, ha="center", va="center_baseline", color=text_on(fill), size=14)


def gates(
    trace: Trace,
    *,
    sequence: int = 0,
    layer: int = 0,
    direction: int = 0,
    events: Mapping[int, str] | None = None,
    title: str | None = None,
    ax: Axes | None = None,
) -> Axes:
    """Draw how far the gates i, f and o are open, at every step and for every entry of c.

    Args:
        trace: what ``trace_steps`` returned.
        sequence: which sequence of the batch; of an unbatched trace there is only 0.
        layer: which layer.
        direction: 0 for forward, 1 for reverse.
        events: for each time step of interest its label; it is framed.
        title: the sentence that says what is seen; None for one made from the sizes.
        ax: where to draw; None for a new figure.

    Returns:
        The axes; the x of a value is its time step.

    Raises:
        TypeError: trace is not a trace.
        ValueError: the trace has no such sequence, layer, direction or step.

    Example:
        >>> from lstm_guide import trace_steps
        >>> ax = gates(trace_steps(nn.LSTM(3, 5), torch.randn(7, 4, 3)))
        >>> print(ax.get_title())
        How far each gate is open, for 5 entries of c over 7 time steps
    """
    _check_trace(trace, sequence, layer, direction)
    L, H = trace.i.size(2), trace.i.size(-1)
    for step in events or {}:
        _check_place("events", step, L)
    places = {"i": "input gate i", "f": "forget gate f", "o": "output gate o"}
    gap = 0.2 * H
    with style():
        if ax is None:
            ax = plt.figure(figsize=(WIDTH, 4.2)).subplots()
        shades = LinearSegmentedColormap.from_list("gate", _SHADES, N=10)
        for band, name in enumerate(places):
            values = (
                getattr(trace, name)[layer, direction].reshape(L, -1, H)[:, sequence].T
            )  # (H, L)
            mesh = _draw_mesh(ax, values, band * (H + gap), shades, Normalize(0, 1))
        bottom = 3 * H + 2 * gap
        for step, label in (events or {}).items():
            frame = Rectangle((step - 0.5, 0), 1, bottom, facecolor="none", linewidth=3)
            frame.set(edgecolor=LINES[0]["color"], clip_on=False, zorder=3)
            ax.add_patch(frame)
            ax.text(step, -0.2 * gap, label, ha="center", va="bottom")
        ax.set(xlim=(-0.5, L - 0.5), ylim=(bottom, 0))
        ax.set_yticks([band * (H + gap) + H / 2 for band in range(3)], list(places.values()))
        bar = ax.figure.colorbar(mesh, ax=ax, ticks=[0, 0.5, 1], pad=0.02)
        bar.ax.set_yticklabels(["0 closed", "0.5", "1 open"])
        if title is None:
            title = f"How far each gate is open, for {H} entries of c over {L} time steps"
        _finish_mesh(ax, bar, L, title, pad=26 if events else 10)
    return ax


def reach(
    series: Mapping[str, Tensor],
    *,
    floor: float = 1e-6,
    title: str | None = None,
    ax: Axes | None = None,
) -> Axes:
    """Draw how much each step matters, one row for each entry of series, in powers of ten.

    Args:
        series: for each label one number a step, (L,), at least 0 and of one length: for example
            the size of the gradient, divided by that of the last step.
        floor: what is smaller than this stays blank.
        title: the sentence that says what is seen; None for one made from the labels.
        ax: where to draw; None for a new figure.

    Returns:
        The axes; the x of a value is its time step, and rows go down.

    Raises:
        ShapeError: values do not have one axis, or the lengths differ.
        TypeError: values are not a tensor.
        ValueError: series is empty, or a value is negative or not finite.

    Example:
        >>> ax = reach({"short": 0.1 ** torch.arange(7.0).flip(0), "long": torch.ones(7)})
        >>> print(ax.get_title())
        How much each of 7 time steps matters for short and long
    """
    length = _check_series(series)
    for label, values in series.items():
        _check_amounts(f"series[{label!r}]", values)
    matrix = torch.stack([values.detach().double() for values in series.values()])
    matrix = matrix.masked_fill(matrix < floor, torch.nan).clamp(max=1)
    with style():
        if ax is None:
            ax = plt.figure(figsize=(WIDTH, 1.9 + 0.36 * len(series))).subplots()
        decades = max(1, round(-math.log10(floor)))
        shades = LinearSegmentedColormap.from_list("reach", _SHADES, N=2 * decades)
        mesh = _draw_mesh(ax, matrix, 0, shades, LogNorm(floor, 1))
        ax.set(xlim=(-0.5, length - 0.5), ylim=(len(series), 0))
        ax.set_yticks([row + 0.5 for row in range(len(series))], list(series))
        bar = ax.figure.colorbar(mesh, ax=ax, pad=0.02)
        if title is None:
            title = f"How much each of {length} time steps matters for {' and '.join(series)}"
        _finish_mesh(ax, bar, length, title, pad=10)
    return ax


def _draw_mesh(
    ax: Axes, values: Tensor, top: float, shades: LinearSegmentedColormap, norm: Normalize
) -> QuadMesh:
    """Draw (rows, L) as coloured cells, row 0 at top; nan stays blank."""
    rows, length = values.shape
    x, y = [t - 0.5 for t in range(length + 1)], [top + row for row in range(rows + 1)]
    cells = values.detach().double().tolist()
    return ax.pcolormesh(x, y, cells, cmap=shades, norm=norm, edgecolors="face", linewidth=0.6)


def _finish_mesh(ax: Axes, bar: Colorbar, length: int, title: str, *, pad: float) -> None:
    """Give time, scale and title the look of all drawings."""
    ax.set_xlabel(f"time step (L={length})", labelpad=8, **chip("time"))
    ax.set_title(title, color=INK, pad=pad, wrap=True)
    ax.xaxis.set_major_locator(MaxNLocator(integer=True))
    for each in (ax, bar.ax):
        each.tick_params(colors=INK, length=0)
        each.spines[:].set_visible(False)
    bar.outline.set_visible(False)
    bar.ax.minorticks_off()


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
        font = min(12.0, 1.4 * room / longest)  # a digit is 0.64 of the font size wide
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


def _check_amounts(name: str, values: Tensor) -> None:
    if not (values.isfinite() & (values >= 0)).all():
        raise ValueError(
            f"{name}: expected finite entries of at least 0, "
            f"got {values.min().item():g} to {values.max().item():g}. "
            "Give sizes of changes, for example (after - before).abs()."
        )


def _check_place(name: str, place: object, size: int) -> None:
    if not isinstance(place, int) or not 0 <= place < size:
        raise ValueError(
            f"{name}: expected a whole number from 0 to {size - 1}, got {place!r}. "
            "Counting starts at 0."
        )


def _check_trace(trace: object, sequence: int, layer: int, direction: int) -> None:
    if not isinstance(trace, Trace):
        raise TypeError(
            f"trace: expected a Trace, got {type(trace).__name__}. "
            "Make it with trace_steps(lstm, x)."
        )
    sizes = trace.i.shape
    batch = sizes[3] if len(sizes) == 5 else 1
    for name, place, size in (
        ("sequence", sequence, batch),
        ("layer", layer, sizes[0]),
        ("direction", direction, sizes[1]),
    ):
        _check_place(name, place, size)


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
