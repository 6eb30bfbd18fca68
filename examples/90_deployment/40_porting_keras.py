r"""
.. _porting-keras:

From Keras to torch and back, with equal numbers
================================================

You have a trained ``keras.layers.LSTM`` and need it as a :class:`torch.nn.LSTM`, or the other way
round. You copy the arrays, and the output is a little off, or very much. After this page the numbers
agree, in both ways, for several layers and two directions.

This page runs Keras 3 on its torch back end. Install it with ``pip install keras``.

**You will see**

* a layer of Keras, copied to torch and back, with equal outputs
* the error that comes from copying one bias twice
* a stack of layers in two directions, copied layer by layer
* how a fresh layer of Keras starts, and a torch layer that starts alike
"""

# sphinx_gallery_tags = ["deployment", "weights"]

import os
import tempfile
import warnings

home = tempfile.TemporaryDirectory()
os.environ["KERAS_BACKEND"] = "torch"  # before the import
os.environ["KERAS_HOME"] = home.name  # Keras writes its settings there

import keras
import torch
from torch import nn

from lstm_guide import plotting, set_forget_bias, weights

# get_weights() of Keras 3.15 reads its arrays in a way that NumPy 2 warns about.
warnings.filterwarnings("ignore", message="__array__ implementation doesn't accept")
keras.utils.set_random_seed(0)
torch.manual_seed(0)
N, L, H_in, H = 4, 7, 3, 5  # batch, time, features in, features out: all different
x = torch.randn(N, L, H_in)  # (N, L, H_in)

# %%
# The same layer, in the words of Keras
# -------------------------------------
# Keras calls the hidden size ``units``, reads the input size from the first input, and is always
# batch first. By default it returns the last step only. With ``return_sequences`` it returns every
# step, and with ``return_state`` also the last h and c, without the axis of layers that torch has.

source = keras.layers.LSTM(units=H, return_sequences=True, return_state=True)
sequence, h, c = source(x)  # (N, L, H), (N, H), (N, H)
print(f"{tuple(sequence.shape) = }, {tuple(h.shape) = }, {tuple(c.shape) = }")
for weight in source.weights:
    print(f"{weight.name:<17}{tuple(weight.shape)}")

lstm = nn.LSTM(input_size=H_in, hidden_size=H, batch_first=True)
output, (h_n, c_n) = lstm(x)  # (N, L, H), (1, N, H), (1, N, H)
assert output.shape == sequence.shape
assert h_n[0].shape == h.shape
assert (output - sequence).abs().max() > 0.05  # other weights

# %%
# Copy the weights
# ----------------
# The four gates stand in the same order: Keras says i, f, c, o where torch says i, f, g, o. But the
# arrays are transposed, and Keras has one bias where torch has two that are added. So the bias goes
# into ``bias_ih``, and ``bias_hh`` becomes zero. ``copy_`` refuses an array of another shape.
# ``weights.from_keras`` does the same for every number of layers and both directions.

kernel, recurrent, bias = map(torch.from_numpy, source.get_weights())
with torch.no_grad():
    lstm.weight_ih_l0.copy_(kernel.T)  # (H_in, 4 * H) to (4 * H, H_in)
    lstm.weight_hh_l0.copy_(recurrent.T)  # (H, 4 * H) to (4 * H, H)
    lstm.bias_ih_l0.copy_(bias)  # (4 * H,)
    lstm.bias_hh_l0.zero_()
output, (h_n, c_n) = lstm(x)  # (N, L, H), (1, N, H), (1, N, H)
torch.testing.assert_close((output, h_n[0], c_n[0]), (sequence, h, c), atol=1e-6, rtol=0)
print(f"{torch.allclose(output, sequence, atol=1e-6) = }")

helped = nn.LSTM(input_size=H_in, hidden_size=H, batch_first=True)
weights.from_keras(helped, [[kernel, recurrent, bias]])
torch.testing.assert_close(helped(x)[0], sequence, atol=1e-6, rtol=0)

# %%
# .. _porting-keras-bias:
#
# One bias, copied once
# ---------------------
# Copied into both biases of torch, the bias counts twice. There is no message, and the output is
# off. A fresh Keras layer has ones in the forget block of its bias and zeros in the others, so the
# forget gates then start with a bias of two.

with torch.no_grad():
    helped.bias_hh_l0.copy_(bias)
print(f"bias copied twice: off by {(helped(x)[0] - sequence).abs().max():.2f}")
assert (helped(x)[0] - sequence).abs().max() > 0.01
assert (bias.view(4, H) == torch.tensor([[0.0], [1.0], [0.0], [0.0]])).all()

# %%
# And back, with layers and directions
# ------------------------------------
# ``weights.to_keras`` gives the arrays of each layer, as ``set_weights`` takes them. The two biases
# of torch arrive as their sum. Two directions are the arrays of the forward one, then those of the
# reverse one, as in ``keras.layers.Bidirectional``. Keras stacks layers one after the other.

K = 2  # layers
deep = nn.LSTM(H_in, H, num_layers=K, batch_first=True, bidirectional=True)
sequence = x
for arrays in weights.to_keras(deep):
    layer = keras.layers.Bidirectional(keras.layers.LSTM(units=H, return_sequences=True))
    layer.build(sequence.shape)
    layer.set_weights([array.numpy() for array in arrays])
    print([tuple(array.shape) for array in arrays])
    sequence = layer(sequence)  # (N, L, 2 * H)
torch.testing.assert_close(sequence, deep(x)[0], atol=1e-6, rtol=0)

# %%
# Count, before you copy
# ----------------------
# The second bias of torch is the only difference in the number of parameters: 4 · H for each layer
# and direction. If the counts differ by anything else, the sizes are not the same.

theirs, ours = source.count_params(), sum(p.numel() for p in lstm.parameters())
print(f"Keras {theirs}, torch {ours}")
assert ours - theirs == 4 * H

plotting.bars(
    {
        "Keras": {
            "kernel": kernel.numel(),
            "recurrent kernel": recurrent.numel(),
            "bias": len(bias),
        },
        "torch": {
            "kernel": lstm.weight_ih_l0.numel(),
            "recurrent kernel": lstm.weight_hh_l0.numel(),
            "bias": len(lstm.bias_ih_l0) + len(lstm.bias_hh_l0),
        },
    },
    xlabel="parameters",
    title="The same kernels; torch has a second bias",
)

# %%
# .. _porting-keras-fresh:
#
# A fresh layer starts from other weights
# ---------------------------------------
# The same model, trained from scratch in both libraries, does not start alike. Keras draws the
# kernel by Glorot, makes the recurrent kernel orthogonal, sets the forget bias to 1 and the other
# biases to 0. torch draws everything from one interval, ±1/√H. These lines start as Keras does.

fresh = nn.LSTM(input_size=H_in, hidden_size=H, batch_first=True)
with torch.no_grad():
    fresh.bias_ih_l0.zero_()
    fresh.bias_hh_l0.zero_()
    nn.init.xavier_uniform_(fresh.weight_ih_l0)  # of all four gates, as one kernel
    nn.init.orthogonal_(fresh.weight_hh_l0)
set_forget_bias(fresh, 1.0)
torch.testing.assert_close(fresh.bias_ih_l0 + fresh.bias_hh_l0, bias)
for rows in (recurrent, fresh.weight_hh_l0.T):  # (H, 4 * H), orthogonal to each other
    torch.testing.assert_close(rows @ rows.T, torch.eye(H), atol=1e-5, rtol=0)
limit = (6 / (H_in + 4 * H)) ** 0.5
for name, tensor in {"Keras": kernel, "torch": fresh.weight_ih_l0}.items():
    print(f"{name}: largest entry {tensor.abs().max():.2f}, limit {limit:.2f}")
    assert 0.8 * limit < tensor.abs().max() < limit
home.cleanup()

# %%
# Summary
# -------
# * The order of the gates is the same. The arrays are transposed.
# * The one bias of Keras goes into ``bias_ih``; ``bias_hh`` becomes zero.
# * ``weights.from_keras`` and ``weights.to_keras`` copy any number of layers and directions.
# * A fresh Keras layer starts from other weights than a fresh torch layer.
#
# Common mistakes
# ---------------
# * The bias goes into both biases: no message, wrong numbers (:ref:`porting-keras-bias`).
# * "I assign the kernel with ``nn.Parameter(kernel)``." An array of the wrong shape is not refused.
#   Use ``copy_``, or ``weights.from_keras`` (:ref:`weights-and-gates`).
# * "The port is right, but training goes differently." The two libraries start from other weights:
#   :ref:`porting-keras-fresh`.
#
# Check yourself
# --------------
# Keras says ``LSTM(20)`` on 10 features. How many more parameters has ``nn.LSTM(10, 20)``?
#
# .. dropdown:: Answer
#
#    4 · 20, the second bias of one layer in one direction.
#
# Next
# ----
# The weights agree. Go on with the words around them, ``return_sequences`` and the others:
# :ref:`keras-to-torch`.
