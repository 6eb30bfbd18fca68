"""Seeded tasks that are made as you ask for them, so that there is always unseen data.

Every function draws from ``generator`` and leaves the random numbers of its caller alone. Give one
generator to all calls of a script, and each call draws anew. Without one, every call returns the
same.
"""

from __future__ import annotations

import datetime

import torch
from torch import Tensor

from lstm_guide import errors

__all__ = [
    "adding_problem",
    "balanced_brackets",
    "bracket_depth",
    "iso_dates",
    "noisy_cycles",
    "parity",
    "reversal",
    "spell",
    "spelled_numbers",
]

_NEUTRAL = 0.3  # share of the symbols that are no bracket
_CYCLE = (8, 24)  # the shortest and the longest cycle, in steps
_DAYS = (datetime.date(1900, 1, 1), datetime.date(2099, 12, 31))  # the first and the last date
_LIMIT = 1_000_000
# fmt: off
_UNITS = [
    "zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten",
    "eleven", "twelve", "thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen",
    "nineteen",
]
_MONTHS = [
    "January", "February", "March", "April", "May", "June", "July", "August", "September",
    "October", "November", "December",
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


def balanced_brackets(
    *, N: int, L: int, generator: torch.Generator | None = None
) -> tuple[Tensor, Tensor]:
    """Draw strings of brackets, and say of each whether every bracket finds its partner.

    About half of the strings are balanced. Each begins with an opening bracket, ends with a
    closing one and has as many of both, so neither its ends nor a count give the answer away.

    Args:
        N: the number of sequences.
        L: the number of steps, even, at least 6.
        generator: draws the brackets; None for the same ones each time.

    Returns:
        The ids, (N, L), int64, 0 for ``(`` and 1 for ``)``; and the answers, (N,), bool.

    Raises:
        TypeError: a size is not an int, or generator is not a generator.
        ValueError: a size is too small, or L is odd.

    Example:
        >>> ids, balanced = balanced_brackets(N=4, L=10)
        >>> ["".join("()"[i] for i in row) for row in ids[:2]], balanced.tolist()
        (['((()(())))', '()()))((()'], [True, False, True, True])
    """
    draw = _start(generator, N=(N, 1), L=(L, 6))
    errors.check_even("L", L)
    balanced = torch.rand(N, generator=draw) < 0.5  # (N,)
    ids = torch.arange(2).repeat_interleave(L // 2).repeat(N, 1)  # (N, L): all open, then all close
    wrong = torch.arange(N)  # the rows that are still to be drawn
    while len(wrong):
        order = torch.rand(len(wrong), L - 2, generator=draw).argsort(dim=1)
        ids[wrong, 1:-1] = order % 2  # one half is even, the other odd
        depth = (1 - 2 * ids[wrong]).cumsum(dim=1)  # (len(wrong), L)
        wrong = wrong[(depth >= 0).all(dim=1) != balanced[wrong]]
    return ids, balanced


def reversal(
    *, N: int, L: int, symbols: int, generator: torch.Generator | None = None
) -> tuple[Tensor, Tensor]:
    """Draw strings of symbols: the target is the string from its end to its start.

    Args:
        N: the number of sequences.
        L: the number of steps.
        symbols: how many different ones there are, at least 2.
        generator: draws the symbols; None for the same ones each time.

    Returns:
        The ids, (N, L), int64, from 0 to symbols - 1; and the same ids in reverse order, (N, L).

    Raises:
        TypeError: a size is not an int, or generator is not a generator.
        ValueError: a size is too small.

    Example:
        >>> source, target = reversal(N=4, L=7, symbols=10)
        >>> source[0].tolist(), target[0].tolist()
        ([4, 9, 3, 0, 3, 9, 7], [7, 9, 3, 0, 3, 9, 4])
    """
    draw = _start(generator, N=(N, 1), L=(L, 1), symbols=(symbols, 2))
    source = torch.randint(symbols, (N, L), generator=draw)  # (N, L)
    return source, source.flip(1)


def iso_dates(*, N: int, generator: torch.Generator | None = None) -> tuple[list[str], list[str]]:
    """Draw dates as people write them, and the same dates as ISO 8601 has them.

    The dates go from 1900 to 2099. Each is written in one of three ways: ``7 March 2031``,
    ``March 7, 2031`` or ``7 Mar 2031``.

    Args:
        N: how many dates.
        generator: draws the dates; None for the same ones each time.

    Returns:
        N texts of 10 to 18 characters, and N texts of 10 characters, year, month and day.

    Raises:
        TypeError: N is not an int, or generator is not a generator.
        ValueError: N is too small.

    Example:
        >>> texts, dates = iso_dates(N=4)
        >>> texts[:2], dates[:2]
        (['February 13, 2075', '7 March 2043'], ['2075-02-13', '2043-03-07'])
    """
    draw = _start(generator, N=(N, 1))
    first, last = (day.toordinal() for day in _DAYS)
    days = torch.randint(first, last + 1, (N,), generator=draw).tolist()  # N numbers
    ways = torch.randint(3, (N,), generator=draw).tolist()  # N numbers
    dates = [datetime.date.fromordinal(day) for day in days]
    texts = [_written(date, way) for date, way in zip(dates, ways, strict=True)]
    return texts, [date.isoformat() for date in dates]


def _written(date: datetime.date, way: int) -> str:
    """Write a date in one of three ways, in English wherever the program runs."""
    month = _MONTHS[date.month - 1]
    ways = (
        f"{date.day} {month} {date.year}",
        f"{month} {date.day}, {date.year}",
        f"{date.day} {month[:3]} {date.year}",
    )
    return ways[way]


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
