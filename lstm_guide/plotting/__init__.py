"""Drawings of calls and tensors, each made from the real tensors it is given.

Every function returns the matplotlib ``Axes`` it drew on, and makes a new figure unless ``ax`` is
given. Figures are transparent and read well on a light and on a dark page. What a reader gives is
grey, what a call returns is coloured, and each axis has the colour it has everywhere in the guide.
"""

from lstm_guide.plotting.calls import call
from lstm_guide.plotting.charts import bars, steps
from lstm_guide.plotting.gates import gates, parameter_blocks, reach
from lstm_guide.plotting.grids import cells, influence
from lstm_guide.plotting.look import style
from lstm_guide.plotting.outcomes import outcomes
from lstm_guide.plotting.packed import packing
from lstm_guide.plotting.states import state_rows
from lstm_guide.plotting.usage import pattern

__all__ = [
    "bars",
    "call",
    "cells",
    "gates",
    "influence",
    "outcomes",
    "packing",
    "parameter_blocks",
    "pattern",
    "reach",
    "state_rows",
    "steps",
    "style",
]
