r"""
.. _one-sequence:

A tensor with two axes is one sequence
======================================

You have four samples of one step each and give them to :class:`torch.nn.LSTM` as they are, ``(4, 3)``.
It reads *one* sequence of four steps, without an error, and each sample changes the next. Before this
page, read :ref:`layouts`. After it, you know when two axes are right, and how to add the third.

**You will see**

* an experiment that shows how a tensor of two axes is read
* the shapes and the state of an :term:`unbatched input`
* that one sequence gives the same numbers with a batch axis and without
"""

# sphinx_gallery_tags = ["shapes", "states", "errors"]

import torch
from torch import nn

from lstm_guide import plotting, zero_state

torch.manual_seed(0)
torch.set_grad_enabled(False)  # nothing is trained on this page
L, N, H_in, H, K = 7, 4, 3, 5, 2  # steps, sequences, features in, features out, layers

time_first = nn.LSTM(input_size=H_in, hidden_size=H, num_layers=K)
batch_first = nn.LSTM(input_size=H_in, hidden_size=H, num_layers=K, batch_first=True)
batch_first.load_state_dict(time_first.state_dict())

# %%
# .. _one-sequence-rows:
#
# Four samples, or four steps
# ---------------------------
# If the rows are samples, their order does not matter. So put them in another order. The outputs of a batch would come back in that order. These do not.

samples = torch.randn(N, H_in)  # (4, 3): four samples, one step each
order = torch.tensor([2, 0, 3, 1])

output, _ = batch_first(samples)  # (4, 5): one sequence of four steps
permuted, _ = batch_first(samples[order])
gap = (permuted - output[order]).abs().max()
print(f"2-D, rows permuted: outputs differ by {gap:.4f}")
assert gap > 0.01

output, _ = batch_first(samples.unsqueeze(1))  # (4, 1, 5): four sequences of one step
permuted, _ = batch_first(samples[order].unsqueeze(1))
gap = (permuted - output[order]).abs().max()
print(f"3-D, rows permuted: outputs differ by {gap:.4f}")
torch.testing.assert_close(permuted, output[order], atol=1e-6, rtol=0)

# %%
# .. _one-sequence-state:
#
# No batch axis, nothing to swap
# ------------------------------
# Without a batch axis there is nothing to swap. An LSTM with ``batch_first=True`` and one without
# read a 2-D tensor alike, as ``(L, H_in)``. Its state has no batch axis either.

output, (h_n, _) = batch_first(samples)  # (4, 5), (2, 5): L, H and K, H
torch.testing.assert_close(output, time_first(samples)[0], atol=1e-6, rtol=0)
print(f"{tuple(h_n.shape) = }")
assert h_n.shape == (K, H)

try:
    batch_first(samples, (torch.zeros(K, 1, H), torch.zeros(K, 1, H)))
except RuntimeError as error:
    message = str(error)
    print(type(error).__name__, message)
else:
    raise AssertionError("torch accepted a 3-D state for a 2-D input")
assert "For unbatched 2-D input, hx and cx should also be 2-D" in message

again, _ = batch_first(samples, (torch.zeros(K, H), torch.zeros(K, H)))
torch.testing.assert_close(again, output, atol=1e-6, rtol=0)

# %%
# One sequence, with a batch axis and without
# -------------------------------------------
# Old texts say that the input needs three axes. Since torch 1.11 you may leave out the
# :term:`batch` axis of one sequence, in the input and in the state. The numbers are the same.
# :func:`lstm_guide.zero_state` follows the input.

one = torch.randn(L, H_in)  # (L, H_in)
flat, _ = batch_first(one, zero_state(batch_first, one))  # (L, H)
full, _ = batch_first(one.unsqueeze(0), zero_state(batch_first, one.unsqueeze(0)))  # (1, L, H)
print(f"{tuple(flat.shape) = }, {tuple(full.shape) = }")
torch.testing.assert_close(flat, full[0], atol=1e-6, rtol=0)
title = "Seven steps of one sequence: no tensor has a batch axis"
plotting.call(batch_first, one, title=title)

# %%
# Summary
# -------
# * Two axes are (L, H_in): one sequence, whatever ``batch_first`` says.
# * Its state has two axes as well, (K, H), or (2 * K, H) with two directions.
# * Samples of one step need a time axis of length 1: ``(N, 1, H_in)`` batch first.
#
# Common mistakes
# ---------------
# * "A batch of single steps is ``(N, H_in)``." Give it a time axis with
#   :meth:`torch.Tensor.unsqueeze` (:ref:`one-sequence-rows`).
#   :func:`~lstm_guide.probes.row_permutation` catches it: :ref:`silent-axes`.
# * "For unbatched 2-D input, hx and cx should also be 2-D": the state has a batch axis and the
#   input has not (:ref:`one-sequence-state`, and
#   :ref:`the message <error-unbatched-input-batched-state>`).
# * ``x[0]`` of a batch where ``x[:1]`` is meant: the batch axis is gone (:ref:`layouts`).
#
# Check yourself
# --------------
# A robot gives you one vector of three features at a time, and you call the LSTM for each. Which shape
# do you give it, unbatched and batch first?
#
# .. dropdown:: Answer
#
#    (1, 3) unbatched: one step of one sequence. (1, 1, 3) batch first: one sequence, one step. Pass the
#    state on from call to call.
#
# Next
# ----
# Go on with a case in which the axes are swapped, and the cause of two ways that disagree:
# :ref:`bulk-and-loop`
