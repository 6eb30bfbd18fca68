r"""
.. _arguments-by-name:

``nn.LSTM(128, 64, 1, True)`` is not batch first
================================================

You write the arguments of :class:`torch.nn.LSTM` without their names, as many examples do. Some
slips stop with a message, and one of the most common ones does not: the LSTM reads your
:term:`batch` as time. Before this page, read :ref:`constructor-arguments`. After it, you know what
stands in which place, and which values torch refuses.

**You will see**

* the real order of the ten arguments
* what the fourth one does to the shapes, with its name and without
* four messages, each with the slip that causes it
"""

# sphinx_gallery_tags = ["shapes", "errors", "batch_first"]

import inspect

import torch
from torch import nn

from lstm_guide import describe, plotting

torch.manual_seed(0)
N, L, H_in, H = 8, 7, 3, 6  # batch, time, input_size, hidden_size

# %%
# .. _arguments-fourth:
#
# The fourth place is ``bias``, not ``batch_first``
# -------------------------------------------------
# Many examples leave ``bias`` out of the list of arguments, and then ``True`` in the fourth place
# looks like ``batch_first``. It is ``bias``. The first line of the output is the real order, from
# ``nn.RNNBase``, the base class of ``nn.LSTM``. Nothing is raised, and the LSTM reads your batch
# as time: the middle size of ``h_n``, the number of :term:`sequences <sequence>`, is wrong. With names it is
# right.

places = list(inspect.signature(nn.RNNBase).parameters)[1:]  # 0 is mode: "LSTM"
print(", ".join(places))
assert len(places) == 10
assert places.index("bias") == 3

x = torch.randn(N, L, 128)  # meant as batch first
by_place = nn.LSTM(128, 64, 1, True)
by_name = nn.LSTM(input_size=128, hidden_size=64, batch_first=True)
for lstm, sequences in {by_place: L, by_name: N}.items():  # L is wrong, N is right
    _, (h_n, _) = lstm(x)
    print(f"{lstm}: {lstm.batch_first = }  {tuple(h_n.shape) = }")
    assert h_n.shape == (1, sequences, 64)
assert (by_place.bias, by_place.batch_first) == (True, False)
plotting.call(by_place, x, title="Without names, eight sequences are read as eight steps")

# %%
# Ask the module
# --------------
# Printing a module shows the arguments that differ from their defaults: ``bias=True`` is a default, so
# nothing betrays the slip. :func:`lstm_guide.describe` reads the call and says what it takes for
# what.

print(describe(by_place, x).headline)
print(describe(by_name, x).headline)
assert (describe(by_place, x).shapes.N, describe(by_place, x).shapes.L) == (L, N)
assert (describe(by_name, x).shapes.N, describe(by_name, x).shapes.L) == (N, L)
assert "bias" not in repr(by_place)

# %%
# .. _arguments-refused:
#
# Values that torch refuses
# -------------------------
# Other slips are caught: a size that is no ``int``, a number for ``dropout`` in the place of
# ``bias``, a :term:`projection` that is not smaller than ``hidden_size``, and, in the call, an
# ``input_size`` that is not the size of the last axis of ``x``. The last lines write it right.

mistakes = {
    "hidden_size should be of type int": lambda: nn.LSTM(128, 12 / 2),
    "bias should be of type bool": lambda: nn.LSTM(H_in, H, 2, 0.5),
    "proj_size has to be smaller": lambda: nn.LSTM(H_in, H, proj_size=H),
    "must be equal to input_size": lambda: nn.LSTM(H_in + 2, H)(x),
}
for expected, mistake in mistakes.items():
    try:
        mistake()
    except (RuntimeError, TypeError, ValueError) as error:
        message = str(error)
        print(type(error).__name__, message)
    else:
        raise AssertionError("torch accepted it")
    assert expected in message
right = nn.LSTM(input_size=128, hidden_size=12 // 2, batch_first=True)
assert right(x)[0].shape == (N, L, 6)

# %%
# Summary
# -------
# * The order is ``input_size``, ``hidden_size``, ``num_layers``, ``bias``, ``batch_first``, and so on.
# * A ``True`` in the fourth place changes nothing: ``bias`` is ``True`` already.
# * Write names: ``nn.LSTM(input_size=..., hidden_size=..., batch_first=True)``.
#
# Common mistakes
# ---------------
# * "I wrote ``nn.LSTM(128, 64, 1, True)``": the ``True`` is ``bias`` (:ref:`arguments-fourth`).
#   :func:`~lstm_guide.probes.batch_leak` finds it in your model: :ref:`silent-axes`.
# * "``nn.LSTM(H_in, H, 2, 0.5)`` for :term:`dropout`": the fourth place takes a bool
#   (:ref:`error-fourth-argument-is-bias`).
# * "``hidden_size`` is half of something": ``/`` gives a float, write ``//``
#   (:ref:`arguments-refused`).
#
# Check yourself
# --------------
# What does ``nn.LSTM(3, 6, 2, True, True)`` set, and what does ``nn.LSTM(3, 6, 2, False, True)``?
#
# .. dropdown:: Answer
#
#    The first has two :term:`layers <layer>`, with bias, :term:`batch first`. The second is the same without bias. Both read
#    well only with names.
#
# Next
# ----
# Go on with :ref:`three-axes`: what each axis of the input means.
