"""Try what works with what: every tool on every kind of LSTM, each in a fresh process.

``python benchmarks/matrix.py`` writes lstm_guide/recorded/matrix.json anew.
``python benchmarks/matrix.py --check`` tries everything again and fails where a result, a message
or the code of a tool is no longer that of the record: then the page has to be read again.

torch keeps what it learns from the first export of an LSTM in a process, so a second one can give
another result: no process tries two cells. ``torch.compile`` needs a C++ compiler, such as g++.
"""

import inspect
import os
import sys
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from typing import Any

os.environ.setdefault("OMP_NUM_THREADS", "1")

import tools
from recording import only_check, write
from tqdm import tqdm

from lstm_guide import records

Cells = dict[str, dict[str, dict[str, Any]]]


def try_all(names: list[str]) -> Cells:
    """Try tools on all cases, each in a process of its own, which starts with torch imported."""
    pairs = [(name, case) for name in names for case in tools.CASES]
    cells: Cells = {name: {} for name in names}
    for name, case in tqdm(pairs, unit="cell"):
        with ProcessPoolExecutor(1, get_context("fork")) as pool:
            cells[name][case] = pool.submit(tools.attempt, name, case).result()
    return cells


def code_of(names: list[str]) -> dict[str, str]:
    """The code of each tool, as it ran, after that of the functions that it calls."""
    code = {}
    for name in names:
        tool = tools.TOOLS[name]
        called = [vars(tools).get(part) for part in tool.__code__.co_names]
        parts = [*filter(inspect.isfunction, called), tool]
        code[name] = "\n\n".join(inspect.getsource(part) for part in parts)
    return code


def drift(old: Cells, new: Cells) -> list[str]:
    """Say which cells are not those of the record."""
    both = (old, new)
    pairs = dict.fromkeys((name, case) for cells in both for name in cells for case in cells[name])
    return [
        f"{name}, {case}: recorded {then}, now {now}"
        for name, case in pairs
        if (then := old.get(name, {}).get(case)) != (now := new.get(name, {}).get(case))
    ]


def main() -> None:
    """Write the record, or compare with it."""
    check = only_check(__doc__)
    names = list(tools.TOOLS)
    cells = try_all(names)
    if check:
        recorded = records.read("matrix")
        changes = drift(recorded["cells"], cells)
        if recorded["code"] != code_of(names):
            changes.append("the code of a tool is not that of the record")
        print("\n".join(changes) or "every cell is that of the record")
        sys.exit(bool(changes))
    content = {"cases": list(tools.CASES), "code": code_of(names), "cells": cells}
    write("matrix", content, "onnx", "onnxscript", "onnxruntime")


if __name__ == "__main__":
    main()
