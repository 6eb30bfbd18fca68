r"""
.. _lstm-in-a-module:

An LSTM returns a tuple: write a module around it
=================================================

You put :class:`torch.nn.LSTM` into :class:`torch.nn.Sequential`, and the next module stops with
``linear(): argument 'input' (position 1) must be Tensor, not tuple``. After this page you can write
the small module that picks what the next module needs: the last step, or all steps. You also know
four mistakes that are common in such modules.

**You will see**

* why ``nn.Sequential`` fails, with a linear layer and with a second LSTM
* a classifier, which reads the last step, and a tagger, which reads all steps
* why you call ``model(x)`` and not ``model.forward(x)``
* a module whose LSTMs are invisible to the optimizer
"""

# sphinx_gallery_tags = ["modules", "shapes", "errors"]

import warnings

import torch
from torch import nn
from torch.autograd import Variable

from lstm_guide import plotting

torch.manual_seed(0)
N, L, H_in, H, classes = 4, 7, 3, 5, 2  # batch, time, features in, features out

lstm = nn.LSTM(input_size=H_in, hidden_size=H, batch_first=True)
head = nn.Linear(in_features=H, out_features=classes)
x = torch.randn(N, L, H_in)

# %%
# .. _module-sequential:
#
# ``nn.Sequential`` hands the whole tuple on
# ------------------------------------------
# ``nn.Sequential`` calls one module after the other, each with what the last one returned. An LSTM
# returns two things: ``output``, and the pair ``(h_n, c_n)``. So the next module gets a tuple. A
# linear layer says so clearly. A second LSTM does not: it asks the tuple for ``dim``.


def error_of(call):
    """Return what the call raises."""
    try:
        call()
    except (AttributeError, TypeError, ValueError) as error:
        return f"{type(error).__name__}: {error}"
    raise AssertionError("torch accepted it")


with_linear = error_of(lambda: nn.Sequential(lstm, head)(x))
with_lstm = error_of(lambda: nn.Sequential(lstm, lstm)(x))
print(with_linear, with_lstm, sep="\n")
assert with_linear.endswith("argument 'input' (position 1) must be Tensor, not tuple")
assert with_lstm == "AttributeError: 'tuple' object has no attribute 'dim'"

# %%
# One answer for each sequence: give the last step to the head
# ------------------------------------------------------------
# Take the result apart in a module of your own. The :term:`head` is the module that makes answers
# from what the LSTM gives: here a linear layer. A classifier of whole sequences needs one vector
# for each, and the :term:`hidden state` after the last step is one that has read everything. For
# one layer and one direction it is ``h_n[0]``, and equal to ``output[:, -1]``.


class Classifier(nn.Module):
    def __init__(self):
        super().__init__()
        self.lstm = nn.LSTM(input_size=H_in, hidden_size=H, batch_first=True)
        self.head = nn.Linear(in_features=H, out_features=classes)

    def forward(self, x):
        _, (h_n, _) = self.lstm(x)  # (1, N, H)
        return self.head(h_n[0])  # (N, classes)


classifier = Classifier()
print(f"{tuple(classifier(x).shape) = }")
assert classifier(x).shape == (N, classes)
output, (h_n, c_n) = classifier.lstm(x)  # (N, L, H), (1, N, H), (1, N, H)
torch.testing.assert_close(h_n[0], output[:, -1], atol=1e-6, rtol=0)
assert classifier.head(h_n).shape == (1, N, classes)  # h_n has one axis more
plotting.call(
    classifier.lstm,
    x,
    title="A classifier reads h_n, the last step;\na tagger reads output, every step",
)

# %%
# One answer for each step: give all steps to the head
# ----------------------------------------------------
# A tagger answers at every :term:`time step`. :class:`torch.nn.Linear` works on the last axis and
# leaves the others alone, so ``output`` goes in as it is: no loop over time. The loop below only
# proves that it is the same. The parts are those of the classifier; only ``forward`` is new.


class Tagger(Classifier):
    def forward(self, x):
        output, _ = self.lstm(x)  # (N, L, H)
        return self.head(output)  # (N, L, classes)


tagger = Tagger()
print(f"{tuple(tagger(x).shape) = }")
assert tagger(x).shape == (N, L, classes)
output, _ = tagger.lstm(x)
each_step = [tagger.head(output[:, t]) for t in range(L)]  # L times (N, classes)
torch.testing.assert_close(torch.stack(each_step, dim=1), tagger(x), atol=1e-6, rtol=0)

# %%
# Or keep ``nn.Sequential``, with a module that picks
# ---------------------------------------------------
# Put a module between the two that takes the tuple apart. The result is that of the tagger. For two
# layers of LSTM you need neither: ``num_layers=2`` stacks them inside one ``nn.LSTM``.


class TakeOutput(nn.Module):
    def forward(self, result):
        output, _ = result
        return output


chain = nn.Sequential(tagger.lstm, TakeOutput(), tagger.head)
torch.testing.assert_close(chain(x), tagger(x), atol=1e-6, rtol=0)

# %%
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

# %%
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
    output, _ = lstm(Variable(x, volatile=True))
print(caught[0].message)
assert "volatile was removed and now has no effect" in str(caught[0].message)
assert output.requires_grad  # the graph is recorded all the same
with torch.no_grad():
    assert not lstm(x)[0].requires_grad

# %%
# Summary
# -------
# * An LSTM returns ``(output, (h_n, c_n))``. A module of your own picks what the next module needs.
# * One answer for each sequence: the last step. One for each step: ``output``, straight into the
#   head.
# * Call ``model(x)``. Modules are attributes or stand in ``nn.ModuleList``, never in a plain list.
#
# Common mistakes
# ---------------
# * ``nn.Sequential(nn.LSTM(...), nn.Linear(...))``: the linear layer gets a tuple
#   (:ref:`module-sequential`).
# * ``h_n[-1]`` or ``output[:, -1]`` taken for granted in every configuration:
#   :ref:`axes-and-outputs`.
# * A state kept as an attribute of the module: :ref:`state-inside-a-module`.
#
# Check yourself
# --------------
# You replace ``self.head(h_n[0])`` by ``self.head(h_n)`` in the classifier. What is the shape of
# the result, and does torch complain?
#
# .. dropdown:: Answer
#
#    ``(1, 4, 2)``: the linear layer works on the last axis and keeps the other two. Torch does not
#    complain. The row of ``h_n`` is still there: take it out with ``h_n[0]``.
#
# Next
# ----
# Go on with :ref:`words and characters <tokens-to-vectors>`: they have to become vectors first.
