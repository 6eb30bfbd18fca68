"""The build runs what is stale, only what is stale, and fails where it has to.

A small project with the real configuration and extensions, but two short scripts, is built in a
folder of its own.
"""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).parents[2]
HEADER = ".. _section-{name}:\n\n{name}\n=======\n\nText.\n"
SCRIPT = '''"""
.. _{name}:

Title of {name}
=================

Text.
"""

import torch
{code}
'''
DISTURBING = """\
# It runs y. Install it with ``pip install x-y z``.
import matplotlib
import warnings
torch.set_default_dtype(torch.float64)
torch.set_printoptions(precision=1)
matplotlib.rcParams["lines.linewidth"] = 9
warnings.simplefilter("ignore")
"""
UNDISTURBED = """\
import matplotlib
import warnings
print(torch.zeros(1).dtype, torch.tensor([1 / 3]))
print(matplotlib.rcParams["lines.linewidth"], warnings.filters[0][0])
"""


class Project:
    """A copy of the project with scripts of its own."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        for name in (
            "docs/_ext",
            "docs/_templates",
            "docs/_static",
            "docs/inventories",
            "lstm_guide",
        ):
            shutil.copytree(REPOSITORY / name, folder / name)
        for name in (
            "docs/conf.py",
            "docs/references.bib",
            "docs/search.js",
            "pyproject.toml",
            "README.md",
            "LICENSE",
            "constraints.txt",
        ):
            shutil.copy(REPOSITORY / name, folder / name)
        section = folder / "examples" / "10_section"
        section.mkdir(parents=True)
        (folder / "docs/index.md").write_text("# Home\n\n```{toctree}\ngallery/index\n```\n")
        (folder / "examples/GALLERY_HEADER.rst").write_text(HEADER.format(name="all"))
        (section / "GALLERY_HEADER.rst").write_text(HEADER.format(name="section"))
        self.write("10_alpha", "from lstm_guide import ShapeError\nprint('alpha ran')\n")
        self.write("20_beta", "print('beta ran')\n")
        self.write("30_gamma", DISTURBING)
        self.write("40_delta", UNDISTURBED)

    def write(self, name: str, code: str) -> None:
        """Write one script."""
        path = self.folder / "examples" / "10_section" / f"{name}.py"
        path.write_text(SCRIPT.format(name=name, code=code))

    def page(self, name: str) -> str:
        """Return the built page of a script."""
        return (self.folder / f"out/gallery/10_section/{name}.html").read_text()

    def build(self, *options: str, **settings: str) -> subprocess.CompletedProcess[str]:
        """Build strictly, as the docs session does; settings are environment variables."""
        command = [sys.executable, "-m", "sphinx", "-n", "-W", "--keep-going", "-E", *options]
        hosting = {"GUIDE_URL": "", "GUIDE_REPOSITORY": "", **settings}
        python = {"PYTHONPATH": str(self.folder), "PYTHONWARNINGS": "default"}
        env = {**os.environ, **python, **hosting}
        return subprocess.run(
            [*command, "docs", "out"], cwd=self.folder, env=env, capture_output=True, text=True
        )


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Project:
    project = Project(tmp_path_factory.mktemp("project"))
    first = project.build()
    assert first.returncode == 0, first.stderr
    assert "to run: 10_section/10_alpha.py (it has never run)" in first.stdout
    assert "alpha ran" in project.page("10_alpha")
    return project


def runs(result: subprocess.CompletedProcess[str]) -> list[str]:
    """Return the lines of a build that say what runs."""
    return [line for line in result.stdout.splitlines() if "to run:" in line or "STALE" in line]


def test_an_unchanged_build_runs_nothing(project: Project):
    again = project.build()
    assert again.returncode == 0, again.stderr
    assert runs(again) == []
    assert "4 of 4 scripts are fresh" in again.stdout
    assert "alpha ran" in project.page("10_alpha")


def test_a_changed_module_runs_the_scripts_that_use_it(project: Project):
    module = project.folder / "lstm_guide" / "errors" / "words.py"
    module.write_text(module.read_text() + "\n# changed\n")
    result = project.build()
    assert runs(result) == ["to run: 10_section/10_alpha.py (lstm_guide/errors/words.py changed)"]


def test_a_selected_build_leaves_the_others_as_they_were_and_says_that_they_are_stale(
    project: Project,
):
    project.write("10_alpha", "print('alpha ran again')\n")
    project.write("20_beta", "print('beta ran again')\n")
    only = project.build("-Dsphinx_gallery_conf.filename_pattern=20_beta")
    assert only.returncode == 0, only.stderr
    stale, run = runs(only)
    assert stale.startswith("STALE, left as it was: 10_section/10_alpha.py (the script changed, ")
    assert run == "to run: 10_section/20_beta.py (the script changed)"
    assert "alpha ran" in project.page("10_alpha")
    assert "alpha ran again" not in project.page("10_alpha")
    assert "beta ran again" in project.page("20_beta")
    after = project.build()
    assert [line.partition(" (")[0] for line in runs(after)] == ["to run: 10_section/10_alpha.py"]
    assert "alpha ran again" in project.page("10_alpha")


def test_a_name_that_no_script_has_stops_the_build(project: Project):
    result = project.build("-Dsphinx_gallery_conf.filename_pattern=no_such_page")
    assert result.returncode != 0
    assert "no script in examples/ matches 'no_such_page'" in result.stderr


def links_of(page: str) -> dict[str, str]:
    """Return the addresses of a page's head and side bar that depend on where it is hosted."""
    canonical = re.findall(r'<link rel="canonical" href="([^"]+)"', page)
    report = re.findall(r'<a href="([^"]+)">(Report a mistake|Source of this page)</a>', page)
    return {text: url for url, text in [*((url, "canonical") for url in canonical), *report]}


def test_a_hosted_build_knows_its_address_and_its_repository(project: Project):
    url, repository = "https://example.org/guide", "https://example.org/code"
    result = project.build(GUIDE_URL=f"{url}/", GUIDE_REPOSITORY=repository)
    assert result.returncode == 0, result.stderr
    links = links_of(project.page("20_beta"))
    assert links["canonical"] == f"{url}/gallery/10_section/20_beta.html"
    assert links["Source of this page"] == f"{repository}/blob/main/examples/10_section/20_beta.py"
    report = links["Report a mistake"]
    assert report.startswith(f"{repository}/issues/new?title=Mistake%20on%20page%3A%20Title")
    assert report.endswith("body=Page%3A%20examples/10_section/20_beta.py")
    home = links_of((project.folder / "out/index.html").read_text())
    assert home["canonical"] == f"{url}/index.html"
    assert home["Source of this page"] == f"{repository}/blob/main/docs/index.md"
    notebooks = list((project.folder / "out/_downloads").glob("*/20_beta.ipynb"))
    assert len(notebooks) == 1
    assert f"{url}/lstm_guide-" in notebooks[0].read_text()


FAILING = {
    "50_assertion": ("assert torch.zeros(2).shape == (3,), 'two, not three'\n", "two, not three"),
    "51_warning": ("import warnings\nwarnings.warn('nobody expects me')\n", "nobody expects me"),
    "52_name": ("no_such_name\n", "'no_such_name' is not defined"),
    "53_formula": ("\n# %%\n# A formula :math:`\\nosuchcommand x`.\n\nprint(1)\n", "nosuchcommand"),
}


def test_what_fails_stops_the_build_and_is_named_with_its_line(project: Project):
    for name, (code, _) in FAILING.items():
        project.write(name, code)
    result = project.build()
    for name in FAILING:
        (project.folder / f"examples/10_section/{name}.py").unlink()
    assert result.returncode != 0
    for name, (_, telling) in FAILING.items():
        assert name in result.stderr
        assert telling in result.stderr
    assert re.search(r'50_assertion\.py", line \d+', result.stderr)


def test_a_script_leaves_nothing_behind_for_the_next_one(project: Project):
    assert "torch.float32 tensor([0.3333])\n1.5 error" in project.page("40_delta")


def test_the_downloads_say_how_to_get_the_package(project: Project):
    wheel = next((project.folder / "out").glob("lstm_guide-*.whl")).name
    gallery = project.folder / "docs" / "gallery" / "10_section"
    assert f"#   pip install {wheel}\n" in (gallery / "20_beta.py").read_text()
    assert f'# %pip install {wheel}"' in (gallery / "20_beta.ipynb").read_text()
    assert f"#   pip install {wheel} x-y z\n" in (gallery / "30_gamma.py").read_text()
    assert f'# %pip install {wheel} x-y z"' in (gallery / "30_gamma.ipynb").read_text()


def test_a_build_that_is_not_hosted_names_no_address(project: Project):
    assert links_of(project.page("20_beta")) == {}, "built last without the settings"
