"""Each silent mistake that a probe can catch: the probe fails it, and passes the repaired model."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest
import torch
from torch import Tensor, nn
from torch.nn.functional import cross_entropy, mse_loss, nll_loss
from torch.nn.utils.rnn import PackedSequence, pack_padded_sequence, pad_packed_sequence

from lstm_guide import (
    detach_state,
    final_state,
    length_mask,
    masked_loss,
    masked_mean,
    masked_softmax,
    pack,
    probes,
    take_last,
    unpack,
)
from lstm_guide.probes import Finding

N, L, H_IN, H = 4, 7, 3, 5  # batch, time, features in, features out
LENGTHS = torch.tensor([3, 7, 2, 5])


@dataclass(frozen=True)
class Case:
    """A mistaken and a repaired model, each with the call of the probe that tells them apart."""

    mistaken: Callable[[], Finding]
    repaired: Callable[[], Finding]


CASES: dict[str, Case] = {}


def case(name: str) -> Callable[[Callable[[bool], Finding]], Callable[[bool], Finding]]:
    """Register a function that takes True for the mistaken model."""

    def register(build: Callable[[bool], Finding]) -> Callable[[bool], Finding]:
        assert name not in CASES
        CASES[name] = Case(lambda: build(True), lambda: build(False))
        return build

    return register


def batch() -> Tensor:
    return torch.randn(N, L, H_IN)


def layer(**options: Any) -> nn.LSTM:
    return nn.LSTM(H_IN, H, **{"batch_first": True, **options})


# --- axes ----------------------------------------------------------------------------------------


@case("batch_first forgotten, seen by the rows")
def _(mistaken: bool) -> Finding:
    return probes.batch_leak(layer(batch_first=not mistaken), batch())


@case("batch_first forgotten, seen by the memory")
def _(mistaken: bool) -> Finding:
    return probes.memory(layer(batch_first=not mistaken), batch(), batch_axis=0)


@case("batch_first set for time first data, seen by the loop")
def _(mistaken: bool) -> Finding:
    lstm = layer(batch_first=mistaken)
    return probes.loop_equals_bulk(lstm, torch.randn(L, 1, H_IN), batch_axis=1)


@case("batch_first set for time first data, seen by the memory")
def _(mistaken: bool) -> Finding:
    return probes.memory(layer(batch_first=mistaken), torch.randn(L, 1, H_IN), batch_axis=1)


@case("view instead of transpose on the input")
def _(mistaken: bool) -> Finding:
    lstm = layer(batch_first=False)

    def model(x: Tensor) -> Tensor:
        time_first = x.reshape(L, N, H_IN) if mistaken else x.transpose(0, 1)
        return lstm(time_first)[0].transpose(0, 1)

    return probes.batch_leak(model, batch())


@case("h_n viewed as one vector a row")
def _(mistaken: bool) -> Finding:
    lstm = layer(num_layers=2, bidirectional=True)

    def model(x: Tensor) -> Tensor:
        _, (h_n, _) = lstm(x)
        return h_n.view(N, -1) if mistaken else h_n.transpose(0, 1).reshape(N, -1)

    return probes.batch_leak(model, batch())


@case("a batch of single steps read as one sequence, seen by the order of the rows")
def _(mistaken: bool) -> Finding:
    lstm = layer(batch_first=False)
    return probes.row_permutation(
        (lambda x: lstm(x)[0]) if mistaken else (lambda x: lstm(x[None])[0][0]),
        torch.randn(N, H_IN),
    )


@case("a batch of single steps read as one sequence, seen by the rows")
def _(mistaken: bool) -> Finding:
    lstm = layer(batch_first=False)
    return probes.batch_leak(
        (lambda x: lstm(x)[0]) if mistaken else (lambda x: lstm(x[None])[0][0]),
        torch.randn(N, H_IN),
    )


@case("the fourth positional argument taken for batch_first")
def _(mistaken: bool) -> Finding:
    lstm = nn.LSTM(H_IN, H, 1, True) if mistaken else nn.LSTM(H_IN, H, 1, batch_first=True)
    return probes.batch_leak(lstm, batch())


@case("the window on the feature axis")
def _(mistaken: bool) -> Finding:
    window = torch.randn(N, L)
    x = window[:, None, :] if mistaken else window[:, :, None]
    return probes.memory(nn.LSTM(x.size(-1), H, batch_first=True), x, batch_axis=0)


@case("softmax over the batch axis")
def _(mistaken: bool) -> Finding:
    lstm, score = layer(), nn.Linear(H, 1)

    def model(x: Tensor) -> Tensor:
        output, _ = lstm(x)
        weights = score(output).softmax(0 if mistaken else 1)  # (N, L, 1)
        return (weights * output).sum(1)

    return probes.batch_leak(model, batch())


@case("every query against the state of every row, by broadcasting")
def _(mistaken: bool) -> Finding:
    lstm = layer()

    def model(x: Tensor) -> Tensor:
        output, (h_n, _) = lstm(x)  # (N, L, H), (1, N, H)
        if mistaken:
            return (output @ h_n[0].T).softmax(1).sum(-1)  # (N, L, N): all pairs of rows
        return torch.einsum("nlh,nh->nl", output, h_n[0]).softmax(1)

    return probes.batch_leak(model, batch())


# --- states --------------------------------------------------------------------------------------


class Keeps(nn.Module):
    """A model that keeps its state from call to call, or starts each call anew."""

    def __init__(self, *, keep: bool) -> None:
        super().__init__()
        self.lstm = layer()
        self.keep, self.state = keep, None

    def forward(self, x: Tensor) -> Tensor:
        output, state = self.lstm(x, self.state)
        if self.keep:
            self.state = detach_state(state)
        return output


@case("a state kept in the module, seen by calling twice")
def _(mistaken: bool) -> Finding:
    return probes.call_twice(Keeps(keep=mistaken), batch())


@case("a state kept in the module, seen by the order of the rows")
def _(mistaken: bool) -> Finding:
    model = Keeps(keep=mistaken)
    model(batch())  # the state of an earlier batch
    return probes.row_permutation(model, batch())


@case("a state kept in the module beside the one that is passed")
def _(mistaken: bool) -> Finding:
    lstm = layer()
    kept = Keeps(keep=True)

    def model(x: Tensor, state: Any) -> tuple[Tensor, Any]:
        output, state = lstm(x, state)
        return (output + kept(output.new_zeros(N, 1, H_IN)) if mistaken else output), state

    return probes.loop_equals_bulk(model, batch())


@case("the state is not passed on")
def _(mistaken: bool) -> Finding:
    lstm = layer()

    def model(x: Tensor, state: Any) -> tuple[Tensor, Any]:
        return lstm(x) if mistaken else lstm(x, state)

    return probes.loop_equals_bulk(model, batch())


@case("a random initial state for each call")
def _(mistaken: bool) -> Finding:
    lstm = layer()

    def model(x: Tensor) -> Tensor:
        h_0 = torch.randn(1, N, H) if mistaken else torch.zeros(1, N, H)
        return lstm(x, (h_0, torch.zeros(1, N, H)))[0]

    return probes.call_twice(model, batch())


@case("h is detached and c is not")
def _(mistaken: bool) -> Finding:
    lstm = layer()

    def model(x: Tensor) -> Tensor:
        state = None
        for chunk in x.split(4, dim=1):
            output, (h, c) = lstm(chunk, state)
            state = (h.detach(), c if mistaken else c.detach())
        return output

    return probes.gradient_reach(model, torch.randn(N, 12, H_IN), steps=range(8, 12))


@case("the reverse half at the last step")
def _(mistaken: bool) -> Finding:
    lstm = layer(bidirectional=True)

    def model(x: Tensor) -> Tensor:
        output, (h_n, _) = lstm(x)
        return output[:, -1, H:] if mistaken else final_state(lstm, h_n)

    return probes.gradient_reach(model, batch())


@case("no eval() before the evaluation")
def _(mistaken: bool) -> Finding:
    lstm = layer(num_layers=2, dropout=0.5).train(mistaken)

    def evaluate(x: Tensor) -> Tensor:
        with torch.no_grad():
            return lstm(x)[0]

    return probes.call_twice(evaluate, batch())


# --- padding -------------------------------------------------------------------------------------


def packed(lstm: nn.LSTM, x: Tensor, lengths: Tensor) -> tuple[Tensor, Tensor]:
    """The output, padded with zeros, and h_n."""
    result, (h_n, _) = lstm(pack(lstm, x, lengths))
    return unpack(lstm, result, total_length=x.size(1))[0], h_n


@case("output[:, -1] on padded input")
def _(mistaken: bool) -> Finding:
    lstm = layer()

    def model(x: Tensor, lengths: Tensor) -> Tensor:
        output, _ = lstm(x)
        return output[:, -1] if mistaken else take_last(lstm, output, lengths)

    return probes.padding_invariance(model, batch(), LENGTHS)


@case("h_n of padded input")
def _(mistaken: bool) -> Finding:
    lstm = layer()

    def model(x: Tensor, lengths: Tensor) -> Tensor:
        return lstm(x)[1][0][-1] if mistaken else packed(lstm, x, lengths)[1][-1]

    return probes.padding_invariance(model, batch(), LENGTHS)


@case("output[:, -1] after unpacking")
def _(mistaken: bool) -> Finding:
    lstm = layer()

    def model(x: Tensor, lengths: Tensor) -> Tensor:
        output, h_n = packed(lstm, x, lengths)
        return output[:, -1] if mistaken else h_n[-1]

    return probes.padding_invariance(model, batch(), LENGTHS)


@case("the mean over padding")
def _(mistaken: bool) -> Finding:
    lstm = layer()

    def model(x: Tensor, lengths: Tensor) -> Tensor:
        output, _ = packed(lstm, x, lengths)
        mask = length_mask(lengths, L=x.size(1))
        return output.mean(1) if mistaken else masked_mean(output, mask, dim=1)

    return probes.padding_invariance(model, batch(), LENGTHS)


@case("the maximum over padding")
def _(mistaken: bool) -> Finding:
    lstm = layer()

    def model(x: Tensor, lengths: Tensor) -> Tensor:
        output, _ = packed(lstm, x, lengths)
        mask = length_mask(lengths, L=x.size(1))[..., None]
        return (output if mistaken else torch.where(mask, output, -torch.inf)).amax(1)

    return probes.padding_invariance(model, batch(), LENGTHS)


@case("two directions on padded input")
def _(mistaken: bool) -> Finding:
    lstm = layer(bidirectional=True)

    def model(x: Tensor, lengths: Tensor) -> Tensor:
        return lstm(x)[0] if mistaken else packed(lstm, x, lengths)[0]

    return probes.padding_invariance(model, batch(), LENGTHS)


@case("attention on padding")
def _(mistaken: bool) -> Finding:
    lstm, score = layer(), nn.Linear(H, 1)

    def model(x: Tensor, lengths: Tensor) -> Tensor:
        output, _ = packed(lstm, x, lengths)
        scores, mask = score(output)[..., 0], length_mask(lengths, L=x.size(1))
        weights = scores.softmax(1) if mistaken else masked_softmax(scores, mask, dim=1)
        return torch.einsum("nl,nlh->nh", weights, output)

    return probes.padding_invariance(model, batch(), LENGTHS)


@case("padding in the mean loss")
def _(mistaken: bool) -> Finding:
    lstm, goal = layer(), torch.randn(N, L, H)

    def loss(x: Tensor, lengths: Tensor) -> Tensor:
        losses = mse_loss(lstm(x)[0], goal, reduction="none").mean(-1)  # (N, L)
        if mistaken:
            return losses.mean()
        return masked_loss(losses, length_mask(lengths, L=L), dim=1, divide_by="steps")

    return probes.padding_invariance(loss, batch(), LENGTHS)


def to_the_right(x: Tensor, lengths: Tensor) -> Tensor:
    """Put the padding first."""
    moved = torch.zeros_like(x)
    for n, length in enumerate(lengths):
        moved[n, -length:] = x[n, :length]
    return moved


@case("padding first, then packed")
def _(mistaken: bool) -> Finding:
    lstm = layer()

    def model(x: Tensor, lengths: Tensor) -> Tensor:
        return packed(lstm, to_the_right(x, lengths) if mistaken else x, lengths)[1][-1]

    return probes.padding_invariance(model, batch(), LENGTHS)


@case("padding first, without packing")
def _(mistaken: bool) -> Finding:
    lstm = layer()

    def model(x: Tensor, lengths: Tensor) -> Tensor:
        if mistaken:
            return lstm(to_the_right(x, lengths))[0][:, -1]
        return packed(lstm, x, lengths)[1][-1]

    return probes.padding_invariance(model, batch(), LENGTHS)


@case("squeeze() without an axis, seen by a row alone")
def _(mistaken: bool) -> Finding:
    lstm = layer()

    def model(x: Tensor, lengths: Tensor) -> Tensor:
        h_n = packed(lstm, x, lengths)[1]
        return h_n.squeeze() if mistaken else h_n.squeeze(0)

    return probes.padding_invariance(model, batch(), LENGTHS)


def through_linear(lstm: nn.LSTM, linear: nn.Linear, *, mistaken: bool) -> Callable[..., Tensor]:
    """A linear layer on the rows of a packed sequence, with or without its indices."""

    def model(x: Tensor, lengths: Tensor) -> Tensor:
        rows, _ = lstm(pack_padded_sequence(x, lengths, True, enforce_sorted=False))
        data = linear(rows.data)
        again = PackedSequence(data, rows.batch_sizes) if mistaken else rows._replace(data=data)
        return pad_packed_sequence(again, True, total_length=x.size(1))[0]

    return model


@case("a packed sequence made without its indices, seen by the order of the rows")
def _(mistaken: bool) -> Finding:
    model = through_linear(layer(), nn.Linear(H, 2), mistaken=mistaken)
    return probes.row_permutation(model, batch(), lengths=LENGTHS)


@case("a packed sequence made without its indices, seen by the rows")
def _(mistaken: bool) -> Finding:
    model = through_linear(layer(), nn.Linear(H, 2), mistaken=mistaken)
    return probes.batch_leak(model, batch(), lengths=LENGTHS)


@case("lengths that are too short")
def _(mistaken: bool) -> Finding:
    lstm = layer()

    def model(x: Tensor, lengths: Tensor) -> Tensor:
        return packed(lstm, x, lengths - 1 if mistaken else lengths)[1][-1]

    return probes.gradient_reach(model, batch(), lengths=LENGTHS)


# --- training ------------------------------------------------------------------------------------


@case("inputs and targets without a shift")
def _(mistaken: bool) -> Finding:
    lstm = layer()
    if mistaken:
        return probes.causality(lstm, batch(), targets=lambda x: x)
    return probes.causality(lambda x: lstm(x[:, :-1]), batch(), targets=lambda x: x[:, 1:])


@case("inputs and targets of ids without a shift")
def _(mistaken: bool) -> Finding:
    model = nn.Sequential(nn.Embedding(9, H_IN), layer())
    ids = torch.arange(N * L).reshape(N, L) % 9
    if mistaken:
        return probes.causality(model, ids, targets=lambda x: x)
    return probes.causality(lambda x: model(x[:, :-1]), ids, targets=lambda x: x[:, 1:])


@case("two directions for the next step")
def _(mistaken: bool) -> Finding:
    return probes.causality(layer(bidirectional=mistaken), batch())


@case("a window that ends with its target")
def _(mistaken: bool) -> Finding:
    lstm, width = nn.LSTM(1, H, batch_first=True), 4

    def forecast(series: Tensor) -> Tensor:  # (1, L) to (1, L - width)
        windows = series[0].unfold(0, width, 1)[1:] if mistaken else series[0].unfold(0, width, 1)
        count = series.size(1) - width
        return lstm(windows[:count, :, None])[0][:, -1, :1].T

    return probes.causality(forecast, torch.randn(1, 12), targets=lambda x: x[:, width:])


C = 6


@case("the classes on the last axis of cross entropy")
def _(mistaken: bool) -> Finding:
    def loss(logits: Tensor, targets: Tensor) -> Tensor:
        return cross_entropy(logits if mistaken else logits.transpose(1, 2), targets)

    return probes.perfect_logits(loss, torch.randint(C, (N, C)), classes=C)  # L equal to C


@case("view instead of transpose on the logits")
def _(mistaken: bool) -> Finding:
    def loss(logits: Tensor, targets: Tensor) -> Tensor:
        n, length, classes = logits.shape
        if mistaken:
            return cross_entropy(logits.view(n, classes, length), targets)
        return cross_entropy(logits.transpose(1, 2), targets)

    return probes.perfect_logits(loss, torch.randint(C, (N, L)), classes=C)


@case("softmax before cross entropy")
def _(mistaken: bool) -> Finding:
    def loss(logits: Tensor, targets: Tensor) -> Tensor:
        return cross_entropy(logits.softmax(-1) if mistaken else logits, targets)

    return probes.perfect_logits(loss, torch.randint(C, (N,)), classes=C)


@case("nll_loss on logits")
def _(mistaken: bool) -> Finding:
    def loss(logits: Tensor, targets: Tensor) -> Tensor:
        return nll_loss(logits if mistaken else logits.log_softmax(-1), targets)

    return probes.perfect_logits(loss, torch.randint(C, (N,)), classes=C)


@case("features on a scale that saturates the gates")
def _(mistaken: bool) -> Finding:
    lstm = layer()
    return probes.gradient_reach(lambda x: lstm(x)[0][:, -1], batch() * (1e4 if mistaken else 1))


# --- weights -------------------------------------------------------------------------------------


@case("a weight assigned without transposing")
def _(mistaken: bool) -> Finding:
    lstm, kernel = layer(), torch.randn(H_IN, 4 * H)  # as Keras has it
    lstm.weight_ih_l0 = nn.Parameter(kernel if mistaken else kernel.T.contiguous())
    return probes.equations(lstm, batch())


@case("the number of layers changed after construction")
def _(mistaken: bool) -> Finding:
    lstm = layer(num_layers=2)
    if mistaken:
        lstm.num_layers = 1
    return probes.equations(lstm, batch())


@case("the biases switched off after construction")
def _(mistaken: bool) -> Finding:
    lstm = layer(bias=True)
    if mistaken:
        lstm.bias = False
    return probes.equations(lstm, batch())


@case("the hidden size changed after construction")
def _(mistaken: bool) -> Finding:
    lstm = layer()
    if mistaken:
        lstm.hidden_size = 4096
    return probes.equations(lstm, batch())


# --- the tests -----------------------------------------------------------------------------------


@pytest.mark.parametrize("name", CASES)
def test_the_probe_fails_the_mistaken_model(name: str) -> None:
    finding = CASES[name].mistaken()
    assert not finding.ok, finding
    assert re.search(r"look for|call model\.eval\(\)", finding.sentence), "it says where to look"


@pytest.mark.parametrize("name", CASES)
def test_the_probe_passes_the_repaired_model(name: str) -> None:
    finding = CASES[name].repaired()
    assert finding.ok, finding
