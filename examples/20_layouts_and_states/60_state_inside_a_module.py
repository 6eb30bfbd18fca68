r"""
.. _state-inside-a-module:

A state that the model keeps breaks five things
===============================================

Your model has a line such as ``self.hidden = ...`` in its constructor, copied from a tutorial. It
trains for a while. Then the last, smaller batch stops it with
``Expected hidden[0] size (1, 4, 8), got [1, 16, 8]``, or the second ``backward`` fails, or the same
input gives two answers. After this page you know why, and where the :term:`state` belongs.

**You will see**

* one small model that breaks in five ways, each with torch's own message or the wrong number
* the repair: make the state in ``forward``, from the input
* how to carry a state on purpose: the caller holds it
"""

# sphinx_gallery_tags = ["states", "modules", "errors"]

import torch
from torch import nn

from lstm_guide import detach_state, plotting

torch.manual_seed(0)
L, H_in, H = 10, 15, 8  # time, features in, features out
data = torch.randn(L, 100, H_in)  # 100 observations, time first
batches = data.split(16, dim=1)  # six batches of 16, and a last one of 4
x, last = batches[0], batches[-1]  # (10, 16, 15), (10, 4, 15)

# %%
# A model that keeps its state
# ----------------------------
# The constructor makes zeros for a batch of 16. ``forward`` starts from what it finds in
# ``self.hidden``, and leaves the new state there. One call works, and its shapes are right.


class Keeper(nn.Module):
    def __init__(self):
        super().__init__()
        self.lstm = nn.LSTM(input_size=H_in, hidden_size=H)
        self.hidden = (torch.zeros(1, 16, H), torch.zeros(1, 16, H))

    def forward(self, x):
        output, self.hidden = self.lstm(x, self.hidden)
        return output


print(f"{tuple(Keeper()(x).shape) = }")
assert Keeper()(x).shape == (L, 16, H)

# %%
# 1. The same batch gives two answers
# -----------------------------------
# Call the model twice with the same batch, in evaluation mode and without gradients. The second
# call starts from what the first one left behind, so the answers differ. In training, each batch
# starts with the memory of the batch before it, which held other samples. No message tells you. The
# picture shows one feature of one sequence: the difference is large at first and fades.

keeper = Keeper().eval()
with torch.no_grad():
    first, second = keeper(x), keeper(x)  # (L, N, H) each

difference = (second - first).abs().amax(dim=(1, 2))  # (L,)
print(f"{difference[0] = :.4f}\n{difference[-1] = :.4f}")
assert difference[0] > 0.1 > 10 * difference[-1]
plotting.steps(
    {"first call": first[:, 6, 2], "second call": second[:, 6, 2]},
    ylabel="output[:, 6, 2]",
    title="The same batch twice: two answers,\nbecause the model kept its state",
)

# %%
# 2. The last, smaller batch stops the epoch
# ------------------------------------------
# 100 observations in batches of 16 leave a last batch of 4. ``hidden[0]`` in the message is the
# first half of the pair, ``h_0``. Its size ``(1, N, H)`` was fixed in the constructor, but N is a
# property of the batch.


def error_of(call):
    """Return what torch says when it refuses the call."""
    try:
        call()
    except RuntimeError as error:
        return f"{type(error).__name__}: {error}"
    raise AssertionError("torch accepted it")


print([batch.size(1) for batch in batches])
message = error_of(lambda: keeper(last))
print(message)
assert message == "RuntimeError: Expected hidden[0] size (1, 4, 8), got [1, 16, 8]"

# %%
# 3. The second ``backward`` fails
# --------------------------------
# The kept state belongs to the graph of the batch before, which the first ``backward`` has freed.
# The whole message, and why ``retain_graph=True`` does not help: :ref:`carrying-state`.

keeper = Keeper()
keeper(batches[0]).mean().backward()
output = keeper(batches[1])  # the forward pass still works
message = error_of(output.mean().backward).partition(" (")[0]
print(message)
assert message == "RuntimeError: Trying to backward through the graph a second time"

# %%
# 4. and 5. The state is neither moved nor saved
# ----------------------------------------------
# A module moves and saves what it has registered: parameters, buffers and other modules. A tuple of
# tensors is none of these. So :meth:`torch.nn.Module.double` and :meth:`torch.nn.Module.to` leave
# it behind: the weights are float64 and the state is still float32. And
# :meth:`torch.nn.Module.state_dict` knows the four parameters of the LSTM, and no state.

keeper = Keeper().double()
print(f"{keeper.lstm.weight_hh_l0.dtype = }\n{keeper.hidden[0].dtype = }")
message = error_of(lambda: keeper(x.double()))
print(message)
assert message.endswith("must have the same dtype, but got Float and Double")

moved = Keeper().to("meta")  # meta: a device without numbers, to try moves
print(f"{moved.lstm.weight_hh_l0.device.type = }\n{moved.hidden[0].device.type = }")
assert moved.hidden[0].device.type == "cpu"
print(*keeper.state_dict(), sep="\n")
assert set(keeper.state_dict()) == {f"lstm.{name}" for name in keeper.lstm.state_dict()}

# %%
# The repair: ``forward`` makes the state from the input
# ------------------------------------------------------
# The input knows the batch size, the dtype and the device. :meth:`torch.Tensor.new_zeros` makes
# zeros that match in all three. If zeros are all you want, leave the state out: the last line
# asserts that this is the same. Nothing is kept between calls, so all five failures are gone.


class Repaired(nn.Module):
    def __init__(self):
        super().__init__()
        self.lstm = nn.LSTM(input_size=H_in, hidden_size=H)

    def forward(self, x):
        zeros = x.new_zeros(1, x.size(1), H)  # (1, N, H); x is time first
        output, _ = self.lstm(x, (zeros, zeros))
        return output


model = Repaired()
for batch in batches:  # also the last, smaller one
    output = model(batch)
    output.mean().backward()
print(f"{tuple(output.shape) = }")
torch.testing.assert_close(model(x), model(x), atol=1e-6, rtol=0)
assert Repaired().double()(x.double()).dtype == torch.float64
torch.testing.assert_close(model(x), model.lstm(x)[0], atol=1e-6, rtol=0)

# %%
# To carry a state, let the caller hold it
# ----------------------------------------
# When the batches are pieces of long streams, you want to carry. Take the state as an argument
# and return the new one, as ``nn.LSTM`` does. The loop that knows the data decides: it passes the
# state on, or ``None`` for a new start. The model detaches the state that it returns
# (:func:`lstm_guide.detach_state`). (If the state must live inside, register it as a buffer:
# :ref:`rows-of-the-state`.)


class Streaming(nn.Module):
    def __init__(self):
        super().__init__()
        self.lstm = nn.LSTM(input_size=H_in, hidden_size=H)

    def forward(self, x, state=None):
        output, state = self.lstm(x, state)
        return output, detach_state(state)


model = Streaming()
state = None
for chunk in (x[:4], x[4:]):  # cut along time: 4 steps, then 6
    output, state = model(chunk, state)  # (4 or 6, N, H)
    output.mean().backward()
whole, _ = model(x)
torch.testing.assert_close(output, whole[4:], atol=1e-6, rtol=0)

# %%
# Summary
# -------
# * N, dtype and device of the state come from the input. Make it in ``forward``, or leave it out.
# * A tensor in a plain attribute is neither moved nor saved with the model.
# * A kept state :term:`leaks <leak>` from batch to batch. If you carry, do it where the order of the data is
#   known.
#
# Common mistakes
# ---------------
# * ``init_hidden(batch_size)`` with a constant: the last batch fails. Dropping that batch
#   (``drop_last=True``) hides it, and is right only where rows must match:
#   :ref:`rows-of-the-state`.
# * ``retain_graph=True`` as the answer to a second ``backward``: :ref:`carrying-state`.
# * A state made with ``torch.zeros(...)``, on the CPU and in float32, for another input:
#   :ref:`device-and-dtype`.
#
# Check yourself
# --------------
# You read ``model.hidden = model.init_hidden()`` before each batch in old code. ``forward`` of that
# model calls ``self.lstm(x)``. What does the line do?
#
# .. dropdown:: Answer
#
#    Nothing. ``forward`` does not read ``self.hidden``, so each call starts from zeros anyway. To
#    test it, put random numbers into ``model.hidden``: the output stays the same.
#
# :func:`~lstm_guide.probes.call_twice` catches a state that your own model keeps; a state that is
# never read takes the assertion of this answer. Both are on :ref:`silent-states`.
#
# Next
# ----
# Go on with the question to which sequence a carried memory belongs: :ref:`rows-of-the-state`.
