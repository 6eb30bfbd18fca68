"""A table of outcomes: what was tried on what, and how it ended."""

from __future__ import annotations

from collections.abc import Mapping

import matplotlib.pyplot as plt
from matplotlib.axes import Axes
from matplotlib.patches import Rectangle

from lstm_guide.errors.drawing import check_outcomes
from lstm_guide.plotting.look import INK, WIDTH, check_canvas, style, text_on

__all__ = ["outcomes"]

# Told apart by lightness too, and each cell says its word.
FILLS = {"pass": "#44bb99", "fallback": "#eedd88", "wrong": "#ee8866", "fail": "#8a3b5e"}


def outcomes(
    table: Mapping[str, Mapping[str, str]], *, title: str | None = None, ax: Axes | None = None
) -> Axes:
    """Draw what was tried on what, and how it ended: a row for each tool, a column for each case.

    Args:
        table: for each tool the outcome of each case, one of ``pass``, ``fallback``, ``wrong`` and
            ``fail``; all with the same cases.
        title: the sentence that says what is seen; None for one made from the outcomes.
        ax: where to draw; None for a new figure.

    Returns:
        The axes; cell (i, j) has its centre at x = j, y = i.

    Raises:
        TypeError: an argument has the wrong type.
        ValueError: there is no tool, the tools have different cases, or an outcome is unknown.

    Example:
        >>> ax = outcomes({"export": {"plain": "pass", "packed": "fail", "projected": "pass"}})
        >>> print(ax.get_title())
        pass in 2 of 3 cells
    """
    cases = check_outcomes(table, tuple(FILLS))
    check_canvas(title, ax)
    words = [list(row.values()) for row in table.values()]
    with style():
        if ax is None:
            ax = plt.figure(figsize=(WIDTH, 1.7 + 0.36 * len(words))).subplots()
        for i, line in enumerate(words):
            for j, word in enumerate(line):
                ax.add_patch(Rectangle((j - 0.5, i - 0.5), 1, 1, fc=FILLS[word], ec=INK))
                ax.text(j, i, word, ha="center", va="center_baseline", size=12).set_color(
                    text_on(FILLS[word])
                )
        ax.set(xlim=(-0.5, len(cases) - 0.5), ylim=(len(words) - 0.5, -0.5))
        ax.set_xticks(range(len(cases)), [case.replace(" ", "\n") for case in cases])
        ax.set_yticks(range(len(words)), list(table))
        ax.xaxis.tick_top()
        ax.tick_params(length=0, colors=INK, labelsize=12)
        ax.spines[:].set_visible(False)
        if title is None:
            passed = sum(word == "pass" for line in words for word in line)
            title = f"pass in {passed} of {len(words) * len(cases)} cells"
        ax.set_title(title, color=INK, pad=10, wrap=True)
    return ax
