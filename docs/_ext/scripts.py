"""Read the scripts of the gallery as data: label, title, headings, prose, code and calls."""

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path

EXERCISES = "95_exercises"
HEAD = re.compile(r'r?"""\n\.\. _(?P<label>[\w-]+):\n\n(?P<title>.+)\n=+\n(?P<rest>.*?)"""', re.S)


@dataclass(frozen=True)
class Script:
    """One page of the gallery as it is written."""

    path: Path

    @cached_property
    def source(self) -> str:
        """The whole text."""
        return self.path.read_text(encoding="utf-8")

    @cached_property
    def head(self) -> re.Match[str]:
        """The docstring, taken apart."""
        found = HEAD.match(self.source)
        if found is None:
            raise ValueError(f"{self.path} does not open with a label and a title")
        return found

    @property
    def label(self) -> str:
        """What links name."""
        return self.head["label"]

    @property
    def title(self) -> str:
        """What readers see."""
        return self.head["title"]

    @cached_property
    def prose(self) -> str:
        """The docstring without label and title, and the text between the blocks of code."""
        comments = re.findall(r"^#(?: (?!sphinx_gallery)(.*))?$", self.source, re.MULTILINE)
        return "\n".join([self.head["rest"], *(line.removeprefix("%%") for line in comments)])

    @cached_property
    def headings(self) -> list[str]:
        """The headings below the title."""
        return re.findall(r"^# (.+)\n# -{3,}$", self.source, re.MULTILINE)

    @cached_property
    def code(self) -> str:
        """The code alone."""
        return ast.unparse(ast.Module(ast.parse(self.source).body[1:], type_ignores=[]))

    @cached_property
    def calls(self) -> set[tuple[str, str | int]]:
        """Each function that is called, with the names and the places of what it is given."""
        return set(self._calls())

    def _calls(self) -> Iterator[tuple[str, str | int]]:
        for node in ast.walk(ast.parse(self.source)):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name | ast.Attribute):
                name = node.func.id if isinstance(node.func, ast.Name) else node.func.attr
                yield from ((name, place) for place in range(len(node.args)))
                yield from ((name, keyword.arg) for keyword in node.keywords if keyword.arg)


@cache
def lessons(examples: Path) -> tuple[Script, ...]:
    """Return all pages but the exercises, in the order of learning."""
    paths = sorted(examples.glob("*/*.py"))
    return tuple(Script(path) for path in paths if path.parent.name != EXERCISES)
