"""What the functions of states return, against what torch computes."""

from __future__ import annotations

import re
from typing import Any

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import Tensor, nn
from torch.nn.utils.rnn import PackedSequence, pad_packed_sequence
from torch.testing import assert_close

from lstm_guide import (
    ShapeError,
    bridge,
    detach_state,
    final_state,
    reset_rows,
    split_state,
    zero_state,
)

from .configurations import H_CELL, LENGTHS, Case, L, N, cases, run

FLOAT64 = cases(torch.float64)
BATCHED = [case for case in FLOAT64 if case.layout != "unbatched"]


def assert_untouched(*tensors: Tensor) -> None:
    """No tensor was written to since it was made."""
    assert [tensor._version for tensor in tensors] == [0] * len(tensors)


def time_first(case: Case, output: Any) -> Tensor:
    """The output as (L, N, D * H_out), or unbatched (L, D * H_out)."""
    if isinstance(output, PackedSequence):
        return pad_packed_sequence(output)[0]
    steps: Tensor = output
    return steps.transpose(0, 1) if case.layout == "batch first" else steps


# --- zero_state ------------------------------------------------------------------------------


@pytest.mark.parametrize("case", FLOAT64, ids=str)
def test_zero_state_is_what_a_call_without_state_starts_from(case: Case) -> None:
    lstm, x = case.lstm(), case.x()
    state = zero_state(lstm, x)
    assert_close(run(lstm, x, state), run(lstm, x), rtol=0, atol=0)
    assert all(tensor.dtype == case.dtype and not tensor.any() for tensor in state)
    assert not any(tensor.requires_grad for tensor in state)


def test_zero_state_has_the_dtype_of_the_input() -> None:
    lstm, x = nn.LSTM(3, 5, dtype=torch.bfloat16), torch.zeros(7, 4, 3, dtype=torch.bfloat16)
    assert [tensor.dtype for tensor in zero_state(lstm, x)] == [torch.bfloat16] * 2


def test_zero_state_is_made_on_the_device_of_the_input() -> None:
    h_0, c_0 = zero_state(nn.LSTM(3, 5, device="meta"), torch.zeros(7, 4, 3, device="meta"))
    assert h_0.is_meta
    assert c_0.is_meta


def test_zero_state_needs_more_than_sizes() -> None:
    text = "x: expected a tensor, got a tuple of 3. Sizes have no dtype and device"
    with pytest.raises(TypeError, match=f"^{text}"):
        zero_state(nn.LSTM(3, 5), (7, 4, 3))  # type: ignore[arg-type]


# --- split_state and final_state -------------------------------------------------------------


@pytest.mark.parametrize("case", FLOAT64, ids=str)
def test_split_state_gives_each_layer_its_own_state(case: Case) -> None:
    """Layer k alone, with its weights and the output of the layer below, ends in h[k] and c[k]."""
    lstm, x, state = case.lstm(), case.x(), case.state()
    h_n, c_n = split_state(lstm, run(lstm, x, state)[1])
    h_0, c_0 = split_state(lstm, state)
    for k in range(case.num_layers):
        names = [name for name, _ in lstm.named_parameters() if f"_l{k}" in name]
        weights = {name.replace(f"_l{k}", "_l0"): lstm.get_parameter(name) for name in names}
        arguments = case.arguments | {
            "num_layers": 1,
            "input_size": weights["weight_ih_l0"].size(1),
        }
        alone = nn.LSTM(**arguments, dtype=case.dtype)
        alone.load_state_dict(weights)
        x, (h, c) = run(alone, x, (h_0[k], c_0[k]))
        assert_close((h_n[k], c_n[k]), (h, c), rtol=0, atol=1e-12)


def last_step(case: Case, steps: Tensor) -> Tensor:
    """The last step of each sequence: (N, D * H_out), or unbatched (D * H_out,)."""
    if not case.is_packed:
        return steps[-1]
    return steps[torch.tensor(LENGTHS) - 1, torch.arange(N)]


@pytest.mark.parametrize("case", FLOAT64, ids=str)
def test_final_state_joins_both_directions_of_the_top_layer(case: Case) -> None:
    lstm, x = case.lstm(), case.x()
    output, state = run(lstm, x)
    steps, H_out = time_first(case, output), case.proj_size or H_CELL
    expected = last_step(case, steps)[..., :H_out]
    split, _ = split_state(lstm, state)
    assert_close(split[-1, 0], expected, rtol=0, atol=0)
    if case.bidirectional:
        assert_close(split[-1, 1], steps[0, ..., H_out:], rtol=0, atol=0)
        expected = torch.cat((expected, steps[0, ..., H_out:]), dim=-1)
    assert_close(final_state(lstm, state[0]), expected, rtol=0, atol=0)


def test_gradients_pass_final_state() -> None:
    lstm, x = nn.LSTM(3, 5, bidirectional=True, dtype=torch.float64), torch.randn(7, 4, 3).double()
    output, (h_n, _) = lstm(x)
    joined = torch.cat((output[-1, :, :5], output[0, :, 5:]), dim=-1)
    weights = list(lstm.parameters())
    expected = torch.autograd.grad(joined.square().sum(), weights, retain_graph=True)
    found = torch.autograd.grad(final_state(lstm, h_n).square().sum(), weights)
    assert_close(found, expected, rtol=0, atol=1e-12)


MISFITS = {
    "h_0: expected (K * D, N, H_out) = (2, 4, 7), got (1, 4, 7). Axis 0": (1, 4, 7),
    "h_0: expected (K * D, N, H_out) = (2, 4, 7), got (4, 2, 7). This is batch first": (4, 2, 7),
    "h_0: expected (K * D, N, H_out) = (2, 4, 7), got (2, 4, 6). h has": (2, 4, 6),
    "h_0: expected (K * D, H_out) = (2, 7), got (3, 7). Axis 0": (3, 7),
    "h_0: expected (K * D, H_out) = (2, 7), got (1, 2, 4, 7). x is": (1, 2, 4, 7),
}


@pytest.mark.parametrize(("text", "shape"), MISFITS.items())
def test_a_state_of_another_module_is_refused(text: str, shape: tuple[int, ...]) -> None:
    lstm, h, c = nn.LSTM(3, 11, 2, proj_size=7), torch.zeros(shape), torch.zeros(2, 4, 11)
    with pytest.raises(ShapeError, match="^" + re.escape(text)):
        split_state(lstm, (h, c))
    with pytest.raises(ShapeError, match="^" + re.escape(text.replace("h_0", "h_n"))):
        final_state(lstm, h)


def test_h_and_c_of_different_calls_are_refused() -> None:
    text = r"c_0: expected \(K \* D, N, H_cell\) = \(1, 4, 5\), got \(1, 3, 5\). The batch is 4"
    with pytest.raises(ShapeError, match=text):
        split_state(nn.LSTM(3, 5), (torch.zeros(1, 4, 5), torch.zeros(1, 3, 5)))


def test_final_state_of_a_pair_is_refused() -> None:
    text = r"h_n: expected a tensor, got a tuple of 2. Unpack the pair: output, \(h_n, c_n\) = lstm"
    with pytest.raises(TypeError, match=f"^{text}"):
        final_state(nn.LSTM(3, 5), (torch.zeros(1, 4, 5),) * 2)  # type: ignore[arg-type]


# --- detach_state ----------------------------------------------------------------------------


def test_detach_state_keeps_the_numbers_and_cuts_the_gradient() -> None:
    lstm, x = nn.LSTM(3, 5), torch.randn(7, 4, 3, requires_grad=True)
    _, state = lstm(x)
    cut = detach_state(state)
    assert_close(cut, tuple(tensor.data for tensor in state), rtol=0, atol=0)
    assert not any(tensor.requires_grad for tensor in cut)
    assert all(tensor.requires_grad for tensor in state)
    lstm(torch.randn(2, 4, 3), cut)[0].sum().backward()
    assert x.grad is None


# --- bridge ----------------------------------------------------------------------------------


@pytest.mark.parametrize("case", FLOAT64, ids=str)
def test_bridge_joins_the_directions_of_each_layer_for_a_decoder(case: Case) -> None:
    encoder, D = case.lstm(), 2 if case.bidirectional else 1
    _, state = run(encoder, case.x())
    joined = bridge(encoder, state)
    for old, new in zip(state, joined, strict=True):
        layers = [old[k * D : k * D + D] for k in range(case.num_layers)]
        assert_close(new, torch.stack([torch.cat(list(rows), dim=-1) for rows in layers]))
    proj_size = D * case.proj_size
    decoder = nn.LSTM(3, D * H_CELL, case.num_layers, proj_size=proj_size, dtype=case.dtype)
    x = torch.randn(*((L,) if case.layout == "unbatched" else (L, N)), 3, dtype=case.dtype)
    output, _ = run(decoder, x, joined)
    assert output.shape == (*x.shape[:-1], proj_size or D * H_CELL)


# --- reset_rows ------------------------------------------------------------------------------


@pytest.mark.parametrize("case", BATCHED, ids=str)
def test_reset_rows_start_afresh_and_the_others_go_on(case: Case) -> None:
    lstm, x, state, rows = case.lstm(), case.x(), case.state(), torch.tensor([0, 3, 6])
    found = time_first(case, run(lstm, x, reset_rows(state, rows))[0])
    afresh = time_first(case, run(lstm, x)[0])
    on = time_first(case, run(lstm, x, state)[0])
    kept = torch.tensor([1, 2, 4, 5, 7])
    assert_close(found[:, rows], afresh[:, rows], rtol=0, atol=1e-12)
    assert_close(found[:, kept], on[:, kept], rtol=0, atol=1e-12)
    assert_untouched(*state)


@given(chosen=st.lists(st.integers(-4, 3), max_size=6))
def test_rows_are_chosen_by_number_or_by_mask(chosen: list[int]) -> None:
    state, rows = (torch.ones(2, 4, 5), torch.ones(2, 4, 7)), torch.tensor(chosen).long()
    mask = torch.tensor([n in chosen or n - 4 in chosen for n in range(4)])
    by_number, by_mask = reset_rows(state, rows), reset_rows(state, mask)
    for number, masked in zip(by_number, by_mask, strict=True):
        assert_close(number, masked, rtol=0, atol=0)
        assert_close(masked, (~mask)[:, None].expand_as(masked).float(), rtol=0, atol=0)


def test_reset_rows_removes_nan_and_stops_the_gradient() -> None:
    h = torch.full((1, 4, 5), torch.nan, requires_grad=True)
    new_h, new_c = reset_rows((h, torch.ones(1, 4, 5)), torch.tensor([2]))
    assert not new_h[:, 2].any()
    assert new_h.isnan().sum() == 15
    (gradient,) = torch.autograd.grad(new_h.nansum(), h)
    assert not gradient[:, 2].any()
    assert new_c.sum() == 15


ROWS = "rows: expected a bool mask (N,) = (4,) or int64 numbers from -4 to 3, got"
OTHER_ROWS: dict[str, tuple[type[Exception], Any]] = {
    f"{ROWS} a list of 1. Convert it: torch.tensor(rows)": (TypeError, [0]),
    f"{ROWS} torch.float32. Convert it": (TypeError, torch.zeros(4)),
    f"{ROWS} torch.uint8. Convert it": (TypeError, torch.zeros(4, dtype=torch.uint8)),
    f"{ROWS} (). Give a mask": (ShapeError, torch.tensor(1)),
    f"{ROWS} (3,). Give a mask": (ShapeError, torch.tensor([True, False, True])),
    f"{ROWS} (1, 4). Give a mask": (ShapeError, torch.zeros(1, 4, dtype=torch.bool)),
    f"{ROWS} [0, 4]. The first sequence of the batch has number 0.": (
        (ValueError, torch.tensor([0, 4]))
    ),
    f"{ROWS} [-5]. The first sequence": (ValueError, torch.tensor([-5])),
}


@pytest.mark.parametrize(("text", "case"), OTHER_ROWS.items())
def test_rows_that_choose_nothing_are_refused(text: str, case: tuple[type[Exception], Any]) -> None:
    error, rows = case
    with pytest.raises(error, match="^" + re.escape(text)):
        reset_rows((torch.zeros(2, 4, 5), torch.zeros(2, 4, 7)), rows)


@pytest.mark.parametrize(
    ("h_shape", "c_shape"), [((2, 5), (2, 7)), ((2, 4, 5), (2, 3, 7)), ((2, 4, 5), (4, 7))]
)
def test_a_state_without_batch_axis_has_no_rows_to_reset(
    h_shape: tuple[int, ...], c_shape: tuple[int, ...]
) -> None:
    got = re.escape(f"got {h_shape} and {c_shape}. Pass the state of a batch")
    with pytest.raises(ShapeError, match=rf"^state: expected \(K \* D, N, H_out\) and .*, {got}"):
        reset_rows((torch.zeros(h_shape), torch.zeros(c_shape)), torch.tensor([0]))


# --- all -------------------------------------------------------------------------------------


@pytest.mark.parametrize("case", cases(torch.float64, layouts=("time first", "packed")), ids=str)
def test_no_function_writes_to_what_it_is_given(case: Case) -> None:
    lstm, x, state = case.lstm(), case.x(), case.state()
    data = x.data if isinstance(x, PackedSequence) else x
    before = [tensor.clone() for tensor in (data, *state)]
    zero_state(lstm, x)
    split_state(lstm, state)
    final_state(lstm, state[0])
    detach_state(state)
    bridge(lstm, state)
    reset_rows(state, torch.tensor([1]))
    assert_untouched(data, *state)
    assert_close([data, *state], before, rtol=0, atol=0)


def test_a_list_of_two_tensors_is_a_state_as_it_is_for_torch() -> None:
    lstm, rows = nn.LSTM(3, 5), torch.tensor([1])
    pair = (torch.randn(1, 4, 5), torch.randn(1, 4, 5))
    as_list: Any = list(pair)
    assert_close(split_state(lstm, as_list), split_state(lstm, pair))
    assert_close(bridge(lstm, as_list), bridge(lstm, pair))
    assert_close(detach_state(as_list), detach_state(pair))
    assert_close(reset_rows(as_list, rows), reset_rows(pair, rows))
