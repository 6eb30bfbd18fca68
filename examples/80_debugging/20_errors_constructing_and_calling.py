r"""
.. _errors-calling:

What do the errors of constructing and calling an LSTM mean?
============================================================

You make an :class:`torch.nn.LSTM`, or call it for the first time, and torch stops. Some messages
name the mistake. Others speak of ``dim``, of a tuple or of matrices, and you wonder what you did.
After this page you know those that readers meet most, each with the call that works. Every other
message is on :ref:`by-error`.

**You will see**

* messages of torch, caught live: first of the constructor, then of the call
* :func:`lstm_guide.explain_errors`, which adds cause and fix to the exception
* the fixed line after each message, run
"""

# sphinx_gallery_tags = ["errors", "shapes", "modules"]

import torch
from torch import nn

from lstm_guide import catalogue, explain_errors, plotting

torch.manual_seed(0)
N, L, H_in, H = 4, 7, 3, 5  # batch, time, features in, features out

# %%
# Let the exception explain itself
# --------------------------------
# Put :func:`lstm_guide.explain_errors` round your own code. It changes nothing about the exception:
# type, text and traceback stay. It adds a note, which Python prints below the traceback. Here the
# 4th argument by position is ``bias``, so a number meant for ``dropout`` lands on a switch.


def said(call):
    """Return what torch says to a call, and the note of the guide."""
    try:
        with explain_errors():
            call()
    except Exception as error:
        return "\n".join([f"{type(error).__name__}: {error}", *getattr(error, "__notes__", [])])
    raise AssertionError("torch accepted it")


message = said(lambda: nn.LSTM(H_in, H, 2, 0.5))
print(message)
assert message.startswith("TypeError: bias should be of type bool, got: float\n")
assert "\nlstm-guide: The fourth argument is `bias`." in message

lstm = nn.LSTM(input_size=H_in, hidden_size=H, num_layers=2, dropout=0.5)
assert (lstm.dropout, lstm.bias) == (0.5, True)

# %%
# Is the text all that you have, as in the log of a job? :func:`lstm_guide.catalogue.explain` takes a
# message or a whole traceback, and returns the known causes, the likeliest first.

text = "IndexError: index 1 is out of bounds for dimension 0 with size 1"
found = catalogue.explain(text)
for entry in found:
    print(f"{entry.title}. {entry.fix}")
assert found[0].id == "only-h"

# %%
# An argument of Keras
# --------------------
# ``units`` and ``return_sequences`` belong to :term:`Keras`. ``nn.LSTM`` always returns all steps and
# the last state (:ref:`axes-and-outputs`), so there is nothing to switch on.

message = said(lambda: nn.LSTM(units=H, return_sequences=True))
print(message)
assert "unexpected keyword argument" in message
assert "lstm-guide: An argument of Keras." in message

lstm = nn.LSTM(input_size=H_in, hidden_size=H, batch_first=True)
output, (h_n, c_n) = lstm(torch.randn(N, L, H_in))
assert output.shape == (N, L, H)  # return_sequences=True
torch.testing.assert_close(output[:, -1], h_n[-1])  # return_sequences=False

# %%
# A size with a fraction
# ----------------------
# In Python ``/`` gives a float, also where nothing is left over. A size is an int: divide with
# ``//``. The same text comes for an integer from NumPy; convert it with ``int(...)``.

message = said(lambda: nn.LSTM(input_size=H_in, hidden_size=10 / 2))
print(message)
assert "hidden_size should be of type int, got: float" in message
assert nn.LSTM(input_size=H_in, hidden_size=10 // 2).hidden_size == H

# %%
# The last axis is not the features
# ---------------------------------
# A frequent message. The last axis of the input holds the features of one step, and its size must
# be ``input_size``. Sensor data often comes as (N, H_in, L). Do not set ``input_size`` to the size
# that you got before you know which axis that is: here it is time.

channels = torch.randn(N, H_in, L)
message = said(lambda: lstm(channels))
print(message)
assert "input.size(-1) must be equal to input_size. Expected 3, got 7" in message

x = channels.transpose(1, 2)  # (N, L, H_in)
output, (h_n, c_n) = lstm(x)
assert output.shape == (N, L, H)
plotting.call(lstm, x)

# %%
# Numbers of another dtype
# ------------------------
# Two mistakes share one sentence of torch, and the dtype tells them apart. ``torch.float64`` is data
# from NumPy: convert it. ``torch.int64`` is often ids of words: they need an :term:`embedding`. The
# second message offers ``model.to(torch.int64)`` as a way out, and that raises, too.

ids = torch.randint(11, (N, L))
numpy = said(lambda: lstm(x.double()))
words = said(lambda: lstm(ids[:, :, None].expand(N, L, H_in)))
print(numpy, words, sep="\n\n")
assert "RNN input dtype (torch.float64) does not match weight dtype (torch.float32)" in numpy
assert "lstm-guide: Input and weights have different dtypes." in numpy
assert lstm(x.double().float())[0].dtype == torch.float32

assert "RNN input dtype (torch.int64)" in words
assert "or convert model: model.to(torch.int64)" in words
assert "lstm-guide: The input holds integers." in words
assert "only accepts floating point" in said(lambda: lstm.to(torch.int64))
assert lstm(nn.Embedding(11, H_in)(ids))[0].shape == (N, L, H)

# %%
# The pair goes into the next layer
# ---------------------------------
# ``nn.LSTM`` returns a pair, and :class:`torch.nn.Sequential` passes the pair on. What the next
# layer says depends on the layer: a linear one speaks of a tuple, a second LSTM of ``dim``.

linear = said(lambda: nn.Sequential(lstm, nn.Linear(H, 2))(x))
second = said(lambda: nn.Sequential(lstm, nn.LSTM(H, 6))(x))
print(linear, second, sep="\n\n")
assert "linear(): argument 'input' (position 1) must be Tensor, not tuple" in linear
assert "'tuple' object has no attribute 'dim'" in second

output, _ = lstm(x)
assert nn.Linear(H, 2)(output).shape == (N, L, 2)

# %%
# The message that says nothing
# -----------------------------
# ``'tuple' object has no attribute 'shape'`` can come from any Python code. This one is raised in
# your own line, outside of torch, so no note is added: a guess would be worse than none. In the
# search box of :ref:`by-error` you can look it up all the same. From inside of torch's recurrent
# modules, as above, the same kind of text is explained.

result = lstm(x)
message = said(lambda: result.shape)
print(message)
assert message == "AttributeError: 'tuple' object has no attribute 'shape'"

output, (h_n, c_n) = result
assert output.shape == (N, L, H)

# %%
# Features of two directions
# --------------------------
# ``mat1 and mat2 shapes cannot be multiplied`` comes from the layer after the LSTM. Any network can
# raise it, so no note is added here either. mat1 is what arrives, with N * L rows, one for each
# step; mat2 is what that layer was made for. With two :term:`directions <direction>` the output has
# twice as many features.

both = nn.LSTM(input_size=H_in, hidden_size=H, batch_first=True, bidirectional=True)
output, _ = both(x)  # (N, L, 2 * H)
message = said(lambda: nn.Linear(H, 2)(output))
print(message)
assert f"mat1 and mat2 shapes cannot be multiplied ({N * L}x{2 * H} and {H}x2)" in message
assert "lstm-guide" not in message
assert nn.Linear(2 * H, 2)(output).shape == (N, L, 2)

# %%
# Summary
# -------
# * Write every argument after the two sizes with its name.
# * The last axis of the input is ``input_size``. Look which axis it is before you change the size.
# * The result is a pair: unpack it before you do anything else.
# * ``explain_errors`` adds a note where the text, or the place where it was raised, says enough.
#
# Common mistakes
# ---------------
# * ``input_size`` is set to the number that the message complains about: :ref:`data-to-tensor`.
# * The model is converted to int64, as the message offers: :ref:`tokens-to-vectors`.
# * An LSTM stands in ``nn.Sequential``: :ref:`lstm-in-a-module`.
#
# Check yourself
# --------------
# An LSTM with ``input_size=7`` and the default layout gets ``channels`` of shape (4, 3, 7) from
# above. Does torch raise?
#
# .. dropdown:: Answer
#
#    No. The last axis has the right size, so the call runs, and reads the 4 sequences as time and
#    the 3 features as the batch. A size that fits proves nothing. ``describe(lstm, x)`` says in
#    words which axis is taken for what: :ref:`layouts`.
#
# Next
# ----
# :ref:`errors-state` goes on with the messages about h_0 and c_0, and those of a single cell.
