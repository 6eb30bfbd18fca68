"""The patterns against nn.LSTM itself: values, gradients, and what they refuse."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
import torch
from torch import Tensor, nn
from torch.nn.utils.rnn import PackedSequence, pack_padded_sequence, pad_packed_sequence
from torch.testing import assert_close

from lstm_guide import ShapeError, bridge, decode, encode, transduce, unroll

from .configurations import H_CELL, H_IN, LENGTHS, Case, L, N, cases, run

FLOAT64 = cases(torch.float64)
DENSE = [case for case in FLOAT64 if case.layout != "packed"]
ONE_WAY = [case for case in DENSE if not case.bidirectional]
V = 13  # ids


def time_axis(case: Case) -> int:
    return 1 if case.layout == "batch first" else 0


def gradients(lstm: nn.LSTM, *tensors: Tensor) -> tuple[Tensor, ...]:
    """The gradients of a sum that weighs each entry differently."""
    total = sum(
        (tensor * torch.arange(1.0, tensor.numel() + 1).view_as(tensor)).sum() for tensor in tensors
    )
    return torch.autograd.grad(total, list(lstm.parameters()))


def assert_same(lstm: nn.LSTM, found: tuple[Tensor, ...], expected: tuple[Tensor, ...]) -> None:
    """The values are equal, and so are the gradients of all parameters."""
    assert_close(found, expected, rtol=0, atol=1e-12)
    assert_close(gradients(lstm, *found), gradients(lstm, *expected), rtol=1e-10, atol=1e-10)


# --- encode and transduce --------------------------------------------------------------------


@pytest.mark.parametrize("given_state", [False, True], ids=["zeros", "state"])
@pytest.mark.parametrize("case", FLOAT64, ids=str)
def test_encode_is_what_each_direction_of_the_top_layer_knows_at_its_end(
    case: Case, given_state: bool
) -> None:
    lstm, x, state = case.lstm(), case.x(), case.state() if given_state else None
    output, _ = run(lstm, x, state)
    H_out, rows = case.proj_size or H_CELL, torch.arange(N)
    steps = pad_packed_sequence(output)[0] if isinstance(output, PackedSequence) else output
    steps = steps.movedim(time_axis(case), 0)  # (L, N, D * H_out)
    last = steps[torch.tensor(LENGTHS) - 1, rows] if case.is_packed else steps[-1]
    expected = torch.cat((last[..., :H_out], steps[0][..., H_out:]), dim=-1)
    assert_same(lstm, (encode(lstm, x, state),), (expected,))


@pytest.mark.parametrize("case", [case for case in FLOAT64 if case.bidirectional], ids=str)
def test_the_last_row_of_h_n_is_the_reverse_half_of_encode(case: Case) -> None:
    lstm, x = case.lstm(), case.x()
    _, (h_n, _) = run(lstm, x)
    assert_close(h_n[-1], encode(lstm, x)[..., (case.proj_size or H_CELL) :])


@pytest.mark.parametrize("case", FLOAT64, ids=str)
def test_transduce_is_the_whole_output(case: Case) -> None:
    lstm, x, state = case.lstm(), case.x(), case.state()
    found, (expected, _) = transduce(lstm, x, state), run(lstm, x, state)
    if case.is_packed:
        assert_close(found.batch_sizes, expected.batch_sizes)
        found, expected = found.data, expected.data
    assert_same(lstm, (found,), (expected,))


# --- unroll ----------------------------------------------------------------------------------


@pytest.mark.parametrize("given_state", [False, True], ids=["zeros", "state"])
@pytest.mark.parametrize("case", ONE_WAY, ids=str)
def test_unroll_equals_the_one_call_at_every_step(case: Case, given_state: bool) -> None:
    lstm, x, state = case.lstm(), case.x(), case.state() if given_state else None
    steps = list(unroll(lstm, x, state))
    assert len(steps) == L
    output = torch.stack([output_t for output_t, _ in steps], dim=time_axis(case))
    expected, last = run(lstm, x, state)
    assert_same(lstm, (output, *steps[-1][1]), (expected, *last))
    for t, (_, found) in enumerate(steps):
        _, so_far = run(lstm, x.narrow(time_axis(case), 0, t + 1), state)
        assert_close(found, so_far, rtol=0, atol=1e-12)


def test_unroll_feeds_one_step_when_it_is_asked_for_one() -> None:
    lstm, lengths = nn.LSTM(3, 5, batch_first=True), []
    lstm.register_forward_pre_hook(lambda _, arguments: lengths.append(arguments[0].shape))
    steps = unroll(lstm, torch.randn(4, 7, 3))
    assert lengths == []
    next(steps)
    next(steps)
    assert lengths == [(4, 1, 3)] * 2


@pytest.mark.parametrize("function", [encode, transduce, lambda *call: list(unroll(*call))])
def test_the_layer_is_called_as_a_module_so_that_hooks_run(function: Callable[..., Any]) -> None:
    lstm, calls = nn.LSTM(3, 5), []
    lstm.register_forward_hook(lambda *_: calls.append(1))
    function(lstm, torch.randn(1, 4, 3))
    assert calls == [1]


# --- decode ----------------------------------------------------------------------------------


def parts(case: Case) -> tuple[nn.LSTM, nn.Embedding, nn.Linear, Tensor]:
    """A decoder with what stands around it, and the first ids."""
    embed = nn.Embedding(V, H_IN, dtype=case.dtype)
    readout = nn.Linear(case.proj_size or H_CELL, V, dtype=case.dtype)
    start = torch.randint(V, () if case.layout == "unbatched" else (N,))
    return case.lstm(), embed, readout, start


def in_one_call(
    case: Case, lstm: nn.LSTM, embed: nn.Embedding, readout: nn.Linear, state: Any, inputs: Tensor
) -> Tensor:
    """The scores of all steps, whose inputs are known."""
    output, _ = run(lstm, embed(inputs), state)
    scores: Tensor = readout(output)
    return scores


@pytest.mark.parametrize("case", ONE_WAY, ids=str)
def test_decode_reads_back_what_it_wrote(case: Case) -> None:
    """The scores are those of one call whose inputs are the start and all ids but the last."""
    lstm, embed, readout, start = parts(case)
    state, time = case.state(), time_axis(case)
    tokens, scores = decode(lstm, embed, readout, state, start, L)
    assert_close(tokens, scores.argmax(dim=-1))
    inputs = torch.cat((start.unsqueeze(time), tokens.narrow(time, 0, L - 1)), dim=time)
    expected = in_one_call(case, lstm, embed, readout, state, inputs)
    assert scores.shape == expected.shape
    assert_same(lstm, (scores,), (expected,))


@pytest.mark.parametrize("case", ONE_WAY, ids=str)
def test_with_a_teacher_the_scores_are_those_of_the_right_ids_shifted_by_one(case: Case) -> None:
    lstm, embed, readout, start = parts(case)
    state, time = case.state(), time_axis(case)
    teacher = torch.randint(V, case.x().shape[:-1])
    tokens, scores = decode(lstm, embed, readout, state, start, L, teacher=teacher)
    assert_close(tokens, scores.argmax(dim=-1))
    inputs = torch.cat((start.unsqueeze(time), teacher.narrow(time, 0, L - 1)), dim=time)
    assert_same(lstm, (scores,), (in_one_call(case, lstm, embed, readout, state, inputs),))


@pytest.mark.parametrize("layers", [1, 2, 3])
@pytest.mark.parametrize("proj_size", [0, 7])
def test_decode_goes_on_from_an_encoder_with_two_directions(layers: int, proj_size: int) -> None:
    case = Case(num_layers=layers, bidirectional=True, proj_size=proj_size)
    encoder, embed = case.lstm(), nn.Embedding(V, H_IN).double()
    decoder = nn.LSTM(H_IN, 2 * H_CELL, layers, proj_size=2 * proj_size, dtype=torch.float64)
    readout = nn.Linear(2 * (proj_size or H_CELL), V).double()
    state = bridge(encoder, encoder(case.x())[1])
    tokens, scores = decode(decoder, embed, readout, state, torch.randint(V, (N,)), L)
    assert tokens.shape == (L, N)
    assert all(g is not None for g in gradients(encoder, scores))


def counter() -> tuple[nn.LSTM, Callable[..., Tensor], Callable[..., Tensor], list[Tensor]]:
    """A decoder that writes each id less one: the scores come from the ids, not from the layer."""
    seen: list[Tensor] = []

    def embed(ids: Tensor) -> Tensor:
        seen.append(ids)
        return torch.zeros(*ids.shape, 3)

    def readout(h: Tensor) -> Tensor:
        return nn.functional.one_hot((seen[-1] - 1) % V, V).float()

    return nn.LSTM(3, 5), embed, readout, seen


def test_a_row_that_has_stopped_writes_nothing_else_and_the_last_row_ends_the_loop() -> None:
    lstm, embed, readout, seen = counter()
    state = (torch.zeros(1, 3, 5), torch.zeros(1, 3, 5))
    tokens, scores = decode(lstm, embed, readout, state, torch.tensor([2, 5, 1]), 9, stop=0)
    assert tokens.T.tolist() == [[1, 0, 0, 0, 0], [4, 3, 2, 1, 0], [0, 0, 0, 0, 0]]
    assert scores.shape == (5, 3, V)
    assert torch.stack(seen).T.tolist() == [[2, 1, 0, 0, 0], [5, 4, 3, 2, 1], [1, 0, 0, 0, 0]]


def test_without_a_stop_all_steps_are_written() -> None:
    lstm, embed, readout, _ = counter()
    state = (torch.zeros(1, 3, 5), torch.zeros(1, 3, 5))
    tokens, _ = decode(lstm, embed, readout, state, torch.tensor([2, 5, 1]), 6)
    assert tokens.T.tolist()[0] == [1, 0, 12, 11, 10, 9]


def test_a_row_that_never_stops_ends_with_the_last_step() -> None:
    lstm, embed, readout, _ = counter()
    state = (torch.zeros(1, 5), torch.zeros(1, 5))
    tokens, _ = decode(lstm, embed, readout, state, torch.tensor(9), 4, stop=0)
    assert tokens.tolist() == [8, 7, 6, 5]


def test_what_is_written_after_the_stop_does_not_change_what_a_teacher_gives() -> None:
    lstm, embed, readout, seen = counter()
    state, start = (torch.zeros(1, 2, 5), torch.zeros(1, 2, 5)), torch.tensor([1, 9])
    teacher = torch.tensor([[7, 8], [6, 5], [4, 3]])  # (steps, N)
    tokens, _ = decode(lstm, embed, readout, state, start, 3, stop=0, teacher=teacher)
    assert tokens.T.tolist() == [[0, 0, 0], [8, 7, 4]]
    assert torch.stack(seen).tolist() == [[1, 9], [7, 8], [6, 5]]


def test_one_unbatched_sequence_has_time_first_also_in_a_layer_with_batch_first() -> None:
    case = Case("batch first", num_layers=2)
    lstm, embed, readout, _ = parts(case)
    x, start, teacher = torch.randn(L, H_IN).double(), torch.tensor(3), torch.randint(V, (L,))
    output = torch.stack([output_t for output_t, _ in unroll(lstm, x)])
    assert_close(output, lstm(x)[0], rtol=0, atol=1e-12)
    state = (torch.randn(2, H_CELL).double(), torch.randn(2, H_CELL).double())
    tokens, scores = decode(lstm, embed, readout, state, start, L, teacher=teacher)
    assert tokens.shape == (L,)
    inputs = torch.cat((start[None], teacher[:-1]))
    expected = in_one_call(case, lstm, embed, readout, state, inputs)
    assert_close(scores, expected, rtol=0, atol=1e-12)


# --- what is refused -------------------------------------------------------------------------


def exactly(text: str) -> str:
    return "^" + re.escape(text)


def test_two_directions_cannot_go_step_by_step() -> None:
    lstm = nn.LSTM(3, 5, bidirectional=True)
    text = "lstm: expected one direction, got bidirectional=True. The reverse direction starts at"
    with pytest.raises(ValueError, match=exactly(text)):
        unroll(lstm, torch.zeros(7, 4, 3))
    text = "lstm: expected one direction, got bidirectional=True. It would read steps that are not"
    with pytest.raises(ValueError, match=exactly(text)):
        decode(lstm, nn.Embedding(V, 3), nn.Linear(10, V), *some_state(rows=2), steps=3)


def some_state(rows: int = 1) -> tuple[tuple[Tensor, Tensor], Tensor]:
    state = (torch.zeros(rows, 4, 5), torch.zeros(rows, 4, 5))
    return state, torch.zeros(4, dtype=torch.int64)


def test_packed_steps_cannot_be_unrolled() -> None:
    packed: Any = pack_padded_sequence(torch.zeros(7, 4, 3), [7, 7, 5, 2])
    text = "x: expected a tensor, got a PackedSequence. Unpack it with pad_packed_sequence, or call"
    with pytest.raises(TypeError, match=exactly(text)):
        unroll(nn.LSTM(3, 5), packed)


@pytest.mark.parametrize("function", [encode, transduce])
def test_sizes_cannot_be_run(function: Callable[..., Any]) -> None:
    text = "x: expected a tensor, got a tuple of 3. Sizes cannot be run: pass the tensor."
    with pytest.raises(TypeError, match=exactly(text)):
        function(nn.LSTM(3, 5), (7, 4, 3))


@pytest.mark.parametrize("function", [encode, transduce, unroll])
def test_a_call_is_checked_before_the_layer_runs(function: Callable[..., Any]) -> None:
    lstm, x, calls = nn.LSTM(3, 5), torch.zeros(7, 4, 3), []
    lstm.register_forward_pre_hook(lambda *_: calls.append(1))
    with pytest.raises(ShapeError, match=exactly("x: expected (L, N, H_in) or unbatched")):
        function(lstm, x.transpose(0, 2))
    with pytest.raises(ShapeError, match=exactly("h_0: expected (K * D, N, H_out) = (1, 4, 5)")):
        function(lstm, x, (torch.zeros(1, 3, 5), torch.zeros(1, 3, 5)))
    with pytest.raises(TypeError, match=exactly("x: expected dtype torch.float32")):
        function(lstm, x.double())
    with pytest.raises(TypeError, match=exactly("lstm: expected an nn.LSTM, got nn.GRU.")):
        function(nn.GRU(3, 5), x)
    assert calls == []


IDS = torch.zeros(4, dtype=torch.int64)
START = "start: expected"
TEACHER = "teacher: expected"
STATE = "h_0: expected (K * D, N, H_out) = (1, 4, 5), got"
REFUSED: dict[str, tuple[type[Exception], dict[str, Any]]] = {
    "lstm: expected an nn.LSTM, got nn.LSTMCell. The": (TypeError, {"lstm": nn.LSTMCell(3, 5)}),
    "embed: expected a module or a function, got a tensor of shape (6, 3). Pass the module": (
        (TypeError, {"embed": torch.zeros(6, 3)})
    ),
    "readout: expected a module or a function, got None. Pass": (TypeError, {"readout": None}),
    f"{START} a tensor, got int. Give each sequence its first id: torch.full": (
        (TypeError, {"start": 0})
    ),
    f"{START} ids of torch.int64, got torch.float32. Give": (TypeError, {"start": IDS.float()}),
    f"{START} (N,) with N at least 1, or unbatched (), got (4, 1). Give each": (
        (ShapeError, {"start": IDS[:, None]})
    ),
    f"{START} (N,) with N at least 1, or unbatched (), got (0,). Give": (
        (ShapeError, {"start": IDS[:0]})
    ),
    f"{START} device cpu, got meta. Move it": (ValueError, {"start": IDS.to("meta")}),
    "steps: expected an int of at least 1, got 2.0. Give a whole": (TypeError, {"steps": 2.0}),
    "steps: expected an int of at least 1, got 0. Give 1 or more.": (ValueError, {"steps": 0}),
    "state: expected the pair (h_0, c_0), got a tensor of shape (1, 4, 5). h_0 alone": (
        (TypeError, {"state": torch.zeros(1, 4, 5)})
    ),
    f"{STATE} (2, 4, 5). Axis 0 has a row for each layer and direction, 1 in all. If it comes "
    "from an encoder with two directions, bridge(encoder, state) joins them.": (
        (ShapeError, {"state": (torch.zeros(2, 4, 5), torch.zeros(2, 4, 5))})
    ),
    f"{STATE} (1, 3, 5). The batch is 4": (
        (ShapeError, {"state": (torch.zeros(1, 3, 5), torch.zeros(1, 3, 5))})
    ),
    "h_0: expected dtype torch.float32, got torch.float64.": (
        (TypeError, {"state": (torch.zeros(1, 4, 5).double(), torch.zeros(1, 4, 5).double())})
    ),
    f"{TEACHER} (steps, N) = (2, 4), got (4, 2). It is in the other layout: teacher.transpose": (
        (ShapeError, {"teacher": torch.zeros(4, 2, dtype=torch.int64)})
    ),
    f"{TEACHER} (steps, N) = (2, 4), got (3, 4). Give the right id of every step and sequence; "
    "steps is their length.": (ShapeError, {"teacher": torch.zeros(3, 4, dtype=torch.int64)}),
    f"{TEACHER} ids of torch.int64, got torch.float32. Give": (
        (TypeError, {"teacher": torch.zeros(2, 4)})
    ),
    f"{TEACHER} device cpu, got meta. Move": (
        (ValueError, {"teacher": torch.zeros(2, 4, dtype=torch.int64, device="meta")})
    ),
    "embed: expected (N, H_in) = (4, 3), got (4, 6). embed turns the ids of one step": (
        (ShapeError, {"embed": nn.Embedding(6, 6)})
    ),
    "embed: expected a tensor, got None. embed turns": (TypeError, {"embed": lambda ids: None}),
    "embed: expected dtype torch.float32, got torch.int64. Convert it: embed.to(": (
        (TypeError, {"embed": lambda ids: ids[:, None].expand(4, 3)})
    ),
    "readout: expected (N, V) with N = 4, got (4,). readout turns the h of one step": (
        (ShapeError, {"readout": lambda h: h[:, 0]})
    ),
    "readout: expected (N, V) with N = 4, got (1, 4, 5). readout": (
        (ShapeError, {"readout": lambda h: h[None]})
    ),
    "readout: expected (N, V) with N = 4, got (4, 0). readout": (
        (ShapeError, {"readout": lambda h: h[:, :0]})
    ),
    "readout: expected a tensor, got a tuple of 1. readout": (
        (TypeError, {"readout": lambda h: (h,)})
    ),
    "readout: expected a floating-point dtype, got torch.int64. readout": (
        (TypeError, {"readout": lambda h: h.long()})
    ),
    "stop: expected an int from 0 to 5, or None, got 6. No other id is ever written": (
        (ValueError, {"stop": 6})
    ),
    "stop: expected an int from 0 to 5, or None, got -1. No": (ValueError, {"stop": -1}),
    "stop: expected an int from 0 to 5, or None, got '.'. No": (TypeError, {"stop": "."}),
}


def decode_with(**changes: Any) -> tuple[Tensor, Tensor]:
    """A call of decode that works, with some arguments changed."""
    state, start = some_state()
    call = {
        "lstm": nn.LSTM(3, 5),
        "embed": nn.Embedding(6, 3),
        "readout": nn.Linear(5, 6),
        "state": state,
        "start": start,
        "steps": 2,
    }
    return decode(**(call | changes))


@pytest.mark.parametrize(("text", "case"), REFUSED.items())
def test_each_argument_of_decode_that_does_not_fit(
    text: str, case: tuple[type[Exception], dict[str, Any]]
) -> None:
    error, changes = case
    assert decode_with()[0].shape == (2, 4)
    with pytest.raises(error, match=exactly(text)):
        decode_with(**changes)


def test_an_unbatched_decoder_names_the_shapes_without_batch() -> None:
    state, start = (torch.zeros(1, 5), torch.zeros(1, 5)), torch.tensor(0)
    with pytest.raises(ShapeError, match=exactly("embed: expected (H_in,) = (3,), got (1, 3).")):
        decode_with(state=state, start=start, embed=lambda ids: torch.zeros(1, 3))
    with pytest.raises(ShapeError, match=exactly("readout: expected (V,), got (1, 5).")):
        decode_with(state=state, start=start, readout=lambda h: h[None])
    text = "teacher: expected (steps) = (2,), got (3,). Give the right id"
    with pytest.raises(ShapeError, match=exactly(text)):
        decode_with(state=state, start=start, teacher=torch.zeros(3, dtype=torch.int64))


def test_an_error_of_the_readers_own_module_passes_through() -> None:
    with pytest.raises(IndexError, match="index out of range in self"):
        decode_with(embed=nn.Embedding(6, 3), start=torch.full((4,), 6))
