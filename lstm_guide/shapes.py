"""Axes and shapes: the only place with shape arithmetic."""

from __future__ import annotations

import math
import operator
from collections.abc import Iterator
from dataclasses import dataclass, fields
from typing import Literal

from torch import Tensor, nn
from torch.nn.utils.rnn import PackedSequence

from lstm_guide import errors

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
    "state_shapes",
]

Layout = Literal["time first", "batch first", "unbatched", "packed"]
_Axes = tuple[tuple[str, str], ...]

# The layouts of x by its rank: name, then axis and letters of each of its axes.
_TIME, _BATCH, _FEATURE = ("time", "L"), ("batch", "N"), ("feature", "H_in")
_UNBATCHED: tuple[Layout, _Axes] = ("unbatched", (_TIME, _FEATURE))
_TIME_FIRST: dict[int, tuple[Layout, _Axes]] = {
    3: ("time first", (_TIME, _BATCH, _FEATURE)),
    2: _UNBATCHED,
}
_BATCH_FIRST: dict[int, tuple[Layout, _Axes]] = {
    3: ("batch first", (_BATCH, _TIME, _FEATURE)),
    2: _UNBATCHED,
}
_PACKED: dict[int, tuple[Layout, _Axes]] = {
    2: ("packed", (("time", "sum(lengths)"), _FEATURE)),
}


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
        >>> print(Shape((Dim("batch", "N", 4), Dim("feature", "H_in", 3))))
        (N, H_in) = (4, 3)
    """

    dims: tuple[Dim, ...]

    @property
    def sizes(self) -> tuple[int, ...]:
        """The sizes alone, equal to ``tuple(tensor.shape)``."""
        return tuple(dim.size for dim in self.dims)

    @property
    def letters(self) -> str:
        """The letters alone as text, such as ``(K * D, N, H_out)``."""
        return f"({', '.join(dim.letters for dim in self.dims)})"

    def __str__(self) -> str:
        return f"{self.letters} = {self.sizes}"


@dataclass(frozen=True)
class Config:
    """The constructor arguments of ``nn.LSTM`` on which shapes depend.

    Names, order and defaults are torch's own, and so are the ranges: a value that ``nn.LSTM``
    refuses is refused here. A bool is not taken for a size, nor a number for a switch.

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
        values = {field.name: getattr(lstm, field.name) for field in fields(cls)}
        for name in ("num_layers", "proj_size"):
            values[name] = operator.index(values[name])  # torch takes NumPy integers for these
        return cls(**values)

    def __post_init__(self) -> None:
        for name in ("input_size", "hidden_size", "num_layers"):
            errors.check_count(name, getattr(self, name), at_least=1)
        errors.check_count("proj_size", self.proj_size, at_least=0)
        errors.check_projection(self.proj_size, self.hidden_size)
        for name in ("bias", "batch_first", "bidirectional"):
            errors.check_switch(name, getattr(self, name))

    @property
    def D(self) -> int:  # noqa: N802
        """The number of directions, 1 or 2."""
        return 2 if self.bidirectional else 1

    @property
    def K(self) -> int:  # noqa: N802
        """The number of stacked layers."""
        return self.num_layers

    @property
    def H_in(self) -> int:  # noqa: N802
        """The number of features of x at each step."""
        return self.input_size

    @property
    def H_cell(self) -> int:  # noqa: N802
        """The number of features of c."""
        return self.hidden_size

    @property
    def H_out(self) -> int:  # noqa: N802
        """The number of features of h, which is proj_size, or hidden_size without projection."""
        return self.proj_size or self.hidden_size


def _config(lstm: nn.LSTM | Config) -> Config:
    return lstm if isinstance(lstm, Config) else Config.of(errors.check_lstm(lstm))


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


def call_shapes(
    lstm: nn.LSTM | Config,
    x: Tensor | PackedSequence | tuple[int, ...],
    *,
    state: tuple[Tensor, Tensor] | None = None,
) -> CallShapes:
    """Check a call and predict the shape of each of its tensors, without running anything.

    What is compared depends on what is there: sizes always, dtype and device where both the
    tensor and the weights are given. An empty batch, which torch runs, is refused: it comes from
    a slice or filter that left nothing, and its mean loss is nan.

    Args:
        lstm: a module, or the constructor arguments on which shapes depend.
        x: the input, (L, N, H_in), or (N, L, H_in) with batch_first, or unbatched (L, H_in), or
            packed; or its sizes as a tuple.
        state: (h_0, c_0), of shapes (K * D, N, H_out) and (K * D, N, H_cell), without N for
            unbatched x; None for zeros.

    Returns:
        The shapes of input, h_0, c_0, output, h_n and c_n.

    Raises:
        ShapeError: x or the state has another rank, size or order of axes than the module reads.
        TypeError: an argument has the wrong type or dtype.
        ValueError: x, the state and the weights are not all on one device.

    Example:
        >>> lstm = nn.LSTM(3, 5, num_layers=2, bidirectional=True, batch_first=True)
        >>> shapes = call_shapes(lstm, (6, 7, 3))
        >>> print(shapes.output)
        (N, L, D * H_out) = (6, 7, 10)
        >>> print(shapes.h_n)
        (K * D, N, H_out) = (4, 6, 5)
    """
    config = _config(lstm)
    weight = errors.weight_of(lstm) if isinstance(lstm, nn.LSTM) else None
    data = errors.check_input(x, weight)
    layout, input_ = _read_input(config, x)
    lengths = {dim.axis: dim.size for dim in input_.dims}
    L, N = lengths["time"], lengths.get("batch")
    if isinstance(x, PackedSequence):
        L, N = len(x.batch_sizes), int(x.batch_sizes[0])
    h, c = state_shapes(config, N=N)
    if state is not None:
        pair = errors.check_pair(state)
        errors.check_state_sizes(pair, (h, c), length=None if layout == "packed" else L)
        errors.check_state_kind(pair, like=weight if data is None else data)
    output = Shape((*input_.dims[:-1], Dim("feature", "D * H_out", config.D * config.H_out)))
    return CallShapes(input_, h, c, output, h, c, L=L, N=N, layout=layout)


def _read_input(
    config: Config, x: Tensor | PackedSequence | tuple[int, ...]
) -> tuple[Layout, Shape]:
    """Find the layout that has the rank of x, and name its axes."""
    if isinstance(x, PackedSequence):
        sizes, layouts = tuple(x.data.shape), _PACKED
    else:
        sizes = tuple(x.shape) if isinstance(x, Tensor) else x
        layouts = _BATCH_FIRST if config.batch_first else _TIME_FIRST
    letters = {rank: tuple(name for _, name in axes) for rank, (_, axes) in layouts.items()}
    errors.check_input_sizes(sizes, letters, config.H_in)
    layout, axes = layouts[len(sizes)]
    return layout, Shape(tuple(Dim(*axis, size) for axis, size in zip(axes, sizes, strict=True)))


def state_shapes(lstm: nn.LSTM | Config, *, N: int | None) -> tuple[Shape, Shape]:
    """Give the shapes of h and c, which are the same before and after a call.

    Args:
        lstm: a module, or the constructor arguments on which shapes depend.
        N: batch size; None for unbatched input.

    Returns:
        The shape (K * D, N, H_out) of h and (K * D, N, H_cell) of c, without N where it is None.

    Raises:
        TypeError: lstm is not an ``nn.LSTM``, or N not an ``int``.
        ValueError: N is negative.

    Example:
        >>> h, c = state_shapes(nn.LSTM(3, 6, num_layers=2, proj_size=5), N=4)
        >>> print(h)
        (K * D, N, H_out) = (2, 4, 5)
        >>> print(c)
        (K * D, N, H_cell) = (2, 4, 6)
    """
    config = _config(lstm)
    if N is not None:
        errors.check_count("N", N, at_least=0)
    rows = (Dim("layer", "K * D", config.K * config.D),)
    leading = rows if N is None else (*rows, Dim("batch", "N", N))
    return (
        Shape((*leading, Dim("feature", "H_out", config.H_out))),
        Shape((*leading, Dim("feature", "H_cell", config.H_cell))),
    )


def parameter_shapes(lstm: nn.LSTM | Config) -> dict[str, tuple[int, ...]]:
    """Give the shape of every parameter, in the order of ``lstm.named_parameters()``.

    Args:
        lstm: a module, or the constructor arguments on which shapes depend.

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
    config = _config(lstm)
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
        lstm: a module, or the constructor arguments on which shapes depend.

    Returns:
        The number of entries.

    Raises:
        TypeError: lstm is not an ``nn.LSTM``.

    Example:
        >>> parameter_count(nn.LSTM(10, 20))
        2560
    """
    return sum(math.prod(shape) for shape in parameter_shapes(lstm).values())
