"""What the outputs of a script depend on: its text, modules of the package, pinned versions."""

import ast
import hashlib
import os
import platform
from pathlib import Path
from types import ModuleType

import torch

import lstm_guide

REPOSITORY = Path(__file__).parents[2]
PACKAGE = Path(lstm_guide.__file__).parent
DATA = {".csv", ".gz", ".json", ".npz", ".toml"}

Parts = dict[str, str]


def parts_of(script: Path) -> Parts:
    """Return everything that a script depends on, each with its version or the hash of its text."""
    files = {
        "constraints.txt": REPOSITORY / "constraints.txt",
        "isolation.py": Path(__file__).with_name("isolation.py"),
        "tensors.py": Path(__file__).with_name("tensors.py"),
        **{f"lstm_guide/{path.name}": path for path in PACKAGE.rglob("*") if path.suffix in DATA},
        **{
            path.relative_to(PACKAGE.parent).as_posix(): path
            for name in modules_of(script)
            for path in files_of(name)
        },
    }
    return {
        "the script": digest(script),
        "GUIDE_URL": os.environ.get("GUIDE_URL", ""),  # stands in the first cell of the notebook
        "torch": torch.__version__,
        "Python": platform.python_version(),
        **{name: digest(path) for name, path in sorted(files.items())},
    }


def reasons(old: Parts, new: Parts) -> list[str]:
    """Say in words what has changed between two runs; an empty list means nothing."""
    changed = [name for name in new if name in old and new[name] != old[name]]
    return (
        [f"{name} changed" for name in changed]
        + [f"{name} is new" for name in new if name not in old]
        + [f"{name} is gone" for name in old if name not in new]
    )


def modules_of(script: Path) -> set[str]:
    """Return the modules of the package that a script needs, directly or through others."""
    seen: set[str] = set()
    new = direct_imports(script)
    while new:
        seen |= new
        files = [path for name in new for path in files_of(name)]
        new = set().union(*(direct_imports(path) for path in files)) - seen
    return seen


def direct_imports(path: Path) -> set[str]:
    """Return the modules of the package that the import statements of a file reach."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            for alias in node.names:
                package, *parts = alias.name.split(".")
                if package == "lstm_guide":
                    found |= {parts[0]} if parts else all_modules()
        elif isinstance(node, ast.ImportFrom):
            package, *parts = (node.module or "").split(".")
            if package == "lstm_guide" and parts:
                found.add(parts[0])
            elif package == "lstm_guide":
                found |= set().union(*(defining_modules(alias.name) for alias in node.names))
    return found


def defining_modules(name: str) -> set[str]:
    """Return the module that defines a public name of the package; in doubt, all modules."""
    if name in all_modules():
        return {name}
    value = getattr(lstm_guide, name, None)
    where = value.__name__ if isinstance(value, ModuleType) else getattr(value, "__module__", "")
    package, *parts = str(where).split(".")
    known = package == "lstm_guide" and parts and parts[0] in all_modules()
    return {parts[0]} if known else all_modules()


def all_modules() -> set[str]:
    """Return the names of all modules of the package; a folder of files counts as one."""
    folders = {path.parent.name for path in PACKAGE.glob("*/__init__.py")}
    return folders | {path.stem for path in PACKAGE.glob("*.py")} - {"__init__"}


def files_of(name: str) -> list[Path]:
    """Return the file of a module, or the files of its folder."""
    return sorted(PACKAGE.glob(f"{name}.py")) + sorted(PACKAGE.glob(f"{name}/*.py"))


def digest(path: Path) -> str:
    """Return a short hash of a file; an absent file has one too."""
    return hashlib.sha256(path.read_bytes()).hexdigest()[:16] if path.exists() else "absent"
