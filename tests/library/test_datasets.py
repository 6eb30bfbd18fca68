"""The real data: counts and totals as in the sources, and licences that travel with the files."""

from __future__ import annotations

import tomllib
from collections import Counter
from pathlib import Path

import pytest
import torch

import lstm_guide
from lstm_guide import datasets

FOLDER = Path(str(lstm_guide.__file__)).parent / "data"
README = (FOLDER / "README.md").read_text(encoding="utf-8")
PROJECT = Path(__file__).parents[2] / "pyproject.toml"


def test_sunspots_are_309_years_with_the_known_total_and_peaks() -> None:
    series = datasets.sunspots()
    assert series.shape == (309,)
    assert series.dtype == torch.float32
    assert series.double().sum().item() == pytest.approx(15373.4, abs=0.01)
    assert [series[year - 1700].item() for year in (1700, 1957, 2008)] == pytest.approx(
        [5.0, 190.2, 2.9]
    )
    assert series.min() == 0


def test_utterances_have_the_counts_of_the_source() -> None:
    train, test = datasets.japanese_vowels()
    assert Counter(train.speakers.tolist()) == dict.fromkeys(range(9), 30)
    counts = Counter(test.speakers.tolist())
    assert [counts[speaker] for speaker in range(9)] == [31, 35, 88, 44, 29, 24, 40, 50, 29]
    for part, steps, longest in ((train, 4274, 26), (test, 5687, 29)):
        assert len(part.sequences) == len(part.speakers)
        assert {sequence.shape[1] for sequence in part.sequences} == {12}
        lengths = [len(sequence) for sequence in part.sequences]
        assert (min(lengths), max(lengths), sum(lengths)) == (7, longest, steps)


def test_utterances_have_the_totals_and_extremes_of_the_source() -> None:
    known = ((-1057.452303, -1.852765, 2.203141), (-2146.513430, -1.69252, 1.982559))
    for part, (total, least, most) in zip(datasets.japanese_vowels(), known, strict=True):
        values = torch.cat(part.sequences).double()
        assert values.sum().item() == pytest.approx(total, abs=0.05)
        assert values.min().item() == pytest.approx(least, abs=6e-5)
        assert values.max().item() == pytest.approx(most, abs=6e-5)


def test_the_first_step_is_that_of_the_source_with_its_features_in_order() -> None:
    train, _ = datasets.japanese_vowels()
    expected = [1.860936, -0.207383, 0.261557, -0.214562, -0.171253, -0.118167, -0.277557, 0.025668]
    assert train.sequences[0][0, :8].tolist() == pytest.approx(expected, abs=6e-5)
    assert train.sequences[0][1, 0].item() == pytest.approx(1.891651, abs=6e-5)


def test_each_file_has_its_origin_and_licence_beside_it() -> None:
    data = {path.name for path in FOLDER.iterdir()} - {"README.md"}
    sections = {part.split("`")[1]: part for part in README.split("\n## ")[1:]}
    assert sections.keys() == data
    for section in sections.values():
        for entry in ("**What:**", "**Origin:**", "**Licence:**", "**How made:**"):
            assert entry in section
    assert "public domain" in sections["sunspots.csv"]
    vowels = sections["japanese_vowels.csv.gz"]
    assert "CC BY 4.0" in vowels
    assert "https://creativecommons.org/licenses/by/4.0/" in vowels
    assert "https://doi.org/10.24432/C5NS47" in vowels
    assert "Changed: rounded" in vowels


def test_the_package_states_the_licence_of_its_data() -> None:
    project = tomllib.loads(PROJECT.read_text(encoding="utf-8"))["project"]
    assert project["license"] == "BSD-3-Clause AND CC-BY-4.0"
    assert "lstm_guide/data/README.md" in project["license-files"]


def test_the_files_are_small() -> None:
    assert sum(path.stat().st_size for path in FOLDER.iterdir()) < 300_000
