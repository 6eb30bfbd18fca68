"""A packed batch and the padded grid that it comes from."""

from __future__ import annotations

import matplotlib.pyplot as plt
import torch
from matplotlib.axes import Axes
from matplotlib.patches import Rectangle
from torch.nn.utils.rnn import PackedSequence, pad_packed_sequence

from lstm_guide.errors import check_count, check_packed
from lstm_guide.plotting.look import (
    INK,
    SOURCES,
    WIDTH,
    axis_text,
    check_canvas,
    chip,
    style,
    text_on,
)

__all__ = ["packing"]


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
        TypeError: packed is not a PackedSequence, L not an int, or another argument has the wrong
            type.
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
    check_canvas(title, ax)
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
        ax.set_ylabel(axis_text("batch", N), labelpad=8, **chip("batch"))
        ax.set_xlabel(axis_text("time", L), labelpad=8, **chip("time"))
        if title is None:
            steps = len(packed.data)
            padding = N * L - steps
            title = f"{steps} steps of {N} sequences, packed without {padding} steps of padding"
        ax.set_title(title, color=INK, pad=10, wrap=True)
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
