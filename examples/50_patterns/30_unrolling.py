r"""
.. _unrolling:

Unrolling by hand: one call per step
====================================

One call of :class:`torch.nn.LSTM` runs through all steps. Sometimes you need to step in between:
the next input depends on the last output, or you want to stop early, or look at the
:term:`cell state` of every step. You need to know what a :term:`state` is (:ref:`bulk-and-loop`).
After this page you can run a layer step by step and prove that nothing else changed.

**You will see**

* a generator that feeds one position at a time, equal to the one call at every step
* the same with :class:`torch.nn.LSTMCell` and the same weights
* why a layer with two directions cannot be unrolled
* why you write ``model(x)`` and not ``model.forward(x)``
"""

# sphinx_gallery_tags = ["patterns", "states", "bidirectional"]

import torch
from torch import nn
from torch.testing import assert_close

from lstm_guide import plotting, unroll

torch.manual_seed(0)
torch.set_grad_enabled(False)  # nothing is trained on this page
N, L, H_in, H = 4, 7, 3, 5  # batch, time, features in, features out

lstm = nn.LSTM(input_size=H_in, hidden_size=H, batch_first=True)
x = torch.randn(N, L, H_in)

# %%
# A generator that feeds one position at a time
# ---------------------------------------------
# The state starts from zeros, with one row for the one layer. At each position the generator calls
# the layer with a sequence of one step and the state so far, and hands out what comes back. The
# slice ``x[:, t : t + 1]`` keeps the time axis, with size 1; ``x[:, t]`` would drop it.


def unroll_by_hand(lstm, x):
    """Yield the output of each step and the state after it."""
    h, c = torch.zeros(1, N, H), torch.zeros(1, N, H)
    for t in range(x.size(1)):
        output, (h, c) = lstm(x[:, t : t + 1], (h, c))  # (N, 1, H), (1, N, H), (1, N, H)
        yield output[:, 0], (h, c)  # (N, H)


for t, (output_t, (h, c)) in enumerate(unroll_by_hand(lstm, x)):
    print(f"step {t}: {tuple(output_t.shape) = }  {tuple(h.shape) = }")
    assert output_t.shape == (N, H)
    assert h.shape == c.shape == (1, N, H)
assert t == L - 1

# %%
# Equal to the one call, at every step
# ------------------------------------
# Stack the outputs on the time axis and compare. The outputs agree, and the last state is the
# ``(h_n, c_n)`` of the one call. On the way you had every c in your hands; the one call returns the
# last one only.

whole, (h_n, c_n) = lstm(x)  # (N, L, H), (1, N, H), (1, N, H)
outputs, states = zip(*unroll_by_hand(lstm, x), strict=True)
by_hand = torch.stack(outputs, dim=1)  # (N, L, H)
cells = torch.stack([c[0] for _, c in states], dim=1)  # (N, L, H)

print(f"outputs agree: {(by_hand - whole).abs().max() < 1e-6}")
assert_close(by_hand, whole, atol=1e-6, rtol=0)
assert_close(h, h_n, atol=1e-6, rtol=0)
assert_close(c, c_n, atol=1e-6, rtol=0)

plotting.steps(
    {"one call": whole[0, :, 0], "by hand": by_hand[0, :, 0], "c, by hand": cells[0, :, 0]},
    ylabel="entry 0 of sequence 0",
    title="The outputs agree; the cell state is there at every step",
)

# %%
# You decide when to stop
# -----------------------
# A generator works only when it is asked for the next step. Leave the loop, and the rest is never
# computed. A hook on the layer counts its calls: three, and not seven.

calls = []
counter = lstm.register_forward_hook(lambda *_: calls.append(1))
for t, _ in enumerate(unroll_by_hand(lstm, x)):
    if t == 2:
        break
counter.remove()
print(f"calls of the layer: {len(calls)}")
assert len(calls) == 3

# %%
# The same with LSTMCell
# ----------------------
# ``nn.LSTMCell`` is one step of one layer. It takes ``(N, H_in)`` and a state ``(N, H)``: there is no
# time axis and no layer axis. Its weights have the same names without the ending ``_l0``.

cell = nn.LSTMCell(input_size=H_in, hidden_size=H)
weights = {name.removesuffix("_l0"): value for name, value in lstm.state_dict().items()}
cell.load_state_dict(weights)
print("names in the layer:", *lstm.state_dict())
print("names in the cell: ", *cell.state_dict())

h, c = torch.zeros(N, H), torch.zeros(N, H)
outputs = []
for x_t in x.unbind(dim=1):  # (N, H_in)
    h, c = cell(x_t, (h, c))  # (N, H) each
    outputs.append(h)
assert_close(torch.stack(outputs, dim=1), whole, atol=1e-6, rtol=0)
assert_close(c, c_n[0], atol=1e-6, rtol=0)

# %%
# The helper: :func:`lstm_guide.unroll` does the same for every layout and number of layers. It starts
# from zeros or from the state that you give it.

stacked = nn.LSTM(input_size=H_in, hidden_size=H, num_layers=3)
x_time_first = x.transpose(0, 1)  # (L, N, H_in)
start = (torch.randn(3, N, H), torch.randn(3, N, H))

outputs, states = zip(*unroll(stacked, x_time_first, start), strict=True)
expected, last = stacked(x_time_first, start)
assert_close(torch.stack(outputs), expected, atol=1e-6, rtol=0)
assert_close(states[-1], last, atol=1e-6, rtol=0)

# %%
# Two directions cannot be unrolled
# ---------------------------------
# The reverse :term:`direction` starts at the last step. At step 0 it has read everything, so its
# output of step 0 is not known before the last step has come. Feed one step, and torch does not
# object: it takes the step for a whole sequence, and both directions read one step. The forward
# half is right and the reverse half is not. The helper refuses.

both = nn.LSTM(input_size=H_in, hidden_size=H, batch_first=True, bidirectional=True)
first_step, _ = both(x[:, :1])  # (N, 1, 2 * H)
difference = (first_step - both(x)[0][:, :1]).abs()
print(f"forward half agrees: {difference[..., :H].max() < 1e-6}")
print(f"reverse half differs by {difference[..., H:].max():.2f}")
assert difference[..., :H].max() < 1e-6
assert difference[..., H:].max() > 0.05

try:
    unroll(both, x)
except ValueError as error:
    message = str(error)
    print(type(error).__name__, message)
else:
    raise AssertionError("two directions were accepted")
assert "expected one direction, got bidirectional=True" in message

# %%
# Call ``model(x)``, not ``model.forward(x)``
# -------------------------------------------
# Both compute the same numbers. But ``model(x)`` also runs the hooks: functions that somebody has
# attached to the module in order to count, to record or to change its results.
# ``model.forward(x)`` passes them by, and no message says so.

calls = []
lstm.register_forward_hook(lambda *_: calls.append("hook"))
called, _ = lstm(x)
print(f"after lstm(x):         {calls}")
assert calls == ["hook"]

passed_by, _ = lstm.forward(x)
print(f"after lstm.forward(x): {calls}")
assert calls == ["hook"]
assert_close(passed_by, called)

# %%
# Summary
# -------
# * Step by step with the state handed on, or in one call: the numbers agree within 1e-6.
# * ``nn.LSTMCell`` has the same weights without ``_l0``, and no time and layer axes.
# * Two directions cannot go step by step: the reverse one begins at the end.
# * A module is called, ``model(x)``; ``forward`` alone skips the hooks.
#
# Common mistakes
# ---------------
# * "I call the layer in a loop without a state": every step starts from zeros again. See
#   :ref:`bulk-and-loop`; :func:`~lstm_guide.probes.loop_equals_bulk` catches it:
#   :ref:`silent-states`.
# * "I feed ``x[:, t]``": two axes are one unbatched sequence, so N is read as time. See
#   :ref:`layouts`.
# * "I unroll although I need no step in between": the one call gives the same, sooner. See
#   :ref:`bulk-and-loop`.
#
# Check yourself
# --------------
# You unroll a layer with ``num_layers=2`` by two cells, one on top of the other. Which state of the
# one call is the final ``c`` of the lower cell?
#
# .. dropdown:: Answer
#
#    ``c_n[0]``. The lower cell has the weights with the ending ``_l0``, the upper one those with
#    ``_l1``; the upper cell reads the ``h`` of the lower one at the same step.
#
# Next
# ----
# :ref:`decoder` needs the loop: what it reads at a step is what it wrote at the step before.
