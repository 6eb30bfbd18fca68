"""The rows of a state, and what a packed batch holds."""

from __future__ import annotations

import matplotlib.pyplot as plt
from matplotlib.axes import Axes
from matplotlib.patches import Rectangle
from torch import nn

from lstm_guide.errors import check_lstm
from lstm_guide.plotting.look import INK, TENSORS, check_canvas, chip, style, text_on
from lstm_guide.shapes import Config

__all__ = ["state_rows"]


def state_rows(lstm: nn.LSTM, *, title: str | None = None, ax: Axes | None = None) -> Axes:
    """Draw the rows of h_n: layer and direction of each, and where in output it stands, if it does.

    Layers go up, so row 0 is at the bottom. The places are written as code, for batched input in
    the layout of the module.

    Args:
        lstm: the module.
        title: the sentence that says what is seen; None for one made from the sizes.
        ax: where to draw; best about 3.3 inches wide. None for a new figure.

    Returns:
        The axes, in inches.

    Raises:
        TypeError: lstm is not an ``nn.LSTM``, or another argument has the wrong type.

    Example:
        >>> ax = state_rows(nn.LSTM(3, 5, num_layers=2, bidirectional=True))
        >>> print(ax.texts[-1].get_text(), "|", ax.get_title())
        output[0, :, 5:] | 2 layers, 2 directions:
        output has 2 of the 4 rows of h_n
    """
    config = Config.of(check_lstm(lstm))
    check_canvas(title, ax)
    rows, level = config.K * config.D, 0.34  # inches from one row to the next
    with style():
        if ax is None:
            ax = plt.figure(figsize=(3.6, level * rows + 0.9)).subplots()
        ax.set(xlim=(0, 3.3), ylim=(0, level * rows))
        ax.set_aspect("equal", anchor="S")
        ax.axis("off")
        for row in range(rows):
            _draw_row(ax, config, row, level * (row + 0.5))
        if title is None:
            layers, directions = _count(config.K, "layer"), _count(config.D, "direction")
            of = f"{config.D} of the {rows} rows" if rows > 1 else "the row"
            title = f"{layers}, {directions}:\noutput has {of} of h_n"
        ax.set_title(title, color=INK)
    return ax


def _draw_row(ax: Axes, config: Config, row: int, y: float) -> None:
    """Draw one row of h_n: its number, its layer and direction, its place in output."""
    k, d = divmod(row, config.D)
    ax.text(0.98, y, f"layer {k}", ha="center", va="center", size=11, **chip("layer"))
    ax.text(1.5, y, "→←"[d], ha="center", va="center", size=11, **chip("direction"))
    place = _place_in_output(config, d) if k == config.K - 1 else None
    tiles = [(0.02, 0.6, f"h_n[{row}]", TENSORS["h_n"])]
    tiles += [(1.74, 1.54, place or "not in output", TENSORS["output"] if place else "none")]
    for left, width, text, fill in tiles:
        edge = "none" if fill == "none" else INK
        tile = Rectangle((left, y - 0.14), width, 0.28, facecolor=fill, edgecolor=edge)
        ax.add_patch(tile)
        middle = left + width / 2
        label = ax.text(middle, y, text, ha="center", va="center_baseline", size=11)
        label.set_color(text_on(fill))


def _place_in_output(config: Config, d: int) -> str:
    """Where the last state of direction d of the top layer stands in output, as code."""
    step = (-1, 0)[d]
    half = (f":{config.H_out}", f"{config.H_out}:")[d]
    index = [":", str(step)] if config.batch_first else [str(step), ":"]
    return f"output[{', '.join([*index, half] if config.D == 2 else index)}]"


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}{'s' * (number > 1)}"
