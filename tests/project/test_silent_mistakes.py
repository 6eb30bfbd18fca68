"""The table of silent mistakes names what exists."""

import re
from pathlib import Path

from lstm_guide import probes

REPOSITORY = Path(__file__).parents[2]
ROWS = [
    [cell.strip() for cell in re.split(r"(?<!\\)\|", line)[1:-1]]
    for line in (REPOSITORY / "docs" / "silent-mistakes.md").read_text().splitlines()
    if line.startswith("| ") and not line.startswith(("| mistake", "| ---"))
]
PROBES = set(probes.__all__) - {"Finding", "Findings", "run_all"}


def named(cell: str) -> set[str]:
    """The probes that a cell names."""
    return set(re.findall(r"`(\w+)(?:\([^`]*\))?`", cell)) & PROBES


def test_each_mistake_has_what_finds_it_and_a_page():
    for mistake, finder, page in ROWS:
        assert mistake
        assert finder
        assert re.fullmatch(r"\{ref\}`[\w-]+`", page), mistake


def test_the_table_is_complete():
    assert len(ROWS) >= 57
    assert sum(bool(named(finder)) for _, finder, _ in ROWS) >= 35
    assert set.union(*(named(finder) for _, finder, _ in ROWS)) == PROBES


def test_what_a_page_is_said_to_show_is_on_it():
    """A probe that the table names for a page runs on that page."""
    sources = {
        re.search(r"^\.\. _([\w-]+):$", path.read_text(), re.MULTILINE)[1]: path.read_text()
        for path in (REPOSITORY / "examples").glob("*/*.py")
    }
    for _, finder, page in ROWS:
        for probe in named(finder):
            label = page.removeprefix("{ref}`").removesuffix("`")
            assert f"probes.{probe}" in sources[label], f"{label} does not run {probe}"
