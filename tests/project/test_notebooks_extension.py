"""The reST of a script becomes Markdown that a notebook shows as it was meant."""

from pathlib import Path

import pytest
from notebooks import titles_of, to_markdown

TITLES = {"one-call": "One call, three tensors"}


@pytest.mark.parametrize(
    ("rest", "markdown"),
    [
        (":class:`torch.nn.LSTM` runs", "``torch.nn.LSTM`` runs"),
        (":class:`~torch.nn.LSTM` runs", "``LSTM`` runs"),
        (":py:func:`describe <lstm_guide.describe>`", "``describe``"),
        (":term:`hidden state`", "hidden state"),
        (":term:`states <state>`", "states"),
        (":ref:`one-call`", "One call, three tensors"),
        (":ref:`the first page <one-call>`", "the first page"),
        (":math:`c_t`", ":math:`c_t`"),
        ("a ``nn.LSTM(x)`` stays", "a ``nn.LSTM(x)`` stays"),
    ],
)
def test_roles_become_plain_text(rest: str, markdown: str):
    assert to_markdown(rest, TITLES) == markdown


def test_a_displayed_formula_keeps_its_lines():
    rest = "Before\n\n.. math::\n\n   a &= b \\\\\n   c &= d\n\nAfter\n"
    assert to_markdown(rest, {}) == "Before\n\n$$\na &= b \\\\\nc &= d\n$$\n\nAfter\n"


def test_a_dropdown_folds_and_its_roles_are_cleaned():
    rest = ".. dropdown:: Answer\n   :icon: bell\n\n   It is :term:`zero <state>`.\n"
    folded = "<details><summary>Answer</summary>\n\nIt is zero.\n\n</details>\n\n"
    assert to_markdown(rest, {}) == folded


def test_a_list_table_becomes_a_table_with_a_header():
    rest = (
        ".. list-table:: Names\n   :header-rows: 1\n\n"
        "   * - here\n     - elsewhere\n   * - L\n     - seq_len,\n       T\n"
    )
    table = "**Names**\n\n| here | elsewhere |\n| --- | --- |\n| L | seq_len, T |\n\n"
    assert to_markdown(rest, {}) == table


def test_a_box_becomes_a_quotation():
    assert to_markdown(".. tip::\n\n   Look.\n", {}) == "> **Tip:** \n> Look.\n\n"


def test_titles_are_found_behind_their_labels(tmp_path: Path):
    (tmp_path / "page.py").write_text('"""\n.. _one-call:\n\nOne call\n========\n\nText.\n"""\n')
    assert titles_of(tmp_path) == {"one-call": "One call"}


def test_titles_are_found_behind_labels_inside_a_page(tmp_path: Path):
    block = "# %%\n# .. _one-call-mistake:\n#\n# The mistake\n# -----------\n# Text.\n"
    (tmp_path / "page.py").write_text(block)
    assert titles_of(tmp_path) == {"one-call-mistake": "The mistake"}
