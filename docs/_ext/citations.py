"""Give the entries of the bibliography the role that belongs into a list.

docutils writes `doc-biblioentry`, which is deprecated and no item of a list to a screen reader.
"""

from typing import Any

from sphinx.application import Sphinx


def mend(app: Sphinx, page: str, template: str, context: dict[str, Any], doctree: Any) -> None:
    """Replace the role on the finished page."""
    if "body" in context:
        context["body"] = context["body"].replace('role="doc-biblioentry"', 'role="listitem"')


def setup(app: Sphinx) -> dict[str, bool]:
    """Mend each page before it is written."""
    app.connect("html-page-context", mend)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
