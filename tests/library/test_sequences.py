"""Sequences of different length: what the functions return, against each sequence alone."""

from __future__ import annotations

import re
from collections.abc import Callable
from itertools import pairwise
from typing import Any

import pytest
import torch
from hypothesis import assume, given
from hypothesis import strategies as st
from torch import Tensor, nn
from torch.nn.functional import pad
from torch.nn.utils.rnn import PackedSequence, pack_padded_sequence
from torch.testing import assert_close
from torch.utils.data import DataLoader

from lstm_guide import (
    ShapeError,
    final_state,
    length_mask,
    masked_loss,
    masked_mean,
    masked_softmax,
    pack,
    take_last,
    unpack,
)
from lstm_guide.sequences import length_buckets

from .configurations import H_IN, LENGTHS, Case, L, N, cases, run
from .test_errors import assert_is_ours

PADDED = cases(torch.float64, layouts=("time first", "batch first"))
some_lengths = st.lists(st.integers(1, 9), min_size=1, max_size=8)


def swap(case: Case, tensor: Tensor) -> Tensor:
    """From the layout of the case to batch first, and back."""
    return tensor if case.layout == "batch first" else tensor.transpose(0, 1)


def padded_input(case: Case, length: int = L) -> Tensor:
    """Sequences of the lengths of the grid, with large numbers on the padding."""
    x = torch.randn(N, length, H_IN, dtype=case.dtype)
    x[~length_mask(LENGTHS, L=length)] = 1e3
    return swap(case, x).requires_grad_()


def run_alone(
    case: Case, lstm: nn.LSTM, x: Tensor, state: tuple[Tensor, Tensor]
) -> tuple[Tensor, Tensor, Tensor]:
    """Each sequence in a call of its own: output (N, L, ...), padded with 0, and h_n and c_n."""
    rows = zip(swap(case, x), LENGTHS, *(s.unbind(1) for s in state), strict=True)
    calls = [run(lstm, row[:length], (h, c)) for row, length, h, c in rows]
    length = swap(case, x).size(1)
    output = torch.stack([pad(steps, (0, 0, 0, length - len(steps))) for steps, _ in calls])
    h_n, c_n = (torch.stack([pair[i] for _, pair in calls], dim=1) for i in (0, 1))
    return output, h_n, c_n


def assert_same_values_and_gradients(found: Tensor, expected: Tensor, *leaves: Tensor) -> None:
    weights = torch.randn_like(expected)
    assert_close(found, expected, rtol=0, atol=1e-12)
    ours, theirs = (
        torch.autograd.grad((tensor * weights).sum(), leaves, retain_graph=True)
        for tensor in (found, expected)
    )
    assert_close(ours, theirs, rtol=0, atol=1e-11)


# --- lengths and packing -------------------------------------------------------------------------


@given(lengths=some_lengths, more=st.integers(0, 3))
def test_a_mask_is_true_on_the_valid_steps(lengths: list[int], more: int) -> None:
    length = max(lengths) + more
    expected = [[step < valid for step in range(length)] for valid in lengths]
    assert length_mask(lengths, L=length).tolist() == expected
    assert length_mask(torch.tensor(lengths, dtype=torch.int32), L=length).tolist() == expected
    assert length_mask(lengths).shape == (len(lengths), max(lengths))


@pytest.mark.parametrize("case", PADDED, ids=str)
def test_a_packed_batch_equals_each_sequence_alone(case: Case) -> None:
    lstm, x, state = case.lstm(), padded_input(case, L + 2), case.state()
    packed, (h_n, c_n) = run(lstm, pack(lstm, x, LENGTHS, state=state), state)
    output, lengths = unpack(lstm, packed, total_length=L + 2)
    assert lengths.tolist() == LENGTHS
    expected = run_alone(case, lstm, x, state)
    leaves = (x, *lstm.parameters())
    for found, want in zip((swap(case, output), h_n, c_n), expected, strict=True):
        assert_same_values_and_gradients(found, want, *leaves)


def test_packing_takes_any_order_and_one_of_each() -> None:
    lstm, x = nn.LSTM(3, 5, batch_first=True), torch.randn(4, 7, 3)
    rows = pack(lstm, x, torch.tensor([2, 7, 1, 6], dtype=torch.int16))
    assert rows.sorted_indices is not None
    assert rows.sorted_indices.tolist() == [1, 3, 0, 2]
    padded, lengths = unpack(lstm, rows, total_length=7)
    assert lengths.tolist() == [2, 7, 1, 6]
    assert_close(padded, torch.where(length_mask(lengths)[..., None], x, 0), rtol=0, atol=0)


def test_unpacking_serves_what_was_made_from_the_rows() -> None:
    lstm, x = nn.LSTM(3, 5), torch.randn(7, 4, 3)
    rows = pack(lstm, x, [2, 7, 1, 6])
    sums, _ = unpack(lstm, rows._replace(data=rows.data.sum(-1)), total_length=8)
    assert sums.shape == (8, 4)
    assert_close(sums[:2], torch.where(length_mask([2, 7, 1, 6])[:, :2].T, x[:2].sum(-1), 0))


# --- take_last and final_state -------------------------------------------------------------------


@pytest.mark.parametrize("case", PADDED, ids=str)
def test_the_last_valid_step_equals_each_sequence_alone(case: Case) -> None:
    lstm, x, state = case.lstm(), padded_input(case), case.state()
    packed, (h_n, _) = run(lstm, pack(lstm, x, LENGTHS, state=state), state)
    output, lengths = unpack(lstm, packed, total_length=L)
    found = take_last(lstm, output, lengths)
    alone = run_alone(case, lstm, x, state)
    expected = final_state(lstm, alone[1])
    leaves = (x, *lstm.parameters())
    assert_same_values_and_gradients(found, expected, *leaves)
    assert_same_values_and_gradients(final_state(lstm, h_n), expected, *leaves)
    if not case.bidirectional:
        unpacked, _ = run(lstm, x, state)
        last = take_last(lstm, unpacked, LENGTHS)
        assert_same_values_and_gradients(last, expected, *leaves)


# --- mean, softmax and loss ----------------------------------------------------------------------


def grid(*trailing: int) -> Tensor:
    """Values (N, L, ...) with nan on the padding."""
    values = torch.randn(N, L, *trailing, dtype=torch.float64)
    values[~length_mask(LENGTHS)] = torch.nan
    return values.requires_grad_()


def valid_parts(values: Tensor) -> list[Tensor]:
    return [row[:length] for row, length in zip(values, LENGTHS, strict=True)]


@pytest.mark.parametrize("trailing", [(), (5,), (5, 3)])
def test_a_masked_mean_is_the_mean_of_each_sequence_alone(trailing: tuple[int, ...]) -> None:
    values, mask = grid(*trailing), length_mask(LENGTHS)
    expected = torch.stack([part.mean(0) for part in valid_parts(values)])
    for dim in (1, 1 - values.dim()):
        found = masked_mean(values, mask, dim=dim)
        assert_same_values_and_gradients(found, expected, values)
    time_first = masked_mean(values.transpose(0, 1), mask.T, dim=0)
    assert_same_values_and_gradients(time_first, expected, values)


def test_masked_weights_are_the_softmax_of_each_sequence_alone() -> None:
    scores, mask = grid(), length_mask(LENGTHS)
    parts = [pad(part.softmax(0), (0, L - len(part))) for part in valid_parts(scores)]
    found = masked_softmax(scores, mask, dim=1)
    assert_same_values_and_gradients(found, torch.stack(parts), scores)
    assert not found[~mask].any()
    assert_close(masked_softmax(scores.T, mask.T, dim=0).T, found, rtol=0, atol=1e-15)


def test_masked_weights_are_exact_for_scores_of_any_size() -> None:
    scores, mask = torch.tensor([[-1e30, -1e30, 1e30]]), length_mask([2], L=3)
    assert masked_softmax(scores, mask, dim=1).tolist() == [[0.5, 0.5, 0]]


def test_the_mask_moves_to_the_device_of_the_values() -> None:
    values, mask = torch.zeros(4, 7, 5, device="meta"), length_mask([2, 7, 1, 6])
    assert masked_mean(values, mask, dim=1).is_meta
    assert take_last(nn.LSTM(3, 5, batch_first=True), values, [2, 7, 1, 6]).is_meta


def test_a_mask_axis_of_size_one_holds_for_every_entry() -> None:
    scores, mask = torch.randn(N, 6, L), length_mask(LENGTHS)
    found = masked_softmax(scores, mask[:, None], dim=-1)  # for 6 queries
    for query in range(6):
        assert_close(found[:, query], masked_softmax(scores[:, query], mask, dim=1))


def step_loss(parts: list[Tensor]) -> Tensor:
    return torch.cat(parts).mean()


def sequence_loss(parts: list[Tensor]) -> Tensor:
    return torch.stack([part.sum() for part in parts]).mean()


def mean_of_means(parts: list[Tensor]) -> Tensor:
    return torch.stack([part.mean() for part in parts]).mean()


DENOMINATORS = {"steps": step_loss, "sequences": sequence_loss, "both": mean_of_means}


@pytest.mark.parametrize(("name", "loop"), DENOMINATORS.items())
def test_each_denominator_is_the_mean_that_it_states(
    name: Any, loop: Callable[[list[Tensor]], Tensor]
) -> None:
    losses, mask = grid(), length_mask(LENGTHS)
    expected = loop(valid_parts(losses))
    found = masked_loss(losses, mask, dim=1, divide_by=name)
    assert_same_values_and_gradients(found, expected, losses)
    found = masked_loss(losses.T, mask.T, dim=0, divide_by=name)
    assert_same_values_and_gradients(found, expected, losses)


def test_no_gradient_reaches_the_padding() -> None:
    mask = length_mask(LENGTHS)
    functions: dict[str, Callable[[Tensor], Tensor]] = {
        "mean": lambda values: masked_mean(values, mask, dim=1),
        "softmax": lambda values: masked_softmax(values, mask, dim=1),
        "loss": lambda values: masked_loss(values, mask, dim=1, divide_by="both"),
    }
    for name, function in functions.items():
        values = grid()
        (gradient,) = torch.autograd.grad(function(values).square().sum(), values)
        assert not gradient[~mask].any(), name
        assert gradient[mask].isfinite().all(), name


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64, torch.bfloat16])
def test_results_keep_the_dtype(dtype: torch.dtype) -> None:
    values, mask = torch.randn(4, 7, dtype=dtype), length_mask([2, 7, 1, 6])
    assert masked_mean(values, mask, dim=1).dtype == dtype
    assert masked_softmax(values, mask, dim=1).dtype == dtype
    assert masked_loss(values, mask, dim=1, divide_by="steps").dtype == dtype


# --- length_buckets ------------------------------------------------------------------------------


@given(lengths=some_lengths, size=st.integers(1, 9), seed=st.one_of(st.none(), st.integers(0, 99)))
def test_buckets_hold_each_sequence_once_and_neighbours_in_length(
    lengths: list[int], size: int, seed: int | None
) -> None:
    generator = None if seed is None else torch.Generator().manual_seed(seed)
    batches = length_buckets(lengths, size, generator=generator)
    assert sorted(n for batch in batches for n in batch) == [*range(len(lengths))]
    sizes = sorted(map(len, batches), reverse=True)
    assert sizes[:-1] == [size] * (len(batches) - 1)
    spans = sorted((min(of), max(of)) for of in ([lengths[n] for n in b] for b in batches))
    assert all(before[1] <= after[0] for before, after in pairwise(spans))
    if generator is None:
        assert [lengths[n] for batch in batches for n in batch] == sorted(lengths)


def test_a_generator_draws_other_batches_for_each_epoch() -> None:
    lengths, generator = [4, 2, 3, 1] * 8, torch.Generator().manual_seed(0)
    first, second = (length_buckets(lengths, 4, generator=generator) for _ in range(2))
    assert first != second
    assert sorted(map(sorted, first)) != sorted(map(sorted, second))  # equal lengths mix
    assert [lengths[n] for batch in first for n in batch] != sorted(lengths)
    again = length_buckets(lengths, 4, generator=torch.Generator().manual_seed(0))
    assert again == first


def test_buckets_are_a_batch_sampler() -> None:
    sequences = [torch.zeros(length, 3) for length in (5, 2, 4, 1)]
    batches = length_buckets([len(sequence) for sequence in sequences], size=2)
    loader: Any = DataLoader(sequences, batch_sampler=batches, collate_fn=list)  # type: ignore[arg-type]
    assert [[len(sequence) for sequence in batch] for batch in loader] == [[1, 2], [4, 5]]


# --- errors --------------------------------------------------------------------------------------

LENGTH_ERRORS: dict[str, tuple[type[Exception], Any]] = {
    "got 3 of them. Give one length for each sequence of the batch.": (ShapeError, [7, 5, 2]),
    "got 5 of them. Give one length": (ShapeError, [7, 5, 2, 1, 1]),
    "got 7 of them. 7 is the length of x: set batch_first as x is laid out.": (
        ShapeError,
        [1] * 7,
    ),
    "got 0 for sequence 2. Drop empty sequences, and their targets, before": (
        (ShapeError, [7, 5, 0, 2])
    ),
    "got -1 for sequence 0. Drop empty": (ShapeError, torch.tensor([-1, 5, 9, 2])),
    "got 8 for sequence 1. If x was cut to this L, cut the lengths": (ShapeError, [7, 8, 5, 2]),
    "got shape (4, 1). Give one length for each sequence, on one axis: lengths.flatten().": (
        (ShapeError, torch.ones(4, 1).long())
    ),
    "got shape (). Give one length": (ShapeError, torch.tensor(7)),
    "got torch.float32. Convert them: lengths.long(), which cuts": (TypeError, torch.ones(4)),
    "got torch.bool. Convert them": (TypeError, torch.ones(4, dtype=torch.bool)),
    "got float among them. Give each sequence its own int: [len": (TypeError, [7, 5, 3.9, 2]),
    "got bool among them. Give": (TypeError, [7, 5, True, 2]),
    "got a tensor of shape () among them. Give": (TypeError, [torch.tensor(7)] * 4),
    "got None. Make them with torch.tensor([len(sequence) for": (TypeError, None),
    "got int. Make them": (TypeError, 7),
    "got a PackedSequence. Make them": (
        (TypeError, PackedSequence(torch.zeros(1, 3), torch.tensor([1])))
    ),
    "got device meta. Lengths stay on the CPU, wherever x is: lengths.cpu().": (
        (ValueError, torch.ones(4, device="meta").long())
    ),
}


@pytest.mark.parametrize(("text", "case"), LENGTH_ERRORS.items())
def test_lengths_that_do_not_fit(text: str, case: tuple[type[Exception], Any]) -> None:
    error, lengths = case
    pattern = "^" + re.escape(f"lengths: expected N = 4 whole numbers from 1 to L = 7, {text}")
    lstm = nn.LSTM(3, 5, batch_first=True)
    for function in (
        lambda: pack(lstm, torch.zeros(4, 7, 3), lengths),
        lambda: take_last(lstm, torch.zeros(4, 7, 5), lengths),
    ):
        with pytest.raises(error, match=pattern):
            function()


def test_lengths_are_compared_with_what_is_known() -> None:
    with pytest.raises(
        ShapeError, match=r"^lengths: expected whole numbers from 1 to L = 3, got 5"
    ):
        length_mask([2, 5], L=3)
    for function in (length_mask, lambda lengths: length_buckets(lengths, 2)):
        text = r"^lengths: expected whole numbers of at least 1, got 0 of them\. Give one length"
        with pytest.raises(ShapeError, match=text):
            function([])
    with pytest.raises(ValueError, match=r"^L: expected an int of at least 1, got 0"):
        length_mask([2, 5], L=0)


def test_torch_packs_what_is_refused_here() -> None:
    """The reason for the checks: each of these calls succeeds and loses or invents steps."""
    x = torch.zeros(4, 7, 3)
    for lengths in ([7, 5, 2], [7, 9, 5, 2], [7, 5, 3.9, 2]):
        pack_padded_sequence(x, lengths, batch_first=True, enforce_sorted=False)  # type: ignore[arg-type]
        with pytest.raises((ShapeError, TypeError)):
            pack(nn.LSTM(3, 5, batch_first=True), x, lengths)  # type: ignore[arg-type]


rows = pack_padded_sequence(torch.zeros(7, 4, 3), [7, 5, 2, 1])
UNPADDED: dict[str, tuple[type[Exception], Any]] = {
    "x: expected a padded tensor, got a PackedSequence. It is packed already": (TypeError, rows),
    "x: expected a padded tensor, got a tuple of 3. Pass the tensor.": (TypeError, (7, 4, 3)),
    "x: expected a batch of sequences, got (7, 3), one unbatched sequence. It has no padding": (
        (ShapeError, torch.zeros(7, 3))
    ),
    "x: expected (L, N, H_in) or unbatched (L, H_in) with H_in = 3, got (7, 4, 6). Build": (
        (ShapeError, torch.zeros(7, 4, 6))
    ),
}


@pytest.mark.parametrize(("text", "case"), UNPADDED.items())
def test_only_a_padded_batch_is_packed(text: str, case: tuple[type[Exception], Any]) -> None:
    error, x = case
    with pytest.raises(error, match="^" + re.escape(text)):
        pack(nn.LSTM(3, 5), x, [7, 5, 2, 1])


def test_the_state_of_a_packed_call_is_checked() -> None:
    lstm, x = nn.LSTM(3, 5), torch.zeros(7, 4, 3)
    text = r"^c_0: expected \(K \* D, N, H_cell\) = \(1, 4, 5\), got \(1, 1, 5\)\. The batch is 4"
    with pytest.raises(ShapeError, match=text):
        pack(lstm, x, [7, 7, 7, 7], state=(torch.zeros(1, 4, 5), torch.zeros(1, 1, 5)))


OTHER_ROWS: dict[str, tuple[type[Exception], Any]] = {
    "packed: expected a PackedSequence, got a tensor of shape (7, 4, 5). Give what": (
        (TypeError, torch.zeros(7, 4, 5))
    ),
    "packed: expected a PackedSequence, got a tuple of 2. Give what lstm(packed) returned first": (
        (TypeError, (rows, (0, 0)))
    ),
    "packed: expected a row for each step, sum(lengths) = 15, got 14 rows. A length": (
        (ShapeError, rows._replace(data=rows.data[1:]))
    ),
    "packed: expected batch_sizes that never rise, got [1, 2]. Make it": (
        (ShapeError, PackedSequence(torch.zeros(3, 5), torch.tensor([1, 2])))
    ),
    "packed: expected indices that name each of N = 4 sequences once, got [0, 1, 2]. Make it": (
        (ShapeError, rows._replace(sorted_indices=torch.arange(3)))
    ),
    "packed: expected indices that name each of N = 4 sequences once, got [0, 0, 1, 2]. Make": (
        (ShapeError, rows._replace(unsorted_indices=torch.tensor([0, 0, 1, 2])))
    ),
}


@pytest.mark.parametrize(("text", "case"), OTHER_ROWS.items())
def test_what_cannot_be_unpacked(text: str, case: tuple[type[Exception], Any]) -> None:
    error, packed = case
    with pytest.raises(error, match="^" + re.escape(text)):
        unpack(nn.LSTM(3, 5), packed, total_length=7)


@pytest.mark.parametrize(("total_length", "error"), [(6, ValueError), (7.0, TypeError)])
def test_the_longest_sequence_must_find_room(total_length: Any, error: type[Exception]) -> None:
    text = f"^total_length: expected an int of at least 7, got {total_length}. Give "
    with pytest.raises(error, match=text):
        unpack(nn.LSTM(3, 5), rows, total_length=total_length)


OUTPUTS: dict[str, tuple[type[Exception], Any]] = {
    "a PackedSequence. Unpack it first: output, lengths = unpack(lstm, output, total": (
        (TypeError, rows)
    ),
    "a tuple of 2. nn.LSTM returns a pair: output, (h_n": (TypeError, (0, 0)),
    "(7, 4, 5). Pass output as the layer returned it": (ShapeError, torch.zeros(7, 4, 5)),
    "(7, 10). Pass output": (ShapeError, torch.zeros(7, 10)),
    "(0, 4, 10). Pass output": (ShapeError, torch.zeros(0, 4, 10)),
}


@pytest.mark.parametrize(("text", "case"), OUTPUTS.items())
def test_what_is_no_padded_output(text: str, case: tuple[type[Exception], Any]) -> None:
    error, output = case
    text = f"output: expected (L, N, D * H_out) with D * H_out = 10, got {text}"
    with pytest.raises(error, match="^" + re.escape(text)):
        take_last(nn.LSTM(3, 5, bidirectional=True), output, [7, 5, 2, 1])


def test_a_sparse_output_is_refused() -> None:
    text = r"^output: expected a dense tensor, got layout torch.sparse_coo. Use output.to_dense\(\)"
    with pytest.raises(TypeError, match=text):
        take_last(nn.LSTM(3, 5), torch.zeros(7, 4, 5).to_sparse(), [7, 5, 2, 1])


good = length_mask([7, 5, 2, 1])
none = good & (torch.arange(4) != 2)[:, None]
FITS = "mask: expected the leading sizes of values, (4, 7, 5), or 1, got"
MASKS: dict[str, tuple[type[Exception], Any]] = {
    "mask: expected a bool tensor, got torch.float32. Make it with length_mask": (
        (TypeError, good.float())
    ),
    "mask: expected a bool tensor, got a list of 4. Make it": (TypeError, [7, 5, 2, 1]),
    f"{FITS} (7, 4). values is in the other layout: mask.T.": (ShapeError, good.T),
    f"{FITS} (4, 6). Give length_mask(lengths, L=...) the padded length.": (
        (ShapeError, good[:, :6])
    ),
    f"{FITS} (). Give length_mask": (ShapeError, torch.tensor(True)),
    f"{FITS} (4, 7, 5, 1). Give length_mask": (
        (ShapeError, torch.ones(4, 7, 5, 1, dtype=torch.bool))
    ),
    "mask: expected entries, got device meta. Make it from": (ValueError, good.to("meta")),
    "mask: expected a valid entry along dim = 1 everywhere, got none in 5 of 20 places. Drop": (
        (ValueError, none)
    ),
}


@pytest.mark.parametrize(("text", "case"), MASKS.items())
def test_masks_that_do_not_fit(text: str, case: tuple[type[Exception], Any]) -> None:
    error, mask = case
    pattern = "^" + re.escape(text)
    with pytest.raises(error, match=pattern):
        masked_mean(torch.zeros(4, 7, 5), mask, dim=1)
    with pytest.raises(error, match=pattern.replace("values", "scores")):
        masked_softmax(torch.zeros(4, 7, 5), mask, dim=1)


def test_a_loss_of_a_sequence_without_valid_steps_is_refused() -> None:
    text = r"^mask: expected a valid entry along dim = 1 everywhere, got none in 1 of 4 places"
    with pytest.raises(ValueError, match=text):
        masked_loss(torch.zeros(4, 7), none, dim=1, divide_by="steps")


VALUES: dict[str, tuple[type[Exception], Any]] = {
    "a tensor, got None. Pass the padded tensor.": (TypeError, None),
    "a tensor, got a PackedSequence. Pass the padded": (TypeError, rows),
    "a floating-point dtype, got torch.int64. Convert it: values.float().": (
        (TypeError, torch.zeros(4, 7).long())
    ),
    "a floating-point dtype, got torch.complex64. Convert": (
        (TypeError, torch.zeros(4, 7, dtype=torch.complex64))
    ),
    "a dense tensor, got layout torch.sparse_coo. Use": (TypeError, torch.zeros(4, 7).to_sparse()),
    "axes, each of size at least 1, got (). Look for an empty": (ShapeError, torch.tensor(0.0)),
    "axes, each of size at least 1, got (0, 7). Look": (ShapeError, torch.zeros(0, 7)),
}


@pytest.mark.parametrize(("text", "case"), VALUES.items())
def test_values_that_have_no_masked_mean(text: str, case: tuple[type[Exception], Any]) -> None:
    error, values = case
    pattern = "^" + re.escape(f"values: expected {text}")
    with pytest.raises(error, match=pattern):
        masked_mean(values, good, dim=1)
    with pytest.raises(error, match=pattern.replace("values", "losses")):
        masked_loss(values, good, dim=1, divide_by="steps")


OPTIONS: dict[str, tuple[type[Exception], Callable[[], object]]] = {
    "dim: expected an axis of values from -2 to 1, got 2. Give the number of the time axis.": (
        (ValueError, lambda: masked_mean(torch.zeros(4, 7), good, dim=2))
    ),
    "dim: expected an axis of values from -2 to 1, got None. Give the number of the axis": (
        (TypeError, lambda: masked_mean(torch.zeros(4, 7), good, dim=None))  # type: ignore[arg-type]
    ),
    "divide_by: expected one of 'steps', 'sequences', 'both', got 'mean'. Choose the one that": (
        ValueError,
        lambda: masked_loss(torch.zeros(4, 7), good, dim=1, divide_by="mean"),  # type: ignore[arg-type]
    ),
    "losses: expected (N, L) or (L, N), got (4, 7, 5). Use reduction='none', and average": (
        (ShapeError, lambda: masked_loss(torch.zeros(4, 7, 5), good, dim=1, divide_by="both"))
    ),
    "size: expected an int of at least 1, got 0. Give": (
        (ValueError, lambda: length_buckets([7, 5], 0))
    ),
    "generator: expected a torch.Generator or None, got int. Make one with": (
        (TypeError, lambda: length_buckets([7, 5], 2, generator=3))  # type: ignore[arg-type]
    ),
}


@pytest.mark.parametrize(("text", "case"), OPTIONS.items())
def test_options_out_of_range(
    text: str, case: tuple[type[Exception], Callable[[], object]]
) -> None:
    error, function = case
    with pytest.raises(error, match="^" + re.escape(text)):
        function()


# --- all input -----------------------------------------------------------------------------------

numbers = st.integers(-1, 6)
odd_lengths = st.one_of(
    st.lists(numbers, max_size=5),
    st.lists(st.one_of(numbers, st.booleans(), st.floats(0, 5), st.none()), max_size=4),
    st.lists(numbers, max_size=5).map(torch.tensor),
    st.sampled_from([None, 3, "543", torch.ones(3, 1).long(), torch.tensor(2)]),
)


@given(lengths=odd_lengths, sizes=st.lists(st.integers(0, 5), max_size=4), data=st.data())
def test_what_is_packed_runs_and_what_is_refused_is_refused_by_us(
    lengths: Any, sizes: list[int], data: st.DataObject
) -> None:
    """States of the wrong size are tried as well: torch would not notice them."""
    lstm = nn.LSTM(3, 4, 2, batch_first=data.draw(st.booleans()))
    x = torch.randn(data.draw(st.sampled_from([sizes, [*sizes[:2], 3]])))
    batch = data.draw(st.integers(1, 4))
    state = data.draw(st.sampled_from([None, (torch.zeros(2, batch, 4), torch.zeros(2, batch, 4))]))
    length = data.draw(st.integers(0, 6))
    try:
        packed = pack(lstm, x, lengths, state=state)
        output, _ = unpack(lstm, run(lstm, packed, state)[0], total_length=length)
        last = take_last(lstm, output, lengths)
    except (TypeError, ValueError) as error:
        assert_is_ours(error)
    else:
        valid = [*map(int, lengths)]
        assert packed.data.shape == (sum(valid), 3)
        assert last.shape == (len(valid), 4)
        parts = output.unbind(0 if lstm.batch_first else 1)
        assert_close(last, torch.stack([p[n - 1] for p, n in zip(parts, valid, strict=True)]))


@given(data=st.data())
def test_masked_results_are_finite_and_errors_are_ours(data: st.DataObject) -> None:
    sizes = data.draw(st.lists(st.integers(0, 3), max_size=3))
    axes = data.draw(st.integers(0, 3))
    mask = torch.rand([data.draw(st.sampled_from([n, n, n, 1, 2])) for n in sizes[:axes]]) < 0.8
    dtypes = st.sampled_from([torch.float32] * 6 + [torch.float64, torch.int64])
    values = torch.randn(sizes).to(data.draw(dtypes))
    dim = data.draw(st.integers(-3, 3))
    divide_by: Any = data.draw(st.sampled_from(["steps", "sequences", "both", "tokens"]))
    functions: list[Callable[[], Tensor]] = [
        lambda: masked_mean(values, mask, dim=dim),
        lambda: masked_softmax(values, mask, dim=dim),
        lambda: masked_loss(values, mask, dim=dim, divide_by=divide_by),
    ]
    for function in functions:
        try:
            found = function()
        except (TypeError, ValueError) as error:
            assert_is_ours(error)
        else:
            assert found.isfinite().all()


@given(lengths=some_lengths, more=st.integers(0, 3))
def test_padding_changes_nothing(lengths: list[int], more: int) -> None:
    assume(more > 0)
    length = max(lengths)
    values = torch.randn(len(lengths), length, 3, dtype=torch.float64)
    longer, mask = pad(values, (0, 0, 0, more), value=torch.nan), length_mask(lengths)
    padded_mask = length_mask(lengths, L=length + more)
    for function in (masked_mean, masked_softmax):
        found = function(longer, padded_mask, dim=1)
        expected = function(values, mask, dim=1)
        if function is masked_softmax:
            found = found[:, :length]
        assert_close(found, expected, rtol=0, atol=1e-14)
