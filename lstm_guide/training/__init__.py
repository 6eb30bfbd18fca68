"""Training: a short fit loop, truncated backpropagation, baselines, gradients by distance.

The pages about training write their loops out; ``fit`` is for pages with another subject.
"""

from lstm_guide.training.distance import gradient_by_distance
from lstm_guide.training.forecasting import (
    Autoregression,
    Windows,
    autoregression,
    persistence,
    windows,
)
from lstm_guide.training.loops import fit, tbptt

__all__ = [
    "Autoregression",
    "Windows",
    "autoregression",
    "fit",
    "gradient_by_distance",
    "persistence",
    "tbptt",
    "windows",
]
