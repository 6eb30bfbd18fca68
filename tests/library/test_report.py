"""What a report says, in text and in HTML, and when it asks."""

from __future__ import annotations

from html.parser import HTMLParser
from typing import Any

import pytest
import torch
from torch import nn
from torch.nn.utils.rnn import pack_padded_sequence

from lstm_guide import ShapeError, call_shapes, describe
from lstm_guide.report import Report
from lstm_guide.shapes import AXES

from .configurations import Case, cases

ALL = cases(torch.float64)
NAMES = ["x", "h_0", "c_0", "output", "h_n", "c_n"]


@pytest.mark.parametrize("case", cases(torch.float32), ids=str)
def test_an_ordinary_call_raises_no_question(case: Case) -> None:
    lstm, x, state = case.lstm(), case.x(), case.state()
    assert describe(lstm, x).questions == ()
    assert describe(lstm, x, state).questions == ()
    assert "?" not in f"{describe(lstm, x)}"


@pytest.mark.parametrize("case", ALL, ids=str)
def test_every_tensor_stands_in_the_text_with_letters_and_sizes(case: Case) -> None:
    lstm, x = case.lstm(), case.x()
    report, shapes = describe(lstm, x), call_shapes(lstm, x)
    assert report.shapes == shapes
    headline, head, *lines = str(report).splitlines()
    assert headline == report.headline
    assert [line.split()[0] for line in lines] == NAMES
    for name, line in zip(NAMES, lines, strict=True):
        shape = getattr(shapes, "input" if name == "x" else name)
        assert line[head.index("axes") :].startswith(shape.letters)
        assert line[head.index("sizes") :].startswith(str(shape.sizes))
        assert line[head.index("in words") - 1] == " " != line[head.index("in words")]


HEADLINES: dict[str, tuple[dict[str, Any], Any]] = {
    "batch_first=True: 4 sequences of 7 steps, 3 features each": (
        ({"batch_first": True}, (4, 7, 3))
    ),
    "batch_first=False: 4 sequences of 7 steps, 3 features each": ({}, (7, 4, 3)),
    "batch_first=False: 1 sequence of 1 step, 3 features each": ({}, (1, 1, 3)),
    "unbatched: 1 sequence of 7 steps, 3 features each": ({}, (7, 3)),
    "packed: 2 sequences, 10 steps in all, 7 in the longest, 3 features each": (
        ({}, pack_padded_sequence(torch.zeros(7, 2, 3), [7, 3]))
    ),
}


@pytest.mark.parametrize(("headline", "case"), HEADLINES.items())
def test_the_headline_reads_the_call(headline: str, case: tuple[dict[str, Any], Any]) -> None:
    arguments, x = case
    assert describe(nn.LSTM(3, 5, **arguments), x).headline == headline


def words(report: Report) -> dict[str, str]:
    return {name: text for name, _, text in report.rows}


def test_the_words_name_each_axis_of_the_input() -> None:
    lstm = nn.LSTM(3, 5, batch_first=True)
    axes = "axis 0 = batch, axis 1 = time, axis 2 = feature"
    assert words(describe(lstm, (4, 7, 3)))["x"] == axes
    assert words(describe(lstm, (7, 3)))["x"] == "axis 0 = time, axis 1 = feature"
    packed = pack_padded_sequence(torch.zeros(7, 2, 3), [7, 3])
    axes = "axis 0 = the steps of all sequences, axis 1 = feature"
    assert words(describe(lstm, packed))["x"] == axes


def test_the_words_say_where_the_state_comes_from() -> None:
    lstm, x = nn.LSTM(3, 5), torch.randn(7, 4, 3)
    state = (torch.randn(1, 4, 5), torch.randn(1, 4, 5))
    for name in ("h_0", "c_0"):
        assert words(describe(lstm, x))[name] == "zeros (no state given)"
        assert words(describe(lstm, x, state))[name].startswith("given: ")


def test_the_words_say_where_the_reverse_direction_ends() -> None:
    one = words(describe(nn.LSTM(3, 5), (7, 4, 3)))
    two = words(describe(nn.LSTM(3, 5, bidirectional=True), (7, 4, 3)))
    assert one["h_n"] == "h after the last step of every layer and direction"
    assert two["c_n"] == "c after the last step; the reverse direction ends at step 0"
    assert two["output"] == one["output"] + ", forward then reverse"


# --- questions -------------------------------------------------------------------------------


@pytest.mark.parametrize(("batch_first", "sizes"), [(False, (1, 4, 3)), (True, (4, 1, 3))])
def test_sequences_of_one_step_without_state_raise_a_question(
    batch_first: bool, sizes: tuple[int, ...]
) -> None:
    lstm, state = nn.LSTM(3, 5, batch_first=batch_first), (torch.zeros(1, 4, 5),) * 2
    (question,) = describe(lstm, sizes).questions
    assert question.startswith("L is 1 and no state is given")
    assert "\n? L is 1" in str(describe(lstm, sizes))
    assert describe(lstm, sizes, state).questions == ()


@pytest.mark.parametrize("sizes", [(1, 1, 3), (1, 3), (4, 1, 3)])
def test_one_sequence_of_any_length_raises_no_question(sizes: tuple[int, ...]) -> None:
    assert describe(nn.LSTM(3, 5), sizes).questions == ()


def test_dropout_with_one_layer_raises_a_question() -> None:
    with pytest.warns(UserWarning, match="dropout option adds dropout after all but last"):
        lstm = nn.LSTM(3, 5, dropout=0.25)
    (question,) = describe(lstm, (7, 4, 3)).questions
    assert question.startswith("dropout=0.25 acts between layers and there is one layer")
    assert describe(nn.LSTM(3, 5, 2, dropout=0.25), (7, 4, 3)).questions == ()


def test_entries_that_are_not_finite_raise_a_question() -> None:
    lstm, x, h_0, c_0 = nn.LSTM(3, 5), *map(torch.zeros, ((7, 4, 3), (1, 4, 5), (1, 4, 5)))
    x[2, 3, 0] = x[3, 0, 1] = float("nan")
    c_0[0, 1, 2] = -float("inf")
    expected = "x has nan or infinite entries, 2 of them: is a value missing?"
    assert describe(lstm, x).questions == (expected,)
    assert describe(lstm, pack_padded_sequence(x, [7] * 4)).questions == (expected,)
    assert describe(lstm, x, (h_0, c_0)).questions == (
        (expected, "c_0 has nan or infinite entries, 1 of them: is a value missing?")
    )


def test_values_on_the_meta_device_are_not_read() -> None:
    lstm = nn.LSTM(3, 5, device="meta")
    assert describe(lstm, torch.zeros(7, 4, 3, device="meta")).questions == ()


# --- HTML ------------------------------------------------------------------------------------


class Page(HTMLParser):
    """Elements with their attributes and text, and a check that they are closed in order."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.open: list[tuple[str, dict[str, str | None], list[str]]] = []
        self.elements: list[tuple[str, dict[str, str | None], str]] = []
        self.feed(html)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.open.append((tag, dict(attrs), []))

    def handle_data(self, data: str) -> None:
        for _, _, text in self.open:
            text.append(data)

    def handle_endtag(self, tag: str) -> None:
        name, attributes, text = self.open.pop()
        assert name == tag
        self.elements.append((tag, attributes, "".join(text)))

    def all(self, tag: str, **attributes: str) -> list[str]:
        """Texts of the elements with this tag and these attributes."""
        return [
            text
            for name, found, text in self.elements
            if name == tag and attributes.items() <= found.items()
        ]


@pytest.mark.parametrize("case", ALL, ids=str)
def test_the_table_has_a_chip_for_each_axis_in_its_colour(case: Case) -> None:
    report = describe(case.lstm(), case.x())
    page = Page(report._repr_html_())
    dims = [dim for _, shape, _ in report.rows for dim in shape.dims]
    assert page.all("span") == [f"{dim.letters} = {dim.size}" for dim in dims]
    for name, axis in AXES.items():
        chips = [found for _, found, _ in page.elements if found.get("title") == name]
        assert len(chips) == sum(dim.axis == name for dim in dims)
        assert all(f"background:{axis.colour};color:#fff;" in f"{c['style']}" for c in chips)


def test_the_table_says_the_same_as_the_text() -> None:
    report = describe(nn.LSTM(3, 5), (1, 4, 3))
    page = Page(report._repr_html_())
    assert page.all("caption") == [report.headline]
    assert page.all("th", scope="col") == ["tensor", "axes", "in words"]
    assert page.all("th", scope="row") == NAMES
    assert page.all("td")[1::2] == [text for _, _, text in report.rows]
    assert page.all("li") == list(report.questions)
    assert Page(describe(nn.LSTM(3, 5), (7, 4, 3))._repr_html_()).all("li") == []


def test_the_table_brings_nothing_that_acts_outside_itself() -> None:
    page = Page(describe(nn.LSTM(3, 5), (1, 4, 3))._repr_html_())
    assert page.elements[-1][:2] == ("div", {"class": "lstm-guide-report"})
    attributes = {name for _, found, _ in page.elements for name in found}
    assert attributes == {"class", "style", "scope", "title"}
    tags = {tag for tag, _, _ in page.elements}
    assert tags == set(
        ["div", "table", "caption", "thead", "tbody", "tr", "th", "td", "span", "ul", "li"]
    )


def test_only_chips_have_a_colour_of_their_own() -> None:
    page = Page(describe(nn.LSTM(3, 5), (1, 4, 3))._repr_html_())
    for tag, found, _ in page.elements:
        style = dict(part.split(":") for part in (found.get("style") or "").split(";") if part)
        if tag != "span":
            assert style.get("color", "inherit") == "inherit"
            assert style.get("background", "transparent") == "transparent"


# --- checks ----------------------------------------------------------------------------------


def test_the_module_is_not_run(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> None:
        raise AssertionError("the module was run")

    monkeypatch.setattr(nn.LSTM, "forward", fail)
    assert describe(nn.LSTM(3, 5), torch.randn(7, 4, 3)).shapes.L == 7


@pytest.mark.parametrize("x", [(7, 4, 6), (7,), (0, 4, 3), [7, 4, 3], torch.zeros(7, 4).long()])
def test_bad_input_raises_as_in_call_shapes(x: Any) -> None:
    lstm = nn.LSTM(3, 5)
    with pytest.raises((ShapeError, TypeError)) as expected:
        call_shapes(lstm, x)
    with pytest.raises(expected.type) as found:
        describe(lstm, x)
    assert str(found.value) == str(expected.value)
