"""Write the page of messages from the catalogue: each with its real text, cause, fix and page.

The directive `error-box` is the box that takes a pasted message, and `error-entries` makes one
section a family and one below it an entry, whose id is the anchor; with `error-` before the id,
`{ref}` leads to it. The patterns are a file of their own, for the box and for the search on every
page. The recipes run when the page is read, so that the texts are those of the torch
that builds the site. They run again when the catalogue, torch or this file has changed; in between
their texts are kept in `_build`.
"""

import hashlib
import json
from pathlib import Path
from typing import Any

import torch
from docutils import nodes
from sphinx.addnodes import pending_xref
from sphinx.application import Sphinx
from sphinx.config import Config
from sphinx.util.docutils import SphinxDirective

from lstm_guide import catalogue
from lstm_guide.catalogue import recipes
from lstm_guide.catalogue.lookup import by_likelihood

LONGEST = 600  # letters of a text that are shown
BOX = """\
<div class="error-box" hidden>
<label for="error-text">Paste a message, or a whole traceback</label>
<textarea id="error-text" rows="5" spellcheck="false" autocomplete="off"></textarea>
<p id="error-count" role="status"></p>
<ol id="error-found"></ol>
</div>
"""


def texts_of(entry: catalogue.Entry) -> list[str]:
    """Run the recipes of an entry, and return what torch says, each text once."""
    said = [
        catalogue.reproduce(recipe, process=message.process)
        for message in entry.messages
        for recipe in message.recipes
    ]
    return list(dict.fromkeys(f"{each.kind}: {each.text}" for each in said))


def texts(folder: Path) -> dict[str, list[str]]:
    """Return the texts of all entries: as they were kept, or made anew where something changed."""
    sources = (Path(__file__), Path(recipes.__file__))
    state = repr(catalogue.entries()) + torch.__version__ + "".join(map(Path.read_text, sources))
    digest = hashlib.sha256(state.encode()).hexdigest()
    file = folder / "by_error.json"
    kept = json.loads(file.read_text(encoding="utf-8")) if file.exists() else {}
    if kept.get("digest") != digest:
        found = {entry.id: texts_of(entry) for entry in catalogue.entries()}
        kept = {"digest": digest, "texts": found}
        folder.mkdir(parents=True, exist_ok=True)
        file.write_text(json.dumps(kept), encoding="utf-8")
    said: dict[str, list[str]] = kept["texts"]
    return said


def patterns() -> str:
    """Return the patterns for the box and the search, the likelier entries first."""
    return json.dumps(
        [
            {
                "id": entry.id,
                "title": plain(entry.title),
                "patterns": [message.pattern for message in entry.messages],
            }
            for entry in by_likelihood(list(catalogue.entries()))
        ]
    )


def plain(text: str) -> str:
    """Remove the backticks of code."""
    return text.replace("`", "")


def words(text: str) -> list[nodes.Node]:
    """Make nodes of a text with code between backticks."""
    parts = text.split("`")
    return [
        nodes.literal(part, part) if number % 2 else nodes.Text(part)
        for number, part in enumerate(parts)
        if part
    ]


def shorten(text: str) -> str:
    """Cut the end off a text that is too long to be read."""
    return text if len(text) <= LONGEST else f"{text[:LONGEST].rpartition(' ')[0]} …"


def code(text: str, language: str, kind: str) -> nodes.literal_block:
    """Make a block of code."""
    return nodes.literal_block(text, text, language=language, classes=[kind])


def sentence(kind: str, *content: nodes.Node) -> nodes.paragraph:
    """Make a paragraph that begins with its kind."""
    label = nodes.strong(text=f"{kind}: ")
    return nodes.paragraph("", "", label, *content, classes=[f"error-{kind.lower()}"])


def link(label: str, document: str) -> pending_xref:
    """Make a link to a page of the gallery, with its title."""
    options = {"refdomain": "std", "reftype": "ref", "refexplicit": False, "refwarn": True}
    inside = nodes.inline(label, label, classes=["xref", "std", "std-ref"])
    return pending_xref("", inside, reftarget=label, refdoc=document, **options)


def section(title: str, identity: str, *content: nodes.Node) -> nodes.section:
    """Make a section with its heading."""
    return nodes.section(
        "", nodes.title("", "", *words(title)), *content, ids=[identity], names=[identity]
    )


class ErrorBox(SphinxDirective):
    """The box, and the patterns that it searches."""

    def run(self) -> list[nodes.Node]:
        """Write HTML."""
        return [nodes.raw("", BOX, format="html")]


class ErrorEntries(SphinxDirective):
    """One section a family, and one below it an entry."""

    def run(self) -> list[nodes.Node]:
        """Make the sections."""
        said = texts(Path(self.env.srcdir, "_build"))
        families: dict[str, nodes.section] = {}
        for entry in catalogue.entries():
            if entry.family not in families:
                identity = nodes.make_id(f"family {entry.family}")
                families[entry.family] = section(entry.family, identity)
            families[entry.family] += self.entry(entry, said[entry.id])
        return [*families.values()]

    def entry(self, entry: catalogue.Entry, said: list[str]) -> nodes.section:
        """Make the section of an entry."""
        call = entry.call.removeprefix(catalogue.start()).strip()
        std, label = self.env.domains.standard_domain, f"error-{entry.id}"
        std.labels[label] = self.env.docname, entry.id, plain(entry.title)
        std.anonlabels[label] = self.env.docname, entry.id
        return section(
            entry.title,
            entry.id,
            *(code(shorten(text), "text", "error-text") for text in said),
            sentence("Cause", *words(entry.cause)),
            sentence("Fix", *words(entry.fix)),
            code(call, "python", "error-call"),
            sentence("Page", link(entry.page, self.env.docname)),
        )


class ErrorStart(SphinxDirective):
    """The lines that come before each fixed call."""

    def run(self) -> list[nodes.Node]:
        """Make a block of code."""
        return [code(catalogue.start().strip(), "python", "error-start")]


def write_patterns(app: Sphinx, config: Config) -> None:
    """Write the file of the patterns, and put it beside the scripts of the site."""
    folder = Path(app.srcdir, "_build", "patterns")
    folder.mkdir(parents=True, exist_ok=True)
    text = f"const ERROR_ENTRIES = {patterns()};\n"
    (folder / "error-entries.js").write_text(text, encoding="utf-8")
    config.html_static_path.append(str(folder))


def add_script(app: Sphinx, page: str, template: str, context: dict[str, Any], tree: Any) -> None:
    """Load the script of the box on the page that has one."""
    if tree is not None and any("error-box" in each.astext() for each in tree.findall(nodes.raw)):
        app.add_js_file("by-error.js", defer="defer")


def setup(app: Sphinx) -> dict[str, bool]:
    """Register the directives."""
    app.add_directive("error-box", ErrorBox)
    app.add_directive("error-entries", ErrorEntries)
    app.add_directive("error-start", ErrorStart)
    app.connect("config-inited", write_patterns)
    app.add_js_file("error-entries.js")
    app.add_js_file("find-error.js")
    app.connect("html-page-context", add_script)
    return {"parallel_read_safe": True}
