r"""
.. _classification:

Classification: who is speaking?
================================

You have recordings of different length and one label for each. You need one vector for each sequence
that no padding has touched, and scaling that has not seen the test data. Before this page, read
:ref:`encoder` and :ref:`packed-sequence`. After it, you can train such a classifier, and say how much
of its result the LSTM deserves.

**You will see**

* real utterances of nine speakers, 7 to 29 steps long, classified on a test set
* scaling by the training data only, over valid steps only
* three models that differ by their seed alone
* a baseline that is beaten, and one that is not
"""

# sphinx_gallery_tags = ["training", "variable length", "bidirectional"]

import torch
import torch.nn.functional as F
from torch import nn
from torch.nn.utils.rnn import pad_sequence

from lstm_guide import datasets, pack, plotting

torch.manual_seed(0)
N, H_in, H, speakers = 25, 12, 32, 9  # utterances of a batch, features, hidden, classes

# %%
# Real data in three parts
# ------------------------
# Nine men say two vowels, one after the other; each step is described by twelve numbers. The source
# gives a test part (:func:`lstm_guide.datasets.japanese_vowels` names it, and its licence). From
# the rest, 45 utterances are held out for the curve. The test part is for finished models only.

known, test = datasets.japanese_vowels()
order = torch.randperm(270, generator=torch.Generator().manual_seed(0))
training, held = order[45:], order[:45]  # (225,), (45,)
lengths = torch.tensor([len(sequence) for sequence in known.sequences])  # (270,)
test_lengths = torch.tensor([len(sequence) for sequence in test.sequences])  # (370,)
print(f"training {len(training)}, held out {len(held)}, test {len(test_lengths)}")
print(f"lengths from {lengths.min()} to {test_lengths.max()}")
assert (lengths.min(), test_lengths.max()) == (7, 29)
assert not set(training.tolist()) & set(held.tolist())

# %%
# .. _classification-scaling:
#
# Split, then scale, then pad
# ---------------------------
# Mean and standard deviation of each feature come from the training utterances alone: held-out data
# must not reach the model, not even through two numbers. They are taken before padding, since zeros
# of the padding would count as measurements.

steps = torch.cat([known.sequences[i] for i in training])  # (valid steps, H_in)
mean, std = steps.mean(dim=0), steps.std(dim=0)  # (H_in,) each


def scaled(sequences):
    """Scale by the training data and pad."""
    rows = [(sequence - mean) / std for sequence in sequences]
    return pad_sequence(rows, batch_first=True)  # (n, L, H_in)


x, test_x = scaled(known.sequences), scaled(test.sequences)
print(f"{tuple(x.shape) = }, {tuple(test_x.shape) = }")
padding = torch.arange(x.size(1)) >= lengths[:, None]  # (270, L)
print(f"share of padding: {padding.float().mean():.2f}")
assert 0.3 < padding.float().mean() < 0.5
valid = x[training][~padding[training]]  # (valid steps, H_in)
torch.testing.assert_close(valid.mean(dim=0), torch.zeros(H_in))

# %%
# .. _classification-baselines:
#
# Baselines
# ---------
# Guessing is right for one in nine. A better baseline forgets the order: it takes the mean of each
# utterance over time, and answers the speaker whose own mean is nearest. Better still, fit a linear
# layer to these means. Neither knows which step came first.


def means(x, lengths):
    """Average each sequence over its valid steps."""
    return x.sum(dim=1) / lengths[:, None]  # (n, H_in): padding is 0


def share(answers, right):
    """Return the share of right answers."""
    return (answers == right).float().mean().item()


fit, fit_right = means(x[training], lengths[training]), known.speakers[training]
test_means = means(test_x, test_lengths)  # (370, H_in)
centres = torch.stack([fit[fit_right == k].mean(dim=0) for k in range(speakers)])
nearest = share(torch.cdist(test_means, centres).argmin(dim=1), test.speakers)

linear = nn.Linear(in_features=H_in, out_features=speakers)
optimizer = torch.optim.Adam(linear.parameters(), lr=0.05)
for _ in range(300):
    loss = F.cross_entropy(linear(fit), fit_right)
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
of_means = share(linear(test_means).argmax(dim=1), test.speakers)
print(f"right on the test part: nearest mean {nearest:.2f}, linear layer {of_means:.2f}")
assert 0.85 < nearest < 0.95
assert of_means > 0.95

# %%
# The LSTM and its loop
# ---------------------
# The batch is packed, so each direction ends at the true end of each utterance, and ``h_n`` holds
# what it knows there. The two rows of the layer are joined (:ref:`two-directions`). Three models are
# trained, with the same data and other random numbers, to see how much chance is in the result.


class Classifier(nn.Module):
    """Read a padded batch and score the speakers."""

    def __init__(self):
        super().__init__()
        self.lstm = nn.LSTM(H_in, H, batch_first=True, bidirectional=True)
        self.head = nn.Linear(in_features=2 * H, out_features=speakers)

    def forward(self, x, lengths):
        """Turn x (n, L, H_in) into scores (n, speakers)."""
        _, (h_n, _) = self.lstm(pack(self.lstm, x, lengths))  # (2, n, H)
        return self.head(torch.cat([h_n[0], h_n[1]], dim=-1))


def train(epochs):
    """Train a new model; return it, and its held-out share of right answers by epoch."""
    model = Classifier()
    optimizer = torch.optim.Adam(model.parameters(), lr=5e-3)
    curve = []
    for _ in range(epochs):
        for batch in training[torch.randperm(len(training))].split(N):  # (N,) each
            scores = model(x[batch], lengths[batch])  # (N, speakers)
            loss = F.cross_entropy(scores, known.speakers[batch])
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
        with torch.no_grad():
            answers = model(x[held], lengths[held]).argmax(dim=1)  # (45,)
        curve.append(share(answers, known.speakers[held]))
    return model, torch.tensor(curve)


models, curves = zip(*[train(epochs=9) for _ in range(3)], strict=True)
plotting.steps(
    {f"model {i}": curve for i, curve in enumerate(curves)},
    ylabel="share of right answers",
    xlabel="epoch",
    title="Three seeds, three courses of held-out answers",
)

# %%
# The test part
# -------------
# All three beat the nearest mean. Against the linear layer, the difference is a few answers of 370.
# Chance alone moves the share by about 0.01, and from seed to seed it moves by a similar amount. For
# these two vowels the mean over time says nearly all: the LSTM does well, and the task hardly needs it.

with torch.no_grad():
    shares = [share(m(test_x, test_lengths).argmax(1), test.speakers) for m in models]
chance = (of_means * (1 - of_means) / 370) ** 0.5  # standard deviation of a share of 370
print("right on the test part:", ", ".join(f"{s:.2f}" for s in shares))
print(f"linear layer: {of_means:.2f}, standard deviation by chance: {chance:.2f}")
assert min(shares) > nearest + 0.01
assert max(abs(s - of_means) for s in shares) < 4 * chance
assert max(shares) - min(shares) < 0.04

# %%
# .. _classification-padding:
#
# Without packing
# ---------------
# Give the same model the padded tensor without lengths, and its forward direction reads the padding
# to its end, while the reverse one starts in it. No message, only more errors.

with torch.no_grad():
    _, (h_n, _) = models[0].lstm(test_x)  # (2, 370, H): padding was read
    scores = models[0].head(torch.cat([h_n[0], h_n[1]], dim=-1))  # (370, speakers)
worse = (1 - share(scores.argmax(dim=1), test.speakers)) / (1 - shares[0])
print(f"more than twice as many errors when padding is read: {worse > 2}")
assert worse > 2

# %%
# Summary
# -------
# * Split, scale by the training part, pad: in this order.
# * Pack the batch, and join the two rows of ``h_n``: the vector of a whole utterance.
# * Choose by held-out data, report on the test part.
# * Compare more than one seed with a model that ignores the order. Say so when that is as good.
#
# Common mistakes
# ---------------
# * "I scale by the whole data set": the test part :term:`leaks <leak>` into the model. See
#   :ref:`classification-scaling`.
# * "I take ``output[:, -1]`` of the padded batch": the answer of short utterances comes from padding
#   (:ref:`last-valid-step`, :ref:`classification-padding`).
# * "0.97 is a good result": compared with what? See :ref:`classification-baselines`.
#
# Check yourself
# --------------
# The test part was spoken by the same nine men. What does the result say about a tenth man, and how
# would you split to learn how well a model works for new speakers?
#
# .. dropdown:: Answer
#
#    Nothing: the model can only name one of the nine. For a task that should work for new speakers,
#    such as telling the vowels apart, put all utterances of a speaker into the same part.
#
# Next
# ----
# The next page, :ref:`character-model`, predicts the next character, as well as it can be done.
