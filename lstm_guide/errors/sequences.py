"""Checks of lengths, masks and what is averaged under them."""

from __future__ import annotations

from typing import cast

import torch
from torch import Tensor
from torch.nn.utils.rnn import PackedSequence

from lstm_guide.errors.inputs import check_dense, check_tensor
from lstm_guide.errors.words import ShapeError, brief, kind, say


def check_lengths(lengths: object, *, N: int | None = None, L: int | None = None) -> Tensor:
    """Require a length of at least 1 for each sequence and return int64 lengths (N,) on the CPU.

    N and L are compared where they are known. torch takes fewer lengths than sequences, lengths
    beyond L, and numbers with fractions, which it cuts.
    """
    numbers = "whole numbers" if N is None else f"N = {N} whole numbers"
    expected = f"{numbers} of at least 1" if L is None else f"{numbers} from 1 to L = {L}"
    found = _whole_numbers(lengths, expected)
    if len(found) != N if N is not None else not found:
        change = "Give one length for each sequence of the batch."
        if len(found) == L:
            change = f"{L} is the length of x: set batch_first as x is laid out."
        got = f"{len(found)} of them"
        raise ShapeError(say("lengths", expected=expected, got=got, change=change))
    for n, length in enumerate(found):
        if length < 1:
            change = "Drop empty sequences, and their targets, before making the batch."
        elif L is not None and length > L:
            change = "If x was cut to this L, cut the lengths as well."
        else:
            continue
        got = f"{length} for sequence {n}"
        raise ShapeError(say("lengths", expected=expected, got=got, change=change))
    return torch.tensor(found)  # (N,)


def _whole_numbers(lengths: object, expected: str) -> list[int]:
    """The lengths as a list, from a list, a tuple or a 1-D tensor on the CPU."""
    if isinstance(lengths, tuple | list) and not isinstance(lengths, PackedSequence):
        odd = [length for length in lengths if type(length) is not int]
        if not odd:
            return [*lengths]
        got = f"{kind(odd[0])} among them"
        change = "Give each sequence its own int: [len(sequence) for sequence in sequences]."
        raise TypeError(say("lengths", expected=expected, got=got, change=change))
    if not isinstance(lengths, Tensor):
        change = "Make them with torch.tensor([len(sequence) for sequence in sequences])."
        raise TypeError(say("lengths", expected=expected, got=kind(lengths), change=change))
    check_dense("lengths", lengths)
    if lengths.is_floating_point() or lengths.is_complex() or lengths.dtype == torch.bool:
        change = "Convert them: lengths.long(), which cuts off fractions."
        raise TypeError(say("lengths", expected=expected, got=lengths.dtype, change=change))
    if lengths.device.type != "cpu":
        change = "Lengths stay on the CPU, wherever x is: lengths.cpu()."
        got = f"device {lengths.device}"
        raise ValueError(say("lengths", expected=expected, got=got, change=change))
    if lengths.dim() != 1:
        change = "Give one length for each sequence, on one axis: lengths.flatten()."
        got = f"shape {tuple(lengths.shape)}"
        raise ShapeError(say("lengths", expected=expected, got=got, change=change))
    return cast("list[int]", lengths.tolist())


def check_padded(x: object) -> Tensor:
    """Require a tensor with a batch axis, and return it."""
    if not isinstance(x, Tensor):
        packed = isinstance(x, PackedSequence)
        change = "It is packed already: call lstm(x)." if packed else "Pass the tensor."
        raise TypeError(say("x", expected="a padded tensor", got=kind(x), change=change))
    if x.dim() != 3:
        got = f"{tuple(x.shape)}, one unbatched sequence"
        change = "It has no padding: call lstm(x), or give it a batch axis of size 1."
        raise ShapeError(say("x", expected="a batch of sequences", got=got, change=change))
    return x


def check_output(output: object, letters: str, width: int) -> Tensor:
    """Require a padded output of the right width, and return it."""
    expected = f"{letters} with D * H_out = {width}"
    if not isinstance(output, Tensor):
        change = (
            "Unpack it first: output, lengths = unpack(lstm, output, total_length=L)."
            if isinstance(output, PackedSequence)
            else "nn.LSTM returns a pair: output, (h_n, c_n) = lstm(x)."
        )
        raise TypeError(say("output", expected=expected, got=kind(output), change=change))
    check_dense("output", output)
    sizes = tuple(output.shape)
    if len(sizes) != 3 or sizes[-1] != width or 0 in sizes:
        change = "Pass output as the layer returned it, with its batch axis."
        raise ShapeError(say("output", expected=expected, got=sizes, change=change))
    return output


def check_values(name: str, values: object) -> Tensor:
    """Require a dense tensor of real numbers with fractions, and return it."""
    values = check_tensor(name, values, change="Pass the padded tensor.")
    check_dense(name, values)
    if not values.is_floating_point():
        change = f"Convert it: {name}.float()."
        expected = "a floating-point dtype"
        raise TypeError(say(name, expected=expected, got=values.dtype, change=change))
    if not values.numel() or not values.dim():
        change = "Look for an empty slice or filter, or a mean that was taken before the call."
        expected, got = "axes, each of size at least 1", tuple(values.shape)
        raise ShapeError(say(name, expected=expected, got=got, change=change))
    return values


def check_steps(losses: object) -> None:
    """Require one loss for each step of each sequence."""
    got = tuple(check_values("losses", losses).shape)
    if len(got) != 2:
        change = "Use reduction='none', and average a feature axis first: losses.mean(-1)."
        raise ShapeError(say("losses", expected="(N, L) or (L, N)", got=got, change=change))


def check_dim(name: str, dim: object, *, rank: int) -> None:
    """Require the number of an axis of the tensor called name."""
    expected = f"an axis of {name} from {-rank} to {rank - 1}"
    if not isinstance(dim, int) or isinstance(dim, bool):
        change = "Give the number of the axis to reduce."
        raise TypeError(say("dim", expected=expected, got=kind(dim), change=change))
    if not -rank <= dim < rank:
        change = "Give the number of the time axis."
        raise ValueError(say("dim", expected=expected, got=dim, change=change))


def check_mask(mask: object, name: str, values: Tensor, *, dim: int) -> Tensor:
    """Require a mask for the leading axes of values; return it in the shape of values.

    An axis of size 1 holds for every entry of values.
    """
    if not isinstance(mask, Tensor) or mask.dtype != torch.bool:
        got = mask.dtype if isinstance(mask, Tensor) else kind(mask)
        change = "Make it with length_mask(lengths), or mask.bool() from 0 and 1."
        raise TypeError(say("mask", expected="a bool tensor", got=got, change=change))
    check_dense("mask", mask)
    sizes, leading = tuple(values.shape), tuple(mask.shape)
    if not 0 < len(leading) <= len(sizes) or not _fits(leading, sizes):
        change = "Give length_mask(lengths, L=...) the padded length."
        if 2 == len(leading) <= len(sizes) and _fits(leading[::-1], sizes):
            change = f"{name} is in the other layout: mask.T."
        expected = f"the leading sizes of {name}, {sizes}, or 1"
        raise ShapeError(say("mask", expected=expected, got=leading, change=change))
    if mask.is_meta:
        change = "Make it from real lengths."
        raise ValueError(say("mask", expected="entries", got="device meta", change=change))
    trailing = (1,) * (len(sizes) - len(leading))
    full = mask.reshape(*leading, *trailing).expand(sizes)
    empty = ~full.any(dim)
    if empty.any():
        change = "Drop sequences without a valid step before the call: they have no mean."
        expected = f"a valid entry along dim = {dim} everywhere"
        got = f"none in {int(empty.sum())} of {empty.numel()} places"
        raise ValueError(say("mask", expected=expected, got=got, change=change))
    return full.to(values.device)


def _fits(got: tuple[int, ...], sizes: tuple[int, ...]) -> bool:
    return all(size in (1, want) for size, want in zip(got, sizes, strict=False))


def check_option(name: str, value: object, options: tuple[str, ...]) -> None:
    """Require one of the named options."""
    if not isinstance(value, str) or value not in options:
        expected = f"one of {', '.join(map(repr, options))}"
        change = "Choose the one that you mean; they give different numbers."
        raise ValueError(say(name, expected=expected, got=brief(value), change=change))


def check_generator(value: object) -> None:
    """Require a generator, or none."""
    if value is not None and not isinstance(value, torch.Generator):
        change = "Make one with torch.Generator().manual_seed(0), or leave it out."
        expected = "a torch.Generator or None"
        raise TypeError(say("generator", expected=expected, got=kind(value), change=change))
