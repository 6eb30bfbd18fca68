"""Records: measurements that a build cannot repeat, with the machine and the day they come from."""

from __future__ import annotations

import json
from importlib.resources import files
from typing import Any, cast

from lstm_guide import errors

__all__ = ["read"]


def read(name: str) -> dict[str, Any]:
    """Read a record that ships with the package.

    Args:
        name: the name of the record: ``packing`` for times of padded and packed batches, ``speed``
            for times of other ways to call, ``matrix`` for what works with what.

    Returns:
        ``machine``, ``date``, ``versions``, and what was measured.

    Raises:
        ValueError: there is no record of this name.

    Example:
        >>> sorted(read("packing"))
        ['date', 'machine', 'ratios', 'setting', 'versions']
    """
    folder = files("lstm_guide").joinpath("recorded")
    names = sorted(file.name.removesuffix(".json") for file in folder.iterdir())
    errors.check_option("name", name, tuple(names))
    text = folder.joinpath(f"{name}.json").read_text(encoding="utf-8")
    return cast("dict[str, Any]", json.loads(text))
