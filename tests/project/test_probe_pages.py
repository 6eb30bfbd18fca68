"""Labels of pages become links, in tables of findings and in printed texts."""

import re
from types import SimpleNamespace
from typing import Any

import pytest
from docutils import nodes
from docutils.utils import new_document
from probe_pages import link_labels, link_printed

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


PRINTED = """<p>See silent-axes in the guide.</p>
<div class="sphx-glr-script-out highlight-none notranslate"><div class="highlight"><pre>wrong.
See silent-axes in the guide.
  See: the pages "silent-axes" and "by-error#only-h" of the guide.</pre></div></div>
<p>See silent-axes in the guide.</p>"""


def printed_page(labels: dict[str, tuple[str, str, str]]) -> str:
    context = {"body": PRINTED}
    link_printed(app(labels), "here", "page.html", context, None)
    return context["body"]


def test_a_printed_label_becomes_a_link_and_keeps_its_text():
    body = printed_page({"silent-axes": ("axes", "top", "Swapped axes")})
    link = '<a href="from-here-to-axes.html#top">silent-axes</a>'
    entry = '<a href="from-here-to-by-error.html#only-h">by-error#only-h</a>'
    assert f"See {link} in the guide." in body
    assert f'"{link}" and "{entry}" of the guide.' in body
    assert re.sub(r"</?a.*?>", "", body) == PRINTED
    assert body.count("<a ") == 3, "only outputs, not the text of a page"


def test_an_unknown_printed_label_stops_the_build():
    with pytest.raises(KeyError, match="silent-axes"):
        printed_page({})


def test_a_page_without_a_body_is_left_alone():
    context: dict[str, Any] = {}
    link_printed(app({}), "search", "search.html", context, None)
    assert context == {}
