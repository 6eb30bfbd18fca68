r"""
.. _masked-loss:

How do you leave padding out of a loss?
=======================================

Your loss falls when you add padding, or it turns into ``nan``, or two scripts report different
losses for the same model. Padding is counted, or multiplied away, or the two divide by different
numbers. Before this page, read :ref:`padding` and :ref:`last-valid-step`. After it, you can mask a
loss, and say which mean your loss is.

**You will see**

* one batch with four different losses: with padding, and with three denominators
* how much a step of a short and of a long sequence counts under each
* why a mask is no factor, since ``0 * nan`` is ``nan``
"""

# sphinx_gallery_tags = ["variable length", "training"]

import torch
from torch import nn
from torch.nn.functional import cross_entropy

from lstm_guide import length_mask, masked_loss, masked_mean, pack, plotting, unpack

torch.manual_seed(0)
lengths = torch.tensor([2, 8, 5])
N, L, H_in, H, classes = 3, 8, 4, 5, 6  # sequences, longest, features in, out, classes
mask = length_mask(lengths, L=L)  # (N, L)

lstm = nn.LSTM(input_size=H_in, hidden_size=H, batch_first=True)
linear = nn.Linear(H, classes)
x = torch.randn(N, L, H_in)  # (N, L, H_in)
result, _ = lstm(pack(lstm, x, lengths))
output, _ = unpack(lstm, result, total_length=L)  # (N, L, H)
logits = 3 * linear(output)  # (N, L, classes)
targets = torch.randint(classes, (N, L))  # (N, L)

# %%
# .. _masked-each-step:
#
# One loss for each step
# ----------------------
# :func:`torch.nn.functional.cross_entropy` averages over all steps, padding included. The targets
# there mean nothing, so the loss means nothing: other filler, other loss. Ask for
# ``reduction="none"`` and you get one loss for each step. It wants the classes on axis 1.

plain = cross_entropy(logits.transpose(1, 2), targets)  # ()
other_filler = torch.where(mask, targets, 0)  # (N, L)
moved = cross_entropy(logits.transpose(1, 2), other_filler)  # ()
losses = cross_entropy(logits.transpose(1, 2), targets, reduction="none")  # (N, L)
print(f"{tuple(losses.shape) = }")
print(f"padding counted:         {plain:.4f}")
print(f"with other padding:      {moved:.4f}")
assert losses.shape == (N, L)
torch.testing.assert_close(losses.mean(), plain)
assert (plain - moved).abs() > 0.01

# %%
# .. _masked-denominators:
#
# Three denominators, three numbers
# ---------------------------------
# The sum over the valid steps is one number. What you divide it by is a choice, and the choices
# differ as soon as the lengths do. By the number of valid **steps**: the mean loss of a step. By the
# number of **sequences**: the mean loss of a whole sequence, which grows with its length. By **both**,
# each sequence by its own steps and then by N: the mean of the sequences' means.
# :func:`lstm_guide.masked_loss` has no default, so that the code says which one it is.

valid = torch.where(mask, losses, 0)  # (N, L)
by_hand = {
    "steps": valid.sum() / mask.sum(),
    "sequences": valid.sum() / N,
    "both": (valid.sum(dim=1) / lengths).mean(),
}
for name, expected in by_hand.items():
    loss = masked_loss(losses, mask, dim=1, divide_by=name)  # ()
    print(f"divide_by={name!r}: {loss:.4f}")
    torch.testing.assert_close(loss, expected)
numbers = torch.stack([plain, *by_hand.values()])
assert ((numbers[:, None] - numbers).abs() + torch.eye(4) > 0.005).all()

again = cross_entropy(logits.transpose(1, 2), other_filler, reduction="none")
same = masked_loss(again, mask, dim=1, divide_by="both")  # ()
torch.testing.assert_close(same, by_hand["both"])  # whatever the padding

# %%
# How much each step counts
# -------------------------
# The gradient of the loss with respect to the loss of one step is the weight of that step. Dividing
# by steps, all valid steps weigh the same, so a long sequence has more say. Dividing by both, all
# sequences weigh the same, so a step of a short one has more. Padding has weight 0 in each.

weights = {}
for name in by_hand:
    loss = masked_loss(losses, mask, dim=1, divide_by=name)
    (weights[name],) = torch.autograd.grad(loss, losses, retain_graph=True)  # (N, L)
    totals = [round(total, 2) for total in weights[name].sum(dim=1).tolist()]
    print(f"divide_by={name!r}: the sequences of length {lengths.tolist()} weigh {totals}")
    assert not weights[name][~mask].any()
torch.testing.assert_close(weights["steps"].sum(dim=1), lengths / lengths.sum())
torch.testing.assert_close(weights["both"].sum(dim=1), torch.full((N,), 1 / N))
torch.testing.assert_close(weights["sequences"].sum(dim=1), lengths / N)
plotting.cells(
    weights["both"],
    rows="batch",
    columns="time",
    colour_by=mask.long(),
    title="The weight of each step with divide_by='both':\na third for each sequence",
)

# %%
# ``ignore_index`` is the first of the three
# ------------------------------------------
# :term:`Cross entropy <cross entropy>` can mask by itself: steps whose target is ``ignore_index``,
# -100 unless you say otherwise, are left out, and the sum is divided by the other steps. If nothing is
# left, it divides 0 by 0. The masked functions of the guide refuse such a batch instead.

ignored = torch.where(mask, targets, -100)  # (N, L)
by_index = cross_entropy(logits.transpose(1, 2), ignored)  # ()
torch.testing.assert_close(by_index, by_hand["steps"])
nothing = cross_entropy(logits.transpose(1, 2), torch.full((N, L), -100))
print(f"nothing left: {nothing:.4f}")
assert nothing.isnan()
try:
    masked_loss(losses, torch.zeros_like(mask), dim=1, divide_by="steps")
except ValueError as error:
    message = str(error)
    print(type(error).__name__, message)
else:
    raise AssertionError("masked_loss divided by zero")
assert "got none in 3 of 3 places" in message

# %%
# A mask is not a factor
# ----------------------
# Multiplying by the mask works until there is a ``nan`` or an infinite number under it, for example
# from a division by the length of a row of zeros. ``0 * nan`` is ``nan``. :func:`torch.where`
# chooses instead of multiplying: what stands under the padding cannot be seen, and no gradient goes
# there. One thing remains. Going further back, the gradient of 0 meets the operation that made the
# padding infinite, and ``0 * inf`` is ``nan`` again. So clean the input of such an operation too.

spoiled = losses.detach().clone()
spoiled[~mask] = torch.nan
spoiled.requires_grad_()
product = (spoiled * mask).sum() / mask.sum()  # ()
chosen = masked_loss(spoiled, mask, dim=1, divide_by="steps")  # ()
(gradient,) = torch.autograd.grad(chosen, spoiled)  # (N, L)
print(f"multiplied: {product:.4f}, chosen: {chosen:.4f}")
assert product.isnan()
torch.testing.assert_close(chosen, by_hand["steps"])
assert gradient[mask].isfinite().all()
assert not gradient[~mask].any()

squares = mask.float().requires_grad_()  # 0 on padding: there sqrt has an infinite slope
inputs = {"as it is": squares, "cleaned": torch.where(mask, squares, 1.0)}
for name, cleaned in inputs.items():
    total = masked_mean(cleaned.sqrt(), mask, dim=1).sum()  # ()
    (gradient,) = torch.autograd.grad(total, squares)  # (N, L)
    print(f"input of sqrt {name}: {gradient.isnan().sum()} entries of its gradient are nan")
    assert gradient.isnan().sum() == (0 if name == "cleaned" else (~mask).sum())

# %%
# Summary
# -------
# * Reduce a loss yourself: one loss for each step, a mask, and a denominator that you name.
# * ``steps`` makes steps equal, ``both`` makes sequences equal, ``sequences`` grows with the length.
# * ``ignore_index`` divides by steps.
# * Choose with :func:`torch.where`, do not multiply: ``0 * nan`` is ``nan``.
#
# Common mistakes
# ---------------
# * "I average the losses of the batches." Batches hold different numbers of valid steps. Add up
#   sums and counts, and divide once (:ref:`masked-denominators`).
# * "I mask the output of a padded call in two directions." The error sits on the valid steps, where
#   the mask does not reach (:ref:`padding`).
# * "My mask is ``(N, L)`` and my data time first." The shapes are compared: use ``mask.T``
#   (:ref:`masked-each-step`).
#
# Check yourself
# --------------
# A script reports the loss divided by sequences. You double the length of all sequences. What happens
# to the reported number, if each step is as hard as before?
#
# .. dropdown:: Answer
#
#    It doubles: there are twice as many steps in the sum and as many sequences below it. So does
#    its gradient, and with it the step that the optimiser takes. Divided by steps it stays.
#
# :ref:`exercise-tagger-loss` checks your own answer.
#
# Padding in your own loss or mean: :func:`~lstm_guide.probes.padding_invariance` catches it, see
# :ref:`silent-masks`.
#
# Next
# ----
# :ref:`pooling` uses the same mask for a mean, a maximum and weights.
