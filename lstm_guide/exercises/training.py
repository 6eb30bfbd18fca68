"""Exercises about training: a loss, a loop, and what may be known of the test data."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.functional import cross_entropy, mse_loss

from lstm_guide.exercises.grading import Exercise, Misunderstanding
from lstm_guide.exercises.shapes import sizes

__all__ = ["EXERCISES"]

State = tuple[Tensor, Tensor]

PADDING_COUNTED = "The padding is counted. Only the first lengths[n] steps of row n have a tag."
ZERO_IGNORED = (
    "ignore_index=0 also drops the steps whose tag is 0, and 0 is a tag like any other. "
    "Only the lengths tell which steps are padding."
)
MEAN_OF_MEANS = (
    "That is the mean over sequences of their own means, so a step of a short sequence counts "
    "more. Here every step counts the same."
)
PER_SEQUENCE = (
    "You divide by the number of sequences. Divide by the number of steps that have a tag."
)
ALL_STEPS = (
    "You sum the right steps, and divide by all N * L of them. Divide by those that have a tag."
)
NOT_DIVIDED = "That is the sum of the losses. Divide it by the number of steps that have a tag."
VIEWED = (
    "reshape and view mix steps and tags: they cut the numbers into new rows. "
    "To bring the tags to axis 1, let the two axes change places."
)
SOFTMAX_TWICE = "cross_entropy takes scores and does the softmax itself. You do it a second time."

STATE_DROPPED = "Every chunk starts from zeros. Carry the state from chunk to chunk, detached."
GRADIENTS_ADD_UP = (
    "The gradients of all chunks add up, because nothing clears them. "
    "Call optimizer.zero_grad() before each backward."
)
ONE_STEP = "You update once, after the last chunk. Call optimizer.step() for each chunk."
NO_STEP = "The losses are computed and the weights stay as they were: no optimizer.step()."
NOT_CUT = (
    "You call backward once for all chunks, so the gradient is not cut, and there is one update. "
    "Detach the state, and do backward and step for each chunk."
)
REST_LEFT = "The last chunk is shorter than k, and you leave it out. x.split(k, dim=1) keeps it."

NOTHING_REPAIRED = (
    "Both leaks are still there: values from cut on reach the training data in two ways."
)
SCALED_BY_ALL = (
    "The mean and the deviation are those of the whole series, so the training data knows the "
    "level of the test part. Take them from series[:cut]."
)
SCALED_APART = (
    "You scale each part by its own mean and deviation. The test part needs the scale of the "
    "training part: in use, you do not know its mean beforehand."
)
OVER_THE_CUT = (
    "You count windows, not targets. The last training windows start before cut, and their targets "
    "lie after it. A window belongs where its target is."
)
TARGET_INSIDE = (
    "Each window ends with its own target. The window is the L values before the target."
)
TEST_TOO_LATE = (
    "No leak, but the first L test values are never predicted. Their windows may start before cut: "
    "values from the past are known."
)
NOT_SCALED = "The values are not scaled."


def _draw_tags() -> tuple[Any, ...]:
    """Draw scores and tags; the first sequence is the shortest, the last the longest."""
    N, L, C = sizes(3)
    lengths = torch.randint(2, L, (N,))  # (N,)
    lengths[0], lengths[-1] = 1, L
    tags = torch.randint(C, (N, L)) * (torch.arange(L) < lengths[:, None])  # (N, L)
    return 2 * torch.randn(N, L, C), tags, lengths


def _each_sequence(scores: Tensor, tags: Tensor, lengths: Tensor) -> Tensor:
    """Cut the padding off each sequence: what is left is one list of steps."""
    ends = lengths.tolist()
    kept = torch.cat([row[:end] for row, end in zip(scores, ends, strict=True)])  # (steps, C)
    return cross_entropy(kept, torch.cat([row[:end] for row, end in zip(tags, ends, strict=True)]))


def _masked(scores: Tensor, tags: Tensor, lengths: Tensor) -> Tensor:
    """One loss for each step, 0 on padding."""
    losses = cross_entropy(scores.transpose(1, 2), tags, reduction="none")  # (N, L)
    return losses * (torch.arange(tags.size(1)) < lengths[:, None])


def _viewed(scores: Tensor, tags: Tensor, lengths: Tensor) -> Tensor:
    N, L, C = scores.shape
    return _each_sequence(scores.reshape(N, C, L).transpose(1, 2), tags, lengths)


def _draw_loop() -> tuple[Any, ...]:
    """Draw a model, its optimizer and a sequence whose last chunk is shorter."""
    N, H_in, H, C = sizes(4)
    k = int(torch.randint(3, 6, ()).item())
    L = 3 * k + int(torch.randint(1, k, ()).item())
    lstm = nn.LSTM(input_size=H_in, hidden_size=H, batch_first=True)
    head = nn.Linear(in_features=H, out_features=C)
    optimizer = torch.optim.SGD([*lstm.parameters(), *head.parameters()], lr=1.0)
    return lstm, head, optimizer, torch.randn(N, L, H_in), torch.randn(N, L, C), k


def _detach(state: State) -> State:
    h, c = state
    return h.detach(), c.detach()


@torch.enable_grad()
def _train(
    lstm: nn.LSTM,
    head: nn.Linear,
    optimizer: torch.optim.Optimizer,
    x: Tensor,
    y: Tensor,
    k: int,
    *,
    carry: Callable[[State], State | None] = _detach,
    clear: bool = True,
    step: bool = True,
) -> list[float]:
    """Update after each chunk, with the parts that a mistake leaves out as arguments."""
    losses, state = [], None
    for inputs, targets in zip(torch.split(x, k, dim=1), torch.split(y, k, dim=1), strict=True):
        output, state = lstm(inputs, state)
        loss = mse_loss(head(output), targets)
        if clear:
            optimizer.zero_grad()
        torch.autograd.backward(loss)
        if step:
            optimizer.step()
        state = carry(state)
        losses.append(loss.item())
    return losses


@torch.enable_grad()
def _train_whole(
    lstm: nn.LSTM,
    head: nn.Linear,
    optimizer: torch.optim.Optimizer,
    x: Tensor,
    y: Tensor,
    k: int,
) -> list[float]:
    """Add up the losses of all chunks, and update once."""
    output = head(lstm(x)[0])  # (N, L, C)
    parts = zip(torch.split(output, k, dim=1), torch.split(y, k, dim=1), strict=True)
    losses = [mse_loss(*part) for part in parts]
    torch.autograd.backward(torch.stack(losses).sum())
    optimizer.step()
    return [loss.item() for loss in losses]


def _train_late(lstm: nn.LSTM, head: nn.Linear, optimizer: Any, *rest: Any) -> list[float]:
    losses = _train(lstm, head, optimizer, *rest, clear=False, step=False)
    optimizer.step()
    return losses


def _train_without_rest(
    lstm: nn.LSTM, head: nn.Linear, optimizer: Any, x: Tensor, y: Tensor, k: int
) -> list[float]:
    L = x.size(1) // k * k
    return _train(lstm, head, optimizer, x[:, :L], y[:, :L], k)


def _updates(returned: Any, lstm: nn.LSTM, head: nn.Linear, *arguments: object) -> object:
    """Compare a loop by the losses it returns and by the weights it leaves."""
    if returned is None:
        return None
    if not isinstance(returned, tuple | list) or not all(map(_is_number, returned)):
        raise Misunderstanding("Return a list with the loss of each chunk, one number each.")
    losses = torch.tensor([torch.as_tensor(value).item() for value in returned])
    weights = {f"lstm.{name}": each.detach() for name, each in lstm.named_parameters()}
    weights |= {f"head.{name}": each.detach() for name, each in head.named_parameters()}
    return {"losses": losses} | {f"{name} at the end": weights[name] for name in weights}


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) or (isinstance(value, Tensor) and value.dim() == 0)


def _draw_series() -> tuple[Any, ...]:
    """Draw a series that rises, so that its parts have different means."""
    L, rest, more = sizes(3)
    cut = 3 * L + rest
    series = torch.randn(cut + L + more).cumsum(dim=0) + torch.arange(cut + L + more)
    return series, cut, L


def _scale(series: Tensor, by: Tensor) -> Tensor:
    return (series - by.mean()) / by.std()


def _by_target(series: Tensor, cut: int, L: int) -> object:
    """Take each target with the L values before it, as a loop would in use."""
    known = series[:cut]
    pairs = [
        (_scale(series[t - L : t], known), _scale(series[t], known)) for t in range(L, len(series))
    ]
    x, y = (torch.stack(each) for each in zip(*pairs, strict=True))  # (windows, L), (windows,)
    return x[: cut - L], y[: cut - L], x[cut - L :], y[cut - L :]


def _split(series: Tensor, L: int, *, at: int, first: int = 0) -> tuple[Tensor, ...]:
    """Cut windows of L values, starting at the first, and split them."""
    y = series[L:]
    x = series.unfold(0, L, 1)[first : first + len(y)]
    return x[:at], y[:at], x[at:], y[at:]


def _apart(series: Tensor, cut: int, L: int, *, scale: Callable[[Tensor], Tensor]) -> object:
    """Cut windows in each part by itself."""
    train, test = series[:cut], series[cut:]
    return (*_split(scale(train), L, at=cut)[:2], *_split(scale(test), L, at=0)[2:])


def _four(returned: object, *arguments: object) -> object:
    """Give the four tensors their names, so that a difference says where it is."""
    if returned is None:
        return None
    if not isinstance(returned, tuple | list) or len(returned) != 4:
        raise Misunderstanding("Return four tensors: x_train, y_train, x_test, y_test.")
    return dict(zip(("x_train", "y_train", "x_test", "y_test"), returned, strict=True))


EXERCISES = {
    "tagger-loss": Exercise(
        _draw_tags,
        _each_sequence,
        {
            PADDING_COUNTED: lambda scores, tags, lengths: cross_entropy(
                scores.transpose(1, 2), tags
            ),
            ZERO_IGNORED: lambda scores, tags, lengths: cross_entropy(
                scores.transpose(1, 2), tags, ignore_index=0
            ),
            MEAN_OF_MEANS: lambda *batch: (_masked(*batch).sum(dim=1) / batch[2]).mean(),
            PER_SEQUENCE: lambda *batch: _masked(*batch).sum(dim=1).mean(),
            ALL_STEPS: lambda *batch: _masked(*batch).mean(),
            NOT_DIVIDED: lambda *batch: _masked(*batch).sum(),
            VIEWED: _viewed,
            SOFTMAX_TWICE: lambda scores, *batch: _each_sequence(scores.softmax(dim=-1), *batch),
        },
    ),
    "truncated-bptt": Exercise(
        _draw_loop,
        _train,
        {
            STATE_DROPPED: lambda *given: _train(*given, carry=lambda state: None),
            GRADIENTS_ADD_UP: lambda *given: _train(*given, clear=False),
            ONE_STEP: _train_late,
            NO_STEP: lambda *given: _train(*given, step=False),
            NOT_CUT: _train_whole,
            REST_LEFT: _train_without_rest,
        },
        seen=_updates,
    ),
    "leak-hunt": Exercise(
        _draw_series,
        _by_target,
        {
            NOTHING_REPAIRED: lambda series, cut, L: _split(_scale(series, series), L, at=cut),
            SCALED_BY_ALL: lambda series, cut, L: _split(_scale(series, series), L, at=cut - L),
            OVER_THE_CUT: lambda series, cut, L: _split(_scale(series, series[:cut]), L, at=cut),
            TARGET_INSIDE: lambda series, cut, L: _split(
                _scale(series, series[:cut]), L, at=cut - L, first=1
            ),
            SCALED_APART: lambda series, cut, L: _apart(
                series, cut, L, scale=lambda part: _scale(part, part)
            ),
            TEST_TOO_LATE: lambda series, cut, L: _apart(
                series, cut, L, scale=lambda part: _scale(part, series[:cut])
            ),
            NOT_SCALED: lambda series, cut, L: _split(series, L, at=cut - L),
        },
        seen=_four,
    ),
}
