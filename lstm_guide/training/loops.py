"""Loops that train: over batches, and over the chunks of a long sequence."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import TypeAlias

import torch
from torch import Tensor, nn

from lstm_guide import errors
from lstm_guide.states import detach_state

__all__ = ["fit", "tbptt"]

State: TypeAlias = tuple[Tensor, Tensor]
Stepper: TypeAlias = Callable[[Tensor, State | None], tuple[Tensor, State]]


def fit(
    loss: Callable[[], Tensor],
    parameters: Iterable[nn.Parameter],
    *,
    updates: int,
    lr: float = 0.01,
    max_norm: float = 1.0,
) -> Tensor:
    """Train with Adam and clipped gradients, and return the losses.

    A terminal shows a progress bar; a page, a file or a notebook shows nothing.

    Args:
        loss: called once an update; draws a batch, runs the model and returns the loss, ().
        parameters: what is trained.
        updates: how many steps the optimiser takes.
        lr: the learning rate.
        max_norm: gradients of a larger norm are shortened to it.

    Returns:
        (updates,), the loss before each update, without a graph.

    Raises:
        ShapeError: loss returned more than one number.
        TypeError: loss cannot be called or does not return a tensor; updates is not an int.
        ValueError: updates is below 1; lr or max_norm is not above 0; there are no parameters;
            the loss is not finite.

    Example:
        >>> lstm, x = nn.LSTM(3, 5), torch.randn(7, 4, 3)
        >>> losses = fit(lambda: lstm(x)[0].square().mean(), lstm.parameters(), updates=6)
        >>> tuple(losses.shape), bool(losses[-1] < losses[0])
        ((6,), True)
    """
    from tqdm import tqdm  # only here: the rest of the library does without

    errors.check_functions(loss=loss)
    errors.check_count("updates", updates, at_least=1)
    errors.check_above_zero("lr", lr)
    errors.check_above_zero("max_norm", max_norm)
    trained = errors.check_trained(parameters)
    optimizer = torch.optim.Adam(trained, lr=lr)
    losses = []
    for update in tqdm(range(updates), disable=None):  # None: only in a terminal
        value = errors.check_update(loss(), update=update)  # ()
        optimizer.zero_grad()
        value.backward()  # type: ignore[no-untyped-call]
        nn.utils.clip_grad_norm_(trained, max_norm)
        optimizer.step()
        losses.append(value.detach())
    return torch.stack(losses)  # (updates,)


def tbptt(
    model: Stepper,
    x: Tensor,
    *,
    chunk_length: int,
    dim: int,
    state: State | None = None,
) -> Iterator[tuple[slice, Tensor, State]]:
    """Run a model over a long sequence in chunks, for truncated backpropagation through time.

    The state goes from chunk to chunk without its graph. Each chunk runs when it is asked for, so
    that the weights may be updated between two.

    Args:
        model: called as ``model(chunk, state)``, returns (output, (h, c)); an ``nn.LSTM``, or a
            module of your own around one.
        x: the long sequences, (L, N, ...), or (N, L, ...) with batch_first, or unbatched (L, ...).
        chunk_length: steps of a chunk; the last one is shorter where L is no multiple.
        dim: the time axis of x.
        state: (h_0, c_0) of the first chunk; None for zeros.

    Returns:
        For each chunk its steps, as a slice of the time axis, what model returned for them, and the
        state after them, detached.

    Raises:
        ShapeError: x has an axis of size 0, or no axes.
        TypeError: an argument has the wrong type, or model does not return a state.
        ValueError: chunk_length is below 1, dim is no axis of x, or model has two directions.

    Example:
        >>> lstm = nn.LSTM(3, 5)
        >>> for steps, output, _ in tbptt(lstm, torch.randn(7, 4, 3), chunk_length=3, dim=0):
        ...     print(f"{steps.start} to {steps.stop}:", tuple(output.shape))
        0 to 3: (3, 4, 5)
        3 to 6: (3, 4, 5)
        6 to 7: (1, 4, 5)
    """
    errors.check_functions(model=model)
    errors.check_forward_in_time(model)
    sequences = errors.check_sequences(x)
    errors.check_count("chunk_length", chunk_length, at_least=1)
    errors.check_dim("x", dim, rank=sequences.dim())
    if state is not None:
        state = detach_state(state)
    return _chunks(model, sequences, chunk_length, dim, state)


def _chunks(
    model: Stepper, x: Tensor, chunk_length: int, dim: int, state: State | None
) -> Iterator[tuple[slice, Tensor, State]]:
    """The loop itself, apart from the checks: those run at the call, this at the first chunk."""
    start = 0
    for chunk in torch.split(x, chunk_length, dim):
        output, carried = errors.check_returned(model(chunk, state))
        state = detach_state(carried)
        stop = start + chunk.size(dim)
        yield slice(start, stop), output, state
        start = stop
