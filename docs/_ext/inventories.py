"""Make intersphinx inventories from the readable lists in `docs/inventories`.

A build may have no network, so the few entries of other projects that the guide links to are stored
as text. A test imports every name of the torch list.
"""

import zlib
from pathlib import Path

from sphinx.application import Sphinx
from sphinx.config import Config

HEADER = """\
# Sphinx inventory version 2
# Project: {project}
# Version:
# The remainder of this file is compressed using zlib.
"""


def entries(listing: Path) -> list[tuple[str, str, str]]:
    """Read a list: one entry a line, with name, role and address."""
    lines = listing.read_text(encoding="utf-8").splitlines()
    fields = [line.split() for line in lines if line and not line.startswith("#")]
    return [
        (name, role, *(address or [f"generated/{name}.html#$"])) for name, role, *address in fields
    ]


def write_inventories(app: Sphinx, config: Config) -> None:
    """Write one compressed inventory for each list."""
    target = Path(app.srcdir, "_build", "inventories")
    target.mkdir(parents=True, exist_ok=True)
    for listing in Path(app.srcdir, "inventories").glob("*.txt"):
        body = "".join(f"{name} {role} 1 {uri} -\n" for name, role, uri in entries(listing))
        header = HEADER.format(project=listing.stem).encode()
        (target / f"{listing.stem}.inv").write_bytes(header + zlib.compress(body.encode()))


def setup(app: Sphinx) -> dict[str, bool]:
    """Write the inventories before intersphinx reads them."""
    app.connect("config-inited", write_inventories)
    return {"parallel_read_safe": True}
