"""Turn the label of a page in a table of findings into a link to that page."""

import re

from docutils import nodes
from sphinx.application import Sphinx

LABEL = re.compile(r'<code class="lstm-guide-page">([\w-]+)</code>')


def link_labels(app: Sphinx, doctree: nodes.document, name: str) -> None:
    """Resolve the labels in the raw HTML of one page; an unknown label stops the build."""
    labels = app.env.domains.standard_domain.labels

    def link(match: re.Match[str]) -> str:
        target, anchor, title = labels[match[1]]
        address = app.builder.get_relative_uri(name, target)
        return f'<a class="lstm-guide-page" href="{address}#{anchor}">{title}</a>'

    for node in doctree.findall(nodes.raw):
        if "lstm-guide-page" in node.astext():
            node.children = [nodes.Text(LABEL.sub(link, node.astext()))]


def setup(app: Sphinx) -> dict[str, bool]:
    """Register the handler."""
    app.connect("doctree-resolved", link_labels)
    return {"parallel_read_safe": True}
