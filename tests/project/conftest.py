"""What the tests of the project itself share."""

import sys
from pathlib import Path

REPOSITORY = Path(__file__).parents[2]
sys.path[:0] = [str(REPOSITORY / "docs" / "_ext"), str(REPOSITORY / "benchmarks")]
