"""Shapes, states and checks for torch.nn.LSTM."""

from lstm_guide.catalogue import explain_errors
from lstm_guide.cell import lstm_forward, lstm_step, trace_steps
from lstm_guide.errors import ShapeError
from lstm_guide.exercises import check
from lstm_guide.patterns import decode, encode, transduce, unroll
from lstm_guide.report import describe
from lstm_guide.sequences import (
    length_mask,
    masked_loss,
    masked_mean,
    masked_softmax,
    pack,
    take_last,
    unpack,
)
from lstm_guide.shapes import call_shapes, parameter_count, parameter_shapes
from lstm_guide.states import (
    bridge,
    detach_state,
    final_state,
    reset_rows,
    split_state,
    zero_state,
)
from lstm_guide.weights import gate_blocks, set_forget_bias

__all__ = [
    "ShapeError",
    "bridge",
    "call_shapes",
    "check",
    "decode",
    "describe",
    "detach_state",
    "encode",
    "explain_errors",
    "final_state",
    "gate_blocks",
    "length_mask",
    "lstm_forward",
    "lstm_step",
    "masked_loss",
    "masked_mean",
    "masked_softmax",
    "pack",
    "parameter_count",
    "parameter_shapes",
    "reset_rows",
    "set_forget_bias",
    "split_state",
    "take_last",
    "trace_steps",
    "transduce",
    "unpack",
    "unroll",
    "zero_state",
]
