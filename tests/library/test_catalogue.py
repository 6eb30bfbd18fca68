"""Each recipe of the catalogue still makes torch say what the catalogue expects."""

from __future__ import annotations

import ast
import dataclasses
import re
import tomllib
import traceback
import warnings
from collections.abc import Callable
from importlib.resources import files
from typing import Any

import pytest
import torch
from torch import Tensor, nn

from lstm_guide import catalogue, explain_errors
from lstm_guide.catalogue import Entry, Message
from lstm_guide.catalogue.lookup import FAMILIES, LIKELIHOODS
from lstm_guide.catalogue.notes import note_for
from lstm_guide.catalogue.recipes import clean

ENTRIES = catalogue.entries()
TRIPLES = [
    (entry, message, recipe)
    for entry in ENTRIES
    for message in entry.messages
    for recipe in message.recipes
]
CASES = [
    pytest.param(*triple, id=f"{triple[0].id}-{number}") for number, triple in enumerate(TRIPLES)
]
# Recipes that may end the process are not run inside of this one.
SAFE = [case for case, triple in zip(CASES, TRIPLES, strict=True) if not triple[1].process]
COMMON = files("lstm_guide.catalogue").joinpath("data", "common.toml").read_text("utf-8")
SIZES, OTHER_SIZES = "L, N, H_in, H = 7, 4, 6, 9", "L, N, H_in, H = 11, 5, 3, 8"

per_recipe = pytest.mark.parametrize(("entry", "message", "recipe"), CASES)
per_safe_recipe = pytest.mark.parametrize(("entry", "message", "recipe"), SAFE)
per_entry = pytest.mark.parametrize("entry", ENTRIES, ids=lambda entry: entry.id)


def assert_said(entry: Entry, message: Message, recipe: str) -> None:
    """Fail with what a maintainer has to know to correct the entry."""
    said = catalogue.reproduce(recipe, process=message.process)
    assert said.kind == message.kind, f"entry {entry.id}: {message.kind} is now {said}"
    assert message.fits(said.text), (
        f"entry {entry.id}: torch's text has changed.\n"
        f"pattern: {message.pattern}\n"
        f"text:    {said.text}"
    )
    assert entry in catalogue.explain(said.text)


# --- the data --------------------------------------------------------------------------------


@per_recipe
def test_a_recipe_makes_torch_say_it(entry: Entry, message: Message, recipe: str) -> None:
    assert_said(entry, message, recipe)


@per_safe_recipe
def test_other_sizes_make_no_difference(entry: Entry, message: Message, recipe: str) -> None:
    assert SIZES in recipe
    assert_said(entry, message, recipe.replace(SIZES, OTHER_SIZES))


@per_entry
def test_the_fixed_call_runs_without_a_warning(entry: Entry) -> None:
    for call in (entry.call, entry.call.replace(SIZES, OTHER_SIZES)):
        exec(compile(call, entry.id, "exec"), {"__name__": "call"})


def test_a_changed_text_is_named_with_entry_pattern_and_new_text() -> None:
    (entry,) = catalogue.explain("lstm expects two hidden states")
    message = entry.messages[-1]
    changed = dataclasses.replace(message, pattern="lstm wants two hidden states")
    expected = (
        "(?s)entry state-not-a-pair: torch's text has changed.*"
        "pattern: lstm wants two hidden states.*text:    lstm expects two hidden states"
    )
    with pytest.raises(AssertionError, match=expected):
        assert_said(entry, changed, message.recipes[0])


@per_entry
def test_an_entry_is_complete_and_readable(entry: Entry) -> None:
    assert re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", entry.id)
    assert entry.likelihood in LIKELIHOODS
    assert entry.messages
    assert all(message.recipes for message in entry.messages)
    assert not entry.title.endswith(".")
    for words in (entry.cause, entry.fix):
        assert re.fullmatch(r"[^\n]+[.)]", words)
        assert words.count("`") % 2 == 0
    assert not re.search(r"(?i)\b(simply|just|obviously|easily|easy)\b", str(entry))


def test_each_id_and_each_recipe_occurs_once() -> None:
    ids = [entry.id for entry in ENTRIES]
    assert len(set(ids)) == len(ids)
    recipes = [recipe for _, _, recipe in TRIPLES]
    assert len(set(recipes)) == len(recipes)


def test_each_file_of_the_data_is_read() -> None:
    folder = files("lstm_guide.catalogue").joinpath("data")
    assert {file.name for file in folder.iterdir()} == {f"{n}.toml" for n in (*FAMILIES, "common")}
    assert len({entry.family for entry in ENTRIES}) == len(FAMILIES)


@per_entry
def test_a_pattern_holds_no_size_of_the_recipes_and_nothing_that_javascript_lacks(
    entry: Entry,
) -> None:
    for message in entry.messages:
        literal = re.sub(r"\\[d\d]|\[[^\]]*\]|int64|4 \\\*", "", message.pattern)
        assert not re.search(r"\b([4679]|36|18)\b", literal)
        assert not re.search(r"\\[AZz]|\(\?(?![:!=])|\{,|[*+?]\+", message.pattern)


def test_what_is_left_out_has_a_reason_and_no_entry() -> None:
    recipes = {ast.unparse(ast.parse(recipe)) for _, _, recipe in TRIPLES}
    left_out = tomllib.loads(COMMON)["left_out"]
    assert left_out
    for each in left_out:
        code = f"{catalogue.start()}\n{each['recipe']}"
        assert ast.unparse(ast.parse(code)) not in recipes
        assert len(each["reason"].split()) >= 5


def test_the_data_says_how_to_add_an_entry() -> None:
    named = re.findall(r"^#   ([a-z]+(?:, [a-z]+)*)  +\w", COMMON, re.MULTILINE)
    fields = {field.name for kind in (Entry, Message) for field in dataclasses.fields(kind)}
    assert set(", ".join(named).split(", ")) == fields - {"family", "messages"}
    assert tomllib.loads(COMMON)["start"].strip() + "\n" == catalogue.start()


# --- explain ---------------------------------------------------------------------------------


def test_a_text_that_the_catalogue_does_not_know_is_not_explained() -> None:
    assert catalogue.explain("") == []
    assert catalogue.explain("RuntimeError: out of cheese") == []


def test_a_message_is_found_in_a_traceback_and_over_line_breaks() -> None:
    message = "Expected sequence length\n   to be larger than 0 in RNN"
    text = f"Traceback:\n  x.py\nRuntimeError: {message}\n"
    assert [entry.id for entry in catalogue.explain(text)] == ["no-time-steps"]


@pytest.mark.parametrize(
    ("size", "ids"),
    [
        ("[1, 2, 9]", ["state-batch-size", "state-shows-swapped-input"]),
        ("[2, 4, 9]", ["state-rows"]),
        ("[1, 4, 8]", ["state-hidden-size", "state-with-projection"]),
        ("[4, 1, 9]", ["state-batch-first"]),
        ("[2, 3, 9]", ["state-shape"]),
        ("[2, 4, 8]", ["state-shape"]),
        ("[1, 3, 8]", ["state-shape"]),
        ("[2, 3, 8]", ["state-shape"]),
        ("[9, 4, 1]", ["state-shape"]),
        ("[1, 4, 9, 1]", ["state-shape"]),
    ],
)
def test_the_sizes_of_a_state_tell_the_causes_apart(size: str, ids: list[str]) -> None:
    text = f"Expected hidden[0] size (1, 4, 9), got {size}"
    assert [entry.id for entry in catalogue.explain(text)] == ids


@pytest.mark.parametrize("given", [None, b"text", 3, RuntimeError("text")])
def test_only_text_is_explained(given: Any) -> None:
    with pytest.raises(TypeError, match=r"^message: expected text, got "):
        catalogue.explain(given)
    with pytest.raises(TypeError, match=r"^recipe: expected text, got "):
        catalogue.reproduce(given)


def test_an_exception_in_place_of_its_text_is_told_apart() -> None:
    with pytest.raises(TypeError, match=r"got RuntimeError\. Pass str\(error\)\.$"):
        catalogue.explain(RuntimeError("text"))  # type: ignore[arg-type]


# --- reproduce -------------------------------------------------------------------------------


@pytest.mark.parametrize("process", [False, True])
def test_a_recipe_that_raises_nothing_is_refused(process: bool) -> None:
    with pytest.raises(ValueError, match=r"^recipe: expected code that raises or warns, got code"):
        catalogue.reproduce("1 + 1", process=process)


def test_a_process_that_ends_is_reported_as_a_crash() -> None:
    said = catalogue.reproduce("import os; os.abort()", process=True)
    assert said == catalogue.Said("crash", "the process ended with code -6")


def test_a_process_of_its_own_says_the_same() -> None:
    recipe = "raise ValueError('two\\nlines')"
    assert catalogue.reproduce(recipe, process=True) == catalogue.reproduce(recipe)


def test_reproducing_leaves_torch_as_it_was() -> None:
    filters, seed = list(warnings.filters), torch.get_rng_state()
    torch.set_warn_always(False)
    try:
        catalogue.reproduce(
            "import torch, warnings\n"
            "warnings.simplefilter('ignore')\n"
            "torch.rand(3)\n"
            "torch.set_grad_enabled(False)\n"
            "raise ValueError('text')"
        )
        assert not torch.is_warn_always_enabled()
    finally:
        torch.set_warn_always(True)
    assert warnings.filters == filters
    assert torch.get_rng_state().equal(seed)
    assert torch.is_grad_enabled()


def test_paths_of_the_machine_are_cut() -> None:
    text = "in file `/home/me/lib/python3.11/site-packages/torch/nn/utils/rnn.py` at 3"
    assert clean(text) == "in file `…/torch/nn/utils/rnn.py` at 3"
    text = "slow. (Triggered internally at /pytorch/aten/src/RNN.cpp:1480.)"
    assert clean(text) == "slow."
    link = "see https://github.com/pytorch/torch/pull/103001"
    assert clean(link) == link
    assert clean("do \x1b[1mnot\x1b[0m") == "do not"


# --- explain_errors --------------------------------------------------------------------------


def caught(call: Callable[[], Any]) -> Exception:
    """Return what a call raises inside of `explain_errors`."""
    try:
        with explain_errors():
            call()
    except Exception as error:
        return error
    raise AssertionError("nothing was raised")


def notes(error: Exception) -> str:
    return "\n".join(getattr(error, "__notes__", ()))


@per_safe_recipe
def test_a_recipe_is_explained_where_the_text_or_the_traceback_says_enough(
    entry: Entry, message: Message, recipe: str
) -> None:
    code = compile(recipe, "recipe", "exec")
    error = caught(lambda: exec(code, {"__name__": "recipe"}))  # a warning is an error in tests
    inside = any(
        frame.filename.endswith(("torch/nn/modules/rnn.py", "torch/nn/utils/rnn.py"))
        for frame in traceback.extract_tb(error.__traceback__)
    )
    enough = not message.generic or (inside and not message.outside)
    assert (f" {entry.title}.\n  Cause: " in notes(error)) == enough
    assert not (inside and message.outside)


def test_only_what_is_generic_and_outside_is_never_explained() -> None:
    for entry, message, _ in TRIPLES:
        assert message.generic or not message.outside, entry.id


class Model(nn.Module):
    """A reader's model: the LSTM is deep inside."""

    def __init__(self) -> None:
        super().__init__()
        self.encoder = nn.ModuleDict({"lstm": nn.LSTM(input_size=3, hidden_size=5)})

    def forward(self, x: Tensor, state: Any = None) -> Tensor:
        output: Tensor = self.encoder["lstm"](x, state)[0]
        return output


def test_an_error_deep_inside_a_model_gets_a_note_and_keeps_all_else() -> None:
    model, x, h_0 = Model(), torch.randn(7, 4, 3), torch.zeros(1, 4, 5)

    def bare() -> Exception:
        try:
            model(x, h_0)
        except IndexError as error:
            return error
        raise AssertionError("nothing was raised")

    error, plain = caught(lambda: model(x, h_0)), bare()
    assert type(error) is type(plain)
    assert error.args == plain.args
    assert error.__cause__ is error.__context__ is None
    frames, expected = (
        [frame.f_code for frame, _ in traceback.walk_tb(each.__traceback__)]
        for each in (error, plain)
    )
    assert frames[2:] == expected[1:], "behind the frames of the test: the same calls"
    assert notes(error) == (
        "lstm-guide: Only h_0 is given.\n"
        "  Cause: An LSTM has two states. Code for a GRU passes one tensor, and its rows are taken "
        "for the pair.\n"
        "  Fix: Pass both: `(h_0, c_0)`.\n"
        "      lstm(x, (h_0, c_0))\n"
        '  See: the pages "initial-state" and "by-error#only-h" of the guide.'
    )


def test_a_generic_text_from_elsewhere_is_left_alone() -> None:
    def own_code() -> None:
        raise IndexError("index 1 is out of bounds for dimension 0 with size 1")

    assert catalogue.explain("index 1 is out of bounds for dimension 0 with size 1")
    assert notes(caught(own_code)) == ""
    assert notes(caught(lambda: nn.Linear(3, 5)(torch.randn(4, 2)))) == ""
    assert notes(caught(lambda: torch.zeros(3)[5])) == ""


def test_several_causes_are_listed_the_likeliest_first() -> None:
    model = Model()
    error = caught(lambda: model(torch.randn(7, 4, 3), (torch.zeros(1, 2, 5),) * 2))
    assert [line for line in notes(error).splitlines() if not line.startswith(" ")] == [
        "lstm-guide: this text has 2 known causes, the likeliest first.",
        "1. The state is for another batch size.",
        "2. The input has time and batch swapped.",
    ]


def test_the_likelihood_decides_on_the_order_and_not_the_place_in_the_data() -> None:
    cell = nn.LSTMCell(3, 5, dtype=torch.bfloat16)
    error = caught(lambda: cell(torch.randn(4, 3).double()))
    found = catalogue.explain(str(error))
    assert [entry.id for entry in found] == [
        "state-dtype",
        "cell-dtype",
        "packed-dtype",
        "autocast-and-float64",
    ]
    assert found != [entry for entry in ENTRIES if entry in found]
    places = [notes(error).index(f". {entry.title}.\n") for entry in found]
    assert places == sorted(places)


def test_inside_of_the_lstm_no_cause_from_outside_is_named() -> None:
    lstm = nn.LSTM(3, 5)
    packed = nn.utils.rnn.pack_sequence([torch.randn(7, 2), torch.randn(4, 2)])
    error = caught(lambda: lstm(packed))
    outside = "linear-behind-two-directions"
    assert outside in [entry.id for entry in catalogue.explain(str(error))]
    assert "packed-feature-size" in notes(error)
    assert outside not in notes(error)


def test_it_decorates_and_adds_its_note_once() -> None:
    @explain_errors()
    def step() -> None:
        with explain_errors():
            Model()(torch.randn(7, 4, 2))

    for _ in range(2):
        with pytest.raises(RuntimeError, match=r"Expected 3, got 2") as caught_error:
            step()
        assert notes(caught_error.value).count("lstm-guide: ") == 1


def test_without_an_error_nothing_happens() -> None:
    with explain_errors():
        output = Model()(torch.randn(7, 4, 3))
    assert output.shape == (7, 4, 5)


def test_a_warning_is_explained_where_it_is_made_an_error() -> None:
    error = caught(lambda: nn.LSTM(3, 5, dropout=0.5))
    assert isinstance(error, UserWarning)
    assert notes(error).startswith("lstm-guide: `dropout` with one layer does nothing.\n")


def test_an_exception_without_a_traceback_gets_no_generic_note() -> None:
    assert note_for(IndexError("tuple index out of range")) == ""
