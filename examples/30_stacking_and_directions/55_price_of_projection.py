r"""
.. _price-of-projection:

What a projection costs: the range of h, and the fast path
==========================================================

You set ``proj_size`` on :class:`torch.nn.LSTM` to save parameters. Now torch warns that oneDNN does not
support it, and what comes after your LSTM gets numbers larger than 1. Before this page, read
:ref:`projection`. After it, you know both effects, and can decide whether the :term:`projection` is
worth them.

**You will see**

* a :term:`hidden state` outside the range from -1 to 1
* the warning, and how many operations a call takes with and without projection
* how many parameters the projection saves, for several sizes
"""

# sphinx_gallery_tags = ["speed", "parameters", "errors"]

import warnings

import torch
from torch import nn
from torch.utils._python_dispatch import TorchDispatchMode

from lstm_guide import parameter_count, plotting

torch.set_grad_enabled(False)  # nothing is trained on this page
torch.set_default_dtype(torch.float64)  # why, you see further down
torch.manual_seed(0)
N, L, H_in, H_cell, H_out = 4, 7, 3, 5, 2  # batch, time, features of x, of c, of h
x = torch.randn(N, L, H_in)  # (N, L, H_in)

lstm = nn.LSTM(input_size=H_in, hidden_size=H_cell, proj_size=H_out, batch_first=True)
plain = nn.LSTM(input_size=H_in, hidden_size=H_cell, batch_first=True)

# %%
# .. _projection-range:
#
# ``h`` may leave the range from -1 to 1
# --------------------------------------
# Without projection every entry of ``h`` is a :term:`gate` times a tanh, so it lies between -1 and 1. With
# projection it is a sum of such numbers, each with a weight, and no squashing follows. Ten times the
# weights give an ``h`` outside the range, in this LSTM, and training may do the same. If what comes after
# your LSTM relies on the range, do not project.

large = nn.LSTM(input_size=H_in, hidden_size=H_cell, proj_size=H_out, batch_first=True)
weights = lstm.state_dict()
large.load_state_dict({n: w * (10 if "_hr_" in n else 1) for n, w in weights.items()})
plain_h, large_h = plain(x)[0], large(x)[0]  # (N, L, H_cell), (N, L, H_out)
print(f"largest |h| without proj_size:  {plain_h.abs().max():.4f}")
print(f"largest |h| with 10 * weight_hr: {large_h.abs().max():.4f}")
assert plain_h.abs().max() < 1 < large_h.abs().max()

n = large_h.abs().amax(dim=(1, 2)).argmax()  # the sequence with the largest entry
assert large_h[n, :, 0].abs().max() > 1
plotting.steps(
    {"plain": plain_h[n, :, 0], "10 * weight_hr": large_h[n, :, 0]},
    ylabel="feature 0 of h",
    title="With a large projection h leaves the range from -1 to 1",
)

# %%
# .. _projection-slow:
#
# In float32 torch warns: this is the slow way
# --------------------------------------------
# On a CPU torch hands a float32 LSTM to oneDNN, a library that runs a whole layer as one operation. oneDNN
# has no projection, so torch warns and takes its own loop of small operations. The result is right, but
# expect it to be slower. The block counts the operations. (In float64 torch never uses oneDNN and does
# not warn. That is why this page uses float64.)


class Operations(TorchDispatchMode):
    """Count the operations that run while the mode is on."""

    def __init__(self):
        super().__init__()
        self.names = []

    def __torch_dispatch__(self, operation, types, args=(), kwargs=None):
        self.names.append(operation.name())
        return operation(*args, **(kwargs or {}))


counts = {}
for name, model in {"plain": plain, "projected": lstm}.items():
    with warnings.catch_warnings(record=True) as caught, Operations() as operations:
        warnings.simplefilter("always")
        model.float()(x.float())
    counts[name] = len(operations.names)
    fused = "aten::mkldnn_rnn_layer" in operations.names
    print(f"{name}: {counts[name]} operations, oneDNN: {fused}")
if torch.backends.mkldnn.is_available():  # oneDNN; not every build of torch has it
    message = str(caught[0].message).partition(" (Triggered")[0]
    print(caught[0].category.__name__, message)
    assert message.startswith("LSTM with projections is not supported with oneDNN.")
    assert not fused
    assert counts["projected"] > 10 * L > counts["plain"]

# %%
# .. _projection-saves:
#
# When it saves parameters
# ------------------------
# A projection adds H_out * H_cell weights, and takes away columns of the recurrent weights: H_cell -
# H_out of them, each with 4 * H_cell rows. It saves as long as H_out is less than four fifths of
# H_cell, and most where it is small. With 0.8 of the width, nothing is saved.

full = parameter_count(nn.LSTM(input_size=H_in, hidden_size=100))
for width in (20, 50, 80, 90):
    count = parameter_count(nn.LSTM(input_size=H_in, hidden_size=100, proj_size=width))
    print(f"proj_size={width}: {count} parameters, without projection {full}")
    assert (count < full) == (width < 80)

# %%
# Summary
# -------
# * ``h`` is no longer bound to the range from -1 to 1.
# * On a CPU the :term:`fast path` of float32 is not available.
# * Parameters are saved where ``proj_size`` is less than four fifths of ``hidden_size``.
#
# Common mistakes
# ---------------
# * "My LSTM became slower with fewer parameters": the fast path is gone (:ref:`projection-slow`,
#   and :ref:`the warning <error-projection-without-onednn>`).
# * "What follows expects numbers from -1 to 1": ``h`` may be larger (:ref:`projection-range`).
# * "A projection always saves parameters": not near ``hidden_size`` (:ref:`projection-saves`).
#
# Check yourself
# --------------
# You silence the warning. Is the result of the call wrong?
#
# .. dropdown:: Answer
#
#    No. Torch takes another way to the same numbers. Only the time differs.
#
# Next
# ----
# :ref:`one-step` opens the LSTM and computes one step by hand.
