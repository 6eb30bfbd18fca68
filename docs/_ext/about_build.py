"""Offer the facts about this build to the pages: versions, platform, commit; no durations."""

import platform
import subprocess
from importlib.metadata import version

import torch
from sphinx.application import Sphinx
from sphinx.config import Config


def commit() -> str:
    """Return the commit and its date, or say that there is none."""
    command = ["git", "log", "-1", "--format=%h of %cs"]
    try:
        return subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()
    except (OSError, subprocess.CalledProcessError):
        return "unknown (built outside a git checkout)"


def offer(app: Sphinx, config: Config) -> None:
    """Fill in the substitutions."""
    config.myst_substitutions |= {
        "guide_version": version("lstm-guide"),
        "torch_version": torch.__version__,
        "matplotlib_version": version("matplotlib"),
        "python_version": platform.python_version(),
        "system": f"{platform.system()} on {platform.machine()}",
        "cpu_capability": torch.backends.cpu.get_cpu_capability(),
        "threads": str(torch.get_num_threads()),
        "commit": commit(),
    }


def setup(app: Sphinx) -> dict[str, bool]:
    """Offer the facts before the pages are read."""
    app.connect("config-inited", offer)
    return {"parallel_read_safe": True}
