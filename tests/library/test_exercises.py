"""The checker: right answers pass, each known mistake is named, and nothing else passes."""

from __future__ import annotations

import re
from typing import Any

import pytest
import torch
from torch import Tensor, nn

from lstm_guide import check
from lstm_guide.exercises.checker import EXERCISES
from lstm_guide.exercises.grading import TRIES, same

from .answers import RIGHT, WRONG, Answer, by_hand, by_helper, joined, loop, state, tokens


def words_only(value: object) -> str:
    """Name a case by its words: the address in a function's name differs between processes."""
    return value[:40] if isinstance(value, str) else "answer"


def bottom_layer_alone(lstm: nn.LSTM, value: float) -> nn.LSTM:
    """Set a bottom layer right, and return it without the layers above."""
    own = nn.LSTM(lstm.input_size, lstm.hidden_size)
    weights = {name: each for name, each in lstm.state_dict().items() if name in own.state_dict()}
    own.load_state_dict(weights)
    return by_helper(own, value)


def without_last_update(lstm: Any, head: Any, optimizer: Any, x: Tensor, y: Tensor, k: int) -> Any:
    before = []
    optimizer.register_step_pre_hook(
        lambda *_: before.append([each.clone() for each in lstm.parameters()])
    )
    losses = loop(lstm, head, optimizer, x, y, k)
    with torch.no_grad():
        for parameter, value in zip(lstm.parameters(), before[-1], strict=True):
            parameter.copy_(value)
    return losses


@pytest.mark.parametrize(
    ("one", "other", "agree"),
    [
        (torch.zeros(2), torch.full((2,), 1e-7), True),
        (torch.zeros(2), torch.full((2,), 1e-3), False),
        (torch.zeros(2), torch.zeros(3), False),
        (torch.zeros(2), torch.zeros(2).double(), False),
        (torch.zeros(()), 0.0, False),
        ((2, [3]), [torch.Size([2])[0], (3,)], True),
        ((2, 3), (2,), False),
        ({"a": 1}, {"a": 1, "b": 2}, False),
        ({"a": 1, "b": 2}, {"a": 1}, False),
        ({"a": torch.ones(3)}, {"a": torch.ones(3)}, True),
        (None, None, True),
        (nn.LSTM, nn.GRU, False),
    ],
    ids=lambda value: type(value).__name__,
)
def test_results_agree_by_value_and_by_structure(one: object, other: object, agree: bool) -> None:
    assert same(one, other) is agree


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
            "three-shapes",
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
        (
            "parameter-count",
            lambda K, D, H_in, H: 4 * H,
            r"With K = \d, D = \d, H_in = \d+, H = (\d+): expected \d+, got \d+\.$",
        ),
        (
            "parameter-count",
            lambda K, D, H_in, H: None if K > 1 else torch.zeros(H),
            r"With K = \d, .*: (expected \d+, got a tensor of|the function returns None\.$)",
        ),
        (
            "forget-gate",
            lambda lstm, value: nn.LSTM(lstm.input_size, lstm.hidden_size, lstm.num_layers),
            r", value = \d\.\d+: weight_ih_l0: the shape is right, but values are off",
        ),
        (
            "forget-gate",
            bottom_layer_alone,
            r": expected a tensor of shape \(\d+, \d+\), got None\.$",
        ),
        (
            "truncated-bptt",
            without_last_update,
            r"lstm\.weight_ih_l0 at the end: the shape is right, but values are off",
        ),
        (
            "stop-decoding",
            lambda model, state, start, stop, limit: [limit],
            r"With model = Speller, state = a tuple of 2, start = \d+, stop = \d+, limit = (\d+): "
            r"expected \([\d, ]*\), got \(\1,\)\.$",
        ),
        (
            "truncated-bptt",
            lambda *given: loop(*given)[:-1],
            r"losses: expected a tensor of shape \(4,\), got a tensor of shape \(3,\)\.$",
        ),
        (
            "leak-hunt",
            lambda series, cut, L: 4 * [series],
            r"With series = a tensor .* L = \d+: x_train: expected a tensor of shape \(\d+, \d+\)",
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
    assert capsys.readouterr().out == message + "\n"


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
    names = ", ".join(map(repr, EXERCISES))
    text = f"name: expected one of {names}, got 'batch-of-six'. The page of the exercise writes"
    with pytest.raises(ValueError, match="^" + re.escape(text)):
        check("batch-of-six", by_hand)


def test_an_answer_that_was_called_is_refused() -> None:
    text = "answer: expected a function, got a tensor of shape (2, 3). Pass the function itself"
    with pytest.raises(TypeError, match="^" + re.escape(text)):
        check("top-layer", torch.zeros(2, 3))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("name", "answer", "words"),
    [
        ("forget-gate", lambda lstm, value: lstm.bias_ih_l0, "return the layer itself"),
        ("truncated-bptt", lambda *given: torch.zeros(4), "a list with the loss of each chunk"),
        ("truncated-bptt", lambda *given: [torch.zeros(2)], "a list with the loss of each chunk"),
        ("leak-hunt", lambda series, cut, L: series, "Return four tensors"),
        ("leak-hunt", lambda series, cut, L: (series, series), "Return four tensors"),
    ],
)
def test_an_answer_of_another_kind_is_told_what_to_return(
    name: str, answer: Answer, words: str
) -> None:
    verdict = check(name, answer)
    assert not verdict.ok
    assert words in verdict.message


def test_a_decoder_that_would_go_on_for_ever_is_stopped() -> None:
    def answer(model: nn.Module, state: Any, start: int, stop: int, limit: int) -> list[int]:
        written = []
        for token in tokens(model, state, start):
            if token == stop:
                break
            written.append(token)
        return written

    verdict = check("stop-decoding", answer)
    assert not verdict.ok
    assert "Your loop does not end" in verdict.message


def test_a_state_that_is_not_detached_gets_the_message_of_torch() -> None:
    def answer(lstm: Any, head: Any, optimizer: Any, x: Tensor, y: Tensor, k: int) -> None:
        state = None
        for chunk in x.split(k, dim=1):
            output, state = lstm(chunk, state)
            head(output).mean().backward()

    with pytest.raises(RuntimeError, match="backward through the graph a second time"):
        check("truncated-bptt", answer)
