"""Each notebook runs as downloaded, after its first cell was followed, outside the repository."""

from collections.abc import Callable
from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient

REPOSITORY = Path(__file__).parents[2]
SITE = REPOSITORY / "docs" / "_build" / "html"
NOTEBOOKS = sorted(SITE.glob("_downloads/*/*.ipynb"), key=lambda path: path.name)


def first_cell(notebook: Path) -> str:
    return nbformat.read(notebook, as_version=4).cells[0].source


@pytest.fixture(scope="session")
def installed(follow: Callable[[list[str]], str]) -> str:
    return follow([first_cell(notebook) for notebook in NOTEBOOKS])


def test_every_script_has_a_notebook():
    sources = {path.stem for path in (REPOSITORY / "examples").glob("*/*.py")}
    assert {path.stem for path in NOTEBOOKS} == sources


@pytest.mark.parametrize("notebook", NOTEBOOKS, ids=lambda path: path.stem)
def test_a_notebook_runs_as_downloaded(notebook: Path, installed: str, tmp_path: Path):
    assert installed in first_cell(notebook)
    cells = nbformat.read(notebook, as_version=4)
    client = NotebookClient(
        cells, kernel_name="python3", resources={"metadata": {"path": tmp_path}}
    )
    client.execute()
    printed = [output for cell in cells.cells for output in cell.get("outputs", [])]
    assert printed
    assert not [output for output in printed if output.get("name") == "stderr"]
