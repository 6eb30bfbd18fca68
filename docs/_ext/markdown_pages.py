"""Write each page as Markdown too, and an llms.txt that lists them, for assistants.

The Markdown comes from the finished page, so that it holds what a reader sees: text, code, outputs
and tables, figures by their alternative text, formulas as TeX. Links lead to the Markdown of other
pages. A page of the gallery ends with a table of its tensors, noted when its script ran.

`sphinx-llm`, the maintained extension for this, reads all sources a second time, loses the figures
of sphinx-gallery, takes its download note for the title, and knows no tensors.
"""

import json
import re
from collections.abc import Iterator
from pathlib import Path, PurePosixPath
from urllib.parse import urlsplit

from bs4 import BeautifulSoup, NavigableString, Tag
from markdownify import MarkdownConverter
from sphinx.application import Sphinx
from sphinx.environment import BuildEnvironment

DROPPED = (
    ".headerlink, .sphx-glr-download-link-note, .sphx-glr-footer, .sphx-glr-example-tags, script, "
    "style, svg, button, .sphx-glr-signature, .error-box"
)
CHOICES = {  # nothing is escaped: names are full of underscores
    "bullets": "-",
    "escape_asterisks": False,
    "escape_misc": False,
    "escape_underscores": False,
    "heading_style": "atx",
    "newline_style": "backslash",
}
SECTIONS = {"gallery": "Lessons and exercises", "": "Reference", "api": "API of lstm_guide"}


def language(block: Tag) -> str:
    """Return the language of a block of code."""
    names = " ".join(str(name) for parent in block.parents for name in parent.get("class") or [])
    found = re.search(r"highlight-(\w+)", names)
    known = found[1].lower() if found else ""
    return "text" if known in {"", "none"} else "python" if known == "default" else known


def linked(address: str, page: PurePosixPath, pages: set[str]) -> str:
    """Lead a link to the Markdown of another page, where there is one."""
    parts = urlsplit(address)
    if parts.scheme or not parts.path.endswith(".html"):
        return address
    steps: list[str] = []
    for step in (page.parent / parts.path).parts:
        steps = steps[:-1] if step == ".." else [*steps, step]
    name = "/".join(steps).removesuffix(".html")
    return parts.path.removesuffix(".html") + ".md" if name in pages else address


def to_markdown(html: str, name: str, pages: set[str]) -> str:
    """Turn a finished page into Markdown: its article, without what only works on a screen."""
    article = BeautifulSoup(html, "html.parser").find("article")
    for part in article.select(DROPPED):
        part.decompose()
    for formula in article.select("math"):
        tex = formula.find("annotation").get_text().strip()
        mark = "$$" if formula.get("display") == "block" else "$"
        formula.replace_with(NavigableString(f"{mark}{tex}{mark}"))
    for picture in article.select("img"):
        picture.replace_with(NavigableString(f"[Figure: {picture.get('alt', '')}]"))
    for card in article.select(".sphx-glr-thumbcontainer"):
        title = card.select_one(".sphx-glr-thumbnail-title").get_text()
        link = card.find("a")
        link.string = title
        card.replace_with(link)
        link.wrap(BeautifulSoup("<p></p>", "html.parser").p)
    for link in article.select("a[href]"):
        del link["title"]
        link["href"] = linked(str(link["href"]), PurePosixPath(name), pages)
    for output in article.select("div.sphx-glr-script-out"):
        output.insert_before(NavigableString("\n\nOutput:\n\n"))
    for summary in article.select("summary"):
        summary.name = "p"
        summary.string = f"{summary.get_text().strip()}:"
    writer = MarkdownConverter(code_language_callback=language, **CHOICES)
    text = writer.convert_soup(article)
    text = re.sub(r"^(\[Figure: .*)\n(?=.)", r"\1\n\n", text, flags=re.MULTILINE)
    return re.sub(r"\n{3,}", "\n\n", text).strip() + "\n"


def purpose(markdown: str) -> str:
    """Return the first paragraph below the title, on one line and without links."""
    paragraphs = [
        part for part in markdown.split("\n\n")[1:] if not re.match(r"```|[|#$-]|\[Figure", part)
    ]
    text = " ".join(paragraphs[0].split()) if paragraphs else ""
    return re.sub(r"\[(.*?)\]\([^()]*\)", r"\1", text)


def tensor_table(noted: Path) -> str:
    """Write the tensors of a script as a table, in the order in which they were made."""
    if not noted.exists():
        return ""
    found = json.loads(noted.read_text(encoding="utf-8"))
    rows = [f"| `{name}` | {'; '.join(shapes)} |" for name, shapes in found.items()]
    head = ["## Tensors on this page", "", "| name | shape and type |", "| --- | --- |"]
    return "\n".join(["", *head, *rows, ""]) if rows else ""


def in_order(env: BuildEnvironment, name: str) -> Iterator[str]:
    """Walk through the pages as the guide orders them."""
    yield name
    for child in env.toctree_includes.get(name, []):
        yield from in_order(env, child)


def write(app: Sphinx, exception: Exception | None) -> None:
    """Write all pages, and the list of them."""
    if exception or app.builder.format != "html":
        return
    target, names = Path(app.outdir), list(dict.fromkeys(in_order(app.env, "index")))
    listed: dict[str, list[str]] = {title: [] for title in SECTIONS.values()}
    for name in names:
        html = (target / f"{name}.html").read_text(encoding="utf-8")
        text = to_markdown(html, name, set(names))
        noted = Path(app.srcdir, f"{name}.tensors.json")
        (target / f"{name}.md").write_text(text + tensor_table(noted), encoding="utf-8")
        folder = name.partition("/")[0] if "/" in name else ""
        title = text.partition("\n")[0].removeprefix("# ")
        listed[SECTIONS[folder]].append(f"- [{title}]({name}.md): {purpose(text)}")
    lines = ["# LSTM guide", "", f"> {purpose((target / 'index.md').read_text(encoding='utf-8'))}"]
    for title, entries in listed.items():
        lines += ["", f"## {title}", "", *entries]
    (target / "llms.txt").write_text("\n".join(lines) + "\n", encoding="utf-8")


def setup(app: Sphinx) -> dict[str, bool]:
    """Write after everything else."""
    app.connect("build-finished", write, priority=900)
    return {"parallel_read_safe": True}
