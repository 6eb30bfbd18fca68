"""Run each script of the gallery in a fresh state, and take its figures as SVG.

sphinx-gallery runs all scripts in one process. Without a reset the seed, the default dtype or the
print options that one script sets would change the numbers on the next page.
"""

import random
import warnings
from typing import Any

import matplotlib as mpl
import matplotlib.pyplot as plt
import numpy as np
import torch
from sphinx_gallery.scrapers import matplotlib_scraper

FILTERS = list(warnings.filters)
# A fixed salt for the ids in an SVG file: two builds give the same bytes.
SVG = {"svg.hashsalt": "lstm-guide", "svg.fonttype": "path"}
SAVE: dict[str, Any] = {"format": "svg", "bbox_inches": "tight", "metadata": {"Date": None}}


def restore(gallery_conf: dict[str, Any], fname: str | None, when: str) -> None:
    """Put torch, matplotlib, random states and warnings back to where a script starts.

    A warning inside a script is an error, also one that torch gives only once per process:
    otherwise it would depend on the order of the pages.
    """
    torch.set_default_dtype(torch.float32)
    torch.set_default_device(None)
    torch.set_grad_enabled(True)
    torch.set_num_threads(1)
    torch.set_printoptions(profile="default")
    torch.set_warn_always(True)
    if torch.are_deterministic_algorithms_enabled():  # the setter takes seconds to import
        torch.use_deterministic_algorithms(False)
    torch.autograd.set_detect_anomaly(False)
    torch.manual_seed(0)
    random.seed(0)
    np.random.seed(0)
    plt.close("all")
    mpl.rcdefaults()
    mpl.rcParams.update(SVG)
    warnings.filters[:] = FILTERS
    if when == "before" and fname is not None:
        warnings.simplefilter("error")


def svg_scraper(block: tuple, block_vars: dict[str, Any], gallery_conf: dict[str, Any]) -> str:
    """Save the figures of a block as SVG, which stays sharp and is a tenth of the size of PNG."""
    return matplotlib_scraper(block, block_vars, gallery_conf, **SAVE)
