"""torch's messages around the LSTM: what each one says, why, and the call that works.

The entries are data, in the folder ``data``: one file a family, one entry a cause.
"""

from lstm_guide.catalogue.lookup import (
    Entry,
    Message,
    entries,
    explain,
    start,
)
from lstm_guide.catalogue.notes import explain_errors
from lstm_guide.catalogue.recipes import Said, reproduce

__all__ = [
    "Entry",
    "Message",
    "Said",
    "entries",
    "explain",
    "explain_errors",
    "reproduce",
    "start",
]
