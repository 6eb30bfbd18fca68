"""Check an answer by the name of its exercise."""

from __future__ import annotations

from lstm_guide import errors
from lstm_guide.exercises import loops, shapes, states, training, weights
from lstm_guide.exercises.grading import Answer, Verdict, grade

__all__ = ["check"]

FAMILIES = (shapes, states, weights, loops, training)
EXERCISES = {name: one for family in FAMILIES for name, one in family.EXERCISES.items()}


def check(name: str, answer: Answer) -> Verdict:
    """Try an answer on random configurations, and print what is found.

    An answer that equals a known mistake in every configuration is told which one. The random
    state of torch stays as it was, and an exception from the answer passes through. An answer may
    change its arguments: each try makes its own.

    Args:
        name: the exercise, as its page writes it.
        answer: a function with the arguments that the page of the exercise lists.

    Returns:
        The verdict, with ``ok`` and ``message``.

    Raises:
        TypeError: answer is not a function.
        ValueError: there is no exercise of this name.

    Example:
        >>> def answer(K, N, L, H_in, H):
        ...     return (N, L, H), (N, K, H), (N, K, H)
        >>> verdict = check("three-shapes", answer)
        three-shapes: not yet. batch_first changes the input and the output only. ...
        >>> verdict.ok
        False
    """
    errors.check_exercise(name, tuple(EXERCISES))
    errors.check_answer(answer)
    complaint = grade(EXERCISES[name], answer)
    result = (
        "right on every random configuration." if complaint is None else f"not yet. {complaint}"
    )
    verdict = Verdict(ok=complaint is None, message=f"{name}: {result}")
    print(verdict.message)
    return verdict
