r"""
.. _carrying-state:

Carry the state, and chunks equal the whole
===========================================

Your sequence is too long for one call, or it arrives piece by piece. So you cut it into
:term:`chunks <chunk>` and pass the :term:`state` from one call of :class:`torch.nn.LSTM` to the
next. The first training step runs. The second one stops with
``Trying to backward through the graph a second time``. After this page you know when to carry the
state, and how to :term:`detach` it.

**You will see**

* chunks that give the same numbers as one long call
* the error at the second ``backward``, and why ``retain_graph=True`` does not repair it
* which of your batches should carry a state at all
"""

# sphinx_gallery_tags = ["states", "training", "errors"]

import textwrap

import torch
from torch import nn

from lstm_guide import detach_state, plotting

torch.manual_seed(0)
N, L, H_in, H = 3, 12, 2, 5  # batch, time, features in, features out
chunk_length = 4  # steps

lstm = nn.LSTM(input_size=H_in, hidden_size=H, batch_first=True)
x = torch.randn(N, L, H_in)
chunks = x.split(chunk_length, dim=1)  # 3 pieces (N, 4, H_in), cut along time

# %%
# The module remembers nothing between two calls
# ----------------------------------------------
# ``nn.LSTM`` stores no state. A call without a state starts from zeros, whatever you fed before.
# Below, each line is one chunk and each number one :term:`time step`: the largest difference
# between the chunk and the same step of the long call. The first chunk agrees, because the long
# call starts from zeros too. The other chunks are wrong from their first step, without a message.

with torch.no_grad():
    whole, (h_n, c_n) = lstm(x)  # (N, L, H), (1, N, H), (1, N, H)
    forgetful = torch.cat([lstm(chunk)[0] for chunk in chunks], dim=1)

difference = (forgetful - whole).abs().amax(dim=(0, 2))  # (L,)
difference = difference.view(len(chunks), chunk_length)
print(f"{difference = }")
assert (difference[0] < 1e-6).all()
assert (difference[1:, 0] > 0.03).all()

# %%
# Pass the state on, and chunks equal the whole
# ---------------------------------------------
# The second value that a call returns is the state after its last step: the pair ``(h_n, c_n)``.
# Give this pair to the next call. It holds all that the LSTM knows about the past, so it does not
# matter where you cut. The outputs and the final state agree with the long call.

state = None  # the first chunk starts from zeros
parts = []
with torch.no_grad():
    for chunk in chunks:
        output, state = lstm(chunk, state)  # (N, 4, H), a pair of (1, N, H)
        parts.append(output)
carried = torch.cat(parts, dim=1)  # (N, L, H)

print(f"{torch.allclose(carried, whole, atol=1e-6) = }")
torch.testing.assert_close(carried, whole, atol=1e-6, rtol=0)
torch.testing.assert_close(state, (h_n, c_n), atol=1e-6, rtol=0)
plotting.steps(
    {"passed on": carried[0, :, 0], "forgotten": forgetful[0, :, 0]},
    ylabel="output[0, :, 0]",
    title="Without the state, each chunk after the first starts anew",
)

# %%
# In training, the second ``backward`` fails
# ------------------------------------------
# Now train on the chunks, with one step of the optimizer after each. The state that chunk 0 returns
# is more than numbers: it belongs to the graph that autograd recorded for chunk 0. So ``backward``
# for chunk 1 walks on into chunk 0. There the first ``backward`` has freed what it needs. The
# argument ``carry`` says what happens to the state between two chunks. Here nothing happens to it.


def train(carry, **options):
    """Train on each chunk in turn; return the message if torch stops."""
    model = nn.LSTM(input_size=H_in, hidden_size=H, batch_first=True)
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    state = None
    for number, chunk in enumerate(chunks):
        output, state = model(chunk, state)
        optimizer.zero_grad()
        try:
            output.square().mean().backward(**options)
        except RuntimeError as error:
            return f"chunk {number}: {type(error).__name__} {error}"
        optimizer.step()
        state = carry(state)
    return "all chunks trained"


message = train(carry=lambda state: state)
print(textwrap.fill(message, width=80))
assert message.startswith("chunk 1: RuntimeError Trying to backward through")

# %%
# .. _carrying-retain-graph:
#
# ``retain_graph=True`` leads to the next error
# ---------------------------------------------
# The message itself proposes ``retain_graph=True``, and so do many answers on the web. It keeps the
# graph of chunk 0 alive. But the optimizer has changed the weights in place, and that graph needs
# the weights as they were. So ``backward`` for chunk 1 still fails, with another message.

message = train(carry=lambda state: state, retain_graph=True)
print(textwrap.fill(message, width=80))
assert "modified by an inplace operation" in message

# %%
# .. _carrying-detach-both:
#
# Detach h and c, both of them
# ----------------------------
# :meth:`torch.Tensor.detach` gives the same numbers without the graph. The state is a pair, and
# both halves lead back into chunk 0. If you detach ``h`` only, the first error comes back through
# ``c``. With both detached, all three chunks train. :func:`lstm_guide.detach_state` does it for the
# pair. The loop further up ran under :class:`torch.no_grad`: no graph, and nothing to detach.

only_h = train(carry=lambda state: (state[0].detach(), state[1]))
both = train(carry=lambda state: (state[0].detach(), state[1].detach()))
helper = train(carry=detach_state)
print(f"only h: {only_h.partition(' (')[0]}\nboth:   {both}\nhelper: {helper}")
assert "Trying to backward through the graph a second time" in only_h
assert both == helper == "all chunks trained"
assert not any(part.requires_grad for part in state)  # of the loop further up

# %%
# Summary
# -------
# * The state is all that the module knows about the past. Carried, it makes chunks equal the whole.
# * In training, detach both halves of the state between two calls of ``backward``.
# * What to do with the state depends on what your batches are:
#
# .. list-table::
#    :header-rows: 1
#
#    * - Your batches
#      - Between two calls
#    * - independent samples, shuffled or not
#      - pass nothing: each call starts from zeros
#    * - each row is one stream, cut in order
#      - carry ``(h, c)``; in training, detach both
#    * - the same, and in one row a new document starts
#      - also set that row to zero: :ref:`rows-of-the-state`
#
# Common mistakes
# ---------------
# * Following the message to ``retain_graph=True``: the next error (:ref:`carrying-retain-graph`).
# * Detaching ``h`` and not ``c``: the same error as before (:ref:`carrying-detach-both`).
#   :func:`~lstm_guide.probes.gradient_reach` catches it without an error: :ref:`silent-states`.
# * Carrying the state between shuffled batches, with no message and wrong numbers:
#   :ref:`rows-of-the-state`.
# * Keeping the state as an attribute of the model: :ref:`state-inside-a-module`.
#
# Check yourself
# --------------
# You evaluate a trained model on a long sequence, in chunks, under :class:`torch.no_grad`. Do you have
# to carry the state? Do you have to detach it?
#
# .. dropdown:: Answer
#
#    Carry it, or every chunk starts from zeros. There is nothing to detach: without gradients no graph
#    is recorded.
#
# :ref:`exercise-truncated-bptt` checks your own answer.
#
# Next
# ----
# Go on with what detaching costs: :ref:`truncated`.
