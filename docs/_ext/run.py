"""Run a block of code while its page is read, and show the code with what it prints.

    ```{run}
    x = torch.rand(7, 4, 3)
    print(tuple(x.shape))
    assert x.shape == (7, 4, 3)
    ```

Each block starts afresh, as a script of the gallery does, with torch and nn imported. Blocks that
are given the same name (`{run} packing`) go on with each other's variables. `:hidden:` runs a block
and shows nothing: for what others need, and for further checks. A block that raises anything fails
a strict build, which names the line.
"""

import contextlib
import io
import traceback
import warnings
from typing import Any

import torch
from docutils import nodes
from docutils.parsers.rst import directives
from isolation import restore
from sphinx.application import Sphinx
from sphinx.environment import BuildEnvironment
from sphinx.util import logging
from sphinx.util.docutils import SphinxDirective

logger = logging.getLogger(__name__)


def execute(code: str, namespace: dict[str, Any]) -> str:
    """Run code and return what it prints; a warning counts as an error."""
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed), warnings.catch_warnings():
        warnings.simplefilter("error")
        exec(compile(code, "<run>", "exec"), namespace)
    return printed.getvalue()


class Run(SphinxDirective):
    """A block of code that runs."""

    optional_arguments = 1
    has_content = True
    option_spec = {"hidden": directives.flag}  # noqa: RUF012

    def run(self) -> list[nodes.Node]:
        """Run the code, and show it with its output."""
        self.env.metadata[self.env.docname]["run"] = "in each build"
        code = "\n".join(self.content)
        known = self.env.temp_data.setdefault("run", {})
        name = self.arguments[0] if self.arguments else None
        if name is None or name not in known:
            restore({}, self.env.docname, "before")
            known[name] = {"torch": torch, "nn": torch.nn}
        try:
            printed = execute(code, known[name])
        except Exception as error:
            frames = traceback.extract_tb(error.__traceback__)
            line = [frame.lineno for frame in frames if frame.filename == "<run>"][-1:]
            shown = code.splitlines()[line[0] - 1].strip() if line else "the block"
            words = f"{type(error).__name__}: {error}"
            logger.warning("%s, at: %s", words, shown, location=self.get_location(), type="run")
            printed = words
        finally:
            restore({}, self.env.docname, "after")
        if "hidden" in self.options:
            return []
        blocks = [nodes.literal_block(code, code, language="python")]
        if printed:
            output = nodes.literal_block(printed, printed, language="none")
            output["classes"].append("sphx-glr-script-out")
            blocks.append(output)
        return blocks


def outdated(app: Sphinx, env: BuildEnvironment, *_: Any) -> list[str]:
    """Read pages that run code in each build: the library or torch may have changed."""
    return [name for name, data in env.metadata.items() if "run" in data]


def setup(app: Sphinx) -> dict[str, bool]:
    """Register the directive."""
    app.add_directive("run", Run)
    app.connect("env-get-outdated", outdated)
    return {"parallel_read_safe": True}
