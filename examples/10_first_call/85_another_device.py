r"""
.. _another-device:

Weights, input and state need one device
========================================

You move your model to the GPU, and the call of :class:`torch.nn.LSTM` stops with a message about two
devices. Or it runs on one machine and not on the other. The weights, the input and the
:term:`state` must be on the same :term:`device`. After this page you can say which one stayed
behind, and try it without a GPU.

**You will see**

* the two messages for a wrong device, and which tensor each of them means
* what ``.to()`` moves and what it leaves behind
* a model of many gigabytes, drawn without being stored
"""

# sphinx_gallery_tags = ["states", "errors", "device"]

import torch
from torch import nn

from lstm_guide import plotting, zero_state

torch.manual_seed(0)
N, L, H_in, H = 4, 7, 3, 5  # batch, time, features in, features out


def error_of(call):
    """Return what the call raises."""
    try:
        call()
    except (RuntimeError, TypeError, ValueError) as error:
        return f"{type(error).__name__}: {error}"
    raise AssertionError("the call was accepted")


# %%
# .. _device-messages:
#
# Two messages, two tensors
# -------------------------
# You need no GPU to meet these messages. The device ``"meta"`` exists everywhere; its tensors have
# a shape and a dtype, but no numbers. Read "cuda" where the messages say "meta". The first one says
# "parameter tensor", and means the weights; the second one says "hidden tensor", and means your
# state. :meth:`torch.nn.Module.to` moves the LSTM, ``x.to`` the input, and a state made from the
# input is already there.

lstm = nn.LSTM(input_size=H_in, hidden_size=H, batch_first=True)
x = torch.randn(N, L, H_in)  # (N, L, H_in), on the CPU like the weights
elsewhere = torch.device("meta")
h_0 = torch.zeros(1, N, H, device=elsewhere)
for_input = error_of(lambda: lstm(x.to(elsewhere)))
for_state = error_of(lambda: lstm(x, (h_0, h_0)))
print(for_input, for_state, sep="\n")
assert "input tensor at meta and parameter tensor at cpu" in for_input
assert "input tensor at cpu and hidden tensor at meta" in for_state

moved = nn.LSTM(input_size=H_in, hidden_size=H, batch_first=True).to(elsewhere)
x_moved = x.to(elsewhere)
output, _ = moved(x_moved, zero_state(moved, x_moved))  # (N, L, H)
print(f"{output.device = }")
assert output.device == elsewhere

# %%
# .. _moved-by-to:
#
# ``.to()`` moves what the module has registered
# ----------------------------------------------
# Parameters and buffers move with the module and are saved in its
# :meth:`~torch.nn.Module.state_dict`. A tensor that is only an attribute is neither moved nor
# saved: a state that you keep this way stays behind (:ref:`state-inside-a-module`). One more
# difference: a module changes in place, while a tensor returns a converted copy, which you have to
# assign.

model = nn.LSTM(input_size=H_in, hidden_size=H, batch_first=True)
model.register_buffer("buffer", torch.zeros(1, N, H))
model.attribute = torch.zeros(1, N, H)
model.to(elsewhere, torch.float64)
for name in ("weight_ih_l0", "buffer", "attribute"):
    tensor = getattr(model, name)
    print(f"{name:12} {tensor.device!s:5} {tensor.dtype}")
    follows = name != "attribute"
    assert tensor.is_meta == follows
    assert tensor.dtype == (torch.float64 if follows else torch.float32)
    assert (name in model.state_dict()) == follows

x.double()  # the converted copy is lost
assert x.dtype == torch.float32

# %%
# The meta device answers questions about shapes
# ----------------------------------------------
# Nothing is stored and nothing is computed, so a model may be larger than your memory. Use it to
# learn the shapes and the size of a model before you build it.

with torch.device("meta"):
    large = nn.LSTM(input_size=1024, hidden_size=8192, num_layers=6, batch_first=True)
    output, (h_n, c_n) = large(torch.empty(64, 7, 1024))  # (N, L, H), (K, N, H)
gigabytes = sum(p.numel() * p.itemsize for p in large.parameters()) / 1e9
print(f"{tuple(output.shape) = }")
print(f"{tuple(h_n.shape) = }")
print(f"{gigabytes = :.1f}")
assert output.shape == (64, 7, 8192)
assert h_n.shape == (6, 64, 8192)
assert gigabytes > 10
title = "All shapes of a model that is stored nowhere"
plotting.call(large, torch.empty(64, 7, 1024, device="meta"), title=title)

# %%
# Summary
# -------
# * Weights, input and state share one device. Nothing is moved for you.
# * Make the state from the input: it is then on the same device.
# * Parameters and buffers move with ``.to()``; plain attributes do not.
# * The meta device gives shapes and sizes without computing.
#
# Common mistakes
# ---------------
# * "Input and hidden tensors are not at the same device": a state made with ``torch.zeros``
#   (:ref:`device-messages`), or kept as an attribute (:ref:`state-inside-a-module`).
# * ``x.to(device)`` on a line of its own: the result is lost. Write ``x = x.to(device)``
#   (:ref:`moved-by-to`).
# * "I move the model, and its state stays behind": register it as a buffer (:ref:`moved-by-to`).
#
# Check yourself
# --------------
# You write ``model.to("cuda")`` and ``x.to("cuda")``, each on a line of its own, and call the model.
# Which of the two lines has no effect?
#
# .. dropdown:: Answer
#
#    The second: a module moves in place, a tensor returns a copy, which nobody keeps. Torch then finds
#    the input on another device than the weights. ``x = x.to("cuda")`` repairs it.
#
# Next
# ----
# The next section begins with the order of the axes, and with what happens when it is not the one
# that the LSTM reads: :ref:`layouts`.
