"""Generated tasks: the targets are right, the draws repeat, and the caller's numbers stay."""

from __future__ import annotations

import datetime
import re
from collections.abc import Callable
from typing import Any

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch.testing import assert_close

from lstm_guide import tasks

from .test_errors import assert_is_ours

N, L = 5, 11
DRAWS: dict[str, Callable[..., Any]] = {
    "adding_problem": lambda **options: tasks.adding_problem(N=N, L=L, **options)[0],
    "parity": lambda **options: tasks.parity(N=N, L=L, **options)[0],
    "balanced_brackets": lambda **options: tasks.balanced_brackets(N=N, L=12, **options)[0],
    "bracket_depth": lambda **options: tasks.bracket_depth(N=N, L=L, deepest=3, **options)[0],
    "iso_dates": lambda **options: tasks.iso_dates(N=N, **options),
    "noisy_cycles": lambda **options: tasks.noisy_cycles(L=L, **options),
    "reversal": lambda **options: tasks.reversal(N=N, L=L, symbols=10, **options)[0],
    "spelled_numbers": lambda **options: tasks.spelled_numbers(N=N, below=1000, **options),
}
per_draw = pytest.mark.parametrize("name", DRAWS)


def assert_same(left: Any, right: Any) -> None:
    assert repr(left) == repr(right)


def test_every_public_function_is_tested_here() -> None:
    assert {*DRAWS, "spell"} == set(tasks.__all__)


@per_draw
def test_without_a_generator_every_call_returns_the_same_and_draws_nothing_from_the_caller(
    name: str,
) -> None:
    before = torch.get_rng_state()
    first = DRAWS[name]()
    torch.rand(3)
    assert_same(DRAWS[name](), first)
    torch.set_rng_state(before)
    DRAWS[name]()
    assert torch.equal(torch.get_rng_state(), before)


@per_draw
def test_one_generator_draws_anew_at_each_call_and_repeats_with_its_seed(name: str) -> None:
    generator = torch.Generator().manual_seed(3)
    first, second = (DRAWS[name](generator=generator) for _ in range(2))
    assert repr(first) != repr(second)
    assert_same(DRAWS[name](generator=torch.Generator().manual_seed(3)), first)


@per_draw
def test_what_is_no_generator_is_refused(name: str) -> None:
    with pytest.raises(TypeError, match=r"generator: expected a torch\.Generator or None, got int"):
        DRAWS[name](generator=3)


def test_two_numbers_are_marked_and_add_up_to_the_target() -> None:
    x, target = tasks.adding_problem(N=400, L=L)
    assert x.shape == (400, L, 2)
    assert target.shape == (400,)
    numbers, markers = x.unbind(dim=-1)
    assert (markers.sum(dim=1) == 2).all()
    assert markers.unique().tolist() == [0, 1]
    assert 0 <= numbers.min() < 0.01
    assert 0.99 < numbers.max() < 1
    assert_close(target, numbers[markers.bool()].reshape(400, 2).sum(dim=1))
    assert markers.sum(dim=0).min() > 40  # every step is marked now and then
    assert (target - 1).square().mean().item() == pytest.approx(1 / 6, abs=0.03)


def test_parity_says_whether_the_ones_so_far_are_odd() -> None:
    bits, odd = tasks.parity(N=N, L=L)
    assert bits.shape == (N, L, 1)
    for row, tags in zip(bits[:, :, 0].tolist(), odd.tolist(), strict=True):
        assert [sum(row[: i + 1]) % 2 for i in range(L)] == tags


@pytest.mark.parametrize("deepest", [1, 3])
def test_depth_counts_the_open_brackets(deepest: int) -> None:
    ids, depth = tasks.bracket_depth(N=300, L=L, deepest=deepest)
    assert ids.shape == depth.shape == (300, L)
    assert set(depth.flatten().tolist()) == set(range(deepest + 1))
    assert 0.25 < (ids == 2).float().mean() < 0.35
    for row, depths in zip(ids.tolist(), depth.tolist(), strict=True):
        assert [row[: i + 1].count(0) - row[: i + 1].count(1) for i in range(L)] == depths


def finds_partners(row: list[int]) -> bool:
    """Say whether brackets are balanced, by removing pairs until none is left."""
    text = "".join("()"[i] for i in row)
    while "()" in text:
        text = text.replace("()", "")
    return not text


@pytest.mark.parametrize("length", [6, 8, 30])
def test_brackets_are_balanced_where_the_answer_says_so(length: int) -> None:
    ids, balanced = tasks.balanced_brackets(N=400, L=length)
    assert ids.shape == (400, length)
    assert balanced.shape == (400,)
    assert balanced.dtype == torch.bool
    assert [finds_partners(row) for row in ids.tolist()] == balanced.tolist()
    assert 0.4 < balanced.float().mean() < 0.6


def test_neither_the_ends_nor_a_count_tell_whether_brackets_are_balanced() -> None:
    ids, _ = tasks.balanced_brackets(N=400, L=30)
    assert (ids[:, 0] == 0).all()
    assert (ids[:, -1] == 1).all()
    assert (ids.sum(dim=1) == 15).all()
    assert ids[:, 1:-1].unique().tolist() == [0, 1]


def test_each_string_of_brackets_comes_as_often_as_the_others_with_its_answer() -> None:
    ids, balanced = tasks.balanced_brackets(N=4000, L=8)
    for answer, kinds in ((True, 14), (False, 6)):
        rows = ids[balanced == answer]
        _, counts = rows.unique(dim=0, return_counts=True)
        assert len(counts) == kinds
        assert counts.min() > 0.7 * len(rows) / kinds


def test_a_reversal_reads_the_source_from_its_end() -> None:
    source, target = tasks.reversal(N=300, L=L, symbols=4)
    assert source.shape == target.shape == (300, L)
    assert [row[::-1] for row in source.tolist()] == target.tolist()
    assert source.unique().tolist() == [0, 1, 2, 3]


def test_a_date_in_words_is_the_date_beside_it() -> None:
    texts, dates = tasks.iso_dates(N=3000)
    ways = [0, 0, 0]
    for text, date in zip(texts, dates, strict=True):
        found = []
        for way, form in enumerate(("%d %B %Y", "%B %d, %Y", "%d %b %Y")):
            try:
                found.append((way, datetime.datetime.strptime(text, form).date().isoformat()))
            except ValueError:
                continue
        assert {written for _, written in found} == {date}
        ways[found[0][0]] += 1
    assert min(ways) > 800
    assert not any(" 0" in text or text.startswith("0") for text in texts)


def test_dates_go_from_1900_to_2099_and_texts_from_10_to_18_characters() -> None:
    texts, dates = tasks.iso_dates(N=20_000)
    assert {date[:4] for date in dates} == {str(year) for year in range(1900, 2100)}
    assert {date[5:7] for date in dates} == {f"{month:02}" for month in range(1, 13)}
    assert {date[8:] for date in dates} == {f"{day:02}" for day in range(1, 32)}
    assert {len(text) for text in texts} == set(range(10, 19))
    assert {len(date) for date in dates} == {10}


def test_cycles_rise_in_lines_of_8_to_24_steps() -> None:
    series = tasks.noisy_cycles(L=5000, noise=0.0)
    (starts,) = (series == 0).nonzero(as_tuple=True)
    lengths = starts.diff()
    assert sorted(set(lengths.tolist())) == list(range(8, 25))
    for start, length in zip(starts.tolist(), lengths.tolist(), strict=False):
        assert_close(series[start : start + length], torch.linspace(0, 1, length))


def test_noise_has_the_standard_deviation_that_was_asked_for() -> None:
    clean, noisy = (tasks.noisy_cycles(L=5000, noise=noise) for noise in (0.0, 0.2))
    assert (noisy - clean).std().item() == pytest.approx(0.2, abs=0.01)


@pytest.mark.parametrize(
    ("number", "text"),
    [
        (0, "zero"),
        (13, "thirteen"),
        (40, "forty"),
        (99, "ninety-nine"),
        (100, "one hundred"),
        (110, "one hundred and ten"),
        (1_000, "one thousand"),
        (1_100, "one thousand one hundred"),
        (7_042, "seven thousand and forty-two"),
        (20_300, "twenty thousand three hundred"),
        (999_999, "nine hundred and ninety-nine thousand nine hundred and ninety-nine"),
    ],
)
def test_numbers_are_spelled_as_in_british_english(number: int, text: str) -> None:
    assert tasks.spell(number) == text


def read(text: str) -> int:
    """Say which number is spelled out."""
    ones = {tasks.spell(number): number for number in range(20)}
    tens = {tasks.spell(number): number for number in range(20, 100, 10)}
    total = 0
    for word in re.split(r" and | |-", text):
        if word == "thousand":
            total *= 1000
        elif word == "hundred":
            total += total % 1000 * 99
        else:
            total += {**ones, **tens}[word]
    return total


@given(st.integers(0, 999_999))
def test_a_spelled_number_can_be_read_again(number: int) -> None:
    assert read(tasks.spell(number)) == number


def test_spelled_numbers_are_all_different_and_below_the_limit() -> None:
    texts = tasks.spelled_numbers(N=100, below=100)
    assert sorted(texts) == sorted(tasks.spell(number) for number in range(100))
    assert texts != [tasks.spell(number) for number in range(100)]


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: tasks.adding_problem(N=0, L=3), "N: expected an int of at least 1, got 0. "),
        (lambda: tasks.adding_problem(N=2, L=1), "L: expected an int of at least 2, got 1. "),
        (lambda: tasks.parity(N=2, L=0), "L: expected an int of at least 1, got 0. "),
        (
            lambda: tasks.bracket_depth(N=2, L=3, deepest=0),
            "deepest: expected an int of at least 1, got 0. ",
        ),
        (
            lambda: tasks.noisy_cycles(L=3, noise=-0.1),
            "noise: expected a number of at least 0, got -0.1. Give the standard deviation",
        ),
        (
            lambda: tasks.balanced_brackets(N=2, L=4),
            "L: expected an int of at least 6, got 4. ",
        ),
        (
            lambda: tasks.balanced_brackets(N=2, L=7),
            "L: expected an even int, got 7. Half of the steps open a bracket",
        ),
        (
            lambda: tasks.reversal(N=2, L=3, symbols=1),
            "symbols: expected an int of at least 2, got 1. ",
        ),
        (lambda: tasks.iso_dates(N=0), "N: expected an int of at least 1, got 0. "),
        (lambda: tasks.noisy_cycles(L=3, noise=float("nan")), "noise: expected a number of at"),
        (
            lambda: tasks.spell(1_000_000),
            "number: expected an int of at most 999,999, got 1,000,000. Millions are not",
        ),
        (lambda: tasks.spell(-1), "number: expected an int of at least 0, got -1. "),
        (
            lambda: tasks.spelled_numbers(N=2, below=1_000_001),
            "below: expected an int of at most 1,000,000, got 1,000,001. Millions are not",
        ),
        (
            lambda: tasks.spelled_numbers(N=31, below=30),
            "N: expected an int of at most 30, got 31. There are no more than 30 numbers below",
        ),
    ],
)
def test_sizes_that_do_not_fit_are_refused(call: Callable[[], object], message: str) -> None:
    with pytest.raises(ValueError, match=f"^{re.escape(message)}") as caught:
        call()
    assert_is_ours(caught.value)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: tasks.parity(N=2.0, L=3), "N: expected an int of at least 1, got 2.0. "),
        (lambda: tasks.spell(True), "number: expected an int of at least 0, got True. "),
        (lambda: tasks.noisy_cycles(L=3, noise="a"), "noise: expected a number of at least 0, got"),
        (lambda: tasks.noisy_cycles(L=3, noise=True), "noise: expected a number of at least 0, "),
    ],
)
def test_what_is_no_number_is_refused(call: Callable[[], object], message: str) -> None:
    with pytest.raises(TypeError, match=f"^{re.escape(message)}") as caught:
        call()
    assert_is_ours(caught.value)
