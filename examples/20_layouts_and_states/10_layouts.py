r"""
.. _layouts:

Time first, batch first, unbatched
==================================

Your data is ``(4, 7, 3)``: four sequences of seven steps with three features. You call
:class:`torch.nn.LSTM`, and it takes the four for time and the seven for the :term:`batch`, without
an error. After this page you know the three layouts that an LSTM reads, which of the tensors
``batch_first`` changes and which it leaves alone, and how to see which layout a call used.

**You will see**

* one table with the shapes of all six tensors in the three layouts
* the same numbers from all of them
* what you get when you loop over a tensor
* the size that tells you how your input was read
"""

# sphinx_gallery_tags = ["shapes", "states"]

import torch
from torch import nn

from lstm_guide import describe, plotting

torch.manual_seed(0)
torch.set_grad_enabled(False)  # nothing is trained on this page
L, N, H_in, H, K = 7, 4, 3, 5, 2  # steps, sequences, features in, features out, layers

# %%
# One set of weights, three layouts
# ---------------------------------
# A layout is the order of the axes. **Time first** is ``(L, N, H_in)``, the default. **Batch
# first** is ``(N, L, H_in)``, with ``batch_first=True``. **Unbatched** is ``(L, H_in)``, one
# sequence without a batch axis. The option changes how the input is read, not the weights. Copy
# them, and both LSTMs give the same numbers once the axes are swapped: the differences are zero.

time_first = nn.LSTM(input_size=H_in, hidden_size=H, num_layers=K)
batch_first = nn.LSTM(input_size=H_in, hidden_size=H, num_layers=K, batch_first=True)
batch_first.load_state_dict(time_first.state_dict())

x = torch.randn(N, L, H_in)  # four sequences of seven steps
output, (h_n, c_n) = batch_first(x)  # (N, L, H) and twice (K, N, H)
output_t, (h_n_t, c_n_t) = time_first(x.transpose(0, 1))  # (L, N, H), (K, N, H)
output_u, (h_n_u, c_n_u) = batch_first(x[0])  # (L, H), (K, H)

torch.testing.assert_close(output_t.transpose(0, 1), output, atol=1e-6, rtol=0)
torch.testing.assert_close((h_n_t, c_n_t), (h_n, c_n), atol=1e-6, rtol=0)
torch.testing.assert_close(output_u, output[0], atol=1e-6, rtol=0)
torch.testing.assert_close((h_n_u, c_n_u), (h_n[:, 0], c_n[:, 0]), atol=1e-6, rtol=0)
gap = (output_t.transpose(0, 1) - output).abs().max()
print(f"time first and batch first differ by {gap:.4f}")
gap = (output_u - output[0]).abs().max()
print(f"unbatched and sequence 0 differ by   {gap:.4f}")

# %%
# Six tensors, three layouts
# --------------------------
# The table lists what goes in and what comes out, here for two layers, so K is 2. Compare time
# first with batch first: the option swaps the axes of ``x`` and ``output``, and of nothing else.
# The four states are ``(K, N, H)`` in both. Unbatched lacks N in every row.

h_0, c_0 = torch.zeros(K, N, H), torch.zeros(K, N, H)  # the same for both layouts
calls = {
    "time first": (time_first, x.transpose(0, 1), (h_0, c_0)),
    "batch first": (batch_first, x, (h_0, c_0)),
    "unbatched": (batch_first, x[0], (h_0[:, 0], c_0[:, 0])),
}
names = ["x", "h_0", "c_0", "output", "h_n", "c_n"]
table = {}
for layout, (lstm, x_in, state) in calls.items():
    output, final = lstm(x_in, state)
    table[layout] = [tuple(tensor.shape) for tensor in (x_in, *state, output, *final)]

rows = [("", *table), *zip(names, *table.values(), strict=True)]
for row in rows:
    print("".join(f"{cell!s:<13}" for cell in row).rstrip())

state = (K, N, H)
assert table["time first"] == [(L, N, H_in), state, state, (L, N, H), state, state]
assert table["batch first"] == [(N, L, H_in), state, state, (N, L, H), state, state]
assert table["unbatched"] == [(L, H_in), (K, H), (K, H), (L, H), (K, H), (K, H)]

# %%
# .. _layouts-states:
#
# ``batch_first`` does not move the states
# ----------------------------------------
# So a state with the batch in front is refused, also by a batch-first LSTM. If your state comes
# from elsewhere as ``(N, K, H)``, swap its axes. With :meth:`torch.Tensor.contiguous` the
# numbers also lie in memory as if you had made the state in this order.

mine = torch.randn(N, K, H)  # batch in front
try:
    batch_first(x, (mine, mine))
except RuntimeError as error:
    message = str(error)
    print(type(error).__name__, message)
else:
    raise AssertionError("torch accepted a state with the batch in front")
assert "Expected hidden[0] size (2, 4, 5), got [4, 2, 5]" in message

state = mine.transpose(0, 1).contiguous()  # (K, N, H)
assert state.stride() == torch.zeros(K, N, H).stride()
output, _ = batch_first(x, (state, state))  # (N, L, H)
print(f"{tuple(output.shape) = }")
assert output.shape == (N, L, H)

# %%
# See which layout was read
# -------------------------
# Forget the option, and nothing fails: the LSTM reads seven sequences of four steps. ``output``
# even has the shape that you expect. ``h_n`` does not: its middle size is N *as the LSTM read
# it*. :func:`lstm_guide.describe` says the same before you run the call.

output, (h_n, _) = time_first(x)  # x is batch first, the LSTM is not
print(f"{tuple(output.shape) = }")
print(f"{tuple(h_n.shape) = }")
assert output.shape == batch_first(x)[0].shape
assert h_n.shape[1] == L != N
assert (output - batch_first(x)[0]).abs().max() > 0.01

report = describe(time_first, x)
assert (report.shapes.N, report.shapes.L) == (L, N)
report

# %%
# Loop over a tensor: the first axis decides
# ------------------------------------------
# A loop over a tensor runs along its first axis. Over a time-first tensor it gives one step of all
# sequences: what you need to call the LSTM step by step. Over a batch-first tensor it gives all
# steps of one sequence. Here with five steps and four sequences, each number is an address: 21 is
# sequence 2, step 1. In the picture each colour is one sequence.

by_batch = 10 * torch.arange(4).unsqueeze(1) + torch.arange(5)  # (N, L) = (4, 5)
by_time = by_batch.transpose(0, 1)  # (L, N) = (5, 4)

for one_step in by_time:
    print("one step, all sequences:", one_step.tolist())
    assert len(set((one_step % 10).tolist())) == 1  # one step
for one_sequence in by_batch:
    print("one sequence, all steps:", one_sequence.tolist())
    assert len(set((one_sequence // 10).tolist())) == 1  # one sequence

plotting.cells(
    by_time,
    rows="time",
    columns="batch",
    colour_by=by_time // 10,
    title="Time first: a row is one step of all sequences",
)

# %%
# Summary
# -------
# * The default is time first, ``(L, N, H_in)``. ``batch_first=True`` reads ``(N, L, H_in)``.
# * ``batch_first`` changes ``x`` and ``output``. ``h_0``, ``c_0``, ``h_n`` and ``c_n`` keep
#   ``(K, N, H)``, or ``(2 * K, N, H)`` with two directions.
# * A 2-D tensor is one sequence, ``(L, H_in)``, whatever ``batch_first`` says.
# * The weights do not depend on the layout, and neither do the numbers.
#
# Common mistakes
# ---------------
# * "``output`` has the right shape, so the layout is right." Look at ``h_n``: its middle size is N
#   as the LSTM read it. What a wrong reading does to the numbers: :ref:`bulk-and-loop`.
#   :func:`~lstm_guide.probes.batch_leak` catches it in your own model: :ref:`silent-axes`.
# * "My states are ``(N, K, H)``, because I use ``batch_first=True``." The option does not move them
#   (:ref:`layouts-states`).
# * "I swap the axes with ``view``." It mixes the sequences (:ref:`view-and-transpose`).
# * "A batch of single steps is ``(N, H_in)``." That is one sequence: :ref:`one-sequence`.
#
# Check yourself
# --------------
# ``nn.LSTM(input_size=3, hidden_size=5)`` gets ``(4, 7, 3)`` and returns ``h_n`` of shape
# ``(1, 7, 5)``. How many sequences did it read, and how many steps did each have?
#
# .. dropdown:: Answer
#
#    Seven sequences of four steps. Without ``batch_first`` axis 0 is time, and the middle size of
#    ``h_n`` is N. If your data are four sequences of seven steps, set ``batch_first=True``.
#
# Next
# ----
# Go on with a tensor of two axes, and what the LSTM takes it for: :ref:`one-sequence`
