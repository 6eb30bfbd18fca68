"""Every term has a page that explains it, and pages before that one link the term."""

import re
from pathlib import Path

import pytest
from scripts import Script, lessons

REPOSITORY = Path(__file__).parents[2]
SCRIPTS = lessons(REPOSITORY / "examples")
ORDER = [script.label for script in SCRIPTS]
TEXT = (REPOSITORY / "docs" / "glossary.md").read_text(encoding="utf-8")
ENTRIES = [
    (terms.strip().splitlines(), re.findall(r"\{ref\}`([\w-]+)`", meaning), meaning)
    for terms, meaning in re.findall(
        r"((?:^[A-Za-z].*\n)+)((?:^  .+\n)+)", TEXT.partition("{glossary}")[2], re.MULTILINE
    )
]
ROLE = re.compile(r":(?P<role>[\w:]+):`(?P<content>[^`]+)`")


def word(term: str) -> str:
    """Match a term in its forms: one or several, at the start of a sentence too."""
    return rf"\b{re.escape(term)}(?:s|es|ed|ing|ped)?\b"


def words_of(role: re.Match[str]) -> str:
    """The words that a link shows in place of a title; a linked term needs no other link."""
    words, _, target = role["content"].partition("<")
    return words if target and role["role"] != "term" else " "


def plain(text: str) -> str:
    """The words of a text: no code, no roles and no targets, each link as what it shows."""
    without_code = re.sub(r"``.*?``", "", text, flags=re.DOTALL)
    shown = ROLE.sub(words_of, without_code)
    return " ".join(re.sub(r"^\.\. .*$", "", shown, flags=re.MULTILINE).split())


def links(text: str) -> set[str]:
    """The terms and the labels that a text links to."""
    found = (match["content"] for match in ROLE.finditer(text))
    return {" ".join(content.rpartition("<")[2].rstrip(">").split()) for content in found}


def is_linked(script: Script, term: str, terms: list[str], labels: list[str]) -> bool:
    """Tell whether a page links a term, or names its page in the paragraph that first uses it."""
    if links(script.prose) & set(terms):
        return True
    paragraphs = script.prose.split("\n\n")
    using = [each for each in paragraphs if re.search(word(term), plain(each), re.IGNORECASE)]
    return not using or bool(links(using[0]) & set(labels))


def explained_on(labels: list[str], meaning: str) -> str:
    """The page that explains a term: the one behind "See", or else the first that is named."""
    see = re.search(r"See\s+\{ref\}`([\w-]+)`", meaning)
    return see[1] if see else labels[0]


def test_all_entries_are_read():
    assert len(ENTRIES) >= 70
    assert sum(len(terms) for terms, _, _ in ENTRIES) == len(
        re.findall(r"^[A-Za-z].*$", TEXT.partition("{glossary}")[2], re.MULTILINE)
    )


@pytest.mark.parametrize(("terms", "labels", "meaning"), ENTRIES, ids=lambda value: str(value)[:40])
def test_a_term_names_the_page_that_explains_it(terms: list[str], labels: list[str], meaning: str):
    assert labels, terms
    assert explained_on(labels, meaning) in ORDER


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda script: script.path.stem)
def test_a_page_links_each_term_that_a_later_page_explains(script: Script):
    unlinked = [
        term
        for terms, labels, meaning in ENTRIES
        if ORDER.index(script.label) < ORDER.index(explained_on(labels, meaning))
        for term in terms
        if not is_linked(script, term, terms, labels)
    ]
    assert unlinked == []
