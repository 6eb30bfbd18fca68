"""Make the downloads complete: the package's wheel, how to get it, and archives without dates.

The wheel stands at the root of the site. Each downloaded script opens with a comment, and each
notebook with a cell, that says how to install it. The archives are packed anew with these files and
a fixed date, so that two builds of one commit give the same bytes.
"""

import os
import zipfile
from pathlib import Path

from hatchling.build import build_wheel
from sphinx.application import Sphinx
from sphinx.config import Config

REPOSITORY = Path(__file__).parents[2]
SCRIPT_NOTE = """\
# To run this file you need torch and lstm_guide, the small library of the guide. {get}
#   pip install {wheel}

"""
NOTEBOOK_NOTE = """\
# This notebook needs torch and lstm_guide, the small library of the guide. {get}
# Then remove the sign # in front of the next line and run this cell once.
# %pip install {wheel}"""
FIXED_DATE = (1980, 1, 1, 0, 0, 0)


def add_wheel(app: Sphinx, config: Config) -> None:
    """Build the wheel, put it on the site, and word the note about it."""
    target = Path(app.srcdir, "_build", "wheel")
    target.mkdir(parents=True, exist_ok=True)
    for old in target.glob("*.whl"):
        old.unlink()
    before = Path.cwd()
    os.chdir(REPOSITORY)  # the build backend works in the current folder
    try:
        wheel = build_wheel(str(target))
    finally:
        os.chdir(before)
    config.html_extra_path.append(str(target))
    address = f"{config.html_baseurl.rstrip('/')}/{wheel}" if config.html_baseurl else wheel
    get = "" if config.html_baseurl else f"Download {wheel} from the guide's Install page first."
    words = {"wheel": address, "get": get}
    app.script_note = SCRIPT_NOTE.format(**words).replace(" \n", "\n")
    notebook_note = NOTEBOOK_NOTE.format(**words).replace(" \n", "\n")
    config.sphinx_gallery_conf["first_notebook_cell"] = notebook_note
    config.myst_substitutions["wheel_command"] = f"`pip install {wheel}`"
    config.myst_substitutions["wheel_link"] = (
        f'<a class="reference download" href="{wheel}">{wheel}</a>'
    )


def complete(app: Sphinx) -> None:
    """After the gallery is built: write the note into the scripts, and pack the archives anew."""
    gallery = Path(app.srcdir, app.config.sphinx_gallery_conf["gallery_dirs"])
    for script in sorted(gallery.glob("*/*.py")):
        source = script.stat()
        text = script.read_text(encoding="utf-8")
        if not text.startswith(app.script_note):
            script.write_text(app.script_note + text, encoding="utf-8")
            os.utime(script, ns=(source.st_atime_ns, source.st_mtime_ns))
    for archive in sorted(gallery.rglob("*.zip")):
        pack_again(archive, gallery)


def pack_again(archive: Path, gallery: Path) -> None:
    """Write an archive with the files as they are now, in order and with a fixed date."""
    with zipfile.ZipFile(archive) as old:
        names = sorted(old.namelist())
    folder = archive.parent
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as new:
        for name in names:
            file = folder / name
            new.writestr(zipfile.ZipInfo(name, FIXED_DATE), file.read_bytes())


def setup(app: Sphinx) -> dict[str, bool]:
    """Build the wheel before the gallery, and complete the downloads after it."""
    app.connect("config-inited", add_wheel, priority=5)
    app.connect("builder-inited", complete, priority=700)
    return {"parallel_read_safe": True}
