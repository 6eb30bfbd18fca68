r"""
.. _loop-by-the-book:

Compare two runs from the same initial state
============================================

You run the LSTM example of a well known tutorial, first in a loop and then in one call, and print
both. No number agrees, not even at the first step. Neither way is wrong: the two runs start from
different states. This page shows the digits, repairs the comparison, and says what
:class:`torch.nn.LSTM` does when you give no :term:`state` at all.

**You will see**

* the loop and the one call of the tutorial, digit by digit, and why they differ
* the same numbers from both, once the :term:`initial state` is the same
* what "no state" means, and how a loop forgets
* how many states a call needs: one for each layer, direction and sequence, none for the steps
"""

# sphinx_gallery_tags = ["states"]

import torch
from torch import nn

from lstm_guide import plotting, zero_state

torch.set_grad_enabled(False)  # nothing is trained on this page
L, N, H_in, H = 5, 1, 3, 3  # steps, sequences, features in and out, as there

# %%
# ``nn.LSTM(...)`` makes a module
# -------------------------------
# The example follows Robert Guthrie's PyTorch tutorial on sequence models: an LSTM, five random
# inputs, one random state, drawn in this order. Some notes call ``nn.LSTM(...)`` a function. It
# is a :class:`torch.nn.Module`, an object that owns weights. You make it once and call it often,
# because each new one starts with new random weights.

torch.manual_seed(0)
lstm = nn.LSTM(input_size=H_in, hidden_size=H)  # time first
inputs = [torch.randn(N, H_in) for _ in range(L)]  # five times (1, 3)
start = (torch.randn(1, N, H), torch.randn(1, N, H))  # (h_0, c_0), (1, 1, 3) each

print("weights:", ", ".join(name for name, _ in lstm.named_parameters()))
assert isinstance(lstm, nn.Module)
assert len(list(lstm.parameters())) == 4

# %%
# The loop
# --------
# In :term:`loop mode` each call gets one step and the state that the call before it returned. The
# name ``state`` gets a new value at every step. Keep the initial state under a name of its own, or
# you cannot start there again.

state = start
steps = []
for x_t in inputs:
    step, state = lstm(x_t.unsqueeze(0), state)  # (1, 1, 3), and the next state
    steps.append(step)
    print(step)
loop = torch.cat(steps)  # (5, 1, 3)
h_n, c_n = state  # (1, 1, 3) each
print(f"{c_n = }")

first, last = [-0.1815, 0.0289, 0.5399], [0.2096, 0.0675, 0.0626]
memory = [0.3354, 0.2321, 0.4211]
torch.testing.assert_close(loop[0, 0], torch.tensor(first), atol=5e-5, rtol=0)
torch.testing.assert_close(loop[-1, 0], torch.tensor(last), atol=5e-5, rtol=0)
torch.testing.assert_close(c_n, torch.tensor([[memory]]), atol=5e-5, rtol=0)

# %%
# The one call, from another state
# --------------------------------
# The tutorial then draws a new random state and makes one call with all steps: :term:`bulk mode`.
# Compare the digits with those above. The first step differs already, although no step comes before
# it. Only the initial state can be the reason.

new_start = (torch.randn(1, N, H), torch.randn(1, N, H))  # (1, 1, 3) each
x = torch.stack(inputs)  # (5, 1, 3)
bulk, (h_n, c_n) = lstm(x, new_start)  # (5, 1, 3), (1, 1, 3), (1, 1, 3)
print(bulk)
print(f"{c_n = }")

first, last = [-0.3341, 0.1119, 0.2212], [0.1721, 0.0864, 0.0560]
memory = [0.2710, 0.2993, 0.4017]
torch.testing.assert_close(bulk[0, 0], torch.tensor(first), atol=5e-5, rtol=0)
torch.testing.assert_close(bulk[-1, 0], torch.tensor(last), atol=5e-5, rtol=0)
torch.testing.assert_close(c_n, torch.tensor([[memory]]), atol=5e-5, rtol=0)
assert (bulk - loop)[0].abs().max() > 0.1

# %%
# .. _loop-one-state:
#
# The same call, from the same state
# ----------------------------------
# Give the one call the state that the loop started from, and every step agrees, the last state too.
# In the picture two of the three lines lie on each other. The third comes closer: the initial
# state matters less at the last step than at the first, but it still shows.

same, (same_h, same_c) = lstm(x, start)  # (5, 1, 3), (1, 1, 3), (1, 1, 3)
print(f"from the same state: largest difference {(same - loop).abs().max():.4f}")
print(f"from another state, first step: {(bulk - loop)[0].abs().max():.4f}")
print(f"from another state, last step:  {(bulk - loop)[-1].abs().max():.4f}")
torch.testing.assert_close(same, loop, atol=1e-6, rtol=0)
torch.testing.assert_close((same_h, same_c), state, atol=1e-6, rtol=0)
assert 0.01 < (bulk - loop)[-1].abs().max() < (bulk - loop)[0].abs().max()

plotting.steps(
    {
        "loop": loop[:, 0, 0],
        "one call, same state": same[:, 0, 0],
        "one call, other state": bulk[:, 0, 0],
    },
    ylabel="first entry of the output",
    title="From the same state, loop and one call\nagree at every step",
)

# %%
# No state means zeros, at every call
# -----------------------------------
# In the tutorial, a comment about cleaning out the hidden state stands beside random numbers.
# Random is not clean. A clean start is zeros, and this is what the LSTM uses when you give no
# state. It does so at *every* call and keeps nothing from the call before. So a loop that does not
# pass the state on agrees with the one call at the first step only.
# :func:`lstm_guide.zero_state` makes zeros of the right shape for any LSTM.

clean, _ = lstm(x)  # (5, 1, 3)
zeros, _ = lstm(x, zero_state(lstm, x))  # (5, 1, 3)
forgetful = torch.cat([lstm(x_t.unsqueeze(0))[0] for x_t in inputs])  # (5, 1, 3)

print(f"no state against zeros:  {(clean - zeros).abs().max():.4f}")
print(f"no state against random: {(clean - same).abs().max():.4f}")
for t, gap in enumerate((forgetful - clean).abs().amax(dim=(1, 2))):
    print(f"step {t}: a loop that forgets is off by {gap:.4f}")
torch.testing.assert_close(clean, zeros, atol=1e-6, rtol=0)
torch.testing.assert_close(clean, lstm(x)[0], atol=1e-6, rtol=0)  # once more
assert (clean - same).abs().max() > 0.1
torch.testing.assert_close(forgetful[0], clean[0], atol=1e-6, rtol=0)
assert ((forgetful - clean)[1:].abs().amax(dim=(1, 2)) > 0.01).all()

# %%
# One state for each layer, direction and sequence
# ------------------------------------------------
# Take two layers in two directions over two sequences. The first size of ``h_0`` and ``c_0`` is
# four, one for each layer and direction. The second is two, one for each sequence. The number of
# steps is nowhere: one state starts a call with seven steps and a call with six. Torch refuses a
# state for each step (:ref:`initial-state`).

deep = nn.LSTM(input_size=3, hidden_size=5, num_layers=2, bidirectional=True)
state = (torch.randn(4, 2, 5), torch.randn(4, 2, 5))  # (K * D, N, H)
for length in (7, 6):
    output, _ = deep(torch.randn(length, 2, 3), state)  # (L, N, 2 * H)
    print(f"{tuple(output.shape) = }")
    assert output.shape == (length, 2, 10)

# %%
# Once more, with four features
# -----------------------------
# The example is also passed around with another seed and a hidden size of four. Those digits come
# out as well. Loop and one call agree again from the first state, and again from the second.

torch.manual_seed(1)
lstm = nn.LSTM(input_size=3, hidden_size=4)
x = torch.cat([torch.randn(1, 1, 3) for _ in range(L)])  # (5, 1, 3)
start = (torch.randn(1, 1, 4), torch.randn(1, 1, 4))
new_start = (torch.randn(1, 1, 4), torch.randn(1, 1, 4))
bulk, (h_n, c_n) = lstm(x, new_start)  # (5, 1, 4), (1, 1, 4), (1, 1, 4)
print(f"{x[0] = }")
print(bulk)
print(f"{c_n = }")

digits = [
    (x[0, 0], [0.0939, 1.2381, -1.3459]),
    (bulk[0, 0], [-0.2566, 0.1294, 0.0441, -0.5235]),
    (bulk[-1, 0], [-0.2308, 0.1164, -0.0115, -0.2423]),
    (c_n[0, 0], [-0.4093, 0.6065, -0.0288, -0.4107]),
]
for computed, expected in digits:
    torch.testing.assert_close(computed, torch.tensor(expected), atol=5e-5, rtol=0)

for begin in (start, new_start):
    state, steps = begin, []
    for x_t in x.split(1):  # (1, 1, 3)
        step, state = lstm(x_t, state)
        steps.append(step)
    torch.testing.assert_close(torch.cat(steps), lstm(x, begin)[0], atol=1e-6, rtol=0)

# %%
# Summary
# -------
# * Another initial state gives other numbers, from the first step on.
# * Compare two runs from one initial state, kept under its own name.
# * No state means zeros, at every call. The LSTM keeps nothing between calls.
# * A call needs one state for each layer, direction and sequence, however many steps it has.
#
# Common mistakes
# ---------------
# * "I draw a random state to clean the LSTM." It has nothing to clean. Pass no state, or
#   zeros (:ref:`initial-state`).
# * "My loop does not agree with the one call." If they differ at the first step, the initial states
#   differ. If they differ from the second step on, the loop does not pass the state on, or the one
#   call reads another axis as time (:ref:`bulk-and-loop`, :ref:`bulk-and-step-differ`).
# * "My notebook worked yesterday." A cell uses a name that a later cell defines, here ``start`` or
#   ``state``. Restart the kernel and run all cells in order before you compare two runs
#   (:ref:`loop-one-state`).
#
# Check yourself
# --------------
# You call ``lstm(x)`` twice in a row. Does the second call go on where the first one stopped?
#
# .. dropdown:: Answer
#
#    No. Both calls start from zeros and give the same numbers: the block about zeros makes the call
#    twice and compares. To go on, pass the state that the first call returned
#    (:ref:`carrying-state`).
#
# Next
# ----
# Go on with what happens when you move the axes of a batch in the wrong way:
# :ref:`view-and-transpose`.
