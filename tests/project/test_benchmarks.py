"""The records of times are complete, and their checks notice a ratio that has moved."""

import copy
import importlib
import json
import sys

import pytest
import recording
import torch

from lstm_guide import records

SMALL = {"sequences": 20, "N": 4, "longest": 10, "input_size": 2, "hidden_size": 3, "repeats": 1}
MODULES = {"packing": "bench_packing", "speed": "bench_speed"}


@pytest.fixture(scope="module")
def bench():
    return importlib.import_module("bench_packing")


@pytest.fixture(params=MODULES)
def record(request) -> str:
    """The name of each record of times."""
    return request.param


ABOUT = {"machine", "date", "versions"}
MEASURED = {"torch", "Python"}
TRIED = MEASURED | {"onnx", "onnxscript", "onnxruntime"}


@pytest.mark.parametrize(
    ("name", "results", "packages"),
    [
        ("matrix", {"cases", "cells", "code"}, TRIED),
        ("packing", {"setting", "ratios"}, MEASURED),
        ("speed", {"setting", "ratios"}, MEASURED),
    ],
)
def test_a_record_says_where_and_when_it_was_made(name: str, results: set, packages: set):
    found = records.read(name)
    assert found.keys() == ABOUT | results
    assert found["versions"].keys() == packages


def test_there_is_no_other_record():
    text = r"^name: expected one of 'matrix', 'packing', 'speed', got 'threads'\. Choose"
    with pytest.raises(ValueError, match=text):
        records.read("threads")


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


def test_speed_is_measured_in_every_way_that_the_record_holds():
    speed = importlib.import_module("bench_speed")
    found = records.read("speed")
    assert found["setting"] == {
        size: dict(zip("LNH", sizes, strict=True)) for size, sizes in speed.SIZES.items()
    }
    message = "LSTM with projections is not supported"
    with pytest.warns(UserWarning, match=message):
        measured = speed.measure({"tiny": (5, 3, 4)}, {"tiny": 1})
    for recorded in found["ratios"].values():
        assert {mode: set(ways) for mode, ways in measured["tiny"].items()} == {
            mode: set(ways) for mode, ways in recorded.items()
        }
    assert all(ways["one call"] == 1 for ways in measured["tiny"].values())


def test_every_way_to_call_but_packed_and_projected_gives_the_same_numbers():
    speed = importlib.import_module("bench_speed")
    calls = speed.ways(6, 3, 4)
    expected = calls["one call"]()
    assert expected.shape == (6, 3, 4)
    for way in ("step by step", "LSTMCell"):
        torch.testing.assert_close(calls[way](), expected, atol=1e-6, rtol=0)
    assert calls["batch first"]().shape == (3, 6, 4)
    assert calls["packed"]().size(0) == 6 + 4 + 3
    dtypes = {"bfloat16": torch.bfloat16, "float64": torch.float64}
    assert {way: calls[way]().dtype for way in dtypes} == dtypes


def test_the_check_ends_with_an_error_where_a_ratio_has_moved(record, monkeypatch, capsys):
    bench = importlib.import_module(MODULES[record])
    ratios = records.read(record)["ratios"]
    monkeypatch.setattr(sys, "argv", ["bench.py", "--check"])
    monkeypatch.setattr(bench, "measure", lambda *setting: ratios)
    with pytest.raises(SystemExit) as ended:
        bench.main()
    assert not ended.value.code
    assert capsys.readouterr().out == "every ratio is within the band\n"
    moved = copy.deepcopy(ratios)
    ways = next(iter(moved.values()))["training"]
    ways[next(iter(ways))] = 9.0
    monkeypatch.setattr(bench.records, "read", lambda name: {"ratios": moved})
    with pytest.raises(SystemExit) as ended:
        bench.main()
    assert ended.value.code
    assert "recorded 9.0, now 1.0\n" in capsys.readouterr().out


def test_writing_renews_the_record(record, monkeypatch, tmp_path):
    bench = importlib.import_module(MODULES[record])
    kept = records.read(record)
    monkeypatch.setattr(sys, "argv", ["bench.py"])
    monkeypatch.setattr(bench, "measure", lambda *setting: kept["ratios"])
    monkeypatch.setattr(recording, "RECORDED", tmp_path)
    bench.main()
    written = json.loads((tmp_path / f"{record}.json").read_text())
    assert written["ratios"] == kept["ratios"]
    assert written["setting"] == kept["setting"]
    assert set(written) == set(kept)
