"""Draw the picture of the landing page with the library, from the tensors of a real call."""

from pathlib import Path

import matplotlib.pyplot as plt
import torch
from isolation import SAVE, restore
from sphinx.application import Sphinx
from torch import nn

from lstm_guide import plotting


def draw(app: Sphinx) -> None:
    """Draw one call of two stacked layers: enough to tell the three results apart."""
    restore({}, "landing", "before")
    lstm = nn.LSTM(input_size=3, hidden_size=5, num_layers=2, batch_first=True)
    axes = plotting.call(lstm, torch.rand(4, 7, 3))
    axes.figure.savefig(Path(app.srcdir, "_build", "landing.svg"), **SAVE)
    plt.close(axes.figure)
    restore({}, "landing", "after")


def setup(app: Sphinx) -> dict[str, bool]:
    """Draw before the pages are read."""
    app.connect("builder-inited", draw)
    return {"parallel_read_safe": True}
