"""The record of what works with what is complete, and its check notices a cell that has moved."""

import copy
import importlib
import json
import sys
import warnings

import pytest
import recording
import torch

from lstm_guide import records

CHEAP = "the fast path of a CPU"


@pytest.fixture(scope="module")
def tools():
    # Not at the top: this imports torch's compiler, which takes seconds and uses TorchScript.
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        return importlib.import_module("tools")


@pytest.fixture(scope="module")
def matrix(tools):
    return importlib.import_module("matrix")


def test_the_record_holds_every_tool_and_every_case_and_the_code_that_ran(matrix, tools):
    record = records.read("matrix")
    names = list(tools.TOOLS)
    assert list(record["cells"]) == names
    assert record["cases"] == list(tools.CASES)
    assert all(list(row) == record["cases"] for row in record["cells"].values())
    assert record["code"] == matrix.code_of(names)
    assert record["versions"].keys() == {"torch", "Python", "onnx", "onnxscript", "onnxruntime"}


def test_the_cells_of_a_tool_run_in_processes_of_their_own(matrix, capsys):
    found = matrix.try_all([CHEAP])
    assert found == {CHEAP: records.read("matrix")["cells"][CHEAP]}
    assert "6/6" in capsys.readouterr().err, "shows its progress"


@pytest.mark.parametrize(
    ("error", "result", "says"),
    [
        ("OtherPathError", "fallback", "no"),
        ("OtherNumbersError", "wrong", "no"),
        ("RuntimeError", "fail", "RuntimeError: no"),
    ],
)
def test_what_a_tool_raises_decides_the_result(monkeypatch, tools, error, result, says):
    def raises(case):
        warnings.warn("old", DeprecationWarning, stacklevel=1)
        raise getattr(tools, error, RuntimeError)("no")

    monkeypatch.setitem(tools.TOOLS, "x", raises)
    expected = {"result": result, "says": says, "warnings": ["DeprecationWarning: old"]}
    assert tools.attempt("x", "plain") == expected


def test_what_a_tool_returns_is_a_remark(tools, monkeypatch):
    monkeypatch.setitem(tools.TOOLS, "x", lambda case: "look out")
    assert tools.attempt("x", "plain") == {"result": "pass", "says": "look out", "warnings": []}


def test_an_error_is_given_with_its_cause(tools, monkeypatch):
    def raises(case):
        raise RuntimeError("long") from KeyError("root")

    monkeypatch.setitem(tools.TOOLS, "x", raises)
    assert tools.attempt("x", "plain")["says"] == "RuntimeError from KeyError: 'root'"


def test_other_numbers_and_other_shapes_are_noticed(tools):
    case = tools.CASES["plain"]
    zeros = [torch.zeros(2, 3)]
    case.compare(zeros, [torch.full((2, 3), 1e-7)])
    with pytest.raises(tools.OtherNumbersError, match=r"^off by 0\.5$"):
        case.compare(zeros, [torch.full((2, 3), 0.5)])
    with pytest.raises(tools.OtherNumbersError, match="off by nan"):
        case.compare(zeros, [torch.full((2, 3), torch.nan)])
    with pytest.raises(tools.OtherNumbersError, match=r"shape \(2, 3\) instead of \(3, 2\)"):
        case.compare(zeros, [torch.zeros(3, 2)])


def test_texts_lose_colours_addresses_and_folders(tools):
    text = "\x1b[1mbold\x1b[0m at 0x7f00deadbeef\n in /a/b-c/d.py, see https://x.org/y/z"
    assert tools.words(text) == "bold at 0x… in d.py, see https://x.org/y/z"
    assert tools.words("one two three", 9) == "one two …"


def test_drift_names_each_cell_that_is_not_as_recorded(matrix):
    old = records.read("matrix")["cells"]
    assert matrix.drift(old, old) == []
    new = copy.deepcopy(old)
    new["torch.compile"]["plain"]["result"] = "pass"
    del new["TorchScript"]["packed"]
    first, second = matrix.drift(old, new)
    assert first.startswith("torch.compile, plain: recorded {'result': 'fallback'")
    assert second.startswith("TorchScript, packed: recorded ")
    assert second.endswith("now None")


def test_the_check_ends_with_an_error_where_a_cell_or_the_code_has_moved(
    matrix, monkeypatch, capsys
):
    cells = records.read("matrix")["cells"]
    monkeypatch.setattr(sys, "argv", ["matrix.py", "--check"])
    monkeypatch.setattr(matrix, "try_all", lambda names: cells)
    with pytest.raises(SystemExit) as ended:
        matrix.main()
    assert not ended.value.code
    assert capsys.readouterr().out == "every cell is that of the record\n"
    monkeypatch.setattr(matrix, "code_of", lambda names: {})
    monkeypatch.setattr(matrix, "try_all", lambda names: {**cells, "TorchScript": {}})
    with pytest.raises(SystemExit) as ended:
        matrix.main()
    assert ended.value.code
    printed = capsys.readouterr().out
    assert "TorchScript, plain: recorded" in printed
    assert "the code of a tool is not that of the record" in printed


def test_writing_renews_the_record(matrix, monkeypatch, tmp_path):
    kept = records.read("matrix")
    monkeypatch.setattr(sys, "argv", ["matrix.py"])
    monkeypatch.setattr(matrix, "try_all", lambda names: kept["cells"])
    monkeypatch.setattr(recording, "RECORDED", tmp_path)
    matrix.main()
    written = json.loads((tmp_path / "matrix.json").read_text())
    assert {**written, "date": ""} == {**kept, "date": "", "machine": written["machine"]}
