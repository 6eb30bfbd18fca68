r"""
.. _module-mistakes:

The model runs, and nothing is trained
======================================

You write a module around :class:`torch.nn.LSTM`. It runs, and the optimizer has nothing to train, or
a tool that watches your model sees nothing. Before this page, read :ref:`lstm-in-a-module`. After it,
you know what a module has to see, and which lines of old code you can drop.

**You will see**

* why you call ``model(x)`` and not ``model.forward(x)``
* a module whose LSTMs are invisible to the optimizer, and the list that repairs it
* two lines of old code: one that you need, one that does nothing
"""

# sphinx_gallery_tags = ["modules", "training", "errors"]

import warnings

import torch
from torch import nn
from torch.autograd import Variable

from lstm_guide import plotting

torch.manual_seed(0)
N, L, H_in, H, classes = 4, 7, 3, 5, 2  # batch, time, features in, features out
x = torch.randn(N, L, H_in)


class Tagger(nn.Module):
    def __init__(self):
        super().__init__()
        self.lstm = nn.LSTM(input_size=H_in, hidden_size=H, batch_first=True)
        self.head = nn.Linear(in_features=H, out_features=classes)

    def forward(self, x):
        output, _ = self.lstm(x)  # (N, L, H)
        return self.head(output)  # (N, L, classes)


def error_of(call):
    """Return what the call raises."""
    try:
        call()
    except (AttributeError, ValueError) as error:
        return f"{type(error).__name__}: {error}"
    raise AssertionError("torch accepted it")


tagger = Tagger()

# %%
# .. _module-forward:
#
# Call the model, not its ``forward``
# -----------------------------------
# You write ``forward``, and you call ``model(x)``. The call runs ``forward``, and then the hooks:
# functions that tools attach to a module, to look at what it returns. ``model.forward(x)`` gives
# the same numbers here, and skips the hooks: of the two runs below, the hook sees one.

seen = []
tagger.register_forward_hook(lambda module, inputs, result: seen.append(result.shape))
called, bypassed = tagger(x), tagger.forward(x)
print(f"{len(seen) = }, {tuple(seen[0]) = }")
assert seen == [(N, L, classes)]
torch.testing.assert_close(bypassed, called, atol=1e-6, rtol=0)

# %%
# .. _module-list:
#
# A plain list hides its modules
# ------------------------------
# A module finds the parameters of the modules that are its attributes. It does not look into a
# Python list. The forward pass works, and the optimizer gets nothing to train. Here it says so,
# because the list is all there is. With a registered module beside the list, such as a head, it
# trains that module alone and says nothing. ``nn.ModuleList`` is a list that registers what you
# put in.


class Stack(nn.Module):
    def __init__(self, container):
        super().__init__()
        first = nn.LSTM(input_size=H_in, hidden_size=H, batch_first=True)
        second = nn.LSTM(input_size=H, hidden_size=H, batch_first=True)
        self.lstms = container([first, second])

    def forward(self, x):
        for lstm in self.lstms:
            x, _ = lstm(x)
        return x  # (N, L, H)


hidden, registered = Stack(container=list), Stack(container=nn.ModuleList)
print(f"{len(list(hidden.parameters())) = }\n{len(list(registered.parameters())) = }")
message = error_of(lambda: torch.optim.SGD(hidden.parameters(), lr=0.1))
print(message)
assert hidden(x).shape == registered(x).shape == (N, L, H)
hidden.head = nn.Linear(in_features=H, out_features=classes)
assert len(list(hidden.parameters())) == 2  # of the head alone, and no error
assert len(list(registered.parameters())) == 8  # four for each LSTM
assert message == "ValueError: optimizer got an empty parameter list"
plotting.bars(
    {
        "plain list": {"tensors": len(list(Stack(container=list).parameters()))},
        "nn.ModuleList": {"tensors": len(list(registered.parameters()))},
    },
    xlabel="tensors that the optimizer gets",
    title="In a plain list, no parameter of the LSTMs is seen",
)

# %%
# .. _module-old-code:
#
# Two lines of old code: ``super().__init__()`` and ``Variable``
# --------------------------------------------------------------
# Without ``super().__init__()`` a module has no place to register anything, and the first module
# that you assign fails. ``Variable`` is the opposite: a line that is no longer needed. Before
# torch 0.4 only a ``Variable`` could carry a gradient. Today the call returns the plain tensor.
# Its argument ``volatile=True``, which once meant "no gradient", does nothing but warn: use
# :class:`torch.no_grad`.


class Forgetful(nn.Module):
    def __init__(self):
        self.lstm = nn.LSTM(input_size=H_in, hidden_size=H)


message = error_of(Forgetful)
print(message)
assert message == "AttributeError: cannot assign module before Module.__init__() call"

print(f"{type(Variable(x)) = }")
assert type(Variable(x)) is torch.Tensor
with warnings.catch_warnings(record=True) as caught:
    warnings.simplefilter("always")
    output, _ = tagger.lstm(Variable(x, volatile=True))
print(caught[0].message)
assert "volatile was removed and now has no effect" in str(caught[0].message)
assert output.requires_grad  # the graph is recorded all the same
with torch.no_grad():
    assert not tagger.lstm(x)[0].requires_grad

# %%
# Summary
# -------
# * Call ``model(x)``: it runs ``forward``, and then the hooks.
# * Modules are attributes or stand in ``nn.ModuleList``, never in a plain list.
# * ``super().__init__()`` comes first. ``Variable`` is not needed.
#
# Common mistakes
# ---------------
# * "I call ``model.forward(x)``": the hooks do not run (:ref:`module-forward`).
# * "My LSTMs are in a list, and the loss does not fall": the optimizer has not got them
#   (:ref:`module-list`). Count the parameters, as in :ref:`silent-weights`.
# * "cannot assign module before Module.__init__() call": ``super().__init__()`` is missing
#   (:ref:`module-old-code`, and :ref:`the message <error-super-init-forgotten>`).
#
# Check yourself
# --------------
# A model keeps its LSTMs in a dict, ``self.lstms = {"a": nn.LSTM(3, 5)}``. Does it train them?
#
# .. dropdown:: Answer
#
#    No: a module does not look into a dict either. ``nn.ModuleDict`` registers what you put in.
#    ``len(list(model.parameters()))`` tells you at once.
#
# Next
# ----
# Go on with :ref:`words and characters <tokens-to-vectors>`: they have to become vectors first.
