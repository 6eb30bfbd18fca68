"""What the training pages assert holds for other first weights, threads and instruction sets.

Every page that takes steps with an optimiser is found by itself, and each run is a process of its
own. ``pytest tests/slow -k 50_forecasting`` tries one page; ``-s`` shows what each run printed.
"""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).parents[2]
# Each `torch.manual_seed(s)` of the page becomes `torch.manual_seed(s + offset)`. Generators of
# data keep their seeds, so that all runs are judged on the same data.
RUN = """
import runpy, sys, torch
page, offset = sys.argv[1], int(sys.argv[2])
seed_weights = torch.manual_seed
torch.manual_seed = lambda seed: seed_weights(seed + offset)
runpy.run_path(page, run_name="__main__")
"""
TRAINS = re.compile(r"\boptimi[sz]er\.step\(|\bfit\(")
SCRIPTS = [
    script
    for script in sorted((REPOSITORY / "examples").glob("*/*.py"))
    if TRAINS.search(script.read_text(encoding="utf-8"))
]
ONE_THREAD = {"OMP_NUM_THREADS": "1"}
# The second processor that every machine has: the same one, told to use older instructions.
AVX2 = {
    "ATEN_CPU_CAPABILITY": "avx2",
    "ONEDNN_MAX_CPU_ISA": "AVX2",
    "MKL_ENABLE_INSTRUCTIONS": "AVX2",
}
SECTIONS_THAT_TRAIN = {"50_patterns", "70_training", "80_debugging"}

per_page = pytest.mark.parametrize("script", SCRIPTS, ids=lambda path: path.stem)


def run(script: Path, *, offset: int = 0, **variables: str) -> str:
    """Run a page in a fresh process and return what it printed."""
    result = subprocess.run(
        [sys.executable, "-W", "error", "-c", RUN, str(script), str(offset)],
        env={**os.environ, "MPLBACKEND": "agg", **ONE_THREAD, **variables},
        capture_output=True,
        text=True,
    )
    assert result.returncode == 0, f"{script.name}, seeds + {offset}, {variables}:\n{result.stderr}"
    print(f"\n{script.name}, seeds + {offset}, {variables}\n{result.stdout}")
    return result.stdout


def test_the_pages_that_train_are_found():
    assert {script.parent.name for script in SCRIPTS} >= SECTIONS_THAT_TRAIN


@per_page
@pytest.mark.parametrize("offset", range(1, 5))
def test_a_page_reaches_its_thresholds_from_other_first_weights(script: Path, offset: int):
    run(script, offset=offset)


@per_page
def test_a_page_prints_the_same_twice(script: Path):
    assert run(script) == run(script)


@per_page
def test_a_page_reaches_its_thresholds_with_two_threads(script: Path):
    run(script, OMP_NUM_THREADS="2", OMP_WAIT_POLICY="passive")  # other work may need the cores


@per_page
def test_a_page_reaches_its_thresholds_with_older_instructions(script: Path):
    run(script, **AVX2)
