"""Shapes, states and checks for torch.nn.LSTM."""

from .shapes import AXES, Axis

__all__ = ["AXES", "Axis"]
