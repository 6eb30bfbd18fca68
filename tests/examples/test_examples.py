"""Each script runs by itself, as downloaded from the built site, outside the repository."""

import os
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).parents[2]
SITE = REPOSITORY / "docs" / "_build" / "html"
SCRIPTS = sorted(SITE.glob("_downloads/*/*.py"), key=lambda path: path.name)


@pytest.fixture(scope="session")
def installed(follow: Callable[[list[str]], str]) -> str:
    return follow([script.read_text() for script in SCRIPTS])


def test_every_script_can_be_downloaded():
    sources = {path.name for path in (REPOSITORY / "examples").glob("*/*.py")}
    assert {path.name for path in SCRIPTS} == sources


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda path: path.stem)
def test_a_downloaded_script_says_what_it_needs_and_runs(
    script: Path, installed: str, tmp_path: Path
):
    line = rf"pip install {re.escape(installed)}( [\w-]+)*\n"
    assert re.search(line, script.read_text()[:400]), "says how to get the package"
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
