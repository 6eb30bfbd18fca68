"""Every page has the anatomy that readers rely on."""

import itertools
import pkgutil
import re
from pathlib import Path

import pytest

import lstm_guide
from lstm_guide.exercises.checker import EXERCISES as CHECKED

REPOSITORY = Path(__file__).parents[2]
EXAMPLES = REPOSITORY / "examples"
SCRIPTS = sorted(EXAMPLES.glob("*/*.py"))
EXERCISES = [path for path in SCRIPTS if path.parent.name == "95_exercises"]
PAGES = [path for path in SCRIPTS if path not in EXERCISES]
STATEMENTS = [path for path in EXERCISES if not path.stem.endswith("_solution")]
SECTIONS = sorted(path for path in EXAMPLES.iterdir() if path.is_dir())
ENDING = ("Summary", "Common mistakes", "Check yourself", "Next")
CLAIM = r"^\s*(assert |(torch\.testing\.)?assert_close\()"
FORBIDDEN = re.compile(
    r"\b(simply|just|obviously|easy|easily|note that|of course)\b", re.IGNORECASE
)

per_script = pytest.mark.parametrize("script", SCRIPTS, ids=lambda path: path.stem)
per_page = pytest.mark.parametrize("script", PAGES, ids=lambda path: path.stem)
per_exercise = pytest.mark.parametrize("script", STATEMENTS, ids=lambda path: path.stem)


def solution_of(script: Path) -> Path:
    """Return the page after the exercise."""
    return EXERCISES[EXERCISES.index(script) + 1]


def text_of(script: Path) -> str:
    """Return the prose of a script: its docstring and its comment blocks."""
    source = script.read_text(encoding="utf-8")
    docstring = re.match(r'r?"""(.*?)"""', source, re.DOTALL)
    assert docstring, f"{script.name} has to open with a docstring"
    comments = re.findall(r"^# ?(.*)$", source, re.MULTILINE)
    return docstring[1] + "\n" + "\n".join(comments)


def test_there_are_scripts_and_their_numbers_place_them():
    assert SCRIPTS
    for path in SCRIPTS + SECTIONS:
        assert re.fullmatch(r"\d\d_[a-z0-9_]+(\.py)?", path.name), path
    assert all(script.parent in SECTIONS for script in EXAMPLES.rglob("*.py"))


def test_file_names_are_unique_because_they_are_addresses():
    names = [script.name for script in SCRIPTS]
    assert len(set(names)) == len(names)


def test_labels_are_unique():
    files = [*SCRIPTS, *EXAMPLES.rglob("*.rst")]
    labels = [
        label
        for path in files
        for label in re.findall(r"^(?:# )?\.\. _([\w-]+):$", path.read_text(), re.MULTILINE)
    ]
    assert len(set(labels)) == len(labels)


@pytest.mark.parametrize("section", SECTIONS, ids=lambda path: path.name)
def test_a_section_has_a_header_with_a_label(section: Path):
    header = (section / "GALLERY_HEADER.rst").read_text(encoding="utf-8")
    assert re.match(r"\.\. _section-[\w-]+:\n\n.+\n=+\n\n\S", header)


@per_script
def test_a_page_opens_with_label_title_question_and_what_you_will_see(script: Path):
    opening = re.match(r'r?"""\n(.*?)"""', script.read_text(encoding="utf-8"), re.DOTALL)
    assert opening
    promise = "You will do" if script in STATEMENTS else "You will see"
    anatomy = (
        r"\.\. _[\w-]+:\n\n(?P<title>.+)\n=+\n\n(?P<question>.+?)\n"
        rf"\*\*{promise}\*\*\n\n\* "
    )
    match = re.match(anatomy, opening[1], re.DOTALL)
    assert match, f"{script.name}: label, title, question, **{promise}**, bullets"
    assert 2 <= len(re.findall(r"^\* ", opening[1], re.MULTILINE)) <= 5


@per_page
def test_a_page_ends_with_summary_mistakes_question_and_next(script: Path):
    source = script.read_text(encoding="utf-8")
    assert source.splitlines()[-1].startswith("#"), "ends in text"
    headings = re.findall(r"^# (.+)\n# -{3,}$", source, re.MULTILINE)
    assert tuple(headings[-4:]) == ENDING
    last = source[source.index("# Summary\n# ---") :]
    mistakes = re.search(r"# Common mistakes\n# -+\n(.*?)\n# Check yourself", last, re.DOTALL)
    assert mistakes
    for mistake in re.split(r"^# \* ", mistakes[1], flags=re.MULTILINE)[1:]:
        assert ":ref:" in mistake, f"links to where it is shown: {mistake}"
    assert ".. dropdown::" in last, "the answer is folded"
    assert ":ref:" in last.rpartition("# Next\n")[2], "the next page is linked"


@per_page
def test_a_page_has_tags_writes_the_call_out_and_asserts(script: Path):
    source = script.read_text(encoding="utf-8")
    assert re.search(r'^# sphinx_gallery_tags = \["', source, re.MULTILINE)
    assert "nn.LSTM(" in source
    assert len(re.findall(CLAIM, source, re.MULTILINE)) >= 5
    assert re.search(r"\b(plotting|ax|plt)\.", source), "has a picture"


def test_each_exercise_of_the_checker_has_its_page_and_its_solution():
    names = [path.stem[3:] for path in STATEMENTS]
    assert {name.replace("_", "-") for name in names} == CHECKED.keys()
    in_pairs = [each for name in names for each in (name, f"{name}_solution")]
    assert [path.stem[3:] for path in EXERCISES] == in_pairs, "each solution follows its exercise"


def test_each_exercise_is_linked_from_a_lesson():
    links = "".join(path.read_text(encoding="utf-8") for path in PAGES)
    for path in STATEMENTS:
        assert f":ref:`exercise-{path.stem[3:].replace('_', '-')}`" in links, path.stem


def test_the_solutions_lead_from_exercise_to_exercise():
    for script, following in itertools.pairwise(STATEMENTS):
        last = solution_of(script).read_text(encoding="utf-8").rpartition("# Next\n")[2]
        assert f":ref:`exercise-{following.stem[3:].replace('_', '-')}`" in last


@per_exercise
def test_an_exercise_has_an_empty_answer_a_wrong_one_two_hints_and_its_solution(script: Path):
    source, name = script.read_text(encoding="utf-8"), script.stem[3:].replace("_", "-")
    assert f".. _exercise-{name}:\n" in source
    assert re.search(r'^# sphinx_gallery_tags = \["exercise", "', source, re.MULTILINE)
    assert "nn.LSTM(" in source
    empty = rf'^def answer\(.+\):\n    return None\n\n\nverdict = check\("{name}", answer\)\n'
    after = re.split(empty, source, flags=re.MULTILINE)
    assert len(after) == 2, "one empty answer, and the checker on it"
    assert not after[1].startswith("assert"), "the page runs on when the reader's answer is right"
    replies = re.findall(
        rf'^verdict = check\("{name}", (?!answer)\w+\)\n'
        r'assert not verdict\.ok\nassert ".+" in verdict\.message$',
        source,
        re.MULTILINE,
    )
    assert replies, "a wrong answer, and the telling words of the reply"
    headings = re.findall(r"^# (.+)\n# -{3,}$", source, re.MULTILINE)
    assert headings[-3:] == ["Hints", "Pages that explain it", "Solution"]
    assert re.findall(r"^# \.\. dropdown:: (.+)$", source, re.MULTILINE) == ["Hint 1", "Hint 2"]
    explained = re.search(r"# Pages that explain it\n# -+\n((?:# \* :ref:`[\w-]+`\n)+)#\n", source)
    assert explained, "links to the pages that explain it"
    assert source.endswith(f"# --------\n# :ref:`solution-{name}`\n")


@per_exercise
def test_a_solution_passes_the_checker_says_why_and_leads_back(script: Path):
    name = script.stem[3:].replace("_", "-")
    source = solution_of(script).read_text(encoding="utf-8")
    assert f".. _solution-{name}:\n" in source
    assert re.search(r'^# sphinx_gallery_tags = \["solution", "', source, re.MULTILINE)
    assert f'verdict = check("{name}", answer)\nassert verdict.ok\n' in source
    assert "nn.LSTM(" in source
    assert len(re.findall(CLAIM, source, re.MULTILINE)) >= 4
    assert re.search(r"^(?:\w+ = )?plotting\.", source, re.MULTILINE), "has a picture"
    headings = re.findall(r"^# (.+)\n# -{3,}$", source, re.MULTILINE)
    assert headings[0] == "The answer"
    assert headings[-2:] == ["Summary", "Next"]
    assert f":ref:`exercise-{name}`" in source.rpartition("# Next\n")[2], "leads back"


@per_script
def test_a_page_seeds_itself_where_it_draws_random_numbers(script: Path):
    source = script.read_text(encoding="utf-8")
    assert "torch.manual_seed(" in source, "an LSTM's weights are random"


@per_script
def test_a_page_can_be_read_in_one_sitting(script: Path):
    assert len(script.read_text(encoding="utf-8").splitlines()) <= 220


def test_each_lesson_is_linked_from_a_term_of_the_glossary():
    glossary = (REPOSITORY / "docs" / "glossary.md").read_text(encoding="utf-8")
    for script in PAGES:
        label = re.search(r"^\.\. _([\w-]+):$", script.read_text(encoding="utf-8"), re.MULTILINE)
        assert label
        assert f"{{ref}}`{label[1]}`" in glossary, f"no term leads to {script.name}"


@per_script
def test_the_prose_is_plain(script: Path):
    assert not FORBIDDEN.findall(text_of(script))


def test_each_module_is_documented():
    pages = "".join(path.read_text() for path in (REPOSITORY / "docs" / "api").glob("*.md"))
    for module in pkgutil.iter_modules(lstm_guide.__path__, "lstm_guide."):
        assert f"automodule:: {module.name}\n" in pages


def test_the_notices_agree_on_the_version():
    version = re.search(r'^version = "(.+)"', (REPOSITORY / "pyproject.toml").read_text(), re.M)
    assert version
    assert f"\nversion: {version[1]}\n" in (REPOSITORY / "CITATION.cff").read_text()
    assert f"## {version[1]}" in (REPOSITORY / "CHANGELOG.md").read_text()


def test_the_contributors_page_is_short_enough_to_be_read():
    assert len((REPOSITORY / "docs" / "contributing.md").read_text().splitlines()) <= 55
