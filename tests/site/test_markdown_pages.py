"""Each page has a Markdown twin that says the same, and llms.txt lists them all."""

import json
import re
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).parents[2]
SITE = REPOSITORY / "docs" / "_build" / "html"
GENERATED = {"genindex", "py-modindex", "search"}
PAGES = sorted(
    path.relative_to(SITE).with_suffix("").as_posix()
    for path in SITE.rglob("*.html")
    if "_static" not in path.parts and path.stem not in GENERATED
)
SCRIPTS = sorted((REPOSITORY / "examples").glob("*/*.py"))
LINK = re.compile(r"(?<!\\)\]\(([^()\s]+)\)")

per_page = pytest.mark.parametrize("name", PAGES)
per_script = pytest.mark.parametrize("script", SCRIPTS, ids=lambda path: path.stem)


def markdown(name: str) -> str:
    return (SITE / f"{name}.md").read_text(encoding="utf-8")


def of(script: Path) -> str:
    return markdown(f"gallery/{script.parent.name}/{script.stem}")


def prose(text: str) -> str:
    return re.sub(r"^```.*?^```$", "", text, flags=re.MULTILINE | re.DOTALL)


@per_page
def test_a_page_has_a_twin_with_its_title_and_llms_txt_lists_it(name: str):
    text = markdown(name)
    title = text.partition("\n")[0]
    assert title.startswith("# ")
    entry = re.search(rf"^- \[(.+)\]\({name}\.md\): (.*)$", markdown_list(), re.MULTILINE)
    assert entry, "listed in llms.txt"
    assert f"# {entry[1]}" == title
    assert "](" not in entry[2], "the purpose is plain text"


def markdown_list() -> str:
    return (SITE / "llms.txt").read_text(encoding="utf-8")


def test_each_lesson_has_a_purpose_in_the_list():
    for script in SCRIPTS:
        entry = re.search(rf"{script.stem}\.md\): (.*)$", markdown_list(), re.MULTILINE)
        assert entry, script.stem
        assert len(entry[1].split()) >= 8, script.stem


@per_page
def test_links_of_a_twin_lead_somewhere_and_to_other_twins(name: str):
    folder = (SITE / name).parent
    for target in LINK.findall(prose(markdown(name))):
        address = target.partition("#")[0]
        if not address or re.match(r"[a-z]+:", address):
            continue
        assert (folder / address).is_file(), target
        if address.endswith(".html"):
            assert Path(address).stem in GENERATED, f"{target} leads to the page, not to its twin"


@per_script
def test_code_outputs_and_figures_are_there(script: Path):
    text = of(script)
    code = "\n".join(re.findall(r"^```python\n(.*?)^```$", text, re.MULTILINE | re.DOTALL))
    for line in script.read_text(encoding="utf-8").splitlines():
        if line.startswith(("print(", "assert ")):
            assert line in code
    assert "Output:\n\n```text\n" in text
    if "plotting." in script.read_text(encoding="utf-8"):
        assert re.search(r"\[Figure: \S+ \S+", text)
    assert "Download" not in text
    assert "<" not in re.sub(r"`[^`]*`|\$[^$]*\$", "", prose(text)).replace("<-", "")


@per_script
def test_a_table_names_the_tensors_of_a_page_with_their_shapes(script: Path):
    noted = REPOSITORY / "docs" / "gallery" / script.parent.name / f"{script.stem}.tensors.json"
    table = of(script).partition("## Tensors on this page")[2]
    rows = dict(re.findall(r"^\| `(\w+)` \| (.+) \|$", table, re.MULTILINE))
    assert rows == {
        name: "; ".join(shapes) for name, shapes in json.loads(noted.read_text()).items()
    }


def test_the_tensors_of_the_first_page_are_those_of_its_text():
    table = of(SCRIPTS[0]).partition("## Tensors on this page")[2]
    assert "| `x` | (1, 3, 5) float32 |" in table
    assert "| `output` | (1, 3, 2) float32 |" in table


def test_formulas_stay_readable_as_tex():
    assert r"W_{ih}" in of(next(script for script in SCRIPTS if script.stem == "10_one_step"))
