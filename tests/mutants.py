"""Change one operator, constant or comparison of the library at a time: a test must fail.

``nox -s mutants`` tries a seeded sample; ``-- 10`` tries ten, ``-- 10 7`` draws them with seed 7.
What survives is listed with its file, line and change. A survivor that cannot matter stands in
``accepted_mutants.toml``, with the reason.
"""

from __future__ import annotations

import ast
import copy
import os
import random
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[1]
ACCEPTED = Path(__file__).with_name("accepted_mutants.toml")
LIMIT = 300  # seconds; a mutant that makes a loop endless is found by it
# Each module, or folder of modules, and its tests; those of the module itself come first.
TESTS = {
    "shapes.py": ["test_shapes.py", "test_errors.py"],
    "states.py": ["test_states.py", "test_errors.py"],
    "cell.py": ["test_cell.py"],
    "sequences.py": ["test_sequences.py"],
    "probes": ["test_probes.py", "test_probes_errors.py", "test_probes_mistakes.py"],
}
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


def modules() -> dict[Path, list[str]]:
    """The files that are changed, with the tests of each."""
    found = {}
    for name, tests in TESTS.items():
        place = ROOT / "lstm_guide" / name
        for path in sorted(place.rglob("*.py")) if place.is_dir() else [place]:
            found[path] = tests
    return found


def survives(path: Path, code: str, tests: list[str], folder: Path) -> bool:
    """Run the tests on a copy of the package in which one file has other code."""
    changed = folder / path.relative_to(ROOT)
    original = changed.read_text(encoding="utf-8")
    changed.write_text(code, encoding="utf-8")
    names = [f"tests/library/{name}" for name in tests] + [str(path.relative_to(ROOT))]
    command = [sys.executable, "-m", "pytest", "-x", "-q", "-p", "no:cacheprovider", *names]
    # The copy comes before an installed package, and its modules are read anew.
    environment = os.environ | {"PYTHONPATH": str(folder), "PYTHONDONTWRITEBYTECODE": "1"}
    try:
        ended = subprocess.run(
            command, cwd=folder, env=environment, capture_output=True, timeout=LIMIT
        )
    except subprocess.TimeoutExpired:
        return False
    finally:
        changed.write_text(original, encoding="utf-8")
    if ended.returncode not in (0, 1, 2):  # 2: the module cannot be imported
        raise SystemExit(ended.stdout.decode() + ended.stderr.decode())
    return ended.returncode == 0


def copy_of_the_project(folder: Path) -> None:
    """Copy what the tests need, so that the files of the project are never touched."""
    import shutil

    for name in ("lstm_guide", "tests"):
        shutil.copytree(ROOT / name, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "pyproject.toml", folder)


def main(count: int, seed: int) -> int:
    """Try so many mutants; return how many survive without a reason."""
    import tempfile

    accepted = {
        (each["file"], each["before"], each["after"])
        for each in tomllib.loads(ACCEPTED.read_text(encoding="utf-8"))["survivor"]
    }
    trees = {path: ast.parse(path.read_text(encoding="utf-8")) for path in modules()}
    every = [(path, *place) for path, tree in trees.items() for place in places(tree)]
    chosen = random.Random(seed).sample(every, min(count, len(every)))
    left = 0
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        copy_of_the_project(folder)
        for path, number, kind in chosen:
            tree = copy.deepcopy(trees[path])
            line, before, after = change(tree, number, kind)
            file = str(path.relative_to(ROOT))
            alive = survives(path, ast.unparse(tree), modules()[path], folder)
            known = (file, before, after) in accepted
            left += alive and not known
            word = "killed" if not alive else "accepted" if known else "SURVIVED"
            print(f"{word:8}  {file}:{line}  {before}  ->  {after}", flush=True)
    print(f"{len(chosen)} of {len(every)} mutants tried, {left} survived without a reason")
    return left


if __name__ == "__main__":
    wanted = [int(each) for each in sys.argv[1:]] or [200]
    sys.exit(main(wanted[0], wanted[1] if len(wanted) > 1 else 0) > 0)
