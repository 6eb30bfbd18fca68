"""Measure what each way to call an LSTM costs on this CPU, as a multiple of one plain float32 call.

``python benchmarks/bench_speed.py`` writes lstm_guide/recorded/speed.json anew.
``python benchmarks/bench_speed.py --check`` measures again and fails where a ratio has left the
record by more than a factor of two: then the page on speed has to be read again.
"""

import os
import sys
import time
import warnings
from collections.abc import Callable

os.environ.setdefault("OMP_NUM_THREADS", "1")

import torch
from recording import only_check, write
from torch import Tensor, nn

from lstm_guide import pack, records

BAND = 2.0
# L, N and H of each group; H_in = H. Runs counts the rounds, of which the fastest counts.
SIZES = {"small": (100, 2, 16), "middle": (100, 16, 64), "large": (100, 64, 256)}
RUNS = {"small": 60, "middle": 20, "large": 5}

Ratios = dict[str, dict[str, dict[str, float]]]
Call = Callable[[], Tensor]


def one_by_one(lstm: nn.LSTM, x: Tensor) -> Tensor:
    """One call of ``nn.LSTM`` for each step."""
    state, outputs = None, []
    for x_t in x.split(1):
        output, state = lstm(x_t, state)  # (1, N, H)
        outputs.append(output)
    return torch.cat(outputs)  # (L, N, H)


def cell_loop(cell: nn.LSTMCell, x: Tensor) -> Tensor:
    """One call of ``nn.LSTMCell`` for each step."""
    state, outputs = None, []
    for x_t in x.unbind(0):
        state = cell(x_t, state)  # (N, H) each
        outputs.append(state[0])
    return torch.stack(outputs)  # (L, N, H)


def cell_of(lstm: nn.LSTM) -> nn.LSTMCell:
    """A cell with the same weights."""
    cell = nn.LSTMCell(lstm.input_size, lstm.hidden_size)
    cell.load_state_dict({k.removesuffix("_l0"): v for k, v in lstm.state_dict().items()})
    return cell


def ways(L: int, N: int, H: int) -> dict[str, Call]:
    """Every way to call; all but packed and proj_size do the same work."""
    lstm, x = nn.LSTM(H, H), torch.randn(L, N, H)
    first, rows = nn.LSTM(H, H, batch_first=True), x.transpose(0, 1).contiguous()
    low, half = nn.LSTM(H, H, dtype=torch.bfloat16), x.bfloat16()
    high, double = nn.LSTM(H, H, dtype=torch.float64), x.double()
    narrow, cell = nn.LSTM(H, H, proj_size=H // 2), cell_of(lstm)
    lengths = torch.linspace(L // 2, L, N).long().flip(0)  # half to all of the steps
    return {
        "one call": lambda: lstm(x)[0],
        "batch first": lambda: first(rows)[0],
        "packed": lambda: lstm(pack(lstm, x, lengths))[0].data,
        "step by step": lambda: one_by_one(lstm, x),
        "LSTMCell": lambda: cell_loop(cell, x),
        "bfloat16": lambda: low(half)[0],
        "float64": lambda: high(double)[0],
        "proj_size": lambda: narrow(x)[0],
    }


def seconds(call: Call, *, train: bool) -> float:
    """Count processor time, which other programs on the machine do not change."""
    start = time.process_time()
    with torch.set_grad_enabled(train):
        output = call()
        if train:
            output.sum().backward()
    return time.process_time() - start


def measure(sizes: dict[str, tuple[int, int, int]], runs: dict[str, int]) -> Ratios:
    """The ways run in turn, several times; the fastest run of each counts."""
    torch.set_num_threads(1)
    torch.manual_seed(0)
    ratios: Ratios = {}
    for size, (L, N, H) in sizes.items():
        calls = ways(L, N, H)
        ratios[size] = {}
        for mode in ("inference", "training"):
            best = dict.fromkeys(calls, float("inf"))
            for _ in range(runs[size]):
                for way, call in calls.items():
                    for _ in range(2):  # the first run finds the memory of another way in the cache
                        best[way] = min(best[way], seconds(call, train=mode == "training"))
            base = best["one call"]
            ratios[size][mode] = {way: round(value / base, 2) for way, value in best.items()}
    return ratios


def drift(old: Ratios, new: Ratios, band: float = BAND) -> list[str]:
    """Say which ratios have left the record by more than the band."""
    return [
        f"{size}, {mode}, {way}: recorded {then}, now {new[size][mode][way]}"
        for size, modes in old.items()
        for mode, found in modes.items()
        for way, then in found.items()
        if not then / band <= new[size][mode][way] <= then * band
    ]


def main() -> None:
    """Write the record, or compare with it."""
    check = only_check(__doc__)
    warnings.filterwarnings("ignore", message="LSTM with projections is not supported")
    ratios = measure(SIZES, RUNS)
    if check:
        changes = drift(records.read("speed")["ratios"], ratios)
        print("\n".join(changes) or "every ratio is within the band")
        sys.exit(bool(changes))
    setting = {size: {"L": L, "N": N, "H": H} for size, (L, N, H) in SIZES.items()}
    write("speed", {"setting": setting, "ratios": ratios})


if __name__ == "__main__":
    main()
