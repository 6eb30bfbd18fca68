"""Change one operator, constant or comparison of the library at a time: a test must fail.

``nox -s mutants`` tries a seeded sample; ``-- 10`` tries ten, ``-- 10 7`` draws them with seed 7.
As many run at once as there are processors, each in a copy of the project.
What survives is listed with its file, line and change. A survivor that cannot matter stands in
``accepted_mutants.toml``, with the reason.
"""

from __future__ import annotations

import ast
import contextlib
import copy
import multiprocessing
import os
import random
import resource
import shutil
import sys
import tempfile
import tomllib
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from queue import SimpleQueue

import pytest

ROOT = Path(__file__).parents[1]
ACCEPTED = Path(__file__).with_name("accepted_mutants.toml")
NAMES = ("file", "text", "before", "after")  # how a survivor is written down there, and why
BROKEN = 99
LIMIT = 200  # seconds of a processor; a mutant that makes a loop endless is found by it
# Each module, or folder of modules, and its tests; those of the module itself come first.
TESTS = {
    "shapes.py": ["test_shapes.py", "test_errors.py"],
    "states.py": ["test_states.py", "test_errors.py"],
    "cell.py": ["test_cell.py"],
    "sequences.py": ["test_sequences.py"],
    "probes": ["test_probes.py", "test_probes_errors.py", "test_probes_mistakes.py"],
}
# Stop at the first failure; what runs in float32 runs in float64 as well.
OPTIONS = ["-x", "-q", "-p", "no:cacheprovider", "-k", "not float32"]
# Each mutant runs in a process of its own, branched off from one that has imported torch.
PROCESSES = multiprocessing.get_context("forkserver")
PROCESSES.set_forkserver_preload(["torch"])
OPERATORS: dict[type[ast.AST], type[ast.AST]] = {
    ast.Add: ast.Sub,
    ast.Sub: ast.Add,
    ast.Mult: ast.Add,
    ast.Div: ast.Mult,
    ast.FloorDiv: ast.Mult,
    ast.Mod: ast.Mult,
    ast.BitAnd: ast.BitOr,
    ast.BitOr: ast.BitAnd,
    ast.Lt: ast.LtE,
    ast.LtE: ast.Lt,
    ast.Gt: ast.GtE,
    ast.GtE: ast.Gt,
    ast.Eq: ast.NotEq,
    ast.NotEq: ast.Eq,
    ast.Is: ast.IsNot,
    ast.IsNot: ast.Is,
    ast.In: ast.NotIn,
    ast.NotIn: ast.In,
    ast.And: ast.Or,
    ast.Or: ast.And,
}


def places(tree: ast.Module) -> list[tuple[int, str]]:
    """Every place of a module that can be changed: the number of its node, and the kind of change.

    Annotations say nothing at run time, and texts are compared by tests of their own.
    """
    silent = {
        id(inside)
        for node in ast.walk(tree)
        for field in ("annotation", "returns")
        if isinstance(getattr(node, field, None), ast.AST)
        for inside in ast.walk(getattr(node, field))
    }
    found = []
    for number, node in enumerate(ast.walk(tree)):
        if id(node) not in silent and hasattr(node, "lineno"):
            found += [(number, kind) for kind in kinds(node)]
    return found


def kinds(node: ast.AST) -> Iterator[str]:
    """What can be changed about a node."""
    if isinstance(node, ast.BinOp | ast.BoolOp) and type(node.op) in OPERATORS:
        yield "operator"
    if isinstance(node, ast.Compare) and type(node.ops[0]) in OPERATORS:
        yield "comparison"
    if isinstance(node, ast.Constant) and isinstance(node.value, bool | int | float):
        yield "constant"
    if isinstance(node, ast.UnaryOp):
        yield "sign"
    if isinstance(node, ast.IfExp):
        yield "choice"
    if isinstance(node, ast.Expr) and isinstance(node.value, ast.Call):
        yield "call"


def change(tree: ast.Module, number: int, kind: str) -> tuple[int, str, str]:
    """Change one node in place; return its line, and its code before and after."""
    node = list(ast.walk(tree))[number]
    assert isinstance(node, ast.expr | ast.stmt)
    before = ast.unparse(node)
    if isinstance(node, ast.BinOp | ast.BoolOp):
        node.op = OPERATORS[type(node.op)]()  # type: ignore[assignment]
    elif isinstance(node, ast.Compare):
        node.ops[0] = OPERATORS[type(node.ops[0])]()  # type: ignore[call-overload]
    elif isinstance(node, ast.Constant):
        value = node.value
        node.value = not value if isinstance(value, bool) else value + 1  # type: ignore[operator]
    elif isinstance(node, ast.UnaryOp):
        node.op, was = ast.UAdd(), node.op
        if isinstance(was, ast.Not):
            node.op, node.operand = ast.Not(), ast.UnaryOp(ast.Not(), node.operand)
    elif isinstance(node, ast.IfExp):
        node.body, node.orelse = node.orelse, node.body
    elif isinstance(node, ast.Expr):
        node.value = ast.Constant(None)
    return node.lineno, before, ast.unparse(ast.fix_missing_locations(node))


@dataclass(frozen=True)
class Mutant:
    """A file with one change, in a line with this number and text."""

    path: Path
    line: int
    before: str
    after: str
    code: str
    text: str

    def is_accepted(self, survivors: list[dict[str, str]]) -> bool:
        """Say whether the change stands among the survivors with a reason."""
        words = [str(self.path.relative_to(ROOT)), self.text, self.before, self.after]
        return words in [[each[name] for name in NAMES] for each in survivors]


def draw(count: int, seed: int) -> list[Mutant]:
    """Draw so many changes of one place, or take all where there are no more."""
    sources = {path: path.read_text(encoding="utf-8") for path in modules()}
    trees = {path: ast.parse(source) for path, source in sources.items()}
    every = [(path, *place) for path, tree in trees.items() for place in places(tree)]
    drawn = []
    for path, number, kind in random.Random(seed).sample(every, min(count, len(every))):
        tree = copy.deepcopy(trees[path])
        line, before, after = change(tree, number, kind)
        text = sources[path].splitlines()[line - 1].strip()
        drawn.append(Mutant(path, line, before, after, ast.unparse(tree), text))
    return drawn


def modules() -> dict[Path, list[str]]:
    """The files that are changed, with the tests of each."""
    found = {}
    for name, tests in TESTS.items():
        place = ROOT / "lstm_guide" / name
        for path in sorted(place.rglob("*.py")) if place.is_dir() else [place]:
            found[path] = tests
    return found


def run_tests(folder: Path, arguments: list[str]) -> None:
    """Run pytest in a copy of the project, say nothing, and end with its exit code."""
    os.chdir(folder)
    sys.path.insert(0, str(folder))  # before an installed package
    sys.dont_write_bytecode = True  # the modules are read anew
    resource.setrlimit(resource.RLIMIT_CPU, (LIMIT, LIMIT))  # other work does not count
    code = BROKEN  # so that what breaks this session kills no mutant
    try:
        with open(os.devnull, "w") as nothing, contextlib.redirect_stdout(nothing):
            code = int(pytest.main(arguments))
    finally:
        sys.exit(code)


def exit_code(folder: Path, *arguments: str) -> int:
    """Run pytest in a process of its own; return its exit code, below 0 where its time is over."""
    process = PROCESSES.Process(target=run_tests, args=(folder, [*OPTIONS, *arguments]))
    process.start()
    process.join()
    assert process.exitcode is not None
    return process.exitcode


def survives(mutant: Mutant, folder: Path) -> bool:
    """Run the tests on a copy of the project in which one file has other code."""
    changed = folder / mutant.path.relative_to(ROOT)
    original = changed.read_text(encoding="utf-8")
    changed.write_text(mutant.code, encoding="utf-8")
    tests = [f"tests/library/{name}" for name in modules()[mutant.path]]
    code = exit_code(folder, *tests, str(mutant.path.relative_to(ROOT)))
    changed.write_text(original, encoding="utf-8")
    if code > 2:  # 1: a test fails; 2: the module cannot be imported
        raise SystemExit(f"pytest ended with {code}: {mutant}")
    return code == 0


def copy_of_the_project(folder: Path) -> Path:
    """Copy what the tests need, so that the files of the project are never touched."""
    for name in ("lstm_guide", "tests"):
        shutil.copytree(ROOT / name, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "pyproject.toml", folder)
    return folder


def results(chosen: list[Mutant], at_once: int) -> Iterator[tuple[Mutant, bool]]:
    """Try the mutants, so many at once; yield each with whether it survives."""
    with tempfile.TemporaryDirectory() as name, ThreadPoolExecutor(at_once) as pool:
        free: SimpleQueue[Path] = SimpleQueue()
        for number in range(at_once):
            free.put(copy_of_the_project(Path(name, str(number))))
        tests = {f"tests/library/{each}" for names in TESTS.values() for each in names}
        if exit_code(Path(name, "0"), "--collect-only", *tests):
            raise SystemExit("the tests cannot be collected from a copy where nothing is changed")

        def attempt(mutant: Mutant) -> bool:
            folder = free.get()
            alive = survives(mutant, folder)
            free.put(folder)
            return alive

        yield from zip(chosen, pool.map(attempt, chosen), strict=True)


def main(count: int, seed: int) -> int:
    """Try so many mutants; return how many survive without a reason."""
    accepted = tomllib.loads(ACCEPTED.read_text(encoding="utf-8"))["survivor"]
    chosen = draw(count, seed)
    left = 0
    for mutant, alive in results(chosen, at_once=os.cpu_count() or 1):
        known = mutant.is_accepted(accepted)
        left += alive and not known
        word = "killed" if not alive else "accepted" if known else "SURVIVED"
        place = f"{mutant.path.relative_to(ROOT)}:{mutant.line}  {mutant.text}"
        print(f"{word:8}  {place}\n{'':8}  {mutant.before}  ->  {mutant.after}", flush=True)
    print(f"{len(chosen)} mutants tried, {left} survived without a reason")
    return left


if __name__ == "__main__":
    wanted = [int(each) for each in sys.argv[1:]] or [200]
    sys.exit(main(wanted[0], wanted[1] if len(wanted) > 1 else 0) > 0)
