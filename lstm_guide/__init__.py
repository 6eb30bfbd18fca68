"""Shapes, states and checks for torch.nn.LSTM."""

from lstm_guide.errors import ShapeError
from lstm_guide.report import Report, describe
from lstm_guide.sequences import (
    length_buckets,
    length_mask,
    masked_loss,
    masked_mean,
    masked_softmax,
    pack,
    take_last,
    unpack,
)
from lstm_guide.shapes import (
    AXES,
    Axis,
    CallShapes,
    Config,
    Dim,
    Shape,
    call_shapes,
    parameter_count,
    parameter_shapes,
    state_shapes,
)
from lstm_guide.states import (
    bridge,
    detach_state,
    final_state,
    reset_rows,
    split_state,
    zero_state,
)

__all__ = [
    "AXES",
    "Axis",
    "CallShapes",
    "Config",
    "Dim",
    "Report",
    "Shape",
    "ShapeError",
    "bridge",
    "call_shapes",
    "describe",
    "detach_state",
    "final_state",
    "length_buckets",
    "length_mask",
    "masked_loss",
    "masked_mean",
    "masked_softmax",
    "pack",
    "parameter_count",
    "parameter_shapes",
    "reset_rows",
    "split_state",
    "state_shapes",
    "take_last",
    "unpack",
    "zero_state",
]
