"""Turn the labels of pages, in what probes and explained errors print, into links."""

import re
from typing import Any

from docutils import nodes
from sphinx.application import Sphinx

LABEL = re.compile(r'<code class="lstm-guide-page">([\w-]+)</code>')
OUTPUT = re.compile(r'<div class="sphx-glr-script-out .*?</pre>', re.DOTALL)
PRINTED = re.compile(
    r"(?<=See )(?P<probe>[\w-]+)(?= in the guide\.)"
    r'|(?<=pages ")(?P<page>[\w-]+)(?=")'
    r'|(?<=")by-error#(?P<entry>[\w-]+)(?=" of the guide\.)'
)


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


def link_printed(
    app: Sphinx, name: str, template: str, context: dict[str, Any], doctree: nodes.document | None
) -> None:
    """Link the labels in the outputs of one page, whose text stays as it was printed."""
    labels = app.env.domains.standard_domain.labels

    def link(match: re.Match[str]) -> str:
        target, anchor = "by-error", match["entry"]
        if anchor is None:
            target, anchor, _ = labels[match["probe"] or match["page"]]
        address = app.builder.get_relative_uri(name, target)
        return f'<a href="{address}#{anchor}">{match[0]}</a>'

    if "body" in context:
        body = OUTPUT.sub(lambda output: PRINTED.sub(link, output[0]), context["body"])
        context["body"] = body


def setup(app: Sphinx) -> dict[str, bool]:
    """Register the handlers."""
    app.connect("doctree-resolved", link_labels)
    app.connect("html-page-context", link_printed)
    return {"parallel_read_safe": True}
