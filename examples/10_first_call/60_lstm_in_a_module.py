r"""
.. _lstm-in-a-module:

An LSTM returns a tuple: write a module around it
=================================================

You put :class:`torch.nn.LSTM` into :class:`torch.nn.Sequential`, and the next module stops with
``linear(): argument 'input' (position 1) must be Tensor, not tuple``. After this page you can write
the small module that picks what the next module needs: the last step, or all steps.

**You will see**

* why ``nn.Sequential`` fails, with a linear layer and with a second LSTM
* a classifier, which reads the last step, and a tagger, which reads all steps
* ``nn.Sequential`` with a module that takes the tuple apart
"""

# sphinx_gallery_tags = ["modules", "shapes", "errors"]

import torch
from torch import nn

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
    except (AttributeError, TypeError) as error:
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
# Summary
# -------
# * An LSTM returns ``(output, (h_n, c_n))``. A module of your own picks what the next module needs.
# * One answer for each sequence: the last step. One for each step: ``output``, straight into the
#   head.
# * ``num_layers=2`` stacks two layers inside one ``nn.LSTM``.
#
# Common mistakes
# ---------------
# * ``nn.Sequential(nn.LSTM(...), nn.Linear(...))``: the linear layer gets a tuple
#   (:ref:`module-sequential`, and :ref:`the message <error-pair-passed-on>`).
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
# Go on with :ref:`module-mistakes`: a module that runs, and of which nothing is trained.
