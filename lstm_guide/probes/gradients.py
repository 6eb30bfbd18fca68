"""The probe of the gradient: which steps of the input can learn from the answer."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from lstm_guide import errors
from lstm_guide.probes.bench import Model, bench
from lstm_guide.probes.result import Finding
from lstm_guide.probes.sample import Sample

__all__ = ["gradient_reach"]


def gradient_reach(
    model: Model,
    x: Tensor,
    *,
    steps: Sequence[int] | None = None,
    lengths: Tensor | Sequence[int] | None = None,
    batch_axis: int = 0,
) -> Finding:
    """Ask which steps of the input have a gradient from the answer: all valid ones must.

    Zero means exactly zero: a gradient that fades is small and still there. The entries of the
    answer are added up with random weights, since those of a softmax always add up to 1.

    Args:
        model: what is called with x, or with (x, lengths) where lengths are given; it returns what
            your loss uses.
        x: a sample, (N, L, ...) or (L, N, ...), numbers.
        steps: the steps that must have a gradient, while all others must have none, as for
            truncated backpropagation; None for all.
        lengths: the number of valid steps of each row, (N,); None for a model that takes x alone.
        batch_axis: the axis of x that holds the rows, 0 or 1; the other one is time.

    Returns:
        A finding; its number counts the steps that do not have what they must. Its matrix (N, L)
        holds the largest gradient of each step.

    Raises:
        ShapeError: x or the lengths do not fit.
        TypeError: an argument or the answer has the wrong type or dtype; ids have no gradient.
        ValueError: x has entries that are not finite, or steps names one that x does not have.

    Example:
        >>> from torch import nn
        >>> lstm = nn.LSTM(3, 5, bidirectional=True, batch_first=True)
        >>> x = torch.randn(4, 7, 3)  # (N, L, H_in)
        >>> finding = gradient_reach(lambda x: lstm(x)[0][:, -1, 5:], x)
        >>> finding.ok, finding.number, tuple(finding.matrix.shape)
        (False, 6, (4, 7))
    """
    sample = Sample.of(x, batch_axis, lengths)
    errors.check_numbers(sample.x)
    must = sample.valid  # (N, L)
    may = torch.ones_like(must)
    if steps is not None:
        chosen = list(errors.check_wanted_steps(steps, L=sample.L))
        may = torch.zeros_like(must)
        may[:, chosen] = True
    matrix = _reach(model, sample)  # (N, L)
    missing = (must & may & ~(matrix > 0)).any(0)  # (L,)
    beyond = (~may & (matrix != 0)).any(0)
    number = int(missing.sum() + beyond.sum())
    sentence, page = _explain_reach(sample, matrix, missing, beyond)
    return Finding("gradient reach", number, 0, sentence, page, matrix=matrix)


def _reach(model: Model, sample: Sample) -> Tensor:
    """The largest gradient of each step, (N, L)."""
    x = sample.x.detach().clone().requires_grad_()
    # cuDNN has no backward in evaluation mode.
    cudnn = torch.backends.cudnn.flags(enabled=False)
    with bench(model, gradient=True) as run, torch.enable_grad(), cudnn:
        # A copy, which the model may change in place.
        answer = errors.check_model_answer(run(x.clone(), *sample.arguments[1:]))
        if not answer.requires_grad:
            return torch.zeros(sample.N, sample.L)
        weights = torch.randn(answer.shape, generator=torch.Generator().manual_seed(0))
        total = torch.where(torch.isfinite(answer), answer, 0) * weights.to(answer)
        (gradient,) = torch.autograd.grad(total.sum(), x, materialize_grads=True)
    reach = gradient.abs().flatten(2).amax(2) if gradient.dim() > 2 else gradient.abs()
    return (reach if sample.batch_axis == 0 else reach.T).cpu()


def _explain_reach(
    sample: Sample, matrix: Tensor, missing: Tensor, beyond: Tensor
) -> tuple[str, str]:
    """Say what the reach means, and name the page."""
    if beyond.any():
        return (
            f"{_count(beyond)} have a gradient that was to be cut: look for a state whose h or c "
            "is carried on without detach().",
            "silent-states",
        )
    if not missing.any():
        return "Every step that must have a gradient has one.", "silent-states"
    found = matrix[matrix > 0]
    if sample.x.abs().max() > 100:
        return (
            f"{_count(missing)} have no gradient, and x has entries up to "
            f"{float(sample.x.abs().max()):.0f}, which drive every gate to 0 or 1: bring the "
            "features to about one, and look for detach().",
            "silent-training",
        )
    if len(found) and found.min() < 1e-20 * found.max():
        return (
            f"{_count(missing)} have no gradient, since it fades to zero on the way: set a larger "
            "forget bias, or shorten the sequences.",
            "memory-and-gradient",
        )
    return (
        f"{_count(missing)} have no gradient: look for a reverse direction taken at its first "
        "step, as in output[:, -1], for lengths that are too short, and for detach(), .data or "
        "no_grad inside the model.",
        "silent-states",
    )


def _count(steps: Tensor) -> str:
    """Name the steps by number."""
    numbers = [str(t) for t in steps.nonzero().flatten().tolist()]
    if len(numbers) > 6:
        numbers = [*numbers[:2], "...", numbers[-1]]
    return f"Step{'s' * (len(numbers) > 1)} {', '.join(numbers)}"
