"""A table of outcomes: what was tried on what, and how it ended."""

from __future__ import annotations

from collections.abc import Mapping

import matplotlib.pyplot as plt
from matplotlib.axes import Axes
from matplotlib.patches import Rectangle

from lstm_guide.plotting.look import INK, WIDTH, style, text_on

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
        ValueError: there is no tool, the tools have different cases, or an outcome is unknown.

    Example:
        >>> ax = outcomes({"export": {"plain": "pass", "packed": "fail", "projected": "pass"}})
        >>> print(ax.get_title())
        pass in 2 of 3 cells
    """
    cases = _check_table(table)
    words = [list(row.values()) for row in table.values()]
    with style():
        if ax is None:
            ax = plt.figure(figsize=(WIDTH, 1.5 + 0.36 * len(words))).subplots()
        for i, line in enumerate(words):
            for j, word in enumerate(line):
                ax.add_patch(Rectangle((j - 0.5, i - 0.5), 1, 1, fc=FILLS[word], ec=INK))
                ax.text(j, i, word, ha="center", va="center_baseline", size=11).set_color(
                    text_on(FILLS[word])
                )
        ax.set(xlim=(-0.5, len(cases) - 0.5), ylim=(len(words) - 0.5, -0.5))
        ax.set_xticks(range(len(cases)), [case.replace(" ", "\n") for case in cases])
        ax.set_yticks(range(len(words)), list(table))
        ax.xaxis.tick_top()
        ax.tick_params(length=0, colors=INK, labelsize=11)
        ax.spines[:].set_visible(False)
        if title is None:
            passed = sum(word == "pass" for line in words for word in line)
            title = f"pass in {passed} of {len(words) * len(cases)} cells"
        ax.set_title(title, color=INK, pad=10, wrap=True)
    return ax


def _check_table(table: Mapping[str, Mapping[str, str]]) -> list[str]:
    """Return the cases, which all tools share."""
    found = [list(row) for row in table.values()]
    if not found or not found[0] or any(cases != found[0] for cases in found):
        raise ValueError(
            f"table: expected the same cases for every tool, at least one, got {found}. "
            'Give a dict such as {"export": {"plain": "pass", "packed": "fail"}}.'
        )
    unknown = {word for row in table.values() for word in row.values()} - FILLS.keys()
    if unknown:
        raise ValueError(
            f"table: expected outcomes among {', '.join(FILLS)}, got {sorted(unknown)}. "
            "Use one of these words in every cell."
        )
    return found[0]
