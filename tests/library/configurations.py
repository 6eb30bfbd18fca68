"""The grid of configurations that every function of the library must hold for."""

from __future__ import annotations

import itertools
import warnings
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.utils.rnn import PackedSequence, pack_padded_sequence

# No two sizes are equal, and none is a number of rows K * D.
L, N, H_IN, H_CELL, PROJ = 9, 8, 5, 11, 7
LENGTHS = [5, 9, 2, 7, 9, 1, 4, 3]
LAYOUTS = ("time first", "batch first", "unbatched", "packed")


@dataclass(frozen=True)
class Case:
    """One configuration of nn.LSTM, and the layout and dtype of its input."""

    layout: str = "time first"
    dtype: torch.dtype = torch.float64
    num_layers: int = 1
    bidirectional: bool = False
    bias: bool = True
    proj_size: int = 0

    def __str__(self) -> str:
        switches = ("bidirectional", "bias", "proj_size")
        words = [self.layout, str(self.dtype), f"{self.num_layers} layers"]
        return ", ".join(words + [name for name in switches if getattr(self, name)])

    @property
    def arguments(self) -> dict[str, Any]:
        """The constructor arguments that shapes depend on."""
        return {
            "input_size": H_IN,
            "hidden_size": H_CELL,
            "num_layers": self.num_layers,
            "bias": self.bias,
            "batch_first": self.layout == "batch first",
            "bidirectional": self.bidirectional,
            "proj_size": self.proj_size,
        }

    def lstm(self) -> nn.LSTM:
        """A module with random weights."""
        return nn.LSTM(**self.arguments, dtype=self.dtype)

    def x(self) -> Tensor | PackedSequence:
        """A random input in the layout of the case."""
        if self.layout == "unbatched":
            return torch.randn(L, H_IN, dtype=self.dtype)
        if self.layout == "batch first":
            return torch.randn(N, L, H_IN, dtype=self.dtype)
        x = torch.randn(L, N, H_IN, dtype=self.dtype)
        return pack_padded_sequence(x, LENGTHS, enforce_sorted=False) if self.is_packed else x

    def state(self) -> tuple[Tensor, Tensor]:
        """A random state that fits, its shape written out here and not taken from the library."""
        rows = (self.num_layers * (2 if self.bidirectional else 1),)
        leading = rows if self.layout == "unbatched" else (*rows, N)
        h = torch.randn(*leading, self.proj_size or H_CELL, dtype=self.dtype)
        return h, torch.randn(*leading, H_CELL, dtype=self.dtype)

    @property
    def is_packed(self) -> bool:
        return self.layout == "packed"


def cases(*dtypes: torch.dtype, layouts: tuple[str, ...] = LAYOUTS) -> list[Case]:
    """Every configuration in the given dtypes and layouts."""
    options = (layouts, dtypes, (1, 2, 3), (False, True), (True, False), (0, PROJ))
    return [Case(*values) for values in itertools.product(*options)]


def run(
    lstm: nn.LSTM, x: Tensor | PackedSequence, state: tuple[Tensor, Tensor] | None = None
) -> tuple[Any, tuple[Tensor, Tensor]]:
    """Call the module; with proj_size torch says once more that oneDNN has no such kernel."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="LSTM with projections is not supported")
        return lstm(x, state)  # type: ignore[no-any-return]
