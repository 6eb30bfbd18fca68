"""Measure what packing costs on this CPU, and what batches of like length give back.

``python benchmarks/bench_packing.py`` writes lstm_guide/recorded/packing.json anew.
``python benchmarks/bench_packing.py --check`` measures again and fails where a ratio has left the
record by more than a factor of two: then the page on the price of packing has to be read again.
"""

import os
import sys
import time

os.environ.setdefault("OMP_NUM_THREADS", "1")

import torch
from recording import only_check, write
from torch import Tensor, nn
from torch.nn.utils.rnn import pad_sequence

from lstm_guide import pack, records
from lstm_guide.sequences import length_buckets

BAND = 2.0
SETTING = {
    "sequences": 128,
    "N": 16,
    "longest": 100,
    "input_size": 64,
    "hidden_size": 128,
    "repeats": 7,
}

Ratios = dict[str, dict[str, dict[str, float]]]
Batches = list[tuple[Tensor, Tensor]]


def lengths_of(count: int, longest: int) -> dict[str, Tensor]:
    """Three data sets, told apart by the lengths of their sequences."""
    generator = torch.Generator().manual_seed(0)
    alike = torch.randint(longest // 2, longest + 1, (count,), generator=generator)
    anything = torch.randint(1, longest + 1, (count,), generator=generator)
    short = torch.randint(1, longest // 10 + 1, (count,), generator=generator)
    short[torch.randperm(count, generator=generator)[: count // 10]] = longest
    return {
        f"{longest // 2} to {longest} steps": alike,
        f"1 to {longest} steps": anything,
        f"1 to {longest // 10} steps, one in ten {longest}": short,
    }


def make_batches(lengths: Tensor, groups: list[list[int]], input_size: int) -> Batches:
    """Padded batches (N, L, H_in) of random numbers, with their lengths."""
    return [
        (
            pad_sequence([torch.randn(int(n), input_size) for n in lengths[group]], True),
            lengths[group],
        )
        for group in groups
    ]


def seconds(lstm: nn.LSTM, batches: Batches, *, packed: bool, train: bool) -> float:
    """Run every batch; count processor time, which other programs on the machine do not change."""
    start = time.process_time()
    with torch.set_grad_enabled(train):
        for x, lengths in batches:
            output, _ = lstm(pack(lstm, x, lengths) if packed else x)
            if train:
                (output.data if packed else output).sum().backward()
    return time.process_time() - start


def measure(setting: dict[str, int]) -> Ratios:
    """For each data set and mode the time of each way, as a multiple of mixed padded batches."""
    torch.set_num_threads(1)
    torch.manual_seed(0)
    lstm = nn.LSTM(setting["input_size"], setting["hidden_size"], batch_first=True)
    ratios: Ratios = {}
    for name, lengths in lengths_of(setting["sequences"], setting["longest"]).items():
        mixed = [
            group.tolist() for group in torch.split(torch.randperm(len(lengths)), setting["N"])
        ]
        orders = {"mixed": mixed, "like lengths": length_buckets(lengths, setting["N"])}
        batches = {
            order: make_batches(lengths, groups, setting["input_size"])
            for order, groups in orders.items()
        }
        ratios[name] = {}
        for mode in ("inference", "training"):
            times = {
                f"{order}, {kind}": min(
                    seconds(lstm, batches[order], packed=kind == "packed", train=mode == "training")
                    for _ in range(setting["repeats"])
                )
                for order in batches
                for kind in ("padded", "packed")
            }
            base = times["mixed, padded"]
            ratios[name][mode] = {way: round(value / base, 2) for way, value in times.items()}
    return ratios


def drift(old: Ratios, new: Ratios, band: float = BAND) -> list[str]:
    """Say which ratios have left the record by more than the band."""
    return [
        f"{name}, {mode}, {way}: recorded {then}, now {new[name][mode][way]}"
        for name, modes in old.items()
        for mode, ways in modes.items()
        for way, then in ways.items()
        if not then / band <= new[name][mode][way] <= then * band
    ]


def main() -> None:
    """Write the record, or compare with it."""
    check = only_check(__doc__)
    ratios = measure(SETTING)
    if check:
        changes = drift(records.read("packing")["ratios"], ratios)
        print("\n".join(changes) or "every ratio is within the band")
        sys.exit(bool(changes))
    write("packing", {"setting": SETTING, "ratios": ratios})


if __name__ == "__main__":
    main()
