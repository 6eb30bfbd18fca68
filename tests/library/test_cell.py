"""The equations against torch, in values and gradients."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor, nn
from torch.nn.utils.parametrizations import weight_norm
from torch.nn.utils.rnn import PackedSequence, pack_padded_sequence, pad_packed_sequence
from torch.testing import assert_close

from lstm_guide import ShapeError, lstm_forward, lstm_step, split_state, trace_steps
from lstm_guide.cell import Step, Trace

from .configurations import H_CELL, H_IN, LENGTHS, Case, L, N, cases, run
from .test_errors import assert_is_ours
from .test_errors import calls as calls_that_may_be_wrong

# 4 layouts, 1 to 3 layers, 1 or 2 directions, bias or none, projection or none: 96.
FLOAT64 = cases(torch.float64)
FLOAT32 = cases(torch.float32)


def tensors_of(output: Any, state: tuple[Tensor, Tensor]) -> list[Tensor]:
    """The results of a call, of packed output its rows."""
    return [output.data if isinstance(output, PackedSequence) else output, *state]


def leaves(lstm: nn.LSTM, x: Any, state: Any) -> list[Tensor]:
    """Everything that a gradient goes to."""
    data = x.data if isinstance(x, PackedSequence) else x
    return [data, *(state or ()), *lstm.parameters()]


def gradients(results: list[Tensor], inputs: list[Tensor]) -> tuple[Tensor, ...]:
    """Gradients of a sum in which every entry of every result has a weight of its own."""
    torch.manual_seed(1)
    loss = sum((torch.randn_like(tensor) * tensor).sum() for tensor in results)
    return torch.autograd.grad(loss, inputs)  # type: ignore[arg-type]


def with_gradient(x: Any, state: Any) -> tuple[Any, Any]:
    """The same input and state, made to record gradients."""
    if isinstance(x, PackedSequence):
        x = x._replace(data=x.data.requires_grad_())
    else:
        x.requires_grad_()
    return x, None if state is None else tuple(part.requires_grad_() for part in state)


def by_trace(lstm: nn.LSTM, x: Any, state: Any) -> tuple[Any, tuple[Tensor, Tensor]]:
    """What the module returns, read off a trace."""
    trace = trace_steps(lstm, x, state)
    steps = torch.cat(trace.h[-1].unbind(), dim=-1)  # (L, N, D * H_out)
    last = trace.mask.sum(0) - 1  # (N,)
    ends = [read_ends(part, last) for part in (trace.h, trace.c)]
    if isinstance(x, PackedSequence):
        packed = pack_padded_sequence(steps, last.add(1).cpu(), enforce_sorted=False)
        return packed, (ends[0], ends[1])
    flip = lstm.batch_first and steps.dim() == 3
    return steps.transpose(0, 1) if flip else steps, (ends[0], ends[1])


def read_ends(part: Tensor, last: Tensor) -> Tensor:
    """From (K, D, L, N, H) the last step forward and step 0 in reverse: (K * D, N, H)."""
    rows = []
    for layer in part:
        for d, steps in enumerate(layer):
            if d == 1:
                rows.append(steps[0])
            elif steps.dim() == 2:
                rows.append(steps[-1])
            else:
                rows.append(steps[last, torch.arange(len(last))])
    return torch.stack(rows)


WAYS = [lstm_forward, by_trace]
per_way = pytest.mark.parametrize("way", WAYS, ids=["lstm_forward", "trace_steps"])
with_state = pytest.mark.parametrize("given_state", [False, True], ids=["zeros", "given"])


# --- equal to nn.LSTM ------------------------------------------------------------------------


@per_way
@with_state
@pytest.mark.parametrize("case", FLOAT64, ids=str)
def test_values_and_gradients_equal_those_of_torch(
    case: Case, given_state: bool, way: Callable[..., Any]
) -> None:
    lstm = case.lstm()
    x, state = with_gradient(case.x(), case.state() if given_state else None)
    expected, found = tensors_of(*run(lstm, x, state)), tensors_of(*way(lstm, x, state))
    assert_close(found, expected, rtol=0, atol=1e-12)
    inputs = leaves(lstm, x, state)
    for mine, theirs in zip(gradients(found, inputs), gradients(expected, inputs), strict=True):
        assert_close(mine, theirs, rtol=0, atol=1e-12 * max(1, theirs.abs().max().item()))


@per_way
@pytest.mark.parametrize("case", FLOAT32, ids=str)
def test_in_float32_they_are_equal_up_to_rounding(case: Case, way: Callable[..., Any]) -> None:
    lstm = case.lstm()
    x, state = with_gradient(case.x(), case.state())
    expected, found = tensors_of(*run(lstm, x, state)), tensors_of(*way(lstm, x, state))
    for mine, theirs in zip(found, expected, strict=True):
        size = theirs.abs().clamp(min=1)  # h is below 1; c is compared with its size
        assert ((mine - theirs).abs() / size).max() < 1e-6
    inputs = leaves(lstm, x, state)
    for mine, theirs in zip(gradients(found, inputs), gradients(expected, inputs), strict=True):
        assert (mine - theirs).abs().max() <= 1e-5 * theirs.abs().max()


@st.composite
def calls(draw: Callable[..., Any]) -> tuple[nn.LSTM, Any, Any]:
    """A module and a call that fits it, in any layout."""
    L, N, H_in, H_out, more = (draw(st.integers(1, 12)) for _ in range(5))
    projected, bidirectional, bias = (draw(st.booleans()) for _ in range(3))
    layout = draw(st.sampled_from(["time first", "batch first", "unbatched", "packed"]))
    lstm = nn.LSTM(
        H_in,
        H_out + more if projected else H_out,
        num_layers=draw(st.integers(1, 3)),
        bias=bias,
        batch_first=layout == "batch first",
        bidirectional=bidirectional,
        proj_size=H_out if projected else 0,
        dtype=torch.float64,
    )
    size = draw(st.sampled_from([0.1, 1.0, 100.0]))  # 100: gates that are all but 0 or 1
    sizes = {"batch first": (N, L, H_in), "unbatched": (L, H_in)}.get(layout, (L, N, H_in))
    x: Any = size * torch.randn(sizes, dtype=torch.float64)
    rows = (lstm.num_layers * (1 + bidirectional), *(() if layout == "unbatched" else (N,)))
    state = [torch.randn(*rows, H, dtype=torch.float64) for H in (H_out, lstm.hidden_size)]
    if layout == "packed":
        lengths = draw(st.lists(st.integers(1, L), min_size=N, max_size=N))
        x = pack_padded_sequence(x, lengths, enforce_sorted=False)
    return lstm, x, tuple(state) if draw(st.booleans()) else None


@settings(max_examples=60)
@given(call=calls())
def test_random_calls_equal_those_of_torch(call: tuple[nn.LSTM, Any, Any]) -> None:
    lstm, x, state = call
    x, state = with_gradient(x, state)
    expected = tensors_of(*run(lstm, x, state))
    inputs = leaves(lstm, x, state)
    reference = gradients(expected, inputs)
    for way in WAYS:
        found = tensors_of(*way(lstm, x, state))
        for mine, theirs in zip(found, expected, strict=True):
            assert_close(mine, theirs, rtol=1e-12, atol=1e-12)
        for mine, theirs in zip(gradients(found, inputs), reference, strict=True):
            assert_close(mine, theirs, rtol=0, atol=1e-12 * max(1, theirs.abs().max().item()))


@per_way
@pytest.mark.parametrize("layout", ["time first", "batch first", "unbatched", "packed"])
@pytest.mark.parametrize("training", [True, False])
def test_dropout_is_that_of_torch_under_the_same_seed(
    training: bool, layout: str, way: Callable[..., Any]
) -> None:
    case = Case(layout, num_layers=3, bidirectional=True)
    lstm, x = nn.LSTM(**case.arguments, dropout=0.5, dtype=torch.float64).train(training), case.x()
    torch.manual_seed(3)
    expected = tensors_of(*run(lstm, x))
    torch.manual_seed(3)
    assert_close(tensors_of(*way(lstm, x, None)), expected, rtol=0, atol=1e-12)


@per_way
def test_bfloat16_runs_and_is_close(way: Callable[..., Any]) -> None:
    case = Case("batch first", torch.bfloat16, num_layers=2, bidirectional=True)
    lstm, x = case.lstm(), case.x()
    found = tensors_of(*way(lstm, x, None))
    assert {tensor.dtype for tensor in found} == {torch.bfloat16}
    assert_close(found, tensors_of(*run(lstm, x)), rtol=0, atol=3e-2)


@per_way
@pytest.mark.parametrize("case", [Case("packed", num_layers=2, bidirectional=True)], ids=str)
def test_packed_output_comes_back_in_the_form_of_the_input(
    case: Case, way: Callable[..., Any]
) -> None:
    lstm, x = case.lstm(), case.x()
    output, expected = way(lstm, x, None)[0], run(lstm, x)[0]
    assert_close(list(output), list(expected), rtol=0, atol=1e-12)
    in_order = pack_padded_sequence(torch.randn(L, 3, H_IN).double(), [9, 4, 4])
    output, expected = lstm_forward(lstm, in_order)[0], run(lstm, in_order)[0]
    assert isinstance(output, PackedSequence)
    assert output.sorted_indices is None
    assert_close(list(output[:2]), list(expected[:2]), rtol=0, atol=1e-12)


@per_way
def test_weights_that_are_computed_from_others_are_followed(way: Callable[..., Any]) -> None:
    lstm, x = nn.LSTM(3, 5, dtype=torch.float64), torch.randn(7, 4, 3).double()
    weight_norm(lstm, "weight_hh_l0")
    assert_close(tensors_of(*way(lstm, x, None)), tensors_of(*lstm(x)), rtol=0, atol=1e-12)


@per_way
def test_layers_above_ten_are_told_apart(way: Callable[..., Any]) -> None:
    lstm, x = nn.LSTM(3, 2, num_layers=12, dtype=torch.float64), torch.randn(2, 1, 3).double()
    assert_close(tensors_of(*way(lstm, x, None)), tensors_of(*lstm(x)), rtol=0, atol=1e-12)


@pytest.mark.parametrize("case", cases(torch.float64, layouts=("time first",)), ids=str)
def test_nothing_that_is_given_is_written_to(case: Case) -> None:
    lstm, x, state = case.lstm(), case.x(), case.state()
    given_tensors = [x, *state, *lstm.parameters()]
    versions = [tensor._version for tensor in given_tensors]  # type: ignore[union-attr]
    lstm_forward(lstm, x, state)
    trace_steps(lstm, x, state)
    assert [tensor._version for tensor in given_tensors] == versions  # type: ignore[union-attr]


# --- one step --------------------------------------------------------------------------------


@pytest.mark.parametrize("batch", [(), (4,)], ids=["unbatched", "batched"])
@pytest.mark.parametrize("bias", [True, False])
def test_a_step_equals_the_cell_of_torch(bias: bool, batch: tuple[int, ...]) -> None:
    cell = nn.LSTMCell(3, 5, bias=bias, dtype=torch.float64)
    x_t, h, c = (torch.randn(*batch, size, dtype=torch.float64) for size in (3, 5, 5))
    step = lstm_step(x_t, h, c, *cell.parameters())
    assert_close((step.h, step.c), cell(x_t, (h, c)), rtol=0, atol=1e-12)


def test_the_gates_of_a_step_are_those_of_the_formulas() -> None:
    """Written out once more, one row of the weights at a time and without torch's functions."""
    x_t, h, c = (torch.randn(size, dtype=torch.float64) for size in (3, 2, 4))
    lstm = nn.LSTM(3, 4, proj_size=2, dtype=torch.float64)
    W, R, b, d, P = lstm.parameters()
    a = torch.stack([sum(W[r] * x_t) + sum(R[r] * h) + b[r] + d[r] for r in range(16)])
    step = lstm_step(x_t, h, c, W, R, b, d, P)
    i, f, o = (1 / (1 + torch.exp(-a[n : n + 4])) for n in (0, 4, 12))
    g = 1 - 2 / (1 + torch.exp(2 * a[8:12]))
    new_c = torch.stack([f[n] * c[n] + i[n] * g[n] for n in range(4)])
    new_h = torch.stack([sum(P[r] * o * torch.tanh(new_c)) for r in range(2)])
    assert_close(tuple(step), (i, f, g, o, new_c, new_h), rtol=0, atol=1e-12)


W = {
    "x_t": torch.zeros(4, 3),
    "h": torch.zeros(4, 5),
    "c": torch.zeros(4, 5),
    "weight_ih": torch.zeros(20, 3),
    "weight_hh": torch.zeros(20, 5),
    "bias_ih": torch.zeros(20),
    "bias_hh": torch.zeros(20),
}
BAD_STEPS: dict[str, tuple[type[Exception], dict[str, Any]]] = {
    "x_t: expected (N, H_in) or unbatched (H_in,), got (7, 4, 3). One step has no time axis": (
        (ShapeError, {"x_t": torch.zeros(7, 4, 3)})
    ),
    "x_t: expected a tensor, got None. Pass one step": (TypeError, {"x_t": None}),
    "x_t: expected a floating-point dtype, got torch.int64. Convert it": (
        (TypeError, {"x_t": torch.zeros(4, 3, dtype=torch.int64)})
    ),
    "h: expected (N, H_out) with N = 4, got (1, 4, 5). One layer and direction has no axis": (
        (ShapeError, {"h": torch.zeros(1, 4, 5)})
    ),
    "c: expected (N, H_cell) with N = 4, got (3, 5). One layer": (
        (ShapeError, {"c": torch.zeros(3, 5)})
    ),
    "h: expected (H_out,), as x_t is unbatched, got (4, 5). One": (
        (ShapeError, {"x_t": torch.zeros(3)})
    ),
    "h: expected the shape of c, (4, 5), got (4, 2). Only a projection": (
        (ShapeError, {"h": torch.zeros(4, 2)})
    ),
    "c: expected dtype torch.float32, got torch.float64. Convert it": (
        (TypeError, {"c": torch.zeros(4, 5, dtype=torch.float64)})
    ),
    "h: expected device cpu, got meta. Move it": (
        (ValueError, {"h": torch.zeros(4, 5, device="meta")})
    ),
    "weight_ih: expected shape (20, 3), got (3, 20). It is transposed": (
        (ShapeError, {"weight_ih": torch.zeros(3, 20)})
    ),
    "weight_hh: expected a tensor, got None. It has the name it has in the layer.": (
        (TypeError, {"weight_hh": None})
    ),
    "bias_ih: expected a tensor, got None. Give both biases, or neither.": (
        (TypeError, {"bias_ih": None})
    ),
    "bias_hh: expected a tensor, got None. Give both": (TypeError, {"bias_hh": None}),
    "bias_hh: expected dtype torch.float32, got torch.float64": (
        (TypeError, {"bias_hh": torch.zeros(20, dtype=torch.float64)})
    ),
    "h: expected fewer features than c, which has H_cell = 5, got (4, 5). The projection": (
        (ShapeError, {"weight_hr": torch.zeros(5, 5)})
    ),
}


@pytest.mark.parametrize(("text", "case"), BAD_STEPS.items())
def test_each_step_that_does_not_fit(
    text: str, case: tuple[type[Exception], dict[str, Any]]
) -> None:
    error, change = case
    with pytest.raises(error, match="^" + re.escape(text)):
        lstm_step(**W | change)


@settings(max_examples=150)
@given(
    changes=st.dictionaries(
        st.sampled_from([*W, "weight_hr"]),
        st.one_of(
            st.none(),
            st.lists(st.sampled_from([0, 2, 3, 4, 5, 20]), max_size=3).map(torch.zeros),
            st.sampled_from([torch.zeros(20, dtype=torch.bfloat16), torch.zeros(4, 3).long()]),
        ),
        max_size=3,
    )
)
def test_a_step_runs_or_is_refused_in_our_words(changes: dict[str, Any]) -> None:
    arguments = W | changes
    try:
        step = lstm_step(**arguments)
    except (TypeError, ValueError) as error:
        assert_is_ours(error)
    else:
        assert step.c.shape == arguments["c"].shape
        assert step.h.shape == arguments["h"].shape


# --- the trace -------------------------------------------------------------------------------


@pytest.mark.parametrize("case", FLOAT64, ids=str)
def test_a_trace_holds_the_steps_of_every_layer_and_direction(case: Case) -> None:
    """Every gate against ``lstm_step``, a sequence at a time, in the order of the caller."""
    lstm, x, state = case.lstm(), case.x(), case.state()
    trace, D = trace_steps(lstm, x, state), 2 if case.bidirectional else 1
    if isinstance(x, PackedSequence):
        padded, lengths = pad_packed_sequence(x)
    else:
        padded = x.transpose(0, 1) if case.layout == "batch first" else x
        lengths = torch.full((N,), L)
    sequences = [()] if padded.dim() == 2 else [(n,) for n in (1, 3, 6)]
    h_0, c_0 = split_state(lstm, state)
    weights = [
        [w for name, w in lstm.named_parameters() if name.endswith(f"_l{k}{end}")]
        for k in range(case.num_layers)
        for end in ("", "_reverse")[:D]
    ]
    for place in sequences:
        length = int(lengths[place]) if place else L
        below = padded[:length, *place]  # (length, H_in)
        for k in range(case.num_layers):
            outputs = []
            for d in range(D):
                h, c = h_0[k, d, *place], c_0[k, d, *place]
                rows = torch.zeros(length, h.size(-1), dtype=torch.float64)
                for t in range(length)[:: -1 if d else 1]:
                    step = one_step(below[t], h, c, weights[k * D + d], case)
                    h, c, rows[t] = step.h, step.c, step.h
                    found = [part[k, d, t, *place] for part in parts(trace)]
                    assert_close(found, list(step), rtol=0, atol=1e-12)
                outputs.append(rows)
            below = torch.cat(outputs, dim=-1)
        assert trace.mask[:length, *place].all()
        assert not trace.mask[length:, *place].any()
        assert not any(part[:, :, length:, *place].any() for part in parts(trace))


def one_step(x_t: Tensor, h: Tensor, c: Tensor, weights: list[Tensor], case: Case) -> Step:
    names = ["weight_ih", "weight_hh"] + (["bias_ih", "bias_hh"] if case.bias else [])
    names += ["weight_hr"] if case.proj_size else []
    with torch.no_grad():
        return lstm_step(x_t, h, c, **dict(zip(names, weights, strict=True)))


def parts(trace: Trace) -> list[Tensor]:
    return [getattr(trace, name) for name in Step._fields]


@pytest.mark.parametrize("length", [*range(1, 11), 49, 50])
def test_c_is_carried_over_every_length(length: int) -> None:
    lstm, x = nn.LSTM(3, 5, dtype=torch.float64), torch.randn(length, 4, 3).double()
    state = (torch.randn(1, 4, 5).double(), 100 * torch.randn(1, 4, 5).double())
    trace, expected = trace_steps(lstm, x, state), []
    for x_t in x:
        _, state = lstm(x_t[None], state)
        expected.append(state[1][0])
    assert_close(trace.c[0, 0], torch.stack(expected), rtol=0, atol=1e-12)


def test_a_broken_value_shows_from_its_step_on_and_in_its_sequence_only() -> None:
    lstm, x = nn.LSTM(3, 5, num_layers=2), torch.randn(20, 4, 3)
    x[12, 1] = torch.nan
    broken = trace_steps(lstm, x).c.isnan()  # (2, 1, 20, 4, 5)
    assert broken[:, :, 12:, 1].all()
    assert broken.sum() == broken[:, :, 12:, 1].sum()


def test_two_traces_are_compared_as_objects_and_raise_nothing() -> None:
    lstm, x = nn.LSTM(3, 5), torch.rand(7, 4, 3)
    one, other = trace_steps(lstm, x), trace_steps(lstm, x)
    assert one != other


def test_a_trace_prints_shapes_and_no_values() -> None:
    lstm = nn.LSTM(H_IN, H_CELL, num_layers=3, bidirectional=True, proj_size=7)
    assert repr(trace_steps(lstm, torch.randn(L, N, H_IN))) == (
        f"i, f, g, o, c: (K, D, L, N, H_cell) = (3, 2, {L}, {N}, {H_CELL})\n"
        f"h:             (K, D, L, N, H_out) = (3, 2, {L}, {N}, 7)\n"
        f"mask:          (L, N) = ({L}, {N})"
    )
    assert repr(trace_steps(lstm, torch.randn(L, H_IN))) == (
        f"i, f, g, o, c: (K, D, L, H_cell) = (3, 2, {L}, {H_CELL})\n"
        f"h:             (K, D, L, H_out) = (3, 2, {L}, 7)\n"
        f"mask:          (L,) = ({L},)"
    )


def test_the_backward_pass_of_the_loop_does_not_index_time() -> None:
    """Indexing adds a gradient of the size of x for every step: quadratic in L."""
    x = torch.randn(30, 4, 3, requires_grad=True)
    output, _ = lstm_forward(nn.LSTM(3, 5), x)
    assert isinstance(output, Tensor)
    nodes, names = [output.grad_fn], set()
    while nodes:
        node = nodes.pop()
        if node is not None and node not in names:
            names.add(node)
            nodes += [parent for parent, _ in node.next_functions]
    kinds = {node.name() for node in names}
    assert "UnbindBackward0" in kinds
    assert not kinds & {"SelectBackward0", "IndexBackward0"}


# --- what is refused -------------------------------------------------------------------------

FUNCTIONS = [lstm_forward, trace_steps]
per_function = pytest.mark.parametrize("function", FUNCTIONS)


@per_function
def test_calls_that_do_not_fit_are_refused(function: Callable[..., Any]) -> None:
    lstm, x = nn.LSTM(3, 5), torch.zeros(7, 4, 3)
    with pytest.raises(TypeError, match=r"^lstm: expected an nn\.LSTM, got nn\.GRU\."):
        function(nn.GRU(3, 5), x)
    with pytest.raises(ShapeError, match=r"^x: expected \(L, N, H_in\) or"):
        function(lstm, torch.zeros(7, 4, 2))
    with pytest.raises(TypeError, match=r"^x: expected a tensor, got a tuple of 3\."):
        function(lstm, (7, 4, 3), (torch.zeros(1, 4, 5), torch.zeros(1, 4, 5)))
    with pytest.raises(ShapeError, match=r"^h_0: expected \(K \* D, N, H_out\) = \(1, 4, 5\)"):
        function(lstm, x, (torch.zeros(4, 1, 5), torch.zeros(4, 1, 5)))
    with pytest.raises(TypeError, match=r"^state: expected the pair"):
        function(lstm, x, torch.zeros(1, 4, 5))


@per_function
def test_weights_of_another_shape_are_refused_before_torch_runs_them(
    function: Callable[..., Any],
) -> None:
    lstm = nn.LSTM(3, 5)
    lstm.weight_hh_l0 = nn.Parameter(torch.zeros(5, 20))
    with pytest.raises(ShapeError, match=r"^weight_hh_l0: expected shape \(20, 5\), got \(5, 20\)"):
        function(lstm, torch.zeros(7, 4, 3))


@settings(max_examples=100)
@given(call=calls_that_may_be_wrong())
def test_a_call_runs_or_is_refused_in_our_words(call: tuple[nn.LSTM, Any, Any]) -> None:
    lstm, x, state = call
    for function in FUNCTIONS:
        try:
            function(lstm, x, state)
        except (TypeError, ValueError) as error:
            assert_is_ours(error)
        else:
            run(lstm, x, state)


def test_lengths_of_the_grid_are_not_sorted() -> None:
    """Else the order of the caller would not be tested."""
    assert sorted(LENGTHS, reverse=True) != LENGTHS
