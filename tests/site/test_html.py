"""The built pages hold what they promise: outputs, numbers, links, downloads, pictures."""

import json
import re
import zipfile
from functools import cache
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest
from bs4 import BeautifulSoup, Tag

REPOSITORY = Path(__file__).parents[2]
SITE = REPOSITORY / "docs" / "_build" / "html"
SCRIPTS = sorted((REPOSITORY / "examples").glob("*/*.py"))
STATEMENTS = [  # of exercises: they have nothing to draw, the solutions have
    path
    for path in SCRIPTS
    if path.parent.name == "95_exercises" and not path.stem.endswith("_solution")
]
PAGES = sorted(path for path in SITE.rglob("*.html") if "_static" not in path.parts)
GENERATED = {"genindex.html", "py-modindex.html", "search.html"}

# The numbers that the guide's sources print, or that their code gives today. Each has to come out
# of the code of its page: it is looked for in the computed outputs only.
SOURCES = {
    "10_one_call": [
        "0.8823 0.9150 0.3829 0.9593 0.3904",
        "-0.0652 0.1872 -0.0085 0.3574 0.0320 0.3320",
        "h_n[0] = 0.0320 0.3320",
        "c_n[0] = 0.0669 0.7552",
    ],
    "40_data_to_tensor": ["10, 16, 15", "10, 16, 8"],
    "50_length_is_free": ["4, 20, 64", "1, 20, 64", "4, 30, 64", "4, 50, 64", "1, 4, 64"],
    "20_bulk_and_loop": ["7, 1, 3", "-1.1258 -1.1524 -0.2506", "2.0050 0.0537 0.6181"],
    "25_loop_by_the_book": [
        "-0.1815 0.0289 0.5399",
        "0.2096 0.0675 0.0626",
        "0.3354 0.2321 0.4211",
        "-0.3341 0.1119 0.2212",
        "0.1721 0.0864 0.0560",
        "0.2710 0.2993 0.4017",
        "0.0939 1.2381 -1.3459",
        "-0.2566 0.1294 0.0441 -0.5235",
        "-0.2308 0.1164 -0.0115 -0.2423",
        "-0.4093 0.6065 -0.0288 -0.4107",
    ],
    "40_initial_state": ["4, 5, 64", "1, 4, 64"],
    "10_stacked_layers": ["3, 1, 2"],
    "20_two_directions": ["10, 16, 16"],
    "15_batch_of_seven_solution": ["7, 9, 2", "1, 7, 2"],
    "55_three_shapes_solution": ["16, 25, 128", "2, 16, 128"],
    "60_state_inside_a_module": [
        "Expected hidden[0] size (1, 4, 8), got [1, 16, 8]",
        "Trying to backward through the graph a second time",
    ],
}

per_script = pytest.mark.parametrize("script", SCRIPTS, ids=lambda path: path.stem)
per_page = pytest.mark.parametrize(
    "built", PAGES, ids=lambda path: path.relative_to(SITE).as_posix()
)


@cache
def soup(page: Path) -> BeautifulSoup:
    return BeautifulSoup(page.read_text(encoding="utf-8"), "html.parser")


def page_of(script: Path) -> Path:
    return SITE / "gallery" / script.parent.name / f"{script.stem}.html"


def outputs(page: Path) -> str:
    return "\n".join(block.get_text() for block in soup(page).select(".sphx-glr-script-out"))


@per_script
def test_a_script_has_run_and_shows_its_output(script: Path):
    printed = re.findall(r"^\s*print\(", script.read_text(encoding="utf-8"), re.MULTILINE)
    blocks = soup(page_of(script)).select(".sphx-glr-script-out")
    assert printed
    assert len(blocks) >= min(3, len(printed))
    assert "Traceback" not in outputs(page_of(script))


@pytest.mark.parametrize(
    ("name", "number"), [(name, number) for name, all_ in SOURCES.items() for number in all_]
)
def test_a_number_of_the_sources_is_computed_on_its_page(name: str, number: str):
    (page,) = SITE.glob(f"gallery/*/{name}.html")
    assert words(number) in words(outputs(page))


def words(text: str) -> str:
    """Drop the signs of a printed tensor, and fold white space."""
    return " ".join(re.sub(r"tensor|[][(),]", " ", text).split())


@pytest.mark.parametrize(
    "script",
    [script for script in SCRIPTS if script not in STATEMENTS],
    ids=lambda path: path.stem,
)
def test_a_page_has_a_picture_whose_text_says_what_is_seen(script: Path):
    pictures = soup(page_of(script)).select("img.sphx-glr-single-img, img.sphx-glr-multi-img")
    assert pictures
    for picture in pictures:
        assert len(str(picture["alt"]).split()) >= 4, picture["alt"]
        assert str(picture["alt"]).replace(" ", "_") != script.stem


@pytest.mark.parametrize("script", STATEMENTS, ids=lambda path: path.stem)
def test_an_exercise_shows_what_the_checker_says_to_no_answer_and_to_a_wrong_one(script: Path):
    name = script.stem[3:].replace("_", "-")
    empty, *wrong = words(outputs(page_of(script))).split(f"{name}: not yet. ")[1:]
    assert "returns None" in empty
    assert wrong
    assert len(soup(page_of(script)).select("details.sd-dropdown")) == 2, "two folded hints"


@per_script
def test_the_downloads_of_a_page_are_there(script: Path):
    links = [str(link["href"]) for link in soup(page_of(script)).select("a.reference.download")]
    files = {Path(link).suffix: (page_of(script).parent / link).resolve() for link in links}
    assert files.keys() == {".py", ".ipynb", ".zip"}
    with zipfile.ZipFile(files[".zip"]) as archive:
        assert archive.read(f"{script.stem}.py") == files[".py"].read_bytes()
        assert archive.read(f"{script.stem}.ipynb") == files[".ipynb"].read_bytes()
    assert files[".py"].read_text().endswith(script.read_text())


def test_all_scripts_and_all_notebooks_can_be_taken_home_at_once():
    links = [str(link["href"]) for link in soup(SITE / "gallery/index.html").select("a.download")]
    archives = {Path(link).name: SITE / "gallery" / link for link in links}
    for name, suffix in {"gallery_python.zip": ".py", "gallery_jupyter.zip": ".ipynb"}.items():
        with zipfile.ZipFile(archives[name]) as archive:
            names = {Path(entry).stem for entry in archive.namelist() if entry.endswith(suffix)}
        assert names == {script.stem for script in SCRIPTS}


def test_the_wheel_is_at_the_root_and_linked_from_the_install_page():
    (wheel,) = SITE.glob("*.whl")
    assert soup(SITE / "install.html").select(f'a[href="{wheel.name}"]')


@per_page
def test_links_inside_the_site_lead_somewhere(built: Path):
    links = soup(built).select("a[href], link[href], img[src], script[src]")
    urls = {str(link.get("href") or link.get("src")) for link in links}
    assert not [url for url in sorted(urls) if not leads_somewhere(built, url)]


def leads_somewhere(page: Path, url: str) -> bool:
    """Tell whether an address inside the site has its file, and its anchor in it."""
    parts = urlsplit(url)
    if parts.scheme or url in {"#", "#pst-back-to-top"}:
        return True
    target = (page.parent / unquote(parts.path)).resolve() if parts.path else page
    if not target.is_file():
        return False
    anchor = unquote(parts.fragment) if target.suffix == ".html" else ""
    return not anchor or soup(target).find(id=anchor) is not None


@per_page
def test_no_page_names_a_path_of_the_machine(built: Path):
    article = soup(built).find("article") or soup(built)
    assert str(REPOSITORY) not in str(article)
    assert "site-packages" not in article.get_text()


@per_page
def test_a_page_has_one_title(built: Path):
    assert len(soup(built).find_all("h1")) == 1 or built.name in GENERATED


def test_code_in_examples_links_to_our_own_entries_and_to_torch():
    links = {
        str(link["href"]): link.get_text()
        for link in soup(page_of(SCRIPTS[0])).select(".highlight a[href]")
    }
    assert any("/api/" in link for link in links)
    assert any(link.startswith("https://docs.pytorch.org/") for link in links)


def test_each_public_function_lists_the_pages_that_use_it():
    entry = soup(SITE / "api" / "report.html").find(id="lstm_guide.report.describe")
    assert isinstance(entry, Tag)
    assert entry.parent is not None
    assert entry.parent.select(".sphx-glr-thumbcontainer")


LEFTOVERS = re.compile(r":[a-z:]+:`|^\s*\.\. [a-z]|^\s*:[a-z-]+:|`_\b|\|\w+\|_", re.MULTILINE)


@per_script
def test_a_notebook_has_no_markup_left_over(script: Path):
    (file,) = {path for path in SITE.glob(f"_downloads/*/{script.stem}.ipynb")}
    cells = json.loads(file.read_text())["cells"]
    for cell in cells:
        if cell["cell_type"] == "markdown":
            assert not LEFTOVERS.findall("".join(cell["source"]))


@per_script
def test_a_page_has_output_for_each_table_it_promises(script: Path):
    source = script.read_text(encoding="utf-8")
    shown = re.findall(r"^describe\(", source, re.MULTILINE)
    tables = soup(page_of(script)).select("table.lstm-guide-report, .lstm-guide-report table")
    assert len(tables) >= len(shown)
