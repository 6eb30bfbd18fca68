"""Labels in tables of findings become links."""

from types import SimpleNamespace
from typing import Any

import pytest
from docutils import nodes
from docutils.utils import new_document
from probe_pages import link_labels

from lstm_guide.probes import Finding


def page(html: str) -> nodes.document:
    document = new_document("page")
    document += nodes.raw("", html, format="html")
    return document


def app(labels: dict[str, tuple[str, str, str]]) -> Any:
    domains = SimpleNamespace(standard_domain=SimpleNamespace(labels=labels))
    builder = SimpleNamespace(get_relative_uri=lambda start, end: f"from-{start}-to-{end}.html")
    return SimpleNamespace(env=SimpleNamespace(domains=domains), builder=builder)


def test_a_label_becomes_a_link_with_the_title_of_its_page():
    document = page(Finding("leak", 1.0, 0.5, "Look.", "silent-axes")._repr_html_())
    link_labels(app({"silent-axes": ("axes", "top", "Swapped axes")}), document, "here")
    html = document.children[0].astext()
    link = '<a class="lstm-guide-page" href="from-here-to-axes.html#top">Swapped axes</a>'
    assert f"Look. See {link} in the guide." in html
    assert "<code" not in html


def test_an_unknown_label_stops_the_build():
    document = page(Finding("leak", 1.0, 0.5, "Look.", "silent-axes")._repr_html_())
    with pytest.raises(KeyError, match="silent-axes"):
        link_labels(app({}), document, "here")


def test_other_raw_html_stays():
    document = page("<p>text</p>")
    link_labels(app({}), document, "here")
    assert document.children[0].astext() == "<p>text</p>"
