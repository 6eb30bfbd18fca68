"""Weights by gate, against what torch, Keras and ONNX compute from them."""

from __future__ import annotations

import itertools
import re
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import Tensor, nn
from torch.nn.utils import prune
from torch.nn.utils.parametrizations import weight_norm
from torch.testing import assert_close

from lstm_guide import ShapeError, gate_blocks, parameter_shapes, set_forget_bias
from lstm_guide.weights import (
    from_keras,
    from_onnx,
    init_orthogonal,
    init_xavier,
    reorder_gates,
    to_keras,
    to_onnx,
)

from .configurations import H_CELL, H_IN, PROJ, Case, cases, run

MODULES = cases(torch.float64, layouts=("time first",))
PORTABLE = [case for case in MODULES if not case.proj_size]
WITH_BIAS = [case for case in MODULES if case.bias]


def assert_same(one: nn.LSTM, other: nn.LSTM) -> None:
    """Every parameter is the same, bit for bit."""
    assert_close(one.state_dict(), other.state_dict(), rtol=0, atol=0)


# --- gates by name ---------------------------------------------------------------------------


@pytest.mark.parametrize("gate", "ifgo")
def test_a_block_moves_the_gate_that_it_is_named_after(gate: str) -> None:
    """All weights 0 and c_0 = 1; one gate is opened by its bias: what h and c must be is known."""
    lstm = nn.LSTM(3, 5, dtype=torch.float64)
    with torch.no_grad():
        for parameter in lstm.parameters():
            parameter.zero_()
        gate_blocks(lstm, "bias_ih_l0")[gate].fill_(50)
    state = (torch.zeros(1, 4, 5).double(), torch.ones(1, 4, 5).double())
    _, (h_n, c_n) = lstm(torch.zeros(1, 4, 3).double(), state)
    i, f, g, o = (0.5 if gate != "i" else 1, 0.5 if gate != "f" else 1, int(gate == "g"), 0.5)
    c = torch.full((1, 4, 5), float(f + i * g), dtype=torch.float64)
    assert_close(c_n, c, rtol=0, atol=1e-12)
    assert_close(h_n, (1 if gate == "o" else o) * c.tanh(), rtol=0, atol=1e-12)


@pytest.mark.parametrize("case", MODULES, ids=str)
def test_the_blocks_are_views_that_tile_every_parameter_with_gates(case: Case) -> None:
    lstm = case.lstm()
    for name in (name for name in parameter_shapes(lstm) if "weight_hr" not in name):
        blocks = gate_blocks(lstm, name)
        assert "".join(blocks) == "ifgo"
        assert_close(torch.cat(list(blocks.values())), lstm.get_parameter(name), rtol=0, atol=0)
        assert {b.size(0) for b in blocks.values()} == {H_CELL}
        assert blocks["i"].data_ptr() == lstm.get_parameter(name).data_ptr()


@pytest.mark.parametrize("name", ["weight_hr_l0", "weight_ih_l2", "weight_ih", "bias", None])
def test_what_has_no_gates_is_refused(name: Any) -> None:
    text = "name: expected a parameter of the module with gates, such as weight_ih_l0, got "
    with pytest.raises(ValueError, match="^" + re.escape(f"{text}{name!r}. Their names are")):
        gate_blocks(nn.LSTM(3, 5, num_layers=2, proj_size=2), name)


@given(order=st.permutations("ifgo"), other=st.permutations("ifgo"), axis=st.sampled_from([0, -1]))
def test_reordering_puts_each_block_where_its_letter_stands(
    order: list[str], other: list[str], axis: int
) -> None:
    source, target = "".join(order), "".join(other)
    letters = torch.tensor([ord(gate) for gate in source]).repeat_interleave(3)
    tensor = letters[:, None].expand(-1, 2) if axis == 0 else letters.expand(2, -1)
    found = reorder_gates(tensor, source=source, target=target, axis=axis)
    expected = torch.tensor([ord(gate) for gate in target]).repeat_interleave(3)
    assert_close(found.select(1 + axis, 1), expected, rtol=0, atol=0)
    back = reorder_gates(found, source=target, target=source, axis=axis)
    assert_close(back, tensor, rtol=0, atol=0)


WRONG_ORDERS: dict[str, tuple[type[Exception], dict[str, Any]]] = {
    "tensor: expected a tensor, got a list of 4. Convert": (TypeError, {"tensor": [1, 2, 3, 4]}),
    "tensor: expected 4 * H_cell entries on axis 0, got (6, 8). Name": (
        (ShapeError, {"tensor": torch.zeros(6, 8)})
    ),
    "tensor: expected 4 * H_cell entries on axis 2, got (8, 8). Name": (ShapeError, {"axis": 2}),
    "tensor: expected 4 * H_cell entries on axis 0, got (0,). Name": (
        (ShapeError, {"tensor": torch.zeros(0)})
    ),
    "source: expected the letters of 'ifgo' in any order, got 'ifco'. torch and Keras": (
        (ValueError, {"source": "ifco"})
    ),
    "target: expected the letters of 'ifgo' in any order, got 'ifg'. torch": (
        (ValueError, {"target": "ifg"})
    ),
    "target: expected the letters of 'ifgo' in any order, got a list of 1. torch": (
        (ValueError, {"target": ["i"]})
    ),
}


@pytest.mark.parametrize(("text", "case"), WRONG_ORDERS.items())
def test_each_order_that_cannot_be(text: str, case: tuple[type[Exception], dict[str, Any]]) -> None:
    error, options = case
    arguments: dict[str, Any] = {
        "tensor": torch.zeros(8, 8),
        "source": "ifgo",
        "target": "iofg",
    } | options
    with pytest.raises(error, match="^" + re.escape(text)):
        reorder_gates(**arguments)


# --- initial values --------------------------------------------------------------------------


@pytest.mark.parametrize("case", WITH_BIAS, ids=str)
def test_the_forget_bias_is_set_once_and_nothing_else_is(case: Case) -> None:
    lstm = case.lstm()
    before = {name: tensor.clone() for name, tensor in lstm.state_dict().items()}
    set_forget_bias(lstm, 1.5)
    for name, tensor in lstm.state_dict().items():
        expected = before[name].clone()
        if name.startswith("bias"):
            expected[H_CELL : 2 * H_CELL] = 1.5 if name.startswith("bias_ih") else 0.0
        assert_close(tensor, expected, rtol=0, atol=0)
    assert all(parameter.requires_grad for parameter in lstm.parameters())


def test_the_forget_bias_is_the_share_of_c_that_one_step_keeps() -> None:
    lstm = nn.LSTM(3, 5, dtype=torch.float64)
    with torch.no_grad():
        for parameter in lstm.parameters():
            parameter.zero_()
    set_forget_bias(lstm, 2)
    state = (torch.zeros(1, 4, 5).double(), torch.ones(1, 4, 5).double())
    _, (_, c_n) = lstm(torch.zeros(1, 4, 3).double(), state)
    assert_close(c_n, torch.full_like(c_n, 1 / (1 + np.exp(-2))), rtol=0, atol=1e-12)


WRONG_BIAS: dict[str, tuple[type[Exception], Any]] = {
    "value: expected a number, got a tensor of shape (5,). Give": (TypeError, torch.ones(5)),
    "value: expected a number, got bool. Give a Python number.": (TypeError, True),
    "value: expected a finite number, got nan. Give": (ValueError, float("nan")),
}


@pytest.mark.parametrize(("text", "case"), WRONG_BIAS.items())
def test_each_forget_bias_that_cannot_be(text: str, case: tuple[type[Exception], Any]) -> None:
    error, value = case
    with pytest.raises(error, match="^" + re.escape(text)):
        set_forget_bias(nn.LSTM(3, 5), value)


def test_a_module_without_bias_has_no_forget_bias() -> None:
    with pytest.raises(ValueError, match=r"^lstm: expected bias=True, got bias=False\. Build"):
        set_forget_bias(nn.LSTM(3, 5, bias=False), 1.0)


@pytest.mark.parametrize("case", MODULES, ids=str)
def test_each_gate_gets_an_orthogonal_block(case: Case) -> None:
    lstm = case.lstm()
    before = {name: tensor.clone() for name, tensor in lstm.state_dict().items()}
    init_orthogonal(lstm)
    for name, tensor in lstm.state_dict().items():
        if not name.startswith("weight_hh"):
            assert_close(tensor, before[name], rtol=0, atol=0)
            continue
        blocks = list(gate_blocks(lstm, name).values())
        eye = torch.eye(case.proj_size or H_CELL, dtype=torch.float64)
        for block in blocks:
            assert_close(block.T @ block, eye, rtol=0, atol=1e-12)
        assert not torch.allclose(blocks[0], blocks[1])


@pytest.mark.parametrize("case", MODULES, ids=str)
def test_each_gate_gets_xavier_values_of_its_own_size(case: Case) -> None:
    lstm = case.lstm()
    before = {name: tensor.clone() for name, tensor in lstm.state_dict().items()}
    init_xavier(lstm)
    for name, tensor in lstm.state_dict().items():
        if not name.startswith("weight_ih"):
            assert_close(tensor, before[name], rtol=0, atol=0)
            continue
        limit = (6 / (H_CELL + tensor.size(1))) ** 0.5
        for block in gate_blocks(lstm, name).values():
            assert 0.8 * limit < block.abs().max() <= limit


def test_the_whole_parameter_is_another_thing_than_its_blocks() -> None:
    """Why the two functions exist: torch's own, on the whole, make each gate too small."""
    lstm = nn.LSTM(64, 64)
    nn.init.orthogonal_(lstm.weight_hh_l0)
    nn.init.xavier_uniform_(lstm.weight_ih_l0)
    block = gate_blocks(lstm, "weight_hh_l0")["f"]
    assert 0.4 < block.square().sum(0).mean().sqrt() < 0.6
    assert gate_blocks(lstm, "weight_ih_l0")["f"].abs().max() < 0.7 * (6 / 128) ** 0.5


# --- Keras and ONNX --------------------------------------------------------------------------


def sigmoid(a: Any) -> Any:
    return 1 / (1 + np.exp(-a))


def run_keras(x: Any, kernel: Any, recurrent: Any, bias: Any = 0.0) -> Any:
    """One direction of ``keras.layers.LSTM``: z = x W + h U + b, gates i, f, c, o.

    x is (L, N, H_in); the result is h at every step.
    """
    units, steps = len(recurrent), []
    h = c = np.zeros((x.shape[1], units))
    for x_t in x:
        z = x_t @ kernel + h @ recurrent + bias
        i, f, candidate, o = (z[:, k * units : (k + 1) * units] for k in range(4))
        c = sigmoid(f) * c + sigmoid(i) * np.tanh(candidate)
        h = sigmoid(o) * np.tanh(c)
        steps.append(h)
    return np.stack(steps)


def run_onnx(x: Any, W: Any, R: Any, B: Any = None) -> Any:
    """One direction of the ONNX operator: it = f(Xt*(Wi^T) + Ht-1*(Ri^T) + Wbi + Rbi) and so on.

    The gates stand in the order i, o, f, c.
    """
    units, steps = R.shape[1], []
    B = np.zeros(8 * units) if B is None else B
    Wi, Wo, Wf, Wc = (W[k * units : (k + 1) * units] for k in range(4))
    Ri, Ro, Rf, Rc = (R[k * units : (k + 1) * units] for k in range(4))
    Wbi, Wbo, Wbf, Wbc, Rbi, Rbo, Rbf, Rbc = (B[k * units : (k + 1) * units] for k in range(8))
    h = c = np.zeros((x.shape[1], units))
    for x_t in x:
        it = sigmoid(x_t @ Wi.T + h @ Ri.T + Wbi + Rbi)
        ft = sigmoid(x_t @ Wf.T + h @ Rf.T + Wbf + Rbf)
        ct = np.tanh(x_t @ Wc.T + h @ Rc.T + Wbc + Rbc)
        c = ft * c + it * ct
        ot = sigmoid(x_t @ Wo.T + h @ Ro.T + Wbo + Rbo)
        h = ot * np.tanh(c)
        steps.append(h)
    return np.stack(steps)


def stack(run_direction: Callable[..., Any], layers: list[list[list[Tensor]]], x: Tensor) -> Tensor:
    """Run layers of one or two directions, each given by its arrays."""
    steps = x.numpy()
    for forward, *reverse in layers:
        halves = [run_direction(steps, *(a.numpy() for a in forward))]
        halves += [run_direction(steps[::-1], *(a.numpy() for a in w))[::-1] for w in reverse]
        steps = np.concatenate(halves, axis=-1)
    return torch.tensor(steps)


@pytest.mark.parametrize("case", PORTABLE, ids=str)
def test_the_arrays_for_keras_give_the_same_output_in_its_equations(case: Case) -> None:
    lstm, x = case.lstm(), torch.randn(9, 4, H_IN, dtype=torch.float64)
    count = 3 if case.bias else 2
    layers = [
        [arrays[d : d + count] for d in range(0, len(arrays), count)] for arrays in to_keras(lstm)
    ]
    assert [len(row) for row in layers] == [2 if case.bidirectional else 1] * case.num_layers
    assert_close(stack(run_keras, layers, x), run(lstm, x)[0], rtol=0, atol=1e-12)


@pytest.mark.parametrize("case", PORTABLE, ids=str)
def test_the_arrays_for_onnx_give_the_same_output_in_its_equations(case: Case) -> None:
    lstm, x = case.lstm(), torch.randn(9, 4, H_IN, dtype=torch.float64)
    names = ["W", "R", "B"] if case.bias else ["W", "R"]
    layers = []
    for arrays in to_onnx(lstm):
        assert list(arrays) == names
        directions = range(2 if case.bidirectional else 1)
        layers.append([[arrays[name][d] for name in names] for d in directions])
    assert_close(stack(run_onnx, layers, x), run(lstm, x)[0], rtol=0, atol=1e-12)


@pytest.mark.parametrize("case", PORTABLE, ids=str)
def test_round_trips_are_exact(case: Case) -> None:
    lstm, target = case.lstm(), case.lstm()
    from_onnx(target, to_onnx(lstm))
    assert_same(target, lstm)
    keras = to_keras(lstm)
    from_keras(target, keras)
    assert_close(to_keras(target), keras, rtol=0, atol=0)
    x = torch.randn(9, 4, H_IN, dtype=torch.float64)
    assert_close(run(target, x), run(lstm, x), rtol=0, atol=1e-12)


@pytest.mark.parametrize("case", PORTABLE, ids=str)
def test_what_is_exported_is_a_copy(case: Case) -> None:
    lstm, same = case.lstm(), case.lstm()
    same.load_state_dict(lstm.state_dict())
    for array in [a for row in to_keras(lstm) for a in row]:
        assert not array.requires_grad
        array.fill_(7)
    for array in [a for row in to_onnx(lstm) for a in row.values()]:
        assert not array.requires_grad
        array.fill_(7)
    assert_same(lstm, same)


def bad_keras(**change: Any) -> Any:
    kernel, recurrent, bias = torch.zeros(3, 20), torch.zeros(5, 20), torch.zeros(20)
    arrays = {"kernel": kernel, "recurrent": recurrent, "bias": bias} | change
    return [[array for array in arrays.values() if array is not None]]


BAD_KERAS: dict[str, tuple[type[Exception], Any]] = {
    "layers: expected a list of 1, got a tensor of shape (3, 20). Give the arrays of each": (
        (TypeError, torch.zeros(3, 20))
    ),
    "layers: expected a list of 1, got a list of 2. Give": (ShapeError, bad_keras() * 2),
    "layers[0]: expected a list of 3, got a list of 2. Give kernel, recurrent": (
        (ShapeError, bad_keras(bias=None))
    ),
    "layers[0]: expected a list of 3, got None. Give kernel": (TypeError, [None]),
    "layers[0][0]: expected (H_in, 4 * H_cell) = (3, 20), got (20, 3). Its last two axes are "
    "exchanged: layers[0][0].mT.": (ShapeError, bad_keras(kernel=torch.zeros(20, 3))),
    "layers[0][1]: expected (H_cell, 4 * H_cell) = (5, 20), got (6, 24). Compare input_size": (
        (ShapeError, bad_keras(recurrent=torch.zeros(6, 24)))
    ),
    "layers[0][2]: expected (4 * H_cell,) = (20,), got (2, 20). Compare": (
        (ShapeError, bad_keras(bias=torch.zeros(2, 20)))
    ),
    "layers[0][0]: expected a tensor, got numpy.ndarray. Convert it: torch.from_numpy(array).": (
        (TypeError, bad_keras(kernel=np.zeros((3, 20))))
    ),
    "layers[0][2]: expected dtype torch.float32, got torch.float64. Convert it": (
        (TypeError, bad_keras(bias=torch.zeros(20, dtype=torch.float64)))
    ),
    "layers[0][1]: expected device cpu, got meta. Move it": (
        (ValueError, bad_keras(recurrent=torch.zeros(5, 20, device="meta")))
    ),
}


@pytest.mark.parametrize(("text", "case"), BAD_KERAS.items())
def test_arrays_of_keras_that_do_not_fit_change_nothing(
    text: str, case: tuple[type[Exception], Any]
) -> None:
    error, layers = case
    lstm, same = nn.LSTM(3, 5), nn.LSTM(3, 5)
    same.load_state_dict(lstm.state_dict())
    with pytest.raises(error, match="^" + re.escape(text)):
        from_keras(lstm, layers)
    assert_same(lstm, same)


GOOD_ONNX = {"W": torch.zeros(1, 20, 3), "R": torch.zeros(1, 20, 5), "B": torch.zeros(1, 40)}
BAD_ONNX: dict[str, tuple[type[Exception], Any]] = {
    "layers: expected a list of 1, got dict. Give W, R and B": (TypeError, GOOD_ONNX),
    "layers[0]: expected a mapping with W, R, B, got a list of 0. B is": (TypeError, [[]]),
    "layers[0]: expected a mapping with W, R, B, got W. B is there unless": (
        (ValueError, [{"W": GOOD_ONNX["W"]}])
    ),
    "layers[0]: expected a mapping with W, R, B, got none. B": (ValueError, [{}]),
    "layers[0]['B']: expected (D, 8 * H_cell) = (1, 40), got (1, 20). Compare": (
        (ShapeError, [GOOD_ONNX | {"B": torch.zeros(1, 20)}])
    ),
    "layers[0]['W']: expected (D, 4 * H_cell, H_in) = (1, 20, 3), got (1, 3, 20). Its last": (
        (ShapeError, [GOOD_ONNX | {"W": torch.zeros(1, 3, 20)}])
    ),
}


@pytest.mark.parametrize(("text", "case"), BAD_ONNX.items())
def test_arrays_of_onnx_that_do_not_fit_change_nothing(
    text: str, case: tuple[type[Exception], Any]
) -> None:
    error, layers = case
    lstm, same = nn.LSTM(3, 5), nn.LSTM(3, 5)
    same.load_state_dict(lstm.state_dict())
    with pytest.raises(error, match="^" + re.escape(text)):
        from_onnx(lstm, layers)
    assert_same(lstm, same)


def test_a_projection_fits_neither_keras_nor_onnx() -> None:
    lstm = nn.LSTM(H_IN, H_CELL, proj_size=PROJ)
    for library, functions in {
        "Keras": (to_keras, lambda lstm: from_keras(lstm, [])),
        "ONNX": (to_onnx, lambda lstm: from_onnx(lstm, [])),
    }.items():
        text = f"lstm: expected proj_size=0, got proj_size={PROJ}. {library} has no projection"
        for function in functions:
            with pytest.raises(ValueError, match=f"^{text}"):
                function(lstm)


# --- all -------------------------------------------------------------------------------------

READ = (lambda lstm: gate_blocks(lstm, "bias_ih_l0"), to_keras, to_onnx)
WRITE = (
    lambda lstm: set_forget_bias(lstm, 1.0),
    init_orthogonal,
    init_xavier,
    lambda lstm: from_keras(lstm, bad_keras()),
    lambda lstm: from_onnx(lstm, [GOOD_ONNX]),
)


@pytest.mark.parametrize("function", READ + WRITE)
@pytest.mark.parametrize(
    ("name", "shape", "change"),
    [
        ("weight_hh_l0", (5, 20), "It is transposed: give weight_hh_l0.T."),
        ("weight_ih_l0", (20, 4), "Assign it under torch.no_grad() with copy_, which refuses"),
        ("bias_hh_l0", (5,), "Assign it under torch.no_grad() with copy_, which refuses"),
    ],
)
def test_a_parameter_of_another_shape_is_found(
    name: str, shape: tuple[int, ...], change: str, function: Callable[[nn.LSTM], Any]
) -> None:
    """torch takes it, and for weights on a CPU returns garbage."""
    lstm = nn.LSTM(3, 5)
    expected = tuple(lstm.get_parameter(name).shape)
    setattr(lstm, name, nn.Parameter(torch.zeros(shape)))
    text = f"{name}: expected shape {expected}, got {shape}. {change}"
    with pytest.raises(ShapeError, match="^" + re.escape(text)):
        function(lstm)


@pytest.mark.parametrize("function", READ + WRITE)
def test_what_is_no_lstm_has_no_gates(function: Callable[[Any], Any]) -> None:
    with pytest.raises(TypeError, match=r"^lstm: expected an nn\.LSTM, got nn\.GRU\."):
        function(nn.GRU(3, 5))


@pytest.mark.parametrize("function", WRITE)
@pytest.mark.parametrize(
    "compute", [weight_norm, lambda lstm, name: prune.random_unstructured(lstm, name, amount=0.5)]
)
def test_a_write_that_would_be_lost_is_refused(
    compute: Callable[[nn.LSTM, str], Any], function: Callable[[nn.LSTM], Any]
) -> None:
    lstm = nn.LSTM(3, 5)
    compute(lstm, "weight_hh_l0")
    text = "weight_hh_l0: expected a parameter, got a value that is computed from others. Remove"
    with pytest.raises(ValueError, match=f"^{text}"):
        function(lstm)


def test_of_the_24_orders_only_one_is_that_of_torch() -> None:
    lstm, x = nn.LSTM(3, 5, dtype=torch.float64), torch.randn(7, 4, 3).double()
    right = []
    for order in map("".join, itertools.permutations("ifgo")):
        arrays = [
            reorder_gates(array, source=order, target="ifgo", axis=-1)
            for array in to_keras(lstm)[0]
        ]
        found = stack(run_keras, [[arrays]], x)
        if torch.allclose(found, lstm(x)[0], rtol=0, atol=1e-9):
            right.append(order)
    assert right == ["ifgo"]


def test_torch_itself_runs_weights_of_another_shape() -> None:
    """The reason for the checks; where torch refuses some day, they can go."""
    lstm = nn.LSTM(4, 8)
    lstm.weight_ih_l0 = nn.Parameter(torch.zeros(32, 3))
    output, _ = lstm(torch.zeros(2, 1, 4))
    assert output.shape == (2, 1, 8)
