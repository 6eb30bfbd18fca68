"""Blocks of code on the pages around the gallery run, and a false one fails the build."""

import re
from pathlib import Path

import pytest
from cheatsheet import parameters, state_rows, tensors
from sphinx.testing.util import SphinxTestApp

REPOSITORY = Path(__file__).parents[2]
CONF = 'extensions = ["myst_parser", "run"]\n'
GOOD = """\
# Page

```{run} shared
:hidden:
x = torch.rand(7, 4, 3)
```
```{run} shared
print(tuple(x.shape))
```
```{run}
assert "x" not in globals()
print(f"{torch.rand(1).item():.4f}")
```
```{run}
print(f"{torch.rand(1).item():.4f}")
```
"""


@pytest.fixture
def build(tmp_path: Path):
    def with_page(text: str) -> tuple[str, str]:
        (tmp_path / "conf.py").write_text(CONF)
        (tmp_path / "index.md").write_text(text)
        app = SphinxTestApp(srcdir=tmp_path)
        app.build()
        page = (app.outdir / "index.html").read_text()
        app.cleanup()
        return page, app.warning.getvalue()

    return with_page


def test_a_block_shows_its_code_and_output_and_hidden_ones_do_not_show(build):
    page, warnings = build(GOOD)
    assert warnings == ""
    assert "(7, 4, 3)" in page
    assert "rand(7" not in page.replace("<span", "").replace("</span>", "")
    assert page.count("0.4963") == 2, "each block starts from the same seed"


@pytest.mark.parametrize(
    ("code", "telling"),
    [
        ("assert 1 == 2", "AssertionError: , at: assert 1 == 2"),
        ("x = 1\nprint(y)", "name 'y' is not defined, at: print(y)"),
        ("import warnings\nwarnings.warn('old')", "UserWarning: old, at: warnings.warn('old')"),
        ("x = (", "SyntaxError"),
    ],
)
def test_a_block_that_raises_or_warns_is_named(build, code: str, telling: str):
    _, warnings = build(f"# Page\n\n```{{run}}\n{code}\n```\n")
    assert telling in warnings
    assert "index.md:3" in warnings


def test_the_tables_of_the_cheat_sheet_hold_what_the_library_knows():
    assert (
        "`output`",
        "(L, N, D * H_out)",
        "(N, L, D * H_out)",
        "(L, D * H_out)",
        "(7, 4, 10)",
    ) in (tensors())
    assert state_rows()[-1] == ("`h_n[3]`", "1", "reverse", "step 0, second half")
    assert parameters()[-1][-1] == "1080 entries"


def test_each_old_advice_and_each_claim_has_an_anchor_and_a_run_with_an_assertion():
    text = (REPOSITORY / "docs" / "old-tutorials.md").read_text(encoding="utf-8")
    anchored = re.findall(r"^\([\w-]+\)=\n### ", text, re.MULTILINE)
    claims = re.split(r"^### ", text, flags=re.MULTILINE)[1:]
    assert len(anchored) == len(claims) >= 25
    for claim in claims:
        runs = re.findall(r"^```\{run\}.*?\n(.*?)^```$", claim, re.MULTILINE | re.DOTALL)
        assert runs, claim
        assert re.search(r"^\s*(assert |torch\.testing\.assert_close)", runs[0], re.MULTILINE), (
            claim
        )
