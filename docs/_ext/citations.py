"""Give the bibliography labels that can be read, and its entries the role that belongs into a list.

A label is the first author and the year, as the text cites them. docutils writes the role
`doc-biblioentry`, which is deprecated and no item of a list to a screen reader.
"""

from collections.abc import Iterator
from typing import Any

from pybtex.database import Entry
from pybtex.plugin import register_plugin
from pybtex.style.formatting.plain import Style
from pybtex.style.labels import BaseLabelStyle
from sphinx.application import Sphinx


class AuthorAndYear(BaseLabelStyle):
    """Labels such as "Schuster 1997"."""

    def format_labels(self, entries: list[Entry]) -> Iterator[str]:
        """Make one label for each entry."""
        for entry in entries:
            names = entry.persons["author"][0].rich_last_names
            yield f"{' '.join(map(str, names))} {entry.fields['year']}"


class Guide(Style):
    """The plain style with these labels."""

    default_label_style = AuthorAndYear


def mend(app: Sphinx, page: str, template: str, context: dict[str, Any], doctree: Any) -> None:
    """Replace the role on the finished page."""
    if "body" in context:
        context["body"] = context["body"].replace('role="doc-biblioentry"', 'role="listitem"')


def setup(app: Sphinx) -> dict[str, bool]:
    """Know the style, and mend each page before it is written."""
    register_plugin("pybtex.style.formatting", "guide", Guide)
    app.connect("html-page-context", mend)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
