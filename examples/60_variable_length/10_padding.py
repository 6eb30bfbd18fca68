r"""
.. _padding:

What does padding do to the result?
===================================

The prediction for one sentence changes with the other sentences in its batch. Your sequences differ
in length, so you fill the short ones up, and :class:`torch.nn.LSTM` reads the filling like any
other input. Before this page, read :ref:`axes-and-outputs`. After it, you know which results
:term:`padding` spoils, which it leaves alone, and how to get each sequence's own result.

**You will see**

* that padding moves the state, whatever number you pad with
* one sequence whose result depends on how far it is padded
* why padding on the left is wrong too, and two directions more wrong than one
* a :term:`packed sequence` that gives every sequence its own result
"""

# sphinx_gallery_tags = ["variable length", "states"]

import torch
from torch import nn
from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence, pad_sequence

from lstm_guide import length_mask, plotting

torch.manual_seed(0)
torch.set_grad_enabled(False)  # nothing is trained on this page
lengths = [3, 7, 5, 2]
N, L, H_in, H = 4, 7, 3, 6  # sequences, longest, features in, features out

# %%
# Padding makes one tensor out of several
# ---------------------------------------
# Four sequences, each of shape ``(length, H_in)``. A tensor needs one length for all, so
# :func:`torch.stack` refuses them. :func:`torch.nn.utils.rnn.pad_sequence` adds steps of zeros to
# the end of the short ones, until all are as long as the longest. These added steps are the
# padding. They mean nothing, and only the lengths say which steps they are: keep the lengths.

sequences = [torch.randn(length, H_in) for length in lengths]
try:
    torch.stack(sequences)
except RuntimeError as error:
    message = str(error)
    print(type(error).__name__, message)
else:
    raise AssertionError("torch stacked sequences of different length")
assert "stack expects each tensor to be equal size" in message

x = pad_sequence(sequences, batch_first=True)  # (N, L, H_in)
mask = length_mask(lengths, L=L)  # (N, L), True on valid steps
print(f"{tuple(x.shape) = }")
assert x.shape == (N, L, H_in)
assert not x[~mask].any()
plotting.cells(
    x[:, :, 0],
    rows="batch",
    columns="time",
    colour_by=mask.long(),
    title="One feature of four sequences: zeros fill the short ones up",
)

# %%
# .. _padding-zeros:
#
# Zeros are an input like any other
# ---------------------------------
# Nothing in the tensor says "stop". At a step of zeros the LSTM adds its biases and its previous
# hidden state, and computes new gates. So the :term:`state` moves on. Other numbers do the same:
# there is no value to pad with that leaves the state alone. In the picture a sequence of three
# steps is padded with 0, 1 and -1. The lines agree on the three valid steps and part after them.

lstm = nn.LSTM(input_size=H_in, hidden_size=H, batch_first=True)
short = sequences[0]  # (3, H_in)
curves = {}
for value in (0.0, 1.0, -1.0):
    filling = torch.full((9, H_in), value)
    output, _ = lstm(torch.cat([short, filling]))  # (12, H)
    curves[f"padded with {value:g}"] = output[:, 0]
own, _ = lstm(short)  # (3, H)

for name, curve in curves.items():
    print(f"{name}: after step 2 {curve[2]:.4f}, after step 11 {curve[-1]:.4f}")
    torch.testing.assert_close(curve[:3], own[:, 0], atol=1e-6, rtol=0)
    assert (curve[3] - curve[2]).abs() > 1e-3
plotting.steps(
    curves,
    ylabel="first entry of h",
    title="The three valid steps agree,\nthen each padding moves h its own way",
)

# %%
# The result depends on how far a sequence is padded
# --------------------------------------------------
# ``h_n`` is the :term:`hidden state` after the last step of the tensor. For a padded sequence that
# step is padding. So the same three steps give another ``h_n`` for each padded length, and the
# padded length is that of the longest neighbour in the batch. This is why a prediction changes
# with the batch. ``output`` on the valid steps does not change: no step knows of a later one.

_, (own_h, _) = lstm(short)  # (1, H)
for padded_length in (5, 10, 30):
    filling = torch.zeros(padded_length - len(short), H_in)
    output, (h_n, _) = lstm(torch.cat([short, filling]))  # (padded_length, H), (1, H)
    error = (h_n - own_h).abs().max()
    print(f"padded to {padded_length:>2}: h_n is off by {error:.4f}")
    assert error > 0.05
    torch.testing.assert_close(output[:3], own, atol=1e-6, rtol=0)

# %%
# Who is right for whom? Run each sequence alone, without padding, and compare. In the batch, only
# the longest sequence has its own ``h_n``.


def alone(layer):
    """Run each sequence in a call of its own; return the list of outputs, and h_n."""
    calls = [layer(sequence) for sequence in sequences]  # unbatched: (length, ...)
    states = [h_n for _, (h_n, _) in calls]
    return [output for output, _ in calls], torch.stack(states, dim=1)


own_outputs, own_h = alone(lstm)  # N tensors (length, H), and (1, N, H)
output, (h_n, _) = lstm(x)  # (N, L, H), (1, N, H)
errors = (h_n - own_h).abs().amax(dim=(0, 2))  # (N,)
for length, error in zip(lengths, errors, strict=True):
    print(f"length {length}: h_n is off by {error:.4f}")
assert errors[1] < 1e-6
assert (errors[[0, 2, 3]] > 0.02).all()

# %%
# On the left, padding comes first
# --------------------------------
# With ``padding_side="left"`` the valid steps stand at the end, and ``h_n`` is the state after a
# valid step. But now the LSTM has read padding *before* the sequence: it starts from a moved state
# instead of zeros. The error is smaller, because it fades while valid steps are read, and it is
# still there. It is largest for the shortest sequence, here, and zero only for the longest.

left = pad_sequence(sequences, batch_first=True, padding_side="left")  # (N, L, H_in)
_, (h_n, _) = lstm(left)  # (1, N, H)
left_errors = (h_n - own_h).abs().amax(dim=(0, 2))  # (N,)
for length, error in zip(lengths, left_errors, strict=True):
    print(f"length {length}: h_n is off by {error:.4f}")
assert left_errors[1] < 1e-6
assert (left_errors[[0, 2, 3]] > 1e-3).all()
assert left_errors.argmax() == lengths.index(min(lengths))
assert left_errors.max() < errors.max()

# %%
# In two directions even the valid steps are wrong
# ------------------------------------------------
# The reverse :term:`direction` starts at the last step of the tensor, in the padding, and arrives
# at the valid steps with a moved state. So one half of ``output`` is right on the valid steps, and
# the other half is not. A :term:`mask` afterwards does not repair it: the error sits on the
# steps you keep.

both = nn.LSTM(input_size=H_in, hidden_size=H, batch_first=True, bidirectional=True)
own_outputs, own_h = alone(both)  # N tensors (length, 2 * H), and (2, N, H)
output, _ = both(x)  # (N, L, 2 * H)
for n, length in enumerate(lengths):
    gap = (output[n, :length] - own_outputs[n]).abs()  # (length, 2 * H)
    forward, reverse = gap[:, :H].max(), gap[:, H:].max()
    print(f"length {length}: forward half off by {forward:.4f}, reverse half by {reverse:.4f}")
    assert forward < 1e-6
    assert (reverse > 0.01) == (length < L)

# %%
# Packing gives every sequence its own result
# -------------------------------------------
# :func:`torch.nn.utils.rnn.pack_padded_sequence` takes the padded tensor and the lengths, and
# leaves the padding out. The LSTM then reads each sequence to its own end, and in reverse from its
# own end. :func:`torch.nn.utils.rnn.pad_packed_sequence` pads the output again, with zeros. Now
# all agrees with each sequence alone: both halves of ``output``, and ``h_n``.

packed = pack_padded_sequence(x, lengths, batch_first=True, enforce_sorted=False)
result, (h_n, _) = both(packed)  # h_n (2, N, H)
output, _ = pad_packed_sequence(result, batch_first=True, total_length=L)  # (N, L, 2 * H)
for n, length in enumerate(lengths):
    gap = (output[n, :length] - own_outputs[n]).abs().max()
    print(f"length {length}: output is off by {gap:.4f}")
    torch.testing.assert_close(output[n, :length], own_outputs[n], atol=1e-6, rtol=0)
torch.testing.assert_close(h_n, own_h, atol=1e-6, rtol=0)
assert not output[~mask].any()

# %%
# Summary
# -------
# * Padding is input. It moves the state, whatever value it has.
# * In one direction, padding on the right spoils ``h_n``, ``c_n`` and the padded steps of
#   ``output``. The valid steps are right.
# * In two directions it spoils the reverse half on the valid steps as well.
# * Padding on the left moves the state before the sequence begins.
# * A packed batch gives each sequence the result it has alone.
#
# Common mistakes
# ---------------
# * "I pad with zeros, so nothing happens." The biases and the hidden state are still added up, and
#   the state moves (:ref:`padding-zeros`).
# * "I take ``output[:, -1]``." For all but the longest sequence that is the output of a padded step
#   (:ref:`last-valid-step`). :func:`~lstm_guide.probes.padding_invariance` catches this in your own
#   model: :ref:`silent-padding`.
# * "I pack what I padded on the left." Packing takes the first steps of each row, and on the left
#   those are padding. "My lengths are right, torch would have complained." It checks little. Both
#   are shown in :ref:`packed-sequence`.
#
# Check yourself
# --------------
# Your model has one direction and a loss at every step. You pad on the right, do not pack, and leave
# padded steps out of the loss. Is the loss wrong?
#
# .. dropdown:: Answer
#
#    No. In one direction the valid steps come before the padding and know nothing of it, so their
#    outputs are right. With ``bidirectional=True`` the same loss is wrong: the reverse half has
#    read the padding first.
#
# Next
# ----
# :ref:`packed-sequence` looks inside the packed batch, and shows which wrong lengths it accepts.
