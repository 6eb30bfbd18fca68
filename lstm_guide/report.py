"""Read a call of ``nn.LSTM`` back in words, as a table."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from html import escape

import torch
from torch import Tensor, nn
from torch.nn.utils.rnn import PackedSequence

from lstm_guide import errors
from lstm_guide.shapes import AXES, CallShapes, Config, Dim, Shape, call_shapes

__all__ = ["Report", "describe"]

_CHIP = "color:#fff;border-radius:0.3em;padding:0.05em 0.4em;white-space:nowrap"
_LEFT = "text-align:left"
_PLAIN = f"color:inherit;background:transparent;{_LEFT}"


@dataclass(frozen=True, repr=False)
class Report:
    """What a call means: a sentence, a row for each tensor, and questions where one is due.

    ``print(report)`` gives an aligned table; a notebook shows it with a colour for each axis.
    ``rows`` holds (name, shape, words) for x, h_0, c_0, output, h_n and c_n. What may be a mistake
    stands in ``questions``, which is empty for most calls.

    Example:
        >>> report = describe(nn.LSTM(3, 5, batch_first=True), torch.randn(4, 7, 3))
        >>> report.headline
        'batch_first=True: 4 sequences of 7 steps, 3 features each'
        >>> report.shapes.output.sizes, report.questions
        ((4, 7, 5), ())
    """

    headline: str
    shapes: CallShapes
    rows: tuple[tuple[str, Shape, str], ...]
    questions: tuple[str, ...]

    def __repr__(self) -> str:
        cells = [("tensor", "axes", "sizes", "in words")]
        cells += [
            (name, shape.letters, str(shape.sizes), words) for name, shape, words in self.rows
        ]
        return "\n".join(
            [self.headline, *text_table(cells), *(f"? {text}" for text in self.questions)]
        )

    def _repr_html_(self) -> str:
        rows = [
            (escape(name), " ".join(map(_chip, shape.dims)), escape(words))
            for name, shape, words in self.rows
        ]
        questions = "".join(f"<li>{escape(text)}</li>" for text in self.questions)
        below = f"<ul>{questions}</ul>" if questions else ""
        return html_table(self.headline, ("tensor", "axes", "in words"), rows, below)


def _chip(dim: Dim) -> str:
    axis = AXES[dim.axis]
    style = f"background:{axis.colour};{_CHIP}"
    return f'<span style="{style}" title="{axis.name}">{escape(dim.letters)} = {dim.size}</span>'


def describe(
    lstm: nn.LSTM,
    x: Tensor | PackedSequence | tuple[int, ...],
    state: tuple[Tensor, Tensor] | None = None,
) -> Report:
    """Say which axis of a call is taken for what, and what comes out, without running it.

    Args:
        lstm: the module.
        x: the input, (L, N, H_in), or (N, L, H_in) with batch_first, or unbatched (L, H_in), or
            packed; or its sizes as a tuple.
        state: (h_0, c_0), of shapes (K * D, N, H_out) and (K * D, N, H_cell), without N for
            unbatched x; None for zeros.

    Returns:
        A report that prints as a table and shows as one in a notebook.

    Raises:
        ShapeError: x or the state has another rank, size or order of axes than the module reads.
        TypeError: an argument has the wrong type or dtype.
        ValueError: x, the state and the weights are not all on one device.

    Example:
        >>> print(describe(nn.LSTM(3, 5), torch.randn(7, 4, 3)))
        batch_first=False: 4 sequences of 7 steps, 3 features each
        tensor  axes                 sizes      in words
        x       (L, N, H_in)         (7, 4, 3)  axis 0 = time, axis 1 = batch, axis 2 = feature
        h_0     (K * D, N, H_out)    (1, 4, 5)  zeros (no state given)
        c_0     (K * D, N, H_cell)   (1, 4, 5)  zeros (no state given)
        output  (L, N, D * H_out)    (7, 4, 5)  h of the top layer at every step
        h_n     (K * D, N, H_out)    (1, 4, 5)  h after the last step of every layer and direction
        c_n     (K * D, N, H_cell)   (1, 4, 5)  c after the last step of every layer and direction
    """
    config = Config.of(errors.check_lstm(lstm))
    shapes = call_shapes(lstm, x, state=state)
    return Report(
        headline=_headline(config, shapes),
        shapes=shapes,
        rows=tuple(_rows(config, shapes, given=state is not None)),
        questions=(
            *_questions_of_sizes(lstm, shapes, given=state is not None),
            *_questions_of_values(x, state),
        ),
    )


def _headline(config: Config, shapes: CallShapes) -> str:
    layout: str = shapes.layout
    if layout in ("time first", "batch first"):
        layout = f"batch_first={config.batch_first}"
    sequences = _count(1 if shapes.N is None else shapes.N, "sequence")
    steps = f"{sequences} of {_count(shapes.L, 'step')}"
    if shapes.layout == "packed":
        total = _count(shapes.input.sizes[0], "step")
        steps = f"{sequences}, {total} in all, {shapes.L} in the longest"
    return f"{layout}: {steps}, {_count(config.H_in, 'feature')} each"


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}"


def _rows(config: Config, shapes: CallShapes, *, given: bool) -> Iterator[tuple[str, Shape, str]]:
    axes = ", ".join(f"axis {i} = {dim.axis}" for i, dim in enumerate(shapes.input.dims))
    if shapes.layout == "packed":
        axes = "axis 0 = the steps of all sequences, axis 1 = feature"
    start = "given: a row for every layer and direction" if given else "zeros (no state given)"
    end = "after the last step of every layer and direction"
    if config.D == 2:
        end = "after the last step; the reverse direction ends at step 0"
    both = ", forward then reverse" if config.D == 2 else ""
    yield "x", shapes.input, axes
    yield "h_0", shapes.h_0, start
    yield "c_0", shapes.c_0, start
    yield "output", shapes.output, f"h of the top layer at every step{both}"
    yield "h_n", shapes.h_n, f"h {end}"
    yield "c_n", shapes.c_n, f"c {end}"


def _questions_of_sizes(lstm: nn.LSTM, shapes: CallShapes, *, given: bool) -> Iterator[str]:
    if shapes.L == 1 and (shapes.N or 1) > 1 and not given:
        yield (
            "L is 1 and no state is given, so no step has a past: is the window on the feature "
            "axis, or time on the batch axis? (The first call of a loop is fine.)"
        )
    if lstm.dropout > 0 and lstm.num_layers == 1:
        yield (
            f"dropout={lstm.dropout} acts between layers and there is one layer, so it does "
            "nothing: is nn.Dropout after the LSTM meant?"
        )


def _questions_of_values(
    x: Tensor | PackedSequence | tuple[int, ...], state: tuple[Tensor, Tensor] | None
) -> Iterator[str]:
    data = x.data if isinstance(x, PackedSequence) else x
    h_0, c_0 = state or (None, None)
    for name, tensor in (("x", data), ("h_0", h_0), ("c_0", c_0)):
        if isinstance(tensor, Tensor) and not tensor.is_meta:
            count = int((~torch.isfinite(tensor)).sum())
            if count:
                yield f"{name} has nan or infinite entries, {count} of them: is a value missing?"


def text_table(rows: Sequence[Sequence[str]]) -> list[str]:
    """Align the columns and return one line for each row, the heading among them."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return ["  ".join(map(str.ljust, row, widths)).rstrip() for row in rows]


def html_table(
    caption: str, head: Sequence[str], rows: Sequence[Sequence[str]], below: str = ""
) -> str:
    """Make a table whose first column heads its rows.

    caption and head are texts; the cells, and what stands below the table, are HTML already.
    """
    top = "".join(_cell("th", escape(text), "col") for text in head)
    body = "".join(f'<tr style="{_PLAIN}">{_cells(row)}</tr>' for row in rows)
    return (
        f'<div class="lstm-guide-report"><table style="{_PLAIN}">'
        f'<caption style="{_PLAIN}">{escape(caption)}</caption>'
        f"<thead><tr>{top}</tr></thead><tbody>{body}</tbody></table>{below}</div>"
    )


def _cells(row: Sequence[str]) -> str:
    first, *others = row
    return _cell("th", first, "row") + "".join(_cell("td", content) for content in others)


def _cell(tag: str, content: str, scope: str = "") -> str:
    attribute = f' scope="{scope}"' if scope else ""
    return f'<{tag}{attribute} style="{_LEFT}">{content}</{tag}>'
