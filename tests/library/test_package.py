"""The index of the package: light to import, complete, and with an example for each name."""

from __future__ import annotations

import ast
import doctest
import importlib
import inspect
import pkgutil
import subprocess
import sys
from pathlib import Path

import pytest

import lstm_guide

SOURCE = ast.parse(Path(str(lstm_guide.__file__)).read_text(encoding="utf-8"))
MODULES = [
    importlib.import_module(module.name)
    for module in pkgutil.iter_modules(lstm_guide.__path__, "lstm_guide.")
]
PUBLIC = {f"{module.__name__}.{name}": module for module in MODULES for name in module.__all__}

per_name = pytest.mark.parametrize("name", PUBLIC)

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


def test_the_index_is_sorted_and_takes_public_names_from_their_module() -> None:
    assert lstm_guide.__all__ == sorted(set(lstm_guide.__all__))
    taken = [
        (f"{node.module}.{alias.name}", alias.name)
        for node in ast.walk(SOURCE)
        if isinstance(node, ast.ImportFrom)
        for alias in node.names
    ]
    assert sorted(name for _, name in taken) == lstm_guide.__all__
    assert {path for path, _ in taken} <= PUBLIC.keys()


def test_the_index_is_short_enough_to_be_known() -> None:
    assert len(lstm_guide.__all__) <= 30


@per_name
def test_every_public_name_has_an_example(name: str) -> None:
    found = getattr(PUBLIC[name], name.rpartition(".")[2])
    if inspect.isclass(found) or inspect.isfunction(found):
        assert doctest.DocTestFinder(recurse=False).find(found)[0].examples
    else:
        tests = doctest.DocTestFinder().find(PUBLIC[name])
        assert any(
            name.rpartition(".")[2] in each.source for test in tests for each in test.examples
        )


@per_name
def test_every_public_function_documents_arguments_result_and_errors(name: str) -> None:
    found = getattr(PUBLIC[name], name.rpartition(".")[2])
    if inspect.isfunction(found) and inspect.signature(found).parameters:
        text = inspect.getdoc(found) or ""
        arguments, _, rest = text.partition("Args:\n")[2].partition("Returns:\n")
        assert "Raises:\n" in rest
        assert all(
            f"    {parameter}: " in arguments for parameter in inspect.signature(found).parameters
        )
