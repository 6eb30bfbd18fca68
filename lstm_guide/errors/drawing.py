"""Checks of what a drawing is given.

``plotting`` imports this module itself, and hands in what only matplotlib or a trace can say.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from typing import cast

import torch
from torch import Tensor

from lstm_guide.errors.inputs import check_dense
from lstm_guide.errors.words import ShapeError, kind, say

_DICT = {
    "series": 'Give a dict such as {"bulk": output[:, 0, 0]}.',
    "groups": 'Give a dict such as {"short": {"packed": 1.2}, "long": {"packed": 2.1}}.',
    "table": 'Give a dict such as {"export": {"plain": "pass", "packed": "fail"}}.',
    "parts": 'Give a dict such as {"encoder": [("a", ""), ("b", "vector")]}.',
    "events": 'Give a dict such as {3: "marker"}.',
}


def check_canvas(title: object, ax: object, axes: type) -> None:
    """Require a text or nothing for the title, and axes of matplotlib or nothing to draw on."""
    if title is not None:
        check_text("title", title)
    if ax is not None and not isinstance(ax, axes):
        change = "Make them with plt.subplots(), which returns the figure and the axes."
        raise TypeError(say("ax", expected="matplotlib Axes or None", got=kind(ax), change=change))


def check_text(name: str, value: object) -> None:
    """Require a text."""
    if not isinstance(value, str):
        change = "Put it in quotes."
        raise TypeError(say(name, expected="a text", got=kind(value), change=change))


def check_grid(
    name: str, values: object, axes: Collection[str], *, rows: object, columns: object
) -> Tensor:
    """Require a tensor with two axes and a name of the guide for each; return the tensor."""
    found = check_drawn(name, values, "(n, m)", 2)
    for option, axis in (("rows", rows), ("columns", columns)):
        if not isinstance(axis, str) or axis not in axes:
            expected = f"one of {', '.join(axes)}"
            change = "Name the axis in the words of the guide."
            raise ValueError(say(option, expected=expected, got=repr(axis), change=change))
    return found


def check_drawn(name: str, values: object, letters: str, rank: int) -> Tensor:
    """Require a tensor of real numbers that has values to draw, and return it."""
    if not isinstance(values, Tensor):
        expected, change = f"a tensor {letters}", "Make it with torch.tensor(...)."
        raise TypeError(say(name, expected=expected, got=kind(values), change=change))
    check_dense(name, values)
    if values.is_complex():
        change = "Draw a real number of each entry: .abs() or .real."
        raise TypeError(say(name, expected="real numbers", got=values.dtype, change=change))
    if values.dim() != rank or values.numel() == 0:
        expected, got = f"{letters} with every size at least 1", tuple(values.shape)
        change = "Choose what to draw by index, for example x[:, :, 0]."
        raise ShapeError(say(name, expected=expected, got=got, change=change))
    if values.is_meta:
        change = "A tensor on that device has a shape only: draw a real one."
        raise ValueError(say(name, expected="entries", got="device meta", change=change))
    return values


def check_amounts(name: str, values: Tensor) -> None:
    """Require finite entries of at least 0."""
    if not (values.isfinite() & (values >= 0)).all():
        got = f"{values.min().item():g} to {values.max().item():g}"
        change = "Give sizes of changes, for example (after - before).abs()."
        expected = "finite entries of at least 0"
        raise ValueError(say(name, expected=expected, got=got, change=change))


def check_sources(colour_by: object, values: Tensor) -> None:
    """Require a whole number for each cell."""
    whole = isinstance(colour_by, Tensor) and not (
        colour_by.is_floating_point() or colour_by.is_complex() or colour_by.dtype == torch.bool
    )
    if not whole:
        got = colour_by.dtype if isinstance(colour_by, Tensor) else kind(colour_by)
        change = "Give the number of the sample or step that each cell comes from."
        expected = "a tensor of integers"
        raise TypeError(say("colour_by", expected=expected, got=got, change=change))
    sizes = tuple(check_drawn("colour_by", colour_by, "(n, m)", 2).shape)
    if sizes != values.shape:
        expected = f"the shape of values, {tuple(values.shape)}"
        change = "Give one number for each cell."
        raise ShapeError(say("colour_by", expected=expected, got=sizes, change=change))


def check_place(name: str, place: object, size: int) -> None:
    """Require the number of one of so many places."""
    if not isinstance(place, int) or isinstance(place, bool) or not 0 <= place < size:
        expected = f"a whole number from 0 to {size - 1}"
        change = "Counting starts at 0."
        raise ValueError(say(name, expected=expected, got=repr(place), change=change))


def check_events(events: object, length: int) -> Mapping[int, str]:
    """Require a text for each step that is named, or nothing; return what there is."""
    if events is None:
        return {}
    found = _check_mapping("events", events)
    for step, label in found.items():
        check_place("events", step, length)
        check_text("events", label)
    return cast("Mapping[int, str]", found)


def check_trace(trace: object, kind_of_trace: type) -> None:
    """Require what ``trace_steps`` returns."""
    if not isinstance(trace, kind_of_trace):
        change = "Make it with trace_steps(lstm, x)."
        raise TypeError(say("trace", expected="a Trace", got=kind(trace), change=change))


def check_floor(floor: object) -> None:
    """Require a share of the largest value."""
    expected = "a number between 0 and 1"
    change = "What is smaller stays blank: 1e-6 shows six powers of ten."
    if not isinstance(floor, int | float) or isinstance(floor, bool):
        raise TypeError(say("floor", expected=expected, got=kind(floor), change=change))
    if not 0 < floor < 1:
        raise ValueError(say("floor", expected=expected, got=floor, change=change))


def check_series(series: object) -> int:
    """Require values of one length under each label, and return the length."""
    found = _check_mapping("series", series)
    if not found:
        expected = "at least one label with values"
        raise ValueError(say("series", expected=expected, got="none", change=_DICT["series"]))
    lengths = {
        label: check_drawn(f"series[{label!r}]", values, "(L,)", 1).numel()
        for label, values in found.items()
    }
    if len(set(lengths.values())) > 1:
        expected, change = "one length L for all", "Cut them to the same steps."
        raise ShapeError(say("series", expected=expected, got=lengths, change=change))
    return next(iter(lengths.values()))


def check_groups(groups: object) -> list[str]:
    """Require a number of at least 0 for each label; return the labels, which all groups share."""
    labels = _check_table("groups", groups, "the same labels in every group, at least one")
    for group in cast("Mapping[str, Mapping[str, object]]", groups).values():
        for value in group.values():
            number = isinstance(value, int | float) and not isinstance(value, bool)
            if not number or not 0 <= cast(float, value) < float("inf"):
                change = "A bar has a length: give one Python number for each label."
                expected = "finite numbers of at least 0"
                got = f"{value!r} among them"
                error = ValueError if number else TypeError
                raise error(say("groups", expected=expected, got=got, change=change))
    return labels


def check_outcomes(table: object, known: tuple[str, ...]) -> list[str]:
    """Require known outcomes; return the cases, which all tools share."""
    cases = _check_table("table", table, "the same cases for every tool, at least one")
    rows = cast("Mapping[str, Mapping[str, object]]", table).values()
    odd = {repr(word) for row in rows for word in row.values() if word not in known}
    if odd:
        expected, got = f"outcomes among {', '.join(known)}", f"[{', '.join(sorted(odd))}]"
        change = "Use one of these words in every cell."
        raise ValueError(say("table", expected=expected, got=got, change=change))
    return cases


def check_parts(parts: object) -> None:
    """Require steps under each name, each a pair of texts."""
    found = _check_mapping("parts", parts)
    for pairs in found.values():
        if not isinstance(pairs, list | tuple):
            expected = "a list of pairs of texts for each name"
            raise TypeError(say("parts", expected=expected, got=kind(pairs), change=_DICT["parts"]))
    steps = cast("Mapping[object, list[object]]", found)
    if not steps or not all(steps.values()):
        got = {name: len(pairs) for name, pairs in steps.items()} or "none"
        expected = "at least one name with steps"
        raise ValueError(say("parts", expected=expected, got=got, change=_DICT["parts"]))
    for pair in (pair for pairs in steps.values() for pair in pairs):
        if not isinstance(pair, tuple) or [type(text) for text in pair] != [str, str]:
            change = "Give what the step reads and what its output is used for, or empty texts."
            raise TypeError(say("parts", expected="pairs of texts", got=repr(pair), change=change))


def _check_table(name: str, value: object, expected: str) -> list[str]:
    """Require a dict of dicts with the same keys, and return the keys."""
    rows: Iterable[object] = _check_mapping(name, value).values()
    found = [list(_check_mapping(name, row)) for row in rows]
    if not found or not found[0] or any(labels != found[0] for labels in found):
        raise ValueError(say(name, expected=expected, got=found, change=_DICT[name]))
    return cast("list[str]", found[0])


def _check_mapping(name: str, value: object) -> Mapping[object, object]:
    if not isinstance(value, Mapping):
        raise TypeError(say(name, expected="a dict", got=kind(value), change=_DICT[name]))
    if name != "events" and not all(isinstance(key, str) for key in value):
        raise TypeError(say(name, expected="texts as labels", got=[*value], change=_DICT[name]))
    return value
