"""Predicted shapes against what torch returns."""

from __future__ import annotations

import dataclasses
import itertools
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import nn
from torch.nn.utils.rnn import PackedSequence

from lstm_guide import call_shapes, parameter_count, parameter_shapes
from lstm_guide.shapes import AXES, CallShapes, Config, Dim, Shape, state_shapes

from .configurations import LENGTHS, Case, L, N, cases, run


def assert_predicts(shapes: CallShapes, x: Any, result: Any) -> None:
    """The shapes are those of the input and of what the module returned for it."""
    output, (h_n, c_n) = result
    tensors = {"input": x, "output": output, "h_n": h_n, "c_n": c_n}
    for name, tensor in tensors.items():
        data = tensor.data if isinstance(tensor, PackedSequence) else tensor
        assert getattr(shapes, name).sizes == tuple(data.shape), name


@pytest.mark.parametrize("case", cases(torch.float32, torch.float64, torch.bfloat16), ids=str)
def test_predicted_shapes_equal_what_torch_returns(case: Case) -> None:
    lstm, x, state = case.lstm(), case.x(), case.state()
    shapes = call_shapes(lstm, x)
    assert_predicts(shapes, x, run(lstm, x))
    assert_predicts(shapes, x, run(lstm, x, state))
    assert call_shapes(lstm, x, state=state) == shapes
    assert (shapes.h_0.sizes, shapes.c_0.sizes) == tuple(tuple(tensor.shape) for tensor in state)


@pytest.mark.parametrize("case", cases(torch.float64), ids=str)
def test_letters_are_formulas_of_the_sizes(case: Case) -> None:
    config = Config(**case.arguments)
    names = {"L": L, "N": N, "K": config.K, "D": config.D, "lengths": LENGTHS}
    names |= {"H_in": config.H_in, "H_out": config.H_out, "H_cell": config.H_cell}
    shapes = call_shapes(config, case.x())
    expected_batch = None if case.layout == "unbatched" else N
    assert (shapes.L, shapes.N, shapes.layout) == (L, expected_batch, case.layout)
    for name in ("input", "h_0", "c_0", "output", "h_n", "c_n"):
        shape: Shape = getattr(shapes, name)
        assert eval(shape.letters, {"sum": sum}, names) == shape.sizes
        assert str(shape) == f"{shape.letters} = {shape.sizes}"
        assert {dim.axis for dim in shape.dims} <= set(AXES)


@given(
    sizes=st.tuples(*[st.integers(1, 12)] * 5),
    options=st.tuples(*[st.booleans()] * 4),
    num_layers=st.integers(1, 4),
)
def test_random_sizes_are_predicted_from_arguments_alone(
    sizes: tuple[int, ...], options: tuple[bool, ...], num_layers: int
) -> None:
    first, second, H_in, proj_size, more = sizes
    bias, batch_first, bidirectional, projected = options
    arguments: dict[str, Any] = {
        "input_size": H_in,
        "hidden_size": proj_size + more,
        "num_layers": num_layers,
        "bias": bias,
        "batch_first": batch_first,
        "bidirectional": bidirectional,
        "proj_size": proj_size if projected else 0,
    }
    lstm, config, x = nn.LSTM(**arguments), Config(**arguments), torch.randn(first, second, H_in)
    shapes = call_shapes(config, tuple(x.shape))
    assert_predicts(shapes, x, run(lstm, x))
    assert shapes == call_shapes(lstm, x) == call_shapes(config, x) == call_shapes(lstm, x.shape)
    assert (shapes.h_0, shapes.c_0) == state_shapes(lstm, N=shapes.N)
    assert parameter_shapes(config) == {n: tuple(p.shape) for n, p in lstm.named_parameters()}


@pytest.mark.parametrize(
    "case", cases(torch.float32, layouts=("time first", "batch first")), ids=str
)
def test_arguments_and_parameters_are_those_of_torch_by_name_order_and_shape(case: Case) -> None:
    lstm = case.lstm()
    assert Config.of(lstm) == Config(**case.arguments)
    expected = [(name, tuple(p.shape)) for name, p in lstm.named_parameters()]
    assert list(parameter_shapes(Config(**case.arguments)).items()) == expected
    assert list(parameter_shapes(lstm).items()) == expected
    assert parameter_count(lstm) == sum(p.numel() for p in lstm.parameters())


def test_parameter_count_follows_the_formula_of_its_docstring() -> None:
    config = Config(3, 11, num_layers=2, bidirectional=True, proj_size=7)
    first, second = 4 * 11 * (3 + 7), 4 * 11 * (14 + 7)
    assert parameter_count(config) == 2 * (first + second) + 4 * (8 * 11 + 7 * 11)


def test_config_has_the_defaults_of_torch() -> None:
    assert Config(3, 5) == Config.of(nn.LSTM(3, 5))


def torch_takes(arguments: dict[str, Any]) -> bool:
    """Whether a module with these arguments can be made and called."""
    try:
        run(nn.LSTM(**arguments), torch.randn(7, 4, 3))
    except (TypeError, ValueError, RuntimeError):
        return False
    return True


VALUES: list[tuple[str, Any]] = [
    *itertools.product(("input_size",), (3, 0, -1, 3.0, "3", None)),
    *itertools.product(("hidden_size",), (5, 1, 0, -1, 5.0, "5", None)),
    *itertools.product(("num_layers",), (1, 2, 0, -1, 1.0, True, "1", None)),
    *itertools.product(("proj_size",), (0, 1, 4, 5, 6, -1, 2.0, True, "2", None)),
    *itertools.product(("bias", "batch_first", "bidirectional"), (True, False, 1, "yes", None)),
]


@pytest.mark.parametrize(("name", "value"), VALUES)
def test_config_takes_the_values_that_torch_takes(name: str, value: object) -> None:
    arguments: dict[str, Any] = {"input_size": 3, "hidden_size": 5} | {name: value}
    if torch_takes(arguments):
        assert getattr(Config(**arguments), name) is value
    else:
        with pytest.raises((TypeError, ValueError), match=f"^{name}: expected .*, got "):
            Config(**arguments)


def test_config_reads_numpy_integers_off_a_module_as_torch_does() -> None:
    lstm = nn.LSTM(3, 5, num_layers=np.int64(2), proj_size=np.int64(4))
    assert str(call_shapes(lstm, (7, 8, 3)).h_n) == "(K * D, N, H_out) = (2, 8, 4)"


def test_a_call_is_not_run(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> None:
        raise AssertionError("the module was run")

    monkeypatch.setattr(nn.LSTM, "forward", fail)
    x = torch.randn(7, 4, 3)
    assert call_shapes(nn.LSTM(3, 5), x, state=(torch.zeros(1, 4, 5),) * 2).L == 7


def test_shapes_are_predicted_on_the_meta_device() -> None:
    lstm, x = nn.LSTM(3, 5, device="meta"), torch.randn(7, 4, 3, device="meta")
    assert call_shapes(lstm, x) == call_shapes(Config(3, 5), (7, 4, 3))


AUTOCAST = (torch.float32, torch.bfloat16, torch.float16, torch.float64, torch.complex64)


@pytest.mark.parametrize(("x_dtype", "state_dtype"), [*itertools.product(AUTOCAST, AUTOCAST)])
def test_autocast_joins_the_dtypes_that_torch_joins(
    x_dtype: torch.dtype, state_dtype: torch.dtype
) -> None:
    lstm, x = nn.LSTM(3, 5), torch.randn(7, 4, 3).to(x_dtype)
    state = (torch.zeros(1, 4, 5, dtype=state_dtype),) * 2

    with torch.autocast("cpu", dtype=torch.bfloat16):
        try:
            result = run(lstm, x, state)
        except RuntimeError:
            with pytest.raises(TypeError, match=r"expected dtype torch\.\w+, got torch\.\w+"):
                call_shapes(lstm, x, state=state)
        else:
            assert_predicts(call_shapes(lstm, x, state=state), x, result)


def test_the_axes_are_told_apart_by_name_letter_and_colour() -> None:
    for field in ("name", "letter", "colour", "meaning"):
        assert len({getattr(axis, field) for axis in AXES.values()}) == len(AXES)
    assert [axis.name for axis in AXES.values()] == list(AXES)


def luminance(colour: str) -> float:
    """Relative luminance as WCAG 2.2 defines it, https://www.w3.org/TR/WCAG22/."""
    parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]
    return sum(w * p for w, p in zip((0.2126, 0.7152, 0.0722), linear, strict=True))


@pytest.mark.parametrize("name", AXES)
def test_white_text_is_readable_on_every_axis_colour(name: str) -> None:
    contrast = 1.05 / (luminance(AXES[name].colour) + 0.05)
    assert contrast >= 4.5


def test_a_dim_is_a_value() -> None:
    assert Dim("batch", "N", 4) == Dim("batch", "N", 4) != Dim("batch", "N", 3)


def test_what_was_checked_or_computed_cannot_be_changed_afterwards() -> None:
    config = Config(input_size=3, hidden_size=6)
    shapes = call_shapes(config, (7, 4, 3))
    for value in (config, shapes, shapes.input, shapes.input.dims[0], AXES["batch"]):
        first = dataclasses.fields(value)[0].name
        with pytest.raises(dataclasses.FrozenInstanceError):
            setattr(value, first, 0)
