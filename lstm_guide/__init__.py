"""Shapes, states and checks for torch.nn.LSTM."""

from lstm_guide.cell import Step, Trace, lstm_forward, lstm_step, trace_steps
from lstm_guide.errors import ShapeError
from lstm_guide.report import Report, describe
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
from lstm_guide.weights import (
    from_keras,
    from_onnx,
    gate_blocks,
    init_orthogonal,
    init_xavier,
    reorder_gates,
    set_forget_bias,
    to_keras,
    to_onnx,
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
    "Step",
    "Trace",
    "bridge",
    "call_shapes",
    "describe",
    "detach_state",
    "final_state",
    "from_keras",
    "from_onnx",
    "gate_blocks",
    "init_orthogonal",
    "init_xavier",
    "lstm_forward",
    "lstm_step",
    "parameter_count",
    "parameter_shapes",
    "reorder_gates",
    "reset_rows",
    "set_forget_bias",
    "split_state",
    "state_shapes",
    "to_keras",
    "to_onnx",
    "trace_steps",
    "zero_state",
]
