"""The survivors that are accepted by the session `mutants` still stand in the library."""

import tomllib
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).parents[2]
ACCEPTED = REPOSITORY / "tests" / "accepted_mutants.toml"
SURVIVORS = tomllib.loads(ACCEPTED.read_text(encoding="utf-8"))["survivor"]


@pytest.mark.parametrize("survivor", SURVIVORS, ids=lambda survivor: survivor["text"])
def test_an_accepted_survivor_stands_in_its_file_and_has_a_reason(survivor: dict[str, str]):
    lines = (REPOSITORY / survivor["file"]).read_text(encoding="utf-8").splitlines()
    assert [line.strip() for line in lines].count(survivor["text"]) == 1
    assert survivor["before"] in survivor["text"]
    assert survivor["before"] != survivor["after"]
    assert len(survivor["why"].split()) >= 5
