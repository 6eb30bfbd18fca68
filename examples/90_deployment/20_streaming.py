r"""
.. _streaming:

Stream: one step at a time, the same numbers
============================================

Your data arrives step by step: a sensor, a microphone, a user who types. You want an answer at every
step, without running the whole past again. After this page you can feed an :class:`torch.nn.LSTM`
one step at a time, keep the :term:`state` of many streams, and you know which models cannot stream.

**You will see**

* steps with a carried state that equal the one call over the whole sequence
* a step without its time axis, which runs and is wrong
* three streams that start at different times, in one call
* a model in two directions, which needs the future
"""

# sphinx_gallery_tags = ["deployment", "states"]

import io

import torch
from torch import nn

from lstm_guide import plotting, zero_state

torch.manual_seed(0)
N, L, H_in, H, K = 3, 12, 2, 5, 2  # streams, steps, features in, features out, layers
lstm = nn.LSTM(input_size=H_in, hidden_size=H, num_layers=K, batch_first=True).eval()
x = torch.randn(N, L, H_in)  # (N, L, H_in)

# %%
# Pass the state on
# -----------------
# Each call gets one step, (N, 1, H_in), and the state that the call before returned. The outputs are
# those of one call over all steps. Do it under :class:`torch.inference_mode`: otherwise each state
# holds on to the graph of every step before it, and the memory grows until the program stops.

with torch.inference_mode():
    whole, _ = lstm(x)  # (N, L, H)
    state, outputs = None, []
    for x_t in x.split(1, dim=1):
        output, state = lstm(x_t, state)  # (N, 1, H), a pair of (K, N, H)
        outputs.append(output)
    streamed = torch.cat(outputs, dim=1)  # (N, L, H)

print(f"{tuple(x_t.shape) = }, {tuple(output.shape) = }")
print(f"{torch.allclose(streamed, whole, atol=1e-6) = }")
torch.testing.assert_close(streamed, whole, atol=1e-6, rtol=0)
assert state[0].grad_fn is None

# %%
# What the stream has to remember
# -------------------------------
# The state is two tensors, (K, N, H) each. It has this size after one step and after a million. So
# it is small enough to write into a file or a data base, and to go on in another program.

file = io.BytesIO()
torch.save(state, file)
print(f"numbers in the state of one stream: {sum(part[:, 0].numel() for part in state)}")
assert sum(part[:, 0].numel() for part in state) == 2 * K * H

file.seek(0)
resumed = torch.load(file)
new = torch.randn(N, 1, H_in)  # the next step
with torch.inference_mode():
    expected, _ = lstm(new, state)  # (N, 1, H)
    torch.testing.assert_close(lstm(new, resumed)[0], expected, atol=1e-6, rtol=0)

# %%
# .. _streaming-time-axis:
#
# Keep the time axis
# ------------------
# ``x[:, t]`` has lost its time axis: it is (N, H_in). torch takes two axes for one unbatched
# sequence of N steps. It runs without a message, and stream 1 reads what stream 0 has left behind.
# ``x[:, t : t + 1]`` keeps the axis. ``x[:, t]`` with the state of a batch is refused.

with torch.inference_mode():
    flat, _ = lstm(x[:, 0])  # (N, H), read as N steps of one sequence
    right, _ = lstm(x[:, 0:1])  # (N, 1, H)
gaps = (flat - right[:, 0]).abs().amax(dim=1)  # (N,)
print("off by stream:", [round(gap, 2) for gap in gaps.tolist()])
assert gaps[0] < 1e-6
assert (gaps[1:] > 0.01).all()

try:
    lstm(x[:, 0], zero_state(lstm, x))
except RuntimeError as error:
    message = str(error)
    print(type(error).__name__, message)
else:
    raise AssertionError("torch accepted a step without its time axis")
assert "For unbatched 2-D input, hx and cx should also be 2-D" in message

# %%
# A window is not a stream
# ------------------------
# Another way is to run the last few steps anew, from zeros, each time a step arrives. This costs as
# many steps as the window has, and it gives other numbers: what came before the window is
# forgotten. Neither is wrong. Use the one that the model was trained with.

window = 4  # steps
with torch.inference_mode():
    starts = [max(0, t + 1 - window) for t in range(L)]
    windowed = [lstm(x[:, start : t + 1])[0][:, -1] for t, start in enumerate(starts)]
    windowed = torch.stack(windowed, dim=1)  # (N, L, H)
    forgetful = torch.cat([lstm(x_t)[0] for x_t in x.split(1, dim=1)], dim=1)
gaps = (windowed - whole).abs().amax(dim=(0, 2))  # (L,)
assert (gaps[:window] < 1e-6).all()
assert (gaps[window:] > 1e-4).all()
assert (forgetful - whole)[:, 1:].abs().max() > 0.05

plotting.steps(
    {
        "one call, or streamed": streamed[0, :, 0],
        "windows of four steps": windowed[0, :, 0],
        "state not passed on": forgetful[0, :, 0],
    },
    ylabel="first entry of output",
    title="The stream equals the whole,\na window forgets what came before it",
)

# %%
# Many streams, one call
# ----------------------
# Streams come and go. Keep one state for each, by name, and stack the states of those that have a
# new step: they go through one call, as a batch. A stream that is new starts from zeros. The rows of
# a batch do not affect each other, so each stream gets the numbers of its own whole sequence.

states = {}  # by the name of a stream: h and c, (K, H) each


def step(arrived):
    """Feed a step, (H_in,), to some of the streams; return their outputs, (H,)."""
    zeros = (torch.zeros(K, H), torch.zeros(K, H))
    rows = [states.get(name, zeros) for name in arrived]
    h, c = (torch.stack(part, dim=1) for part in zip(*rows, strict=True))  # (K, n, H)
    batch = torch.stack(list(arrived.values())).unsqueeze(1)  # (n, 1, H_in)
    with torch.inference_mode():
        output, (h, c) = lstm(batch, (h, c))  # (n, 1, H), (K, n, H), (K, n, H)
    for row, name in enumerate(arrived):
        states[name] = (h[:, row], c[:, row])
    return dict(zip(arrived, output[:, 0], strict=True))


begins = {"a": 0, "b": 3, "c": 5}  # the clock at which each stream starts
answers = {name: [] for name in begins}
for clock in range(L):
    arrived = {
        name: x[row, clock - begin]
        for row, (name, begin) in enumerate(begins.items())
        if clock >= begin
    }
    for name, output in step(arrived).items():
        answers[name].append(output)

for row, (name, outputs) in enumerate(answers.items()):
    print(f"stream {name}: {len(outputs)} steps")
    expected = whole[row, : len(outputs)]
    torch.testing.assert_close(torch.stack(outputs), expected, atol=1e-6, rtol=0)
assert [len(outputs) for outputs in answers.values()] == [12, 9, 7]

# %%
# .. _streaming-two-directions:
#
# Two directions need the future
# ------------------------------
# The reverse :term:`direction` reads from the last step to the first. At step 0 its output depends on
# every later step, and in a stream there are none yet. Fed step by step, it runs, and its half of
# the output is wrong at every step but the last. Train a model in one direction for a stream. Or
# wait: collect a chunk and run both directions inside it.

both = nn.LSTM(input_size=H_in, hidden_size=H, batch_first=True, bidirectional=True)
with torch.inference_mode():
    expected, _ = both(x)  # (N, L, 2 * H)
    state, outputs = None, []
    for x_t in x.split(1, dim=1):
        output, state = both(x_t, state)  # (N, 1, 2 * H)
        outputs.append(output)
gaps = (torch.cat(outputs, dim=1) - expected).abs().amax(dim=0)  # (L, 2 * H)
print(f"forward half off by {gaps[:, :H].max():.2f}, reverse {gaps[:, H:].max():.2f}")
assert gaps[:, :H].max() < 1e-6
assert (gaps[:-1, H:].amax(dim=1) > 0.01).all()

# %%
# Summary
# -------
# * Feed (N, 1, H_in) and pass the state on: the numbers are those of one call.
# * The state is all that a stream has to keep, and its size does not grow.
# * Keep one state for each stream; stack those that have a new step.
# * Two directions cannot stream.
# * For single steps :class:`torch.nn.LSTMCell` gives the same numbers in less time (:ref:`unrolling`,
#   :ref:`speed-on-a-cpu`).
#
# Common mistakes
# ---------------
# * A step without its time axis: it runs, and the streams mix (:ref:`streaming-time-axis`).
# * The state of another stream, or of a shorter batch: :ref:`rows-of-the-state`.
# * Streaming outside ``inference_mode``: the memory grows with every step (:ref:`carrying-state`).
# * Streaming a model in two directions: :ref:`streaming-two-directions`.
#
# Check yourself
# --------------
# You trained on windows of 100 steps, each from zeros. Now you stream for hours and never reset the
# state. Does the model see what it was trained on?
#
# .. dropdown:: Answer
#
#    Not after the first 100 steps: the state then holds more past than any training window had. Run
#    windows, or train with the state carried from chunk to chunk.
#
# Next
# ----
# Go on with the tools that promise a smaller or faster model, and what each does to an LSTM:
# :ref:`what-works-with-what`.
