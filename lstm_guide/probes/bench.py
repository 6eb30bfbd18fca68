"""Run a model again and again from one and the same start, and leave it as it was."""

from __future__ import annotations

import types
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from typing import Any

import torch
from torch import Tensor, nn

from lstm_guide import errors

__all__: list[str] = []  # what the probes share

Model = Callable[..., Any]


@contextmanager
def bench(
    model: Model, *, evaluate: bool = True, rewind: bool = True, gradient: bool = False
) -> Iterator[Model]:
    """Give a function that calls the model, and put everything back at the end.

    What is put back: the attributes of every module, so that a state kept inside is too; its
    parameters, buffers, gradients and training mode; generators, the random state of torch and
    the grad mode. With rewind this happens before every call, so that only the input differs
    between two calls. With evaluate the calls are made in evaluation mode.
    """
    errors.check_callable("model", model, change="Pass your model, or a function that calls it.")
    parts = list(_parts(model))
    restore = _remember(parts)
    modules = [part for part in parts if isinstance(part, nn.Module)]
    devices = sorted(
        {str(part.device) for part in parts if isinstance(part, Tensor) and part.is_cuda}
    )

    def run(*arguments: Any) -> Any:
        if evaluate:
            for module in modules:
                module.training = False  # train() may be the reader's own and do more
        with torch.set_grad_enabled(gradient):
            return model(*arguments)

    def run_from_the_start(*arguments: Any) -> Any:
        restore()
        with torch.random.fork_rng(devices):
            return run(*arguments)

    with torch.random.fork_rng(devices):
        try:
            yield run_from_the_start if rewind else run
        finally:
            restore()


def answer_of(run: Model, *arguments: Any) -> Tensor:
    """Call the model with copies, which it may change in place, and return its answer alone."""
    copies = [each.clone() if isinstance(each, Tensor) else each for each in arguments]
    return errors.check_model_answer(run(*copies)).detach().clone()


def gap(one: Tensor, other: Tensor) -> Tensor:
    """The difference of two answers, entry by entry; equal infinities do not differ."""
    errors.check_same_sizes(other, tuple(one.shape))
    return torch.where(one == other, 0, (one - other).abs())


def largest_along(values: Tensor, axis: int) -> Tensor:
    """The largest entry for each position on one axis; nan stays nan."""
    return values.movedim(axis, 0).flatten(1).amax(1) if values.dim() > 1 else values


def tolerance(answer: Tensor) -> float:
    """How far two results may be apart and still count as the same.

    Three quarters of the digits of the dtype have to agree, measured at the largest entry: 6e-6 of
    it in float32, 2e-12 in float64. Two kernels that compute the same differ by a few units of the
    last digit; a mistake of those shown in the guide moves a thousandth or more.
    """
    finite = answer[torch.isfinite(answer)].abs()
    largest = float(finite.max()) if finite.numel() else 0.0
    return float(torch.finfo(answer.dtype).eps ** 0.75) * largest


def modules_of(model: Model) -> list[tuple[str, nn.Module]]:
    """The modules that a model consists of, with their names."""
    if isinstance(model, nn.Module):
        return list(model.named_modules())
    return [("", part) for part in _parts(model) if isinstance(part, nn.Module)]


def _parts(model: object) -> Iterator[Any]:
    """Modules, tensors, generators, lists and dicts in a model and in what its functions name."""
    waiting, seen, file = [model], set[int](), None
    while waiting:
        part = waiting.pop()
        if id(part) in seen:
            continue
        seen.add(id(part))
        yield part
        if isinstance(part, types.FunctionType):
            file = part.__globals__ if file is None else file
            # Functions of other files name half of torch.
            waiting += _named_by(part) if part.__globals__ is file else []
        elif isinstance(part, types.MethodType):
            owner = part.__self__
            waiting += [owner, getattr(owner, "__dict__", {}), part.__func__]
        elif isinstance(part, partial):
            waiting += [part.func, *part.args, *part.keywords.values()]
        elif isinstance(part, Tensor):
            waiting += [part.grad] if part.is_leaf else []
        elif isinstance(part, dict):
            waiting += part.values()
        elif isinstance(part, list | tuple):
            waiting += part
        elif isinstance(part, nn.Module) or part is model:
            waiting.append(getattr(part, "__dict__", {}))


def _named_by(function: types.FunctionType) -> list[object]:
    """The values of the outer and the global names that a function uses."""
    cells = [cell.cell_contents for cell in function.__closure__ or () if _is_filled(cell)]
    codes, names = [function.__code__], set[str]()
    while codes:
        code = codes.pop()
        names.update(code.co_names)
        codes += [each for each in code.co_consts if isinstance(each, types.CodeType)]
    return cells + [function.__globals__[name] for name in names if name in function.__globals__]


def _is_filled(cell: types.CellType) -> bool:
    try:
        cell.cell_contents  # noqa: B018
    except ValueError:
        return False
    return True


def _remember(parts: list[Any]) -> Callable[[], object]:
    """Return a function that puts the parts back to what they are now."""
    backs = [back for part in parts for back in _backs(part)]

    def restore() -> None:
        for back in backs:
            back()

    return restore


def _backs(part: Any) -> Iterator[Callable[[], object]]:
    """The steps that put one part back."""
    if isinstance(part, dict):
        yield partial(_refill, part, part.copy())
    elif isinstance(part, list):
        yield partial(part.__setitem__, slice(None), part.copy())
    elif isinstance(part, torch.Generator):
        yield partial(part.set_state, part.get_state())
    elif isinstance(part, Tensor):
        yield partial(_put_back, part, part.detach().clone())
        if part.is_leaf:
            yield partial(part.requires_grad_, part.requires_grad)
            yield partial(setattr, part, "grad", part.grad)


def _refill(found: dict[Any, Any], content: dict[Any, Any]) -> None:
    found.clear()
    found.update(content)


def _put_back(tensor: Tensor, value: Tensor) -> None:
    if not tensor.is_meta and not torch.equal(tensor, value):
        # Through data, so that a backward() that waits does not take the tensor for changed.
        tensor.data.copy_(value)
