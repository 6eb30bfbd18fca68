"""Answers to the exercises as a reader writes them: right ones, and one for each known mistake."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional
from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence

from lstm_guide import (
    final_state,
    length_mask,
    masked_loss,
    pack,
    parameter_count,
    reset_rows,
    set_forget_bias,
    take_last,
    unpack,
)

Answer = Callable[..., object]
Sizes = tuple[int, ...]


def three(output: Sizes, state: Sizes) -> tuple[Sizes, Sizes, Sizes]:
    return output, state, state


def by_hand(lstm: nn.LSTM, N: int, L: int) -> tuple[Sizes, Sizes, Sizes]:
    return three((N, L, lstm.hidden_size), (1, N, lstm.hidden_size))


def by_running(lstm: nn.LSTM, N: int, L: int) -> object:
    output, (h_n, c_n) = lstm(torch.ones(N, L, lstm.input_size))
    return [output.shape, h_n.shape, c_n.shape]


def three_shapes(K: int, N: int, L: int, H_in: int, H: int) -> object:
    return three((N, L, H), (K, N, H))


def state(lstm: nn.LSTM, x: Any) -> tuple[Tensor, Tensor]:
    return lstm(x)[1]  # type: ignore[no-any-return]


def joined(lstm: nn.LSTM, x: Any, rows: tuple[int, int] = (-2, -1)) -> Tensor:
    return torch.cat([state(lstm, x)[0][row] for row in rows], dim=1)


def packed(x: Tensor, lengths: Tensor) -> Any:
    return pack_padded_sequence(x, lengths, batch_first=True, enforce_sorted=False)


def unpacked(lstm: nn.LSTM, x: Tensor, lengths: Tensor) -> Tensor:
    return pad_packed_sequence(lstm(packed(x, lengths))[0], batch_first=True)[0]


def by_sorting(lstm: nn.LSTM, x: Tensor, lengths: Tensor, *, back: bool) -> Tensor:
    ordered, order = lengths.sort(descending=True)
    result = joined(lstm, pack_padded_sequence(x[order], ordered, batch_first=True))
    return result[order.argsort()] if back else result


def by_take_last(lstm: nn.LSTM, x: Tensor, lengths: Tensor) -> Tensor:
    output, _ = unpack(lstm, lstm(pack(lstm, x, lengths))[0], total_length=x.size(1))
    return take_last(lstm, output, lengths)


def four_parts(H: int, width: int) -> int:
    return 4 * (H * width + H * H + 2 * H)


def counted(K: int, D: int, H_in: int, H: int) -> int:
    return sum(D * four_parts(H, H_in if k == 0 else D * H) for k in range(K))


def built(K: int, D: int, H_in: int, H: int, bias: bool = True) -> nn.LSTM:
    return nn.LSTM(H_in, H, num_layers=K, bidirectional=D == 2, bias=bias)


@torch.no_grad()
def forget(
    lstm: nn.LSTM,
    ih: float | None,
    hh: float | None,
    *,
    block: int = 1,
    only: Callable[[str], bool] = lambda name: True,
) -> nn.LSTM:
    H = lstm.hidden_size
    for name, parameter in filter(lambda pair: only(pair[0]), lstm.named_parameters()):
        value = ih if name.startswith("bias_ih") else hh if name.startswith("bias_hh") else None
        if value is not None:
            parameter[block * H : (block + 1) * H] = value
    return lstm


def by_init(lstm: nn.LSTM, value: float) -> nn.LSTM:
    """Half of the value in each bias: only the sum acts."""
    for name, parameter in lstm.named_parameters():
        if "bias" in name:
            nn.init.constant_(parameter.detach().chunk(4)[1], value / 2)
    return lstm


def by_helper(lstm: nn.LSTM, value: float) -> nn.LSTM:
    set_forget_bias(lstm, value)
    return lstm


def renamed(lstm: nn.LSTM, value: float) -> nn.LSTM:
    for name, parameter in lstm.named_parameters():
        if "bias" in name:
            block = parameter.chunk(4)[1]
            block = torch.full_like(block, value)
    return lstm


def every_gate(lstm: nn.LSTM, value: float) -> nn.LSTM:
    for name, parameter in lstm.named_parameters():
        if "bias" in name:
            nn.init.constant_(parameter, value if "ih" in name else 0.0)
    return lstm


def others_cleared(lstm: nn.LSTM, value: float) -> nn.LSTM:
    for name, parameter in lstm.named_parameters():
        if name.startswith("bias_hh"):
            nn.init.zeros_(parameter)
    return forget(lstm, value, None)


def time_first(lstm: nn.LSTM, head: nn.Linear, x: Tensor) -> object:
    return head(lstm(x.permute(1, 0, 2))[0][-1])


def by_attribute(lstm: nn.LSTM, head: nn.Linear, x: Tensor) -> object:
    lstm.batch_first = True
    return head(lstm(x)[1][0][-1])


Chunks = list[Tensor]


def one_by_one(lstm: nn.LSTM, chunks: Chunks, new: Chunks, row: Any = reset_rows) -> Any:
    outputs, state = [], None
    for chunk, rows in zip(chunks, new, strict=True):
        output, state = lstm(chunk, state if state is None else row(state, rows))
        outputs.append(output)
    return torch.cat(outputs, dim=1)


def by_product(lstm: nn.LSTM, chunks: Chunks, new: Chunks) -> object:
    """Keep with a factor, and start from zeros that are written out."""
    zeros = chunks[0].new_zeros(lstm.num_layers, len(new[0]), lstm.hidden_size)
    state = (zeros, zeros)
    outputs = []
    for chunk, rows in zip(chunks, new, strict=True):
        keep = (~rows).float()[None, :, None]
        output, state = lstm(chunk, (keep * state[0], keep * state[1]))
        outputs.append(output)
    return torch.cat(outputs, 1)


def reset_after(lstm: nn.LSTM, chunks: Chunks, new: Chunks) -> object:
    outputs, state = [], None
    for chunk, rows in zip(chunks, new, strict=True):
        output, state = lstm(chunk, state)
        state = reset_rows(state, rows)
        outputs.append(output)
    return torch.cat(outputs, dim=1)


def any_new(state: Any, rows: Tensor) -> Any:
    return None if bool(rows.any()) else state


def tokens(model: Any, state: Any, start: int, *, hand_on: bool = True) -> Iterator[int]:
    token = start
    while True:
        scores, after = model(torch.tensor([[token]]), state)
        state = after if hand_on else state
        token = scores.argmax(dim=-1).item()
        yield token


def spelled(model: Any, state: Any, start: int, stop: int, limit: int, **options: Any) -> list[int]:
    written = itertools.islice(tokens(model, state, start, **options), limit)
    return list(itertools.takewhile(lambda token: token != stop, written))


def as_tensors(model: Any, state: Any, start: int, stop: int, limit: int) -> list[Tensor]:
    written: list[Tensor] = []
    token = torch.tensor([start])
    while len(written) < limit:
        scores, state = model(token[None], state)
        token = scores[:, -1].argmax(dim=-1)
        if token == stop:
            break
        written.append(token[0])
    return written


def stop_and_all(model: Any, state: Any, start: int, stop: int, limit: int) -> list[int]:
    written = []
    for token in itertools.islice(tokens(model, state, start), limit):
        written.append(token)
        if token == stop:
            break
    return written


def fed_start(model: Any, state: Any, start: int, stop: int, limit: int) -> list[int]:
    written: list[int] = []
    for _ in range(limit):
        scores, state = model(torch.tensor([[start]]), state)
        if scores.argmax() == stop:
            break
        written.append(int(scores.argmax()))
    return written


def by_ignore_index(scores: Tensor, tags: Tensor, lengths: Tensor) -> Tensor:
    padding = ~length_mask(lengths, L=tags.size(1))
    return functional.cross_entropy(scores.mT, tags.masked_fill(padding, -100))


def step_losses(scores: Tensor, tags: Tensor) -> Tensor:
    return functional.cross_entropy(scores.mT, tags, reduction="none")


def by_masked_loss(
    scores: Tensor, tags: Tensor, lengths: Tensor, divide_by: str = "steps"
) -> Tensor:
    mask = length_mask(lengths, L=tags.size(1))
    return masked_loss(step_losses(scores, tags), mask, dim=1, divide_by=divide_by)


def summed(scores: Tensor, tags: Tensor, lengths: Tensor) -> Tensor:
    mask = length_mask(lengths, L=tags.size(1))
    return step_losses(scores, tags)[mask].sum()


def as_viewed(scores: Tensor, tags: Tensor, lengths: Tensor) -> Tensor:
    N, L, C = scores.shape
    mask = length_mask(lengths, L=L)
    losses = functional.cross_entropy(scores.view(N, C, L), tags, reduction="none")
    return losses[mask].mean()


def loop(
    lstm: Any, head: Any, optimizer: Any, x: Tensor, y: Tensor, k: int, leave_out: str = ""
) -> list[Tensor]:
    losses, h, c = [], None, None
    for start in range(0, x.size(1), k):
        chunk = slice(start, start + k)
        given = None if h is None or leave_out == "state" else (h.detach(), c.detach())
        output, (h, c) = lstm(x[:, chunk], given)
        loss = (head(output) - y[:, chunk]).square().mean()
        loss.backward()
        if leave_out not in ("step", "step until the end"):
            optimizer.step()
        if leave_out not in ("zero_grad", "step until the end"):
            optimizer.zero_grad()
        losses.append(loss.detach())
    if leave_out == "step until the end":
        optimizer.step()
    return losses


def loop_of_numbers(*given: Any) -> tuple[float, ...]:
    return tuple(loss.item() for loss in loop(*given))


def one_backward(lstm: Any, head: Any, optimizer: Any, x: Tensor, y: Tensor, k: int) -> Any:
    losses, state = [], None
    for inputs, targets in zip(x.split(k, 1), y.split(k, 1), strict=True):
        output, state = lstm(inputs, state)
        losses.append(functional.mse_loss(head(output), targets))
    sum(losses).backward()
    optimizer.step()
    return losses


def without_rest(lstm: Any, head: Any, optimizer: Any, x: Tensor, y: Tensor, k: int) -> Any:
    whole = x.size(1) - x.size(1) % k
    return loop(lstm, head, optimizer, x[:, :whole], y[:, :whole], k)


def scaled(values: Tensor, like: Tensor) -> Tensor:
    deviation, mean = torch.std_mean(like)
    return (values - mean) / deviation


def windows(values: Tensor, L: int) -> tuple[Tensor, Tensor]:
    return values.unfold(0, L, 1)[:-1], values[L:]


def parts(values: Tensor, at: int, L: int) -> tuple[Tensor, ...]:
    x, y = windows(values, L)
    return x[:at], y[:at], x[at:], y[at:]


def two_series(series: Tensor, cut: int, L: int) -> tuple[Tensor, ...]:
    """Cut first, and give the test part the L values before it."""
    known = series[:cut]
    train, test = scaled(known, known), scaled(series[cut - L :], known)
    return *windows(train, L), *windows(test, L)


def with_target(series: Tensor, cut: int, L: int) -> tuple[Tensor, ...]:
    values, at = scaled(series, series[:cut]), cut - L
    x = torch.stack([values[t - L + 1 : t + 1] for t in range(L, len(values))])
    return x[:at], values[L:cut], x[at:], values[cut:]


def each_by_itself(series: Tensor, cut: int, L: int) -> tuple[Tensor, ...]:
    train, test = series[:cut], series[cut:]
    return *windows(scaled(train, train), L), *windows(scaled(test, test), L)


def late(series: Tensor, cut: int, L: int) -> tuple[Tensor, ...]:
    values = scaled(series, series[:cut])
    return *windows(values[:cut], L), *windows(values[cut:], L)


RIGHT: list[tuple[str, Answer]] = [
    ("batch-of-seven", by_hand),
    ("batch-of-seven", by_running),
    ("three-shapes", three_shapes),
    ("top-layer", lambda lstm, x: state(lstm, x)[0][-1]),
    ("top-layer", lambda lstm, x: lstm(x)[0][:, -1]),
    ("top-layer", lambda lstm, x: final_state(lstm, state(lstm, x)[0]).detach()),
    ("both-directions", joined),
    ("both-directions", lambda lstm, x: final_state(lstm, state(lstm, x)[0])),
    ("packed-final-state", lambda lstm, x, lengths: joined(lstm, packed(x, lengths))),
    ("packed-final-state", lambda lstm, x, lengths: by_sorting(lstm, x, lengths, back=True)),
    ("packed-final-state", by_take_last),
    ("parameter-count", counted),
    ("parameter-count", lambda *sizes: parameter_count(built(*sizes))),
    ("forget-gate", lambda lstm, value: forget(lstm, value, 0.0)),
    ("forget-gate", by_init),
    ("forget-gate", by_helper),
    ("wrong-axis", time_first),
    ("wrong-axis", by_attribute),
    ("new-recordings", one_by_one),
    ("new-recordings", by_product),
    ("stop-decoding", spelled),
    ("stop-decoding", as_tensors),
    ("tagger-loss", by_ignore_index),
    ("tagger-loss", by_masked_loss),
    ("truncated-bptt", loop),
    ("truncated-bptt", loop_of_numbers),
    ("leak-hunt", two_series),
    ("leak-hunt", lambda series, cut, L: parts(scaled(series, series[:cut]), cut - L, L)),
]

WRONG: list[tuple[str, str, Answer]] = [
    (
        "batch-of-seven",
        "batch_first changes the input and the output only",
        lambda lstm, N, L: three((N, L, lstm.hidden_size), (N, 1, lstm.hidden_size)),
    ),
    (
        "batch-of-seven",
        "Your output is time first",
        lambda lstm, N, L: three((L, N, lstm.hidden_size), (1, N, lstm.hidden_size)),
    ),
    (
        "batch-of-seven",
        "L does not show in them",
        lambda lstm, N, L: three((N, L, lstm.hidden_size), (L, N, lstm.hidden_size)),
    ),
    (
        "batch-of-seven",
        "the shapes for a batch of one",
        lambda lstm, N, L: three((1, L, lstm.hidden_size), (1, 1, lstm.hidden_size)),
    ),
    (
        "batch-of-seven",
        "The states are those of one sequence",
        lambda lstm, N, L: three((N, L, lstm.hidden_size), (1, 1, lstm.hidden_size)),
    ),
    (
        "batch-of-seven",
        "H, not H_in",
        lambda lstm, N, L: ((N, L, lstm.input_size), *by_hand(lstm, N, L)[1:]),
    ),
    (
        "three-shapes",
        "the first axis is always the layer",
        lambda K, N, L, H_in, H: three((N, L, H), (N, K, H)),
    ),
    (
        "three-shapes",
        "Your output is time first",
        lambda K, N, L, H_in, H: three((L, N, H), (K, N, H)),
    ),
    (
        "three-shapes",
        "L does not show in them",
        lambda K, N, L, H_in, H: three((N, L, H), (L, N, H)),
    ),
    (
        "three-shapes",
        "a row for each of the K layers",
        lambda K, N, L, H_in, H: three((N, L, H), (1, N, H)),
    ),
    (
        "three-shapes",
        "H, not H_in",
        lambda K, N, L, H_in, H: three((N, L, H_in), (K, N, H)),
    ),
    (
        "three-shapes",
        "not wider for more layers",
        lambda K, N, L, H_in, H: three((N, L, K * H), (K, N, H)),
    ),
    ("top-layer", "the bottom layer", lambda lstm, x: state(lstm, x)[0][0]),
    ("top-layer", "the last sequence of the batch, in", lambda lstm, x: state(lstm, x)[0][:, -1]),
    ("top-layer", "the last sequence of the batch, at", lambda lstm, x: lstm(x)[0][-1]),
    ("top-layer", "the cell state", lambda lstm, x: state(lstm, x)[1][-1]),
    ("top-layer", "every layer", lambda lstm, x: state(lstm, x)[0]),
    ("both-directions", "Where the sequence ends, the reverse", lambda lstm, x: lstm(x)[0][:, -1]),
    ("both-directions", "At step 0 the forward", lambda lstm, x: lstm(x)[0][:, 0]),
    ("both-directions", "the reverse direction alone", lambda lstm, x: state(lstm, x)[0][-1]),
    ("both-directions", "mixes sequences", lambda lstm, x: state(lstm, x)[0].view(len(x), -1)),
    ("both-directions", "the bottom layer", lambda lstm, x: joined(lstm, x, (0, 1))),
    ("both-directions", "exchanged", lambda lstm, x: joined(lstm, x, (-1, -2))),
    (
        "both-directions",
        "the cell state",
        lambda lstm, x: torch.cat([state(lstm, x)[1][row] for row in (-2, -1)], dim=1),
    ),
    ("packed-final-state", "You did not pack", lambda lstm, x, lengths: joined(lstm, x)),
    (
        "packed-final-state",
        "The last column of the unpacked output is zero",
        lambda lstm, x, lengths: unpacked(lstm, x, lengths)[:, -1],
    ),
    (
        "packed-final-state",
        "Put the rows back",
        lambda lstm, x, lengths: by_sorting(lstm, x, lengths, back=False),
    ),
    (
        "packed-final-state",
        "Where the sequence ends, the reverse",
        lambda lstm, x, lengths: unpacked(lstm, x, lengths)[torch.arange(len(x)), lengths - 1],
    ),
    (
        "packed-final-state",
        "the reverse direction alone",
        lambda lstm, x, lengths: state(lstm, packed(x, lengths))[0][-1],
    ),
    (
        "packed-final-state",
        "the bottom layer",
        lambda lstm, x, lengths: joined(lstm, packed(x, lengths), (0, 1)),
    ),
    (
        "packed-final-state",
        "the cell state",
        lambda lstm, x, lengths: torch.cat([*state(lstm, packed(x, lengths))[1][-2:]], dim=1),
    ),
    (
        "parameter-count",
        "You count one.",
        lambda K, D, H_in, H: counted(K, D, H_in, H) - K * D * 4 * H,
    ),
    (
        "parameter-count",
        "The biases are missing",
        lambda *sizes: parameter_count(built(*sizes, bias=False)),
    ),
    (
        "parameter-count",
        "the parameters of one gate",
        lambda *sizes: counted(*sizes) // 4,
    ),
    (
        "parameter-count",
        "like the bottom one",
        lambda K, D, H_in, H: K * D * four_parts(H, H_in),
    ),
    (
        "parameter-count",
        "D * H features, not H",
        lambda K, D, H_in, H: D * counted(K, 1, H_in, H),
    ),
    (
        "parameter-count",
        "You count one direction",
        lambda K, D, H_in, H: counted(K, 1, H_in, H),
    ),
    ("forget-gate", "The layer is as it was", renamed),
    ("forget-gate", "gets twice the value", lambda lstm, value: forget(lstm, value, value)),
    ("forget-gate", "keeps its random numbers", lambda lstm, value: forget(lstm, value, None)),
    (
        "forget-gate",
        "the block of the input gate",
        lambda lstm, value: forget(lstm, value, 0.0, block=0),
    ),
    ("forget-gate", "the block of g", lambda lstm, value: forget(lstm, value, 0.0, block=2)),
    ("forget-gate", "the biases of all four gates", every_gate),
    ("forget-gate", "lose their bias_hh", others_cleared),
    (
        "forget-gate",
        "Only the bottom layer",
        lambda lstm, value: forget(lstm, value, 0.0, only=lambda name: "_l0" in name),
    ),
    (
        "forget-gate",
        "Only the forward direction",
        lambda lstm, value: forget(lstm, value, 0.0, only=lambda name: "reverse" not in name),
    ),
    (
        "wrong-axis",
        "reads the batch as time",
        lambda lstm, head, x: head(lstm(x)[0])[:, -1],
    ),
    (
        "wrong-axis",
        "Let the two axes change places",
        lambda lstm, head, x: head(lstm(x.view(x.size(1), x.size(0), -1))[1][0][-1]),
    ),
    (
        "wrong-axis",
        "output[:, -1] is the last sequence",
        lambda lstm, head, x: head(lstm(x.transpose(0, 1))[0][:, -1]),
    ),
    (
        "wrong-axis",
        "after the first step",
        lambda lstm, head, x: head(lstm(x.transpose(0, 1))[0][0]),
    ),
    (
        "new-recordings",
        "Every chunk starts from zeros",
        lambda lstm, chunks, new: torch.cat([lstm(chunk)[0] for chunk in chunks], dim=1),
    ),
    (
        "new-recordings",
        "No row starts anew",
        lambda lstm, chunks, new: lstm(torch.cat(chunks, dim=1))[0],
    ),
    (
        "new-recordings",
        "All rows start anew",
        lambda lstm, chunks, new: one_by_one(lstm, chunks, new, row=any_new),
    ),
    (
        "new-recordings",
        "Only h is set to zero",
        lambda lstm, chunks, new: one_by_one(
            lstm, chunks, new, row=lambda state, rows: (reset_rows(state, rows)[0], state[1])
        ),
    ),
    ("new-recordings", "one chunk too late", reset_after),
    (
        "new-recordings",
        "the last chunk only",
        lambda lstm, chunks, new: one_by_one(lstm, chunks, new)[:, -chunks[-1].size(1) :],
    ),
    ("stop-decoding", "You write it too", stop_and_all),
    (
        "stop-decoding",
        "was not written by it",
        lambda *given: [given[2], *spelled(*given)],
    ),
    (
        "stop-decoding",
        "always runs to the limit",
        lambda model, state, start, stop, limit: spelled(model, state, start, -1, limit),
    ),
    (
        "stop-decoding",
        "the state you were given",
        lambda *given: spelled(*given, hand_on=False),
    ),
    (
        "stop-decoding",
        "knows only the last token",
        lambda model, state, *given: spelled(model, None, *given, hand_on=False),
    ),
    ("stop-decoding", "the start token at every step", fed_start),
    (
        "tagger-loss",
        "The padding is counted",
        lambda scores, tags, lengths: functional.cross_entropy(
            scores.flatten(0, 1), tags.flatten()
        ),
    ),
    (
        "tagger-loss",
        "ignore_index=0 also drops",
        lambda scores, tags, lengths: functional.cross_entropy(scores.mT, tags, ignore_index=0),
    ),
    (
        "tagger-loss",
        "the mean over sequences of their own means",
        lambda *batch: by_masked_loss(*batch, divide_by="both"),
    ),
    (
        "tagger-loss",
        "the number of sequences",
        lambda *batch: by_masked_loss(*batch, divide_by="sequences"),
    ),
    (
        "tagger-loss",
        "divide by all N * L of them",
        lambda scores, tags, lengths: summed(scores, tags, lengths) / tags.numel(),
    ),
    ("tagger-loss", "the sum of the losses", summed),
    ("tagger-loss", "mix steps and tags", as_viewed),
    (
        "tagger-loss",
        "does the softmax itself",
        lambda scores, *batch: by_ignore_index(scores.softmax(dim=2), *batch),
    ),
    (
        "truncated-bptt",
        "Every chunk starts from zeros",
        lambda *given: loop(*given, leave_out="state"),
    ),
    (
        "truncated-bptt",
        "because nothing clears them",
        lambda *given: loop(*given, leave_out="zero_grad"),
    ),
    (
        "truncated-bptt",
        "You update once, after the last chunk",
        lambda *given: loop(*given, leave_out="step until the end"),
    ),
    (
        "truncated-bptt",
        "the weights stay as they were",
        lambda *given: loop(*given, leave_out="step"),
    ),
    ("truncated-bptt", "the gradient is not cut", one_backward),
    ("truncated-bptt", "The last chunk is shorter than k", without_rest),
    (
        "leak-hunt",
        "Both leaks are still there",
        lambda series, cut, L: parts(scaled(series, series), cut, L),
    ),
    (
        "leak-hunt",
        "those of the whole series",
        lambda series, cut, L: parts(scaled(series, series), cut - L, L),
    ),
    (
        "leak-hunt",
        "You count windows, not targets",
        lambda series, cut, L: parts(scaled(series, series[:cut]), cut, L),
    ),
    ("leak-hunt", "ends with its own target", with_target),
    ("leak-hunt", "each part by its own mean", each_by_itself),
    ("leak-hunt", "never predicted", late),
    ("leak-hunt", "not scaled", lambda series, cut, L: parts(series, cut - L, L)),
]
