"""A download says what it needs: the package, and what its own page names."""

import ast
import sys
from pathlib import Path

import pytest
from downloads import extras

SCRIPTS = sorted((Path(__file__).parents[2] / "examples").glob("*/*.py"))
BROUGHT = {"torch", "matplotlib", "numpy", "lstm_guide"}  # by the package


def imported(script: Path) -> set[str]:
    """The packages that a script imports anywhere, without those of Python."""
    nodes = list(ast.walk(ast.parse(script.read_text(encoding="utf-8"))))
    names = [alias.name for node in nodes if isinstance(node, ast.Import) for alias in node.names]
    names += [node.module for node in nodes if isinstance(node, ast.ImportFrom)]
    return {name.partition(".")[0] for name in names} - sys.stdlib_module_names


def test_the_sentence_of_a_page_names_its_packages():
    assert extras("This page runs X. Install it with ``pip install x-y z``.") == ["x-y", "z"]
    assert extras("``pip install x`` stands elsewhere") == []


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda path: path.stem)
def test_a_page_names_every_package_that_it_imports(script: Path):
    named = extras(script.read_text(encoding="utf-8"))
    assert imported(script) - BROUGHT == set(named)
