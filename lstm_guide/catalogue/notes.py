"""Add cause and fix to an exception of torch, and let it go on."""

from __future__ import annotations

import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from textwrap import indent

from lstm_guide.catalogue.lookup import Entry, by_likelihood, entries, start

# Where a text that says little must have been raised, so that it is about an LSTM.
RECURRENT = ("torch.nn.modules.rnn", "torch.nn.utils.rnn")


@contextmanager
def explain_errors() -> Iterator[None]:
    """Add cause and fix to the errors of torch that the guide knows.

    Put it round your own code, as a context manager or as a decorator. Type, text and traceback of
    the exception stay as they are. A text that says little, such as "tuple index out of range", is
    explained only where it was raised inside of torch's recurrent modules; for what the catalogue
    does not know, nothing is added. A warning is explained where your filters make it an error.

    Returns:
        The context manager.

    Raises:
        Exception: what the code inside raises, with a note.

    Example:
        >>> import torch
        >>> from lstm_guide import explain_errors
        >>> lstm = torch.nn.LSTM(input_size=3, hidden_size=5)
        >>> try:
        ...     with explain_errors():
        ...         lstm(torch.randn(7, 4, 3), torch.zeros(1, 4, 5))
        ... except IndexError as error:
        ...     print(error, *error.__notes__, sep="\\n")
        index 1 is out of bounds for dimension 0 with size 1
        lstm-guide: Only h_0 is given.
          Cause: An LSTM has two states. ...
          Fix: Pass both: `(h_0, c_0)`.
              lstm(x, (h_0, c_0))
          See: the pages "initial-state" and "by-error#only-h" of the guide.
    """
    try:
        yield
    except Exception as error:
        note = note_for(error)
        if note and note not in getattr(error, "__notes__", ()):  # an outer block has its turn too
            error.add_note(note)
        raise


def note_for(error: Exception) -> str:
    """Return the words for an exception, or nothing."""
    text = str(error)
    inside = any(
        frame.f_globals.get("__name__") in RECURRENT
        for frame, _ in traceback.walk_tb(error.__traceback__)
    )
    found = [
        entry
        for entry in entries()
        if any(
            message.fits(text) and (not message.generic or (inside and not message.outside))
            for message in entry.messages
        )
    ]
    blocks = [_words(entry) for entry in by_likelihood(found)]
    if len(blocks) < 2:
        return "".join(f"lstm-guide: {block}" for block in blocks)
    first = f"lstm-guide: this text has {len(blocks)} known causes, the likeliest first."
    return "\n".join([first, *(f"{n}. {block}" for n, block in enumerate(blocks, 1))])


def _words(entry: Entry) -> str:
    call = entry.call.removeprefix(start()).strip()
    return (
        f"{entry.title}.\n"
        f"  Cause: {entry.cause}\n"
        f"  Fix: {entry.fix}\n"
        f"{indent(call, ' ' * 6)}\n"
        f'  See: the pages "{entry.page}" and "by-error#{entry.id}" of the guide.'
    )
