"""Training: a short fit loop, truncated backpropagation, baselines, gradients by distance.

The pages about training write their loops out; ``fit`` is for pages with another subject.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import TypeAlias

import torch
from torch import Tensor, nn

from lstm_guide import errors
from lstm_guide.states import detach_state

__all__ = [
    "Autoregression",
    "Windows",
    "autoregression",
    "fit",
    "gradient_by_distance",
    "persistence",
    "tbptt",
    "windows",
]

State: TypeAlias = tuple[Tensor, Tensor]
Stepper: TypeAlias = Callable[[Tensor, State | None], tuple[Tensor, State]]


def fit(
    loss: Callable[[], Tensor],
    parameters: Iterable[nn.Parameter],
    *,
    updates: int,
    lr: float = 0.01,
    max_norm: float = 1.0,
) -> Tensor:
    """Train with Adam and clipped gradients, and return the losses.

    A terminal shows a progress bar; a page, a file or a notebook shows nothing.

    Args:
        loss: called once an update; draws a batch, runs the model and returns the loss, ().
        parameters: what is trained.
        updates: how many steps the optimiser takes.
        lr: the learning rate.
        max_norm: gradients of a larger norm are shortened to it.

    Returns:
        (updates,), the loss before each update, without a graph.

    Raises:
        ShapeError: loss returned more than one number.
        TypeError: loss cannot be called or does not return a tensor; updates is not an int.
        ValueError: updates is below 1; lr or max_norm is not above 0; there are no parameters;
            the loss is not finite.

    Example:
        >>> lstm, x = nn.LSTM(3, 5), torch.randn(7, 4, 3)
        >>> losses = fit(lambda: lstm(x)[0].square().mean(), lstm.parameters(), updates=6)
        >>> tuple(losses.shape), bool(losses[-1] < losses[0])
        ((6,), True)
    """
    from tqdm import tqdm  # only here: the rest of the library does without

    errors.check_functions(loss=loss)
    errors.check_count("updates", updates, at_least=1)
    errors.check_above_zero("lr", lr)
    errors.check_above_zero("max_norm", max_norm)
    trained = errors.check_trained(parameters)
    optimizer = torch.optim.Adam(trained, lr=lr)
    losses = []
    for update in tqdm(range(updates), disable=None):  # None: only in a terminal
        value = errors.check_update(loss(), update=update)  # ()
        optimizer.zero_grad()
        value.backward()  # type: ignore[no-untyped-call]
        nn.utils.clip_grad_norm_(trained, max_norm)
        optimizer.step()
        losses.append(value.detach())
    return torch.stack(losses)  # (updates,)


def tbptt(
    model: Stepper,
    x: Tensor,
    *,
    chunk_length: int,
    dim: int,
    state: State | None = None,
) -> Iterator[tuple[slice, Tensor, State]]:
    """Run a model over a long sequence in chunks, for truncated backpropagation through time.

    The state goes from chunk to chunk without its graph. Each chunk runs when it is asked for, so
    that the weights may be updated between two.

    Args:
        model: called as ``model(chunk, state)``, returns (output, (h, c)); an ``nn.LSTM``, or a
            module of your own around one.
        x: the long sequences, (L, N, ...), or (N, L, ...) with batch_first, or unbatched (L, ...).
        chunk_length: steps of a chunk; the last one is shorter where L is no multiple.
        dim: the time axis of x.
        state: (h_0, c_0) of the first chunk; None for zeros.

    Returns:
        For each chunk its steps, as a slice of the time axis, what model returned for them, and the
        state after them, detached.

    Raises:
        ShapeError: x has an axis of size 0, or no axes.
        TypeError: an argument has the wrong type, or model does not return a state.
        ValueError: chunk_length is below 1, dim is no axis of x, or model has two directions.

    Example:
        >>> lstm = nn.LSTM(3, 5)
        >>> for steps, output, _ in tbptt(lstm, torch.randn(7, 4, 3), chunk_length=3, dim=0):
        ...     print(f"{steps.start} to {steps.stop}:", tuple(output.shape))
        0 to 3: (3, 4, 5)
        3 to 6: (3, 4, 5)
        6 to 7: (1, 4, 5)
    """
    errors.check_functions(model=model)
    errors.check_forward_in_time(model)
    sequences = errors.check_sequences(x)
    errors.check_count("chunk_length", chunk_length, at_least=1)
    errors.check_dim("x", dim, rank=sequences.dim())
    if state is not None:
        state = detach_state(state)
    return _chunks(model, sequences, chunk_length, dim, state)


def _chunks(
    model: Stepper, x: Tensor, chunk_length: int, dim: int, state: State | None
) -> Iterator[tuple[slice, Tensor, State]]:
    """The loop itself, apart from the checks: those run at the call, this at the first chunk."""
    start = 0
    for chunk in torch.split(x, chunk_length, dim):
        output, carried = errors.check_returned(model(chunk, state))
        state = detach_state(carried)
        stop = start + chunk.size(dim)
        yield slice(start, stop), output, state
        start = stop


def gradient_by_distance(score: Callable[[Tensor], Tensor], x: Tensor, *, dim: int) -> Tensor:
    """Measure how much a number depends on each step of x, counted back from the last step.

    No gradient is added to the parameters, and x stays as it is.

    Args:
        score: turns x into one number, (), made from the end of the sequence: a loss, or the sum
            of the last output.
        x: the input, (L, N, H_in), or (N, L, H_in) with batch_first, or unbatched (L, H_in).
        dim: the time axis of x.

    Returns:
        (L,), where entry d is the norm of the gradient d steps back, over all other axes.

    Raises:
        ShapeError: x has an axis of size 0, or score returned more than one number.
        TypeError: x has no fractions, or score cannot be called or returns no tensor.
        ValueError: dim is no axis of x, or the number does not depend on x.

    Example:
        >>> lstm = nn.LSTM(3, 5)
        >>> x = torch.randn(7, 4, 3)
        >>> sizes = gradient_by_distance(lambda x: lstm(x)[0][-1].sum(), x, dim=0)
        >>> tuple(sizes.shape), bool(sizes[0] > sizes[6])
        ((7,), True)
    """
    errors.check_functions(score=score)
    values = errors.check_values("x", x)
    errors.check_dim("x", dim, rank=values.dim())
    with torch.enable_grad():
        inputs = values.detach().clone().requires_grad_()
        number = errors.check_number("score", score(inputs))
        (gradient,) = torch.autograd.grad(number, inputs, allow_unused=True)
    sizes: Tensor = errors.check_reached(gradient).movedim(dim, 0).flatten(1).norm(dim=1)
    return sizes.flip(0)  # (L,), the last step first


@dataclass(frozen=True, repr=False)
class Windows:
    """Scaled windows of a series, split in time before anything was learnt from it.

    Attributes:
        x: the windows to train on, (M, length).
        y: the values after each of them, (M, horizon).
        test_x: the windows to test on, (M', length).
        test_y: the values after each of them, (M', horizon).
        mean: what was subtracted: the mean of the training part.
        std: what was divided by: its standard deviation.
        split: the first step of the test part; y ends before it, test_y begins with it.

    Example:
        >>> data = windows(torch.arange(40.0), split=30, length=7, horizon=2)
        >>> tuple(data.x.shape), tuple(data.test_y.shape)
        ((22, 7), (9, 2))
    """

    x: Tensor
    y: Tensor
    test_x: Tensor
    test_y: Tensor
    mean: Tensor
    std: Tensor
    split: int

    def unscale(self, values: Tensor) -> Tensor:
        """Turn scaled values, of any shape, back into the units of the series.

        Example:
            >>> data = windows(torch.arange(40.0), split=30, length=7, horizon=2)
            >>> data.unscale(data.test_y[0])
            tensor([30., 31.])
        """
        return values * self.std + self.mean

    def __repr__(self) -> str:
        length, horizon, last = self.x.size(1), self.y.size(1), self.split - 1
        stop = self.split + len(self.test_y) + horizon - 2
        return (
            f"x {tuple(self.x.shape)}, y {tuple(self.y.shape)}: steps 0 to {last}, "
            f"y from step {length}\n"
            f"test_x {tuple(self.test_x.shape)}, test_y {tuple(self.test_y.shape)}: "
            f"steps {self.split - length} to {stop}, y from step {self.split}\n"
            f"scaled by mean {self.mean:.2f} and standard deviation {self.std:.2f} "
            f"of steps 0 to {last}"
        )


def windows(series: Tensor, *, split: int, length: int, horizon: int = 1) -> Windows:
    """Split a series in time, then scale it, then cut windows: in this order nothing leaks.

    The first windows of the test part reach back into the training part: their values are known
    when the forecast is made. No value of the test part is in a training window, a training
    target, or the scale.

    Args:
        series: the values in order of time, (T,).
        split: the first step of the test part.
        length: steps of a window.
        horizon: steps to forecast after each window.

    Returns:
        The windows and targets of both parts, in scaled units.

    Raises:
        ShapeError: series has another rank than 1.
        TypeError: series has no fractions, or a number is not an int.
        ValueError: length or horizon is below 1; a part is too short for one window and its
            targets; the training part is constant; a value is not finite.

    Example:
        >>> windows(torch.arange(40.0), split=30, length=7, horizon=2)
        x (22, 7), y (22, 2): steps 0 to 29, y from step 7
        test_x (9, 7), test_y (9, 2): steps 23 to 39, y from step 30
        scaled by mean 14.50 and standard deviation 8.80 of steps 0 to 29
    """
    checked = errors.check_series(series)
    errors.check_count("length", length, at_least=1)
    errors.check_count("horizon", horizon, at_least=1)
    errors.check_split(split, T=len(checked), length=length, horizon=horizon)
    std, mean = torch.std_mean(checked[:split])
    errors.check_varies(std)
    scaled = (checked - mean) / std  # (T,)
    train = scaled[:split].unfold(0, length + horizon, 1)  # (M, length + horizon)
    test = scaled[split - length :].unfold(0, length + horizon, 1)  # (M', length + horizon)
    return Windows(
        x=train[:, :length],
        y=train[:, length:],
        test_x=test[:, :length],
        test_y=test[:, length:],
        mean=mean,
        std=std,
        split=split,
    )


def persistence(x: Tensor, *, steps: int = 1, period: int = 1) -> Tensor:
    """Forecast that what was there a period ago comes again: the baseline of every forecast.

    Args:
        x: windows in order of time, (N, L).
        steps: how many steps to forecast.
        period: 1 repeats the last value; the length of a season repeats the last season.

    Returns:
        (N, steps), entries of x.

    Raises:
        ShapeError: x has another rank than 2, or fewer steps than a period.
        TypeError: x is not a tensor with fractions, or a number is not an int.
        ValueError: steps or period is below 1.

    Example:
        >>> x = torch.arange(10.0).view(2, 5)
        >>> persistence(x, steps=4, period=3)
        tensor([[2., 3., 4., 2.],
                [7., 8., 9., 7.]])
    """
    errors.check_count("steps", steps, at_least=1)
    errors.check_count("period", period, at_least=1)
    checked = errors.check_windows(x, at_least=period)
    ahead = torch.arange(steps, device=checked.device) % period  # (steps,)
    return checked[:, checked.size(1) - period + ahead]  # (N, steps)


@dataclass(frozen=True, repr=False)
class Autoregression:
    """A linear forecast: one weight for each of the last values, and a constant.

    Attributes:
        weights: (order,), the oldest value first.
        constant: ().

    Example:
        >>> model = autoregression(torch.arange(40.0), order=3)
        >>> tuple(model.weights.shape), tuple(model(torch.randn(4, 7), steps=2).shape)
        ((3,), (4, 2))
    """

    weights: Tensor
    constant: Tensor

    def __call__(self, x: Tensor, *, steps: int = 1) -> Tensor:
        """Forecast step by step, each forecast being read for the next.

        Args:
            x: windows in order of time, (N, L) with L at least the order.
            steps: how many steps to forecast.

        Returns:
            (N, steps).

        Raises:
            ShapeError: x has another rank than 2, or fewer steps than the order.
            TypeError: x is not a tensor with fractions, or steps is not an int.
            ValueError: steps is below 1.

        Example:
            >>> model = autoregression(torch.arange(40.0), order=3)
            >>> model(torch.arange(10.0).view(2, 5), steps=3).round()
            tensor([[ 5.,  6.,  7.],
                    [10., 11., 12.]])
        """
        errors.check_count("steps", steps, at_least=1)
        known = errors.check_windows(x, at_least=len(self.weights))
        for _ in range(steps):
            recent = known[:, -len(self.weights) :].double()  # (N, order)
            following = recent @ self.weights + self.constant  # (N,)
            known = torch.cat([known, following[:, None].to(known.dtype)], dim=1)
        return known[:, -steps:]  # (N, steps)

    def __repr__(self) -> str:
        return f"Autoregression of order {len(self.weights)}"


def autoregression(series: Tensor, *, order: int) -> Autoregression:
    """Fit the best linear forecast from the last values, by least squares.

    Args:
        series: the training part, in order of time, (T,).
        order: how many values back it reads.

    Returns:
        A function of windows, (N, L) to (N, steps), with its weights in float64.

    Raises:
        ShapeError: series has another rank than 1.
        TypeError: series is not a tensor with fractions, or order is not an int.
        ValueError: order is below 1, series is too short for it, or a value is not finite.

    Example:
        >>> model = autoregression(torch.arange(40.0), order=2)
        >>> model
        Autoregression of order 2
        >>> tuple(model(torch.randn(4, 7), steps=3).shape)
        (4, 3)
    """
    checked = errors.check_series(series)
    errors.check_count("order", order, at_least=1)
    errors.check_long_enough(len(checked), order=order)
    cut = checked.double().unfold(0, order + 1, 1)  # (M, order + 1)
    known = torch.cat([cut[:, :-1], torch.ones_like(cut[:, :1])], dim=1)  # (M, order + 1)
    # gelsd: also where values repeat so exactly that many weights fit equally well.
    solution = torch.linalg.lstsq(known, cut[:, -1:], driver="gelsd").solution[:, 0]
    return Autoregression(solution[:-1], solution[-1])
