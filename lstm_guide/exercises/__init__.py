"""Exercises with a checker: your answer is a function, tried on random configurations.

The right results come from torch itself. Known wrong answers are recognised, and the verdict names
the misunderstanding behind them.
"""

from lstm_guide.exercises.checker import check
from lstm_guide.exercises.grading import Verdict

__all__ = ["Verdict", "check"]
