r"""
.. _device-and-dtype:

Weights, input and state need one dtype
=======================================

Your call of :class:`torch.nn.LSTM` stops with a message about a dtype, and the message may not even
say which tensor is wrong (``get_mkldnn_dtype: unsupported data type``). The weights, the input and
the :term:`state` must agree. After this page you can tell which one to change, and make a state that
fits every input. The next page does the same for :term:`devices <device>`.

**You will see**

* the messages for a wrong input and a wrong state, each with the line that repairs it
* a table of what runs with which dtype, filled in by calls
* how far bfloat16 is from float32
"""

# sphinx_gallery_tags = ["states", "errors", "dtype"]

import numpy as np
import torch
from torch import nn

from lstm_guide import describe, plotting, zero_state

torch.manual_seed(0)
N, L, H_in, H = 4, 7, 3, 5  # batch, time, features in, features out

# %%
# NumPy gives float64, the LSTM has float32
# -----------------------------------------
# A new LSTM has weights of ``torch.float32``. Numbers from NumPy come in as ``torch.float64``. The
# message names both. Of its two ways out take the first: convert the input. The second,
# ``lstm.double()``, works too, and doubles the memory of the weights.


def error_of(call):
    """Return what the call raises."""
    try:
        call()
    except (RuntimeError, TypeError, ValueError) as error:
        return f"{type(error).__name__}: {error}"
    raise AssertionError("the call was accepted")


lstm = nn.LSTM(input_size=H_in, hidden_size=H, batch_first=True)
data = torch.from_numpy(np.linspace(-1, 1, N * L * H_in).reshape(N, L, H_in))
print(f"{lstm.weight_ih_l0.dtype = }")
print(f"{data.dtype = }")
message = error_of(lambda: lstm(data))
print(message)
assert message.startswith("ValueError: RNN input dtype (torch.float64)")
assert "input.to(torch.float32)" in message

x = data.float()  # (N, L, H_in)
output, (h_n, c_n) = lstm(x)
print(f"{output.dtype = }, {h_n.dtype = }, {c_n.dtype = }")
assert output.dtype == h_n.dtype == c_n.dtype == torch.float32
assert torch.float64.itemsize == 2 * torch.float32.itemsize

# %%
# .. _dtype-of-the-state:
#
# A state in another dtype: the message does not name it
# ------------------------------------------------------
# A state that you make yourself is a third tensor, and the check for the input does not look at it.
# The text comes from a library deep inside torch, so it can be another one on your machine.
# :func:`lstm_guide.describe` reads the same call back and names the tensor.

wrong = (torch.zeros(1, N, H).double(), torch.zeros(1, N, H).double())
message = error_of(lambda: lstm(x, wrong))
clear = error_of(lambda: describe(lstm, x, wrong))
print(message, clear, sep="\n")
assert message.startswith("RuntimeError: ")
assert "dtype" in message
assert clear.startswith("TypeError: h_0: expected dtype torch.float32")

# %%
# Make the state from the input
# -----------------------------
# :meth:`torch.Tensor.new_zeros` makes zeros with the dtype and on the device of the tensor that you
# call it on. Called on ``x``, it follows ``x`` when you change it. Take N from ``x``, too.
# :func:`lstm_guide.zero_state` does this for any number of layers and directions.

h_0 = x.new_zeros(1, x.size(0), H)  # (1, N, H)
c_0 = x.new_zeros(1, x.size(0), H)  # (1, N, H)
output, (h_n, c_n) = lstm(x, (h_0, c_0))
also, _ = lstm(x, zero_state(lstm, x))
torch.testing.assert_close(also, output, atol=1e-6, rtol=0)
print(f"{h_0.dtype = }, {tuple(h_0.shape) = }")
assert h_0.dtype == x.dtype

# %%
# What runs with which dtype
# --------------------------
# Try every choice of three dtypes for weights, input and state. A line of the table is one choice
# for weights and input; the last three columns are the dtypes of the state. Nothing is converted
# for you: a call runs only where all three are the same. A wrong input is a ``ValueError`` and a
# wrong state a ``RuntimeError``, so the type of the error tells you which of the two to look at.

dtypes = (torch.float32, torch.float64, torch.bfloat16)


def outcome(weights, given, state):
    """Return "runs", or the name of the exception that the call raises."""
    lstm = nn.LSTM(input_size=H_in, hidden_size=H, batch_first=True, dtype=weights)
    zeros = torch.zeros(1, N, H, dtype=state)
    try:
        lstm(x.to(given), (zeros, zeros))
    except (ValueError, RuntimeError) as error:
        return type(error).__name__
    return "runs"


print("".join(f"{title!s:>15}" for title in ("weights", "input", *dtypes)))
for weights in dtypes:
    for given in dtypes:
        results = [outcome(weights, given, state) for state in dtypes]
        print("".join(f"{cell!s:>15}" for cell in (weights, given, *results)))
        for state, result in zip(dtypes, results, strict=True):
            if given != weights:
                assert result == "ValueError"
            else:
                assert result == ("runs" if state == weights else "RuntimeError")

# %%
# bfloat16 keeps fewer digits
# ---------------------------
# ``bfloat16`` takes half of the memory of ``float32`` and keeps two to three decimal digits.
# Convert weights and input, and let the state follow. At the scale of the picture the outputs are
# the same.

assert torch.float32.itemsize == 2 * torch.bfloat16.itemsize
small = nn.LSTM(input_size=H_in, hidden_size=H, batch_first=True)
small.load_state_dict(lstm.state_dict())
small.to(torch.bfloat16)
x_small = x.to(torch.bfloat16)
with torch.no_grad():
    output, _ = lstm(x)
    output_small, _ = small(x_small, zero_state(small, x_small))
assert output_small.dtype == torch.bfloat16
torch.testing.assert_close(output_small.float(), output, atol=0.01, rtol=0)
assert (output_small.float() - output).abs().max() > 1e-6  # not the same digits
plotting.steps(
    {"float32": output[0, :, 0], "bfloat16": output_small[0, :, 0]},
    ylabel="output[0, :, 0]",
    title="The same LSTM in float32 and in bfloat16: nearly the same output",
)

# %%
# Summary
# -------
# * Weights, input and state share one dtype. Nothing is converted for you.
# * Data from NumPy are float64: ``x.float()``.
# * Make the state from the input: ``x.new_zeros(...)`` or ``zero_state(lstm, x)``.
#
# Common mistakes
# ---------------
# * "RNN input dtype (torch.float64)": NumPy data without ``.float()`` (:ref:`error-input-dtype`).
#   If it says torch.int64 and the numbers are ids: :ref:`words and characters <tokens-to-vectors>`.
# * "get_mkldnn_dtype: unsupported data type": the state has another dtype than the input
#   (:ref:`dtype-of-the-state`, and :ref:`the message <error-state-dtype>`).
# * "Input and hidden tensors are not at the same device": the same for devices
#   (:ref:`another-device`).
#
# Check yourself
# --------------
# You call ``model.double()`` and pass ``x``, a float32 tensor, with a state from ``x.new_zeros``.
# Which of the three is wrong, and what does torch raise?
#
# .. dropdown:: Answer
#
#    The input. The state agrees with the input, but both differ from the weights. The table above
#    has this case: weights of float64, input and state of float32. It is a ``ValueError``.
#    Convert x first and make the state after that.
#
# Next
# ----
# :ref:`another-device` moves the three to a GPU, or to a device that stands for one.
