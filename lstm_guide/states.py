"""States (h, c): make them, take them apart, cut, hand over and reset them.

Every function returns new tensors or views and leaves the caller's tensors as they are.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn.utils.rnn import PackedSequence

from lstm_guide import errors
from lstm_guide.shapes import Config, call_shapes, state_shapes

__all__ = [
    "bridge",
    "detach_state",
    "final_state",
    "reset_rows",
    "split_state",
    "zero_state",
]


def zero_state(lstm: nn.LSTM, x: Tensor | PackedSequence) -> tuple[Tensor, Tensor]:
    """Make the state of zeros that ``lstm(x)`` starts from when it is given none.

    Args:
        lstm: the module.
        x: the input, (L, N, H_in), or (N, L, H_in) with batch_first, or unbatched (L, H_in), or
            packed.

    Returns:
        (h_0, c_0) of shapes (K * D, N, H_out) and (K * D, N, H_cell), without N for unbatched x,
        in the dtype and on the device of x.

    Raises:
        ShapeError: x has another rank or width than the module reads, or an axis of size 0.
        TypeError: lstm or x has the wrong type, or x another dtype than the weights.
        ValueError: x and the weights are on different devices.

    Example:
        >>> lstm = nn.LSTM(3, 6, num_layers=2, proj_size=5)
        >>> h_0, c_0 = zero_state(lstm, torch.randn(7, 4, 3))
        >>> tuple(h_0.shape), tuple(c_0.shape)
        ((2, 4, 5), (2, 4, 6))
    """
    shapes = call_shapes(lstm, x)
    data = x.data if isinstance(x, PackedSequence) else x
    data = errors.check_tensor("x", data, change="Sizes have no dtype and device: pass the tensor.")
    return data.new_zeros(shapes.h_0.sizes), data.new_zeros(shapes.c_0.sizes)


def split_state(lstm: nn.LSTM, state: tuple[Tensor, Tensor]) -> tuple[Tensor, Tensor]:
    """Give layers and directions an axis each.

    Args:
        lstm: the module that the state belongs to.
        state: (h, c) of shapes (K * D, N, H_out) and (K * D, N, H_cell); unbatched without N.

    Returns:
        (h, c) as views of shapes (K, D, N, H_out) and (K, D, N, H_cell); unbatched without N.
        ``h[-1, 0]`` is the top layer, forward; ``h[-1, 1]`` is the top layer, reverse.

    Raises:
        ShapeError: the state does not fit the module.
        TypeError: lstm is not an ``nn.LSTM``, or the state is not a pair of tensors.

    Example:
        >>> lstm = nn.LSTM(3, 5, num_layers=3, bidirectional=True)
        >>> _, state = lstm(torch.randn(7, 4, 3))
        >>> h, c = split_state(lstm, state)
        >>> tuple(h.shape), tuple(c.shape)
        ((3, 2, 4, 5), (3, 2, 4, 5))
    """
    config = Config.of(errors.check_lstm(lstm))
    h, c = errors.check_pair(state)
    errors.check_state_sizes((h, c), state_shapes(config, N=_batch_of(config, h)))
    return _split(config, h), _split(config, c)  # (K, D, N, H_out), (K, D, N, H_cell)


def final_state(lstm: nn.LSTM, h_n: Tensor) -> Tensor:
    """Join the last hidden states of the top layer, one vector a sequence.

    In two directions these are the forward state after the last step and the reverse state after
    step 0, each of which has read the whole sequence.

    Args:
        lstm: the module that returned h_n.
        h_n: (K * D, N, H_out), or unbatched (K * D, H_out).

    Returns:
        (N, D * H_out), the forward direction first; unbatched (D * H_out,).

    Raises:
        ShapeError: h_n does not fit the module.
        TypeError: lstm is not an ``nn.LSTM``, or h_n is not a tensor.

    Example:
        >>> lstm = nn.LSTM(3, 5, num_layers=2, bidirectional=True)
        >>> output, (h_n, c_n) = lstm(torch.randn(7, 4, 3))
        >>> tuple(final_state(lstm, h_n).shape)
        (4, 10)
    """
    config = Config.of(errors.check_lstm(lstm))
    errors.check_tensor("h_n", h_n, change="Unpack the pair: output, (h_n, c_n) = lstm(x).")
    errors.check_dense("h_n", h_n)
    expected, _ = state_shapes(config, N=_batch_of(config, h_n))
    errors.check_shape("h_n", tuple(h_n.shape), expected)
    return _join_directions(_split(config, h_n))[-1]  # (N, D * H_out)


def detach_state(state: tuple[Tensor, Tensor]) -> tuple[Tensor, Tensor]:
    """Cut the state off its history: the same numbers, and no gradient to earlier calls.

    Args:
        state: (h, c), of any shape.

    Returns:
        (h, c) of the same shapes, sharing their memory.

    Raises:
        ShapeError: the state does not hold two items.
        TypeError: the state is not a tuple of tensors.

    Example:
        >>> lstm = nn.LSTM(3, 5)
        >>> _, state = lstm(torch.randn(7, 4, 3))
        >>> h, c = detach_state(state)
        >>> tuple(h.shape), h.requires_grad
        ((1, 4, 5), False)
    """
    h, c = errors.check_pair(state)
    return h.detach(), c.detach()


def bridge(lstm: nn.LSTM, state: tuple[Tensor, Tensor]) -> tuple[Tensor, Tensor]:
    """Turn the state of an encoder into one for a decoder of one direction.

    In each layer the directions are joined on the feature axis. The decoder has the same
    num_layers and ``hidden_size = D * H_cell``, and with projection ``proj_size = D * H_out``.

    Args:
        lstm: the encoder that returned the state.
        state: (h, c) of shapes (K * D, N, H_out) and (K * D, N, H_cell); unbatched without N.

    Returns:
        (h, c) of shapes (K, N, D * H_out) and (K, N, D * H_cell); unbatched without N.

    Raises:
        ShapeError: the state does not fit the module.
        TypeError: lstm is not an ``nn.LSTM``, or the state is not a pair of tensors.

    Example:
        >>> encoder = nn.LSTM(3, 5, num_layers=2, bidirectional=True)
        >>> _, state = encoder(torch.randn(7, 4, 3))
        >>> h, c = bridge(encoder, state)
        >>> tuple(h.shape), tuple(c.shape)
        ((2, 4, 10), (2, 4, 10))
    """
    h, c = split_state(lstm, state)
    return _join_directions(h), _join_directions(c)  # (K, N, D * H_out), (K, N, D * H_cell)


def reset_rows(state: tuple[Tensor, Tensor], rows: Tensor) -> tuple[Tensor, Tensor]:
    """Set the state of chosen sequences to zero, in every layer and direction.

    Args:
        state: (h, c) of shapes (K * D, N, H_out) and (K * D, N, H_cell).
        rows: which sequences: a bool mask (N,), or their numbers, int64.

    Returns:
        (h, c) of the same shapes; no gradient passes the rows that were reset.

    Raises:
        ShapeError: the state is not a pair of (rows, N, features), or rows does not fit N.
        TypeError: rows is neither bool nor int64, or the state is not a pair of tensors.
        ValueError: rows names a sequence that the batch does not have.

    Example:
        >>> lstm = nn.LSTM(3, 5, num_layers=2)
        >>> _, state = lstm(torch.randn(7, 4, 3))
        >>> h, c = reset_rows(state, torch.tensor([0, 2]))
        >>> tuple(h.shape), h.count_nonzero(dim=(0, 2)).tolist()
        ((2, 4, 5), [0, 10, 0, 10])
    """
    h, c = errors.check_pair(state)
    errors.check_batched(h, c)
    errors.check_rows(rows, N=h.size(1))
    mask = torch.zeros(h.size(1), dtype=torch.bool, device=h.device)  # (N,)
    mask[rows.to(h.device)] = True
    # Not a product with zeros: 0 * nan is nan, and rows that went wrong are what one resets.
    return h.masked_fill(mask[:, None], 0), c.masked_fill(mask[:, None], 0)


def _split(config: Config, h: Tensor) -> Tensor:
    """From (K * D, N, H) to (K, D, N, H), or unbatched from (K * D, H) to (K, D, H)."""
    return torch.unflatten(h, 0, (config.K, config.D))


def _join_directions(h: Tensor) -> Tensor:
    """From (K, D, N, H) to (K, N, D * H), or unbatched from (K, D, H) to (K, D * H)."""
    return h.movedim(1, -2).flatten(-2)


def _batch_of(config: Config, h: Tensor) -> int | None:
    """N of a state; None when it is unbatched."""
    if h.dim() != 3:
        return None
    # A state in batch-first order is measured as such, so that the error can say so.
    swapped = h.size(1) == config.K * config.D != h.size(0)
    return h.size(0) if swapped else h.size(1)
