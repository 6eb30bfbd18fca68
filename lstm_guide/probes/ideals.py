"""Probes against what is known: the loss of perfect logits, and the equations of the LSTM."""

from __future__ import annotations

import re
from functools import partial
from math import inf

import torch
from torch import Tensor, nn
from torch.nn.utils.rnn import PackedSequence

from lstm_guide import errors
from lstm_guide.cell import lstm_forward
from lstm_guide.probes.bench import Model, bench, gap, tolerance
from lstm_guide.probes.result import Finding
from lstm_guide.shapes import call_shapes, parameter_shapes

__all__ = ["equations", "perfect_logits"]

_OWN = re.compile(r"(weight|bias)_(ih|hh|hr)_l\d+(_reverse)?")
_NOTHING = 1e-3
_MARGIN = 30.0  # the chance of a wrong class is e^-30, 1e-13


def perfect_logits(loss: Model, targets: Tensor, *, classes: int) -> Finding:
    """Give a loss the logits of a model that is sure and right: it must be zero.

    The right class gets 30 and all others 0. Zero means below 0.001: cross entropy gives 1e-13 for
    each class, float32 rounds at 1e-6, and the mistakes that this finds cost a tenth or more.

    Args:
        loss: what is called with (logits, targets) as your training code does, and returns the
            mean. The logits come as the model gives them, the classes last.
        targets: the class of each step, (N, L), or of each row, (N,), without padding. Take your
            own sizes: with L equal to classes swapped axes raise nothing.
        classes: the number of classes, C.

    Returns:
        A finding; its number is the loss of the perfect logits, (N, L, C), without its sign.

    Raises:
        ShapeError: the targets are empty, or the loss is not one number.
        TypeError: an argument has the wrong type or dtype.
        ValueError: a target is no class number.

    Example:
        >>> from torch.nn.functional import cross_entropy
        >>> targets = torch.randint(6, (4, 6))  # (N, L), and as many classes as steps
        >>> def swapped(logits, targets):
        ...     return cross_entropy(logits, targets)  # reads the time axis as the classes
        >>> def right(logits, targets):
        ...     return cross_entropy(logits.transpose(1, 2), targets)
        >>> [perfect_logits(loss, targets, classes=6).ok for loss in (swapped, right)]
        [False, True]
    """
    errors.check_callable("loss", loss, change="Give the loss function of your training code.")
    right = errors.check_classes(targets, classes)
    logits = _MARGIN * nn.functional.one_hot(right, classes).to(torch.get_default_dtype())
    with bench(loss) as run:
        value = errors.check_loss(run(logits, right.clone()))
    sentence = "Perfect logits cost nothing."
    number = abs(value)
    if not number <= _NOTHING:
        sentence = (
            f"Perfect logits of {classes} classes cost {value:.4f}: look for a softmax before "
            "cross_entropy, nll_loss on logits, view where transpose is meant, and classes on "
            "another axis than the loss reads."
        )
    return Finding("perfect logits", number, _NOTHING, sentence, "silent-training")


def equations(
    lstm: nn.LSTM, x: Tensor | PackedSequence, state: tuple[Tensor, Tensor] | None = None
) -> Finding:
    """Compute a call from the equations: the module must give the same.

    First the parameters are compared with what the attributes of the module say, without running
    it: torch does not check them on every path, and reads foreign memory where they do not fit.
    Outputs are the same when three quarters of the digits of the dtype agree, measured at the
    largest entry: the equations and the kernels add in another order.

    Args:
        lstm: the module.
        x: the input, (L, N, H_in), or (N, L, H_in) with batch_first, or unbatched (L, H_in), or
            packed.
        state: (h_0, c_0), of shapes (K * D, N, H_out) and (K * D, N, H_cell), without N for
            unbatched x; None for zeros.

    Returns:
        A finding; its number is the largest difference of the outputs, and infinite where the
        parameters do not fit.

    Raises:
        ShapeError: x or the state does not fit the module.
        TypeError: an argument has the wrong type or dtype.
        ValueError: x, the state and the weights are not all on one device.

    Example:
        >>> equations(nn.LSTM(3, 5, num_layers=2), torch.randn(7, 4, 3)).ok
        True
    """
    errors.check_lstm(lstm)
    misfit = _misfit(lstm)
    if misfit:
        return Finding("equations", inf, 0, f"{misfit} The module was not run.", "silent-weights")
    call_shapes(lstm, x, state=state)
    with bench(lstm) as run:
        given = _together(run(x, state))
    with bench(partial(lstm_forward, lstm)) as run:
        moves = gap(given, _together(run(x, state)))
    number, limit = float(moves.max()), tolerance(given)
    sentence = "The module computes what its equations say."
    if not number <= limit:
        sentence = (
            "The module does not compute its equations: look for weights that changed without the "
            "module knowing, and build a new module with load_state_dict."
        )
    return Finding("equations", number, limit, sentence, "silent-weights")


def _misfit(lstm: nn.LSTM) -> str:
    """Say which parameter is not what the attributes of the module say; empty where all are."""
    expected = parameter_shapes(lstm)
    own = [name for name, _ in lstm.named_parameters(recurse=False) if _OWN.fullmatch(name)]
    for name in dict.fromkeys([*expected, *own]):
        found = getattr(lstm, name, None)
        got = tuple(found.shape) if isinstance(found, Tensor) else "missing"
        if got != expected.get(name):
            return (
                f"{name} is {got}, where the attributes of the module ask for "
                f"{expected.get(name, 'none')}: look for a weight assigned without transposing, "
                "and for an attribute changed after construction."
            )
    return ""


def _together(result: tuple[Tensor | PackedSequence, tuple[Tensor, Tensor]]) -> Tensor:
    """All numbers of output, h_n and c_n."""
    output, (h_n, c_n) = result
    data = output.data if isinstance(output, PackedSequence) else output
    return torch.cat([data.flatten(), h_n.flatten(), c_n.flatten()]).detach()
