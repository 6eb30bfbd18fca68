"""What the tests of the downloads share."""

import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from filelock import FileLock

SITE = Path(__file__).parents[1] / "docs" / "_build" / "html"


def get(wheel: str, others: list[str]) -> None:
    """Install the wheel of the site, and the packages that single pages need besides."""
    # The package that the site offers, also where one of the same version is installed.
    command = [sys.executable, "-m", "pip", "install", "--force-reinstall", "--no-deps"]
    command.append(wheel.rpartition("/")[2])  # what the address of a published site leads to
    subprocess.run(command, check=True, cwd=SITE, capture_output=True)
    pinned = ["--constraint", str(SITE.parents[2] / "constraints.txt")]
    command = [sys.executable, "-m", "pip", "install", *pinned, *others]
    subprocess.run(command, check=True, capture_output=True)


@pytest.fixture(scope="session")
def follow(
    tmp_path_factory: pytest.TempPathFactory, testrun_uid: str
) -> Callable[[list[str]], str]:
    """Do what the notes at the top of downloads say, in the folder that holds the wheel."""
    # What the processes of one run share: the first that comes installs for all.
    done = tmp_path_factory.getbasetemp().parent / f"installed-{testrun_uid}"

    def install(notes: list[str]) -> str:
        lines = [re.search(r"^#\s+%?pip install (\S+)(.*)$", note, re.MULTILINE) for note in notes]
        (wheel,) = {line[1] for line in lines}
        others = sorted({name for line in lines for name in line[2].split()})
        with FileLock(f"{done}.lock"):
            if not done.exists():
                get(wheel, others)
                done.touch()
        return wheel

    return install
