"""Give each API entry the cards of the pages that use it, and let links use the short name."""

import json
from pathlib import Path
from typing import Any

from docutils.nodes import Element
from sphinx.addnodes import pending_xref
from sphinx.application import Sphinx
from sphinx.environment import BuildEnvironment

import lstm_guide


def add_gallery(
    app: Sphinx, kind: str, name: str, thing: Any, options: Any, lines: list[str]
) -> None:
    """Append the cards to the docstring of a name that some page uses."""
    folder = Path(app.srcdir, app.config.sphinx_gallery_conf["backreferences_dir"])
    used = json.loads((folder / "backreferences_all.json").read_text(encoding="utf-8"))
    short = f"lstm_guide.{name.rpartition('.')[2]}"
    names = [each for each in (name, short) if each in used]
    if names:
        lines += [
            "",
            ".. rubric:: Pages that use it",
            "",
            f".. minigallery:: {' '.join(names)}",
            "",
        ]


def find_entry(
    app: Sphinx, env: BuildEnvironment, node: pending_xref, text: Element
) -> Element | None:
    """Lead `lstm_guide.describe`, as readers import it, to the entry of `lstm_guide.report`."""
    package, _, name = node.get("reftarget", "").partition(".")
    defined_in = getattr(getattr(lstm_guide, name, None), "__module__", None)
    if node.get("refdomain") != "py" or package != "lstm_guide" or defined_in is None:
        return None
    module = ".".join(defined_in.split(".")[:2])  # a folder of files is documented as one module
    return env.domains["py"].resolve_xref(
        env, node["refdoc"], app.builder, node["reftype"], f"{module}.{name}", node, text
    )


def setup(app: Sphinx) -> dict[str, bool]:
    """Register the handlers."""
    app.connect("autodoc-process-docstring", add_gallery)
    app.connect("missing-reference", find_entry)
    return {"parallel_read_safe": True}
