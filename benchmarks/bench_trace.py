"""How long a trace takes, in multiples of the fused call; fails where it is above its limit.

The ways run in turn, several times, and the fastest run of each counts: what else the machine does
then falls on all of them alike.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable

import torch
from torch import Tensor, nn

from lstm_guide import trace_steps

# L, N, H, and the largest ratio of trace_steps to the fused call.
LIMITS = [(200, 16, 128, 5.0), (1000, 1, 16, 6.0)]
RUNS = 30


def loop_over_cell(lstm: nn.LSTM, x: Tensor) -> tuple[Tensor, Tensor]:
    """The usual way to see c at every step, which shows no gates."""
    cell = nn.LSTMCell(lstm.input_size, lstm.hidden_size)
    names = {name.removesuffix("_l0"): tensor for name, tensor in lstm.state_dict().items()}
    cell.load_state_dict(names)
    h = c = x.new_zeros(x.size(1), lstm.hidden_size)  # (N, H)
    steps = []
    for x_t in x.unbind(0):
        h, c = cell(x_t, (h, c))
        steps.append((h, c))
    hs, cs = (torch.stack(part) for part in zip(*steps, strict=True))  # (L, N, H) each
    return hs, cs


def seconds(ways: dict[str, Callable[[], object]]) -> dict[str, float]:
    """The fastest of several runs of each."""
    best = dict.fromkeys(ways, float("inf"))
    for _ in range(RUNS):
        for name, way in ways.items():
            start = time.perf_counter()
            way()
            best[name] = min(best[name], time.perf_counter() - start)
    return best


@torch.no_grad()
def main() -> None:
    """Print the ratios and stop with an error where one is too large."""
    torch.set_num_threads(1)
    torch.manual_seed(0)
    slow = []
    for L, N, H, limit in LIMITS:
        lstm, x = nn.LSTM(H, H), torch.randn(L, N, H)
        best = seconds(
            {
                "fused": lambda lstm=lstm, x=x: lstm(x),
                "trace": lambda lstm=lstm, x=x: trace_steps(lstm, x),
                "cell loop": lambda lstm=lstm, x=x: loop_over_cell(lstm, x),
            }
        )
        ratios = {name: best[name] / best["fused"] for name in ("trace", "cell loop")}
        texts = (f"{name} {ratio:.1f}" for name, ratio in ratios.items())
        print(f"L {L}, N {N}, H {H}, fused = 1: {', '.join(texts)} (limit of trace: {limit:g})")
        if ratios["trace"] > limit:
            slow.append((L, N, H))
    if slow:
        sys.exit(f"trace_steps is slower than its limit at {slow}")


if __name__ == "__main__":
    main()
