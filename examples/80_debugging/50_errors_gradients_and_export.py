r"""
.. _errors-gradients:

What do the errors of training, loading and exporting mean?
===========================================================

The forward pass works, and then ``backward`` stops: ``Trying to backward through the graph a second
time``, or a variable ``modified by an inplace operation``. Or the model is trained, and it cannot be
loaded, compiled or :term:`exported <export>`. After this page you can tell these messages apart, and you know which
advice in them not to follow. Every other message is on :ref:`by-error`.

**You will see**

* the second ``backward``, the advice of torch that makes it worse, and the repair
* three messages of the loss, from the shape of the targets to their numbers
* a :term:`checkpoint` that does not fit, and a program that knows one length only
"""

# sphinx_gallery_tags = ["errors", "training", "states"]

import warnings

import torch
from torch import nn
from torch.nn.functional import cross_entropy

from lstm_guide import detach_state, explain_errors, plotting

torch.manual_seed(0)
N, L, H_in, H, classes = 4, 7, 3, 5, 6  # batch, time, features in, features out, classes
lstm = nn.LSTM(input_size=H_in, hidden_size=H, batch_first=True)
optimiser = torch.optim.SGD(lstm.parameters(), lr=0.1)
stream = torch.randn(N, 2 * L, H_in)
chunks = stream.split(L, dim=1)  # two chunks of (N, L, H_in)


def said(call):
    """Return what torch says to a call, and the note of the guide."""
    try:
        with explain_errors():
            call()
    except Exception as error:
        return "\n".join([f"{type(error).__name__}: {error}", *getattr(error, "__notes__", [])])
    raise AssertionError("torch accepted it")


# %%
# The second ``backward``
# -----------------------
# The state of the first chunk is passed on with its graph, which the first ``backward`` has freed.
# torch proposes ``retain_graph=True``.


def train(between, **options):
    """Take one step for each chunk; do something with the state between them."""
    state = None
    for chunk in chunks:
        output, state = lstm(chunk, state)
        output.square().mean().backward(**options)
        optimiser.step()
        optimiser.zero_grad()
        state = between(state)


message = said(lambda: train(between=lambda state: state))
print(message)
assert "Trying to backward through the graph a second time" in message
assert "lstm-guide: The state still belongs to the graph of the last batch." in message

# %%
# The advice that makes it worse
# ------------------------------
# Kept alive, the old graph still needs the old weights, and the optimiser has changed them. The
# number behind "version" counts these changes. Detach **both** parts of the state: with h alone, the
# graph goes on through c, and the first message is back.

message = said(lambda: train(between=lambda state: state, retain_graph=True))
print(message)
assert "modified by an inplace operation" in message
assert "`retain_graph=True` in place of detaching" in message
assert "which is output " not in message

half = said(lambda: train(between=lambda state: (state[0].detach(), state[1])))
assert "Trying to backward through the graph a second time" in half
train(between=detach_state)  # runs

# %%
# Where the gradient stops
# ------------------------
# Detaching cuts the gradient and not the memory: the second chunk starts from the numbers of the
# first. The picture shows which steps of the stream the last output depends on by gradient. The
# number is the sum of the absolute gradients; blue is the first chunk, orange the second.

x = stream.clone().requires_grad_()
first, second = x.split(L, dim=1)
_, state = lstm(first)
output, _ = lstm(second, detach_state(state))
output[:, -1].sum().backward()
reach = x.grad.abs().sum(dim=-1)  # (N, 2 * L)
print(f"{reach.count_nonzero(dim=1).tolist() = }")
assert (reach > 0).sum(dim=1).tolist() == [L] * N
assert not reach[:, :L].any()
chunk_of = torch.arange(2 * L).expand(N, -1) // L  # (N, 2 * L): 0 or 1
plotting.cells(
    reach,
    rows="batch",
    columns="time",
    colour_by=chunk_of,
    title="After detach the gradient reaches the second chunk only",
)

# %%
# An output that is changed in place
# ----------------------------------
# "modified by an inplace operation" has a second form. "which is output 0 of ..." says that the
# result of a layer was written into, often by a mask. Choose with :func:`torch.where` instead.


def write_mask():
    output, _ = lstm(chunks[0])
    output[:, 4:] = 0
    output.sum().backward()


message = said(write_mask)
print(message)
assert "modified by an inplace operation" in message
assert "lstm-guide: The output is changed in place." in message
assert "which is output " in message

output, _ = lstm(chunks[0])
mask = torch.arange(L)[:, None] < 4  # (L, 1)
torch.where(mask, output, 0).sum().backward()

# %%
# Targets: shape, count, numbers
# ------------------------------
# :func:`torch.nn.functional.cross_entropy` wants the classes on axis 1. A :term:`transducer` has them
# last, so transpose the logits. "Expected input batch_size" comes when one of the two was flattened.
# Classes count from 0: class 6 of 6 is out of bounds.

logits = nn.Linear(H, classes)(lstm(chunks[0])[0])  # (N, L, classes)
targets = torch.randint(classes, (N, L))
shape = said(lambda: cross_entropy(logits, targets))
count = said(lambda: cross_entropy(logits.flatten(0, 1), targets))
number = said(lambda: cross_entropy(logits[:, -1], torch.full((N,), classes)))
print(shape, count, number, sep="\n\n")
assert f"Expected target size [{N}, {classes}], got [{N}, {L}]" in shape
assert f"Expected input batch_size ({N * L}) to match target batch_size ({N})." in count
assert f"Target {classes} is out of bounds." in number
by_axis = cross_entropy(logits.transpose(1, 2), targets)
flat = cross_entropy(logits.flatten(0, 1), targets.flatten())
torch.testing.assert_close(by_axis, flat)

# %%
# A checkpoint of another layer
# -----------------------------
# The message names every difference. ``_reverse`` in a name says that the saved layer had two
# directions, ``_l1`` that it had two layers, and the first size of a weight is 4 * ``hidden_size``
# (:ref:`weights-and-gates`). Make the layer as the saved one was made.

saved = nn.LSTM(input_size=H_in, hidden_size=H, bidirectional=True).state_dict()
message = said(lambda: lstm.load_state_dict(saved))
print(message)
assert 'Unexpected key(s) in state_dict: "weight_ih_l0_reverse"' in message
again = nn.LSTM(input_size=H_in, hidden_size=H, batch_first=True, bidirectional=True)
assert str(again.load_state_dict(saved)) == "<All keys matched successfully>"

# %%
# An exported program knows one length
# ------------------------------------
# ``torch.export`` writes the steps out one after the other. Their number is fixed, and another length
# meets a guard. (The warning that export gives about the weights is harmless.) What stays free is the
# number of steps around an exported :class:`torch.nn.LSTMCell`, if you carry the state yourself.

with warnings.catch_warnings(action="ignore"):
    program = torch.export.export(lstm.eval(), (chunks[0],)).module()
message = said(lambda: program(stream))
print(message)
assert "Guard failed: " in message
assert "lstm-guide: An exported LSTM has one length." in message

cell = nn.LSTMCell(input_size=H_in, hidden_size=H)
h, c = torch.zeros(N, H), torch.zeros(N, H)
step = torch.export.export(cell, (stream[:, 0], (h, c))).module()
for x_t in stream.unbind(dim=1):  # any number of steps
    h, c = step(x_t, (h, c))
assert h.shape == (N, H)

# %%
# Summary
# -------
# * Detach h and c between batches. Leave ``retain_graph`` alone.
# * "which is output 0 of" speaks of a result written into; without it, look at weights and states.
# * ``cross_entropy`` wants the classes on axis 1 and numbers from 0.
# * A checkpoint fits a layer made with the same arguments. An exported LSTM has one length.
#
# Common mistakes
# ---------------
# * ``retain_graph=True`` as the answer to the first message: :ref:`carrying-state`.
# * A mask is written into the output: :ref:`masked-loss`.
# * L equals the number of classes, so a wrong axis raises nothing: :ref:`transducer`.
#
# Check yourself
# --------------
# ``backward`` fails in the very first batch with "element 0 of tensors does not require grad". Is it
# the state?
#
# .. dropdown:: Answer
#
#    No. Nothing was recorded: the forward pass ran under :class:`torch.no_grad`, or the loss was
#    detached, or made from numbers. A state from an earlier batch would have a graph too many, and
#    here there is none.
#
# Next
# ----
# :ref:`by-error` has every message of the catalogue, and a box into which you can paste yours.
# Mistakes that raise nothing begin with the experiments that find them: :ref:`probes-tour`.
