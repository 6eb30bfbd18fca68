"""Checks of the ids, vectors and scores of a decoder."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from lstm_guide.errors.inputs import check_dense, check_device, check_kind, check_tensor, weight_of
from lstm_guide.errors.words import ExpectedShape, ShapeError, brief, kind, say


def check_start(start: object, *, like: Tensor) -> int | None:
    """Require the first id of each row, and return N; None for one unbatched sequence."""
    change = "Give each sequence its first id: torch.full((N,), id)."
    ids = _check_ids("start", start, like=like, change=change)
    if ids.dim() > 1 or ids.numel() == 0:
        expected = "(N,) with N at least 1, or unbatched ()"
        raise ShapeError(say("start", expected=expected, got=tuple(ids.shape), change=change))
    return ids.size(0) if ids.dim() else None


def check_teacher(teacher: object, want: ExpectedShape, *, like: Tensor) -> None:
    """Require a right id for each step, in the layout of the layer."""
    change = "Give the right id of every step and sequence; steps is their length."
    got = tuple(_check_ids("teacher", teacher, like=like, change=change).shape)
    if got == want.sizes:
        return
    if got == want.sizes[::-1]:
        change = "It is in the other layout: teacher.transpose(0, 1)."
    raise ShapeError(say("teacher", expected=want, got=got, change=change))


def _check_ids(name: str, ids: object, *, like: Tensor, change: str) -> Tensor:
    """Require int64 on the device of like."""
    ids = check_tensor(name, ids, change=change)
    check_dense(name, ids)
    if ids.dtype != torch.int64:
        raise TypeError(say(name, expected="ids of torch.int64", got=ids.dtype, change=change))
    check_device(name, ids, like)
    return ids


def check_functions(**functions: object) -> None:
    """Require functions, or modules, which are called like functions."""
    for name, value in functions.items():
        if not callable(value):
            expected, got = "a module or a function", kind(value)
            change = "Pass the module itself, without a call."
            raise TypeError(say(name, expected=expected, got=got, change=change))


def check_embedded(value: object, lstm: nn.LSTM, *, N: int | None) -> Tensor:
    """Require what embed returned to be the input of one step."""
    change = "embed turns the ids of one step into its input, as nn.Embedding does."
    vectors = check_tensor("embed", value, change=change)
    letters, leading = ("(H_in,)", ()) if N is None else ("(N, H_in)", (N,))
    want, got = (*leading, lstm.input_size), tuple(vectors.shape)
    if got != want:
        raise ShapeError(say("embed", expected=f"{letters} = {want}", got=got, change=change))
    check_kind("embed", vectors, weight_of(lstm))
    return vectors


def check_scores(value: object, *, N: int | None, stop: int | None) -> Tensor:
    """Require what readout returned to be a score for each id, with stop among the ids."""
    change = "readout turns the h of one step into a score for each id, as nn.Linear does."
    scores = check_tensor("readout", value, change=change)
    expected, rank = ("(V,)", 1) if N is None else (f"(N, V) with N = {N}", 2)
    got = tuple(scores.shape)
    if len(got) != rank or got[-1] == 0 or got[:-1] != (() if N is None else (N,)):
        raise ShapeError(say("readout", expected=expected, got=got, change=change))
    if not scores.is_floating_point():
        expected = "a floating-point dtype"
        raise TypeError(say("readout", expected=expected, got=scores.dtype, change=change))
    if stop is not None:
        _check_stop(stop, V=got[-1])
    return scores


def _check_stop(stop: object, *, V: int) -> None:
    """Require an id that readout gives a score to."""
    expected = f"an int from 0 to {V - 1}, or None"
    change = "No other id is ever written: give the id that ends a sequence."
    if not isinstance(stop, int) or isinstance(stop, bool):
        raise TypeError(say("stop", expected=expected, got=brief(stop), change=change))
    if not 0 <= stop < V:
        raise ValueError(say("stop", expected=expected, got=stop, change=change))
