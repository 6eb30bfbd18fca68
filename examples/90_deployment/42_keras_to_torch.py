r"""
.. _keras-to-torch:

What are the switches of Keras called in torch?
===============================================

You read Keras code and look for ``return_sequences``, ``return_state``, ``stateful`` or ``Masking``
in torch. :class:`torch.nn.LSTM` has none of these arguments: it always returns everything and keeps
nothing. After this page you can translate each of them, and you know where the same words give other
numbers.

This page runs Keras 3 on its torch back end. Install it with ``pip install keras``.

**You will see**

* which of the returned tensors each switch of Keras selects
* the last step in two directions, where the obvious line is wrong
* what masking does in Keras and packing does not
* a table from Keras to torch
"""

# sphinx_gallery_tags = ["deployment", "states"]

import os
import tempfile
import warnings

home = tempfile.TemporaryDirectory()
os.environ |= {"KERAS_BACKEND": "torch", "KERAS_HOME": home.name}  # before the import

import keras
import torch
from torch import nn

from lstm_guide import final_state, pack, plotting, unpack, weights

# get_weights() of Keras 3.15 reads its arrays in a way that NumPy 2 warns about.
warnings.filterwarnings("ignore", message="__array__ implementation doesn't accept")
keras.utils.set_random_seed(0)
torch.manual_seed(0)
N, L, H_in, H = 4, 7, 3, 5  # batch, time, features in, features out: all different
x = torch.randn(N, L, H_in)  # (N, L, H_in)

# %%
# Every switch selects from what torch returns
# --------------------------------------------
# By default Keras returns the last step only. ``return_sequences`` asks for every step, and
# ``return_state`` adds the last h and c. torch returns all of it: ``output`` and ``(h_n, c_n)``, with
# an axis for the layers in front. ``weights.from_keras`` makes both layers the same
# (:ref:`porting-keras`).

source = keras.layers.LSTM(units=H, return_sequences=True, return_state=True)
sequence, h, c = source(x)  # (N, L, H), (N, H), (N, H)
lstm = nn.LSTM(input_size=H_in, hidden_size=H, batch_first=True)
weights.from_keras(lstm, [[torch.from_numpy(array) for array in source.get_weights()]])
output, (h_n, c_n) = lstm(x)  # (N, L, H), (1, N, H), (1, N, H)
found = (output, h_n[-1], c_n[-1])
torch.testing.assert_close(found, (sequence, h, c), atol=1e-6, rtol=0)

last = keras.layers.LSTM(units=H)  # no switch
last.build(x.shape)
last.set_weights(source.get_weights())
print(f"{tuple(last(x).shape) = }, {tuple(output.shape) = }, {tuple(h_n.shape) = }")
torch.testing.assert_close(last(x), h_n[-1], atol=1e-6, rtol=0)

# %%
# .. _keras-to-torch-last-step:
#
# The last step in two directions
# -------------------------------
# In two directions Keras joins the forward half at the last step and the reverse half at step 0,
# where each has read everything. :func:`lstm_guide.final_state` does the same in torch. The last
# step of ``output`` does not: its reverse half has read one step (:ref:`two-directions`).

both = nn.LSTM(input_size=H_in, hidden_size=H, batch_first=True, bidirectional=True)
summary = keras.layers.Bidirectional(keras.layers.LSTM(units=H))
summary.build(x.shape)
(arrays,) = weights.to_keras(both)  # one layer
summary.set_weights([array.numpy() for array in arrays])
output, (h_n, _) = both(x)  # (N, L, 2 * H), (2, N, H)
print(f"{tuple(summary(x).shape) = }")
torch.testing.assert_close(summary(x), final_state(both, h_n), atol=1e-6, rtol=0)
gap = (summary(x) - output[:, -1]).abs().amax(dim=0)  # (2 * H,)
print(f"output[:, -1] off by: forward {gap[:H].max():.2f}, reverse {gap[H:].max():.2f}")
assert gap[:H].max() < 1e-6
assert gap[H:].max() > 0.01

# %%
# ``stateful`` is a state that you pass
# -------------------------------------
# A ``stateful`` layer of Keras keeps its last state inside, and the next call starts there, until
# you call ``reset_state()``. A torch layer keeps nothing: pass the state on, or pass none.

keeps = keras.layers.LSTM(units=H, stateful=True)
keeps.build((N, None, H_in))
keeps.set_weights(source.get_weights())
first, second = keeps(x[:, :4]), keeps(x[:, 4:])  # (N, H) each
_, state = lstm(x[:, :4])
torch.testing.assert_close(first, state[0][0], atol=1e-6, rtol=0)
_, (h_n, _) = lstm(x[:, 4:], state)  # (1, N, H)
torch.testing.assert_close(second, h_n[0], atol=1e-6, rtol=0)

keeps.reset_state()
torch.testing.assert_close(keeps(x[:, :4]), first, atol=1e-6, rtol=0)
print("after reset_state() the first result comes back")

# %%
# .. _keras-to-torch-masking:
#
# Masking repeats, packing stops
# ------------------------------
# With a mask, a Keras layer skips a step: the state stays, and the output of the step before is
# repeated. So its last step is the last valid one. A packed sequence of torch ends, and unpacking
# fills with zeros: the last step of ``output`` is then zero, and ``h_n`` is what you want. At the
# valid steps both give the same numbers.

lengths = torch.tensor([7, 4, 2, 5])  # valid steps of each sequence
mask = torch.arange(L) < lengths[:, None]  # (N, L)
masked, h, _ = source(x, mask=mask)  # (N, L, H), (N, H)
result, (h_n, _) = lstm(pack(lstm, x, lengths))
unpacked, _ = unpack(lstm, result, total_length=L)  # (N, L, H)

torch.testing.assert_close(unpacked[mask], masked[mask], atol=1e-6, rtol=0)
torch.testing.assert_close(h_n[0], h, atol=1e-6, rtol=0)
torch.testing.assert_close(masked[:, -1], h, atol=1e-6, rtol=0)
assert unpacked[~mask].count_nonzero() == 0
row = 1
print(f"sequence {row} ends after {lengths[row]} steps; last step of the output:")
print(f"Keras {masked[row, -1, 0]:.4f}, torch {unpacked[row, -1, 0]:.4f}")

plotting.steps(
    {"Keras, masked": masked[row, :, 0], "torch, packed": unpacked[row, :, 0]},
    ylabel="first entry of output",
    title="After the last valid step Keras repeats the output,\ntorch fills with zeros",
)

# %%
# The other arguments
# -------------------
# ``initial_state`` is the second argument of the call; torch wants the axis of layers. With
# ``go_backwards`` Keras reads the steps in reverse, and leaves its output in that order. torch
# refuses the words of Keras.

h_0, c_0 = torch.randn(N, H), torch.randn(N, H)
given, _ = lstm(x, (h_0[None], c_0[None]))  # (N, L, H), from states (1, N, H)
expected, *_ = source(x, initial_state=[h_0, c_0])
torch.testing.assert_close(given, expected, atol=1e-6, rtol=0)

reverse = keras.layers.LSTM(units=H, return_sequences=True, go_backwards=True)
reverse.build(x.shape)
reverse.set_weights(source.get_weights())
torch.testing.assert_close(reverse(x), lstm(x.flip(1))[0], atol=1e-6, rtol=0)
for switch in ("return_sequences", "recurrent_dropout"):
    try:
        nn.LSTM(input_size=H_in, hidden_size=H, **{switch: True})
    except TypeError as error:
        message = str(error)
        print(message)
    else:
        raise AssertionError("torch accepted a switch of Keras")
    assert f"unexpected keyword argument '{switch}'" in message
home.cleanup()

# %%
# Summary
# -------
# The same thing in both:
#
# .. list-table::
#    :name: keras-words
#    :header-rows: 1
#
#    * - Keras
#      - torch
#    * - ``LSTM(units=5)``
#      - ``nn.LSTM(input_size=3, hidden_size=5, batch_first=True)``
#    * - ``return_sequences=True``
#      - ``output``
#    * - ``return_sequences=False``
#      - ``h_n[-1]``; in two directions ``final_state(lstm, h_n)``
#    * - ``return_state=True``
#      - ``h_n[-1]`` and ``c_n[-1]``
#    * - ``initial_state=[h, c]``
#      - ``lstm(x, (h[None], c[None]))``
#    * - ``stateful=True``
#      - pass the state on
#    * - ``reset_state()``
#      - pass no state
#    * - ``mask=mask``, ``Masking``
#      - pack and unpack, or pad and take the last valid step
#    * - ``Bidirectional(LSTM(...))``
#      - ``bidirectional=True``
#    * - ``go_backwards=True``
#      - ``lstm(x.flip(1))``
#    * - ``dropout``, ``recurrent_dropout``
#      - not in ``nn.LSTM``: its ``dropout`` acts between layers
#
# Common mistakes
# ---------------
# * ``output[:, -1]`` for the result of ``Bidirectional``: :ref:`keras-to-torch-last-step`.
# * ``unpacked[:, -1]`` for the last step of a masked layer gives zeros:
#   :ref:`keras-to-torch-masking`.
# * ``dropout=0.2`` copied from Keras: in torch it means another thing
#   (:ref:`dropout-between-layers`).
#
# Check yourself
# --------------
# A Keras model stacks two LSTM layers, the first with ``return_sequences=True``, the second without.
# Which line of torch gives its result?
#
# .. dropdown:: Answer
#
#    ``output, (h_n, c_n) = lstm(x)`` with ``num_layers=2``, and then ``h_n[-1]``: the top layer at the
#    last step. torch passes the whole sequence from layer to layer by itself.
#
# Next
# ----
# Go on with the format that other runtimes read: :ref:`porting-onnx`.
