"""Two small real sets of numbers that ship with the package; nothing is downloaded.

Origin, licence and how each file was made stand in ``lstm_guide/data/README.md``.
"""

from __future__ import annotations

import csv
import gzip
from importlib.resources import files
from typing import NamedTuple

import torch
from torch import Tensor

__all__ = ["Utterances", "japanese_vowels", "sunspots"]

_FOLDER = files("lstm_guide").joinpath("data")
_FEATURES = 12  # numbers that describe one step of an utterance
_UNIT = 10_000  # the file holds whole numbers, 10,000 for 1


class Utterances(NamedTuple):
    """Sequences of different length, and who speaks in each.

    Each sequence is (length, 12), float32; the speakers are (number of sequences,), int64, from 0
    to 8.

    Example:
        >>> _, test = japanese_vowels()
        >>> [tuple(sequence.shape) for sequence in test.sequences[3:5]], tuple(test.speakers.shape)
        ([(18, 12), (24, 12)], (370,))
    """

    sequences: list[Tensor]
    speakers: Tensor


def sunspots() -> Tensor:
    """Read the number of sunspots of each year from 1700 to 2008.

    Source: National Geophysical Data Center, public domain.

    Returns:
        (309,), float32; entry i belongs to the year 1700 + i.

    Example:
        >>> series = sunspots()
        >>> tuple(series.shape), 1700 + series.argmax().item()
        ((309,), 1957)
    """
    lines = _FOLDER.joinpath("sunspots.csv").read_text(encoding="utf-8").splitlines()
    return torch.tensor([float(row["sunspots"]) for row in csv.DictReader(lines)])  # (309,)


def japanese_vowels() -> tuple[Utterances, Utterances]:
    """Read 640 utterances of two Japanese vowels by nine men, 7 to 29 steps of 12 numbers each.

    The split is that of the source: the test was recorded by the same nine speakers.

    Source: M. Kudo, J. Toyama and M. Shimbo, Japanese Vowels, UCI Machine Learning Repository,
    doi:10.24432/C5NS47, CC BY 4.0; here rounded to four decimals.

    Returns:
        270 utterances for training, 30 of each speaker, and 370 for the test.

    Example:
        >>> train, test = japanese_vowels()
        >>> len(train.sequences), tuple(train.sequences[0].shape), tuple(train.speakers.shape)
        (270, (20, 12), (270,))
    """
    packed = _FOLDER.joinpath("japanese_vowels.csv.gz").read_bytes()
    parts: dict[str, list[tuple[Tensor, int]]] = {"train": [], "test": []}
    for part, speaker, *values in csv.reader(gzip.decompress(packed).decode().splitlines()):
        steps = torch.tensor([int(value) for value in values]).reshape(-1, _FEATURES) / _UNIT
        parts[part].append((steps, int(speaker) - 1))
    return _utterances(parts["train"]), _utterances(parts["test"])


def _utterances(rows: list[tuple[Tensor, int]]) -> Utterances:
    sequences, speakers = zip(*rows, strict=True)
    return Utterances(list(sequences), torch.tensor(speakers))
