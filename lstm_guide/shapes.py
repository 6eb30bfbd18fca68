"""Axes and shapes: the only place with shape arithmetic."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, fields
from typing import Literal

from torch import Tensor, nn
from torch.nn.utils.rnn import PackedSequence


__all__ = [
    "AXES",
    "Axis",
    "CallShapes",
    "Config",
    "Dim",
    "Shape",
    "call_shapes",
    "parameter_count",
    "parameter_shapes",
]

Layout = Literal["time first", "batch first", "unbatched", "packed"]


@dataclass(frozen=True)
class Axis:
    """One axis of the guide's vocabulary: its name, letter, colour and meaning.

    Example:
        >>> AXES["time"]
        Axis(name='time', letter='L', colour='#145efb', meaning='position in the sequence')
    """

    name: str
    letter: str
    colour: str
    meaning: str


AXES: dict[str, Axis] = {
    axis.name: axis
    for axis in (
        Axis("time", "L", "#145efb", "position in the sequence"),
        Axis("batch", "N", "#c25606", "which sequence"),
        Axis("feature", "H", "#328557", "entry of the vector at one position"),
        Axis("layer", "K", "#9452bb", "which stacked layer"),
        Axis("direction", "D", "#74728b", "forward or reverse"),
    )
}


@dataclass(frozen=True)
class Dim:
    """One axis of one tensor: what it means, its letters and its size.

    The axis is a key of ``AXES``. The rows of a state, layers times directions, count as ``layer``.

    Example:
        >>> Dim("layer", "K * D", 2)
        Dim(axis='layer', letters='K * D', size=2)
    """

    axis: str
    letters: str
    size: int


@dataclass(frozen=True)
class Shape:
    """The axes of one tensor, first axis first.

    Example:
        >>> print(Shape((Dim("layer", "K * D", 2), Dim("batch", "N", 4), Dim("feature", "H_out", 5))))
        (K * D, N, H_out) = (2, 4, 5)
    """

    dims: tuple[Dim, ...]

    @property
    def sizes(self) -> tuple[int, ...]:
        """The sizes alone, equal to ``tuple(tensor.shape)``."""
        return tuple(dim.size for dim in self.dims)

    @property
    def letters(self) -> str:
        """The letters alone, as text: ``(K * D, N, H_out)``."""
        return f"({', '.join(dim.letters for dim in self.dims)})"

    def __str__(self) -> str:
        return f"{self.letters} = {self.sizes}"


@dataclass(frozen=True)
class Config:
    """The constructor arguments of ``nn.LSTM`` on which shapes depend.

    Names, order and defaults are torch's own, and so are the ranges: a value that ``nn.LSTM``
    refuses is refused here.

    Args:
        input_size: H_in, features of x at each step; at least 1.
        hidden_size: H_cell, features of c; at least 1.
        num_layers: K, stacked layers; at least 1.
        bias: whether there are the two bias vectors.
        batch_first: whether x and output are (N, L, ...) instead of (L, N, ...).
        bidirectional: whether there are two directions.
        proj_size: features of h when it is projected, below hidden_size; 0 for no projection.

    Raises:
        TypeError: a size is not an ``int``, or a switch is not a ``bool``.
        ValueError: a size is out of range.

    Example:
        >>> config = Config(input_size=3, hidden_size=6, num_layers=2, proj_size=5)
        >>> config.H_in, config.H_cell, config.H_out, config.K, config.D
        (3, 6, 5, 2, 1)
    """

    input_size: int
    hidden_size: int
    num_layers: int = 1
    bias: bool = True
    batch_first: bool = False
    bidirectional: bool = False
    proj_size: int = 0

    @classmethod
    def of(cls, lstm: nn.LSTM) -> Config:
        """Read the arguments off a module."""
        return cls(**{field.name: getattr(lstm, field.name) for field in fields(cls)})

    @property
    def D(self) -> int:  # noqa: N802
        """Directions: 1 or 2."""
        return 2 if self.bidirectional else 1

    @property
    def K(self) -> int:  # noqa: N802
        """Stacked layers."""
        return self.num_layers

    @property
    def H_in(self) -> int:  # noqa: N802
        """Features of x at each step."""
        return self.input_size

    @property
    def H_cell(self) -> int:  # noqa: N802
        """Features of c."""
        return self.hidden_size

    @property
    def H_out(self) -> int:  # noqa: N802
        """Features of h: proj_size, or hidden_size without projection."""
        return self.proj_size or self.hidden_size


@dataclass(frozen=True)
class CallShapes:
    """The shapes of one call ``output, (h_n, c_n) = lstm(x, (h_0, c_0))``.

    ``L`` is the length, for packed input that of the longest sequence. ``N`` is the batch size,
    None for unbatched input. ``layout`` says how x is laid out.

    Example:
        >>> shapes = call_shapes(Config(input_size=3, hidden_size=5), (7, 4, 3))
        >>> shapes.layout, shapes.L, shapes.N
        ('time first', 7, 4)
    """

    input: Shape
    h_0: Shape
    c_0: Shape
    output: Shape
    h_n: Shape
    c_n: Shape
    L: int
    N: int | None
    layout: Layout


def call_shapes(lstm: nn.LSTM | Config, x: Tensor | PackedSequence | tuple[int, ...]) -> CallShapes:
    """Predict the shape of every tensor of a call, without running anything.

    Args:
        lstm: a module, or the constructor arguments that shapes depend on.
        x: the input, (L, N, H_in), (N, L, H_in) with batch_first, (L, H_in) or packed; or its sizes.

    Returns:
        The shapes of input, h_0, c_0, output, h_n and c_n.

    Raises:
        ShapeError: x has another rank or width than the module reads, or an axis of size 0.
        TypeError: lstm or x is of the wrong type, or x has another dtype than the weights.
        ValueError: x and the weights are on different devices.

    Example:
        >>> lstm = nn.LSTM(3, 5, num_layers=2, bidirectional=True, batch_first=True)
        >>> shapes = call_shapes(lstm, (6, 7, 3))
        >>> print(shapes.output)
        (N, L, D * H_out) = (6, 7, 10)
        >>> print(shapes.h_n)
        (K * D, N, H_out) = (4, 6, 5)
    """
    config = lstm if isinstance(lstm, Config) else Config.of(lstm)
    L, N, layout = _read_axes(config, x)
    steps = int(x.data.size(0)) if isinstance(x, PackedSequence) else 0
    time, batch = Dim("time", "L", L), Dim("batch", "N", N or 0)
    leading = {
        "time first": (time, batch),
        "batch first": (batch, time),
        "unbatched": (time,),
        "packed": (Dim("time", "sum(lengths)", steps),),
    }[layout]
    rows = (Dim("layer", "K * D", config.K * config.D),)
    rows = rows if N is None else (*rows, batch)
    h = Shape((*rows, Dim("feature", "H_out", config.H_out)))
    c = Shape((*rows, Dim("feature", "H_cell", config.H_cell)))
    return CallShapes(
        input=Shape((*leading, Dim("feature", "H_in", config.H_in))),
        h_0=h,
        c_0=c,
        output=Shape((*leading, Dim("feature", "D * H_out", config.D * config.H_out))),
        h_n=h,
        c_n=c,
        L=L,
        N=N,
        layout=layout,
    )


def _read_axes(
    config: Config, x: Tensor | PackedSequence | tuple[int, ...]
) -> tuple[int, int | None, Layout]:
    """Length, batch size and layout of x."""
    if isinstance(x, PackedSequence):
        return len(x.batch_sizes), int(x.batch_sizes[0]), "packed"
    sizes = tuple(x.shape) if isinstance(x, Tensor) else x
    if len(sizes) == 2:
        return sizes[0], None, "unbatched"
    if config.batch_first:
        return sizes[1], sizes[0], "batch first"
    return sizes[0], sizes[1], "time first"


def parameter_shapes(lstm: nn.LSTM | Config) -> dict[str, tuple[int, ...]]:
    """Give the shape of every parameter, in the order of ``lstm.named_parameters()``.

    Args:
        lstm: a module, or the constructor arguments that shapes depend on.

    Returns:
        The shapes by name. The four gates i, f, g, o are stacked on the first axis.

    Raises:
        TypeError: lstm is not an ``nn.LSTM``.

    Example:
        >>> for name, shape in parameter_shapes(nn.LSTM(3, 5)).items():
        ...     print(name, shape)
        weight_ih_l0 (20, 3)
        weight_hh_l0 (20, 5)
        bias_ih_l0 (20,)
        bias_hh_l0 (20,)
    """
    config = lstm if isinstance(lstm, Config) else Config.of(lstm)
    return dict(_named_shapes(config))


def _named_shapes(config: Config) -> Iterator[tuple[str, tuple[int, ...]]]:
    """The parameters' names and shapes, layer by layer and the forward direction first."""
    gates = 4 * config.H_cell
    for layer in range(config.K):
        width = config.D * config.H_out if layer else config.H_in
        for suffix in ("", "_reverse")[: config.D]:
            yield f"weight_ih_l{layer}{suffix}", (gates, width)
            yield f"weight_hh_l{layer}{suffix}", (gates, config.H_out)
            if config.bias:
                yield f"bias_ih_l{layer}{suffix}", (gates,)
                yield f"bias_hh_l{layer}{suffix}", (gates,)
            if config.proj_size:
                yield f"weight_hr_l{layer}{suffix}", (config.H_out, config.H_cell)


def parameter_count(lstm: nn.LSTM | Config) -> int:
    """Count the entries of all parameters.

    Each direction of a layer that reads H features has ``4 * H_cell * (H + H_out)`` weights,
    ``8 * H_cell`` biases unless ``bias=False``, and ``proj_size * H_cell`` weights of the
    projection. H is H_in for the first layer and ``D * H_out`` for those above.

    Args:
        lstm: a module, or the constructor arguments that shapes depend on.

    Returns:
        The number of entries.

    Raises:
        TypeError: lstm is not an ``nn.LSTM``.

    Example:
        >>> parameter_count(nn.LSTM(10, 20))
        2560
    """
    return sum(math.prod(shape) for shape in parameter_shapes(lstm).values())
