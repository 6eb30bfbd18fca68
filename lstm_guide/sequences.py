"""Sequences of different length in one batch: masks, checked packing, and means without padding.

Padding stands after the valid steps. Lengths are whole numbers on the CPU, one a sequence.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

import torch
from torch import Tensor, nn
from torch.nn.utils.rnn import PackedSequence, pack_padded_sequence, pad_packed_sequence

from lstm_guide import errors
from lstm_guide.shapes import Config, call_shapes

__all__ = [
    "length_buckets",
    "length_mask",
    "masked_loss",
    "masked_mean",
    "masked_softmax",
    "pack",
    "take_last",
    "unpack",
]

_DIVISORS = ("steps", "sequences", "both")


def length_mask(lengths: Tensor | Sequence[int], *, L: int | None = None) -> Tensor:
    """Say which steps of a padded batch are valid.

    Args:
        lengths: the number of valid steps of each sequence, (N,), each at least 1.
        L: the padded length; None for the longest sequence.

    Returns:
        (N, L), bool, True on valid steps, on the CPU; for time first take its transpose, ``.T``.

    Raises:
        ShapeError: a length is below 1 or above L, or lengths has more than one axis.
        TypeError: lengths are not whole numbers.
        ValueError: lengths are on another device, or L is below 1.

    Example:
        >>> mask = length_mask([2, 5, 3], L=7)
        >>> tuple(mask.shape), mask.sum(dim=1).tolist()
        ((3, 7), [2, 5, 3])
    """
    if L is not None:
        errors.check_count("L", L, at_least=1)
    checked = errors.check_lengths(lengths, L=L)
    steps = torch.arange(int(checked.max()) if L is None else L)  # (L,)
    return steps < checked[:, None]  # (N, L)


def pack(
    lstm: nn.LSTM,
    x: Tensor,
    lengths: Tensor | Sequence[int],
    *,
    state: tuple[Tensor, Tensor] | None = None,
) -> PackedSequence:
    """Pack a padded batch, in any order of lengths, after the checks that torch leaves out.

    torch packs lengths beyond L and too few lengths, and does not check the state of a packed
    call, which can read and write foreign memory. Call ``lstm(packed, state)`` with the state that
    was checked here.

    Args:
        lstm: the module that will be called.
        x: the padded input, (L, N, H_in), or (N, L, H_in) with batch_first.
        lengths: the number of valid steps of each sequence, (N,), each from 1 to L.
        state: (h_0, c_0) of shapes (K * D, N, H_out) and (K * D, N, H_cell); None for zeros.

    Returns:
        The packed input, with ``sum(lengths)`` rows of H_in features.

    Raises:
        ShapeError: x, the lengths or the state do not fit each other or the module.
        TypeError: an argument has the wrong type or dtype.
        ValueError: the lengths are not on the CPU, or the others not on one device.

    Example:
        >>> lstm = nn.LSTM(3, 5, batch_first=True)
        >>> packed = pack(lstm, torch.randn(4, 7, 3), [2, 7, 1, 6])
        >>> tuple(packed.data.shape), packed.batch_sizes.tolist()
        ((16, 3), [4, 3, 2, 2, 2, 2, 1])
    """
    shapes = call_shapes(lstm, x, state=state)
    padded = errors.check_padded(x)
    checked = errors.check_lengths(lengths, N=shapes.N, L=shapes.L)
    return pack_padded_sequence(padded, checked, lstm.batch_first, enforce_sorted=False)


def unpack(lstm: nn.LSTM, packed: PackedSequence, *, total_length: int) -> tuple[Tensor, Tensor]:
    """Undo the packing: the original order and length, with zeros on the padding.

    Args:
        lstm: the module whose layout the result takes.
        packed: what the module returned for packed input, or what was made from its data.
        total_length: L, the size of the time axis before packing.

    Returns:
        The padded tensor, (L, N, ...), or (N, L, ...) with batch_first, and the lengths, (N,).

    Raises:
        ShapeError: the parts of packed do not fit each other.
        TypeError: packed is not a PackedSequence, or total_length not an int.
        ValueError: total_length is below the longest length.

    Example:
        >>> lstm = nn.LSTM(3, 5, batch_first=True)
        >>> output, _ = lstm(pack(lstm, torch.randn(4, 7, 3), [2, 6, 1, 5]))
        >>> output, lengths = unpack(lstm, output, total_length=7)
        >>> tuple(output.shape), lengths.tolist()
        ((4, 7, 5), [2, 6, 1, 5])
    """
    batch_first = errors.check_lstm(lstm).batch_first
    change = "Give what lstm(packed) returned first: output, (h_n, c_n) = lstm(packed)."
    packed = errors.check_packed("packed", packed, change=change)
    errors.check_count("total_length", total_length, at_least=len(packed.batch_sizes))
    padded, lengths = pad_packed_sequence(packed, batch_first, total_length=total_length)
    return padded, lengths  # (L, N, ...) or (N, L, ...), (N,)


def take_last(lstm: nn.LSTM, output: Tensor, lengths: Tensor | Sequence[int]) -> Tensor:
    """Take the output where each sequence has been read to its end.

    In one direction this is the last valid step, and the output of a padded call serves as well.
    The reverse direction ends at step 0. It must not have started in padding, so in two
    directions give the unpacked output of a packed call.

    Args:
        lstm: the module that returned the output.
        output: (L, N, D * H_out), or (N, L, D * H_out) with batch_first.
        lengths: the number of valid steps of each sequence, (N,), each from 1 to L.

    Returns:
        (N, D * H_out), the forward direction first; equal to ``final_state`` of a packed call.

    Raises:
        ShapeError: output or lengths do not fit each other or the module.
        TypeError: an argument has the wrong type, or lengths are not whole numbers.
        ValueError: the lengths are not on the CPU.

    Example:
        >>> lstm = nn.LSTM(3, 5)
        >>> output, _ = lstm(torch.randn(7, 4, 3))
        >>> tuple(take_last(lstm, output, [2, 7, 1, 6]).shape)
        (4, 5)
    """
    config = Config.of(errors.check_lstm(lstm))
    letters = "(N, L, D * H_out)" if config.batch_first else "(L, N, D * H_out)"
    padded = errors.check_output(output, letters, config.D * config.H_out)
    steps = padded.transpose(0, 1) if config.batch_first else padded  # (L, N, D * H_out)
    L, N, _ = steps.shape
    checked = errors.check_lengths(lengths, N=N, L=L)
    last = steps[checked - 1, torch.arange(N)]  # (N, D * H_out)
    if config.D == 1:
        return last
    forward, reverse = last[:, : config.H_out], steps[0, :, config.H_out :]
    return torch.cat((forward, reverse), dim=-1)  # (N, D * H_out)


def masked_mean(values: Tensor, mask: Tensor, *, dim: int) -> Tensor:
    """Average over the entries that the mask keeps, whatever stands in the others.

    Args:
        values: for example the output, (N, L, D * H_out); with time first (L, N, D * H_out).
        mask: bool, for the leading axes of values, (N, L) or with time first (L, N); an axis of
            size 1 holds for all entries of values.
        dim: the axis of values to average over, as a rule time.

    Returns:
        values without that axis, (N, D * H_out); no gradient reaches what the mask leaves out.

    Raises:
        ShapeError: the mask does not fit values.
        TypeError: values are not floating-point numbers, the mask is not bool, dim is not an int.
        ValueError: the mask keeps nothing somewhere along dim, or values has no such axis.

    Example:
        >>> output, mask = torch.randn(4, 7, 5), length_mask([2, 7, 1, 6])
        >>> tuple(masked_mean(output, mask, dim=1).shape)
        (4, 5)
    """
    kept = _read_mask("values", values, mask, dim)
    # Not a product with the mask: 0 * nan is nan.
    return torch.where(kept, values, 0).sum(dim) / kept.sum(dim)


def masked_softmax(scores: Tensor, mask: Tensor, *, dim: int) -> Tensor:
    """Turn scores into weights that add up to 1 over the entries that the mask keeps.

    Args:
        scores: one for each step, (N, L), or more axes.
        mask: bool, for the leading axes of scores; an axis of size 1 holds for all entries.
        dim: the axis over which the weights add up to 1, as a rule time.

    Returns:
        The weights, in the shape of scores, exactly 0 where the mask leaves out; no gradient
        reaches the scores there.

    Raises:
        ShapeError: the mask does not fit scores.
        TypeError: scores are not floating-point numbers, the mask is not bool, dim is not an int.
        ValueError: the mask keeps nothing somewhere along dim, or scores has no such axis.

    Example:
        >>> scores, mask = torch.randn(3, 6), length_mask([2, 6, 1])
        >>> weights = masked_softmax(scores, mask, dim=1)
        >>> tuple(weights.shape), weights.count_nonzero(dim=1).tolist()
        ((3, 6), [2, 6, 1])
    """
    kept = _read_mask("scores", scores, mask, dim)
    return torch.where(kept, scores, -torch.inf).softmax(dim)


def masked_loss(
    losses: Tensor,
    mask: Tensor,
    *,
    dim: int,
    divide_by: Literal["steps", "sequences", "both"],
) -> Tensor:
    """Reduce losses of single steps to one number; ``divide_by`` says which mean it is.

    Args:
        losses: the loss of each step, without reduction, (N, L) or with time first (L, N).
        mask: bool, in the shape of losses.
        dim: the time axis.
        divide_by: ``steps`` divides the sum by the number of valid steps, so that every step
            counts the same. ``sequences`` divides it by N: a long sequence counts more and the
            number grows with the length. ``both`` divides each sequence by its own steps and then
            by N, so that every sequence counts the same.

    Returns:
        One number, ().

    Raises:
        ShapeError: losses are not one for each step, or the mask has another shape.
        TypeError: losses are not floating-point numbers, the mask is not bool, dim is not an int.
        ValueError: a sequence has no valid step, or dim or divide_by is none of the choices.

    Example:
        >>> losses, mask = torch.ones(2, 5), length_mask([2, 5])
        >>> [masked_loss(losses, mask, dim=1, divide_by=n).item() for n in ("steps", "sequences")]
        [1.0, 3.5]
    """
    errors.check_option("divide_by", divide_by, _DIVISORS)
    errors.check_steps(losses)
    kept = _read_mask("losses", losses, mask, dim)
    totals = torch.where(kept, losses, 0).sum(dim)  # (N,)
    if divide_by == "steps":
        return totals.sum() / kept.sum()
    return (totals / kept.sum(dim) if divide_by == "both" else totals).mean()


def length_buckets(
    lengths: Tensor | Sequence[int], size: int, *, generator: torch.Generator | None = None
) -> list[list[int]]:
    """Put sequences of like length into one batch, so that little of it is padding.

    The result is a ``batch_sampler`` for ``torch.utils.data.DataLoader``.

    Args:
        lengths: the length of each sequence of the data set, (number of sequences,).
        size: N, the largest number of sequences of a batch.
        generator: draws the order of equal lengths and of the batches; call again for each epoch.
            None for batches from short to long.

    Returns:
        The numbers of the sequences, batch by batch; each sequence once.

    Raises:
        ShapeError: a length is below 1, or lengths has more than one axis.
        TypeError: lengths are not whole numbers, or size or generator is of the wrong type.
        ValueError: size is below 1, or the lengths are not on the CPU.

    Example:
        >>> length_buckets([9, 2, 8, 3, 1], size=2)
        [[4, 1], [3, 2], [0]]
    """
    checked = errors.check_lengths(lengths)
    errors.check_count("size", size, at_least=1)
    errors.check_generator(generator)
    order = torch.arange(len(checked))
    if generator is not None:
        order = torch.randperm(len(checked), generator=generator)
    order = order[checked[order].argsort(stable=True)]
    batches = [batch.tolist() for batch in torch.split(order, size)]
    if generator is None:
        return batches
    return [batches[i] for i in torch.randperm(len(batches), generator=generator)]


def _read_mask(name: str, values: Tensor, mask: Tensor, dim: int) -> Tensor:
    """Check the arguments and return the mask in the shape of values."""
    values = errors.check_values(name, values)
    errors.check_dim(name, dim, rank=values.dim())
    return errors.check_mask(mask, name, values, dim=dim)
