"""Seeded tasks that are made as you ask for them, so that there is always unseen data.

Every function draws from ``generator`` and leaves the random numbers of its caller alone. Give one
generator to all calls of a script, and each call draws anew. Without one, every call returns the
same.
"""

from __future__ import annotations

import torch
from torch import Tensor

from lstm_guide import errors

__all__ = [
    "adding_problem",
    "bracket_depth",
    "noisy_cycles",
    "parity",
    "spell",
    "spelled_numbers",
]

_NEUTRAL = 0.3  # share of the symbols that are no bracket
_CYCLE = (8, 24)  # the shortest and the longest cycle, in steps
_LIMIT = 1_000_000
# fmt: off
_UNITS = [
    "zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten",
    "eleven", "twelve", "thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen",
    "nineteen",
]
_TENS = ["twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety"]
# fmt: on


def adding_problem(
    *, N: int, L: int, generator: torch.Generator | None = None
) -> tuple[Tensor, Tensor]:
    """Draw sequences of numbers, two of which are marked: the target is the sum of these two.

    Whoever answers 1 every time has a mean squared error of 1/6. Source: S. Hochreiter and J.
    Schmidhuber, "Long Short-Term Memory", 1997, section 5.4, here with numbers from 0 to 1 and
    the markers anywhere.

    Args:
        N: the number of sequences.
        L: the number of steps, at least 2.
        generator: draws the numbers; None for the same ones each time.

    Returns:
        x, (N, L, 2), float32, with a number from 0 to 1, and 1 where it is marked, else 0; and the
        targets, (N,), float32.

    Raises:
        TypeError: a size is not an int, or generator is not a generator.
        ValueError: a size is too small.

    Example:
        >>> x, target = adding_problem(N=4, L=7)
        >>> tuple(x.shape), tuple(target.shape), x[:, :, 1].sum(dim=1).tolist()
        ((4, 7, 2), (4,), [2.0, 2.0, 2.0, 2.0])
    """
    draw = _start(generator, N=(N, 1), L=(L, 2))
    numbers = torch.rand(N, L, generator=draw)  # (N, L)
    marked = torch.rand(N, L, generator=draw).argsort(dim=1)[:, :2]  # (N, 2)
    markers = torch.zeros(N, L).scatter(1, marked, 1.0)  # (N, L)
    return torch.stack([numbers, markers], dim=-1), (numbers * markers).sum(dim=1)


def parity(*, N: int, L: int, generator: torch.Generator | None = None) -> tuple[Tensor, Tensor]:
    """Draw bits, and say at each step whether the number of ones so far is odd.

    Args:
        N: the number of sequences.
        L: the number of steps.
        generator: draws the bits; None for the same ones each time.

    Returns:
        The bits, (N, L, 1), float32, and the tags, (N, L), int64, 1 for odd and 0 for even.

    Raises:
        TypeError: a size is not an int, or generator is not a generator.
        ValueError: a size is too small.

    Example:
        >>> bits, odd = parity(N=4, L=7)
        >>> tuple(bits.shape), tuple(odd.shape)
        ((4, 7, 1), (4, 7))
    """
    bits = torch.randint(2, (N, L), generator=_start(generator, N=(N, 1), L=(L, 1)))  # (N, L)
    return bits[:, :, None].float(), bits.cumsum(dim=1) % 2


def bracket_depth(
    *, N: int, L: int, deepest: int, generator: torch.Generator | None = None
) -> tuple[Tensor, Tensor]:
    """Draw brackets with other symbols between them, and count at each step how many are open.

    Args:
        N: the number of sequences.
        L: the number of steps.
        deepest: how many brackets may be open at once, at least 1.
        generator: draws the symbols; None for the same ones each time.

    Returns:
        The ids, (N, L), int64, 0 for ``(``, 1 for ``)``, 2 for another symbol; and the depths
        after each symbol, (N, L), int64, from 0 to deepest.

    Raises:
        TypeError: a size is not an int, or generator is not a generator.
        ValueError: a size is too small.

    Example:
        >>> ids, depth = bracket_depth(N=4, L=7, deepest=3)
        >>> "".join("()."[i] for i in ids[0]), depth[0].tolist()
        ('()..()(', [1, 0, 0, 0, 1, 0, 1])
    """
    draw = _start(generator, N=(N, 1), L=(L, 1), deepest=(deepest, 1))
    neutral = torch.rand(N, L, generator=draw) < _NEUTRAL  # (N, L)
    closing = torch.rand(N, L, generator=draw) < 0.5  # (N, L)
    depth, ids, depths = torch.zeros(N, dtype=torch.long), [], []
    for other, close in zip(neutral.T, closing.T, strict=True):
        close = (close | (depth == deepest)) & (depth > 0)  # (N,)
        symbol = torch.where(other, 2, close.long())  # (N,)
        depth = depth + (symbol == 0).long() - (symbol == 1).long()  # (N,)
        ids.append(symbol)
        depths.append(depth)
    return torch.stack(ids, dim=1), torch.stack(depths, dim=1)


def noisy_cycles(
    *, L: int, noise: float = 0.05, generator: torch.Generator | None = None
) -> Tensor:
    """Draw a series that rises in a line from 0 to 1 and drops, in cycles of changing length.

    Each cycle takes 8 to 24 steps. How fast the line rises tells when it will drop, which no
    weighted sum of past values can say.

    Args:
        L: the number of steps.
        noise: the standard deviation of what is added to each value.
        generator: draws the lengths and the noise; None for the same ones each time.

    Returns:
        (L,), float32.

    Raises:
        TypeError: L is not an int, noise not a number, or generator not a generator.
        ValueError: L or noise is too small.

    Example:
        >>> series = noisy_cycles(L=700, noise=0.0)
        >>> tuple(series.shape), series.min().item(), series.max().item()
        ((700,), 0.0, 1.0)
    """
    errors.check_noise(noise)
    draw = _start(generator, L=(L, 1))
    shortest, longest = _CYCLE
    lengths = torch.randint(shortest, longest + 1, (L // shortest + 1,), generator=draw)
    clean = torch.cat([torch.linspace(0, 1, int(length)) for length in lengths])[:L]  # (L,)
    return clean + noise * torch.randn(L, generator=draw)  # (L,)


def spell(number: int) -> str:
    """Spell a whole number out as in British English.

    Args:
        number: from 0 to 999,999.

    Returns:
        The words in small letters.

    Raises:
        TypeError: number is not an int.
        ValueError: number is out of range.

    Example:
        >>> spell(42), spell(3_007)
        ('forty-two', 'three thousand and seven')
    """
    change = "Millions are not spelled here."
    errors.check_range("number", number, at_least=0, at_most=_LIMIT - 1, change=change)
    if number < 20:
        return _UNITS[number]
    if number < 100:
        tens, rest = divmod(number, 10)
        return _TENS[tens - 2] + (f"-{_UNITS[rest]}" if rest else "")
    size, word = (1000, "thousand") if number >= 1000 else (100, "hundred")
    count, rest = divmod(number, size)
    joint = " and " if rest < 100 else " "
    return f"{spell(count)} {word}" + (joint + spell(rest) if rest else "")


def spelled_numbers(*, N: int, below: int, generator: torch.Generator | None = None) -> list[str]:
    """Draw different whole numbers and spell them out.

    Args:
        N: how many numbers.
        below: the numbers go from 0 to below - 1; at most 1,000,000.
        generator: draws the numbers; None for the same ones each time.

    Returns:
        N texts, no two alike, in random order.

    Raises:
        TypeError: N or below is not an int, or generator is not a generator.
        ValueError: below is out of range, or there are not N numbers below it.

    Example:
        >>> texts = spelled_numbers(N=7, below=30)
        >>> len(texts), texts[0]
        (7, 'fourteen')
    """
    draw = _start(generator, N=(N, 1))
    change = "Millions are not spelled here."
    errors.check_range("below", below, at_least=1, at_most=_LIMIT, change=change)
    change = f"There are no more than {below:,} numbers below it: raise below."
    errors.check_range("N", N, at_least=1, at_most=below, change=change)
    return [spell(number) for number in torch.randperm(below, generator=draw)[:N].tolist()]


def _start(generator: torch.Generator | None, **sizes: tuple[int, int]) -> torch.Generator:
    """Check each size against its least value, and return what the random numbers come from."""
    for name, (value, least) in sizes.items():
        errors.check_count(name, value, at_least=least)
    errors.check_generator(generator)
    return torch.Generator().manual_seed(0) if generator is None else generator
