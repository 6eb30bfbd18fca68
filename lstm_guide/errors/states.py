"""Checks of the state and of its rows."""

from __future__ import annotations

import torch
from torch import Tensor

from lstm_guide.errors.inputs import check_dense, check_kind, check_tensor
from lstm_guide.errors.words import ExpectedDim, ExpectedShape, ShapeError, kind, say


def check_pair(state: object) -> tuple[Tensor, Tensor]:
    """Require a tuple or list of two tensors and return it as a tuple.

    torch takes a stacked tensor and a tuple of three in some layouts. Both are refused here, so
    that a state means the same in every call.
    """
    expected = "the pair (h_0, c_0)"
    if isinstance(state, Tensor):
        change = "h_0 alone is not enough: pass both in a tuple, or no state for zeros."
        if state.dim() == 4:
            change = "tuple(state) makes a pair of a stacked tensor."
        raise TypeError(say("state", expected=expected, got=kind(state), change=change))
    if not isinstance(state, tuple | list):
        change = "Pass both tensors in a tuple, or no state for zeros."
        raise TypeError(say("state", expected=expected, got=kind(state), change=change))
    if len(state) != 2:
        change = "Two tensors hold the rows of all layers and directions."
        raise ShapeError(say("state", expected=expected, got=kind(state), change=change))
    if isinstance(state[0], Tensor) and isinstance(state[1], tuple):
        change = "This is all that nn.LSTM returned: output, state = lstm(x); pass state."
        raise TypeError(say("state", expected=expected, got="(output, state)", change=change))
    change = "Make both with zero_state(lstm, x), or pass no state for zeros."
    h, c = (
        check_tensor(name, part, change=change)
        for name, part in zip(("h_0", "c_0"), state, strict=True)
    )
    check_dense("h_0", h)
    check_dense("c_0", c)
    return h, c


def check_state_sizes(
    state: tuple[Tensor, Tensor],
    expected: tuple[ExpectedShape, ExpectedShape],
    *,
    length: int | None = None,
) -> None:
    """Require the expected shapes; the length of x serves to recognise a wrong layout."""
    got_h, got_c = (tuple(tensor.shape) for tensor in state)
    want_h, want_c = expected
    if got_h != got_c and (got_h, got_c) == (want_c.sizes, want_h.sizes):
        change = "They stand in the other order: h first, then c."
        pair = f"{got_h} and {got_c}"
        raise ShapeError(say("state", expected=f"{want_h} and {want_c}", got=pair, change=change))
    for name, got, want in (("h_0", got_h, want_h), ("c_0", got_c, want_c)):
        check_shape(name, got, want, length=length)


def check_shape(
    name: str, got: tuple[int, ...], want: ExpectedShape, *, length: int | None = None
) -> None:
    """Require the expected shape of one tensor of a state."""
    if got == want.sizes:
        return
    if len(got) != len(want.sizes):
        change = _other_state_rank(name, got, want)
    elif len(got) == 3 and (got[1], got[0], got[2]) == want.sizes:
        change = (
            f"This is batch first, and batch_first=True moves only x and output, "
            f"not the state: {name}.transpose(0, 1)."
        )
    else:
        pairs = zip(got, want.dims, strict=True)
        change = " ".join(_other_size(size, dim, length) for size, dim in pairs if size != dim.size)
    raise ShapeError(say(name, expected=want, got=got, change=change))


def _other_state_rank(name: str, got: tuple[int, ...], want: ExpectedShape) -> str:
    if len(want.sizes) == 2:
        return f"x is one unbatched sequence: {name}[:, 0], or give x its batch axis."
    if (1, *got) == want.sizes:
        return f"The layer axis is there for one layer, too: {name}.unsqueeze(0)."
    return f"x has a batch, so the state has three axes, {want.letters}."


def _other_size(size: int, dim: ExpectedDim, length: int | None) -> str:
    """What to change on one axis of a state."""
    if dim.letters == "N" and size == length:
        return f"{size} is the length of x: if x is in the other layout, x.transpose(0, 1) helps."
    if dim.letters == "K * D" and size == 2 * dim.size:
        return (
            f"Axis 0 has a row for each layer and direction, {dim.size} in all. If it comes from "
            "an encoder with two directions, bridge(encoder, state) joins them."
        )
    return {
        "K * D": f"Axis 0 has a row for each layer and direction, {dim.size} in all; axis 1 is the "
        "batch, also with batch_first=True.",
        "N": f"The batch is {dim.size}: a state of another batch does not fit; make one with "
        "zero_state(lstm, x), or leave out a smaller last batch with drop_last=True.",
        "H_out": f"h has proj_size features, or hidden_size without projection: {dim.size}.",
        "H_cell": f"c has hidden_size features, with or without projection: {dim.size}.",
    }[dim.letters]


def check_state_kind(state: tuple[Tensor, Tensor], *, like: Tensor | None) -> None:
    """Require dtype and device of x in both tensors.

    With proj_size torch takes a c_0 of a shorter dtype. Here it is refused: without proj_size
    the same state is an error.
    """
    for name, tensor in zip(("h_0", "c_0"), state, strict=True):
        check_kind(name, tensor, like)


def check_batched(h: Tensor, c: Tensor) -> None:
    """Require a batch axis in both tensors, of one size."""
    got = f"{tuple(h.shape)} and {tuple(c.shape)}"
    if h.dim() != 3 or c.dim() != 3 or h.shape[:2] != c.shape[:2]:
        expected = "(K * D, N, H_out) and (K * D, N, H_cell)"
        change = "Pass the state of a batch; for one unbatched sequence start from no state."
        raise ShapeError(say("state", expected=expected, got=got, change=change))


def check_rows(rows: object, *, N: int) -> None:
    """Require a mask (N,) or indices into the batch."""
    expected = f"a bool mask (N,) = ({N},) or int64 numbers from {-N} to {N - 1}"
    if not isinstance(rows, Tensor) or rows.dtype not in (torch.bool, torch.int64):
        got = rows.dtype if isinstance(rows, Tensor) else kind(rows)
        change = "Convert it: torch.tensor(rows), or rows.bool() for a mask of 0 and 1."
        raise TypeError(say("rows", expected=expected, got=got, change=change))
    check_dense("rows", rows)
    if rows.dim() != 1 or (rows.dtype == torch.bool and len(rows) != N):
        change = "Give a mask with an entry for each sequence, or a 1-D tensor of their numbers."
        raise ShapeError(say("rows", expected=expected, got=tuple(rows.shape), change=change))
    if rows.is_meta:
        change = "Rows are chosen by their numbers: make them on a real device."
        raise ValueError(say("rows", expected=expected, got="device meta", change=change))
    if rows.dtype == torch.int64 and bool(((rows < -N) | (rows >= N)).any()):
        change = "The first sequence of the batch has number 0."
        raise ValueError(say("rows", expected=expected, got=rows.tolist(), change=change))
