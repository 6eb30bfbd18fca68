"""Each script runs by itself, as downloaded from the built site, outside the repository."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).parents[2]
SITE = REPOSITORY / "docs" / "_build" / "html"
SCRIPTS = sorted(SITE.glob("_downloads/*/*.py"), key=lambda path: path.name)
INSTALL = re.compile(r"^#   pip install (?P<wheel>\S+)$", re.MULTILINE)


@pytest.fixture(scope="session")
def installed() -> str:
    """Follow the line at the top of a script, in the folder that holds the wheel."""
    found = {match["wheel"] for path in SCRIPTS for match in INSTALL.finditer(path.read_text())}
    (wheel,) = found
    # The package that the site offers, even where an older one of the same version is installed.
    command = [sys.executable, "-m", "pip", "install", "--force-reinstall", "--no-deps", wheel]
    subprocess.run(command, check=True, cwd=SITE, capture_output=True)
    return wheel


def test_every_script_can_be_downloaded():
    sources = {path.name for path in (REPOSITORY / "examples").glob("*/*.py")}
    assert {path.name for path in SCRIPTS} == sources


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda path: path.stem)
def test_a_downloaded_script_says_what_it_needs_and_runs(
    script: Path, installed: str, tmp_path: Path
):
    assert INSTALL.search(script.read_text()[:400]), "opens with how to get the package"
    env = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    result = subprocess.run(
        [sys.executable, "-W", "error", str(script)],
        cwd=tmp_path,
        env={**env, "MPLBACKEND": "agg", "OMP_NUM_THREADS": "1"},
        capture_output=True,
        text=True,
    )
    assert result.returncode == 0, result.stderr
    assert result.stdout
    assert not list(tmp_path.iterdir()), "leaves no file behind"
