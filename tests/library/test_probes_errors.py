"""Each text of an error of the probes; whatever is given, the error is ours."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import torch
from torch import Tensor, nn

from lstm_guide import ShapeError, pack
from lstm_guide.probes import (
    batch_leak,
    call_twice,
    causality,
    equations,
    gradient_reach,
    loop_equals_bulk,
    memory,
    padding_invariance,
    perfect_logits,
    row_permutation,
)

from .test_errors import assert_is_ours

X: Any = torch.randn(4, 7, 3)  # (N, L, H_in)
CLASSES: Any = torch.arange(6).view(2, 3)
LENGTHS = [3, 7, 2, 5]


def per_step(x: Tensor) -> Tensor:
    return x.cumsum(1) * 1.0


def loss_of(logits: Tensor, targets: Tensor) -> Tensor:
    return logits.sum()


class Shrinks:
    """A function whose answers lose a feature from call to call."""

    def __init__(self) -> None:
        self.sizes = iter((3, 2, 1))

    def __call__(self, x: Tensor) -> Tensor:
        return x[:, :, : next(self.sizes)]


NOT_LSTM: Any = nn.GRU(3, 5)
MODEL_CLASS: Any = nn.LSTM
NONE: Any = None

BAD: dict[str, tuple[type[Exception], Callable[[], Any]]] = {
    "model: expected a callable, got None. Pass your model": (
        TypeError,
        lambda: batch_leak(None, X),
    ),
    "got the class LSTM. Pass an object of the class: model=LSTM": (
        TypeError,
        lambda: call_twice(MODEL_CLASS, X),
    ),
    "x: expected a tensor, got a list of 2. Pass the padded": (
        TypeError,
        lambda: memory(per_step, [1, 2], batch_axis=0),
    ),
    "x: expected a dense tensor": (TypeError, lambda: batch_leak(per_step, X.to_sparse())),
    "x: expected numbers or ids, got torch.bool": (TypeError, lambda: batch_leak(per_step, X > 0)),
    "x: expected (N, L, ...), got (7,). Give one sequence": (
        ShapeError,
        lambda: call_twice(per_step, X[0, :, 0]),
    ),
    "x: expected (L, N, ...), got (7,).": (
        ShapeError,
        lambda: memory(per_step, X[0, :, 0], batch_axis=1),
    ),
    "with at least N = 2 and L = 1, no axis empty, got": (
        ShapeError,
        lambda: batch_leak(per_step, X[:1]),
    ),
    "with at least N = 1 and L = 2, no axis empty, got": (
        ShapeError,
        lambda: causality(per_step, X[:, :1]),
    ),
    "no axis empty, got": (ShapeError, lambda: call_twice(per_step, X[:, :, :0])),
    "batch_axis: expected 0 or 1, got str. Give the number": (
        TypeError,
        lambda: batch_leak(per_step, X, batch_axis="N"),
    ),
    "batch_axis: expected 0 or 1, got 2. Batch and time": (
        ValueError,
        lambda: batch_leak(per_step, X, batch_axis=2),
    ),
    "x: expected entries, got device meta": (
        ValueError,
        lambda: batch_leak(per_step, X.to("meta")),
    ),
    "x: expected finite values, got 1 that are not": (
        ValueError,
        lambda: batch_leak(per_step, torch.tensor([[1.0, torch.nan], [1, 2]])),
    ),
    "x: expected ids, got 3 only. Take a sample": (
        ValueError,
        lambda: batch_leak(per_step, torch.full((2, 3), 3)),
    ),
    "x: expected a floating-point dtype, got torch.int64. Ids have": (
        TypeError,
        lambda: gradient_reach(per_step, torch.arange(6).view(2, 3)),
    ),
    "answer: expected a tensor from the model, got dict. Probe a function": (
        TypeError,
        lambda: batch_leak(lambda x: {"y": x}, X),
    ),
    "got a PackedSequence. Unpack it inside": (
        TypeError,
        lambda: batch_leak(lambda x: pack(nn.LSTM(3, 5, batch_first=True), x, LENGTHS), X),
    ),
    "got a tuple of 0": (TypeError, lambda: call_twice(lambda x: (), X)),
    "answer: expected floating-point numbers from the model, got torch.int64": (
        TypeError,
        lambda: batch_leak(lambda x: x.argmax(-1), X),
    ),
    "answer: expected at least one entry": (ShapeError, lambda: batch_leak(lambda x: x[:0], X)),
    "answer: expected N = 4 rows on axis 0, got sizes (7, 4, 3). If axis 1": (
        ShapeError,
        lambda: batch_leak(lambda x: x.transpose(0, 1), X),
    ),
    "answer: expected N = 4 rows on axis 1, got sizes (4, 7, 3). If axis 0": (
        ShapeError,
        lambda: row_permutation(per_step, X, answer_axis=1),
    ),
    "answer: expected N = 4 rows on axis 0, got sizes (). Probe a function": (
        ShapeError,
        lambda: batch_leak(lambda x: x.sum(), X),
    ),
    "answer_axis: expected an int, got float": (
        TypeError,
        lambda: batch_leak(per_step, X, answer_axis=0.0),
    ),
    "answer: expected at most L = 7 steps on axis 1, got sizes": (
        ShapeError,
        lambda: causality(lambda x: torch.cat([x, x], 1), X),
    ),
    "answer: expected 7 steps on axis 1, got sizes (4, 3)": (
        ShapeError,
        lambda: loop_equals_bulk(lambda x, s: (x[:, 0], s), X),
    ),
    "answer: expected 1 steps on axis 1, got sizes": (
        ShapeError,
        lambda: loop_equals_bulk(lambda x, s: (x.expand(-1, 7, -1), s), X),
    ),
    "answer: expected 7 steps on axis 1, got sizes (4, 6, 3)": (
        ShapeError,
        lambda: padding_invariance(lambda x, n: x[:, :-1], X, LENGTHS),
    ),
    "answer: expected the sizes of the call before": (ShapeError, lambda: batch_leak(Shrinks(), X)),
    "answer: expected a pair (output, state) from the model, got a tensor": (
        TypeError,
        lambda: loop_equals_bulk(lambda x, s: x, X),
    ),
    "targets: expected a callable, got a tensor": (
        TypeError,
        lambda: causality(per_step, X, targets=X),
    ),
    "targets: expected a tensor, got a list": (
        TypeError,
        lambda: causality(per_step, X, targets=lambda x: [x]),
    ),
    "targets: expected 7 steps on axis 1, got sizes": (
        ShapeError,
        lambda: causality(per_step, X, targets=lambda x: x[:, 1:]),
    ),
    "targets: expected values of x, got targets that stay": (
        ValueError,
        lambda: causality(per_step, X, targets=lambda x: X),
    ),
    "steps: expected numbers of steps from -7 to 6, got int": (
        TypeError,
        lambda: gradient_reach(per_step, X, steps=3),
    ),
    "steps: expected numbers of steps from -7 to 6, got 7": (
        ValueError,
        lambda: gradient_reach(per_step, X, steps=[7]),
    ),
    "steps: expected numbers of steps from -7 to 6, got none": (
        ValueError,
        lambda: gradient_reach(per_step, X, steps=[]),
    ),
    "lengths: expected N = 4 whole numbers from 1 to L = 7": (
        ShapeError,
        lambda: padding_invariance(lambda x, n: x, X, [1, 2]),
    ),
    "lengths: expected N = 4 whole numbers": (
        TypeError,
        lambda: row_permutation(per_step, X, lengths=[1.0] * 4),
    ),
    "loss: expected a callable, got None": (
        TypeError,
        lambda: perfect_logits(None, CLASSES, classes=6),
    ),
    "classes: expected an int, got float": (
        TypeError,
        lambda: perfect_logits(loss_of, CLASSES, classes=6.0),
    ),
    "classes: expected at least 2, got 1": (
        ValueError,
        lambda: perfect_logits(loss_of, CLASSES, classes=1),
    ),
    "targets: expected a tensor, got None": (
        TypeError,
        lambda: perfect_logits(loss_of, None, classes=6),
    ),
    "targets: expected class numbers from 0 to 5, got torch.float32": (
        TypeError,
        lambda: perfect_logits(loss_of, CLASSES.float(), classes=6),
    ),
    "targets: expected class numbers from 0 to 5, got shape (0,)": (
        ShapeError,
        lambda: perfect_logits(loss_of, CLASSES[0, :0], classes=6),
    ),
    "targets: expected class numbers from 0 to 5, got device meta": (
        ValueError,
        lambda: perfect_logits(loss_of, CLASSES.to("meta"), classes=6),
    ),
    "targets: expected class numbers from 0 to 3, got 0 to 5": (
        ValueError,
        lambda: perfect_logits(loss_of, CLASSES, classes=4),
    ),
    "loss: expected one number, got a tensor of shape": (
        ShapeError,
        lambda: perfect_logits(lambda a, b: a, CLASSES, classes=6),
    ),
    "loss: expected a tensor with one number, got float": (
        TypeError,
        lambda: perfect_logits(lambda a, b: 0.0, CLASSES, classes=6),
    ),
    "lstm: expected an nn.LSTM, got nn.GRU": (TypeError, lambda: equations(NOT_LSTM, X)),
    "x: expected": (ShapeError, lambda: equations(nn.LSTM(2, 5), X)),
}


@pytest.mark.parametrize("text", BAD)
def test_bad_input_is_named(text: str) -> None:
    error, call = BAD[text]
    with pytest.raises(error) as found:
        call()
    assert found.type is error
    assert text in str(found.value)
    assert_is_ours(found.value)
