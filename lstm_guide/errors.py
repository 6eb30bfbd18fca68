"""The checks of (lstm, x, state, lengths, mask) and the words of their errors.

Every text is one line in four parts: the argument, what is expected in letters and numbers, what
was given, and what to change. What is expected comes in from ``shapes``, which owns the arithmetic.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping, Sequence
from typing import Protocol, cast

import torch
from torch import Tensor, nn
from torch.nn.utils.rnn import PackedSequence

__all__ = ["ShapeError"]


class ShapeError(ValueError):
    """An argument has the wrong rank, size, length or order of axes.

    Example:
        >>> from lstm_guide import Config, ShapeError, call_shapes
        >>> try:
        ...     call_shapes(Config(input_size=3, hidden_size=5), (7, 4, 6))
        ... except ShapeError as error:
        ...     print(error)
        x: expected (L, N, H_in) or unbatched (L, H_in) with H_in = 3, got (7, 4, 6). ...
    """


class ExpectedDim(Protocol):
    """One axis of an expected shape."""

    @property
    def letters(self) -> str: ...
    @property
    def size(self) -> int: ...


class ExpectedShape(Protocol):
    """An expected shape, with letters and numbers; ``str`` gives both."""

    @property
    def dims(self) -> Sequence[ExpectedDim]: ...
    @property
    def sizes(self) -> tuple[int, ...]: ...
    @property
    def letters(self) -> str: ...


# --- words -----------------------------------------------------------------------------------


def _say(argument: str, *, expected: object, got: object, change: str) -> str:
    return f"{argument}: expected {expected}, got {got}. {change}"


def _kind(value: object) -> str:
    """The type of a value, named as a reader writes it."""
    if isinstance(value, Tensor):
        return f"a tensor of shape {tuple(value.shape)}"
    if isinstance(value, PackedSequence):
        return "a PackedSequence"
    if isinstance(value, tuple | list):
        return f"a {type(value).__name__} of {len(value)}"
    if isinstance(value, type):
        return f"the class {value.__name__}"
    if value is None:
        return "None"
    module, name = type(value).__module__, type(value).__name__
    if module.startswith("torch.nn.modules"):
        return f"nn.{name}"
    # Own models and builtin types have no prefix that helps.
    ours = isinstance(value, nn.Module) or module in ("builtins", "__main__")
    return name if ours else f"{module.partition('.')[0]}.{name}"


# --- the module and its arguments ------------------------------------------------------------


def check_lstm(lstm: object) -> nn.LSTM:
    """Require an ``nn.LSTM`` and return it."""
    if isinstance(lstm, nn.LSTM):
        return lstm
    raise TypeError(
        _say("lstm", expected="an nn.LSTM", got=_kind(lstm), change=_instead_of_lstm(lstm))
    )


def check_one_direction(lstm: object, *, change: str) -> None:
    """Require an ``nn.LSTM`` that can go step by step; change says what to do about the other."""
    if check_lstm(lstm).bidirectional:
        got = "bidirectional=True"
        raise ValueError(_say("lstm", expected="one direction", got=got, change=change))


def _instead_of_lstm(lstm: object) -> str:
    if isinstance(lstm, type):
        return "Pass a layer, nn.LSTM(input_size, hidden_size), not the class."
    if not isinstance(lstm, nn.Module):
        return "Pass the layer itself."
    inside = [name for name, module in lstm.named_modules() if isinstance(module, nn.LSTM)]
    if inside:
        return f"Pass the layer inside: {' or '.join(map(_path, inside))}."
    if isinstance(lstm, nn.LSTMCell):
        return "The cell does one step of one layer: build nn.LSTM with the same sizes."
    return "There is no nn.LSTM in it; GRU and RNN layers have no cell state c."


def _path(name: str) -> str:
    """Turn ``encoder.0`` into ``model.encoder[0]``."""
    parts = (f"[{part}]" if part.isdigit() else f".{part}" for part in name.split("."))
    return "model" + "".join(parts)


def check_count(name: str, value: object, *, at_least: int) -> None:
    """Require a whole number for a size of the constructor."""
    expected = f"an int of at least {at_least}"
    if not isinstance(value, int) or isinstance(value, bool):
        change = "Give a whole number."
        raise TypeError(_say(name, expected=expected, got=repr(value), change=change))
    if value < at_least:
        change = f"Give {at_least} or more."
        raise ValueError(_say(name, expected=expected, got=value, change=change))


def check_switch(name: str, value: object) -> None:
    """Require a bool for an option of the constructor."""
    if not isinstance(value, bool):
        change = "Give one of the two; nn.LSTM takes nothing else."
        raise TypeError(_say(name, expected="True or False", got=repr(value), change=change))


def check_projection(proj_size: int, hidden_size: int) -> None:
    """Require that the projection makes h smaller."""
    if proj_size >= hidden_size:
        expected = f"less than hidden_size = {hidden_size}"
        change = "The projection shortens h; for no projection give 0."
        raise ValueError(_say("proj_size", expected=expected, got=proj_size, change=change))


# --- the input -------------------------------------------------------------------------------


def check_input(x: object, weight: Tensor | None) -> Tensor | None:
    """Require a tensor, a PackedSequence or a tuple of sizes; return the tensor with the entries.

    Where the weight is given, dtype and device must be the same.
    """
    if isinstance(x, tuple) and x and all(type(size) is int for size in x):
        return None
    data = x.data if isinstance(x, PackedSequence) else x
    if not isinstance(data, Tensor):
        expected = "a tensor, a PackedSequence or a tuple of sizes"
        raise TypeError(_say("x", expected=expected, got=_kind(x), change=_to_tensor(x)))
    _check_dense("x", data)
    check_kind("x", data, weight)
    if isinstance(x, PackedSequence):
        check_packed("x", x, change="Pack the sequences with pack(lstm, x, lengths).")
    return data


def _check_dense(name: str, data: Tensor) -> None:
    if data.is_nested or data.layout is not torch.strided:
        got = "a nested tensor" if data.is_nested else f"layout {data.layout}"
        change = f"Use {name}.to_dense(), or pad_sequence for sequences of different length."
        raise TypeError(_say(name, expected="a dense tensor", got=got, change=change))


def _to_tensor(x: object) -> str:
    if isinstance(x, tuple) and any(isinstance(item, Tensor) for item in x):
        return "nn.LSTM returns (output, (h_n, c_n)): unpack it and pass output alone."
    if isinstance(x, list):
        return "Make one tensor: torch.stack(x) of tensors, torch.tensor(x) of numbers."
    if _kind(x) == "numpy.ndarray":
        return "Convert it: torch.from_numpy(x).float()."
    return "Convert it to a tensor first."


def check_packed(name: str, value: object, *, change: str) -> PackedSequence:
    """Require a PackedSequence whose parts fit each other: torch finds out late, or never."""
    if not isinstance(value, PackedSequence):
        raise TypeError(_say(name, expected="a PackedSequence", got=_kind(value), change=change))
    counts = value.batch_sizes.tolist()
    if counts != sorted(counts, reverse=True):
        change = "Make it with pack_padded_sequence, not by hand."
        expected = "batch_sizes that never rise"
        raise ShapeError(_say(name, expected=expected, got=counts, change=change))
    if sum(counts) != len(value.data):
        change = "A length was greater than the padded tensor: correct the lengths before packing."
        expected, got = f"a row for each step, sum(lengths) = {sum(counts)}", len(value.data)
        raise ShapeError(_say(name, expected=expected, got=f"{got} rows", change=change))
    for indices in (value.sorted_indices, value.unsorted_indices):
        if indices is not None and sorted(indices.tolist()) != [*range(counts[0])]:
            change = "Make it with pack_padded_sequence, or from one with _replace(data=...)."
            expected = f"indices that name each of N = {counts[0]} sequences once"
            raise ShapeError(_say(name, expected=expected, got=indices.tolist(), change=change))
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
    raise ShapeError(_say("x", expected=expected, got=sizes, change=change))


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
    """Require dtype and device of like; a floating dtype where there is nothing to compare with."""
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
        raise TypeError(_say(name, expected=expected, got=tensor.dtype, change=change))
    if like is not None:
        _check_device(name, tensor, like)


def _check_device(name: str, tensor: Tensor, like: Tensor) -> None:
    """Require the device of like."""
    if tensor.device != like.device:
        change = f"Move it, {name}.to({str(like.device)!r}), or make it there."
        expected = f"device {like.device}"
        raise ValueError(_say(name, expected=expected, got=tensor.device, change=change))


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


# --- the state -------------------------------------------------------------------------------


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
        raise TypeError(_say("state", expected=expected, got=_kind(state), change=change))
    if not isinstance(state, tuple | list):
        change = "Pass both tensors in a tuple, or no state for zeros."
        raise TypeError(_say("state", expected=expected, got=_kind(state), change=change))
    if len(state) != 2:
        change = "Two tensors hold the rows of all layers and directions."
        raise ShapeError(_say("state", expected=expected, got=_kind(state), change=change))
    if isinstance(state[0], Tensor) and isinstance(state[1], tuple):
        change = "This is all that nn.LSTM returned: output, state = lstm(x); pass state."
        raise TypeError(_say("state", expected=expected, got="(output, state)", change=change))
    change = "Make both with zero_state(lstm, x), or pass no state for zeros."
    h, c = state
    return check_tensor("h_0", h, change=change), check_tensor("c_0", c, change=change)


def check_tensor(name: str, value: object, *, change: str) -> Tensor:
    """Require one tensor and return it; change says how to get it."""
    if isinstance(value, Tensor):
        return value
    raise TypeError(_say(name, expected="a tensor", got=_kind(value), change=change))


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
        raise ShapeError(_say("state", expected=f"{want_h} and {want_c}", got=pair, change=change))
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
    raise ShapeError(_say(name, expected=want, got=got, change=change))


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
        raise ShapeError(_say("state", expected=expected, got=got, change=change))


def check_rows(rows: object, *, N: int) -> None:
    """Require a mask (N,) or indices into the batch."""
    expected = f"a bool mask (N,) = ({N},) or int64 numbers from {-N} to {N - 1}"
    if not isinstance(rows, Tensor) or rows.dtype not in (torch.bool, torch.int64):
        got = rows.dtype if isinstance(rows, Tensor) else _kind(rows)
        change = "Convert it: torch.tensor(rows), or rows.bool() for a mask of 0 and 1."
        raise TypeError(_say("rows", expected=expected, got=got, change=change))
    if rows.dim() != 1 or (rows.dtype == torch.bool and len(rows) != N):
        change = "Give a mask with an entry for each sequence, or a 1-D tensor of their numbers."
        raise ShapeError(_say("rows", expected=expected, got=tuple(rows.shape), change=change))
    if rows.dtype == torch.int64 and bool(((rows < -N) | (rows >= N)).any()):
        change = "The first sequence of the batch has number 0."
        raise ValueError(_say("rows", expected=expected, got=rows.tolist(), change=change))


# --- the weights -----------------------------------------------------------------------------


def check_parameters(
    tensors: Mapping[str, Tensor], expected: Mapping[str, tuple[int, ...]]
) -> None:
    """Require the shapes that the sizes of a module ask for.

    On a CPU torch checks those of the biases only: other weights run, with garbage as the result,
    or end the process.
    """
    for name, sizes in expected.items():
        got = tuple(tensors[name].shape)
        if got != sizes:
            change = "Assign it under torch.no_grad() with copy_, which refuses another shape."
            if got == sizes[::-1]:
                change = f"It is transposed: give {name}.T."
            raise ShapeError(_say(name, expected=f"shape {sizes}", got=got, change=change))


def check_step(x_t: object, h: object, c: object, *, projected: bool) -> None:
    """Require one step of a batch or of one sequence, and a state that fits it."""
    tensors = [
        check_tensor(name, value, change="Pass one step, x[t], and the two tensors of the state.")
        for name, value in (("x_t", x_t), ("h", h), ("c", c))
    ]
    sizes = [tuple(tensor.shape) for tensor in tensors]
    if len(sizes[0]) not in (1, 2):
        expected, change = "(N, H_in) or unbatched (H_in,)", "One step has no time axis: x[t]."
        raise ShapeError(_say("x_t", expected=expected, got=sizes[0], change=change))
    for name, letters, got in (("h", "H_out", sizes[1]), ("c", "H_cell", sizes[2])):
        if got[:-1] != sizes[0][:-1] or not got:
            expected = f"({letters},), as x_t is unbatched"
            if len(sizes[0]) == 2:
                expected = f"(N, {letters}) with N = {sizes[0][0]}"
            change = "One layer and direction has no axis for these: h_n[0]."
            raise ShapeError(_say(name, expected=expected, got=got, change=change))
    if not projected and sizes[1] != sizes[2]:
        change = "Only a projection, weight_hr, gives h another size."
        raise ShapeError(
            _say("h", expected=f"the shape of c, {sizes[2]}", got=sizes[1], change=change)
        )
    for name, tensor in zip(("x_t", "h", "c"), tensors, strict=True):
        check_kind(name, tensor, tensors[0] if name != "x_t" else None)


def check_weights(
    weights: Mapping[str, object], expected: Mapping[str, tuple[int, ...]], like: Tensor
) -> None:
    """Require tensors of the expected shapes, in dtype and device of like."""
    for name in expected:
        bias = name.startswith("bias")
        change = "Give both biases, or neither." if bias else "It has the name it has in the layer."
        check_kind(name, check_tensor(name, weights.get(name), change=change), like)
    check_parameters({name: cast(Tensor, weights[name]) for name in expected}, expected)


def check_leaves(lstm: nn.LSTM, names: Collection[str]) -> None:
    """Require that each name is a parameter and not computed from others before a call."""
    own = dict(lstm.named_parameters(recurse=False))
    for name in names:
        if name not in own:
            change = "Remove the parametrization or pruning, or change what it computes from."
            got = "a value that is computed from others"
            raise ValueError(_say(name, expected="a parameter", got=got, change=change))


def check_gated(name: object, known: Collection[str]) -> None:
    """Require the name of a parameter with four gates."""
    if name not in known:
        expected = "a parameter of the module with gates, such as weight_ih_l0"
        change = "Their names are in parameter_shapes(lstm); weight_hr has no gates."
        raise ValueError(_say("name", expected=expected, got=repr(name), change=change))


def check_gate_axis(tensor: object, axis: int) -> None:
    """Require four equal blocks on an axis that exists."""
    sizes = tuple(check_tensor("tensor", tensor, change="Convert it: torch.as_tensor.").shape)
    if not -len(sizes) <= axis < len(sizes) or sizes[axis] % 4 or not sizes[axis]:
        expected = f"4 * H_cell entries on axis {axis}"
        change = "Name the axis that holds the gates: 0 in torch, -1 in the kernels of Keras."
        raise ShapeError(_say("tensor", expected=expected, got=sizes, change=change))


def check_gate_order(name: str, order: object, gates: str) -> None:
    """Require each gate once."""
    if not isinstance(order, str) or sorted(order) != sorted(gates):
        change = "torch and Keras have 'ifgo', ONNX has 'iofg'; write g where they write c."
        expected = f"the letters of {gates!r} in any order"
        raise ValueError(_say(name, expected=expected, got=repr(order), change=change))


def check_finite(name: str, value: object) -> None:
    """Require a finite number."""
    if not isinstance(value, int | float) or isinstance(value, bool):
        change = "Give a Python number."
        raise TypeError(_say(name, expected="a number", got=_kind(value), change=change))
    if not math.isfinite(value):
        change = "Give a number such as 1.0."
        raise ValueError(_say(name, expected="a finite number", got=value, change=change))


def check_has_bias(bias: bool) -> None:
    """Require a module with biases."""
    if not bias:
        change = "Build the layer with biases."
        raise ValueError(_say("lstm", expected="bias=True", got="bias=False", change=change))


def check_no_projection(proj_size: int, library: str) -> None:
    """Require a module that another library can hold."""
    if proj_size:
        change = f"{library} has no projection: build the layer without."
        raise ValueError(
            _say("lstm", expected="proj_size=0", got=f"proj_size={proj_size}", change=change)
        )


def check_length(name: str, items: object, length: int, change: str) -> None:
    """Require a list or tuple of so many items."""
    expected = f"a list of {length}"
    if not isinstance(items, list | tuple):
        raise TypeError(_say(name, expected=expected, got=_kind(items), change=change))
    if len(items) != length:
        raise ShapeError(_say(name, expected=expected, got=_kind(items), change=change))


def check_names(name: str, arrays: object, expected: Collection[str]) -> None:
    """Require a mapping with these names and no others."""
    change = "B is there unless the layer has bias=False."
    wanted = f"a mapping with {', '.join(expected)}"
    if not isinstance(arrays, Mapping):
        raise TypeError(_say(name, expected=wanted, got=_kind(arrays), change=change))
    if set(arrays) != set(expected):
        got = ", ".join(map(str, arrays)) or "none"
        raise ValueError(_say(name, expected=wanted, got=got, change=change))


def check_array(name: str, value: object, letters: str, like: Tensor) -> None:
    """Require a tensor of the shape, dtype and device of like."""
    tensor = check_tensor(name, value, change="Convert it: torch.from_numpy(array).")
    got, sizes = tuple(tensor.shape), tuple(like.shape)
    if got != sizes:
        change = "Compare input_size, hidden_size and the order of the axes in both libraries."
        if len(got) == len(sizes) > 1 and got == (*sizes[:-2], *sizes[:-3:-1]):
            change = f"Its last two axes are exchanged: {name}.mT."
        raise ShapeError(_say(name, expected=f"{letters} = {sizes}", got=got, change=change))
    check_kind(name, tensor, like)


# --- lengths ---------------------------------------------------------------------------------


def check_lengths(lengths: object, *, N: int | None = None, L: int | None = None) -> Tensor:
    """Require a length of at least 1 for each sequence and return int64 lengths (N,) on the CPU.

    N and L are compared where they are known. torch takes fewer lengths than sequences, lengths
    beyond L, and numbers with fractions, which it cuts.
    """
    numbers = "whole numbers" if N is None else f"N = {N} whole numbers"
    expected = f"{numbers} of at least 1" if L is None else f"{numbers} from 1 to L = {L}"
    found = _whole_numbers(lengths, expected)
    if len(found) != N if N is not None else not found:
        change = "Give one length for each sequence of the batch."
        if len(found) == L:
            change = f"{L} is the length of x: set batch_first as x is laid out."
        got = f"{len(found)} of them"
        raise ShapeError(_say("lengths", expected=expected, got=got, change=change))
    for n, length in enumerate(found):
        if length < 1:
            change = "Drop empty sequences, and their targets, before making the batch."
        elif L is not None and length > L:
            change = "If x was cut to this L, cut the lengths as well."
        else:
            continue
        got = f"{length} for sequence {n}"
        raise ShapeError(_say("lengths", expected=expected, got=got, change=change))
    return torch.tensor(found)  # (N,)


def _whole_numbers(lengths: object, expected: str) -> list[int]:
    """The lengths as a list, from a list, a tuple or a 1-D tensor on the CPU."""
    if isinstance(lengths, tuple | list) and not isinstance(lengths, PackedSequence):
        odd = [length for length in lengths if type(length) is not int]
        if not odd:
            return [*lengths]
        got = f"{_kind(odd[0])} among them"
        change = "Give each sequence its own int: [len(sequence) for sequence in sequences]."
        raise TypeError(_say("lengths", expected=expected, got=got, change=change))
    if not isinstance(lengths, Tensor):
        change = "Make them with torch.tensor([len(sequence) for sequence in sequences])."
        raise TypeError(_say("lengths", expected=expected, got=_kind(lengths), change=change))
    if lengths.is_floating_point() or lengths.is_complex() or lengths.dtype == torch.bool:
        change = "Convert them: lengths.long(), which cuts off fractions."
        raise TypeError(_say("lengths", expected=expected, got=lengths.dtype, change=change))
    if lengths.device.type != "cpu":
        change = "Lengths stay on the CPU, wherever x is: lengths.cpu()."
        got = f"device {lengths.device}"
        raise ValueError(_say("lengths", expected=expected, got=got, change=change))
    if lengths.dim() != 1:
        change = "Give one length for each sequence, on one axis: lengths.flatten()."
        got = f"shape {tuple(lengths.shape)}"
        raise ShapeError(_say("lengths", expected=expected, got=got, change=change))
    return cast("list[int]", lengths.tolist())


def check_padded(x: object) -> Tensor:
    """Require a tensor with a batch axis, and return it."""
    if not isinstance(x, Tensor):
        packed = isinstance(x, PackedSequence)
        change = "It is packed already: call lstm(x)." if packed else "Pass the tensor."
        raise TypeError(_say("x", expected="a padded tensor", got=_kind(x), change=change))
    if x.dim() != 3:
        got = f"{tuple(x.shape)}, one unbatched sequence"
        change = "It has no padding: call lstm(x), or give it a batch axis of size 1."
        raise ShapeError(_say("x", expected="a batch of sequences", got=got, change=change))
    return x


def check_output(output: object, letters: str, width: int) -> Tensor:
    """Require a padded output of the right width, and return it."""
    expected = f"{letters} with D * H_out = {width}"
    if not isinstance(output, Tensor):
        change = (
            "Unpack it first: output, lengths = unpack(lstm, output, total_length=L)."
            if isinstance(output, PackedSequence)
            else "nn.LSTM returns a pair: output, (h_n, c_n) = lstm(x)."
        )
        raise TypeError(_say("output", expected=expected, got=_kind(output), change=change))
    _check_dense("output", output)
    sizes = tuple(output.shape)
    if len(sizes) != 3 or sizes[-1] != width or 0 in sizes:
        change = "Pass output as the layer returned it, with its batch axis."
        raise ShapeError(_say("output", expected=expected, got=sizes, change=change))
    return output


# --- masks -----------------------------------------------------------------------------------


def check_values(name: str, values: object) -> Tensor:
    """Require a dense tensor of real numbers with fractions, and return it."""
    values = check_tensor(name, values, change="Pass the padded tensor.")
    _check_dense(name, values)
    if not values.is_floating_point():
        change = f"Convert it: {name}.float()."
        expected = "a floating-point dtype"
        raise TypeError(_say(name, expected=expected, got=values.dtype, change=change))
    if not values.numel() or not values.dim():
        change = "Look for an empty slice or filter, or a mean that was taken before the call."
        expected, got = "axes, each of size at least 1", tuple(values.shape)
        raise ShapeError(_say(name, expected=expected, got=got, change=change))
    return values


def check_steps(losses: object) -> None:
    """Require one loss for each step of each sequence."""
    got = tuple(check_values("losses", losses).shape)
    if len(got) != 2:
        change = "Use reduction='none', and average a feature axis first: losses.mean(-1)."
        raise ShapeError(_say("losses", expected="(N, L) or (L, N)", got=got, change=change))


def check_dim(name: str, dim: object, *, rank: int) -> None:
    """Require the number of an axis of the tensor called name."""
    expected = f"an axis of {name} from {-rank} to {rank - 1}"
    if not isinstance(dim, int) or isinstance(dim, bool):
        change = "Give the number of the axis to reduce."
        raise TypeError(_say("dim", expected=expected, got=_kind(dim), change=change))
    if not -rank <= dim < rank:
        change = "Give the number of the time axis."
        raise ValueError(_say("dim", expected=expected, got=dim, change=change))


def check_mask(mask: object, name: str, values: Tensor, *, dim: int) -> Tensor:
    """Require a mask for the leading axes of values; return it in the shape of values.

    An axis of size 1 holds for every entry of values.
    """
    if not isinstance(mask, Tensor) or mask.dtype != torch.bool:
        got = mask.dtype if isinstance(mask, Tensor) else _kind(mask)
        change = "Make it with length_mask(lengths), or mask.bool() from 0 and 1."
        raise TypeError(_say("mask", expected="a bool tensor", got=got, change=change))
    sizes, leading = tuple(values.shape), tuple(mask.shape)
    if not 0 < len(leading) <= len(sizes) or not _fits(leading, sizes):
        change = "Give length_mask(lengths, L=...) the padded length."
        if 2 == len(leading) <= len(sizes) and _fits(leading[::-1], sizes):
            change = f"{name} is in the other layout: mask.T."
        expected = f"the leading sizes of {name}, {sizes}, or 1"
        raise ShapeError(_say("mask", expected=expected, got=leading, change=change))
    if mask.is_meta:
        change = "Make it from real lengths."
        raise ValueError(_say("mask", expected="entries", got="device meta", change=change))
    trailing = (1,) * (len(sizes) - len(leading))
    full = mask.reshape(*leading, *trailing).expand(sizes)
    empty = ~full.any(dim)
    if empty.any():
        change = "Drop sequences without a valid step before the call: they have no mean."
        expected = f"a valid entry along dim = {dim} everywhere"
        got = f"none in {int(empty.sum())} of {empty.numel()} places"
        raise ValueError(_say("mask", expected=expected, got=got, change=change))
    return full.to(values.device)


def _fits(got: tuple[int, ...], sizes: tuple[int, ...]) -> bool:
    return all(size in (1, want) for size, want in zip(got, sizes, strict=False))


def check_option(name: str, value: object, options: tuple[str, ...]) -> None:
    """Require one of the named options."""
    if value not in options:
        expected = f"one of {', '.join(map(repr, options))}"
        change = "Choose the one that you mean; they give different numbers."
        raise ValueError(_say(name, expected=expected, got=repr(value), change=change))


def check_generator(value: object) -> None:
    """Require a generator, or none."""
    if value is not None and not isinstance(value, torch.Generator):
        change = "Make one with torch.Generator().manual_seed(0), or leave it out."
        expected = "a torch.Generator or None"
        raise TypeError(_say("generator", expected=expected, got=_kind(value), change=change))


# --- ids, vectors and scores of a decoder ----------------------------------------------------


def check_start(start: object, *, like: Tensor) -> int | None:
    """Require the first id of each row, and return N; None for one unbatched sequence."""
    change = "Give each sequence its first id: torch.full((N,), id)."
    ids = _check_ids("start", start, like=like, change=change)
    if ids.dim() > 1 or ids.numel() == 0:
        expected = "(N,) with N at least 1, or unbatched ()"
        raise ShapeError(_say("start", expected=expected, got=tuple(ids.shape), change=change))
    return ids.size(0) if ids.dim() else None


def check_teacher(teacher: object, want: ExpectedShape, *, like: Tensor) -> None:
    """Require a right id for each step, in the layout of the layer."""
    change = "Give the right id of every step and sequence; steps is their length."
    got = tuple(_check_ids("teacher", teacher, like=like, change=change).shape)
    if got == want.sizes:
        return
    if got == want.sizes[::-1]:
        change = "It is in the other layout: teacher.transpose(0, 1)."
    raise ShapeError(_say("teacher", expected=want, got=got, change=change))


def _check_ids(name: str, ids: object, *, like: Tensor, change: str) -> Tensor:
    """Require int64 on the device of like."""
    ids = check_tensor(name, ids, change=change)
    if ids.dtype != torch.int64:
        raise TypeError(_say(name, expected="ids of torch.int64", got=ids.dtype, change=change))
    _check_device(name, ids, like)
    return ids


def check_functions(**functions: object) -> None:
    """Require functions, or modules, which are called like functions."""
    for name, value in functions.items():
        if not callable(value):
            expected, got = "a module or a function", _kind(value)
            change = "Pass the module itself, without a call."
            raise TypeError(_say(name, expected=expected, got=got, change=change))


def check_embedded(value: object, lstm: nn.LSTM, *, N: int | None) -> Tensor:
    """Require what embed returned to be the input of one step."""
    change = "embed turns the ids of one step into its input, as nn.Embedding does."
    vectors = check_tensor("embed", value, change=change)
    letters, leading = ("(H_in,)", ()) if N is None else ("(N, H_in)", (N,))
    want, got = (*leading, lstm.input_size), tuple(vectors.shape)
    if got != want:
        raise ShapeError(_say("embed", expected=f"{letters} = {want}", got=got, change=change))
    check_kind("embed", vectors, weight_of(lstm))
    return vectors


def check_scores(value: object, *, N: int | None, stop: int | None) -> Tensor:
    """Require what readout returned to be a score for each id, with stop among the ids."""
    change = "readout turns the h of one step into a score for each id, as nn.Linear does."
    scores = check_tensor("readout", value, change=change)
    expected, rank = ("(V,)", 1) if N is None else (f"(N, V) with N = {N}", 2)
    got = tuple(scores.shape)
    if len(got) != rank or got[-1] == 0 or got[:-1] != (() if N is None else (N,)):
        raise ShapeError(_say("readout", expected=expected, got=got, change=change))
    if not scores.is_floating_point():
        expected = "a floating-point dtype"
        raise TypeError(_say("readout", expected=expected, got=scores.dtype, change=change))
    if stop is not None:
        _check_stop(stop, V=got[-1])
    return scores


def _check_stop(stop: object, *, V: int) -> None:
    """Require an id that readout gives a score to."""
    expected = f"an int from 0 to {V - 1}, or None"
    change = "No other id is ever written: give the id that ends a sequence."
    if not isinstance(stop, int) or isinstance(stop, bool):
        raise TypeError(_say("stop", expected=expected, got=repr(stop), change=change))
    if not 0 <= stop < V:
        raise ValueError(_say("stop", expected=expected, got=stop, change=change))
