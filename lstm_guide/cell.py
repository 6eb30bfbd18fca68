"""The equations of the LSTM: one step, a whole call, and every gate of a call."""

from __future__ import annotations

import math
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.nn.utils.rnn import PackedSequence, pad_packed_sequence

from lstm_guide import errors
from lstm_guide.shapes import Config, call_shapes, parameter_shapes
from lstm_guide.states import split_state, zero_state
from lstm_guide.weights.gates import weights_by_layer

__all__ = ["Step", "Trace", "lstm_forward", "lstm_step", "trace_steps"]


class Step(NamedTuple):
    """What one step computes: gates i, f, o, candidate g, cell state c and hidden state h.

    Each is (N, H_cell), or (H_cell,) without a batch; h is (N, H_out).

    Example:
        >>> weights = nn.LSTM(3, 5).parameters()
        >>> step = lstm_step(torch.randn(4, 3), torch.zeros(4, 5), torch.zeros(4, 5), *weights)
        >>> step._fields, tuple(step.f.shape)
        (('i', 'f', 'g', 'o', 'c', 'h'), (4, 5))
    """

    i: Tensor
    f: Tensor
    g: Tensor
    o: Tensor
    c: Tensor
    h: Tensor


def lstm_step(
    x_t: Tensor,
    h: Tensor,
    c: Tensor,
    weight_ih: Tensor,
    weight_hh: Tensor,
    bias_ih: Tensor | None = None,
    bias_hh: Tensor | None = None,
    weight_hr: Tensor | None = None,
) -> Step:
    """Compute one step of one layer in one direction.

    The weights have the names, shapes and order of torch, so that those of a layer go in as
    ``*lstm.all_weights[0]`` where it has biases.

    Args:
        x_t: the input of the step, (N, H_in), or (H_in,) without a batch.
        h: the hidden state before the step, (N, H_out).
        c: the cell state before the step, (N, H_cell).
        weight_ih: (4 * H_cell, H_in).
        weight_hh: (4 * H_cell, H_out).
        bias_ih: (4 * H_cell,); None for no bias.
        bias_hh: (4 * H_cell,); None for no bias.
        weight_hr: the projection, (H_out, H_cell); None for none.

    Returns:
        The gates of the step, and c and h after it.

    Raises:
        ShapeError: the tensors do not fit together.
        TypeError: an argument is not a tensor, one bias is given without the other, or a dtype is
            not that of x_t.
        ValueError: the tensors are not all on one device.

    Source: the formulas of ``torch.nn.LSTM``; Hochreiter and Schmidhuber, Long Short-Term Memory,
    1997; the forget gate is from Gers, Schmidhuber and Cummins, Learning to Forget, 2000.

    Example:
        >>> lstm = nn.LSTM(3, 5)
        >>> x, zeros = torch.randn(7, 4, 3), torch.zeros(4, 5)
        >>> step = lstm_step(x[0], zeros, zeros, *lstm.all_weights[0])
        >>> output, _ = lstm(x)
        >>> tuple(step.h.shape), torch.allclose(step.h, output[0], atol=1e-6)
        ((4, 5), True)
    """
    weights = {"weight_ih": weight_ih, "weight_hh": weight_hh}
    optional = {"bias_ih": bias_ih, "bias_hh": bias_hh, "weight_hr": weight_hr}
    weights |= {name: tensor for name, tensor in optional.items() if tensor is not None}
    _check_step(x_t, h, c, weights)
    return _step(x_t, h, c, weights)


def _step(x_t: Tensor, h: Tensor, c: Tensor, weights: dict[str, Tensor]) -> Step:
    """The equations, without checks."""
    i, f, g, o = _gates(x_t, h, weights)
    # c_t = f_t ⊙ c_{t-1} + i_t ⊙ g_t
    c = f * c + i * g
    # h_t = o_t ⊙ tanh(c_t)
    h = o * torch.tanh(c)
    if "weight_hr" in weights:
        # h_t = W_hr (o_t ⊙ tanh(c_t))
        h = F.linear(h, weights["weight_hr"])  # (N, H_out)
    return Step(i, f, g, o, c, h)


def _gates(
    x_t: Tensor, h: Tensor, weights: dict[str, Tensor]
) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """The gates of one step or of many at once: they need x_t and h_{t-1}, and not c."""
    W_ih, W_hh = weights["weight_ih"], weights["weight_hh"]
    b_ih, b_hh = weights.get("bias_ih"), weights.get("bias_hh")
    # a = W_ih x_t + b_ih + W_hh h_{t-1} + b_hh
    a = F.linear(x_t, W_ih, b_ih) + F.linear(h, W_hh, b_hh)  # (N, 4 * H_cell)
    a_i, a_f, a_g, a_o = a.chunk(4, dim=-1)  # (N, H_cell) each
    # i_t = σ(a_i)
    i = torch.sigmoid(a_i)
    # f_t = σ(a_f)
    f = torch.sigmoid(a_f)
    # g_t = tanh(a_g)
    g = torch.tanh(a_g)
    # o_t = σ(a_o)
    o = torch.sigmoid(a_o)
    return i, f, g, o


def _check_step(x_t: Tensor, h: Tensor, c: Tensor, weights: dict[str, Tensor]) -> None:
    """Refuse tensors that do not fit together."""
    projected = "weight_hr" in weights
    errors.check_step(x_t, h, c, projected=projected)
    config = Config(
        input_size=x_t.size(-1),
        hidden_size=c.size(-1),
        bias="bias_ih" in weights or "bias_hh" in weights,
        proj_size=h.size(-1) if projected else 0,
    )
    expected = parameter_shapes(config).items()
    errors.check_weights(weights, {name.removesuffix("_l0"): size for name, size in expected}, x_t)


# --- a whole call ----------------------------------------------------------------------------


def lstm_forward(
    lstm: nn.LSTM,
    x: Tensor | PackedSequence,
    state: tuple[Tensor, Tensor] | None = None,
) -> tuple[Tensor | PackedSequence, tuple[Tensor, Tensor]]:
    """Compute a call of ``nn.LSTM`` from the equations, step by step.

    It is equal to ``lstm(x, state)`` in values and gradients up to rounding, and many times slower:
    it is there to be read and compared with. Dropout acts as in the module, between the layers and
    in training mode only; the same seed drops the same entries.

    Args:
        lstm: the module.
        x: the input, (L, N, H_in), or (N, L, H_in) with batch_first, or unbatched (L, H_in), or
            packed.
        state: (h_0, c_0), of shapes (K * D, N, H_out) and (K * D, N, H_cell), without N for
            unbatched x; None for zeros.

    Returns:
        output and (h_n, c_n), in the shapes and the layout of the module.

    Raises:
        ShapeError: x, the state or a parameter does not have the shape that the module reads.
        TypeError: an argument has the wrong type or dtype.
        ValueError: x, the state and the weights are not all on one device.

    Example:
        >>> lstm = nn.LSTM(3, 5, num_layers=2, bidirectional=True)
        >>> x = torch.randn(7, 4, 3)
        >>> output, (h_n, c_n) = lstm_forward(lstm, x)
        >>> tuple(output.shape), torch.allclose(output, lstm(x)[0], atol=1e-6)
        ((7, 4, 10), True)
    """
    layers, lengths = _run(lstm, x, state, _by_equations)
    last = [_last(step, d, lengths) for row in layers for d, step in enumerate(row)]
    h_n, c_n = (torch.stack(rows) for rows in zip(*last, strict=True))  # (K * D, N, H)
    output = _join_directions(layers[-1])  # (L, N, D * H_out)
    if isinstance(x, PackedSequence):
        return _pack(output, x), (h_n, c_n)
    return output.transpose(0, 1) if _is_batch_first(lstm, x) else output, (h_n, c_n)


def _by_equations(x: Tensor, h: Tensor, c: Tensor, weights: dict[str, Tensor]) -> Step:
    """All steps of one direction of one layer: each tensor is (L, N, H)."""
    steps = []
    # Not x[t]: the gradient of every index would be as large as x, and L of them are added.
    for x_t in x.unbind(0):
        step = _step(x_t, h, c, weights)
        h, c = step.h, step.c
        steps.append(step)
    return Step(*(torch.stack(parts) for parts in zip(*steps, strict=True)))


# --- every gate ------------------------------------------------------------------------------


@dataclass(frozen=True, eq=False, repr=False)
class Trace:
    """Every gate, candidate, cell state and hidden state of a call.

    Time is first in every layout, and sequences stand in the order of the caller. ``c[k, d, t]``
    is c of layer k after it has read step t; direction 1 reads from the last step to step 0.
    ``h[-1, d]`` are the halves of output. Printing shows shapes.

    Attributes:
        i, f, g, o, c: (K, D, L, N, H_cell), without N for unbatched x.
        h: (K, D, L, N, H_out), without N for unbatched x.
        mask: (L, N), or (L,) for unbatched x; False at the steps that packed input does not have,
            where all other tensors are 0.

    Example:
        >>> trace = trace_steps(nn.LSTM(3, 6, num_layers=2, proj_size=5), torch.randn(7, 4, 3))
        >>> trace
        i, f, g, o, c: (K, D, L, N, H_cell) = (2, 1, 7, 4, 6)
        h:             (K, D, L, N, H_out) = (2, 1, 7, 4, 5)
        mask:          (L, N) = (7, 4)
    """

    i: Tensor
    f: Tensor
    g: Tensor
    o: Tensor
    c: Tensor
    h: Tensor
    mask: Tensor

    def __repr__(self) -> str:
        batch = "L, N" if self.mask.dim() == 2 else "L"
        return (
            f"i, f, g, o, c: (K, D, {batch}, H_cell) = {tuple(self.c.shape)}\n"
            f"h:             (K, D, {batch}, H_out) = {tuple(self.h.shape)}\n"
            f"mask:          ({batch}{',' * (batch == 'L')}) = {tuple(self.mask.shape)}"
        )


def trace_steps(
    lstm: nn.LSTM,
    x: Tensor | PackedSequence,
    state: tuple[Tensor, Tensor] | None = None,
) -> Trace:
    """Run a call and return what ``nn.LSTM`` keeps to itself: the gates and c of every step.

    torch computes h of each layer in its usual fast way. The gates follow from x and h of all
    steps at once, and c from the gates. Gradients pass as through the module.

    Args:
        lstm: the module.
        x: the input, (L, N, H_in), or (N, L, H_in) with batch_first, or unbatched (L, H_in), or
            packed.
        state: (h_0, c_0), of shapes (K * D, N, H_out) and (K * D, N, H_cell), without N for
            unbatched x; None for zeros.

    Returns:
        The trace, in which each gate is (K, D, L, N, H_cell). What was packed is padded here,
        and the mask says where.

    Raises:
        ShapeError: x, the state or a parameter does not have the shape that the module reads.
        TypeError: an argument has the wrong type or dtype.
        ValueError: x, the state and the weights are not all on one device.

    Example:
        >>> lstm, x = nn.LSTM(3, 5, num_layers=2), torch.randn(7, 4, 3)
        >>> trace = trace_steps(lstm, x)
        >>> output, (h_n, c_n) = lstm(x)
        >>> tuple(trace.f.shape), torch.allclose(trace.c[:, 0, -1], c_n, atol=1e-6)
        ((2, 1, 7, 4, 5), True)
    """
    layers, lengths = _run(lstm, x, state, _by_torch)
    steps = [step for row in layers for step in row]
    mask = torch.ones(steps[0].h.shape[:-1], dtype=torch.bool, device=steps[0].h.device)  # (L, N)
    if lengths is not None:
        mask = torch.arange(len(mask), device=mask.device)[:, None] < lengths
        steps = [Step(*(part.where(mask[..., None], 0) for part in step)) for step in steps]
    rows = (torch.stack(part) for part in zip(*steps, strict=True))  # (K * D, L, N, H) each
    i, f, g, o, c, h = (torch.unflatten(part, 0, (len(layers), -1)) for part in rows)
    return Trace(i, f, g, o, c, h, mask=mask)


def _by_torch(x: Tensor, h_0: Tensor, c_0: Tensor, weights: dict[str, Tensor]) -> Step:
    """The same as ``_by_equations``: h from one call of torch, and all else from h."""
    h = _call_torch(x, h_0, c_0, weights)  # (L, N, H_out)
    before = torch.cat((h_0[None], h[:-1]))  # (L, N, H_out): h_{t-1}
    i, f, g, o = _gates(x, before, weights)
    return Step(i, f, g, o, _scan(f, i * g, c_0), h)


def _call_torch(x: Tensor, h_0: Tensor, c_0: Tensor, weights: dict[str, Tensor]) -> Tensor:
    """h of every step, from the function that the forward method of ``nn.LSTM`` calls."""
    state = [part.reshape(1, -1, part.size(-1)) for part in (h_0, c_0)]  # (1, N, H)
    batched = x.reshape(len(x), -1, x.size(-1))  # (L, N, H_in)
    has_biases, num_layers, dropout, train = "bias_ih" in weights, 1, 0.0, False
    options = (has_biases, num_layers, dropout, train, False, False)  # one direction, time first
    with warnings.catch_warnings():
        # Says only that a call with proj_size is slower on a CPU.
        warnings.filterwarnings("ignore", "LSTM with projections", UserWarning)
        h, _, _ = torch.lstm(batched, state, list(weights.values()), *options)
    return h.reshape(*x.shape[:-1], h.size(-1))


def _scan(f: Tensor, u: Tensor, c_0: Tensor) -> Tensor:
    """c_t = f_t ⊙ c_{t-1} + u_t for all t, in about 3 * sqrt(L) operations instead of L.

    Time is cut into blocks. All blocks step at once, each from c = 0; then c is carried from block
    to block, and what is left of it at each step is added.
    """
    L, size = len(f), math.isqrt(len(f) - 1) + 1
    padding = (0, 0) * (f.dim() - 1) + (0, -L % size)
    f, u = (
        torch.unflatten(F.pad(part, padding), 0, (-1, size)) for part in (f, u)
    )  # (blocks, size, ...)
    left, inside = [f[:, 0]], [u[:, 0]]
    for f_t, u_t in zip(f.unbind(1)[1:], u.unbind(1)[1:], strict=True):
        left.append(f_t * left[-1])
        inside.append(f_t * inside[-1] + u_t)
    starts = [c_0]
    for f_block, u_block in zip(left[-1][:-1], inside[-1][:-1], strict=True):
        starts.append(f_block * starts[-1] + u_block)
    c = torch.stack(inside, 1) + torch.stack(left, 1) * torch.stack(starts)[:, None]
    return c.flatten(0, 1)[:L]


# --- layers, directions and layouts ----------------------------------------------------------

_Direction = Callable[[Tensor, Tensor, Tensor, dict[str, Tensor]], Step]


def _run(
    lstm: nn.LSTM,
    x: Tensor | PackedSequence,
    state: tuple[Tensor, Tensor] | None,
    run_direction: _Direction,
) -> tuple[list[list[Step]], Tensor | None]:
    """Run all layers; return the steps by layer and direction, and the lengths of packed input."""
    zeros = zero_state(lstm, x)
    call_shapes(lstm, x, state=state)
    h_0, c_0 = split_state(lstm, zeros if state is None else state)
    steps, lengths = _time_first(lstm, x)
    layers: list[list[Step]] = []
    for k, row in enumerate(weights_by_layer(lstm)):
        if layers:
            steps = _drop(lstm, _join_directions(layers[-1]), x)
        layers.append([])
        for d, weights in enumerate(row):
            turned = _reverse(steps, lengths) if d else steps
            step = run_direction(turned, h_0[k, d], c_0[k, d], weights)
            layers[-1].append(Step(*(_reverse(part, lengths) for part in step)) if d else step)
    return layers, lengths


def _time_first(lstm: nn.LSTM, x: Tensor | PackedSequence) -> tuple[Tensor, Tensor | None]:
    """x as (L, N, H_in) or (L, H_in), and the lengths of what was packed."""
    if isinstance(x, PackedSequence):
        steps, lengths = pad_packed_sequence(x)
        return steps, lengths.to(steps.device)
    return (x.transpose(0, 1) if _is_batch_first(lstm, x) else x), None


def _is_batch_first(lstm: nn.LSTM, x: Tensor) -> bool:
    return lstm.batch_first and x.dim() == 3


def _pack(steps: Tensor, like: PackedSequence) -> PackedSequence:
    """Padded steps (L, N, H), packed in the order of like."""
    _, batch_sizes, order, _ = like
    ranks = torch.arange(steps.size(1))
    rows = (ranks < batch_sizes[:, None]).to(steps.device)  # (L, N)
    data = (steps if order is None else steps[:, order])[rows]  # (sum(lengths), H)
    return PackedSequence(data, *like[1:])


def _drop(lstm: nn.LSTM, steps: Tensor, x: Tensor | PackedSequence) -> Tensor:
    """The dropout between layers, on packed input in its own order, so that masks are the same."""
    if not isinstance(x, PackedSequence):
        return F.dropout(steps, lstm.dropout, lstm.training)
    packed = _pack(steps, x)
    data = F.dropout(packed.data, lstm.dropout, lstm.training)
    return pad_packed_sequence(PackedSequence(data, *packed[1:]))[0]


def _join_directions(row: list[Step]) -> Tensor:
    """The output of a layer, (L, N, D * H_out)."""
    return torch.cat([step.h for step in row], dim=-1)


def _reverse(steps: Tensor, lengths: Tensor | None) -> Tensor:
    """Each sequence from its last step to step 0; padding stays at the end."""
    if lengths is None:
        return steps.flip(0)
    time = torch.arange(len(steps), device=steps.device)[:, None]  # (L, 1)
    index = torch.where(time < lengths, lengths - 1 - time, time)  # (L, N)
    return steps.gather(0, index[..., None].expand_as(steps))


def _last(step: Step, direction: int, lengths: Tensor | None) -> tuple[Tensor, Tensor]:
    """h and c where the direction ends: step 0 in reverse, or the last step of each sequence."""
    if direction == 1:
        return step.h[0], step.c[0]
    if lengths is None:
        return step.h[-1], step.c[-1]
    sequences = torch.arange(len(lengths), device=lengths.device)
    return step.h[lengths - 1, sequences], step.c[lengths - 1, sequences]
