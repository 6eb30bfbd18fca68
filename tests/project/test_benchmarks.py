"""The record of times is complete, and its check notices a ratio that has moved."""

import copy
import importlib.util
import json
import sys
from pathlib import Path

import pytest

from lstm_guide import records

SCRIPT = Path(__file__).parents[2] / "benchmarks" / "bench_packing.py"
SMALL = {"sequences": 20, "N": 4, "longest": 10, "input_size": 2, "hidden_size": 3, "repeats": 1}


@pytest.fixture(scope="module")
def bench():
    spec = importlib.util.spec_from_file_location("bench_packing", SCRIPT)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_record_says_where_and_when_it_was_made():
    record = records.read("packing")
    assert set(record) == {"machine", "date", "versions", "setting", "ratios"}
    assert set(record["versions"]) == {"torch", "Python"}


def test_there_is_no_other_record():
    with pytest.raises(ValueError, match=r"^name: expected one of 'packing', got 'speed'\. Choose"):
        records.read("speed")


def test_the_script_measures_what_the_record_holds(bench):
    record = records.read("packing")
    assert record["setting"] == bench.SETTING
    names = [list(bench.lengths_of(bench.SETTING["sequences"], bench.SETTING["longest"]))]
    assert [list(record["ratios"])] == names
    for measured, recorded in zip(
        bench.measure(SMALL).values(), record["ratios"].values(), strict=True
    ):
        assert {mode: set(ways) for mode, ways in measured.items()} == {
            mode: set(ways) for mode, ways in recorded.items()
        }
        assert all(ways["mixed, padded"] == 1 for ways in measured.values())


def test_drift_names_each_ratio_outside_the_band(bench):
    old = records.read("packing")["ratios"]
    assert bench.drift(old, old) == []
    new = copy.deepcopy(old)
    name = next(iter(new))
    new[name]["training"]["mixed, packed"] *= 2.1
    new[name]["inference"]["like lengths, padded"] /= 1.9
    (change,) = bench.drift(old, new)
    assert change.startswith(f"{name}, training, mixed, packed: recorded ")


def test_the_check_ends_with_an_error_where_a_ratio_has_moved(bench, monkeypatch, capsys):
    ratios = records.read("packing")["ratios"]
    monkeypatch.setattr(sys, "argv", ["bench_packing.py", "--check"])
    monkeypatch.setattr(bench, "measure", lambda setting: ratios)
    with pytest.raises(SystemExit) as ended:
        bench.main()
    assert not ended.value.code
    assert capsys.readouterr().out == "every ratio is within the band\n"
    moved = {name: {"training": {"mixed, packed": 1.0}} for name in ratios}
    monkeypatch.setattr(bench.records, "read", lambda name: {"ratios": moved})
    with pytest.raises(SystemExit) as ended:
        bench.main()
    assert ended.value.code
    assert "recorded 1.0, now " in capsys.readouterr().out


def test_writing_renews_the_record(bench, monkeypatch, tmp_path):
    ratios = records.read("packing")["ratios"]
    monkeypatch.setattr(sys, "argv", ["bench_packing.py"])
    monkeypatch.setattr(bench, "measure", lambda setting: ratios)
    monkeypatch.setattr(bench, "RECORD", tmp_path / "packing.json")
    bench.main()
    written = json.loads((tmp_path / "packing.json").read_text())
    assert written["ratios"] == ratios
    assert written["setting"] == bench.SETTING
