"""What happens inside the cell: blocks of parameters, gates over time, reach of the gradient."""

from __future__ import annotations

import math
from collections.abc import Mapping

import matplotlib.pyplot as plt
import torch
from matplotlib.axes import Axes
from matplotlib.collections import QuadMesh
from matplotlib.colorbar import Colorbar
from matplotlib.colors import LinearSegmentedColormap, LogNorm, Normalize
from matplotlib.patches import Rectangle
from matplotlib.ticker import MaxNLocator
from torch import Tensor, nn

from lstm_guide.cell import Trace
from lstm_guide.errors.drawing import (
    check_amounts,
    check_events,
    check_floor,
    check_place,
    check_series,
    check_trace,
)
from lstm_guide.plotting.look import (
    GATES,
    GIVEN,
    INK,
    LINES,
    SHADES,
    WIDTH,
    check_canvas,
    chip,
    style,
    text_on,
)
from lstm_guide.weights.gates import weights_by_layer

__all__ = ["gates", "parameter_blocks", "reach"]


_BLOCKS = 2.4  # height of a parameter in parameter_blocks, in inches


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
        TypeError: lstm is not an ``nn.LSTM``, or another argument has the wrong type.
        ValueError: the module has no such layer or direction.

    Example:
        >>> ax = parameter_blocks(nn.LSTM(3, 5))
        >>> print(ax.get_title())
        Layer 0: each parameter holds four blocks of 5 rows, one for each gate
    """
    layers = weights_by_layer(lstm)
    check_place("layer", layer, len(layers))
    check_place("direction", direction, len(layers[0]))
    check_canvas(title, ax)
    end, H = f"_l{layer}{'_reverse' * direction}", lstm.hidden_size
    weights = layers[layer][direction]
    widths = {"weight_ih": "D·H_out" if layer else "H_in", "weight_hh": "H_out"}
    widths["weight_hr"] = "H_cell"
    margin, height = 1.45, _BLOCKS / 4
    slot = (WIDTH - margin) / len(weights)
    widest = max(tensor.size(-1) for name, tensor in weights.items() if name in widths)
    with style(), plt.rc_context({"font.size": 12}):  # so that long names stand apart
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
        TypeError: trace is not a trace, or another argument has the wrong type.
        ValueError: the trace has no such sequence, layer, direction or step.

    Example:
        >>> from lstm_guide import trace_steps
        >>> ax = gates(trace_steps(nn.LSTM(3, 5), torch.randn(7, 4, 3)))
        >>> print(ax.get_title())
        How far each gate is open, for 5 entries of c over 7 time steps
    """
    _check_trace(trace, sequence, layer, direction)
    L, H = trace.i.size(2), trace.i.size(-1)
    framed = check_events(events, L)
    check_canvas(title, ax)
    places = {"i": "input gate i", "f": "forget gate f", "o": "output gate o"}
    gap = 0.2 * H
    with style():
        if ax is None:
            ax = plt.figure(figsize=(WIDTH, 4.2)).subplots()
        shades = LinearSegmentedColormap.from_list("gate", SHADES, N=10)
        for band, name in enumerate(places):
            values = (
                getattr(trace, name)[layer, direction].reshape(L, -1, H)[:, sequence].T
            )  # (H, L)
            mesh = _draw_mesh(ax, values, band * (H + gap), shades, Normalize(0, 1))
        bottom = 3 * H + 2 * gap
        for step, label in framed.items():
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
        _finish_mesh(ax, bar, L, title, pad=26 if framed else 10)
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
        TypeError: values are not a tensor, or another argument has the wrong type.
        ValueError: series is empty, a value is negative or not finite, or floor is not between 0
            and 1.

    Example:
        >>> ax = reach({"short": 0.1 ** torch.arange(7.0).flip(0), "long": torch.ones(7)})
        >>> print(ax.get_title())
        How much each of 7 time steps matters for short and long
    """
    length = check_series(series)
    for label, values in series.items():
        check_amounts(f"series[{label!r}]", values)
    check_floor(floor)
    check_canvas(title, ax)
    matrix = torch.stack([values.detach().double() for values in series.values()])
    matrix = matrix.masked_fill(matrix < floor, torch.nan).clamp(max=1)
    with style():
        if ax is None:
            ax = plt.figure(figsize=(WIDTH, 1.9 + 0.36 * len(series))).subplots()
        decades = max(1, round(-math.log10(floor)))
        shades = LinearSegmentedColormap.from_list("reach", SHADES, N=2 * decades)
        mesh = _draw_mesh(ax, matrix, 0, shades, LogNorm(floor, 1))
        ax.set(xlim=(-0.5, length - 0.5), ylim=(len(series), 0))
        ax.set_yticks([row + 0.5 for row in range(len(series))], list(series))
        bar = ax.figure.colorbar(mesh, ax=ax, pad=0.02)
        bar.set_label("how much it matters", color=INK)
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


def _check_trace(trace: Trace, sequence: int, layer: int, direction: int) -> None:
    check_trace(trace, Trace)
    sizes = trace.i.shape
    batch = sizes[3] if len(sizes) == 5 else 1
    for name, place, size in (
        ("sequence", sequence, batch),
        ("layer", layer, sizes[0]),
        ("direction", direction, sizes[1]),
    ):
        check_place(name, place, size)
