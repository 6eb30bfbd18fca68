"""Run a script again when something that it depends on has changed.

sphinx-gallery looks only at the text of a script: after a change in `lstm_guide` or in torch, old
outputs would stay on the page. Before the gallery is built, this extension compares what each
script depends on with the record of its last run, says which scripts are stale and why, and
deletes their `.md5` files, which makes sphinx-gallery run them.

In a build of selected scripts (`filename_pattern`) the others keep the page that they have. A stale
one stays stale in the record, and the next full build runs it.
"""

import json
from pathlib import Path
from typing import Any

from dependencies import Parts, parts_of, reasons
from sphinx.application import Sphinx
from sphinx.util import logging
from sphinx_gallery.gen_rst import executable_script, md5sum_is_current
from sphinx_gallery.utils import get_md5sum

logger = logging.getLogger(__name__)


class Gallery:
    """The scripts, the pages that were made from them, and the record of the runs."""

    def __init__(self, app: Sphinx) -> None:
        self.conf = app.config.sphinx_gallery_conf
        self.examples = Path(app.srcdir, self.conf["examples_dirs"])
        self.pages = Path(app.srcdir, self.conf["gallery_dirs"])
        self.record = self.pages / "fresh.json"
        self.runs: dict[str, Parts] = (
            json.loads(self.record.read_text()) if self.record.exists() else {}
        )
        self.parts = {
            script.relative_to(self.examples).as_posix(): parts_of(script)
            for script in sorted(self.examples.glob("*/*.py"))
        }

    def asked_for(self, name: str) -> bool:
        """Tell whether this build may run a script."""
        return executable_script(str((self.examples / name).resolve()), self.conf)

    def why_stale(self, name: str) -> list[str]:
        """Say why the page of a script is not true any more, if so."""
        if name not in self.runs or not (self.pages / name).with_suffix(".rst").exists():
            return ["it has never run"]
        return reasons(self.runs[name], self.parts[name])


def choose(app: Sphinx) -> None:
    """Before the gallery is built: decide which scripts run, and say so."""
    app.fresh_gallery = gallery = Gallery(app)
    stale = {name: why for name in gallery.parts if (why := gallery.why_stale(name))}
    for name, why in stale.items():
        md5 = (gallery.pages / name).with_suffix(".py.md5")
        if gallery.asked_for(name):
            logger.info("to run: %s (%s)", name, ", ".join(why))
            md5.unlink(missing_ok=True)
        else:
            logger.info("STALE, left as it was: %s (%s)", name, ", ".join(why))
            if name in gallery.runs:  # sphinx-gallery must not replace the page by an empty one
                md5.write_text(get_md5sum(gallery.examples / name, mode="t"))
    if not any(gallery.asked_for(name) for name in gallery.parts):
        pattern = gallery.conf["filename_pattern"]
        logger.warning("no script in examples/ matches %r", pattern, type="fresh", subtype="none")
    logger.info("%d of %d scripts are fresh", len(gallery.parts) - len(stale), len(gallery.parts))


def note(app: Sphinx) -> None:
    """After the gallery is built: record the runs, and miss none that was asked for."""
    gallery: Gallery = app.fresh_gallery
    failed: dict[str, Any] = gallery.conf["failing_examples"]
    done = [
        name
        for name in gallery.parts
        if gallery.asked_for(name) and md5sum_is_current(gallery.pages / name, mode="t")
    ]
    kept = {name: run for name, run in gallery.runs.items() if name in gallery.parts}
    runs = kept | {name: gallery.parts[name] for name in done}
    gallery.record.write_text(json.dumps(runs, indent=1, sort_keys=True))
    for name in gallery.parts:
        source = str((gallery.examples / name).resolve())
        if gallery.asked_for(name) and name not in done and source not in failed:
            logger.warning("%s did not run", source, type="fresh", subtype="not-run")


def setup(app: Sphinx) -> dict[str, bool]:
    """Stand before and after sphinx-gallery's own handler."""
    app.connect("builder-inited", choose, priority=400)
    app.connect("builder-inited", note, priority=600)
    return {"parallel_read_safe": True}
