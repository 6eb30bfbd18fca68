"""What the outputs of a script depend on: its text, modules of the package, pinned versions."""

import ast
import hashlib
import platform
from pathlib import Path
from types import ModuleType

import torch

import lstm_guide

REPOSITORY = Path(__file__).parents[2]
PACKAGE = Path(lstm_guide.__file__).parent
DATA = {".csv", ".json", ".npz", ".toml"}

Parts = dict[str, str]


def parts_of(script: Path) -> Parts:
    """Return everything that a script depends on, each with its version or the hash of its text."""
    files = {
        "constraints.txt": REPOSITORY / "constraints.txt",
        "isolation.py": Path(__file__).with_name("isolation.py"),
        **{f"lstm_guide/{path.name}": path for path in PACKAGE.rglob("*") if path.suffix in DATA},
        **{f"lstm_guide/{name}.py": PACKAGE / f"{name}.py" for name in modules_of(script)},
    }
    return {
        "the script": digest(script),
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
        new = set().union(*(direct_imports(PACKAGE / f"{name}.py") for name in new)) - seen
    return seen


def direct_imports(path: Path) -> set[str]:
    """Return the modules of the package that the import statements of a file reach."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            for alias in node.names:
                package, _, module = alias.name.partition(".")
                if package == "lstm_guide":
                    found |= {module} if module else all_modules()
        elif isinstance(node, ast.ImportFrom):
            package, _, module = (node.module or "").partition(".")
            inside = node.level > 0 or package == "lstm_guide"
            module = node.module if node.level > 0 and node.module else module
            if inside and module:
                found.add(module)
            elif inside:
                found |= set().union(*(defining_modules(alias.name) for alias in node.names))
    return found


def defining_modules(name: str) -> set[str]:
    """Return the module that defines a public name of the package; in doubt, all modules."""
    if name in all_modules():
        return {name}
    value = getattr(lstm_guide, name, None)
    where = value.__name__ if isinstance(value, ModuleType) else getattr(value, "__module__", "")
    package, _, module = str(where).partition(".")
    return {module} if package == "lstm_guide" and module in all_modules() else all_modules()


def all_modules() -> set[str]:
    """Return the names of all modules of the package."""
    return {path.stem for path in PACKAGE.glob("*.py")} - {"__init__"}


def digest(path: Path) -> str:
    """Return a short hash of a file; an absent file has one too."""
    return hashlib.sha256(path.read_bytes()).hexdigest()[:16] if path.exists() else "absent"
