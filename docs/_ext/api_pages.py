"""Give each API entry the cards of the pages that use it."""

import json
from pathlib import Path
from typing import Any

from sphinx.application import Sphinx


def add_gallery(
    app: Sphinx, kind: str, name: str, thing: Any, options: Any, lines: list[str]
) -> None:
    """Append the cards to the docstring of a name that some page uses."""
    folder = Path(app.srcdir, app.config.sphinx_gallery_conf["backreferences_dir"])
    used = json.loads((folder / "backreferences_all.json").read_text(encoding="utf-8"))
    if name in used:
        lines += ["", ".. rubric:: Pages that use it", "", f".. minigallery:: {name}", ""]


def setup(app: Sphinx) -> dict[str, bool]:
    """Register the handler."""
    app.connect("autodoc-process-docstring", add_gallery)
    return {"parallel_read_safe": True}
