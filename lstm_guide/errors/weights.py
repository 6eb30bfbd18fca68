"""Checks of parameters, gates and arrays of other libraries."""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping
from typing import cast

from torch import Tensor, nn

from lstm_guide.errors.inputs import check_dense, check_kind, check_tensor
from lstm_guide.errors.words import ShapeError, brief, kind, say


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
            raise ShapeError(say(name, expected=f"shape {sizes}", got=got, change=change))


def check_step(x_t: object, h: object, c: object, *, projected: bool) -> None:
    """Require one step of a batch or of one sequence, and a state that fits it."""
    tensors = [
        check_tensor(name, value, change="Pass one step, x[t], and the two tensors of the state.")
        for name, value in (("x_t", x_t), ("h", h), ("c", c))
    ]
    sizes = [tuple(tensor.shape) for tensor in tensors]
    if len(sizes[0]) not in (1, 2):
        expected, change = "(N, H_in) or unbatched (H_in,)", "One step has no time axis: x[t]."
        raise ShapeError(say("x_t", expected=expected, got=sizes[0], change=change))
    if 0 in sizes[0]:
        expected, change = "no empty axis", "Look for an empty slice or filter before the call."
        raise ShapeError(say("x_t", expected=expected, got=sizes[0], change=change))
    for name, letters, got in (("h", "H_out", sizes[1]), ("c", "H_cell", sizes[2])):
        if got[:-1] != sizes[0][:-1] or not got:
            expected = f"({letters},), as x_t is unbatched"
            if len(sizes[0]) == 2:
                expected = f"(N, {letters}) with N = {sizes[0][0]}"
            change = "One layer and direction has no axis for these: h_n[0]."
            raise ShapeError(say(name, expected=expected, got=got, change=change))
    if projected and sizes[1][-1] >= sizes[2][-1]:
        expected = f"fewer features than c, which has H_cell = {sizes[2][-1]}"
        change = "The projection shortens h: give the h that it returned."
        raise ShapeError(say("h", expected=expected, got=sizes[1], change=change))
    if not projected and sizes[1] != sizes[2]:
        change = "Only a projection, weight_hr, gives h another size."
        raise ShapeError(
            say("h", expected=f"the shape of c, {sizes[2]}", got=sizes[1], change=change)
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
            raise ValueError(say(name, expected="a parameter", got=got, change=change))


def check_gated(name: object, known: Collection[str]) -> None:
    """Require the name of a parameter with four gates."""
    if not isinstance(name, str) or name not in known:
        expected = "a parameter of the module with gates, such as weight_ih_l0"
        change = "Their names are in parameter_shapes(lstm); weight_hr has no gates."
        raise ValueError(say("name", expected=expected, got=brief(name), change=change))


def check_gate_axis(tensor: object, axis: object) -> None:
    """Require four equal blocks on an axis that exists."""
    if not isinstance(axis, int) or isinstance(axis, bool):
        change = "Give the number of the axis that holds the gates, 0 in torch."
        raise TypeError(say("axis", expected="an int", got=kind(axis), change=change))
    values = check_tensor("tensor", tensor, change="Convert it: torch.as_tensor.")
    check_dense("tensor", values)
    sizes = tuple(values.shape)
    if not -len(sizes) <= axis < len(sizes) or sizes[axis] % 4 or not sizes[axis]:
        expected = f"4 * H_cell entries on axis {axis}"
        change = "Name the axis that holds the gates: 0 in torch, -1 in the kernels of Keras."
        raise ShapeError(say("tensor", expected=expected, got=sizes, change=change))


def check_gate_order(name: str, order: object, gates: str) -> None:
    """Require each gate once."""
    if not isinstance(order, str) or sorted(order) != sorted(gates):
        change = "torch and Keras have 'ifgo', ONNX has 'iofg'; write g where they write c."
        expected = f"the letters of {gates!r} in any order"
        raise ValueError(say(name, expected=expected, got=brief(order), change=change))


def check_finite(name: str, value: object) -> None:
    """Require a finite number."""
    if not isinstance(value, int | float) or isinstance(value, bool):
        change = "Give a Python number."
        raise TypeError(say(name, expected="a number", got=kind(value), change=change))
    if not math.isfinite(value):
        change = "Give a number such as 1.0."
        raise ValueError(say(name, expected="a finite number", got=value, change=change))


def check_has_bias(bias: bool) -> None:
    """Require a module with biases."""
    if not bias:
        change = "Build the layer with biases."
        raise ValueError(say("lstm", expected="bias=True", got="bias=False", change=change))


def check_no_projection(proj_size: int, library: str) -> None:
    """Require a module that another library can hold."""
    if proj_size:
        change = f"{library} has no projection: build the layer without."
        raise ValueError(
            say("lstm", expected="proj_size=0", got=f"proj_size={proj_size}", change=change)
        )


def check_length(name: str, items: object, length: int, change: str) -> None:
    """Require a list or tuple of so many items."""
    expected = f"a list of {length}"
    if not isinstance(items, list | tuple):
        raise TypeError(say(name, expected=expected, got=kind(items), change=change))
    if len(items) != length:
        raise ShapeError(say(name, expected=expected, got=kind(items), change=change))


def check_names(name: str, arrays: object, expected: Collection[str]) -> None:
    """Require a mapping with these names and no others."""
    change = "B is there unless the layer has bias=False."
    wanted = f"a mapping with {', '.join(expected)}"
    if not isinstance(arrays, Mapping):
        raise TypeError(say(name, expected=wanted, got=kind(arrays), change=change))
    if set(arrays) != set(expected):
        got = ", ".join(map(str, arrays)) or "none"
        raise ValueError(say(name, expected=wanted, got=got, change=change))


def check_array(name: str, value: object, letters: str, like: Tensor) -> None:
    """Require a tensor of the shape, dtype and device of like."""
    tensor = check_tensor(name, value, change="Convert it: torch.from_numpy(array).")
    got, sizes = tuple(tensor.shape), tuple(like.shape)
    if got != sizes:
        change = "Compare input_size, hidden_size and the order of the axes in both libraries."
        if len(got) == len(sizes) > 1 and got == (*sizes[:-2], *sizes[:-3:-1]):
            change = f"Its last two axes are exchanged: {name}.mT."
        raise ShapeError(say(name, expected=f"{letters} = {sizes}", got=got, change=change))
    check_kind(name, tensor, like)
