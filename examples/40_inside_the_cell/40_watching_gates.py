r"""
.. _watching-gates:

Watch the gates of a trained LSTM
=================================

You have read that the forget gate "forgets" and the input gate "lets in". Does a trained
:class:`torch.nn.LSTM` do that, or is it a story? On this page you train one on a task whose answer
you know, step by step, and look at its gates while it works. You need :ref:`one-step` before it.
After it you can look into an LSTM of your own, and ask the right question about what you see.

**You will see**

* a task with an event: hold the last marked number
* a cell with one entry of c: at the event, the forget gate closes and the input gate opens
* c and the answer, side by side
* four entries instead of one, which share the work
"""

# sphinx_gallery_tags = ["training", "weights"]

import torch
from torch import nn

from lstm_guide import plotting, set_forget_bias, trace_steps
from lstm_guide.training import fit

N, L, H_in = 64, 20, 2  # batch, time, features in: a value and a mark

# %%
# The task: hold the last marked value
# ------------------------------------
# At every step the LSTM reads a number and a mark, 0 or 1. It must answer, at every step, with the
# number that was marked last. So it has to take a number in at a mark, keep it while other numbers
# pass by, and drop it at the next mark. Step 0 is always marked.


def make_batch(generator):
    """Return x (N, L, 2) with value and mark, and the right answer at every step (N, L)."""
    value = 2 * torch.rand(N, L, generator=generator) - 1  # (N, L), from -1 to 1
    mark = torch.rand(N, L, generator=generator) < 0.15  # (N, L), bool
    mark[:, 0] = True
    last = (mark * torch.arange(L)).cummax(dim=1).values  # (N, L): the step marked last
    return torch.stack([value, mark.float()], dim=-1), value.gather(1, last)


x, answer = make_batch(torch.Generator().manual_seed(34))
ax = plotting.cells(
    torch.stack([x[0, :8, 0], x[0, :8, 1], answer[0, :8]]),
    rows="feature",
    columns="time",
    title="The right answer is the value of the last mark",
)
ax.set_yticks(range(3), ["value", "mark", "answer"])
ax.set_ylabel("one sequence")
assert (answer[:, 1:] == answer[:, :-1])[x[:, 1:, 1] == 0].all()
assert (answer == x[..., 0])[x[..., 1] == 1].all()

# %%
# An LSTM with one entry of c
# ---------------------------
# One number is to be held, so give the LSTM one: ``hidden_size=1``. Then every :term:`gate` is one
# number a step, and you can read it. A linear layer turns h into the answer. Starting the forget
# gate half open loses what it should learn to hold, so its bias starts at 1
# (:ref:`weights-and-gates`). The loss is the mean squared error at all steps, and
# :func:`lstm_guide.training.fit` makes it small (:ref:`smallest-loop` writes such a loop out).


def train(hidden_size, seed=1, updates=600):
    """Train an LSTM and its head on fresh batches; return both."""
    torch.manual_seed(seed)
    generator = torch.Generator().manual_seed(seed + 100)
    lstm = nn.LSTM(input_size=H_in, hidden_size=hidden_size, batch_first=True)
    set_forget_bias(lstm, 1.0)
    head = nn.Linear(hidden_size, 1)

    def loss():
        x, answer = make_batch(generator)
        output, _ = lstm(x)  # (N, L, hidden_size)
        return (head(output).squeeze(-1) - answer).square().mean()

    parameters = [*lstm.parameters(), *head.parameters()]
    fit(loss, parameters, updates=updates, lr=0.03 if hidden_size == 1 else 0.02)
    return lstm, head


def error(lstm, head):
    """Mean squared error on the batch x, which was not trained on."""
    with torch.no_grad():
        return (head(lstm(x)[0]).squeeze(-1) - answer).square().mean().item()


lstm, head = train(hidden_size=1)
always_zero = answer.square().mean().item()
print(f"error below 0.01: {error(lstm, head) < 0.01}")
print(f"always answering 0: {always_zero:.2f}")
assert error(lstm, head) < 0.01 < 0.2 < always_zero

# %%
# The gates at the event
# ----------------------
# :func:`lstm_guide.trace_steps` gives the gates of every step. Here are those of the first sequence;
# the marked steps are framed. Between marks the forget gate is open and the input gate closed: c
# stays as it is. At a mark they change places: the old number goes, the new one comes in.

with torch.no_grad():
    trace = trace_steps(lstm, x)
print(trace)

marked_steps = x[0, :, 1].nonzero().flatten().tolist()
plotting.gates(
    trace,
    events=dict.fromkeys(marked_steps, "mark"),
    title="At a mark the forget gate closes and the input gate opens",
)

# %%
# A picture of one sequence can mislead, so take the mean over all 64, at the marks and elsewhere.
# Step 0 is left out: there is nothing to forget yet.

marked = x[:, 1:, 1].T.bool()  # (L - 1, N): time first, as in the trace


def at_and_elsewhere(trace, gate):
    """Mean of a gate over the marked steps, and over the others."""
    values = getattr(trace, gate)[0, 0, 1:]  # (L - 1, N, hidden_size)
    return values[marked].mean().item(), values[~marked].mean().item()


for gate, name in {"i": "input gate", "f": "forget gate", "o": "output gate"}.items():
    at, elsewhere = at_and_elsewhere(trace, gate)
    print(f"{name:<12} at a mark {at:.1f}, elsewhere {elsewhere:.1f}")

i_at, i_elsewhere = at_and_elsewhere(trace, "i")
f_at, f_elsewhere = at_and_elsewhere(trace, "f")
assert i_at > i_elsewhere + 0.1
assert f_at < f_elsewhere - 0.5

# %%
# .. _watching-c:
#
# c is the memory
# ---------------
# If c holds the number, it must follow the answer: change at the marks, and stay level between them.
# It does, up to a factor that the head undoes. c may even have the other sign: the training cannot
# tell c and -c apart, when all that is read is h times a weight.

c = trace.c[0, 0, :, :, 0]  # (L, N)
correlation = torch.corrcoef(torch.stack([c.flatten(), answer.T.flatten()]))[0, 1].item()
print(f"c follows the answer: {abs(correlation) > 0.95}")
assert abs(correlation) > 0.95

with torch.no_grad():
    predicted = head(lstm(x)[0]).squeeze(-1)  # (N, L)
plotting.steps(
    {"answer": answer[0], "predicted": predicted[0], "c": c[:, 0]},
    ylabel="value",
    title="c changes at the marks and holds its value between them",
)

# %%
# Four entries share the work
# ---------------------------
# Most layers have more entries than the task needs. Train the same task with four. The error is
# small again, and on average the gates do the same. But look at the single rows: some entries
# hold the number, others do something else or little. So say "on average" of a gate of a large LSTM,
# and check it with numbers, before you tell a story about one row.

lstm, head = train(hidden_size=4)
with torch.no_grad():
    trace = trace_steps(lstm, x)
i_at, i_elsewhere = at_and_elsewhere(trace, "i")
f_at, f_elsewhere = at_and_elsewhere(trace, "f")
print(f"error below 0.01: {error(lstm, head) < 0.01}")
print(f"forget gate lower at a mark: {f_at < f_elsewhere - 0.2}")
print(f"input gate higher at a mark: {i_at > i_elsewhere}")
assert error(lstm, head) < 0.01
assert f_at < f_elsewhere - 0.2
assert i_at > i_elsewhere

plotting.gates(
    trace,
    events=dict.fromkeys(marked_steps, "mark"),
    title="With four entries the pattern is there, shared and less clean",
)

# %%
# Summary
# -------
# * A trained LSTM does use its gates as their names say, where the task asks for it.
# * To hold a number: forget gate open, input gate closed. To replace it: the other way round.
# * c is the memory. It follows what is to be held, up to sign and size.
# * In a large LSTM, entries share the work. Compare means at the event and elsewhere.
#
# Common mistakes
# ---------------
# * "An open forget gate forgets": the other way round. Open means keep. See :ref:`one-step`.
# * "I read the gates off ``output``": h shows what the output gate lets through, and no gate.
#   :ref:`whole-layer` says what the module keeps to itself.
# * "This row closes at the event, so it is the memory": look at c, and at other seeds, before you
#   say so (:ref:`watching-c`).
#
# Check yourself
# --------------
# An LSTM is to add up all marked values. What do you expect of the forget gate at a mark?
#
# .. dropdown:: Answer
#
#    It stays open, at a mark and elsewhere: the old sum must be kept. Only the input gate opens at a
#    mark.
#
# Next
# ----
# :ref:`memory-and-gradient` measures how far back an LSTM can reach, before any training.
