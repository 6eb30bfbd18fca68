"""The diagram of one call of ``nn.LSTM``."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.offsetbox import AnnotationBbox, HPacker, TextArea
from matplotlib.patches import FancyBboxPatch, Rectangle

from lstm_guide.plotting.look import INK, TENSORS, WIDTH, chip, text_on

# In inches.
CELL = 0.46  # width of a cell
LANE = 0.6  # height of one direction of a layer
GAP = 0.38  # above a layer, for its name
MARGIN = 0.85  # from the edge of the module to the middle of its first cell
TILE, HEIGHT = 0.76, 0.27  # one row of a state


@dataclass(frozen=True)
class Plan:
    """Where the parts of a drawn call stand; y = 0 is the lower edge of layer 0.

    ``zeros`` says that no state is given.
    """

    K: int
    D: int
    L: int
    H_out: int
    zeros: bool

    @property
    def heights(self) -> tuple[float, float]:
        """Lower and upper edge of the drawing."""
        return -1.9, self.output + self.D * HEIGHT + 0.45

    @property
    def columns(self) -> list[tuple[int | None, float]]:
        """The steps that are drawn and their x; None stands for those left out."""
        L = self.L
        steps = [*range(L)] if L <= 6 else [0, 1, 2, None, L - 2, L - 1]
        first = (WIDTH - self.pitch * (len(steps) - 1)) / 2
        return [(step, first + self.pitch * i) for i, step in enumerate(steps)]

    @property
    def pitch(self) -> float:
        """From one step to the next."""
        return min(0.9, 3.1 / max(1, min(self.L, 6) - 1))

    @property
    def sides(self) -> tuple[float, float]:
        """Left and right edge of the module."""
        return self.columns[0][1] - MARGIN, self.columns[-1][1] + MARGIN

    @property
    def output(self) -> float:
        """Lower edge of output."""
        return self.floor(self.K) + 0.27

    def floor(self, k: int) -> float:
        """Lower edge of layer k."""
        return k * (self.D * LANE + GAP)

    def look(self, name: str) -> dict[str, Any]:
        """The look of a tensor's patches: c is hatched, zeros that nobody gave are dashed."""
        if self.zeros and name in ("h_0", "c_0"):
            return {"facecolor": "none", "edgecolor": INK, "linestyle": "--"}
        hatch = "//" if name.startswith("c") else None
        return {"facecolor": TENSORS[name], "edgecolor": INK, "hatch": hatch}


def draw(ax: Axes, plan: Plan, sizes: Mapping[str, Sequence[tuple[str, str]]]) -> None:
    """Draw a call; sizes has for each tensor its axes, each with a text such as ``N=4``."""
    ax.set(aspect="equal", xlim=(0, WIDTH), ylim=plan.heights)
    ax.axis("off")
    _draw_module(ax, plan)
    for k in range(plan.K):
        for d in range(plan.D):
            _draw_lane(ax, plan, k, d)
    _draw_columns(ax, plan)
    _draw_labels(ax, plan, sizes)


def sentence(plan: Plan) -> str:
    """Say which part of the grid ends up in which tensor."""
    top = " of the top layer" if plan.K > 1 else ""
    both = ", both directions" if plan.D > 1 else ""
    counts = (("layer", plan.K), ("direction", plan.D))
    each = " and ".join(f"{noun} ({count})" for noun, count in counts if count > 1)
    every = f" of every {each}" if each else ""
    return f"output: every step ({plan.L}){top}{both}\nh_n and c_n: the last step{every}"


def _draw_module(ax: Axes, plan: Plan) -> None:
    (left, right), top = plan.sides, plan.floor(plan.K)
    size = (right - left, top + 0.2)
    shape = "round,pad=0,rounding_size=0.12"
    ax.add_patch(
        FancyBboxPatch((left, -0.2), *size, boxstyle=shape, facecolor=(INK, 0.1), edgecolor=INK)
    )
    ax.text(right - 0.08, top - GAP / 2, "nn.LSTM", ha="right", va="center", size=11)
    for k in range(plan.K):
        y = plan.floor(k + 1) - GAP / 2
        ax.text(left + 0.1, y, f"layer {k}", va="center", size=11, **chip("layer"))


def _draw_lane(ax: Axes, plan: Plan, k: int, d: int) -> None:
    """Draw one direction of one layer: its cells, and h and c from start to end."""
    y, row, way = plan.floor(k) + (d + 0.5) * LANE, k * plan.D + d, (1, -1)[d]
    start, end = plan.sides[::way]
    for step, x in plan.columns:
        text = "…" if step is None else "→←"[d] if plan.D == 2 else ""
        ax.text(x, y, text, ha="center", va="center", size=14)
        if step is not None:
            corner = (x - CELL / 2, y - LANE / 2)
            cell = Rectangle(corner, CELL, LANE, facecolor="none", edgecolor=INK, linewidth=1.5)
            cell.set_label(f"layer {k} direction {d} step {step}")
            ax.add_patch(cell)
    for name, side, line in (("h", 1, "-"), ("c", -1, "--")):
        level = y + side * HEIGHT / 2
        first, last = start - way * (0.2 + TILE / 2), end + way * (0.2 + TILE / 2)
        tile(ax, plan.look(f"{name}_0"), f"{name}_0[{row}]", (first, level), TILE)
        tile(ax, plan.look(f"{name}_n"), f"{name}_n[{row}]", (last, level), TILE)
        stops = [(first, TILE), *((x, CELL) for _, x in plan.columns[::way]), (last, TILE)]
        for (x, width), (next_x, next_width) in pairwise(stops):
            begin, tip = x + way * width / 2, next_x - way * next_width / 2
            arrow(ax, (begin, level), (tip, level), line)


def _draw_columns(ax: Axes, plan: Plan) -> None:
    """Draw input and output, one entry a step, and the arrows up through the layers."""
    below = -0.46 - HEIGHT / 2
    for step, x in plan.columns:
        text = "…" if step is None else str(step)
        tile(ax, plan.look("input"), text, (x, below), plan.pitch)
        for d in range(plan.D):
            tile(ax, plan.look("output"), text, (x, plan.output + (d + 0.5) * HEIGHT), plan.pitch)
        if step is not None:
            arrow(ax, (x, below + HEIGHT / 2), (x, 0))
            for k in range(plan.K):
                end = plan.floor(k + 1) if k + 1 < plan.K else plan.output
                arrow(ax, (x, plan.floor(k) + plan.D * LANE), (x, end))
    left = plan.columns[0][1] - plan.pitch / 2 - 0.12
    ax.text(left, below, "time →", ha="right", va="center_baseline", **chip("time"))
    if plan.D == 2:
        for d, part in enumerate((f"[..., :{plan.H_out}] →", f"[..., {plan.H_out}:] ←")):
            y = plan.output + (d + 0.5) * HEIGHT
            ax.text(left, y, part, ha="right", va="center_baseline")


def _draw_labels(ax: Axes, plan: Plan, sizes: Mapping[str, Sequence[tuple[str, str]]]) -> None:
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
        box = plan.look(name) | {"boxstyle": "square,pad=0.2"}
        bold = {"weight": "bold", "color": text_on(box["facecolor"]), "bbox": box}
        texts: list[Artist] = [TextArea(name, textprops=bold)]
        texts += [TextArea(text, textprops=chip(axis)) for axis, text in sizes[name]]
        if box["facecolor"] == "none":
            texts.append(TextArea("zeros"))
        row = HPacker(children=texts, sep=9, pad=3, align="baseline")
        ax.add_artist(AnnotationBbox(row, place, box_alignment=align, frameon=False, pad=0))


def tile(
    ax: Axes,
    look: dict[str, Any],
    text: str,
    centre: tuple[float, float],
    width: float,
    size: float = 12.0,
) -> None:
    """Draw one entry of a tensor."""
    corner = (centre[0] - width / 2, centre[1] - HEIGHT / 2)
    ax.add_patch(Rectangle(corner, width, HEIGHT, **look))
    colour = text_on(look["facecolor"])
    ax.text(*centre, text, ha="center", va="center_baseline", color=colour, size=size)


def arrow(ax: Axes, start: tuple[float, float], end: tuple[float, float], line: str = "-") -> None:
    look = {"arrowstyle": "-|>", "color": INK, "linewidth": 1.3, "linestyle": line}
    ax.annotate("", end, start, arrowprops=look | {"shrinkA": 0, "shrinkB": 0})
