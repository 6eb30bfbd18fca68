"""Write formulas as MathML at build time: no script in the page, no other host.

`math-core` turns TeX into MathML. A formula that it does not know fails the build and is named with
its page. The mathematics font is STIX Two Math, cut down to the characters that the site uses.
"""

import re
from functools import cache
from importlib.metadata import distribution
from pathlib import Path

from docutils import nodes
from fontTools import subset
from math_core import LatexError, LatexToMathML
from sphinx.application import Sphinx
from sphinx.util import logging
from sphinx.writers.html5 import HTML5Translator

logger = logging.getLogger(__name__)
FONT = Path(distribution("ziamath").locate_file("ziamath/fonts/STIXTwoMath-Regular.ttf"))
ITALIC = {ord(letter): 0x1D434 + i for i, letter in enumerate("ABCDEFGHIJKLMNOPQRSTUVWXYZ")}
ITALIC |= {ord(letter): 0x1D44E + i for i, letter in enumerate("abcdefghijklmnopqrstuvwxyz")}
ITALIC |= {ord("h"): 0x210E} | {code: 0x1D6FC + code - 0x3B1 for code in range(0x3B1, 0x3CA)}


@cache
def converter() -> LatexToMathML:
    """Return the one converter."""
    return LatexToMathML(annotation=True, fancy_error=False)


def to_mathml(tex: str, *, block: bool) -> str:
    """Turn TeX into MathML, with ⊙ kept at the size of other signs."""
    mathml = converter().convert_with_local_state(tex, displaystyle=block)
    return mathml.replace("<mo>⊙</mo>", '<mo largeop="false">⊙</mo>')


def write(visitor: HTML5Translator, node: nodes.math | nodes.math_block, *, block: bool) -> str:
    """Convert the formula of a node, or fail and name its page."""
    try:
        return to_mathml(node.astext(), block=block)
    except LatexError as error:
        logger.warning("formula %r: %s", node.astext(), error, location=node, type="mathml")
        return f"<code>{node.astext()}</code>"


def visit_inline(visitor: HTML5Translator, node: nodes.math) -> None:
    """Write a formula in a line of text."""
    visitor.body.append(write(visitor, node, block=False))
    raise nodes.SkipNode


def visit_block(visitor: HTML5Translator, node: nodes.math_block) -> None:
    """Write a formula on lines of its own."""
    tag = visitor.starttag(node, "div", CLASS="math-block")
    visitor.body.append(tag.strip() + write(visitor, node, block=True) + "</div>\n")
    raise nodes.SkipNode


def write_font(app: Sphinx, exception: Exception | None) -> None:
    """Cut the font down to the characters in the formulas of the built pages."""
    if exception or app.builder.format != "html":
        return
    formulas = "".join(
        "".join(re.findall(r"<math.*?</math>", page.read_text(encoding="utf-8"), flags=re.S))
        for page in Path(app.outdir).rglob("*.html")
    )
    codes = {ord(letter) for letter in formulas}
    options = subset.Options(flavor="woff2", layout_features=["*"], notdef_outline=True)
    font = subset.load_font(str(FONT), options)
    font["head"].modified = font["head"].created  # two builds give the same bytes
    font.recalcTimestamp = False
    cutter = subset.Subsetter(options)
    cutter.populate(unicodes=codes | {ITALIC[code] for code in codes & ITALIC.keys()})
    cutter.subset(font)
    subset.save_font(font, str(Path(app.outdir, "_static", "math.woff2")), options)
    font.close()


def setup(app: Sphinx) -> dict[str, bool]:
    """Register the renderer and the font."""
    app.add_html_math_renderer("mathml", (visit_inline, None), (visit_block, None))
    app.config.html_math_renderer = "mathml"
    app.connect("build-finished", write_font)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
