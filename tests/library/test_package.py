"""The index of the package: light to import, complete, and with an example for each name."""

from __future__ import annotations

import ast
import doctest
import importlib
import inspect
import subprocess
import sys
from pathlib import Path

import pytest

import lstm_guide

SOURCE = ast.parse(Path(str(lstm_guide.__file__)).read_text(encoding="utf-8"))
MODULES = [node.module for node in ast.walk(SOURCE) if isinstance(node, ast.ImportFrom)]

LIST_IMPORTS = """
import sys, torch
before = set(sys.modules)
import lstm_guide
names = {name.partition(".")[0] for name in set(sys.modules) - before}
print(*sorted(names - set(sys.stdlib_module_names)))
"""


def test_importing_the_package_imports_only_torch() -> None:
    result = subprocess.run(
        [sys.executable, "-c", LIST_IMPORTS], capture_output=True, text=True, check=True
    )
    assert result.stdout.split() == ["lstm_guide"]


def test_the_index_holds_no_code() -> None:
    docstring, *imports, names = SOURCE.body
    assert isinstance(docstring, ast.Expr)
    assert isinstance(names, ast.Assign)
    assert {type(node) for node in imports} == {ast.ImportFrom}


def test_the_index_is_sorted_and_names_what_exists() -> None:
    assert lstm_guide.__all__ == sorted(set(lstm_guide.__all__))
    assert all(hasattr(lstm_guide, name) for name in lstm_guide.__all__)


def test_the_index_holds_every_public_name_of_its_modules() -> None:
    public = [name for module in MODULES for name in importlib.import_module(f"{module}").__all__]
    assert sorted(public) == lstm_guide.__all__


@pytest.mark.parametrize("name", lstm_guide.__all__)
def test_every_public_name_has_an_example(name: str) -> None:
    found = getattr(lstm_guide, name)
    if inspect.isclass(found) or inspect.isfunction(found):
        assert doctest.DocTestFinder(recurse=False).find(found)[0].examples
    else:
        modules = [importlib.import_module(f"{module}") for module in MODULES]
        (home,) = [module for module in modules if name in module.__all__]
        tests = doctest.DocTestFinder().find(home)
        assert any(name in example.source for test in tests for example in test.examples)


@pytest.mark.parametrize("name", lstm_guide.__all__)
def test_every_public_function_documents_arguments_result_and_errors(name: str) -> None:
    found = getattr(lstm_guide, name)
    if inspect.isfunction(found):
        text = inspect.getdoc(found) or ""
        arguments, _, rest = text.partition("Args:\n")[2].partition("Returns:\n")
        assert "Raises:\n" in rest
        assert all(
            f"    {parameter}: " in arguments for parameter in inspect.signature(found).parameters
        )
