"""Turn the reST of a script into clean Markdown for its notebook.

sphinx-gallery's own converter leaves roles, dropdowns, list tables and displayed formulas as raw
reST. This extension rewrites these first and leaves the rest to `sphinx_gallery.notebook.rst2md`.
"""

import re
import textwrap
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

from sphinx.application import Sphinx
from sphinx.config import Config
from sphinx_gallery import notebook

Render = Callable[[str, str], str]
original_rst2md = notebook.rst2md

DIRECTIVE = r"^\.\. {name}::[ \t]*(?P<title>.*)\n(?P<body>(?:[ \t]*\n|[ \t]+\S.*(?:\n|\Z))*)"
ROLE = re.compile(r":(?P<role>[\w:+-]+):`(?P<content>[^`]+)`")
TITLED = re.compile(r"(?P<title>.+?)\s*<(?P<target>.+)>", re.DOTALL)
LABEL = re.compile(
    r"^(?P<comment>(?:# )?)\.\. _(?P<label>[\w-]+):\s*\n(?:#?\n)*"
    r"(?P=comment)(?P<title>\S.*)\n(?P=comment)[=\-#*]{3,}$",
    re.MULTILINE,
)
IN_WORDS = {"ref", "term", "doc", "abbr", "sub", "sup"}


def to_markdown(text: str, titles: dict[str, str]) -> str:
    """Rewrite what sphinx-gallery's converter does not know."""
    for name, render in RENDERERS.items():
        text = replace_directive(text, name, render)
    return ROLE.sub(partial(plain_role, titles=titles), text)


def replace_directive(text: str, name: str, render: Render) -> str:
    """Replace each directive of one name by what `render(title, body)` makes of it."""

    def replace(match: re.Match[str]) -> str:
        body = textwrap.dedent(match["body"]).strip("\n")
        options = re.match(r"(?::[\w-]+:.*\n?)*", body)
        body = body[options.end() :].strip("\n") if options else body
        return f"{render(match['title'].strip(), body)}\n\n"

    return re.sub(DIRECTIVE.format(name=name), replace, text, flags=re.MULTILINE)


def math(title: str, body: str) -> str:
    """Render a displayed formula."""
    return f"$$\n{(title + body).strip()}\n$$"


def dropdown(title: str, body: str) -> str:
    """Render a folded answer."""
    return f"<details><summary>{title}</summary>\n\n{body}\n\n</details>"


def admonition(kind: str, title: str, body: str) -> str:
    """Render a box as a quotation with its kind in bold."""
    return textwrap.indent(f"**{kind}** {title}\n{body}".strip(), "> ", lambda line: True)


def list_table(title: str, body: str) -> str:
    """Render a list table whose first row is the header."""
    rows = [
        [" ".join(cell.split()) for cell in re.split(r"(?:\A|\n)\s*- ", f"\n{row}")[1:]]
        for row in re.split(r"^\* (?=- )", body, flags=re.MULTILINE)[1:]
    ]
    head, *rest = [f"| {' | '.join(row)} |" for row in rows]
    rule = "|" + " --- |" * len(rows[0])
    return "\n".join([*([f"**{title}**", ""] if title else []), head, rule, *rest])


RENDERERS: dict[str, Render] = {
    "math": math,
    "dropdown": dropdown,
    "list-table": list_table,
    **{
        kind: partial(admonition, kind.capitalize() + ":")
        for kind in ("note", "tip", "warning", "important", "seealso")
    },
}


def plain_role(match: re.Match[str], titles: dict[str, str]) -> str:
    """Write the visible text of a role: names as code, words as words, formulas untouched."""
    role, content = match["role"].rpartition(":")[2], match["content"]
    if role == "math":
        return match[0]
    titled = TITLED.fullmatch(content)
    text = titled["title"] if titled else content.removeprefix("!")
    if role in IN_WORDS:
        return text if titled else titles.get(text, text)
    return f"``{text.rpartition('.')[2] if text.startswith('~') else text}``"


def titles_of(examples: Path) -> dict[str, str]:
    """Return the title behind each label of the gallery, for references without a text."""
    return {
        match["label"]: match["title"]
        for path in sorted(examples.rglob("*.py")) + sorted(examples.rglob("*.rst"))
        for match in LABEL.finditer(path.read_text(encoding="utf-8"))
    }


def install(app: Sphinx, config: Config) -> None:
    """Put this rewriting in front of sphinx-gallery's converter."""
    titles = titles_of(Path(app.srcdir, config.sphinx_gallery_conf["examples_dirs"]))

    def rst2md(text: str, *rest: Any) -> str:
        return original_rst2md(to_markdown(text, titles), *rest)

    notebook.rst2md = rst2md


def setup(app: Sphinx) -> dict[str, bool]:
    """Register the extension."""
    app.connect("config-inited", install)
    return {"parallel_read_safe": True}
