"""Every public name has a user: a page, or a part of the site."""

import ast
import importlib
import inspect
import pkgutil
import re
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

import lstm_guide

REPOSITORY = Path(__file__).parents[2]
USERS = [
    *sorted((REPOSITORY / "examples").glob("*/*.py")),
    *sorted((REPOSITORY / "docs").glob("*.py")),
    *sorted((REPOSITORY / "docs" / "_ext").glob("*.py")),
]
MODULES = [
    importlib.import_module(module.name)
    for module in pkgutil.iter_modules(lstm_guide.__path__, "lstm_guide.")
]
# What each name stands for, under the module that lists it.
PUBLIC = {
    f"{module.__name__}.{name}": getattr(module, name)
    for module in MODULES
    for name in module.__all__
}


def used_in(source: str) -> Iterator[Any]:
    """Everything of the package that a script takes: by an import, or as `module.name`."""
    tree, names = ast.parse(source), {}
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("lstm_guide"):
            module = importlib.import_module(str(node.module))
            names |= {each.asname or each.name: getattr(module, each.name) for each in node.names}
    yield from names.values()
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
            module = names.get(node.value.id)
            if isinstance(module, ModuleType):
                yield getattr(module, node.attr)


def results_of(name: str) -> set[str]:
    """The public types that a reader gets from a name: what it returns, or what it holds."""
    found = PUBLIC[name]
    if inspect.isfunction(found):
        words = str(inspect.signature(found).return_annotation)
    elif inspect.isclass(found):
        words = " ".join(map(str, inspect.get_annotations(found).values()))
    else:
        module, _, constant = name.rpartition(".")
        words = str(inspect.get_annotations(importlib.import_module(module))[constant])
    mentioned = re.findall(r"\w+", words)
    return {
        other
        for other, value in PUBLIC.items()
        if inspect.isclass(value) and value.__name__ in mentioned
    }


def users() -> set[str]:
    """The public names that have a user, and the types of what they return."""
    taken = {id(each) for path in USERS for each in used_in(path.read_text(encoding="utf-8"))}
    reached: set[str] = set()
    more = {name for name, found in PUBLIC.items() if id(found) in taken}
    while more - reached:
        reached |= more
        more = {result for name in reached for result in results_of(name)}
    return reached


USED = users()


@pytest.mark.parametrize("name", PUBLIC)
def test_every_public_name_has_a_user(name: str):
    assert name in USED, f"{name}: use it on a page where it helps, or take it out of __all__"


def test_a_use_is_found_by_import_and_by_module_and_a_word_alone_is_none():
    source = (
        "from lstm_guide import encode as to_vector, plotting\n"
        "from lstm_guide.weights import to_keras\n"
        "plotting.cells\n"
        "print('decode')\n"
    )
    expected = {"patterns.encode", "weights.to_keras", "plotting.cells"}
    found = {id(each) for each in used_in(source)}
    named = {name.removeprefix("lstm_guide.") for name in PUBLIC if id(PUBLIC[name]) in found}
    assert named == expected


def test_the_types_of_results_are_those_of_the_annotations():
    trace = results_of("lstm_guide.cell.trace_steps")
    assert trace == {"lstm_guide.cell.Trace"}
    assert results_of("lstm_guide.shapes.AXES") == {"lstm_guide.shapes.Axis"}
    assert results_of("lstm_guide.probes.Findings") == {"lstm_guide.probes.Finding"}
