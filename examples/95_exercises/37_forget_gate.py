r"""
.. _exercise-forget-gate:

Exercise: open the forget gate
==============================

A new LSTM forgets half of its memory at each step. You want its :term:`forget gate <gate>` to begin
open, so you set the bias of that gate, in every layer and direction. Torch has two biases.

**You will do**

* set the bias of the forget gate to a value, and leave everything else as it is
* see what the checker says to a recipe from the web, and to a loop that changes nothing
"""

# sphinx_gallery_tags = ["exercise", "weights"]

import torch
from torch import nn

from lstm_guide import check

torch.manual_seed(0)
K, H_in, H = 2, 3, 5  # layers, features in, features out

lstm = nn.LSTM(input_size=H_in, hidden_size=H, num_layers=K, bidirectional=True)
for name, parameter in lstm.named_parameters():
    print(f"{name:<21}{tuple(parameter.shape)}")

# %%
# Your answer
# -----------
# The function gets a layer and a number. Afterwards the bias that acts in the forget gate is that
# number, for every entry, layer and direction. Nothing else changes. It returns the layer. The
# checker draws stacks of one to four layers, some with ``bidirectional=True``. Replace
# ``return None``.


def answer(lstm, value):
    return None


verdict = check("forget-gate", answer)

# %%
# A wrong answer
# --------------
# Many pages on the web set the forget block of every parameter that has "bias" in its name.


def wrong(lstm, value):
    H = lstm.hidden_size
    with torch.no_grad():
        for name, parameter in lstm.named_parameters():
            if "bias" in name:
                parameter[H : 2 * H] = value
    return lstm


verdict = check("forget-gate", wrong)
assert not verdict.ok
assert "gets twice the value" in verdict.message

# %%
# Another wrong answer
# --------------------
# Here the block is taken out, and then its name is given to another tensor.


def wrong_name(lstm, value):
    for name, parameter in lstm.named_parameters():
        if name.startswith("bias_ih"):
            f = parameter.chunk(4)[1]  # (H,)
            f = torch.full_like(f, value)
    return lstm


verdict = check("forget-gate", wrong_name)
assert not verdict.ok
assert "The layer is as it was" in verdict.message

# %%
# Hints
# -----
# .. dropdown:: Hint 1
#
#    A bias is (4 * H,): the blocks of i, f, g and o, one after the other. Under
#    :class:`torch.no_grad` you may write into a block.
#
# .. dropdown:: Hint 2
#
#    The layer adds ``bias_ih`` and ``bias_hh``, so only the sum of their forget blocks counts. Let
#    one of them hold the value, and the other one zero.
#
# Pages that explain it
# ---------------------
# * :ref:`weights-and-gates`
# * :ref:`memory-and-gradient`
#
# Solution
# --------
# :ref:`solution-forget-gate`
