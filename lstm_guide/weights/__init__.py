"""Weights by gate: read, initialise and reorder them, and carry them to Keras and ONNX and back.

torch stacks the four gates i, f, g, o on the first axis of a parameter, H_cell rows each. Every
function checks the shapes of all parameters first, because the module itself runs wrongly shaped
weights on a CPU and returns garbage. What writes does so in place, as ``torch.nn.init`` does.
"""

from lstm_guide.weights.gates import gate_blocks, reorder_gates
from lstm_guide.weights.initial import init_orthogonal, init_xavier, set_forget_bias
from lstm_guide.weights.keras import from_keras, to_keras
from lstm_guide.weights.onnx import from_onnx, to_onnx

__all__ = [
    "from_keras",
    "from_onnx",
    "gate_blocks",
    "init_orthogonal",
    "init_xavier",
    "reorder_gates",
    "set_forget_bias",
    "to_keras",
    "to_onnx",
]
