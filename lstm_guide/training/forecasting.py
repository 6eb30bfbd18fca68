"""Windows of a series without leaks, and the baselines of a forecast."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from lstm_guide import errors

__all__ = ["Autoregression", "Windows", "autoregression", "persistence", "windows"]


@dataclass(frozen=True, repr=False)
class Windows:
    """Scaled windows of a series, split in time before anything was learned from it.

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
