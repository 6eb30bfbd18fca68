"""Ten small experiments that expose mistakes which raise nothing.

Each takes your own model, or a function that calls it, and a sample. It leaves the model as it was:
weights, buffers, gradients, training mode, a state kept inside, and the random state of torch. What
it found is a :class:`Finding`: ``ok``, a number, and a sentence that says where to look.
"""

from lstm_guide.probes.calls import call_twice, loop_equals_bulk
from lstm_guide.probes.everything import run_all
from lstm_guide.probes.gradients import gradient_reach
from lstm_guide.probes.ideals import equations, perfect_logits
from lstm_guide.probes.padding import padding_invariance
from lstm_guide.probes.result import Finding, Findings
from lstm_guide.probes.rows import batch_leak, row_permutation
from lstm_guide.probes.steps import causality, memory

__all__ = [
    "Finding",
    "Findings",
    "batch_leak",
    "call_twice",
    "causality",
    "equations",
    "gradient_reach",
    "loop_equals_bulk",
    "memory",
    "padding_invariance",
    "perfect_logits",
    "row_permutation",
    "run_all",
]
