"""A call of nn.LSTM, drawn from its real tensors."""

from __future__ import annotations

import warnings

import matplotlib.pyplot as plt
import torch
from matplotlib.axes import Axes
from torch import Tensor, nn

from lstm_guide.errors import check_tensor
from lstm_guide.plotting.diagram import Plan, draw, sentence
from lstm_guide.plotting.look import INK, WIDTH, check_canvas, style
from lstm_guide.shapes import CallShapes, Config, Shape, call_shapes

__all__ = ["call"]


def call(
    lstm: nn.LSTM,
    x: Tensor,
    state: tuple[Tensor, Tensor] | None = None,
    *,
    title: str | None = None,
    ax: Axes | None = None,
) -> Axes:
    """Run ``output, (h_n, c_n) = lstm(x, state)`` and draw where each tensor comes from.

    Time runs to the right and layers go up; solid arrows carry h, dashed ones c. Of more than six
    steps the first three and the last two are drawn. The call runs without gradients and leaves
    the random state of torch as it was.

    Args:
        lstm: the module.
        x: the input, (L, N, H_in), (N, L, H_in) with batch_first, or (L, H_in).
        state: (h_0, c_0), (K * D, N, H_out) and (K * D, N, H_cell); None for zeros.
        title: the sentence that says what is seen; None for one made from the sizes.
        ax: where to draw; best about 7 inches wide. None for a new figure.

    Returns:
        The axes, in inches.

    Raises:
        ShapeError: x or state does not fit the module.
        TypeError: x is packed, or an argument is of the wrong type or dtype.
        ValueError: x or state is on another device than the module.

    Example:
        >>> ax = call(nn.LSTM(3, 5, num_layers=2), torch.zeros(7, 4, 3))
        >>> print(ax.get_title())
        output: every step (7) of the top layer
        h_n and c_n: the last step of every layer (2)
    """
    shapes = call_shapes(lstm, x, state=state)
    change = "The call is run: pass the values, and of packed input the padded tensor."
    check_tensor("x", x, change=change)
    check_canvas(title, ax)
    config = Config.of(lstm)
    plan = Plan(config.K, config.D, shapes.L, config.H_out, zeros=state is None)
    sizes = _run(lstm, x, state, shapes)
    with style():
        if ax is None:
            low, high = plan.heights
            total = high - low + 0.55  # with the title
            figure = plt.figure(figsize=(WIDTH, total), layout="none")
            ax = figure.add_axes((0, 0, 1, (high - low) / total))
        draw(ax, plan, sizes)
        ax.set_title(sentence(plan) if title is None else title, color=INK)
    return ax


def _run(
    lstm: nn.LSTM, x: Tensor, state: tuple[Tensor, Tensor] | None, shapes: CallShapes
) -> dict[str, list[tuple[str, str]]]:
    """Make the call; return for each tensor its axes with letters and real sizes."""
    devices = [x.device] if x.is_cuda else []
    with torch.no_grad(), torch.random.fork_rng(devices), warnings.catch_warnings():
        # Says only that a call with proj_size is slower on a CPU.
        warnings.filterwarnings("ignore", "LSTM with projections", UserWarning)
        output, (h_n, c_n) = lstm(x, state)
    h_0, c_0 = (h_n, c_n) if state is None else state  # the zeros have the shapes of the results
    tensors = {"input": x, "output": output, "h_0": h_0, "c_0": c_0, "h_n": h_n, "c_n": c_n}
    return {name: _sizes(getattr(shapes, name), tensor) for name, tensor in tensors.items()}


def _sizes(shape: Shape, tensor: Tensor) -> list[tuple[str, str]]:
    return [
        (dim.axis, f"{dim.letters.replace(' * ', '·')}={size}")
        for dim, size in zip(shape.dims, tensor.shape, strict=True)
    ]
