r"""
.. _rows-of-the-state:

Row i of the next batch must go on with row i
=============================================

You carry the :term:`state` from one :term:`batch` to the next. But the loader shuffles, or the last
batch is smaller, or a new document starts in one row while the others go on. Which memory does each
sequence get then? After this page you can cut a long :term:`stream` into batches that may carry a
state, and set the memory of one row back to zero.

**You will see**

* shuffled rows that get the memory of another sequence, without a message
* how to cut one stream into rows, and the rows into chunks
* which row to reset when a new document starts
* a model that keeps its state in a buffer and resets rows on request
"""

# sphinx_gallery_tags = ["states", "batches"]

import torch
from torch import nn
from torch.utils.data import DataLoader

from lstm_guide import detach_state, plotting, reset_rows

torch.manual_seed(11)
N, H_in, H = 3, 2, 5  # batch, features in, features out
length, chunk_length = 8, 4  # steps of a row, steps of a chunk

lstm = nn.LSTM(input_size=H_in, hidden_size=H, batch_first=True)
chunks = torch.randn(N, length, H_in).split(chunk_length, dim=1)  # 2 x (N, 4, H_in)

# %%
# .. _rows-by-position:
#
# The state goes by position
# --------------------------
# On this page a row is a row of the batch: one sequence. ``h_n`` has one entry for each of them,
# on its batch axis. ``nn.LSTM`` knows no names: sequence 0 of the next call gets the memory in
# position 0. Below, the next batch holds the same three sequences in another order, as a
# shuffling loader would give them. The two that changed places got each other's memory. The one
# in the middle kept its place, and its difference is zero.

with torch.no_grad():
    _, state = lstm(chunks[0])  # a pair of (1, N, H)
    in_order, _ = lstm(chunks[1], state)  # (N, 4, H)
    shuffled, _ = lstm(chunks[1][[2, 1, 0]], state)  # (N, 4, H)

difference = (shuffled[[2, 1, 0]] - in_order).abs().amax(dim=(1, 2))  # (N,)
print(f"{difference = }")
assert (difference[[0, 2]] > 0.1).all()
assert difference[1] < 1e-6

# %%
# Cut the stream into rows first, then into chunks
# ------------------------------------------------
# You have one long stream and want batches of three. First make three long rows:
# ``view(N, -1)``. Then cut the rows along time. In the picture each cell holds its position in the
# stream, and each colour is one batch. Read any row from left to right: the second batch goes on
# where the first one stopped. Each row reads its own third of the stream.

stream = torch.arange(N * length)  # 0, 1, 2, ... 23
rows = stream.view(N, -1)  # (N, 8)
first, second = rows.split(chunk_length, dim=1)  # (N, 4) each
assert (second[:, 0] == first[:, -1] + 1).all()

batch_number = torch.arange(length).div(chunk_length, rounding_mode="floor")
plotting.cells(
    rows,
    rows="batch",
    columns="time",
    colour_by=batch_number.expand(N, -1),
    title="Two batches of a stream: each row goes on where it stopped",
)

# %%
# .. _rows-other-order:
#
# The other order of cutting breaks every row
# -------------------------------------------
# Cut into short pieces first and batch them in order, as a loader over windows does, and row 0 of
# the second batch is a piece from the middle of the stream. It does not follow row 0 of the first
# batch. Such batches are independent samples: carry nothing.

pieces = stream.view(-1, chunk_length)  # six pieces of four steps
first, second = pieces.split(N)  # (N, 4) each
print(f"{first[0].tolist() = }\n{second[0].tolist() = }")
assert (second[:, 0] != first[:, -1] + 1).all()

# %%
# .. _rows-one-document:
#
# A new document starts: set its row to zero
# ------------------------------------------
# In row 1 the old document ends with the first chunk, and the second chunk begins a new one. The
# other rows go on. Zero the entries of that sequence, in ``h`` and in ``c``.
# :func:`lstm_guide.reset_rows` does the same, for a :term:`mask` or for row numbers, and leaves
# the state that you pass as it was. Row 1 now gives what a fresh call gives. The others keep their
# memory.

starts = torch.tensor([False, True, False])  # (N,)
with torch.no_grad():
    h, c = state  # (1, N, H) each
    by_hand = (h.masked_fill(starts[:, None], 0), c.masked_fill(starts[:, None], 0))
    after = reset_rows(state, starts)
    output, _ = lstm(chunks[1], after)  # (N, 4, H)
    alone, _ = lstm(chunks[1][1:2])  # row 1 by itself, from zeros

torch.testing.assert_close(after, by_hand, atol=0, rtol=0)
torch.testing.assert_close(output[1:2], alone, atol=1e-6, rtol=0)
torch.testing.assert_close(output[[0, 2]], in_order[[0, 2]], atol=1e-6, rtol=0)
plotting.cells(
    after[0][0],
    rows="batch",
    columns="feature",
    colour_by=starts.long()[:, None].expand(N, H),
    title="h after the reset: row 1 is zero, the others kept their memory",
)

# %%
# A smaller batch does not fit the state
# --------------------------------------
# A state for three sequences does not fit a batch of two, and torch says so. Which of the three
# should go on? Only you can know. If you do, take these entries of ``h`` and ``c`` along their
# batch axis. Otherwise let all batches be of one size: cut the stream to a multiple of N, or pass
# ``drop_last=True`` to :class:`torch.utils.data.DataLoader`.

try:
    lstm(chunks[1][:2], state)
except RuntimeError as error:
    message = str(error)
    print(type(error).__name__, message)
else:
    raise AssertionError("torch accepted it")
assert message == "Expected hidden[0] size (1, 2, 5), got [1, 3, 5]"

with torch.no_grad():
    output, _ = lstm(chunks[1][:2], (h[:, :2], c[:, :2]))  # rows 0 and 1 go on
torch.testing.assert_close(output, in_order[:2], atol=1e-6, rtol=0)

loader = DataLoader(torch.zeros(100, 7), batch_size=16, drop_last=True)
print(f"{[len(batch) for batch in loader] = }")  # 96 of the 100 samples
assert {len(batch) for batch in loader} == {16}

# %%
# A model that holds the state of a stream
# ----------------------------------------
# If the state must live inside, register it with :meth:`torch.nn.Module.register_buffer`: then it
# moves with the model, as ``double`` shows. ``persistent=False`` leaves it out of the
# ``state_dict``, because its size belongs to the batch. Detach before you store, and offer a reset:
# the loop knows when a document ends.


class Stream(nn.Module):
    def __init__(self, N):
        super().__init__()
        self.lstm = nn.LSTM(input_size=H_in, hidden_size=H, batch_first=True)
        self.register_buffer("h", torch.zeros(1, N, H), persistent=False)
        self.register_buffer("c", torch.zeros(1, N, H), persistent=False)

    def reset(self, rows):
        self.h, self.c = reset_rows((self.h, self.c), rows)

    def forward(self, x):
        output, state = self.lstm(x, (self.h, self.c))
        self.h, self.c = detach_state(state)
        return output


model = Stream(N).double()
for chunk in chunks:
    model(chunk.double()).mean().backward()  # twice, without an error
print(f"{model.h.dtype = }\n{list(model.state_dict()) = }")
assert model.h.dtype == torch.float64
assert not {"h", "c"} & set(model.state_dict())
model.reset(starts)
assert model.h.count_nonzero(dim=(0, 2)).tolist() == [H, 0, H]

# %%
# Summary
# -------
# * A state belongs to a sequence by its position in the batch, and by nothing else.
# * One stream: first rows, then chunks. Then row i goes on with row i.
# * A new document: zero its row in ``h`` and in ``c``. All rows new: pass no state.
#
# Common mistakes
# ---------------
# * Carrying a state with ``shuffle=True``: no message, each row gets another one's memory
#   (:ref:`rows-by-position`).
# * Carrying a state between windows of one series in order: row 0 does not follow row 0
#   (:ref:`rows-other-order`).
# * Resetting all rows because one document ended: the others lose their memory
#   (:ref:`rows-one-document`).
# * A state of fixed size in the model: :ref:`state-inside-a-module`.
#
# Check yourself
# --------------
# Your stream has 100 steps. You want 8 rows and chunks of 4 steps. How many steps do you use?
#
# .. dropdown:: Answer
#
#    8 rows of 12 steps use 96 of the 100, and each row gives 3 chunks of 4:
#    ``stream[:96].view(8, 12).split(4, dim=1)``.
#
# :ref:`exercise-new-recordings` checks your own answer.
#
# Next
# ----
# Go on with the next section, on what a second layer reads and where its state is:
# :ref:`stacked-layers`.
