"""By-argument has an entry for every name of torch's signatures, with facts that are found."""

import re
from dataclasses import fields
from pathlib import Path

import pytest
from by_argument import (
    OWNERS,
    default,
    entry,
    fails,
    layouts,
    letters_of_parameter,
    pages,
    signature,
)
from scripts import lessons
from torch import nn

from lstm_guide.shapes import CallShapes

REPOSITORY = Path(__file__).parents[2]
SCRIPTS = lessons(REPOSITORY / "examples")
TEXT = (REPOSITORY / "docs" / "by-argument.md").read_text(encoding="utf-8")
ENTRIES = re.findall(r"^```\{argument\} (\S+) (\S+)\n((?:.+\n)+?)```$", TEXT, re.MULTILINE)
NAMES = [(owner, name) for owner, name, _ in ENTRIES]


def names_of_parameters(module: nn.Module) -> set[str]:
    return {re.sub(r"_l\d", "_l[k]", name) for name, _ in module.named_parameters()}


@pytest.mark.parametrize("owner", OWNERS)
def test_each_argument_of_torch_s_signature_has_an_entry(owner: str):
    missing = signature(OWNERS[owner]).keys() - {name for each, name in NAMES if each == owner}
    assert not missing


def test_the_signature_is_not_the_one_that_hides_the_arguments():
    assert {"proj_size", "batch_first", "dtype"} <= signature(nn.LSTM).keys()


def test_each_tensor_parameter_and_field_has_an_entry():
    tensors = {field.name for field in fields(CallShapes) if field.type == "Shape"}
    lstm = nn.LSTM(3, 5, num_layers=2, bidirectional=True, proj_size=2)
    cell = nn.LSTMCell(3, 5)
    for owner, names in {
        "nn.LSTM": tensors | names_of_parameters(lstm) | {"hx"},
        "nn.LSTMCell": {"input", "hx"} | names_of_parameters(cell),
        "PackedSequence": set(OWNERS["PackedSequence"]._fields),
    }.items():
        assert not names - {name for each, name in NAMES if each == owner}


def test_no_entry_stands_twice():
    assert len(set(NAMES)) == len(NAMES)


@pytest.mark.parametrize(("owner", "name", "text"), ENTRIES)
def test_an_entry_leads_to_a_page(owner: str, name: str, text: str):
    assert pages(SCRIPTS, owner, name) or "{ref}`" in text


@pytest.mark.parametrize(
    ("owner", "name", "label"),
    [
        ("nn.LSTM", "batch_first", "layouts"),
        ("nn.LSTM", "dropout", "dropout-between-layers"),
        ("nn.LSTM", "proj_size", "projection"),
        ("nn.LSTM", "h_n", "rows-of-h-n"),
        ("nn.LSTM", "bias_hh_l[k]", "initial-weights"),
        ("nn.LSTMCell", "hidden_size", "unrolling"),
        ("pack_padded_sequence", "enforce_sorted", "packed-sequence"),
    ],
)
def test_the_page_about_a_name_is_found(owner: str, name: str, label: str):
    assert label in [script.label for script in pages(SCRIPTS, owner, name)]


def test_facts_come_from_torch_and_the_library():
    assert default("nn.LSTM", "num_layers") == "`1` if left out, `int`"
    assert default("nn.LSTM", "output") == ""
    assert layouts("h_n") == {
        "time first, batch first, packed": "(K * D, N, H_out)",
        "unbatched": "(K * D, H_out)",
    }
    assert letters_of_parameter("weight_ih_l[k]") == {
        "layer 0": "(4 * H_cell, H_in)",
        "layers above": "(4 * H_cell, D * H_out)",
    }
    text = "\n".join(entry("nn.LSTM", "bidirectional", SCRIPTS))
    assert "`output`: (7, 4, 5) → (7, 4, 10)" in text
    assert "parameters: 200 → 400" in text


def test_what_fails_is_what_the_catalogue_says_about_the_argument():
    text = "\n".join(entry("nn.LSTM", "dropout", SCRIPTS))
    assert "What fails\n: {ref}`error-dropout-with-one-layer`" in text
    found = {name: [each.id for each in fails("nn.LSTM", name)] for name in signature(nn.LSTM)}
    assert "size-not-positive" in found["num_layers"]
    assert "fourth-argument-is-bias" in found["batch_first"]
    assert "fourth-argument-is-bias" in found["bias"]
    assert found["device"] == []
    assert fails("nn.LSTM", "h_n") == [], "a result fails nothing"


def test_what_fails_belongs_to_the_layer_or_function_that_is_called():
    cell = [each.id for each in fails("nn.LSTMCell", "hidden_size")]
    layer = [each.id for each in fails("nn.LSTM", "hidden_size")]
    assert "cell-hidden-size" in cell
    assert "cell-hidden-size" not in layer
    assert "state-hidden-size" in layer
    assert "state-hidden-size" not in cell
    assert [each.id for each in fails("pad_packed_sequence", "total_length")] == [
        "total-length",
        "padding-arguments",
    ]
    assert fails("unpad_sequence", "batch_first") == []
