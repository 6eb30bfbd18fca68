"""What the drawings show is what the tensors hold, and every text on them can be read."""

import xml.etree.ElementTree as ET
from dataclasses import dataclass
from io import BytesIO
from itertools import combinations, product

import matplotlib as mpl
import matplotlib.pyplot as plt
import pytest
import torch
from matplotlib.collections import QuadMesh
from matplotlib.colors import to_hex, to_rgb
from matplotlib.offsetbox import AnnotationBbox
from matplotlib.patches import Rectangle
from matplotlib.text import Annotation
from torch import nn
from torch.nn.utils.rnn import pack_sequence

from lstm_guide import ShapeError, plotting, trace_steps
from lstm_guide.plotting.look import GATES, INK, LINES, SOURCES, TENSORS, text_on
from lstm_guide.shapes import AXES

BACKGROUNDS = ("#ffffff", "#14181e")  # of a light page and a dark one
CONFIGURATIONS = [
    # K, D, L, N, layout, proj_size
    (1, 1, 1, 1, "time first", 0),
    (1, 2, 3, 4, "batch first", 0),
    (2, 1, 7, 4, "time first", 0),
    (2, 2, 6, None, "unbatched", 2),
    (3, 1, 50, 4, "batch first", 2),
    (3, 2, 8, 128, "time first", 0),
]


@pytest.fixture(autouse=True)
def _close_figures():
    yield
    plt.close("all")


def make(K, D, L, N, layout, proj_size, *, hidden_size=5):
    lstm = nn.LSTM(
        3,
        hidden_size,
        num_layers=K,
        batch_first=layout == "batch first",
        bidirectional=D == 2,
        proj_size=proj_size,
    )
    sizes = {"time first": (L, N, 3), "batch first": (N, L, 3), "unbatched": (L, 3)}[layout]
    return lstm, torch.randn(sizes)


@dataclass
class Drawn:
    K: int
    D: int
    steps: list[int]
    left_out: bool
    lstm: nn.LSTM
    x: torch.Tensor
    ax: plt.Axes


@pytest.fixture(params=CONFIGURATIONS, scope="module", ids=str)
def drawn(request):
    K, D, L, *_ = request.param
    lstm, x = make(*request.param)
    steps = [*range(L)] if L <= 6 else [0, 1, 2, L - 2, L - 1]
    return Drawn(K, D, steps, L > 6, lstm, x, plotting.call(lstm, x))


def contrast(one, other):
    dark, light = sorted((luminance(one), luminance(other)))
    return (light + 0.05) / (dark + 0.05)


def luminance(colour):
    """Relative luminance, WCAG 2.2."""
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in to_rgb(colour)]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def labels_of(ax):
    """For each named tensor the texts that follow its name."""
    rows = [
        [area._text for area in box.offsetbox.get_children()]
        for box in ax.get_children()
        if isinstance(box, AnnotationBbox)
    ]
    return {name.get_text(): rest for name, *rest in rows}


def box_colour(text):
    return to_hex(text.get_bbox_patch().get_facecolor())


def is_filled(patch):
    return patch.get_facecolor()[3] > 0


def words_of(ax):
    return [t for t in ax.texts if not isinstance(t, Annotation) and t.get_text()]


def tiles_of(ax):
    """Every rectangle that has a text in its centre, with this text."""
    centres = {tuple(round(v, 3) for v in text.get_position()): text for text in words_of(ax)}
    patches = [patch for patch in ax.patches if isinstance(patch, Rectangle)]
    found = [(centres.get(tuple(round(v, 3) for v in p.get_center())), p) for p in patches]
    return [(text, patch) for text, patch in found if text is not None]


def tile(ax, name):
    return next(patch for text, patch in tiles_of(ax) if text.get_text() == name)


def cells_of(ax):
    return {p.get_label(): p for p in ax.patches if p.get_label().startswith("layer")}


def arrows_of(ax):
    """Start, end and line style of every arrow."""
    arrows = [t for t in ax.texts if isinstance(t, Annotation)]
    return [(a.xyann, a.xy, a.arrow_patch.get_linestyle()) for a in arrows]


# --- call ----------------------------------------------------------------------------------------


def test_call_writes_the_sizes_that_the_call_really_has(drawn):
    # In float64 torch does not warn that proj_size is slow.
    output, (h_n, c_n) = drawn.lstm.double()(drawn.x.double())
    drawn.lstm.float()
    labels = labels_of(drawn.ax)
    real = {"input": drawn.x, "output": output, "h_0": h_n, "c_0": c_n, "h_n": h_n, "c_n": c_n}
    assert set(labels) == set(real)
    for name, tensor in real.items():
        sizes = [text.get_text().partition("=")[2] for text in labels[name]]
        assert [size for size in sizes if size] == [str(size) for size in tensor.shape], name


def test_call_writes_each_size_with_its_letters_in_the_colour_of_its_axis():
    lstm, x = make(2, 2, 7, 4, "batch first", 0)
    labels = labels_of(plotting.call(lstm, x))
    expected = {
        "input": [("N=4", "batch"), ("L=7", "time"), ("H_in=3", "feature")],
        "output": [("N=4", "batch"), ("L=7", "time"), ("D·H_out=10", "feature")],
        "h_n": [("K·D=4", "layer"), ("N=4", "batch"), ("H_out=5", "feature")],
        "c_n": [("K·D=4", "layer"), ("N=4", "batch"), ("H_cell=5", "feature")],
    }
    for name, dims in expected.items():
        found = [(text.get_text(), box_colour(text)) for text in labels[name]]
        assert found == [(text, AXES[axis].colour) for text, axis in dims]


def test_call_draws_a_cell_for_each_layer_direction_and_step(drawn):
    grid = [(k, d, t) for k in range(drawn.K) for d in range(drawn.D) for t in drawn.steps]
    assert set(cells_of(drawn.ax)) == {f"layer {k} direction {d} step {t}" for k, d, t in grid}
    gaps = [text for text in words_of(drawn.ax) if text.get_text() == "…"]
    # One in each lane, in input and in each half of output.
    assert len(gaps) == (drawn.K * drawn.D + 1 + drawn.D) * drawn.left_out


def test_call_draws_time_to_the_right_and_layers_upwards(drawn):
    cells, K, D = cells_of(drawn.ax), drawn.K, drawn.D
    xs = [cells[f"layer 0 direction 0 step {t}"].get_x() for t in drawn.steps]
    ys = [cells[f"layer {k} direction {d} step 0"].get_y() for k in range(K) for d in range(D)]
    assert xs == sorted(set(xs))
    assert ys == sorted(set(ys))


def test_call_leads_h_and_c_through_each_lane_in_its_direction(drawn):
    ax = drawn.ax
    for row, name in product(range(drawn.K * drawn.D), "hc"):
        sign = -1 if row % drawn.D else 1
        first, last = tile(ax, f"{name}_0[{row}]"), tile(ax, f"{name}_n[{row}]")
        y, half = first.get_center()[1], sign * first.get_width() / 2
        lane = [a for a in arrows_of(ax) if a[0][1] == a[1][1] and abs(a[0][1] - y) < 1e-9]
        lane.sort(key=lambda arrow: sign * arrow[0][0])
        assert len(lane) == len(drawn.steps) + drawn.left_out + 1
        assert {line for *_, line in lane} == {"-" if name == "h" else "--"}
        assert lane[0][0][0] == pytest.approx(first.get_center()[0] + half)
        assert lane[-1][1][0] == pytest.approx(last.get_center()[0] - half)
        assert all(sign * (end[0] - start[0]) > 0 for start, end, _ in lane)


def test_call_takes_output_from_the_top_layer_only(drawn):
    yellow = [p for p in drawn.ax.patches if to_hex(p.get_facecolor()) == TENSORS["output"]]
    assert len(yellow) == drawn.D * (len(drawn.steps) + drawn.left_out)
    floor = min(patch.get_y() for patch in yellow)
    starts = sorted(start for start, end, _ in arrows_of(drawn.ax) if abs(end[1] - floor) < 1e-9)
    name = f"layer {drawn.K - 1} direction {drawn.D - 1} step "
    top = [cells_of(drawn.ax)[f"{name}{t}"] for t in drawn.steps]
    tops = [(cell.get_center()[0], cell.get_y() + cell.get_height()) for cell in top]
    assert starts == [pytest.approx(place) for place in tops]


def test_call_says_which_half_of_output_belongs_to_which_direction():
    lstm, x = make(1, 2, 7, 4, "time first", 0)
    words = {text.get_text() for text in words_of(plotting.call(lstm, x))}
    assert {"[..., :5] →", "[..., 5:] ←"} <= words
    one_way = words_of(plotting.call(*make(1, 1, 7, 4, "time first", 0)))
    assert not [text for text in one_way if "[..." in text.get_text()]


def test_call_marks_a_state_that_is_not_given_as_zeros():
    lstm, x = make(1, 1, 7, 4, "time first", 0)
    state = (torch.randn(1, 4, 5), torch.randn(1, 4, 5))
    without, given = plotting.call(lstm, x), plotting.call(lstm, x, state)
    for name in ("h_0", "c_0"):
        assert labels_of(without)[name][-1].get_text() == "zeros"
        assert tile(without, f"{name}[0]").get_linestyle() == "--"
        assert not is_filled(tile(without, f"{name}[0]"))
        assert "zeros" not in [text.get_text() for text in labels_of(given)[name]]
        assert to_hex(tile(given, f"{name}[0]").get_facecolor()) == TENSORS[name]
    assert labels_of(without)["h_n"][-1].get_text() != "zeros"


def test_call_leaves_mode_random_state_and_gradients_as_they_are():
    lstm = nn.LSTM(3, 5, num_layers=2, dropout=0.5).train()
    x = torch.randn(7, 4, 3, requires_grad=True)
    lstm(x)[0].sum().backward()
    before = [p.grad.clone() for p in (*lstm.parameters(), x)]
    seed = torch.get_rng_state()
    plotting.call(lstm, x)
    assert lstm.training
    assert torch.equal(torch.get_rng_state(), seed)
    assert all(map(torch.equal, (p.grad for p in (*lstm.parameters(), x)), before))


def test_call_makes_its_title_from_the_sizes():
    title = plotting.call(*make(3, 2, 7, 4, "time first", 0)).get_title()
    assert title == (
        "output: every step (7) of the top layer, both directions\n"
        "h_n and c_n: the last step of every layer (3) and direction (2)"
    )
    small = plotting.call(*make(1, 1, 7, 4, "time first", 0)).get_title()
    assert small == "output: every step (7)\nh_n and c_n: the last step"
    assert plotting.call(*make(1, 1, 7, 4, "time first", 0), title="One").get_title() == "One"


@pytest.mark.parametrize("configuration", CONFIGURATIONS)
def test_call_keeps_every_text_inside_the_figure_and_apart(configuration):
    ax = plotting.call(*make(*configuration, hidden_size=256))
    ax.figure.canvas.draw()
    rows = [box for box in ax.get_children() if isinstance(box, AnnotationBbox)]
    labels = [area._text for row in rows for area in row.offsetbox.get_children()]
    extents = [text.get_window_extent() for text in (*labels, *words_of(ax), ax.title)]
    inside = ax.figure.bbox.padded(-3)  # the box around a text is wider than the text
    assert all(inside.contains(*corner) for box in extents for corner in (box.min, box.max))
    assert not [1 for one, other in combinations(extents, 2) if one.overlaps(other)]
    for text, patch in tiles_of(ax):
        assert text.get_window_extent().width < patch.get_window_extent().width


@pytest.mark.parametrize(
    ("x", "state", "error", "text"),
    [
        (torch.zeros(7, 4, 2), None, ShapeError, "x: expected"),
        (
            pack_sequence([torch.zeros(7, 3)]),
            None,
            TypeError,
            "x: .* got a PackedSequence. The call",
        ),
        ((7, 4, 3), None, TypeError, "x: expected a tensor, got a tuple of 3. The call is run"),
        (torch.zeros(7, 4, 3), (torch.zeros(2, 4, 5),) * 2, ShapeError, "h_0: expected"),
    ],
)
def test_call_refuses_what_it_cannot_run(x, state, error, text):
    with pytest.raises(error, match=text):
        plotting.call(nn.LSTM(3, 5), x, state)
    assert not plt.get_fignums()


# --- cells ---------------------------------------------------------------------------------------


def grid_of(ax, n, m):
    """Texts and fills of a grid, row by row."""
    by_place = {tuple(patch.get_center()): (text, patch) for text, patch in tiles_of(ax)}
    assert len(by_place) == n * m == len(ax.patches)
    rows = [[by_place[j, i] for j in range(m)] for i in range(n)]
    texts = [[text.get_text() for text, _ in row] for row in rows]
    fills = [[is_filled(p) and to_hex(p.get_facecolor()) for _, p in row] for row in rows]
    return texts, fills


def test_cells_writes_every_value_in_its_place():
    whole = torch.arange(12).reshape(3, 4)
    assert grid_of(plotting.cells(whole, rows="batch", columns="time"), 3, 4)[0] == [
        ["0", "1", "2", "3"],
        ["4", "5", "6", "7"],
        ["8", "9", "10", "11"],
    ]
    parts = torch.tensor([[0.126, -2.0], [-0.001, float("nan")], [1e3, 0]], dtype=torch.bfloat16)
    texts, fills = grid_of(plotting.cells(parts, rows="time", columns="feature"), 3, 2)
    assert texts == [["0.13", "-2.00"], [">-.01", "nan"], ["1000.00", "0"]]
    assert not any(map(any, fills))
    flags = torch.tensor([[True, False]])
    assert grid_of(plotting.cells(flags, rows="batch", columns="time"), 1, 2)[0] == [["1", "0"]]


def test_cells_names_its_axes_in_their_colours():
    ax = plotting.cells(torch.zeros(3, 4), rows="batch", columns="time")
    for label, text, axis in ((ax.yaxis, "batch (N=3)", "batch"), (ax.xaxis, "time (L=4)", "time")):
        assert label.get_label().get_text() == text
        assert box_colour(label.get_label()) == AXES[axis].colour
    assert [tick.get_text() for tick in ax.get_xticklabels()] == ["0", "1", "2", "3"]
    assert [tick.get_text() for tick in ax.get_yticklabels()] == ["0", "1", "2"]
    assert ax.get_title() == "A tensor of 3 × 4: batch down, time to the right"


def test_cells_puts_row_0_on_top_except_for_layers():
    bottom, top = plotting.cells(torch.zeros(3, 4), rows="batch", columns="time").get_ylim()
    assert bottom > top
    ax = plotting.cells(torch.zeros(3, 4), rows="layer", columns="time")
    assert ax.get_ylim()[0] < ax.get_ylim()[1]
    assert ax.get_title() == "A tensor of 3 × 4: layer up, time to the right"


def test_cells_fills_by_source():
    source = torch.arange(3)[:, None].expand(3, 2)
    values = torch.arange(6).reshape(3, 2)
    ax = plotting.cells(values, rows="batch", columns="time", colour_by=source)
    assert grid_of(ax, 3, 2)[1] == [[colour] * 2 for colour in SOURCES[:3]]
    many = torch.arange(20).reshape(2, 10)
    fills = grid_of(plotting.cells(many, rows="batch", columns="time", colour_by=many), 2, 10)[1]
    assert [*fills[0], *fills[1]] == [SOURCES[i % 9] for i in range(20)]


def test_cells_keeps_every_value_inside_its_cell():
    ax = plotting.cells(torch.full((2, 16), -10.25), rows="batch", columns="time")
    ax.figure.canvas.draw()
    for text, patch in tiles_of(ax):
        assert text.get_window_extent().width < patch.get_window_extent().width


def test_two_grids_share_a_figure():
    with plotting.style():
        figure, (left, right) = plt.subplots(1, 2)
    assert plotting.cells(torch.zeros(2, 3), rows="batch", columns="time", ax=left) is left
    assert plotting.influence(torch.eye(2), rows="batch", columns="batch", ax=right) is right
    assert plt.get_fignums() == [figure.number]


# --- influence -----------------------------------------------------------------------------------


def test_influence_leaves_exact_zeros_blank_and_marks_the_smallest_change():
    matrix = torch.tensor([[1.0, 1e-7, 0.0], [0.0, 0.5, 0.25]])
    texts, fills = grid_of(plotting.influence(matrix, rows="batch", columns="time"), 2, 3)
    assert texts == [["1.00", "<.01", "0"], ["0", "0.50", "0.25"]]
    blank = [[not fill for fill in row] for row in fills]
    assert blank == (matrix == 0).tolist()


def test_influence_gets_darker_as_the_change_grows():
    ax = plotting.influence(torch.linspace(0.1, 1, 9)[None], rows="batch", columns="time")
    shades = [luminance(fill) for fill in grid_of(ax, 1, 9)[1][0]]
    assert shades == sorted(shades, reverse=True)
    assert len(set(shades)) == 9


def test_influence_says_what_is_perturbed_and_what_changes():
    ax = plotting.influence(torch.eye(4), rows="batch", columns="batch")
    assert ax.get_ylabel() == "you change: batch (N=4)"
    assert ax.get_xlabel() == "the output moves: batch (N=4)"
    assert ax.get_title() == "Perturbing batch changes batch in 4 of 16 pairs"


def test_influence_draws_a_matrix_of_zeros():
    ax = plotting.influence(torch.zeros(2, 2), rows="time", columns="time")
    assert grid_of(ax, 2, 2) == ([["0", "0"]] * 2, [[False, False]] * 2)


@pytest.mark.parametrize("wrong", [-1.0, float("nan"), float("inf")])
def test_influence_refuses_what_is_not_an_amount(wrong):
    matrix = torch.tensor([[0.0, wrong]])
    with pytest.raises(ValueError, match=r"matrix: expected finite .* got .*\. Give .*\.abs\(\)"):
        plotting.influence(matrix, rows="batch", columns="time")


# --- steps ---------------------------------------------------------------------------------------


def test_steps_draws_the_values_at_their_steps():
    series = {"bulk": torch.randn(7, requires_grad=True), "loop": torch.randn(7).bfloat16()}
    ax = plotting.steps(series, ylabel="h")
    assert [line.get_label() for line in ax.lines] == ["bulk", "loop"]
    for line, values in zip(ax.lines, series.values(), strict=True):
        assert list(line.get_xdata()) == list(range(7))
        assert list(line.get_ydata()) == values.detach().double().tolist()
    (legend,) = ax.figure.legends
    assert [text.get_text() for text in legend.get_texts()] == ["bulk", "loop"]
    assert ax.get_ylabel() == "h"
    assert ax.get_title() == "bulk and loop over 7 time steps"


def test_steps_names_time_in_its_colour():
    label = plotting.steps({"h": torch.zeros(7)}, ylabel="h").xaxis.get_label()
    assert label.get_text() == "time step (L=7)"
    assert box_colour(label) == AXES["time"].colour


def test_steps_counts_something_else_without_the_colour_of_time():
    label = plotting.steps(
        {"loss": torch.zeros(7)}, ylabel="loss", xlabel="epoch"
    ).xaxis.get_label()
    assert label.get_text() == "epoch"
    assert label.get_bbox_patch() is None
    assert label.get_color() == INK


def test_steps_tells_lines_apart_without_colour_and_one_on_top_of_another():
    ax = plotting.steps({name: torch.zeros(3) for name in "abcd"}, ylabel="h")
    assert len({line.get_linestyle() for line in ax.lines}) == 4
    assert len({line.get_marker() for line in ax.lines}) == 4
    widths = [(line.get_linewidth(), line.get_markersize()) for line in ax.lines]
    assert widths == sorted(widths, reverse=True)
    assert len(set(widths)) == 4


def test_steps_draws_many_values_thinner():
    few, many = (plotting.steps({"h": torch.zeros(n)}, ylabel="h").lines[0] for n in (25, 100))
    assert many.get_linewidth() == pytest.approx(0.4 * few.get_linewidth())
    assert many.get_markersize() == pytest.approx(0.4 * few.get_markersize())


def test_steps_leaves_the_legend_out_for_a_single_line():
    assert not plotting.steps({"h": torch.zeros(7)}, ylabel="h").figure.legends


# --- state_rows ----------------------------------------------------------------------------------


@pytest.mark.parametrize("configuration", CONFIGURATIONS[:3] + CONFIGURATIONS[4:])
def test_state_rows_names_for_each_row_the_place_where_output_has_it(configuration):
    K, D, *_ = configuration
    lstm, x = make(*configuration)
    output, (h_n, _) = lstm.double()(x.double())
    tiles = tiles_of(plotting.state_rows(lstm))
    rows, places = tiles[::2], tiles[1::2]
    assert len(rows) == len(places) == K * D
    for (row, row_tile), (place, place_tile) in zip(rows, places, strict=True):
        assert row_tile.get_center()[1] == place_tile.get_center()[1]
        value = eval(row.get_text(), {"h_n": h_n})
        if place.get_text() == "not in output":
            assert not is_filled(place_tile)
            steps = output.unflatten(-1, (D, -1)).unbind(int(lstm.batch_first))
            assert not any(torch.allclose(h, value) for s in steps for h in s.unbind(-2))
        else:
            torch.testing.assert_close(eval(place.get_text(), {"output": output}), value)
    assert sum(map(is_filled, (patch for _, patch in places))) == D


def test_state_rows_names_layer_and_direction_of_each_row_from_the_bottom_up():
    ax = plotting.state_rows(nn.LSTM(3, 5, num_layers=3, bidirectional=True))
    words = sorted(words_of(ax), key=lambda text: (text.get_position()[1], text.get_position()[0]))
    lines = [[text.get_text() for text in words[i : i + 4]] for i in range(0, 24, 4)]
    assert [line[:3] for line in lines] == [
        [f"h_n[{2 * k + d}]", f"layer {k}", "→←"[d]] for k, d in product(range(3), range(2))
    ]
    assert ax.get_ylim()[0] < ax.get_ylim()[1]
    colours = {box_colour(t) for t in words if t.get_text().startswith("layer")}
    assert colours == {AXES["layer"].colour}
    assert {box_colour(t) for t in words if t.get_text() in "→←"} == {AXES["direction"].colour}


def test_state_rows_makes_its_title_from_the_sizes():
    one = plotting.state_rows(nn.LSTM(3, 5)).get_title()
    assert one == "1 layer, 1 direction:\noutput has the row of h_n"
    three = plotting.state_rows(nn.LSTM(3, 5, num_layers=3)).get_title()
    assert three == "3 layers, 1 direction:\noutput has 1 of the 3 rows of h_n"
    assert plotting.state_rows(nn.LSTM(3, 5), title="One").get_title() == "One"


def test_state_rows_keeps_every_text_inside_the_figure_and_apart():
    lstm = nn.LSTM(3, 2048, num_layers=2, bidirectional=True)
    ax = plotting.state_rows(lstm)
    ax.figure.canvas.draw()
    extents = [text.get_window_extent() for text in (*words_of(ax), ax.title)]
    assert all(ax.figure.bbox.contains(*c) for box in extents for c in (box.min, box.max))


# --- pattern -------------------------------------------------------------------------------------

READ_BACK = {
    "encoder": [("7", ""), ("4", ""), ("9", "")],
    "decoder": [("<start>", "9"), ("9", "4"), ("", "7"), ("7", "<end>")],
}


def near(*places):
    return max(places) - min(places) < 1e-9


def boxes_of(ax):
    return [patch for patch in ax.patches if patch.get_label() == "step"]


def test_pattern_draws_below_each_step_what_it_reads_and_above_it_what_is_used():
    ax = plotting.pattern(READ_BACK)
    pairs = [pair for steps in READ_BACK.values() for pair in steps]
    by_place = {tuple(patch.get_center()): text.get_text() for text, patch in tiles_of(ax)}
    assert len(by_place) == sum(bool(text) for pair in pairs for text in pair)
    boxes = boxes_of(ax)
    assert len(boxes) == len(pairs)
    assert [box.get_x() for box in boxes] == sorted(box.get_x() for box in boxes)
    for box, (given, used) in zip(boxes, pairs, strict=True):
        x, y = box.get_center()
        column = {above > y: text for (at, above), text in by_place.items() if near(at, x)}
        assert column == {side: text for side, text in ((False, given), (True, used)) if text}
        arrows = [(start, end) for start, end, _ in arrows_of(ax) if near(start[0], end[0], x)]
        assert len(arrows) == bool(given) + bool(used)
        assert all(end[1] > start[1] for start, end in arrows)


def test_pattern_leads_the_state_from_the_start_through_all_steps_of_all_parts():
    ax = plotting.pattern(READ_BACK, start="a state")
    boxes = boxes_of(ax)
    state = [(start, end) for start, end, _ in arrows_of(ax) if start[1] == end[1]]
    assert len(state) == len(boxes)
    assert [end[0] for _, end in state] == [pytest.approx(box.get_x()) for box in boxes]
    words = {text.get_text(): text.get_position() for text in words_of(ax)}
    assert words["a state"][0] < state[0][0][0]
    assert words["encoder"][0] < words["decoder"][0]


def test_pattern_reads_back_in_the_last_part_only_when_it_is_told_to():
    def back(ax):
        return [(start, end) for start, end, line in arrows_of(ax) if line == "--"]

    assert not back(plotting.pattern(READ_BACK))
    ax = plotting.pattern(READ_BACK, feedback=True)
    boxes = boxes_of(ax)[3:]
    assert len(back(ax)) == 3
    for (start, end), box, following in zip(back(ax), boxes, boxes[1:], strict=False):
        assert start[0] == pytest.approx(box.get_x() + box.get_width())
        assert end[0] == pytest.approx(following.get_x())
        assert start[1] > box.get_center()[1] > end[1]


def test_pattern_counts_in_its_title_what_is_read_and_used():
    assert plotting.pattern(READ_BACK).get_title() == (
        "encoder: 3 inputs, 0 outputs used\ndecoder: 3 inputs, 4 outputs used"
    )
    title = plotting.pattern({"tagger": [("a", "b")]}).get_title()
    assert title == "tagger: 1 input, 1 output used"
    assert plotting.pattern(READ_BACK, title="One").get_title() == "One"


@pytest.mark.parametrize("length", [1, 6, 12])
def test_pattern_keeps_every_text_inside_the_figure_and_apart(length):
    steps = [("12", "end")] * length
    ax = plotting.pattern({"encoder": steps, "decoder": steps}, start="encoder's state")
    ax.figure.canvas.draw()
    extents = [text.get_window_extent() for text in (*words_of(ax), ax.title)]
    assert all(ax.figure.bbox.contains(*corner) for box in extents for corner in (box.min, box.max))
    assert not [1 for one, other in combinations(extents, 2) if one.overlaps(other)]
    for text, patch in tiles_of(ax):
        assert text.get_window_extent().width < patch.get_window_extent().width


def test_state_rows_refuses_what_is_not_an_lstm():
    with pytest.raises(TypeError, match=r"nn\.LSTM"):
        plotting.state_rows(nn.GRU(3, 5))
    assert not plt.get_fignums()


# --- parameter_blocks ----------------------------------------------------------------------------


def test_parameter_blocks_draws_four_gates_for_each_parameter_and_names_rows_and_columns():
    lstm = nn.LSTM(3, 6, num_layers=2, bidirectional=True, proj_size=5)
    ax = plotting.parameter_blocks(lstm, layer=1, direction=1)
    words = [text.get_text() for text in words_of(ax)]
    kinds = ("weight_ih", "weight_hh", "bias_ih", "bias_hh", "weight_hr")
    assert [word for word in words if "_l1_reverse" in word] == [f"{k}\n_l1_reverse" for k in kinds]
    assert {"0:6", "6:12", "12:18", "18:24"} <= set(words)
    assert {"4·H_cell=24", "D·H_out=10", "H_out=5", "H_cell=6"} <= set(words)
    blocks = sorted((p.get_x(), p.get_y(), t.get_text()) for t, p in tiles_of(ax))
    assert "".join(name for *_, name in blocks) == "ifgo" * 4 + "h"
    fills = {t.get_text(): to_hex(p.get_facecolor()) for t, p in tiles_of(ax)}
    assert {gate: fills[gate] for gate in "ifgo"} == GATES


def test_parameter_blocks_are_as_wide_as_the_features_that_they_read():
    ax = plotting.parameter_blocks(nn.LSTM(3, 6))
    widths = dict.fromkeys(round(p.get_width(), 6) for _, p in tiles_of(ax))
    narrow, wide = list(widths)[:2]
    assert wide == pytest.approx(2 * narrow)
    assert ax.get_title().startswith("Layer 0: each parameter holds four blocks of 6 rows")
    assert "H_in=3" in {text.get_text() for text in words_of(ax)}


@pytest.mark.parametrize("proj_size", [0, 128])
@pytest.mark.parametrize("layer", [0, 1])
def test_parameter_blocks_keeps_every_text_inside_the_figure_and_apart(layer, proj_size):
    lstm = nn.LSTM(128, 256, num_layers=2, bidirectional=True, proj_size=proj_size)
    ax = plotting.parameter_blocks(lstm, layer=layer, direction=1)
    ax.figure.canvas.draw()
    extents = [text.get_window_extent() for text in (*words_of(ax), ax.title)]
    inside = ax.figure.bbox
    assert all(inside.contains(*corner) for box in extents for corner in (box.min, box.max))
    assert not [1 for one, other in combinations(extents, 2) if one.overlaps(other)]


@pytest.mark.parametrize("place", [{"layer": 2}, {"layer": -1}, {"direction": 1}, {"layer": 0.0}])
def test_parameter_blocks_refuses_a_layer_or_direction_that_is_not_there(place):
    (name,) = place
    with pytest.raises(ValueError, match=f"^{name}: expected a whole number from 0 to .* Counting"):
        plotting.parameter_blocks(nn.LSTM(3, 5, num_layers=2), **place)


# --- gates and reach -----------------------------------------------------------------------------


def meshes_of(ax):
    """Values of each grid of colours, row 0 on top, and where it begins."""
    meshes = [mesh for mesh in ax.collections if isinstance(mesh, QuadMesh)]
    return [(mesh.get_coordinates()[0, 0, 1], mesh.get_array()) for mesh in meshes]


@pytest.mark.parametrize("batched", [True, False])
def test_gates_draws_each_gate_of_the_chosen_place_with_time_to_the_right(batched):
    lstm = nn.LSTM(3, 5, num_layers=2, bidirectional=True)
    trace = trace_steps(lstm, torch.randn(7, 4, 3) if batched else torch.randn(7, 3))
    place = {"layer": 1, "direction": 1, "sequence": 2 if batched else 0}
    ax = plotting.gates(trace, **place)
    meshes = meshes_of(ax)
    assert [top for top, _ in meshes] == sorted({top for top, _ in meshes})
    for name, (_, values) in zip("ifo", meshes, strict=True):
        expected = getattr(trace, name)[1, 1][:, 2] if batched else getattr(trace, name)[1, 1]
        assert torch.allclose(torch.tensor(values), expected.detach().T.double())
    assert [tick.get_text() for tick in ax.get_yticklabels()] == [
        "input gate i",
        "forget gate f",
        "output gate o",
    ]
    assert ax.get_xlabel() == "time step (L=7)"
    assert ax.get_title() == "How far each gate is open, for 5 entries of c over 7 time steps"


def test_gates_frames_the_steps_of_events():
    ax = plotting.gates(trace_steps(nn.LSTM(3, 5), torch.randn(9, 3)), events={2: "on", 6: "off"})
    frames = [patch.get_x() + 0.5 for patch in ax.patches if isinstance(patch, Rectangle)]
    assert frames == [2, 6]
    assert [(t.get_text(), t.get_position()[0]) for t in ax.texts] == [("on", 2), ("off", 6)]


@pytest.mark.parametrize(
    ("change", "error", "text"),
    [
        (
            {"trace": torch.zeros(3)},
            TypeError,
            r"trace: expected a Trace, got a tensor of shape \(3,\). Make",
        ),
        ({"sequence": 4}, ValueError, "sequence: expected a whole number from 0 to 3, got 4. Coun"),
        ({"layer": 1}, ValueError, "layer: expected a whole number from 0 to 0, got 1. Counting"),
        ({"direction": None}, ValueError, "direction: expected a whole .* got None. Counting"),
        ({"events": {7: "end"}}, ValueError, "events: expected a whole number from 0 to 6, got 7"),
    ],
)
def test_gates_says_what_is_wrong(change, error, text):
    arguments = {"trace": trace_steps(nn.LSTM(3, 5), torch.zeros(7, 4, 3))} | change
    with pytest.raises(error, match=f"^{text}"):
        plotting.gates(arguments.pop("trace"), **arguments)
    assert not plt.get_fignums()


def test_reach_draws_powers_of_ten_and_leaves_blank_what_is_below_the_floor():
    series = {"one": torch.tensor([1e-9, 1e-4, 1.0]), "two": torch.tensor([0.0, 2.0, 0.5])}
    ax = plotting.reach(series)
    ((_, values),) = meshes_of(ax)
    assert values.mask.tolist() == [[True, False, False], [True, False, False]]
    assert values[:, 1:].tolist() == [[pytest.approx(1e-4), 1.0], [1.0, 0.5]]
    assert [tick.get_text() for tick in ax.get_yticklabels()] == ["one", "two"]
    assert ax.collections[0].colorbar.ax.get_ylabel() == "how much it matters"
    bottom, top = ax.get_ylim()
    assert bottom > top
    shades = [luminance(ax.collections[0].cmap(ax.collections[0].norm(v))) for v in (1e-6, 0.01, 1)]
    assert shades == sorted(shades, reverse=True)
    finer = meshes_of(plotting.reach(series, floor=1e-10))[0][1]
    assert finer.mask.sum() == 1


@pytest.mark.parametrize("wrong", [-1.0, float("nan")])
def test_reach_refuses_what_is_not_an_amount(wrong):
    with pytest.raises(ValueError, match=r"^series\['h'\]: expected finite entries of at least 0"):
        plotting.reach({"h": torch.tensor([0.0, wrong])})
    with pytest.raises(ValueError, match=r"^series: expected at least one label"):
        plotting.reach({})


# --- packing -------------------------------------------------------------------------------------


def test_packing_shows_which_row_of_the_data_holds_each_step():
    sequences = [torch.randn(length, 3) for length in (3, 7, 1, 6)]
    packed = pack_sequence(sequences, enforce_sorted=False)
    ax = plotting.packing(packed)
    drawn = {(int(t.get_position()[0]), t.get_position()[1]): t for t, _ in tiles_of(ax)}
    for n, sequence in enumerate(sequences):
        for step, values in enumerate(sequence):
            assert packed.data[int(drawn[step, n].get_text())].equal(values)
    below = sorted({y for _, y in drawn} - {0, 1, 2, 3})
    for y, length, n in zip(below, (7, 6, 3, 1), (1, 3, 0, 2), strict=True):
        texts = [drawn[step, y].get_text() for step in range(length)]
        assert texts == [drawn[step, n].get_text() for step in range(length)]
    assert len(drawn) == 2 * len(packed.data)
    assert [text.get_text() for text in words_of(ax)[-7:]] == ["4", "3", "3", "2", "2", "2", "1"]
    labels = [text.get_text() for text in ax.get_yticklabels()]
    assert labels == [*"0123", *"1302", "batch_sizes"]


def test_packing_leaves_padding_empty_and_gives_a_sequence_one_colour():
    packed = pack_sequence([torch.randn(length, 3) for length in (4, 2, 1)])
    ax = plotting.packing(packed)
    fills = [to_hex(p.get_facecolor()) for _, p in tiles_of(ax) if is_filled(p)]
    assert sorted(fills) == sorted([SOURCES[0]] * 8 + [SOURCES[1]] * 4 + [SOURCES[2]] * 2)
    empty = [p for p in ax.patches if isinstance(p, Rectangle) and not is_filled(p)]
    assert len(empty) == 5
    assert ax.get_title() == "7 steps of 3 sequences, packed without 5 steps of padding"


def test_packing_shows_padding_beyond_the_longest_sequence():
    packed = pack_sequence([torch.randn(length, 3) for length in (4, 2, 1)])
    ax = plotting.packing(packed, L=6)
    empty = [p for p in ax.patches if isinstance(p, Rectangle) and not is_filled(p)]
    assert len(empty) == 3 * 6 - 7
    assert ax.get_xlabel() == "time (L=6)"
    assert ax.get_title() == "7 steps of 3 sequences, packed without 11 steps of padding"
    with pytest.raises(ValueError, match=r"^L: expected an int of at least 4, got 3"):
        plotting.packing(packed, L=3)


def test_packing_refuses_a_padded_tensor():
    text = r"^packed: expected a PackedSequence, got a tensor of shape .* Make it with"
    with pytest.raises(TypeError, match=text):
        plotting.packing(torch.zeros(7, 4, 3))


# --- bars ----------------------------------------------------------------------------------------


def test_bars_are_as_long_as_the_numbers_they_carry():
    groups = {"short": {"padded": 1.0, "packed": 2.25}, "long": {"padded": 1.0, "packed": 3.5}}
    ax = plotting.bars(groups, xlabel="time")
    found = {bars.get_label(): [bar.get_width() for bar in bars] for bars in ax.containers}
    assert found == {"padded": [1.0, 1.0], "packed": [2.25, 3.5]}
    assert [text.get_text() for text in ax.texts] == ["1.0", "1.0", "2.2", "3.5"]
    assert [text.get_text() for text in ax.get_yticklabels()] == ["short", "long"]
    (legend,) = ax.figure.legends
    assert [text.get_text() for text in legend.get_texts()] == ["padded", "packed"]
    edges = [[bar.get_y() for bar in bars] for bars in ax.containers]
    assert edges[0][0] < edges[1][0] < edges[0][1] < edges[1][1]
    assert ax.yaxis_inverted()
    assert ax.get_xlabel() == "time"
    assert ax.get_title() == "padded and packed for short and long"


def test_bars_write_whole_numbers_as_they_are_and_need_no_legend_for_one_label():
    ax = plotting.bars({"list": {"tensors": 0}, "module list": {"tensors": 8}}, xlabel="tensors")
    assert [text.get_text() for text in ax.texts] == ["0", "8"]
    assert ax.figure.legends == []
    two = plotting.bars({"a": {"x": 0.25, "y": 8}}, xlabel="tensors")
    assert [text.get_text() for text in two.texts] == ["0.2", "8"]
    assert [text.get_text() for text in two.figure.legends[0].texts] == ["x", "y"]


@pytest.mark.parametrize("groups", [{}, {"short": {}}, {"short": {"a": 1.0}, "long": {"b": 1.0}}])
def test_bars_refuse_groups_with_different_labels(groups):
    with pytest.raises(ValueError, match=r"^groups: expected the same labels .* Give a dict"):
        plotting.bars(groups, xlabel="time")


# --- outcomes ------------------------------------------------------------------------------------

TRIED = {
    "export": {"plain": "pass", "packed": "fail", "two layers": "pass"},
    "compile": {"plain": "fallback", "packed": "wrong", "two layers": "fallback"},
}


def test_outcomes_stand_where_their_tool_and_their_case_are_named():
    ax = plotting.outcomes(TRIED)
    found = {text.get_position(): text.get_text() for text in ax.texts}
    assert found == {
        (j, i): word for i, row in enumerate(TRIED.values()) for j, word in enumerate(row.values())
    }
    assert [text.get_text() for text in ax.get_yticklabels()] == ["export", "compile"]
    assert [text.get_text() for text in ax.get_xticklabels()] == ["plain", "packed", "two\nlayers"]
    assert ax.yaxis_inverted()
    fills = {text.get_text(): set() for text in ax.texts}
    for text, cell in zip(ax.texts, ax.patches, strict=True):
        fills[text.get_text()].add(cell.get_facecolor())
    assert sorted(map(len, fills.values())) == [1, 1, 1, 1]
    assert len(set.union(*fills.values())) == 4
    assert ax.get_title() == "pass in 2 of 6 cells"


@pytest.mark.parametrize("table", [{}, {"export": {}}, {"a": {"x": "pass"}, "b": {"y": "pass"}}])
def test_outcomes_refuse_tools_with_different_cases(table):
    with pytest.raises(ValueError, match=r"^table: expected the same cases .* Give a dict"):
        plotting.outcomes(table)


def test_outcomes_refuse_an_unknown_word():
    with pytest.raises(ValueError, match=r"^table: .* fallback, wrong, fail, got \['ok'\]\. Use"):
        plotting.outcomes({"export": {"plain": "ok"}})


def test_pattern_draws_on_given_axes():
    with plotting.style():
        figure, (one, other) = plt.subplots(2)
    assert plotting.pattern(READ_BACK, ax=one) is one
    assert plotting.pattern(READ_BACK, ax=other) is other
    assert plt.get_fignums() == [figure.number]


@pytest.mark.parametrize(
    ("parts", "error", "text"),
    [
        ({}, ValueError, "parts: expected at least one name with steps, got none. Give a dict"),
        ({"decoder": []}, ValueError, r"parts: .*, got {'decoder': 0}. Give a dict"),
        ({"decoder": [("a", None)]}, TypeError, r"parts: .* texts, got a tuple of 2. Give what"),
        ({"decoder": ["abc"]}, TypeError, "parts: expected pairs of texts, got 'abc'. Give what"),
        ({"decoder": [1]}, TypeError, "parts: expected pairs of texts, got 1. Give what"),
    ],
)
def test_pattern_refuses_what_is_not_made_of_steps(parts, error, text):
    with pytest.raises(error, match=f"^{text}"):
        plotting.pattern(parts)
    assert not plt.get_fignums()


# --- look ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("background", BACKGROUNDS)
def test_ink_is_readable_and_lines_are_visible_on_both_pages(background):
    assert contrast(INK, background) >= 4
    assert min(contrast(str(line["color"]), background) for line in LINES) >= 3


def test_texts_stand_out_on_every_fill():
    shades = [f"#{value:02x}{value:02x}{value:02x}" for value in range(256)]
    for fill in (*SOURCES, *TENSORS.values(), *shades):
        assert contrast(text_on(fill), fill) >= 4.5
    for axis in AXES.values():
        assert contrast("white", axis.colour) >= 4.5


def test_drawn_texts_stand_out_on_their_own_fills():
    lstm, x = make(2, 2, 7, 4, "time first", 0)
    source = torch.arange(12).reshape(3, 4)
    drawings = [
        plotting.call(lstm, x, (torch.zeros(4, 4, 5), torch.zeros(4, 4, 5))),
        plotting.cells(source, rows="batch", columns="time", colour_by=source),
        plotting.influence(torch.rand(3, 4), rows="batch", columns="time"),
        plotting.state_rows(nn.LSTM(3, 5, num_layers=5, bidirectional=True)),
        plotting.parameter_blocks(lstm),
        plotting.packing(pack_sequence([torch.zeros(length, 3) for length in (4, 2, 1)])),
    ]
    for ax in drawings:
        filled = [(t, p) for t, p in tiles_of(ax) if is_filled(p)]
        assert len(filled) >= 12
        for text, patch in filled:
            assert contrast(text.get_color(), patch.get_facecolor()) >= 4.5


def test_what_a_call_returns_is_told_apart_without_colour():
    assert contrast(TENSORS["output"], TENSORS["h_n"]) >= 1.4
    assert contrast(TENSORS["output"], TENSORS["c_n"]) >= 1.4
    ax = plotting.call(*make(1, 1, 7, 4, "time first", 0))
    assert tile(ax, "c_n[0]").get_hatch()
    assert not tile(ax, "h_n[0]").get_hatch()


def draw_each():
    lstm, x = make(1, 2, 7, 4, "time first", 0)
    yield plotting.call(lstm, x)
    yield plotting.cells(torch.eye(3), rows="batch", columns="time")
    yield plotting.influence(torch.eye(3), rows="batch", columns="time")
    yield plotting.steps({"h": torch.zeros(3)}, ylabel="h")
    yield plotting.state_rows(lstm)
    yield plotting.parameter_blocks(lstm)
    yield plotting.gates(trace_steps(lstm, x), events={2: "event"})
    yield plotting.reach({"h": torch.rand(7)})
    yield plotting.packing(pack_sequence([torch.zeros(length, 3) for length in (4, 2, 1)]))
    yield plotting.bars({"short": {"a": 1.0}, "long": {"a": 2.0}}, xlabel="time")
    yield plotting.outcomes({"export": {"plain": "pass", "packed": "fail"}})


def test_figures_are_transparent_and_their_letters_are_large():
    for ax in draw_each():
        figure = ax.figure
        assert figure.get_facecolor()[3] == 0
        assert figure.get_figwidth() <= 7
        texts = [*words_of(ax), ax.title, ax.xaxis.get_label(), *ax.get_xticklabels()]
        assert min(text.get_size() for text in texts) >= 11
        assert ax.title.get_color() == INK


def test_style_serves_plots_that_a_page_makes_itself():
    with plotting.style():
        figure, ax = plt.subplots()
        (line,) = ax.plot([0, 1])
        ax.set_title("One line")
    assert figure.get_facecolor()[3] == ax.get_facecolor()[3] == 0
    assert line.get_color() == LINES[0]["color"]
    texts = (ax.title, ax.xaxis.get_label(), *ax.get_xticklabels(), *ax.get_yticklabels())
    assert {text.get_color() for text in texts} == {INK}


def test_drawings_change_no_setting_of_matplotlib():
    before = mpl.rcParams.copy()
    list(draw_each())
    assert mpl.rcParams == before


def test_svg_is_valid_with_letters_as_outlines():
    for ax in draw_each():
        buffer = BytesIO()
        ax.figure.savefig(buffer, format="svg")
        elements = list(ET.fromstring(buffer.getvalue()).iter())
        ids = [element.get("id") for element in elements if element.get("id")]
        assert len(ids) == len(set(ids))
        assert not [element for element in elements if element.tag.endswith("}text")]


# --- bad input -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("change", "error", "text"),
    [
        ({"values": [[1, 2]]}, TypeError, "values: expected a tensor .* got a list of 1. Make it"),
        ({"values": torch.zeros(2, 3, 4)}, ShapeError, r"got \(2, 3, 4\). Choose what to draw"),
        ({"values": torch.zeros(0, 3)}, ShapeError, "every size at least 1"),
        ({"rows": "seq"}, ValueError, "rows: expected one of time, batch, .* got 'seq'. Name"),
        ({"columns": None}, ValueError, "columns: expected one of time, .* got None"),
        (
            {"colour_by": [0, 1]},
            TypeError,
            "colour_by: expected a tensor of int.* got a list of 2. Give",
        ),
        ({"colour_by": torch.zeros(2, 3)}, TypeError, "colour_by: .* got torch.float32"),
        (
            {"colour_by": torch.zeros(3, 2, dtype=torch.int64)},
            ShapeError,
            r"colour_by: expected the shape of values, \(2, 3\), got \(3, 2\). Give one",
        ),
    ],
)
def test_cells_says_what_is_wrong(change, error, text):
    arguments = {"values": torch.zeros(2, 3), "rows": "batch", "columns": "time"} | change
    with pytest.raises(error, match=text):
        plotting.cells(arguments.pop("values"), **arguments)


@pytest.mark.parametrize(
    ("series", "error", "text"),
    [
        ({}, ValueError, "series: expected at least one label with values, got none. Give"),
        ({"h": [1.0]}, TypeError, r"series\['h'\]: expected a tensor \(L,\), got a list of 1"),
        ({"h": torch.zeros(7, 4)}, ShapeError, r"series\['h'\]: expected \(L,\) .* got \(7, 4\)"),
        (
            {"h": torch.zeros(7), "c": torch.zeros(6)},
            ShapeError,
            "series: expected one length L for all, got {'h': 7, 'c': 6}. Cut",
        ),
    ],
)
def test_steps_says_what_is_wrong(series, error, text):
    with pytest.raises(error, match=text):
        plotting.steps(series, ylabel="h")
