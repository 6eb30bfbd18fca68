"""What the tests of the downloads share."""

import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

SITE = Path(__file__).parents[1] / "docs" / "_build" / "html"


@pytest.fixture(scope="session")
def follow() -> Callable[[list[str]], str]:
    """Do what the notes at the top of downloads say, in the folder that holds the wheel."""

    def install(notes: list[str]) -> str:
        lines = [re.search(r"^#\s+%?pip install (\S+)(.*)$", note, re.MULTILINE) for note in notes]
        (wheel,) = {line[1] for line in lines}
        others = sorted({name for line in lines for name in line[2].split()})
        # The package that the site offers, also where one of the same version is installed.
        command = [sys.executable, "-m", "pip", "install", "--force-reinstall", "--no-deps"]
        command.append(wheel.rpartition("/")[2])  # what the address of a published site leads to
        subprocess.run(command, check=True, cwd=SITE, capture_output=True)
        pinned = ["--constraint", str(SITE.parents[2] / "constraints.txt")]
        command = [sys.executable, "-m", "pip", "install", *pinned, *others]
        subprocess.run(command, check=True, capture_output=True)
        return wheel

    return install
