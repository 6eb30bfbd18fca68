"""A finished page becomes Markdown that keeps its text, code, outputs, figures and formulas."""

from types import SimpleNamespace

import pytest
import torch
from markdown_pages import linked, purpose, tensor_table, to_markdown
from tensors import note, text_of
from torch.nn.utils.rnn import pack_sequence

PAGES = {"a/one", "a/two", "three"}


@pytest.mark.parametrize(
    ("html", "markdown"),
    [
        ('<h1>T<a class="headerlink" href="#t">#</a></h1>', "# T\n"),
        ('<img src="x.svg" alt="Two rows of h_n">', "[Figure: Two rows of h_n]\n"),
        ('<a href="two.html#b" title="x">t</a>', "[t](two.md)\n"),
        ('<a href="../three.html">t</a>', "[t](../three.md)\n"),
        ('<a href="https://x.org/a.html">t</a>', "[t](https://x.org/a.html)\n"),
        (
            '<math display="block"><annotation>c_t = f_t</annotation></math>',
            "$$c_t = f_t$$\n",
        ),
        (
            '<div class="highlight-Python"><div class="highlight"><pre>x = 1\n</pre></div></div>',
            "```python\nx = 1\n```\n",
        ),
        (
            '<div class="sphx-glr-script-out highlight-none"><pre>7\n</pre></div>',
            "Output:\n\n```text\n7\n```\n",
        ),
        ("<details><summary>Answer</summary><p>Four.</p></details>", "Answer:\n\nFour.\n"),
        ('<div class="sphx-glr-footer">Download</div><p>weight_ih_l0</p>', "weight_ih_l0\n"),
    ],
)
def test_parts_of_a_page(html: str, markdown: str):
    assert to_markdown(f"<article>{html}</article>", "a/one", PAGES) == markdown


def test_a_page_without_a_twin_keeps_its_link():
    from pathlib import PurePosixPath

    assert linked("../search.html", PurePosixPath("a/one"), PAGES) == "../search.html"


def test_the_purpose_is_the_first_paragraph_without_links():
    assert purpose("# T\n\nYou [call](a.md) it\nonce.\n\nMore.\n") == "You call it once."


def test_tensors_are_noted_after_each_block_with_every_shape(tmp_path):
    script = tmp_path / "10_page.py"
    main = SimpleNamespace(x=torch.zeros(4, 7, 3), n=3)
    note((), {"target_file": str(script), "fake_main": main}, {})
    main.x, main.h_n = torch.zeros(7, 4, 3), torch.zeros(1, 4, 5, dtype=torch.float64)
    note((), {"target_file": str(script), "fake_main": main}, {})
    table = tensor_table(script.with_suffix(".tensors.json"))
    assert "| `x` | (4, 7, 3) float32; (7, 4, 3) float32 |" in table
    assert "| `h_n` | (1, 4, 5) float64 |" in table
    assert "`n`" not in table
    note((), {"target_file": str(script), "fake_main": SimpleNamespace()}, {})
    assert tensor_table(script.with_suffix(".tensors.json")) == "", "a new run begins anew"


def test_a_packed_sequence_is_a_tensor_too():
    assert text_of(pack_sequence([torch.zeros(3, 2)])) == "packed, data (3, 2) float32"
