"""Each text of an error, and agreement with torch on what is an error."""

from __future__ import annotations

import re
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor, nn
from torch.nn.utils.rnn import PackedSequence, pack_padded_sequence

from lstm_guide import (
    ShapeError,
    bridge,
    call_shapes,
    describe,
    detach_state,
    errors,
    final_state,
    parameter_count,
    parameter_shapes,
    reset_rows,
    split_state,
    zero_state,
)
from lstm_guide.shapes import Config, state_shapes

from .configurations import run
from .test_shapes import assert_predicts

# --- texts -----------------------------------------------------------------------------------


def exactly(text: str) -> str:
    """A pattern for texts that begin with this one."""
    return "^" + re.escape(text)


def pack(x: Tensor, *lengths: int) -> PackedSequence:
    return pack_padded_sequence(x, list(lengths), enforce_sorted=False)


def zeros(*shape: int) -> Tensor:
    return torch.zeros(shape)


class Tagger(nn.Module):
    """A model with two layers of interest."""

    def __init__(self) -> None:
        super().__init__()
        self.encoder = nn.LSTM(3, 5)
        self.stack = nn.Sequential(nn.Linear(3, 3), nn.LSTM(3, 5))


NOT_LSTM = {
    "got nn.GRU. There is no nn.LSTM in it; GRU and RNN": nn.GRU(3, 5),
    "got nn.LSTMCell. The cell does one step of one layer": nn.LSTMCell(3, 5),
    "got Tagger. Pass the layer inside: model.encoder or model.stack[1].": Tagger(),
    "got nn.Sequential. Pass the layer inside: model[0].": nn.Sequential(nn.LSTM(3, 5)),
    "got the class LSTM. Pass a layer, nn.LSTM(input_size, hidden_size)": nn.LSTM,
    "got None. Pass the layer itself.": None,
    "got numpy.ndarray. Pass the layer itself.": np.zeros(3),
}


@pytest.mark.parametrize(("text", "lstm"), NOT_LSTM.items())
def test_what_is_no_lstm_is_named(text: str, lstm: Any) -> None:
    x, state = zeros(7, 4, 3), (zeros(1, 4, 5), zeros(1, 4, 5))
    for function in (
        lambda: call_shapes(lstm, x),
        lambda: state_shapes(lstm, N=4),
        lambda: parameter_shapes(lstm),
        lambda: parameter_count(lstm),
        lambda: describe(lstm, x),
        lambda: zero_state(lstm, x),
        lambda: split_state(lstm, state),
        lambda: final_state(lstm, state[0]),
        lambda: bridge(lstm, state),
    ):
        with pytest.raises(TypeError, match=exactly(f"lstm: expected an nn.LSTM, {text}")):
            function()


OPTIONS: dict[str, tuple[type[Exception], dict[str, Any]]] = {
    "an int of at least 1, got 5.0. Give a whole number.": (TypeError, {"hidden_size": 5.0}),
    "an int of at least 1, got True. Give a whole number.": (TypeError, {"num_layers": True}),
    "an int of at least 1, got 0. Give 1 or more.": (ValueError, {"input_size": 0}),
    "an int of at least 0, got -1. Give 0 or more.": (ValueError, {"proj_size": -1}),
    "less than hidden_size = 5, got 5. The projection": (ValueError, {"proj_size": 5}),
    "True or False, got 1. Give one of the two": (TypeError, {"bidirectional": 1}),
}


@pytest.mark.parametrize(("text", "case"), OPTIONS.items())
def test_each_option_out_of_range(text: str, case: tuple[type[Exception], dict[str, Any]]) -> None:
    error, option = case
    (name,) = option
    with pytest.raises(error, match=exactly(f"{name}: expected {text}")):
        Config(**{"input_size": 3, "hidden_size": 5} | option)


@pytest.mark.parametrize(("error", "N"), [(TypeError, 4.0), (ValueError, -1)])
def test_the_batch_of_a_state_is_a_whole_number(error: type[Exception], N: Any) -> None:
    with pytest.raises(error, match=f"^N: expected an int of at least 0, got {N}. Give"):
        state_shapes(Config(3, 5), N=N)


NOT_INPUT = {
    "a list of 2. Make one tensor: torch.stack(x)": [1.0, 2.0],
    "numpy.ndarray. Convert it: torch.from_numpy": np.zeros((7, 4, 3)),
    "a tuple of 2. nn.LSTM returns (output, (h_n, c_n))": nn.LSTM(5, 3)(zeros(7, 4, 5)),
    "a tuple of 3. Convert it to a tensor first.": (7, 4.0, 3),
    "None. Convert it to a tensor first.": None,
}


@pytest.mark.parametrize(("text", "x"), NOT_INPUT.items())
def test_what_is_no_input_is_named(text: str, x: Any) -> None:
    expected = "x: expected a tensor, a PackedSequence or a tuple of sizes"
    with pytest.raises(TypeError, match=exactly(f"{expected}, got {text}")):
        call_shapes(nn.LSTM(3, 5), x)


OTHER_KIND = {
    "a dense tensor, got layout torch.sparse_coo. Use x.to_dense()": zeros(7, 4, 3).to_sparse(),
    "dtype torch.float32, got torch.int64. Convert it: x.to(torch.float32). Ids of words": (
        torch.zeros(7, 4, dtype=torch.int64)
    ),
    "dtype torch.float32, got torch.bool. Convert it: x.to": zeros(7, 4, 3) > 0,
    "dtype torch.float32, got torch.float64. Convert it: x.to(torch.float32). Or convert the layer:"
    " lstm.to(torch.float64).": zeros(7, 4, 3).double(),
    "dtype torch.float32, got torch.float16. Convert it": pack(zeros(7, 2, 3).half(), 7, 4),
}


@pytest.mark.parametrize(("text", "x"), OTHER_KIND.items())
def test_each_input_of_another_kind(text: str, x: Tensor | PackedSequence) -> None:
    with pytest.raises(TypeError, match=exactly(f"x: expected {text}")):
        call_shapes(nn.LSTM(3, 5), x)


@pytest.mark.filterwarnings("ignore:The PyTorch API of nested tensors is in prototype stage")
@pytest.mark.parametrize("layout", [torch.strided, torch.jagged])
def test_nested_input_is_refused_in_both_layouts(layout: torch.layout) -> None:
    x = torch.nested.nested_tensor([zeros(7, 3), zeros(4, 3)], layout=layout)
    text = "x: expected a dense tensor, got a nested tensor. Use x.to_dense(), or pad_sequence"
    with pytest.raises(TypeError, match=exactly(text)):
        call_shapes(nn.LSTM(3, 5), x)


def test_input_on_another_device() -> None:
    text = "x: expected device cpu, got meta. Move it, x.to('cpu'), or make it there."
    with pytest.raises(ValueError, match=exactly(text)):
        call_shapes(nn.LSTM(3, 5), zeros(7, 4, 3).to("meta"))


OTHER_SIZES: dict[str, Any] = {
    "(). Add the axis that is missing: x.unsqueeze(-1)": zeros(),
    "(3,). Add the axis that is missing: x.unsqueeze(-1)": zeros(3),
    "(7, 4, 2, 3). Join the trailing axes into one feature axis: x.flatten(2).": zeros(7, 4, 2, 3),
    "(7, 4, 6). Build the layer with input_size=6, or give each step 3 features.": zeros(7, 4, 6),
    "(7, 3, 4). Axis 1 has size 3: if it holds the features, x.movedim(1, -1)": zeros(7, 3, 4),
    "(3, 7, 4). Axis 0 has size 3: if it holds the features, x.movedim(0, -1)": zeros(3, 7, 4),
    "(3, 7). Axis 0 has size 3: if it holds the features, x.movedim(0, -1)": zeros(3, 7),
    "(0, 4, 3). L must be at least 1: look for an empty": zeros(0, 4, 3),
    "(7, 0, 3). N must be at least 1: look for an empty": zeros(7, 0, 3),
    "(7, 4, -3). H_in must be at least 1: look for an empty": (7, 4, -3),
}


@pytest.mark.parametrize(("text", "x"), OTHER_SIZES.items())
def test_each_input_of_other_sizes(text: str, x: Any) -> None:
    expected = "x: expected (L, N, H_in) or unbatched (L, H_in) with H_in = 3"
    with pytest.raises(ShapeError, match=exactly(f"{expected}, got {text}")):
        call_shapes(nn.LSTM(3, 5), x)


OTHER_PACKED = {
    "(sum(lengths), H_in) with H_in = 3, got (7,). The packed tensor had no feature axis": (
        pack(zeros(4, 2), 4, 3)
    ),
    "(sum(lengths), H_in) with H_in = 3, got (0, 3). sum(lengths) must be at least 1": (
        PackedSequence(zeros(0, 3), torch.tensor([0]))
    ),
    "a row for each step, sum(lengths) = 16, got 12 rows. A length was greater": (
        pack(zeros(5, 3, 3), 9, 4, 3)
    ),
    "batch_sizes that never rise, got [1, 2]. Make it with pack_padded_sequence": (
        PackedSequence(zeros(3, 3), torch.tensor([1, 2]))
    ),
}


@pytest.mark.parametrize(("text", "x"), OTHER_PACKED.items())
def test_each_packed_input_that_does_not_fit(text: str, x: PackedSequence) -> None:
    with pytest.raises(ShapeError, match=exactly(f"x: expected {text}")):
        call_shapes(nn.LSTM(3, 5), x)


def test_a_series_without_a_feature_axis_is_told_to_add_one() -> None:
    text = (
        "x: expected (N, L, H_in) or unbatched (L, H_in) with H_in = 1, got (4, 7). If its axes are"
    )
    with pytest.raises(ShapeError, match="^" + re.escape(text)):
        call_shapes(nn.LSTM(1, 5, batch_first=True), zeros(4, 7))


def test_whole_numbers_are_refused_without_weights_to_compare_with() -> None:
    text = (
        r"^x: expected a floating-point dtype, got torch.int64. Convert it: x.to\(torch.float32\)"
    )
    with pytest.raises(TypeError, match=text):
        call_shapes(Config(3, 5), torch.zeros(7, 4, 3, dtype=torch.int64))


h, c = zeros(2, 4, 5), zeros(2, 4, 6)
NOT_PAIR: dict[str, tuple[type[Exception], Any]] = {
    "a tensor of shape (2, 4, 5). h_0 alone is not enough": (TypeError, h),
    "a tensor of shape (2, 2, 4, 5). tuple(state) makes a pair": (TypeError, zeros(2, 2, 4, 5)),
    "dict. Pass both tensors in a tuple": (TypeError, {"h": h, "c": c}),
    "a tuple of 1. Two tensors hold the rows of all layers": (ShapeError, (h,)),
    "a list of 3. Two tensors hold the rows of all layers": (ShapeError, [h, c, c]),
    "(output, state). This is all that nn.LSTM returned": (TypeError, (zeros(4, 7, 5), (h, c))),
}


@pytest.mark.parametrize(("text", "case"), NOT_PAIR.items())
def test_what_is_no_pair_is_named(text: str, case: tuple[type[Exception], Any]) -> None:
    error, state = case
    lstm, x = nn.LSTM(3, 6, num_layers=2, proj_size=5), zeros(7, 4, 3)
    rows, expected = torch.tensor([0]), "state: expected the pair (h_0, c_0)"
    for function in (
        lambda: call_shapes(lstm, x, state=state),
        lambda: describe(lstm, x, state),
        lambda: split_state(lstm, state),
        lambda: bridge(lstm, state),
        lambda: detach_state(state),
        lambda: reset_rows(state, rows),
    ):
        with pytest.raises(error, match=exactly(f"{expected}, got {text}")):
            function()


H = "h_0: expected (K * D, N, H_out) = (2, 4, 5), got"
C = "c_0: expected (K * D, N, H_cell) = (2, 4, 6), got"
STATES: dict[str, tuple[type[Exception], tuple[Any, Any]]] = {
    "h_0: expected a tensor, got None. Make both with zero_state(lstm, x)": (TypeError, (None, c)),
    "c_0: expected a tensor, got None. Make both with zero_state(lstm, x)": (TypeError, (h, None)),
    "c_0: expected a tensor, got numpy.ndarray. Make both": (TypeError, (h, c.numpy())),
    "state: expected (K * D, N, H_out) = (2, 4, 5) and (K * D, N, H_cell) = (2, 4, 6), got "
    "(2, 4, 6) and (2, 4, 5). They stand in the other order": (ShapeError, (c, h)),
    f"{H} (4, 5). x has a batch, so the state has three axes": (ShapeError, (h[0], c[0])),
    f"{H} (4, 2, 5). This is batch first, and batch_first=True moves only x and output, not the "
    "state: h_0.transpose(0, 1).": (ShapeError, (h.transpose(0, 1), c)),
    f"{C} (4, 2, 6). This is batch first": (ShapeError, (h, c.transpose(0, 1))),
    f"{H} (1, 4, 5). Axis 0 has a row for each layer and direction, 2 in all; axis 1": (
        (ShapeError, (h[:1], c))
    ),
    f"{H} (2, 3, 5). The batch is 4: a state of another batch does not fit; make one with "
    "zero_state(lstm, x), or leave out a smaller last batch with drop_last=True.": (
        (ShapeError, (h[:, :3], c))
    ),
    f"{H} (2, 7, 5). 7 is the length of x: if x is in the other": (ShapeError, (zeros(2, 7, 5), c)),
    f"{H} (2, 4, 6). h has proj_size features, or hidden_size without": (ShapeError, (c, c)),
    f"{C} (2, 4, 5). c has hidden_size features, with or without": (ShapeError, (h, h)),
    f"{H} (1, 3, 5). Axis 0 has a row for each layer and direction, 2 in all; axis 1 is the batch, "
    "also with batch_first=True. The batch is 4": (ShapeError, (h[:1, :3], c)),
    "c_0: expected dtype torch.float32, got torch.float64. Convert it: c_0.to(torch.float32).": (
        (TypeError, (h, c.double()))
    ),
    "h_0: expected dtype torch.float32, got torch.int64. Convert it: h_0.to(torch.float32).": (
        (TypeError, (h.long(), c))
    ),
    "c_0: expected device cpu, got meta. Move it, c_0.to('cpu')": (ValueError, (h, c.to("meta"))),
}


@pytest.mark.parametrize(("text", "case"), STATES.items())
def test_each_state_that_does_not_fit(
    text: str, case: tuple[type[Exception], tuple[Any, Any]]
) -> None:
    error, state = case
    lstm = nn.LSTM(3, 6, num_layers=2, batch_first=True, proj_size=5)
    with pytest.raises(error, match=exactly(text)):
        call_shapes(lstm, zeros(4, 7, 3), state=state)


def test_a_state_without_layer_axis_is_told_how_to_add_it() -> None:
    state = (zeros(4, 5), zeros(4, 5))
    text = r"got \(4, 5\). The layer axis is there for one layer, too: h_0.unsqueeze\(0\)."
    with pytest.raises(ShapeError, match=text):
        call_shapes(nn.LSTM(3, 5), zeros(7, 4, 3), state=state)


def test_a_batched_state_for_unbatched_input_is_told_which_axis_to_drop() -> None:
    text = (
        r"\(K \* D, H_out\) = \(1, 5\), got \(1, 4, 5\). x is one unbatched sequence: h_0\[:, 0\]"
    )
    with pytest.raises(ShapeError, match=text):
        call_shapes(nn.LSTM(3, 5), zeros(7, 3), state=(zeros(1, 4, 5), zeros(1, 4, 5)))


def test_a_state_is_compared_with_the_input_where_there_are_no_weights() -> None:
    text = "c_0: expected dtype torch.float32, got torch.float64. Convert it"
    with pytest.raises(TypeError, match=exactly(text)):
        call_shapes(Config(3, 5), zeros(7, 4, 3), state=(zeros(1, 4, 5), zeros(1, 4, 5).double()))


def test_the_length_of_packed_input_is_no_hint_at_its_layout() -> None:
    x = pack(zeros(7, 2, 3), 7, 4)
    with pytest.raises(ShapeError, match=r"got \(1, 7, 5\). The batch is 2"):
        call_shapes(nn.LSTM(3, 5), x, state=(zeros(1, 7, 5), zeros(1, 7, 5)))


def test_a_list_of_two_tensors_is_a_state_as_it_is_for_torch() -> None:
    lstm, x, state = nn.LSTM(3, 5), zeros(7, 4, 3), [zeros(1, 4, 5), zeros(1, 4, 5)]
    assert_predicts(call_shapes(lstm, x, state=state), x, lstm(x, state))  # type: ignore[arg-type]


def test_a_shape_error_is_caught_as_a_value_error() -> None:
    assert issubclass(ShapeError, ValueError)


# --- agreement with torch --------------------------------------------------------------------

SIZES = st.integers(0, 4)
DTYPES = st.sampled_from([torch.float32] * 6 + [torch.float64, torch.bfloat16, torch.int64])
DEVICES = st.sampled_from(["cpu"] * 12 + ["meta"])


@st.composite
def tensors(draw: Callable[..., Any], *likely: int) -> Tensor:
    """A tensor of the likely sizes, or of these with axes changed, added, dropped or exchanged."""
    sizes = list(likely)
    for change in draw(st.lists(st.sampled_from(["size", "add", "drop", "swap"]), max_size=2)):
        if change == "add":
            sizes.insert(draw(st.integers(0, len(sizes))), draw(SIZES))
        elif sizes:
            axis = draw(st.integers(0, len(sizes) - 1))
            if change == "size":
                sizes[axis] = draw(SIZES)
            elif change == "drop":
                del sizes[axis]
            else:
                sizes.append(sizes.pop(axis))
    return torch.zeros(sizes, dtype=draw(DTYPES)).to(draw(DEVICES))


@st.composite
def states(draw: Callable[..., Any], rows: int, batch: int | None, h: int, c: int) -> Any:
    """A pair that is likely to fit, or something else."""
    leading = (rows,) if batch is None else (rows, batch)
    pair = [draw(tensors(*leading, h)), draw(tensors(*leading, c))]
    odd = [None, pair[0], pair[:1], [*pair, pair[1]], (None, None), (pair[0], pair), "state"]
    return draw(st.sampled_from([tuple(pair)] * 8 + [pair, pair[::-1], *odd]))


@st.composite
def calls(draw: Callable[..., Any]) -> tuple[nn.LSTM, Any, Any]:
    """A module, an input and a state, of which any may be wrong."""
    L, N, H_in, H_out, more = (draw(st.integers(1, 4)) for _ in range(5))
    projected, batch_first, bidirectional, batched = (draw(st.booleans()) for _ in range(4))
    lstm = nn.LSTM(
        H_in,
        H_out + more if projected else H_out,
        num_layers=draw(st.integers(1, 2)),
        batch_first=batch_first,
        bidirectional=bidirectional,
        proj_size=H_out if projected else 0,
    )
    leading = (L,) if not batched else (N, L) if batch_first else (L, N)
    x: Any = draw(tensors(*leading, H_in))
    odd = [[x], (x, x), None, 3, x.clone().requires_grad_(x.is_floating_point())]
    rows = lstm.num_layers * (1 + bidirectional)
    state = draw(states(rows, N if batched else None, H_out, lstm.hidden_size))
    return lstm, draw(st.sampled_from([x] * 12 + odd)), state


REFUSED_ON_PURPOSE = "N must be at least 1|state: expected the pair|c_0: expected dtype"


@settings(max_examples=200)
@given(call=calls())
def test_what_torch_takes_we_take_and_what_torch_refuses_we_refuse(
    call: tuple[nn.LSTM, Any, Any],
) -> None:
    lstm, x, state = call
    try:
        shapes = call_shapes(lstm, x, state=state)
    except (TypeError, ValueError) as error:
        assert_is_ours(error)
        if not re.search(REFUSED_ON_PURPOSE, str(error)):
            with pytest.raises((TypeError, ValueError, RuntimeError, AttributeError, IndexError)):
                run(lstm, x, state)
    else:
        assert_predicts(shapes, x, run(lstm, x, state))


@settings(max_examples=60)
@given(call=calls(), data=st.data())
def test_packed_input_that_we_take_runs_in_torch(
    call: tuple[nn.LSTM, Any, Any], data: st.DataObject
) -> None:
    """The reverse is not tried: torch does not check the state of packed input, and may crash."""
    lstm, _, state = call
    length, batch = data.draw(st.integers(1, 4)), data.draw(st.integers(1, 4))
    lengths = data.draw(st.lists(st.integers(1, length + 1), min_size=batch, max_size=batch))
    x = data.draw(tensors(length, batch, lstm.input_size))
    if x.dim() < 2 or 0 in x.shape or x.is_meta or x.size(1) != batch or x.size(0) < length:
        x = torch.zeros(length, batch, lstm.input_size)
    sequence = pack_padded_sequence(x, lengths, enforce_sorted=False)
    try:
        shapes = call_shapes(lstm, sequence, state=state)
    except (TypeError, ValueError) as error:
        assert_is_ours(error)
    else:
        assert_predicts(shapes, sequence, run(lstm, sequence, state))


def assert_is_ours(error: Exception) -> None:
    """The error was raised in the folder of the checks, and nowhere inside torch."""
    raised_in = traceback.extract_tb(error.__traceback__)[-1].filename
    assert Path(raised_in).parent == Path(str(errors.__file__)).parent, error
    assert re.match(r"\w+(\[.+\])?: expected .+, got .+\. .+\.$", str(error)), error


REFUSALS: dict[str, tuple[Tensor, Any]] = {
    "N must be at least 1": (zeros(7, 0, 3), None),
    "got a tensor of shape (2, 1, 4)": (zeros(7, 3), zeros(2, 1, 4)),
    "got a tuple of 3": (zeros(7, 3), (zeros(1, 4), zeros(1, 6), zeros(1, 6))),
    "c_0: expected dtype torch.float32, got torch.bfloat16": (
        (zeros(7, 3), (zeros(1, 4), zeros(1, 6).bfloat16()))
    ),
}


@pytest.mark.parametrize(("text", "case"), REFUSALS.items())
def test_torch_takes_what_the_guide_refuses_on_purpose(text: str, case: tuple[Tensor, Any]) -> None:
    x, state = case
    lstm = nn.LSTM(3, 4) if isinstance(state, Tensor) else nn.LSTM(3, 6, proj_size=4)
    run(lstm, x, state)
    with pytest.raises((ShapeError, TypeError), match=re.escape(text)):
        call_shapes(lstm, x, state=state)
