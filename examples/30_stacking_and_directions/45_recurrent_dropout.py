r"""
.. _recurrent-dropout:

Dropout from step to step: write the loop
=========================================

You know ``recurrent_dropout`` from Keras and look for it in :class:`torch.nn.LSTM`. There is none: the
argument ``dropout`` acts between layers only (:ref:`dropout-between-layers`). After this page you can
write it with :class:`torch.nn.LSTMCell`, with one :term:`mask` for a whole sequence or a new one for each step,
and prove that your loop is otherwise ``nn.LSTM``.

**You will see**

* a loop that gives the numbers of ``nn.LSTM``, and zeros in the state where you want them
* variational :term:`dropout`: the same features are gone at every step
* that a new mask at each step leaves no feature gone for long
"""

# sphinx_gallery_tags = ["layers", "training", "states"]

import torch
from torch import nn
from torch.nn import functional
from torch.testing import assert_close

from lstm_guide import plotting

torch.manual_seed(0)
torch.set_grad_enabled(False)  # nothing is trained on this page
L, N, H_in, H = 7, 4, 3, 5  # time, batch, features in, features out
x = torch.randn(L, N, H_in)  # (L, N, H_in), time first
single = nn.LSTM(input_size=H_in, hidden_size=H)

# %%
# .. _recurrent-loop:
#
# One mask for the whole sequence
# -------------------------------
# :term:`Keras` has ``recurrent_dropout``: zeros in the hidden state that passes from step to step.
# ``nn.LSTM`` has no such argument. With :class:`torch.nn.LSTMCell` you write the loop yourself. In
# *variational* dropout one mask is drawn for the whole sequence, so a feature that is gone is gone at every step
# (Gal and Ghahramani, 2016, arXiv:1512.05287). With p = 0 the loop gives the numbers of
# ``nn.LSTM``. In the picture the dropped features are orange. At step 0 the loop reads the zeros of the
# initial state.


def recurrent(lstm, x, p):
    """Run an LSTM of one layer; drop the same features of the hidden state at every step."""
    cell = nn.LSTMCell(lstm.input_size, lstm.hidden_size)
    weights = lstm.state_dict()
    cell.load_state_dict({n.removesuffix("_l0"): w for n, w in weights.items()})
    h = c = x.new_zeros(x.size(1), lstm.hidden_size)  # (N, H)
    mask = functional.dropout(torch.ones_like(h), p)  # (N, H), one for all steps
    read, outputs = [], []
    for step in x:  # (N, H_in)
        read.append(h * mask)
        h, c = cell(step, (h * mask, c))  # (N, H) each
        outputs.append(h)
    return torch.stack(outputs), torch.stack(read)  # (L, N, H) each


assert_close(recurrent(single, x, p=0.0)[0], single(x)[0], atol=1e-6, rtol=0)

output, read = recurrent(single, x, p=0.5)
always = (read == 0).all(dim=0)  # (N, H): zero at every step
print(f"features of h that are zero at every step: {always.sum().item()} of {N * H}")
assert ((read[1:] == 0) == always).all()  # the same features at every step
assert 0 < always.sum() < N * H
plotting.cells(
    read[:, 0].T,
    rows="feature",
    columns="time",
    colour_by=torch.where(always[0], 1, 8)[:, None].expand(H, L),
    title="Variational: the same features of h are zero at every step",
)

# %%
# .. _recurrent-new-mask:
#
# A new mask at each step
# -----------------------
# Draw the mask inside the loop, and other features are dropped at each step. What is gone at one step
# comes back at the next through the weights. The count below says how many features are zero at
# every step: with one mask about half of them, with new masks hardly any.


def with_new_masks(lstm, x, p):
    """The same with a mask for each step; return the hidden states that are read."""
    cell = nn.LSTMCell(lstm.input_size, lstm.hidden_size)
    weights = lstm.state_dict()
    cell.load_state_dict({n.removesuffix("_l0"): w for n, w in weights.items()})
    h = c = x.new_zeros(x.size(1), lstm.hidden_size)  # (N, H)
    read = []
    for step in x:  # (N, H_in)
        read.append(functional.dropout(h, p))
        h, c = cell(step, (read[-1], c))  # (N, H) each
    return torch.stack(read)  # (L, N, H)


renewed = with_new_masks(single, x, p=0.5)
lasting = (renewed == 0).all(dim=0)  # (N, H)
print(f"new masks: {lasting.sum().item()} of {N * H} features are zero at every step")
assert lasting.sum() < always.sum()
assert (renewed[1:] == 0).any(dim=(1, 2)).all()  # each step has zeros, and other ones

# %%
# Only h is dropped, c is kept
# ----------------------------
# The mask is on the hidden state that the cell reads. The :term:`cell state` passes on whole. It is the
# memory: zeros in it would be forgotten for good. With p = 1 the loop reads no hidden state at all, and
# still remembers: another first step changes the last output.

changed = x.clone()
changed[0] += 1.0
move = recurrent(single, changed, p=1.0)[0][-1] - recurrent(single, x, p=1.0)[0][-1]
print(f"with p = 1, the first step moves the last output by up to {move.abs().max():.4f}")
assert move.abs().max() > 1e-4

# %%
# Summary
# -------
# * ``nn.LSTM`` drops between layers; for zeros in the state, write the loop with ``nn.LSTMCell``.
# * Variational dropout keeps one mask for the whole sequence.
# * Test the loop with p = 0 against ``nn.LSTM``.
#
# Common mistakes
# ---------------
# * "``dropout=0.5`` drops the state": it acts between layers (:ref:`dropout-between-layers`).
# * "I drew the mask inside the loop, for variational dropout": that is another mask at each step
#   (:ref:`recurrent-new-mask`).
# * "My loop is right, because it runs": compare it with p = 0 (:ref:`recurrent-loop`).
#
# Check yourself
# --------------
# Your loop drops with p = 0.5 in evaluation as well. Which line is missing?
#
# .. dropdown:: Answer
#
#    The loop has to ask whether it trains: ``functional.dropout(h, p, training=self.training)`` inside
#    a module. :meth:`torch.nn.Module.eval` then switches it off.
#
# :func:`~lstm_guide.probes.call_twice` finds such a loop in your own model: :ref:`silent-states`.
#
# Next
# ----
# Go on with :ref:`projection`. It is the last argument that changes shapes.
