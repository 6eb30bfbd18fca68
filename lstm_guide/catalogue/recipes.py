"""Run a recipe and catch what torch says."""

from __future__ import annotations

import re
import subprocess
import sys
import warnings
from dataclasses import dataclass

import torch

from lstm_guide import errors


@dataclass(frozen=True)
class Said:
    """What torch said.

    Attributes:
        kind: the type of the exception or of the warning, by name.
        text: its text, without paths of this machine.

    Example:
        >>> from lstm_guide import catalogue
        >>> catalogue.reproduce("from torch import nn; nn.LSTM(5, hidden_size=0)")
        Said(kind='ValueError', text='hidden_size must be greater than zero')
    """

    kind: str
    text: str


def reproduce(recipe: str, *, process: bool = False) -> Said:
    """Run a recipe and return the exception or warning that ends it.

    Seed, mode of gradients and filters of warnings are as before afterwards.

    Args:
        recipe: self-contained code, such as a recipe of :class:`Message`.
        process: whether to run it in a process of its own, because torch may end it.

    Returns:
        The name of the type, and the text, without paths of this machine and without remarks on
        where in torch's own source a warning was triggered.

    Raises:
        TypeError: the recipe is no text.
        ValueError: the recipe raises nothing.

    Example:
        >>> from lstm_guide import catalogue
        >>> print(catalogue.reproduce("from torch import nn; nn.LSTM(0, 5)").text)
        input_size must be greater than zero
    """
    recipe = errors.check_message(recipe, "recipe")
    said = _run_apart(recipe) if process else _run(recipe)
    return errors.check_said(said)


def clean(text: str) -> str:
    """Cut paths of this machine, colours, and where in its own source torch triggered a warning."""
    text = re.sub(r"\x1b\[[\d;]*m", "", text)
    text = re.sub(r"\s*\(Triggered internally at [^)]*\)", "", text)
    return re.sub(r"(?<![\w:/.])/[^\s'\"`,]*/(?=torch/)", "…/", text).strip()


def _run(recipe: str) -> Said | None:
    always = torch.is_warn_always_enabled()
    torch.set_warn_always(True)  # some warnings come once per process
    try:
        with warnings.catch_warnings(), torch.random.fork_rng(devices=[]), torch.enable_grad():
            warnings.simplefilter("error")
            torch.manual_seed(0)
            exec(compile(recipe, "<recipe>", "exec"), {"__name__": "recipe"})
    except Exception as error:
        return Said(type(error).__name__, clean(str(error)))
    finally:
        torch.set_warn_always(always)
    return None


def _run_apart(recipe: str) -> Said | None:
    code = (
        "from lstm_guide.catalogue.recipes import _run\n"
        f"said = _run({recipe!r})\n"
        "print(said and f'{said.kind}\\n{said.text}')"
    )
    ended = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    if ended.returncode:
        return Said("crash", f"the process ended with code {ended.returncode}")
    kind, _, text = ended.stdout.strip().partition("\n")
    return None if kind == "None" else Said(kind, text)
