"""A script depends on its text, on the modules that it uses and on what is pinned."""

from pathlib import Path

import pytest
from dependencies import all_modules, modules_of, parts_of, reasons


@pytest.fixture
def script(tmp_path: Path):
    def write(text: str) -> Path:
        path = tmp_path / "10_script.py"
        path.write_text(text)
        return path

    return write


@pytest.mark.parametrize(
    ("text", "modules"),
    [
        ("import torch\n", set()),
        ("from lstm_guide import ShapeError\n", {"errors"}),
        ("from lstm_guide.errors import ShapeError\n", {"errors"}),
        ("from lstm_guide import call_shapes\n", {"errors", "shapes"}),
        ("from lstm_guide import describe\n", {"errors", "shapes", "report"}),
        ("import lstm_guide\n", None),
        ("from lstm_guide import no_such_name\n", None),
    ],
)
def test_names_lead_to_the_modules_that_define_them(script, text: str, modules: set[str] | None):
    assert modules_of(script(text)) == (all_modules() if modules is None else modules)


def test_a_module_brings_the_modules_that_it_imports(script):
    found = modules_of(script("from lstm_guide import plotting\n"))
    assert {"plotting", "shapes", "errors"} <= found
    assert "report" not in found


def test_reasons_name_what_changed():
    old = {"the script": "1", "torch": "2.13.0", "lstm_guide/report.py": "a"}
    assert reasons(old, old) == []
    assert reasons(old, {**old, "torch": "2.14.0"}) == ["torch changed"]
    assert reasons(old, {"the script": "1", "torch": "2.13.0"}) == ["lstm_guide/report.py is gone"]
    assert reasons(old, {**old, "lstm_guide/new.py": "b"}) == ["lstm_guide/new.py is new"]


def test_parts_change_with_the_text(script):
    first = parts_of(script("import torch\n"))
    assert {"the script", "torch", "Python", "constraints.txt"} <= first.keys()
    assert reasons(first, parts_of(script("import torch  # again\n"))) == ["the script changed"]
