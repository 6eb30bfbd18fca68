"""Checks of the module and of its constructor arguments."""

from __future__ import annotations

from torch import nn

from lstm_guide.errors.words import brief, kind, say


def check_lstm(lstm: object) -> nn.LSTM:
    """Require an ``nn.LSTM`` and return it."""
    if isinstance(lstm, nn.LSTM):
        return lstm
    raise TypeError(
        say("lstm", expected="an nn.LSTM", got=kind(lstm), change=_instead_of_lstm(lstm))
    )


def check_one_direction(lstm: object, *, change: str) -> None:
    """Require an ``nn.LSTM`` that can go step by step; change says what to do about the other."""
    if check_lstm(lstm).bidirectional:
        got = "bidirectional=True"
        raise ValueError(say("lstm", expected="one direction", got=got, change=change))


def _instead_of_lstm(lstm: object) -> str:
    if isinstance(lstm, type):
        return "Pass a layer, nn.LSTM(input_size, hidden_size), not the class."
    if not isinstance(lstm, nn.Module):
        return "Pass the layer itself."
    inside = [name for name, module in lstm.named_modules() if isinstance(module, nn.LSTM)]
    if inside:
        return f"Pass the layer inside: {' or '.join(map(_path, inside))}."
    if isinstance(lstm, nn.LSTMCell):
        return "The cell does one step of one layer: build nn.LSTM with the same sizes."
    return "There is no nn.LSTM in it; GRU and RNN layers have no cell state c."


def _path(name: str) -> str:
    """Turn ``encoder.0`` into ``model.encoder[0]``."""
    parts = (f"[{part}]" if part.isdigit() else f".{part}" for part in name.split("."))
    return "model" + "".join(parts)


def check_count(name: str, value: object, *, at_least: int) -> None:
    """Require a whole number for a size of the constructor."""
    expected = f"an int of at least {at_least}"
    if not isinstance(value, int) or isinstance(value, bool):
        change = "Give a whole number."
        raise TypeError(say(name, expected=expected, got=brief(value), change=change))
    if value < at_least:
        change = f"Give {at_least} or more."
        raise ValueError(say(name, expected=expected, got=value, change=change))


def check_switch(name: str, value: object) -> None:
    """Require a bool for an option of the constructor."""
    if not isinstance(value, bool):
        change = "Give one of the two; nothing else is taken."
        raise TypeError(say(name, expected="True or False", got=brief(value), change=change))


def check_projection(proj_size: int, hidden_size: int) -> None:
    """Require that the projection makes h smaller."""
    if proj_size >= hidden_size:
        expected = f"less than hidden_size = {hidden_size}"
        change = "The projection shortens h; for no projection give 0."
        raise ValueError(say("proj_size", expected=expected, got=proj_size, change=change))
