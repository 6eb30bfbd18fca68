r"""
.. _overfit-one-batch:

Can your model learn one batch by heart?
========================================

Your loss does not fall, and you do not know whether the model, the loss or the data are to blame. Or
it is near zero after a minute, and the model is useless. One test of a few seconds tells much: train
on a single batch until it is learned by heart. After this page you can run that test, and you know
what a loss at its floor, above it and below it says.

**You will see**

* a sound model that learns eight sequences of random answers by heart
* two mistakes that stop at a floor, where each floor comes from, and a layer that gets no gradient
* a loss below what is possible: the answer is in the input
"""

# sphinx_gallery_tags = ["debugging", "training"]

import math

import torch
import torch.nn.functional as F
from torch import nn

from lstm_guide import plotting, training

torch.manual_seed(0)
N, L, H_in, H, C = 8, 11, 5, 32, 6  # sequences, steps, features in, features of h, classes

# %%
# The test
# --------
# Take one batch, and random answers for it. There is no rule to find, so what the model does is
# learn by heart, and a model that is large enough can. Switch off dropout and weight decay. Then the
# loss has to go near zero. :func:`lstm_guide.training.fit` is the usual loop: Adam, clipped
# gradients.

x = torch.randn(N, L, H_in)
labels = torch.randint(C, (N,))


def losses_of(loss_of, out_features, updates=150):
    """Train a new LSTM and head on the one batch; return the losses, (updates,)."""
    lstm = nn.LSTM(input_size=H_in, hidden_size=H, batch_first=True)
    head = nn.Linear(in_features=H, out_features=out_features)

    def loss():
        _, (h_n, _) = lstm(x)  # (1, N, H)
        return loss_of(head, h_n)

    return training.fit(loss, [*lstm.parameters(), *head.parameters()], updates=updates)


sound = losses_of(lambda head, h_n: F.cross_entropy(head(h_n[-1]), labels), C)
print(f"first loss {sound[0]:.1f}, which is near ln C = {math.log(C):.1f}")
print(f"last loss below 0.05: {sound[-1] < 0.05}")
assert abs(sound[0] - math.log(C)) < 0.5
assert sound[-1] < 0.05

# %%
# The first loss is a test too
# ----------------------------
# A new model knows nothing and gives all C classes about the same share, so its cross entropy is near
# ln C. A first loss far above says that the scores are large: look at the scale of the input or of
# the first weights. Write the number down before you train.

# %%
# .. _overfit-softmax:
#
# A floor: softmax before cross entropy
# -------------------------------------
# :func:`torch.nn.functional.cross_entropy` takes scores and does the softmax itself. Given
# shares instead, it sees scores from 0 to 1. The best it can get is a 1 at the right class, and its
# loss then is the number below. It is above zero, whatever the model does. Some trainings stop still
# higher: where the softmax gives a wrong class nearly everything, its slope is nearly zero.

floor = math.log(1 + (C - 1) / math.e)
softmax = losses_of(lambda head, h_n: F.cross_entropy(head(h_n[-1]).softmax(dim=-1), labels), C)
print(f"floor {floor:.2f}, ever below it: {bool(softmax.min() < floor)}")
assert softmax.min() >= floor - 1e-5

# %%
# .. _overfit-broadcast:
#
# A floor: two shapes that broadcast
# ----------------------------------
# Numbers instead of classes, squared error. The head gives (N, 1) and the targets are (N,). Their
# difference is (N, N): each answer is compared with all targets. The best answer is the mean for
# all, and the loss stops at the variance of the targets. :func:`torch.nn.functional.mse_loss` warns;
# the formula written out does not.

numbers = torch.randn(N)
variance = numbers.var(correction=0).item()
broadcast = losses_of(lambda head, h_n: (head(h_n[-1]) - numbers).square().mean(), 1)
repaired = losses_of(lambda head, h_n: (head(h_n[-1]).squeeze(1) - numbers).square().mean(), 1)
print(f"floor {variance:.2f}, last loss {broadcast[-1]:.2f}")
print(f"with squeeze(1), below 0.02: {repaired[-1] < 0.02}")
assert abs(broadcast[-1] - variance) < 0.05
assert repaired[-1] < 0.02

title = "A sound model reaches zero, a mistake stops at its floor"
curves = {"sound": sound, "softmax twice": softmax, "(N, 1) and (N,)": broadcast}
plotting.steps(
    {name: curve.view(-1, 10).mean(dim=1) for name, curve in curves.items()},
    ylabel="loss",
    title=title,
    xlabel="updates, in tens",
)

# %%
# .. _overfit-detached:
#
# No gradient: the LSTM never learns
# ----------------------------------
# Somewhere between the LSTM and the loss the graph is cut, by ``detach``, ``.data`` or
# ``torch.no_grad``. The head alone still learns, so the loss falls, and may fall
# far if the head has enough numbers. What is certain is the gradient: it is ``None``.

lstm = nn.LSTM(input_size=H_in, hidden_size=H, batch_first=True)
head = nn.Linear(in_features=H, out_features=C)
_, (h_n, _) = lstm(x)
F.cross_entropy(head(h_n[-1].detach()), labels).backward()
untouched = [name for name, parameter in lstm.named_parameters() if parameter.grad is None]
print(f"no gradient: {', '.join(untouched)}")
assert len(untouched) == 4
assert head.weight.grad is not None

# %%
# .. _overfit-too-good:
#
# Near zero, and useless
# ----------------------
# Now a model that writes symbols one by one. Each batch is new and random, so no symbol can be
# foreseen: an honest loss cannot stay below ln C. The first version is asked for the symbol that it
# reads. The second is asked for the next. Random data are the test: what is better than
# possible has seen the answer.


def random_symbols(shift, bidirectional=False):
    """Train to name the symbol ``shift`` steps later on random symbols; return the losses."""
    embed = nn.Embedding(num_embeddings=C, embedding_dim=H_in)
    lstm = nn.LSTM(input_size=H_in, hidden_size=H, batch_first=True, bidirectional=bidirectional)
    head = nn.Linear(in_features=2 * H if bidirectional else H, out_features=C)

    def loss():
        ids = torch.randint(C, (64, L + 1))
        output, _ = lstm(embed(ids[:, :L]))  # (64, L, D * H)
        target = ids[:, shift : L + shift]  # (64, L)
        return F.cross_entropy(head(output).transpose(1, 2), target)

    modules = nn.ModuleList([embed, lstm, head])
    return training.fit(loss, modules.parameters(), updates=150)


limit = math.log(C)
cases = {
    "asked for what it reads": random_symbols(shift=0),
    "asked for the next": random_symbols(shift=1),
    "the next, two directions": random_symbols(shift=1, bidirectional=True),
}
for name, losses in cases.items():
    last = losses[-10:].mean().item()
    print(f"{name:<24} {'possible' if last > 0.98 * limit else 'too good'}")
    assert (last > 0.98 * limit) == (name == "asked for the next")
assert cases["asked for what it reads"][-1] < 0.1

# %%
# Two directions are the same mistake in another dress: the reverse direction has read the next symbol
# before it is asked for it (:ref:`two-directions`). In both cases the loss is fine and the model
# cannot write, because when it writes, there is nothing to copy.

# %%
# Summary
# -------
# * One batch, no dropout: the loss has to go near zero. If it does not, search the model and
#   the loss, not the data.
# * The first loss of C classes is near ln C.
# * A loss that stops has a floor, and the floor tells the mistake: the variance of the targets, or
#   ln(1 + (C - 1) / e).
# * On random targets that are new each time, a loss below ln C is a leak.
#
# Common mistakes
# ---------------
# * "It learns one batch, so it is right": it says that gradients flow. It would also pass with a leak.
#   See :ref:`overfit-too-good`.
# * "My classifier stops near 1": see :ref:`overfit-softmax`.
# * "All answers are equal": see :ref:`overfit-broadcast`.
# * "The LSTM does not train, the head does": see :ref:`overfit-detached`.
#
# Check yourself
# --------------
# A model of 50 classes has a first loss of 3.9, and on one batch it stops at 3.9. What do you check
# first?
#
# .. dropdown:: Answer
#
#    ln 50 is 3.9: it has learned nothing. Look for a gradient that is ``None`` or zero, for an
#    optimiser that was given other parameters, and for a learning rate of nearly zero.
#
# Next
# ----
# :ref:`where-the-gradient-dies` finds the step at which the gradient is lost.
