"""Exercises about axes and loops: which way a layer reads, what it carries on, when it stops."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor, nn

from lstm_guide.exercises.grading import Exercise, Misunderstanding
from lstm_guide.exercises.shapes import layers, sizes

__all__ = ["EXERCISES"]

State = tuple[Tensor, Tensor]

BATCH_AS_TIME = (
    "The layer is time first and reads the batch as time: one sequence after the other, "
    "with the state going from sequence to sequence."
)
RESHAPED = (
    "reshape and view give the right shape and mix the sequences: they cut the numbers into new "
    "rows. Let the two axes change places instead."
)
LAST_OF_BATCH = (
    "The input is right now. But output is time first too, so output[:, -1] is the last sequence."
)
FIRST_STEP = "That is the output after the first step. The last step has read the whole sequence."

FORGETFUL = "Every chunk starts from zeros. Give the state of the last chunk to the next call."
NEVER_RESET = "No row starts anew: a new recording gets the state that the old one left."
ALL_RESET = (
    "All rows start anew where one does, so the others lose their state. "
    "Set to zero only the rows that new marks."
)
CELL_KEPT = "Only h is set to zero. The state is the pair (h, c), and c keeps the old recording."
RESET_LATE = (
    "The reset comes one chunk too late. new belongs to the chunk of the same index: "
    "set the rows to zero before that chunk is read."
)
LAST_CHUNK = "That is the output of the last chunk only. Join the outputs of all chunks along time."

STOP_WRITTEN = "The stop token ends the list and does not belong to it. You write it too."
START_WRITTEN = "The start token is what the model reads first, and was not written by it."
NO_STOP = "Your loop always runs to the limit. End it when the model writes the stop token."
NO_LIMIT = (
    "Your loop does not end where the model never writes the stop token. End it after limit tokens."
)
STATE_KEPT = "Each step starts from the state you were given. Hand on the state of the last step."
STATE_LOST = (
    "Each step starts from zeros, so the model knows only the last token. Hand the state on."
)
START_AGAIN = "The model reads the start token at every step. Let it read the token it wrote last."


def _draw_classifier() -> tuple[Any, ...]:
    N, L, H_in, H, C = sizes(5)
    lstm = nn.LSTM(input_size=H_in, hidden_size=H)
    return lstm, nn.Linear(in_features=H, out_features=C), torch.randn(N, L, H_in)


def _last(lstm: nn.LSTM, head: nn.Linear, x: Tensor) -> Tensor:
    """Run each sequence by itself, unbatched, so that there is no axis to take for another."""
    return torch.stack([head(lstm(one)[0][-1]) for one in x])  # (N, C)


def _outputs(lstm: nn.LSTM, x: Tensor) -> Tensor:
    output: Tensor = lstm(x)[0]  # (L, N, H)
    return output


def _reshaped(lstm: nn.LSTM, head: nn.Linear, x: Tensor) -> object:
    return head(_outputs(lstm, x.reshape(x.size(1), x.size(0), -1))[-1])


def _draw_streams() -> tuple[Any, ...]:
    """Draw chunks of different length; row 0 starts anew in chunk 1, and the last row never."""
    N, H_in, H = sizes(3)
    lengths = [2 + length for length in torch.randperm(5)[:4].tolist()]
    new = [torch.rand(N) < 0.4 for _ in lengths]
    new[0], new[1][0] = torch.ones(N, dtype=torch.bool), True
    for rows in new[1:]:
        rows[-1] = False
    lstm = nn.LSTM(input_size=H_in, hidden_size=H, num_layers=layers(at_least=1), batch_first=True)
    return lstm, [torch.randn(N, length, H_in) for length in lengths], new


def _each_recording(lstm: nn.LSTM, chunks: list[Tensor], new: list[Tensor]) -> Tensor:
    """Run each recording by itself and whole: what the right result means."""
    rows = []
    for n in range(len(new[0])):
        starts = [k for k, rows_new in enumerate(new) if rows_new[n]]
        ends = [*starts[1:], len(chunks)]
        recordings = [
            torch.cat([chunk[n] for chunk in chunks[start:end]])
            for start, end in zip(starts, ends, strict=True)
        ]
        rows.append(torch.cat([lstm(recording)[0] for recording in recordings]))
    return torch.stack(rows)  # (N, L, H)


def _stream(
    lstm: nn.LSTM,
    chunks: list[Tensor],
    new: list[Tensor],
    *,
    before: Callable[[State, Tensor], State | None] = lambda state, rows: state,
    after: Callable[[State, Tensor], State] = lambda state, rows: state,
) -> list[Tensor]:
    """Run chunk by chunk, with a change of the state before and after each."""
    outputs, state = [], None
    for chunk, rows in zip(chunks, new, strict=True):
        output, state = lstm(chunk, None if state is None else before(state, rows))
        state = after(state, rows)
        outputs.append(output)
    return outputs


def _clear(state: State, rows: Tensor) -> State:
    h, c = state
    return h.masked_fill(rows[:, None], 0), c.masked_fill(rows[:, None], 0)


def _joined(**change: Callable[[State, Tensor], Any]) -> Callable[..., Tensor]:
    return lambda lstm, chunks, new: torch.cat(_stream(lstm, chunks, new, **change), dim=1)


class Speller(nn.Module):
    """The model of the page: ids in, scores out. It refuses to be called for ever."""

    def __init__(self, V: int, E: int, H: int) -> None:
        super().__init__()
        self.embed = nn.Embedding(num_embeddings=V, embedding_dim=E)
        self.lstm = nn.LSTM(input_size=E, hidden_size=H, batch_first=True)
        self.readout = nn.Linear(in_features=H, out_features=V)
        self.calls = 0

    def forward(self, token: Tensor, state: State | None) -> tuple[Tensor, State]:
        self.calls += 1
        if self.calls > 1000:
            raise Misunderstanding(NO_LIMIT)
        output, state = self.lstm(self.embed(token), state)  # (1, 1, H)
        return self.readout(output), state


def _draw_speller() -> tuple[Any, ...]:
    """Draw a model that writes different tokens; some never write the stop token."""
    V, E, H, limit = sizes(4)
    model = Speller(V, E, H)
    for parameter in model.parameters():
        nn.init.normal_(parameter)  # larger than torch's, or it writes one token all the time
    state = (torch.randn(1, 1, H), torch.randn(1, 1, H))
    start = int(torch.randint(V, ()).item())
    written = _write(model, state, start, -1, limit)
    stop = int(torch.randint(V, ()).item())
    if torch.rand(()) < 0.7:
        stop = written[int(torch.randint(1, limit, ()).item())]
    return model, state, start, stop, limit


@torch.no_grad()
def _write(
    model: Speller,
    state: State | None,
    start: int,
    stop: int,
    limit: int,
    *,
    hand_on: bool = True,
    feed_back: bool = True,
) -> list[int]:
    """Write greedily, without the stop token."""
    written: list[int] = []
    token = start
    for _ in range(limit):
        scores, after = model(torch.tensor([[token]]), state)
        choice = int(scores[0, 0].argmax())
        if choice == stop:
            break
        written.append(choice)
        state = after if hand_on else state
        token = choice if feed_back else token
    return written


def _with_stop(model: Speller, state: State, start: int, stop: int, limit: int) -> list[int]:
    written = _write(model, state, start, stop, limit)
    return written if len(written) == limit else [*written, stop]


def _ids(returned: object, *arguments: object) -> object:
    """Take ids as numbers or as tensors."""
    if isinstance(returned, Tensor):
        return returned.tolist()
    if isinstance(returned, tuple | list):
        return [_ids(each) for each in returned]
    return returned


EXERCISES = {
    "wrong-axis": Exercise(
        _draw_classifier,
        _last,
        {
            BATCH_AS_TIME: lambda lstm, head, x: head(_outputs(lstm, x)[:, -1]),
            RESHAPED: _reshaped,
            LAST_OF_BATCH: lambda lstm, head, x: head(_outputs(lstm, x.transpose(0, 1))[:, -1]),
            FIRST_STEP: lambda lstm, head, x: head(_outputs(lstm, x.transpose(0, 1))[0]),
        },
    ),
    "new-recordings": Exercise(
        _draw_streams,
        _each_recording,
        {
            FORGETFUL: _joined(before=lambda state, rows: None),
            NEVER_RESET: _joined(),
            ALL_RESET: _joined(before=lambda state, rows: None if rows.any() else state),
            CELL_KEPT: _joined(before=lambda state, rows: (_clear(state, rows)[0], state[1])),
            RESET_LATE: _joined(after=_clear),
            LAST_CHUNK: lambda lstm, chunks, new: _stream(lstm, chunks, new, before=_clear)[-1],
        },
    ),
    "stop-decoding": Exercise(
        _draw_speller,
        _write,
        {
            STOP_WRITTEN: _with_stop,
            START_WRITTEN: lambda model, state, start, stop, limit: [
                start,
                *_write(model, state, start, stop, limit),
            ],
            NO_STOP: lambda model, state, start, stop, limit: _write(
                model, state, start, -1, limit
            ),
            STATE_KEPT: lambda model, state, start, stop, limit: _write(
                model, state, start, stop, limit, hand_on=False
            ),
            STATE_LOST: lambda model, state, start, stop, limit: _write(
                model, None, start, stop, limit, hand_on=False
            ),
            START_AGAIN: lambda model, state, start, stop, limit: _write(
                model, state, start, stop, limit, feed_back=False
            ),
        },
        seen=_ids,
    ),
}
