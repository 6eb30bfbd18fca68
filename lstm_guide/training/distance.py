"""Gradients by distance from the end of a sequence."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor

from lstm_guide import errors

__all__ = ["gradient_by_distance"]


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
        >>> lstm = torch.nn.LSTM(3, 5)
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
