"""Checks of the input: type, rank, width, dtype and device."""

from __future__ import annotations

from typing import cast

import torch
from torch import Tensor, nn
from torch.nn.utils.rnn import PackedSequence

from lstm_guide.errors.words import ShapeError, kind, say


def check_input(x: object, weight: Tensor | None) -> Tensor | None:
    """Require a tensor, a PackedSequence or a tuple of sizes; return the tensor with the entries.

    Where the weight is given, dtype and device must be the same.
    """
    if isinstance(x, tuple) and x and all(type(size) is int for size in x):
        return None
    data = x.data if isinstance(x, PackedSequence) else x
    if not isinstance(data, Tensor):
        expected = "a tensor, a PackedSequence or a tuple of sizes"
        raise TypeError(say("x", expected=expected, got=kind(x), change=_to_tensor(x)))
    check_dense("x", data)
    check_kind("x", data, weight)
    if isinstance(x, PackedSequence):
        check_packed("x", x, change="Pack the sequences with pack(lstm, x, lengths).")
    return data


def check_dense(name: str, data: Tensor) -> None:
    if data.is_nested or data.layout is not torch.strided:
        got = "a nested tensor" if data.is_nested else f"layout {data.layout}"
        change = f"Use {name}.to_dense(), or pad_sequence for sequences of different length."
        raise TypeError(say(name, expected="a dense tensor", got=got, change=change))


def _to_tensor(x: object) -> str:
    if isinstance(x, tuple) and any(isinstance(item, Tensor) for item in x):
        return "nn.LSTM returns (output, (h_n, c_n)): unpack it and pass output alone."
    if isinstance(x, list):
        return "Make one tensor: torch.stack(x) of tensors, torch.tensor(x) of numbers."
    if kind(x) == "numpy.ndarray":
        return "Convert it: torch.from_numpy(x).float()."
    return "Convert it to a tensor first."


def check_packed(name: str, value: object, *, change: str) -> PackedSequence:
    """Require a PackedSequence whose parts fit each other: torch finds out late, or never."""
    if not isinstance(value, PackedSequence):
        raise TypeError(say(name, expected="a PackedSequence", got=kind(value), change=change))
    counts = value.batch_sizes.tolist()
    if counts != sorted(counts, reverse=True):
        change = "Make it with pack_padded_sequence, not by hand."
        expected = "batch_sizes that never rise"
        raise ShapeError(say(name, expected=expected, got=counts, change=change))
    if sum(counts) != len(value.data):
        change = "A length was greater than the padded tensor: correct the lengths before packing."
        expected, got = f"a row for each step, sum(lengths) = {sum(counts)}", len(value.data)
        raise ShapeError(say(name, expected=expected, got=f"{got} rows", change=change))
    for indices in (value.sorted_indices, value.unsorted_indices):
        if indices is not None and sorted(indices.tolist()) != [*range(counts[0])]:
            change = "Make it with pack_padded_sequence, or from one with _replace(data=...)."
            expected = f"indices that name each of N = {counts[0]} sequences once"
            raise ShapeError(say(name, expected=expected, got=indices.tolist(), change=change))
    return value


def check_input_sizes(
    sizes: tuple[int, ...], letters: dict[int, tuple[str, ...]], input_size: int
) -> None:
    """Require one of the ranks in letters, the right width, and no empty axis.

    torch runs an empty batch. Here it is refused: it comes from a filter or a slice that left
    nothing, and its mean loss is nan.
    """
    forms = " or unbatched ".join(f"({', '.join(names)})" for names in letters.values())
    expected = f"{forms} with H_in = {input_size}"
    if len(sizes) not in letters:
        change = _other_rank(sizes, max(letters))
    elif min(sizes) < 1:
        name = letters[len(sizes)][[size < 1 for size in sizes].index(True)]
        change = f"{name} must be at least 1: look for an empty slice or filter before the call."
    elif sizes[-1] != input_size:
        change = _other_width(sizes, input_size)
    else:
        return
    raise ShapeError(say("x", expected=expected, got=sizes, change=change))


def _other_rank(sizes: tuple[int, ...], rank: int) -> str:
    if len(sizes) > rank:
        return f"Join the trailing axes into one feature axis: x.flatten({rank - 1})."
    if rank == 2:
        return "The packed tensor had no feature axis: add one, or embed ids, before packing."
    return "Add the axis that is missing: x.unsqueeze(-1) gives each step one feature."


def _other_width(sizes: tuple[int, ...], input_size: int) -> str:
    if input_size in sizes:
        axis = len(sizes) - 1 - sizes[::-1].index(input_size)
        return (
            f"Axis {axis} has size {input_size}: if it holds the features, "
            f"x.movedim({axis}, -1) puts them last."
        )
    if len(sizes) == 2 and input_size == 1:
        return "If its axes are batch and time, x.unsqueeze(-1) gives each step one feature."
    return f"Build the layer with input_size={sizes[-1]}, or give each step {input_size} features."


def check_kind(name: str, tensor: Tensor, like: Tensor | None) -> None:
    """Require a dense tensor in dtype and device of like; without like, one with fractions."""
    check_dense(name, tensor)
    has_fractions = tensor.is_floating_point() or tensor.is_complex()
    if not has_fractions or (like is not None and not _same_dtype(tensor, like)):
        expected = "a floating-point dtype" if like is None else f"dtype {like.dtype}"
        change = f"Convert it: {name}.to({torch.float32 if like is None else like.dtype})."
        if name == "x":
            change += (
                f" Or convert the layer: lstm.to({tensor.dtype})."
                if has_fractions
                else " Ids of words or classes go through nn.Embedding or one_hot first."
            )
        raise TypeError(say(name, expected=expected, got=tensor.dtype, change=change))
    if like is not None:
        check_device(name, tensor, like)


def check_device(name: str, tensor: Tensor, like: Tensor) -> None:
    """Require the device of like."""
    if tensor.device != like.device:
        change = f"Move it, {name}.to({str(like.device)!r}), or make it there."
        expected = f"device {like.device}"
        raise ValueError(say(name, expected=expected, got=tensor.device, change=change))


def _same_dtype(tensor: Tensor, like: Tensor) -> bool:
    """Whether the dtypes are equal, or autocast makes them so.

    Autocast leaves float64 and complex numbers alone.
    """
    dtypes, device = (tensor.dtype, like.dtype), like.device.type
    if tensor.dtype == like.dtype or not torch.amp.is_autocast_available(device):
        return tensor.dtype == like.dtype
    castable = all(dtype.is_floating_point and dtype != torch.float64 for dtype in dtypes)
    return castable and torch.is_autocast_enabled(device)


def weight_of(lstm: nn.LSTM) -> Tensor:
    """The weight whose dtype and device a call must share."""
    return cast(Tensor, lstm.weight_ih_l0)


def check_tensor(name: str, value: object, *, change: str) -> Tensor:
    """Require one tensor and return it; change says how to get it."""
    if isinstance(value, Tensor):
        return value
    raise TypeError(say(name, expected="a tensor", got=kind(value), change=change))
