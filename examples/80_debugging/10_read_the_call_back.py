r"""
.. _read-the-call-back:

My model runs and is wrong: from the symptom to the line
========================================================

No error, and yet the loss stays where it is, or two evaluations differ, or a prediction changes with
the batch it is in. Reading the code again rarely helps, since you read what you meant. Before this
page, read :ref:`axes-and-outputs`. After it, you ask the model instead:
:func:`lstm_guide.describe` says how a call was read, and a :term:`probe` says what the model really does.

**You will see**

* a model that cannot learn, because time and batch are swapped
* a model whose answer depends on the call before
* a classifier whose answer depends on the padding
* how the sentence of each finding leads to one line, and how the repaired model passes
"""

# sphinx_gallery_tags = ["debugging", "probes"]

import torch
from torch import nn
from torch.nn.functional import mse_loss

from lstm_guide import describe, final_state, pack, plotting, probes

torch.manual_seed(0)
N, L, H_in, H = 5, 7, 3, 8  # batch, time, features in, features out: all different
x = torch.randn(N, L, H_in)  # (N, L, H_in)

# %%
# Symptom 1: the loss stays where it is
# -------------------------------------
# The task: say what the first feature was at the first step. Every number needed is in the row. The
# model below trains without an error. A guess of zero for every row costs 1 on average, and this
# model costs as much after training.


class Remember(nn.Module):
    """Give back a number seen at the first step."""

    def __init__(self, **options):
        super().__init__()
        self.lstm = nn.LSTM(input_size=H_in, hidden_size=H, **options)
        self.linear = nn.Linear(H, 1)

    def forward(self, x):
        output, _ = self.lstm(x)
        return self.linear(output[:, -1])  # (N, 1)


def train(model):
    """Train on new batches, and return the mean loss of the last twenty."""
    optimizer = torch.optim.Adam(model.parameters(), lr=0.03)
    losses = []
    for _ in range(150):
        batch = torch.randn(32, L, H_in)
        loss = mse_loss(model(batch), batch[:, 0, :1])
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    return sum(losses[-20:]) / 20


stuck = Remember()
loss = train(stuck)
print(f"loss after training: {loss:.1f}")
assert loss > 0.8

# %%
# Symptom 1: read the call back
# -----------------------------
# Your data has 5 sequences of 7 steps. Ask the layer what it makes of them. The first line below
# says the opposite: 7 sequences of 5 steps. That is the suspicion. A probe turns it into evidence.

report = describe(stuck.lstm, x)
assert "7 sequences of 5 steps" in report.headline
report

# %%
# :func:`~lstm_guide.probes.memory` changes the earlier steps of a row and looks whether its answer
# moves. :func:`~lstm_guide.probes.batch_leak` changes one row and looks whether others move. Both
# take your model and a sample, and leave the model as it was. Print a finding: it holds the number,
# the threshold, and a sentence that says where to look.

memory = probes.memory(stuck, x, batch_axis=0)
leak = probes.batch_leak(stuck, x)
print(memory, leak, sep="\n\n")
assert not memory.ok
assert not leak.ok
assert "batch_first" in memory.sentence
plotting.influence(
    leak.matrix,
    rows="batch",
    columns="batch",
    title="Each row moves itself\nand the rows after it",
)

# %%
# The line: ``batch_first=True`` is missing in the constructor. The layer ran along the rows, so a row
# never saw its own first step. With the repair the probes pass, and the loss falls.

learns = Remember(batch_first=True)
assert probes.memory(learns, x, batch_axis=0).ok
assert probes.batch_leak(learns, x).ok
loss = train(learns)
print(f"loss after training: {loss:.1f}")
assert loss < 0.4

# %%
# Symptom 2: two evaluations of the same data differ
# --------------------------------------------------
# This tagger keeps its :term:`state` between calls. Someone wanted to carry it through a long
# stream, and now uses the model for separate sequences. ``describe`` sees nothing: all shapes are
# right. :func:`~lstm_guide.probes.call_twice` makes the same call twice.


class Tagger(nn.Module):
    """One number for each step."""

    def __init__(self, keep):
        super().__init__()
        self.lstm = nn.LSTM(input_size=H_in, hidden_size=H, batch_first=True)
        self.linear = nn.Linear(H, 1)
        self.keep, self.state = keep, None

    def forward(self, x):
        output, (h_n, c_n) = self.lstm(x, self.state)
        if self.keep:
            self.state = h_n.detach(), c_n.detach()
        return self.linear(output)  # (N, L, 1)


tagger = Tagger(keep=True)
assert describe(tagger.lstm, x).questions == ()
finding = probes.call_twice(tagger, x)
print(finding)
assert not finding.ok
assert "a state that the model keeps from call to call" in finding.sentence
assert tagger.state is None, "the probe put the model back"

# %%
# The line: ``self.state = ...`` in ``forward``. For separate sequences, start each call from zeros.
# For one long stream, let the training loop carry the state and pass it in, as in
# :ref:`carrying-state`.

finding = probes.call_twice(Tagger(keep=False), x)
print(finding)
assert finding.ok

# %%
# Symptom 3: a prediction changes with the batch it is in
# -------------------------------------------------------
# A classifier of sequences of different length, in two directions. Each sequence is padded to the
# longest of its batch. :func:`~lstm_guide.probes.padding_invariance` adds padding, changes what
# stands on it, and gives each row alone. Your model takes ``(x, lengths)`` for this probe.

lengths = torch.tensor([3, 7, 2, 5, 6])
lstm = nn.LSTM(input_size=H_in, hidden_size=H, bidirectional=True, batch_first=True)
linear = nn.Linear(2 * H, 4)


def last_step(x, lengths):
    output, _ = lstm(x)
    return linear(output[:, -1])  # (N, 4)


padding = probes.padding_invariance(last_step, x, lengths)
print(padding, probes.gradient_reach(last_step, x, lengths=lengths), sep="\n\n")
assert not padding.ok

# %%
# The second probe passes: the forward half of ``output[:, -1]`` reads every step, so each step has a
# gradient. That is why one probe is not enough. The line is ``output[:, -1]``. In a padded row it
# stands on padding, and in the reverse half it has read one step. Pack the input, and join the final
# states: each row then ends at its own last step.


def final_states(x, lengths):
    _, (h_n, _) = lstm(pack(lstm, x, lengths))
    return linear(final_state(lstm, h_n))  # (N, 4)


findings = probes.run_all(final_states, x, lengths=lengths)
assert findings.ok
findings

# %%
# Summary
# -------
# * ``describe`` reads shapes: it finds swapped axes before anything runs.
# * A probe runs your model on a sample, compares, and puts the model back as it was.
# * The sentence of a finding names the lines to look at; the repaired model has to pass.
# * Several probes see more than one: :func:`~lstm_guide.probes.run_all` runs those that apply.
#
# Common mistakes
# ---------------
# * "It trains, so the axes are right": any order of the axes runs, see :ref:`silent-axes`.
# * "I check one pair of rows for a leak": a leak may run one way only, see :ref:`silent-axes`.
# * "I compare two evaluations after training more": compare two equal calls, see
#   :ref:`silent-states`.
# * "I test with sequences of equal length": nothing is padded then, see :ref:`silent-padding`.
#
# Check yourself
# --------------
# A model passes ``batch_leak`` and fails ``memory``. Its input has the shape (64, 1, 30). What is
# wrong?
#
# .. dropdown:: Answer
#
#    There is one step, with 30 features: the window lies on the feature axis, so no step has a past.
#    Give each value a step of its own, (64, 30, 1). The sentence of the probe says so.
#
# Next
# ----
# Some mistakes do raise an error: :ref:`errors-calling` begins with torch's messages. All ten probes
# in one list are on :ref:`probes-tour`.
