"""The checker: right answers pass, each known mistake is named, and nothing else passes."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
import torch
from torch import Tensor, nn
from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence

from lstm_guide import check, final_state, pack, take_last, unpack
from lstm_guide.exercises.checker import EXERCISES
from lstm_guide.exercises.grading import TRIES

Answer = Callable[..., object]
Sizes = tuple[int, ...]


def three(output: Sizes, state: Sizes) -> tuple[Sizes, Sizes, Sizes]:
    return output, state, state


# --- answers as a reader writes them -----------------------------------------------------------


def by_hand(lstm: nn.LSTM, N: int, L: int) -> object:
    return three((N, L, lstm.hidden_size), (1, N, lstm.hidden_size))


def by_running(lstm: nn.LSTM, N: int, L: int) -> object:
    output, (h_n, c_n) = lstm(torch.ones(N, L, lstm.input_size))
    return [output.shape, h_n.shape, c_n.shape]


def four_shapes(K: int, N: int, L: int, H_in: int, H: int) -> object:
    return three((N, L, H), (K, N, H))


def state(lstm: nn.LSTM, x: Any) -> tuple[Tensor, Tensor]:
    return lstm(x)[1]  # type: ignore[no-any-return]


def joined(lstm: nn.LSTM, x: Any, rows: tuple[int, int] = (-2, -1)) -> Tensor:
    return torch.cat([state(lstm, x)[0][row] for row in rows], dim=1)


def packed(x: Tensor, lengths: Tensor) -> Any:
    return pack_padded_sequence(x, lengths, batch_first=True, enforce_sorted=False)


def unpacked(lstm: nn.LSTM, x: Tensor, lengths: Tensor) -> Tensor:
    return pad_packed_sequence(lstm(packed(x, lengths))[0], batch_first=True)[0]


def by_sorting(lstm: nn.LSTM, x: Tensor, lengths: Tensor, *, back: bool) -> Tensor:
    ordered, order = lengths.sort(descending=True)
    result = joined(lstm, pack_padded_sequence(x[order], ordered, batch_first=True))
    return result[order.argsort()] if back else result


def by_take_last(lstm: nn.LSTM, x: Tensor, lengths: Tensor) -> Tensor:
    output, _ = unpack(lstm, lstm(pack(lstm, x, lengths))[0], total_length=x.size(1))
    return take_last(lstm, output, lengths)


RIGHT: list[tuple[str, Answer]] = [
    ("batch-of-seven", by_hand),
    ("batch-of-seven", by_running),
    ("four-shapes", four_shapes),
    ("top-layer", lambda lstm, x: state(lstm, x)[0][-1]),
    ("top-layer", lambda lstm, x: lstm(x)[0][:, -1]),
    ("top-layer", lambda lstm, x: final_state(lstm, state(lstm, x)[0]).detach()),
    ("both-directions", joined),
    ("both-directions", lambda lstm, x: final_state(lstm, state(lstm, x)[0])),
    ("packed-final-state", lambda lstm, x, lengths: joined(lstm, packed(x, lengths))),
    ("packed-final-state", lambda lstm, x, lengths: by_sorting(lstm, x, lengths, back=True)),
    ("packed-final-state", by_take_last),
]

WRONG: list[tuple[str, str, Answer]] = [
    (
        "batch-of-seven",
        "batch_first changes the input and the output only",
        lambda lstm, N, L: three((N, L, lstm.hidden_size), (N, 1, lstm.hidden_size)),
    ),
    (
        "batch-of-seven",
        "Your output is time first",
        lambda lstm, N, L: three((L, N, lstm.hidden_size), (1, N, lstm.hidden_size)),
    ),
    (
        "batch-of-seven",
        "L does not show in them",
        lambda lstm, N, L: three((N, L, lstm.hidden_size), (L, N, lstm.hidden_size)),
    ),
    (
        "batch-of-seven",
        "the shapes for a batch of one",
        lambda lstm, N, L: three((1, L, lstm.hidden_size), (1, 1, lstm.hidden_size)),
    ),
    (
        "batch-of-seven",
        "The states are those of one sequence",
        lambda lstm, N, L: three((N, L, lstm.hidden_size), (1, 1, lstm.hidden_size)),
    ),
    (
        "four-shapes",
        "the first axis is always the layer",
        lambda K, N, L, H_in, H: three((N, L, H), (N, K, H)),
    ),
    (
        "four-shapes",
        "Your output is time first",
        lambda K, N, L, H_in, H: three((L, N, H), (K, N, H)),
    ),
    (
        "four-shapes",
        "L does not show in them",
        lambda K, N, L, H_in, H: three((N, L, H), (L, N, H)),
    ),
    (
        "four-shapes",
        "a row for each of the K layers",
        lambda K, N, L, H_in, H: three((N, L, H), (1, N, H)),
    ),
    (
        "four-shapes",
        "H, not H_in",
        lambda K, N, L, H_in, H: three((N, L, H_in), (K, N, H)),
    ),
    (
        "four-shapes",
        "not wider for more layers",
        lambda K, N, L, H_in, H: three((N, L, K * H), (K, N, H)),
    ),
    ("top-layer", "the bottom layer", lambda lstm, x: state(lstm, x)[0][0]),
    ("top-layer", "the last sequence of the batch, in", lambda lstm, x: state(lstm, x)[0][:, -1]),
    ("top-layer", "the last sequence of the batch, at", lambda lstm, x: lstm(x)[0][-1]),
    ("top-layer", "the cell state", lambda lstm, x: state(lstm, x)[1][-1]),
    ("top-layer", "every layer", lambda lstm, x: state(lstm, x)[0]),
    ("both-directions", "Where the sequence ends, the reverse", lambda lstm, x: lstm(x)[0][:, -1]),
    ("both-directions", "At step 0 the forward", lambda lstm, x: lstm(x)[0][:, 0]),
    ("both-directions", "the reverse direction alone", lambda lstm, x: state(lstm, x)[0][-1]),
    ("both-directions", "mixes sequences", lambda lstm, x: state(lstm, x)[0].view(len(x), -1)),
    ("both-directions", "the bottom layer", lambda lstm, x: joined(lstm, x, (0, 1))),
    ("both-directions", "exchanged", lambda lstm, x: joined(lstm, x, (-1, -2))),
    (
        "both-directions",
        "the cell state",
        lambda lstm, x: torch.cat([state(lstm, x)[1][row] for row in (-2, -1)], dim=1),
    ),
    ("packed-final-state", "You did not pack", lambda lstm, x, lengths: joined(lstm, x)),
    (
        "packed-final-state",
        "The last column of the unpacked output is zero",
        lambda lstm, x, lengths: unpacked(lstm, x, lengths)[:, -1],
    ),
    (
        "packed-final-state",
        "Put the rows back",
        lambda lstm, x, lengths: by_sorting(lstm, x, lengths, back=False),
    ),
    (
        "packed-final-state",
        "Where the sequence ends, the reverse",
        lambda lstm, x, lengths: unpacked(lstm, x, lengths)[torch.arange(len(x)), lengths - 1],
    ),
    (
        "packed-final-state",
        "the reverse direction alone",
        lambda lstm, x, lengths: state(lstm, packed(x, lengths))[0][-1],
    ),
    (
        "packed-final-state",
        "the bottom layer",
        lambda lstm, x, lengths: joined(lstm, packed(x, lengths), (0, 1)),
    ),
]


def words_only(value: object) -> str:
    """Name a case by its words: the address in a function's name differs between processes."""
    return value[:40] if isinstance(value, str) else "answer"


@pytest.mark.parametrize(("name", "answer"), RIGHT, ids=words_only)
def test_a_right_answer_passes_however_it_is_computed(name: str, answer: Answer) -> None:
    verdict = check(name, answer)
    assert verdict.ok
    assert verdict.message == f"{name}: right on every random configuration."


@pytest.mark.parametrize(("name", "words", "answer"), WRONG, ids=words_only)
def test_a_known_mistake_is_named(name: str, words: str, answer: Answer) -> None:
    verdict = check(name, answer)
    assert not verdict.ok
    assert verdict.message.startswith(f"{name}: not yet. ")
    assert words in verdict.message
    assert "expected" not in verdict.message


def test_the_mistakes_above_are_all_that_the_exercises_know() -> None:
    known = [name for name, exercise in EXERCISES.items() for _ in exercise.mistakes]
    assert sorted(known) == sorted(name for name, _, _ in WRONG)
    assert {name for name, _ in RIGHT} == EXERCISES.keys()


@pytest.mark.parametrize("name", EXERCISES)
def test_an_answer_to_one_configuration_does_not_pass(name: str) -> None:
    torch.manual_seed(1)
    once = EXERCISES[name].reference(*EXERCISES[name].draw())
    verdict = check(name, lambda *arguments: once)
    assert not verdict.ok
    assert "returns the same for all sizes" in verdict.message


@pytest.mark.parametrize("name", EXERCISES)
def test_an_empty_answer_is_told_to_return_something(name: str) -> None:
    verdict = check(name, lambda *arguments: None)
    assert not verdict.ok
    assert "returns None" in verdict.message


@pytest.mark.parametrize("name", EXERCISES)
def test_an_answer_that_fails_in_the_last_configuration_does_not_pass(name: str) -> None:
    calls = []

    def answer(*arguments: Any) -> object:
        calls.append(arguments)
        return EXERCISES[name].reference(*arguments) if len(calls) < TRIES else None

    assert not check(name, answer).ok
    assert len(calls) == TRIES


@pytest.mark.parametrize(
    ("name", "answer", "message"),
    [
        (
            "batch-of-seven",
            lambda lstm, N, L: (N, L),
            r"With lstm = LSTM\(\d+, (\d+), batch_first=True\), N = (\d+), L = (\d+): "
            r"expected \(\(\2, \3, \1\), \(1, \2, \1\), \(1, \2, \1\)\), got \(\2, \3\)\.$",
        ),
        (
            "four-shapes",
            lambda K, N, L, H_in, H: torch.zeros(N, L),
            r"With K = \d, N = (\d+), L = (\d+), .*, got a tensor of shape \(\1, \2\)\.$",
        ),
        (
            "top-layer",
            lambda lstm, x: tuple(lstm(x)),
            r"x = a tensor of shape \((\d+), .*expected a tensor of shape \(\1, \d+\), "
            r"got a tuple of 2\.$",
        ),
        (
            "top-layer",
            lambda lstm, x: state(lstm, x)[0][-1] + 0.5,
            r"the shape is right, but values are off by up to 0\.5000\.$",
        ),
        (
            "both-directions",
            lambda lstm, x: joined(lstm, x).double(),
            r"expected torch\.float32, got torch\.float64\.$",
        ),
        (
            "packed-final-state",
            lambda lstm, x, lengths: lengths,
            r"lengths = \[1, .*\]: expected a tensor of shape",
        ),
    ],
)
def test_any_other_answer_is_compared_in_its_first_wrong_configuration(
    name: str, answer: Answer, message: str
) -> None:
    verdict = check(name, answer)
    assert not verdict.ok
    assert re.search(message, verdict.message), verdict.message


def test_a_mistake_is_named_only_where_it_explains_every_configuration() -> None:
    calls = []

    def answer(lstm: nn.LSTM, x: Tensor) -> Tensor:
        calls.append(x)
        return state(lstm, x)[0][0] + (len(calls) == TRIES)

    message = check("top-layer", answer).message
    assert "the bottom layer" not in message
    assert "the shape is right" in message


def test_the_message_is_printed(capsys: pytest.CaptureFixture[str]) -> None:
    message = check("batch-of-seven", lambda *sizes: None).message
    printed = capsys.readouterr().out
    assert " ".join(printed.split()) == message


def test_the_printed_lines_are_short_enough_for_a_phone(capsys: pytest.CaptureFixture[str]) -> None:
    check("batch-of-seven", lambda *sizes: None)
    lines = capsys.readouterr().out.splitlines()
    assert max(map(len, lines)) <= 40


def test_the_same_answer_gets_the_same_verdict_and_the_seed_is_untouched() -> None:
    torch.manual_seed(3)
    want = torch.rand(4)
    torch.manual_seed(3)

    def answer(lstm: nn.LSTM, x: Tensor) -> Tensor:
        return torch.rand(2, 3)

    assert check("top-layer", answer) == check("top-layer", answer)
    torch.testing.assert_close(torch.rand(4), want)


def test_the_answer_runs_with_the_gradient_mode_of_the_caller() -> None:
    modes = []

    def answer(lstm: nn.LSTM, x: Tensor) -> Tensor:
        modes.append(torch.is_grad_enabled())
        return state(lstm, x)[0][-1]

    assert check("top-layer", answer).ok
    with torch.no_grad():
        assert check("top-layer", answer).ok
    assert modes == [True] * TRIES + [False] * TRIES


def test_an_answer_may_change_its_arguments() -> None:
    def answer(lstm: nn.LSTM, x: Tensor) -> Tensor:
        result = state(lstm, x)[0][-1]
        x.zero_()
        return result

    assert check("top-layer", answer).ok


def test_an_exception_of_the_answer_passes_through() -> None:
    with pytest.raises(ZeroDivisionError):
        check("top-layer", lambda lstm, x: 1 / 0)


def test_an_unknown_exercise_lists_the_names() -> None:
    names = "'batch-of-seven', 'four-shapes', 'top-layer', 'both-directions', 'packed-final-state'"
    text = f"name: expected one of {names}, got 'batch-of-six'. The page of the exercise writes"
    with pytest.raises(ValueError, match="^" + re.escape(text)):
        check("batch-of-six", by_hand)


def test_an_answer_that_was_called_is_refused() -> None:
    text = "answer: expected a function, got a tensor of shape (2, 3). Pass the function itself"
    with pytest.raises(TypeError, match="^" + re.escape(text)):
        check("top-layer", torch.zeros(2, 3))  # type: ignore[arg-type]
