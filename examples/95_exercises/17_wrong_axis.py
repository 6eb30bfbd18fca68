r"""
.. _exercise-wrong-axis:

Exercise: find the axis that is read the wrong way
==================================================

Somebody's classifier runs without a message and learns nothing. The shapes are right. You get the
function, find the mistake and repair it.

**You will do**

* look at two experiments that show which numbers the scores depend on
* write the function anew, for data that is :term:`batch first` and a layer that is not
"""

# sphinx_gallery_tags = ["exercise", "shapes", "debugging"]

import torch
from torch import nn

from lstm_guide import check

torch.manual_seed(0)
N, L, H_in, H, C = 3, 7, 4, 5, 2  # sequences, steps, features in, features out, classes

lstm = nn.LSTM(input_size=H_in, hidden_size=H)
head = nn.Linear(in_features=H, out_features=C)
x = torch.randn(N, L, H_in)  # (N, L, H_in)


def broken(lstm, head, x):
    output, _ = lstm(x)
    return head(output[:, -1])  # (N, C): the scores after the last step


scores = broken(lstm, head, x)  # (N, C)
print(f"{tuple(scores.shape) = }")
assert scores.shape == (N, C)

# %%
# Two experiments
# ---------------
# Change the first sequence only: the scores of which sequences move? Then change all steps but the
# last, in all sequences: the scores should move, because the layer reads every step.

other_sequence, other_steps = x.clone(), x.clone()
other_sequence[0] += 1.0
other_steps[:, :-1] += 1.0
moved = (broken(lstm, head, other_sequence) - scores).abs().amax(dim=1) > 1e-4  # (N,)
by_steps = (broken(lstm, head, other_steps) - scores).abs().max()
print(f"sequence 0 changed, moved: {moved.tolist()}")
print(f"all steps but the last changed, moved by up to {by_steps:.4f}")
assert moved.all()
assert by_steps < 1e-6

# %%
# Your answer
# -----------
# The function gets a layer without ``batch_first``, a linear layer, and x of shape (N, L, H_in). It
# returns the scores after the last step, of shape (N, C). Replace ``return None``.


def answer(lstm, head, x):
    return None


verdict = check("wrong-axis", answer)

# %%
# The broken function
# -------------------
# The checker says what the layer does with this input:

verdict = check("wrong-axis", broken)
assert not verdict.ok
assert "reads the batch as time" in verdict.message

# %%
# A wrong repair
# --------------
# The layer wants (L, N, H_in), and ``reshape`` gives that shape.


def reshaped(lstm, head, x):
    N, L, H_in = x.shape
    output, _ = lstm(x.reshape(L, N, H_in))  # (L, N, H)
    return head(output[-1])  # (N, C)


verdict = check("wrong-axis", reshaped)
assert not verdict.ok
assert "mix the sequences" in verdict.message

# %%
# Hints
# -----
# .. dropdown:: Hint 1
#
#    A layer without ``batch_first`` is :term:`time first`: axis 0 of its input is the time, and so
#    is axis 0 of its output.
#
# .. dropdown:: Hint 2
#
#    Two lines change: :meth:`torch.Tensor.transpose` swaps two axes of the input, and the last step
#    has another index.
#
# Pages that explain it
# ---------------------
# * :ref:`layouts`
# * :ref:`view-and-transpose`
# * :ref:`silent-axes`
#
# Solution
# --------
# :ref:`solution-wrong-axis`
