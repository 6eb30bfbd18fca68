r"""
.. _silent-states:

States that are kept, lost, or never read
=========================================

Your evaluation gives other numbers each time, or training slows down, or an initial state that you
added changes nothing. The state is a pair of tensors that you pass around, so it can be passed twice,
once, or not at all, and no line complains. Before this page, read :ref:`probes-tour` and
:ref:`carrying-state`. After it, you know nine such mistakes, and what finds each.

**You will see**

* a state that lives on between calls, and random numbers at the start of each
* a loop that forgets the state, and a state that is never read
* ``detach`` on one half of the state, and a direction that has read one step
* three names that do not hold what they say
"""

# sphinx_gallery_tags = ["debugging", "probes", "states"]

import torch
from torch import nn
from torch.testing import assert_close

from lstm_guide import final_state, plotting, probes, split_state

torch.manual_seed(0)
N, L, H_in, H = 4, 12, 3, 5  # batch, time, features in, features out: all different
x = torch.randn(N, L, H_in)  # (N, L, H_in)
lstm = nn.LSTM(input_size=H_in, hidden_size=H, batch_first=True)


def compare(wrong, right):
    """Print both findings, and require that the probe tells the models apart."""
    print(wrong, right, sep="\n\n")
    assert not wrong.ok
    assert right.ok


# %%
# Kept from call to call
# ----------------------
# A state on ``self`` lives as long as the model. The same batch gives another answer the second time.
# After the data is shuffled, a row starts from the state of another row.


class Kept(nn.Module):
    """Keeps its state, or starts from zeros."""

    def __init__(self, keep):
        super().__init__()
        self.lstm, self.keep, self.state = lstm, keep, None

    def forward(self, x):
        output, (h_n, c_n) = self.lstm(x, self.state)
        self.state = (h_n.detach(), c_n.detach()) if self.keep else None
        return output


kept = Kept(keep=True)
compare(probes.call_twice(kept, x), probes.call_twice(Kept(keep=False), x))
kept(torch.randn(N, L, H_in))  # the batch before
compare(probes.row_permutation(kept, x), probes.row_permutation(Kept(keep=False), x))

# %%
# Drawn at random in each call
# ----------------------------
# A random ``h_0`` is noise in every answer, in evaluation too. Without a state, ``lstm(x)`` starts
# from zeros; a learned start is a parameter (:ref:`initial-state`).


def noisy(x):
    return lstm(x, (torch.randn(1, N, H), torch.zeros(1, N, H)))


compare(probes.call_twice(noisy, x), probes.call_twice(lstm, x))

# %%
# No ``eval()``
# -------------
# ``torch.no_grad()`` stops gradients and nothing else: dropout goes on. ``call_twice`` uses the mode
# in which you give the model, and then tries evaluation mode to tell you which it was.

dropping = nn.LSTM(input_size=H_in, hidden_size=H, num_layers=2, dropout=0.5, batch_first=True)
with torch.no_grad():
    wrong = probes.call_twice(dropping.train(), x)
compare(wrong, probes.call_twice(dropping.eval(), x))
assert "call model.eval()" in wrong.sentence

# %%
# Not passed on
# -------------
# A loop that calls ``lstm(step)`` starts each step from zeros. One call on the whole sequence carries
# the state, so :func:`~lstm_guide.probes.loop_equals_bulk` shows the difference.

compare(probes.loop_equals_bulk(lambda x, state: lstm(x), x), probes.loop_equals_bulk(lstm, x))

# %%
# Never read
# ----------
# Many programs set ``model.hidden = model.init_hidden()`` before each batch, and ``forward`` never
# reads it. No probe can know that you meant it. Put garbage there, and assert in your code that the
# answer changes; here it does not.


class NeverReads(nn.Module):
    """Has a hidden state that forward does not use."""

    def forward(self, x):
        return lstm(x)[0]


model = NeverReads()
model.hidden = torch.zeros(1, N, H), torch.zeros(1, N, H)
before = model(x)
model.hidden = torch.full((1, N, H), 9.0), torch.full((1, N, H), 9.0)
change = (model(x) - before).abs().max()
print(f"garbage in model.hidden changes the answer by {change:.4f}")
assert change == 0, "so the state is not read"
assert (lstm(x, model.hidden)[0] - before).abs().max() > 0.1, "passed on, it is"

# %%
# ``detach`` on h only
# --------------------
# Truncated backpropagation cuts the state between :term:`chunks <chunk>`. The gradient has two ways
# back, h and c, and one of them is enough. :func:`~lstm_guide.probes.gradient_reach` is told which
# steps the last output may reach. With ``retain_graph=True`` in place of ``detach``, nothing is cut:
# each backward runs through every chunk so far, and training slows down (:ref:`carrying-state`).


def in_chunks(x, detach_c):
    state = None
    for chunk in x.split(4, dim=1):
        output, (h, c) = lstm(chunk, state)
        state = h.detach(), c.detach() if detach_c else c
    return output  # (N, 4, H), the last chunk


wrong = probes.gradient_reach(lambda x: in_chunks(x, False), x, steps=range(8, 12))
right = probes.gradient_reach(lambda x: in_chunks(x, True), x, steps=range(8, 12))
compare(wrong, right)
assert wrong.number == 8
plotting.steps(
    {"only h detached": wrong.matrix.amax(0), "h and c detached": right.matrix.amax(0)},
    ylabel="largest |gradient|",
    title="With c attached, the gradient leaves the last chunk",
)

# %%
# The reverse half at its first step
# ----------------------------------
# In two directions ``output[:, -1, H:]`` has read one step (:ref:`two-directions`).

both = nn.LSTM(input_size=H_in, hidden_size=H, bidirectional=True, batch_first=True)
wrong = probes.gradient_reach(lambda x: both(x)[0][:, -1, H:], x)
compare(wrong, probes.gradient_reach(lambda x: final_state(both, both(x)[1][0]), x))

# %%
# Names that do not hold what they say
# ------------------------------------
# Unpacking takes whatever comes. ``h, c = lstm(x)`` names the output h. ``out, hidden = lstm(x)``
# makes hidden a pair, whose last item is ``c_n``. And ``h_n[:K]`` of two directions is not *the forward
# states*: the rows alternate (:ref:`rows-of-h-n`). Assert the shape beside the name.

h, c = lstm(x)
print(f"{tuple(h.shape) = }, {type(c).__name__ = }")
assert h.shape == (N, L, H)  # the output
assert isinstance(c, tuple)
out, hidden = lstm(x)
output, (h_n, c_n) = lstm(x)
assert_close(hidden[-1], c_n)
deep = nn.LSTM(input_size=H_in, hidden_size=H, num_layers=2, bidirectional=True, batch_first=True)
output, (h_n, c_n) = deep(x)  # (N, L, 2 * H), (4, N, H), (4, N, H)
by_layer, _ = split_state(deep, (h_n, c_n))  # (K, D, N, H)
assert_close(h_n[:2], by_layer[0])  # layer 0 in both directions
assert_close(by_layer[-1, 0], output[:, -1, :H])  # the top layer, forward
print(f"h_n[:2] is off by up to {(h_n[:2] - by_layer[:, 0]).abs().max():.4f}")
assert not torch.allclose(h_n[:2], by_layer[:, 0])

# %%
# A learned start that never learns
# ---------------------------------
# ``detach`` on the way cuts the parameter off. The sign: its gradient is None after ``backward()``.

start = nn.Parameter(torch.zeros(1, 1, H))
for cut in (True, False):
    h_0 = start.expand(1, N, H).contiguous()
    output, _ = lstm(x, (h_0.detach() if cut else h_0, torch.zeros(1, N, H)))
    output.sum().backward()
    print(f"{cut = }: {start.grad is None = }")
    assert (start.grad is None) == cut

# %%
# Summary
# -------
# * In evaluation mode two equal calls agree, and a loop with carried state equals one call.
# * ``detach`` belongs on h and on c.
# * Assert shapes beside names, and that a parameter has a gradient.
#
# Common mistakes
# ---------------
# * "I kept the state to remember more": between separate sequences there is nothing to remember, see
#   :ref:`state-inside-a-module`.
# * "``retain_graph=True`` made the error go away": and the graph grows, see :ref:`carrying-state`.
# * "I take ``h_n[-1]`` in two directions": half of the model never learns, see :ref:`two-directions`.
#
# Check yourself
# --------------
# Why does ``batch_leak`` pass for the model that keeps its state?
#
# .. dropdown:: Answer
#
#    A probe puts the model back before each call, so both calls start from the same kept state, and
#    the state of a row moves that row alone. ``call_twice`` is the probe that does not put it back
#    between its two calls.
#
# Next
# ----
# Rows of different length bring padding, and padding gets in everywhere: :ref:`silent-padding`.
