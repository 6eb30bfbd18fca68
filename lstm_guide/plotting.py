"""Drawings of calls and tensors, each made from the real tensors it is given.

Every function returns the matplotlib ``Axes`` it drew on, and makes a new figure unless ``ax`` is
given. Figures are transparent and read well on a light and on a dark page. What a reader gives is
grey, what a call returns is coloured, and each axis has the colour it has everywhere in the guide.
"""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from contextlib import AbstractContextManager
from itertools import cycle, product

import matplotlib.pyplot as plt
import torch
from matplotlib.axes import Axes
from matplotlib.colors import LinearSegmentedColormap, to_hex
from matplotlib.patches import Rectangle
from matplotlib.rcsetup import cycler
from matplotlib.ticker import MaxNLocator
from torch import Tensor, nn
from torch.nn.utils.rnn import PackedSequence, pad_packed_sequence

from lstm_guide._diagram import WIDTH, Plan, draw, sentence
from lstm_guide._look import GIVEN, INK, LINES, SOURCES, chip, text_on
from lstm_guide.errors import ShapeError, check_count, check_packed
from lstm_guide.shapes import AXES, CallShapes, Config, Shape, call_shapes

__all__ = ["bars", "call", "cells", "influence", "packing", "steps", "style"]


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


def packing(
    packed: PackedSequence,
    *,
    L: int | None = None,
    title: str | None = None,
    ax: Axes | None = None,
) -> Axes:
    """Draw how the steps of a padded batch become the rows of a PackedSequence.

    Above stands the padded batch: each valid step with the row of ``packed.data`` that holds it,
    padding empty. Below stand the same steps as they are packed: the longest sequence first, one
    column after the other. Under each column is its height, the entry of ``batch_sizes``.

    Args:
        packed: the packed batch.
        L: the padded length; None for that of the longest sequence.
        title: the sentence that says what is seen; None for one made from the sizes.
        ax: where to draw; None for a new figure.

    Returns:
        The axes; the x of a step is its time step.

    Raises:
        ShapeError: the parts of packed do not fit each other.
        TypeError: packed is not a PackedSequence, or L not an int.
        ValueError: L is below the longest length.

    Example:
        >>> from torch.nn.utils.rnn import pack_sequence
        >>> ax = packing(pack_sequence([torch.zeros(n, 3) for n in (4, 2, 1)]))
        >>> print(ax.get_title())
        7 steps of 3 sequences, packed without 5 steps of padding
    """
    packed = check_packed("packed", packed, change="Make it with lstm_guide.pack.")
    L = len(packed.batch_sizes) if L is None else L
    check_count("L", L, at_least=len(packed.batch_sizes))
    places = packed._replace(data=torch.arange(len(packed.data)))
    padded, _ = pad_packed_sequence(places, True, -1, L)  # (N, L), -1 on padding
    N = len(padded)
    order = torch.arange(N) if packed.sorted_indices is None else packed.sorted_indices.cpu()
    below = N + 1.6  # y of the first packed row
    with style():
        if ax is None:
            size = (min(WIDTH, max(5.0, 2.4 + 0.52 * L)), 1.9 + 0.36 * (2 * N + 3))
            ax = plt.figure(figsize=size).subplots()
        for top, name in ((0.0, "padded"), (below, "packed: the longest sequence first")):
            ax.text(-0.5, top - 0.65, name, ha="left", va="bottom", color=INK)
        for y, n in enumerate(order.tolist()):
            valid, fill = padded[n, padded[n] >= 0].tolist(), SOURCES[n % len(SOURCES)]
            _draw_places(ax, valid, L, n, fill)
            _draw_places(ax, valid, len(valid), below + y, fill)
        bottom = below + N + 0.1
        for step, size in enumerate(packed.batch_sizes.tolist()):
            ax.text(step, bottom, str(size), ha="center", va="center", color=INK)
        ax.set(xlim=(-0.5, L - 0.5), ylim=(bottom + 0.5, -1.3), xticks=range(L))
        sequences = [*range(N), *order.tolist()]
        ax.set_yticks(
            [*range(N), *(below + y for y in range(N)), bottom],
            [*map(str, sequences), "batch_sizes"],
        )
        ax.tick_params(length=0, colors=INK)
        ax.spines[:].set_visible(False)
        ax.set_ylabel(_axis_text("batch", N), labelpad=8, **chip("batch"))
        ax.set_xlabel(_axis_text("time", L), labelpad=8, **chip("time"))
        if title is None:
            steps = len(packed.data)
            padding = N * L - steps
            title = f"{steps} steps of {N} sequences, packed without {padding} steps of padding"
        ax.set_title(title, color=INK, pad=10, wrap=True)
    return ax


def bars(
    groups: Mapping[str, Mapping[str, float]],
    *,
    xlabel: str,
    title: str | None = None,
    ax: Axes | None = None,
) -> Axes:
    """Draw numbers as bars to the right, in groups, each with its value.

    Args:
        groups: for each group a number for each label, at least 0; all with the same labels.
        xlabel: what the numbers are.
        title: the sentence that says what is seen; None for one made from the labels.
        ax: where to draw; None for a new figure.

    Returns:
        The axes; the groups go down.

    Raises:
        ValueError: there is no group, or the groups have different labels.

    Example:
        >>> ax = bars({"short": {"a": 1.0, "b": 2.0}, "long": {"a": 1.0, "b": 3.0}}, xlabel="time")
        >>> print([text.get_text() for text in ax.texts])
        ['1.0', '1.0', '2.0', '3.0']
    """
    labels = _check_groups(groups)
    height = 0.8 / len(labels)
    with style():
        if ax is None:
            size = (WIDTH, 1.6 + 0.3 * len(groups) * (len(labels) + 0.6))
            ax = plt.figure(figsize=size).subplots()
        for i, (label, look) in enumerate(zip(labels, cycle(LINES), strict=False)):
            values = [group[label] for group in groups.values()]
            at = [y + height * (i - (len(labels) - 1) / 2) for y in range(len(groups))]
            drawn = ax.barh(at, values, height, label=label, color=look["color"])
            ax.bar_label(drawn, fmt="%.1f", padding=4, color=INK)
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
        ax.figure.legend(loc="outside lower center", ncols=2)  # the bars need the width
    return ax


def _draw_places(ax: Axes, places: list[int], L: int, y: float, fill: str) -> None:
    """Draw one sequence: a cell with its row of the packed data for each step, dots up to L."""
    for step in range(L):
        valid = step < len(places)
        cell = Rectangle((step - 0.5, y - 0.5), 1, 1, edgecolor=INK)
        cell.set(facecolor=fill if valid else "none", linestyle="-" if valid else ":")
        ax.add_patch(cell).set_clip_on(False)
        if valid:
            text = ax.text(step, y, str(places[step]), ha="center", va="center_baseline")
            text.set_color(text_on(fill))


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


def _check_groups(groups: Mapping[str, Mapping[str, float]]) -> list[str]:
    """Return the labels, which all groups share."""
    found = [list(group) for group in groups.values()]
    if not found or not found[0] or any(labels != found[0] for labels in found):
        raise ValueError(
            f"groups: expected the same labels in every group, at least one, got {found}. "
            'Give a dict such as {"short": {"packed": 1.2}, "long": {"packed": 2.1}}.'
        )
    return found[0]
