"""Each paper stands in the list with what to read it for, and is cited there."""

import re
from pathlib import Path

import pytest

DOCS = Path(__file__).parents[2] / "docs"
KEYS = re.findall(r"^@\w+\{(\w+),$", (DOCS / "references.bib").read_text("utf-8"), re.MULTILINE)
LIST = (DOCS / "references.md").read_text("utf-8").partition("\n## Papers\n")[2]
LINES = [" ".join(line.split()) for line in re.findall(r"^- (.+(?:\n  .+)*)", LIST, re.MULTILINE)]


def test_all_papers_are_read():
    assert len(KEYS) == len(set(KEYS)) >= 20


@pytest.mark.parametrize("key", KEYS)
def test_a_paper_is_cited_with_what_to_read_it_for_and_a_page(key: str):
    (line,) = [line for line in LINES if f"{{cite:t}}`{key}`" in line]
    assert re.search(r"`(?::| compares) .+\{(?:ref|doc)\}`[\w-]+`", line)


def test_each_paper_that_a_page_cites_is_in_the_list():
    cited = {
        key
        for page in DOCS.glob("*.md")
        for keys in re.findall(r"\{cite:[pt]\}`([\w,]+)`", page.read_text("utf-8"))
        for key in keys.split(",")
    }
    assert cited == set(KEYS)
