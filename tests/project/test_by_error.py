"""The page of messages is made from the catalogue, and leads to pages that exist."""

import json
import re
from pathlib import Path

import by_error
import pytest
from docutils import nodes

from lstm_guide import catalogue
from lstm_guide.catalogue.lookup import LIKELIHOODS

EXAMPLES = Path(__file__).parents[2] / "examples"
LABELS = {
    label
    for script in EXAMPLES.glob("*/*.py")
    for label in re.findall(r"^\.\. _([\w-]+):$", script.read_text("utf-8"), re.MULTILINE)
}
ENTRIES = catalogue.entries()


@pytest.mark.parametrize("entry", ENTRIES, ids=lambda entry: entry.id)
def test_the_page_of_an_entry_exists(entry: catalogue.Entry):
    assert entry.page in LABELS


def test_the_box_and_the_search_get_all_patterns_the_likelier_entries_first():
    found = json.loads(by_error.patterns())
    likelihoods = {entry.id: entry.likelihood for entry in ENTRIES}
    order = [LIKELIHOODS.index(likelihoods[each["id"]]) for each in found]
    assert order == sorted(order)
    assert {each["id"]: each["patterns"] for each in found} == {
        entry.id: [message.pattern for message in entry.messages] for entry in ENTRIES
    }
    assert {each["id"]: each["title"] for each in found} == {
        entry.id: entry.title.replace("`", "") for entry in ENTRIES
    }


def test_recipes_run_again_when_the_catalogue_changes_and_only_then(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    ran = []
    monkeypatch.setattr(by_error, "texts_of", lambda entry: ran.append(entry) or ["text"])
    entry = ENTRIES[0]
    monkeypatch.setattr(catalogue, "entries", lambda: (entry,))
    assert by_error.texts(tmp_path) == by_error.texts(tmp_path) == {entry.id: ["text"]}
    assert ran == [entry]
    monkeypatch.setattr(catalogue, "entries", lambda: ENTRIES[:2])
    assert by_error.texts(tmp_path).keys() == {each.id for each in ENTRIES[:2]}
    monkeypatch.setattr(by_error.torch, "__version__", "0")
    by_error.texts(tmp_path)
    assert len(ran) == 1 + 2 + 2


def test_an_entry_shows_each_text_once():
    (entry,) = catalogue.explain("running_mean should contain 7 elements not 9")
    twice = catalogue.Entry(**vars(entry) | {"messages": entry.messages * 2})
    assert by_error.texts_of(twice) == [
        "RuntimeError: running_mean should contain 7 elements not 9"
    ]


def test_code_between_backticks_and_long_texts():
    made = by_error.words("`a` and `b`.")
    assert [type(each) for each in made] == [nodes.literal, nodes.Text, nodes.literal, nodes.Text]
    assert "".join(each.astext() for each in made) == "a and b."
    long = "word " * by_error.LONGEST
    assert by_error.shorten(long).endswith("word …")
    assert len(by_error.shorten(long)) <= by_error.LONGEST + len(" …")
    assert by_error.shorten("short") == "short"
