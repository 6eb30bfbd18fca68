"""Make the downloads complete: the package's wheel, how to get it, and archives without dates.

The wheel stands at the root of the site. Each downloaded script opens with a comment, and each
notebook with a cell, that says how to install it, with the packages that the page itself names in
a sentence "Install it with ``pip install NAME``". The archives are packed anew with these files and
a fixed date, so that two builds of one commit give the same bytes.
"""

import os
import re
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
EXTRAS = re.compile(r"Install it with ``pip install ([\w -]+)``")
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
    app.wheel_address = address
    app.script_note = SCRIPT_NOTE.format(**words).replace(" \n", "\n")
    notebook_note = NOTEBOOK_NOTE.format(**words).replace(" \n", "\n")
    config.sphinx_gallery_conf["first_notebook_cell"] = notebook_note
    config.myst_substitutions["wheel_command"] = f"`pip install {wheel}`"
    config.myst_substitutions["wheel_link"] = (
        f'<a class="reference download" href="{wheel}">{wheel}</a>'
    )


def complete(app: Sphinx) -> None:
    """After the gallery is built: complete scripts and notebooks, and pack the archives anew."""
    gallery = Path(app.srcdir, app.config.sphinx_gallery_conf["gallery_dirs"])
    wheel = app.wheel_address
    for script in sorted(gallery.glob("*/*.py")):
        text = script.read_text(encoding="utf-8")
        command = " ".join(["pip install", wheel, *extras(text)])
        note = app.script_note.replace(f"pip install {wheel}", command)
        if not text.startswith(note):
            rewrite(script, note + text)
        notebook = script.with_suffix(".ipynb")
        cells = notebook.read_text(encoding="utf-8")
        plain = f"%pip install {wheel}"
        if f'{plain}"' in cells:
            rewrite(notebook, cells.replace(f'{plain}"', f'%{command}"'))
    for archive in sorted(gallery.rglob("*.zip")):
        pack_again(archive, gallery)


def extras(text: str) -> list[str]:
    """Return the packages that the text of a page names, besides torch and the guide's own."""
    named = EXTRAS.search(text)
    return named[1].split() if named else []


def rewrite(file: Path, text: str) -> None:
    """Write a text and keep the times of the file, from which sphinx-gallery sees what is new."""
    source = file.stat()
    file.write_text(text, encoding="utf-8")
    os.utime(file, ns=(source.st_atime_ns, source.st_mtime_ns))


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
