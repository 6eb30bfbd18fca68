"""Make the tables of the cheat sheet: letters and sizes come from the library, never by hand."""

from collections.abc import Callable

import torch
from by_argument import layouts, letters_of_parameter
from docutils import nodes
from docutils.statemachine import StringList
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective
from torch import nn

from lstm_guide import call_shapes, parameter_count, parameter_shapes, split_state
from lstm_guide.shapes import Config

EXAMPLE = Config(input_size=3, hidden_size=5, num_layers=2, bidirectional=True)
L, N = 7, 4
Rows = list[tuple[str, ...]]


def tensors() -> Rows:
    """Give every tensor of a call in every layout, and its sizes in one call."""
    example = call_shapes(EXAMPLE, (L, N, EXAMPLE.H_in))
    rows: Rows = [("tensor", "time first", "batch first", "unbatched", "example")]
    for names, tensor in {
        "`input`": "input",
        "`output`": "output",
        "`h_0`, `h_n`": "h_n",
        "`c_0`, `c_n`": "c_n",
    }.items():
        letters = {one: text for many, text in layouts(tensor).items() for one in many.split(", ")}
        shapes = [letters[layout] for layout in rows[0][1:4]]
        rows.append((names, *shapes, str(getattr(example, tensor).sizes)))
    return rows


def state_rows() -> Rows:
    """Name each row of h_n by asking `split_state` where it goes."""
    lstm = nn.LSTM(3, 5, num_layers=EXAMPLE.K, bidirectional=True)
    count = EXAMPLE.K * EXAMPLE.D
    numbered = torch.arange(float(count)).view(count, 1, 1).expand(count, N, EXAMPLE.H_out)
    by_place, _ = split_state(lstm, (numbered, numbered))  # (K, D, N, H_out)
    rows: Rows = [("row", "layer", "direction", "is in `output` at")]
    for row in range(count):
        layer, direction = (by_place[:, :, 0, 0] == row).nonzero()[0].tolist()
        step = ("the last step, first half", "step 0, second half")[direction]
        shown = step if layer == EXAMPLE.K - 1 else "nowhere"
        rows.append((f"`h_n[{row}]`", str(layer), ("forward", "reverse")[direction], shown))
    return rows


def parameters() -> Rows:
    """Give the letters of every parameter, and the number of entries of the example."""
    sizes = parameter_shapes(EXAMPLE)
    rows: Rows = [("parameter", "shape", "example")]
    for name in ("weight_ih_l[k]", "weight_hh_l[k]", "bias_ih_l[k]", "bias_hh_l[k]"):
        letters = letters_of_parameter(name)
        shape = letters["layer 0"]
        if letters["layers above"] != shape:
            shape += f", above layer 0 {letters['layers above']}"
        rows.append((f"`{name}`", shape, str(sizes[name.replace("[k]", "0")])))
    rows.append(("`weight_hr_l[k]`", letters_of_parameter("weight_hr_l[k]")["layer 0"], "none"))
    rows.append(("all", "each direction has its own", f"{parameter_count(EXAMPLE)} entries"))
    return rows


TABLES: dict[str, Callable[[], Rows]] = {
    "tensors": tensors,
    "state-rows": state_rows,
    "parameters": parameters,
}


class ShapeTable(SphinxDirective):
    """A table by its name in `TABLES`."""

    required_arguments = 1

    def run(self) -> list[nodes.Node]:
        """Write the table as Markdown and let MyST read it."""
        head, *rest = TABLES[self.arguments[0]]()
        lines = [head, ("---",) * len(head), *rest]
        text = [f"| {' | '.join(cells)} |" for cells in lines]
        holder = nodes.container()
        self.state.nested_parse(StringList(text, "cheatsheet"), self.content_offset, holder)
        return holder.children


def setup(app: Sphinx) -> dict[str, bool]:
    """Register the directive."""
    app.add_directive("shape-table", ShapeTable)
    return {"parallel_read_safe": True}
