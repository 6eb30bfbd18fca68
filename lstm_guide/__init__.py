"""Shapes, states and checks for torch.nn.LSTM."""
