"""The entries: read from the data files, and found by a message."""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

from lstm_guide import errors

LIKELIHOODS = ("often", "sometimes", "rarely")
FAMILIES = (
    "constructing",
    "calling",
    "state",
    "cell",
    "packing",
    "padding",
    "gradients",
    "export",
)


@dataclass(frozen=True)
class Message:
    r"""One text of torch, as a pattern, with recipes that make torch say it.

    Attributes:
        kind: the type of the exception or of the warning, by name.
        pattern: a regular expression that Python and JavaScript read alike.
        recipes: self-contained code, each of which raises or warns.
        generic: whether the text alone says too little.
        outside: whether a generic text comes from outside of torch's recurrent modules.
        process: whether torch may end the process, so that the recipes need one of their own.

    Example:
        >>> from lstm_guide import catalogue
        >>> message = catalogue.Message("ValueError", r"got \d+D instead", recipes=())
        >>> message.fits("LSTM: Expected input to be 2D or 3D, got 1D instead")
        True
    """

    kind: str
    pattern: str
    recipes: tuple[str, ...]
    generic: bool = False
    outside: bool = False
    process: bool = False

    def fits(self, text: str) -> bool:
        """Say whether the pattern is found in a text, line breaks read as spaces."""
        return re.search(self.pattern, " ".join(text.split())) is not None


@dataclass(frozen=True)
class Entry:
    """One cause: the messages that torch gives for it, and what to do.

    Attributes:
        id: the name of the entry, and its anchor on the page of messages.
        title: the mistake in a few words.
        family: where it happens.
        likelihood: how likely the cause is among those of one text.
        page: the label of the page of the guide that explains it.
        cause: why torch raises, in plain words.
        fix: what to change.
        call: the fixed call, self-contained code that runs.
        messages: what torch says.

    Example:
        >>> from lstm_guide import catalogue
        >>> (entry,) = catalogue.explain("lstm expects two hidden states")
        >>> print(entry.id, entry.family, entry.likelihood, entry.page, sep="; ")
        state-not-a-pair; The state: h_0 and c_0; sometimes; initial-state
    """

    id: str
    title: str
    family: str
    likelihood: str
    page: str
    cause: str
    fix: str
    call: str
    messages: tuple[Message, ...]


def start() -> str:
    """Return the lines that every recipe and every fixed call begins with.

    Returns:
        Imports, sizes, and the names that recipes use.

    Example:
        >>> print(start().splitlines()[0])
        import torch
    """
    return str(_read("common")["start"]).strip() + "\n"


def entries() -> tuple[Entry, ...]:
    """Return all entries, family by family.

    Returns:
        The entries in the order of the data files.

    Example:
        >>> from lstm_guide import catalogue
        >>> entry = catalogue.entries()[0]
        >>> print(entry.title)
        The layer is made without its sizes
        >>> print(entry.fix)
        Name both. `input_size` is the number of features of one step, ...
    """
    return _entries()


def explain(message: str) -> list[Entry]:
    """Find the entries that fit a message of torch.

    Args:
        message: the text of an exception or a warning, or a whole traceback.

    Returns:
        The entries whose pattern is found in the message, the likeliest first; none where the
        catalogue does not know it.

    Raises:
        TypeError: the message is no text.

    Example:
        >>> from lstm_guide import catalogue
        >>> text = "Expected hidden[0] size (1, 2, 9), got [1, 4, 9]"
        >>> for entry in catalogue.explain(text):
        ...     print(entry.title)
        The state is for another batch size
        The input has time and batch swapped
    """
    message = errors.check_message(message)
    found = [entry for entry in entries() if any(each.fits(message) for each in entry.messages)]
    return by_likelihood(found)


def by_likelihood(found: list[Entry]) -> list[Entry]:
    """Put the likelier entries first; equally likely ones keep their order."""
    return sorted(found, key=lambda entry: LIKELIHOODS.index(entry.likelihood))


@cache
def _entries() -> tuple[Entry, ...]:
    found = []
    for family in FAMILIES:
        data = _read(family)
        found += [_entry(each, data["family"]) for each in data["entry"]]
    return tuple(found)


@cache
def _read(name: str) -> dict[str, Any]:
    text = files("lstm_guide.catalogue").joinpath("data", f"{name}.toml").read_text("utf-8")
    return tomllib.loads(text)


def _entry(data: dict[str, Any], family: str) -> Entry:
    messages = tuple(
        Message(**each | {"recipes": tuple(map(_complete, each["recipes"]))})
        for each in data["message"]
    )
    words = {name: value for name, value in data.items() if name not in ("message", "call")}
    return Entry(family=family, call=_complete(data["call"]), messages=messages, **words)


def _complete(code: str) -> str:
    """Put the common lines before code of the data files."""
    return f"{start()}\n{code.strip()}\n"
