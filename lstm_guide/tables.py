"""Tables of results, as aligned text and as HTML that fits into any page or notebook."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

__all__: list[str] = []  # for the modules whose results print as tables

_LEFT = "text-align:left"
_PLAIN = f"color:inherit;background:transparent;{_LEFT}"


def text_table(rows: Sequence[Sequence[str]]) -> list[str]:
    """Align the columns and return one line for each row, the heading among them."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return ["  ".join(map(str.ljust, row, widths)).rstrip() for row in rows]


def html_table(
    caption: str, head: Sequence[str], rows: Sequence[Sequence[str]], below: str = ""
) -> str:
    """Make a table whose first column heads its rows.

    caption and head are texts; the cells, and what stands below the table, are HTML already.
    """
    top = "".join(_cell("th", escape(text), "col") for text in head)
    body = "".join(f'<tr style="{_PLAIN}">{_cells(row)}</tr>' for row in rows)
    return (
        f'<div class="lstm-guide-report"><table style="{_PLAIN}">'
        f'<caption style="{_PLAIN}">{escape(caption)}</caption>'
        f"<thead><tr>{top}</tr></thead><tbody>{body}</tbody></table>{below}</div>"
    )


def _cells(row: Sequence[str]) -> str:
    first, *others = row
    return _cell("th", first, "row") + "".join(_cell("td", content) for content in others)


def _cell(tag: str, content: str, scope: str = "") -> str:
    attribute = f' scope="{scope}"' if scope else ""
    return f'<{tag}{attribute} style="{_LEFT}">{content}</{tag}>'
