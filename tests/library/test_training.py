"""The training helpers do what a loop written out does, and nothing leaks."""

import io
import sys

import pytest
import torch
from torch import nn
from torch.testing import assert_close

from lstm_guide import ShapeError, training

L, N, H_in, H = 11, 4, 3, 5


def make(**options):
    torch.manual_seed(0)
    return nn.LSTM(H_in, H, dtype=torch.float64, **options)


def data(*sizes):
    return torch.randn(*sizes, dtype=torch.float64, generator=torch.Generator().manual_seed(1))


def test_fit_takes_the_steps_of_the_loop_written_out():
    x, lstm, other = data(L, N, H_in), make(), make()
    losses = training.fit(
        lambda: lstm(x)[0].square().sum(), lstm.parameters(), updates=6, lr=0.02, max_norm=0.5
    )
    optimizer, expected = torch.optim.Adam(other.parameters(), lr=0.02), []
    for _ in range(6):
        loss = other(x)[0].square().sum()
        optimizer.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(other.parameters(), 0.5)
        optimizer.step()
        expected.append(loss.detach())
    assert_close(losses, torch.stack(expected))
    assert not losses.requires_grad
    for trained, reference in zip(lstm.parameters(), other.parameters(), strict=True):
        assert_close(trained, reference)


def test_fit_takes_all_parameters_of_a_generator_and_leaves_the_callers_list():
    lstm, head, x = make(), nn.Linear(H, 1).double(), data(L, N, H_in)
    before = [p.detach().clone() for p in (*lstm.parameters(), *head.parameters())]
    generator = (p for module in (lstm, head) for p in module.parameters())
    training.fit(lambda: head(lstm(x)[0]).square().mean(), generator, updates=1)
    after = [*lstm.parameters(), *head.parameters()]
    assert all(not torch.equal(a, b) for a, b in zip(before, after, strict=True))


@pytest.mark.parametrize("terminal", [True, False])
def test_fit_shows_a_bar_in_a_terminal_and_nothing_elsewhere(terminal, monkeypatch, capsys):
    stream = io.StringIO()
    stream.isatty = lambda: terminal
    monkeypatch.setattr(sys, "stderr", stream)
    lstm, x = make(), data(L, N, H_in)
    training.fit(lambda: lstm(x)[0].square().mean(), lstm.parameters(), updates=3)
    assert ("3/3" in stream.getvalue()) == terminal
    assert capsys.readouterr().out == ""


@pytest.mark.parametrize(
    ("options", "sizes", "dim"),
    [
        ({}, (L, N, H_in), 0),
        ({"num_layers": 2, "proj_size": 2}, (L, N, H_in), 0),
        ({"batch_first": True}, (N, L, H_in), 1),
        ({"batch_first": True}, (N, L, H_in), -2),
        ({}, (L, H_in), 0),
    ],
)
@pytest.mark.parametrize("chunk_length", [1, 4, L, 20])
def test_tbptt_gives_the_values_of_one_call(options, sizes, dim, chunk_length):
    lstm, x = make(**options), data(*sizes)
    whole, final = lstm(x)
    _, state = lstm(x)
    chunks = list(training.tbptt(lstm, x, chunk_length=chunk_length, dim=dim))
    assert_close(torch.cat([output for _, output, _ in chunks], dim=dim), whole)
    assert_close(chunks[-1][2], final)
    steps = [step for place, _, _ in chunks for step in range(place.start, place.stop)]
    assert steps == list(range(L))
    started = list(training.tbptt(lstm, x, chunk_length=chunk_length, dim=dim, state=state))
    assert_close(torch.cat([out for _, out, _ in started], dim=dim), lstm(x, state)[0])


def test_tbptt_cuts_the_gradient_at_the_start_of_each_chunk_and_of_the_first():
    lstm, x = make(), data(L, N, H_in).requires_grad_()
    _, state = lstm(x)
    for steps, output, (h, c) in training.tbptt(lstm, x, chunk_length=4, dim=0, state=state):
        (gradient,) = torch.autograd.grad(output[-1].sum(), x)
        reached = gradient.abs().sum(dim=(1, 2)).nonzero().flatten().tolist()
        assert reached == list(range(steps.start, steps.stop))
        assert not h.requires_grad
        assert not c.requires_grad
    assert state[0].requires_grad, "the caller's state keeps its graph"


def test_tbptt_sees_weights_that_change_between_chunks():
    lstm, x = make(), data(L, N, H_in)
    for _, output, _ in training.tbptt(lstm, x, chunk_length=4, dim=0):
        last = output
        with torch.no_grad():
            for parameter in lstm.parameters():
                parameter.zero_()
    assert_close(last, torch.zeros_like(last), atol=0.5, rtol=0)
    assert last.abs().max() < make()(x)[0].abs().max()


def test_gradient_by_distance_counts_back_from_the_last_step():
    lstm, x = make(batch_first=True), data(N, L, H_in)
    sizes = training.gradient_by_distance(lambda x: lstm(x)[0][:, -1].sum(), x, dim=1)
    inputs = x.clone().requires_grad_()
    (gradient,) = torch.autograd.grad(lstm(inputs)[0][:, -1].sum(), inputs)
    expected = [gradient[:, L - 1 - d].norm() for d in range(L)]
    assert_close(sizes, torch.stack(expected))


def test_gradient_by_distance_leaves_gradients_and_input_alone():
    lstm, x = make(), data(L, N, H_in)
    with torch.no_grad():
        sizes = training.gradient_by_distance(lambda x: lstm(x)[0][3].sum(), x, dim=0)
    assert (sizes[: L - 4] == 0).all(), "step 3 does not depend on later steps"
    assert (sizes[L - 4 :] > 0).all()
    assert not x.requires_grad
    assert all(parameter.grad is None for parameter in lstm.parameters())


@pytest.mark.parametrize("horizon", [1, 3])
def test_windows_hold_each_target_once_and_no_training_target_from_the_test_part(horizon):
    T, split, length = 50, 30, 7
    found = training.windows(torch.arange(float(T)), split=split, length=length, horizon=horizon)
    x, y, test_x, test_y = (
        found.unscale(part).round().int() for part in (found.x, found.y, found.test_x, found.test_y)
    )
    assert (x.max(), y.max()) == (split - 1 - horizon, split - 1)
    assert test_y[:, 0].tolist() == list(range(split, T - horizon + 1))
    for window, target in ((x, y), (test_x, test_y)):
        joined = torch.cat([window, target], dim=1)
        assert (joined.diff(dim=1) == 1).all()
        assert joined.size(1) == length + horizon


def test_windows_scale_by_the_training_part_alone():
    series = data(50)
    found = training.windows(series, split=30, length=7)
    spoiled = series.clone()
    spoiled[30:] += 1000
    again = training.windows(spoiled, split=30, length=7)
    assert_close(again.x, found.x)
    assert_close(again.y, found.y)
    assert_close((found.mean, found.std), (series[:30].mean(), series[:30].std()))
    assert_close(found.unscale(found.test_y[:, 0]), series[30:])


def test_windows_print_which_steps_went_where():
    lines = str(training.windows(data(50), split=30, length=7, horizon=2)).splitlines()
    assert lines[0] == "x (22, 7), y (22, 2): steps 0 to 29, y from step 7"
    assert lines[1] == "test_x (19, 7), test_y (19, 2): steps 23 to 49, y from step 30"


def test_persistence_repeats_the_last_season():
    x = torch.arange(10.0).view(2, 5)
    assert training.persistence(x).tolist() == [[4], [9]]
    assert training.persistence(x, steps=3).tolist() == [[4, 4, 4], [9, 9, 9]]
    assert training.persistence(x, steps=3, period=2).tolist() == [[3, 4, 3], [8, 9, 8]]
    assert training.persistence(x, steps=2, period=5).tolist() == [[0, 1], [5, 6]]


def test_autoregression_finds_the_weights_of_a_linear_series():
    series = torch.zeros(60, dtype=torch.float64)
    series[0], series[1] = 1.0, -0.5
    for t in range(2, 60):
        series[t] = 0.3 + 0.5 * series[t - 1] - 0.9 * series[t - 2]
    model = training.autoregression(series[:40], order=2)
    assert_close(model.weights, torch.tensor([-0.9, 0.5]).double(), atol=1e-6, rtol=0)
    assert_close(model.constant, torch.tensor(0.3).double(), atol=1e-6, rtol=0)
    ahead = model(series[None, 30:40], steps=20)
    assert_close(ahead[0], series[40:])
    assert model(series[None, 30:40].float()).dtype == torch.float32


def test_autoregression_copes_with_a_series_that_repeats_itself():
    series = torch.tensor([0.0, 1.0]).repeat(20)
    forecast = training.autoregression(series, order=6)(series[None, :8], steps=4)
    assert_close(forecast, torch.tensor([[0.0, 1.0, 0.0, 1.0]]), atol=1e-5, rtol=0)


LSTM, X, ROW = make(), data(L, N, H_in), data(40)
FIT = {"loss": lambda: LSTM(X)[0].sum(), "parameters": [*LSTM.parameters()], "updates": 2}
CHUNKS = {"model": LSTM, "x": X, "chunk_length": 4, "dim": 0}
SCORE = {"score": lambda x: LSTM(x)[0].sum(), "x": X, "dim": 0}
CUT = {"series": ROW, "split": 20, "length": 7, "horizon": 2}


@pytest.mark.parametrize(
    ("function", "arguments", "kind", "text"),
    [
        ("fit", {**FIT, "loss": X}, TypeError, "loss: expected a module or a function"),
        ("fit", {**FIT, "loss": lambda: 1.0}, TypeError, "loss: expected a tensor, got float"),
        ("fit", {**FIT, "loss": lambda: LSTM(X)[0]}, ShapeError, "loss: expected one number"),
        (
            "fit",
            {**FIT, "loss": lambda: LSTM(X)[0].sum() * torch.nan},
            ValueError,
            "loss: expected a finite number, got nan at update 0. Lower the learning rate",
        ),
        ("fit", {**FIT, "parameters": LSTM}, TypeError, "expected tensors to train, got nn.LSTM"),
        ("fit", {**FIT, "parameters": [LSTM]}, TypeError, "got nn.LSTM among them"),
        ("fit", {**FIT, "parameters": []}, ValueError, "got 0 tensors, none with requires_grad"),
        ("fit", {**FIT, "updates": 0}, ValueError, "updates: expected an int of at least 1"),
        ("fit", {**FIT, "lr": 0}, ValueError, "lr: expected a number above 0, got 0"),
        ("fit", {**FIT, "max_norm": "1"}, TypeError, "max_norm: expected a number above 0"),
        ("fit", {**FIT, "lr": float("inf")}, ValueError, "lr: expected a number above 0, got inf"),
        ("tbptt", {**CHUNKS, "model": None}, TypeError, "model: expected a module or a function"),
        (
            "tbptt",
            {**CHUNKS, "model": make(bidirectional=True)},
            ValueError,
            "model: expected one direction, got bidirectional=True",
        ),
        (
            "tbptt",
            {**CHUNKS, "x": nn.utils.rnn.pack_sequence([X])},
            TypeError,
            "x: expected a tensor, got a PackedSequence",
        ),
        ("tbptt", {**CHUNKS, "x": X[:0]}, ShapeError, "x: expected axes, each of size at least 1"),
        ("tbptt", {**CHUNKS, "chunk_length": 0}, ValueError, "chunk_length: expected an int of"),
        ("tbptt", {**CHUNKS, "dim": 3}, ValueError, "dim: expected an axis of x from -3 to 2"),
        ("tbptt", {**CHUNKS, "state": X}, TypeError, "state: expected"),
        (
            "tbptt",
            {**CHUNKS, "model": lambda x, state: x},
            TypeError,
            r"model: expected (output, (h, c)), got a tensor",
        ),
        ("gradient_by_distance", {**SCORE, "score": 3}, TypeError, "score: expected a module or"),
        (
            "gradient_by_distance",
            {**SCORE, "score": lambda x: x},
            ShapeError,
            "score: expected one number, (), got a tensor of shape (11, 4, 3)",
        ),
        (
            "gradient_by_distance",
            {**SCORE, "score": lambda x: LSTM(X)[0].sum()},
            ValueError,
            "score: expected a number that depends on x, got one that does not",
        ),
        ("gradient_by_distance", {**SCORE, "dim": -4}, ValueError, "dim: expected an axis of x"),
        ("gradient_by_distance", {**SCORE, "x": X.int()}, TypeError, "x: expected a floating"),
        ("windows", {**CUT, "series": X}, ShapeError, "series: expected (T,), got (11, 4, 3)"),
        (
            "windows",
            {**CUT, "series": torch.full((40,), torch.nan)},
            ValueError,
            "series: expected finite values, got 40 that are not",
        ),
        ("windows", {**CUT, "series": torch.ones(40)}, ValueError, "a training part that varies"),
        (
            "windows",
            {**CUT, "split": 8},
            ValueError,
            "split: expected a step from length + horizon = 9",
        ),
        ("windows", {**CUT, "split": 39}, ValueError, "to T - horizon = 38, got 39"),
        ("windows", {**CUT, "split": 0.8}, TypeError, "split: expected a step from"),
        ("windows", {**CUT, "length": 0}, ValueError, "length: expected an int of at least 1"),
        ("windows", {**CUT, "horizon": 0}, ValueError, "horizon: expected an int of at least 1"),
        ("persistence", {"x": ROW}, ShapeError, "x: expected (N, L) with L at least 1, got (40,)"),
        ("persistence", {"x": ROW[None], "period": 41}, ShapeError, "with L at least 41"),
        ("persistence", {"x": ROW[None], "steps": 0}, ValueError, "steps: expected an int of"),
        ("persistence", {"x": ROW[None], "period": 0}, ValueError, "period: expected an int of"),
        ("autoregression", {"series": ROW, "order": 0}, ValueError, "order: expected an int of"),
        (
            "autoregression",
            {"series": ROW, "order": 20},
            ValueError,
            "series: expected at least 2 * order + 1 = 41 values, got 40",
        ),
    ],
)
def test_what_does_not_fit_is_named(function, arguments, kind, text):
    def call():
        return list(getattr(training, function)(**arguments))  # chunks run when asked for

    with pytest.raises(kind) as caught:
        call()
    assert text in str(caught.value)
    assert type(caught.value) is kind


def test_a_split_at_either_limit_leaves_one_window():
    assert len(training.windows(ROW, split=9, length=7, horizon=2).x) == 1
    assert len(training.windows(ROW, split=38, length=7, horizon=2).test_x) == 1


def test_a_forecast_needs_as_many_steps_as_its_order():
    model = training.autoregression(ROW, order=5)
    with pytest.raises(ShapeError, match="L at least 5"):
        model(ROW[None, :4])
    with pytest.raises(ValueError, match="steps: expected an int of at least 1"):
        model(ROW[None], steps=0)


def test_errors_of_the_readers_own_model_pass_through():
    def broken(x, state):
        raise KeyError("mine")

    with pytest.raises(KeyError, match="mine"):
        next(training.tbptt(broken, X, chunk_length=4, dim=0))
