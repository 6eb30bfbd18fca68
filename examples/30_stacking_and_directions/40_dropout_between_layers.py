r"""
.. _dropout-between-layers:

Dropout acts between the layers, and nowhere else
=================================================

You set ``dropout=0.5``. Which numbers become zero: the outputs, the state, or what passes from step to
step? And why does torch warn you when there is one layer? You need to know what stacked layers are
(:ref:`stacked-layers`). After this page you can say where zeros appear and where they never do, switch
them off for prediction, and put dropout where torch does not.

**You will see**

* the dropout of torch rebuilt by hand, with the same zeros
* a warning that says: this option does nothing here
* ``eval()``, which switches dropout off, and ``no_grad()``, which does not
* recurrent dropout, which torch does not have, in ten lines
"""

# sphinx_gallery_tags = ["layers", "training"]

import warnings

import torch
from torch import nn
from torch.nn import functional
from torch.testing import assert_close

from lstm_guide import plotting

torch.manual_seed(0)
L, N, H_in, H, K = 7, 4, 3, 5, 3  # time, batch, features in, features out, layers
x = torch.randn(L, N, H_in)  # (L, N, H_in), time first, as torch draws the zeros

# %%
# .. _dropout-no-zeros:
#
# No zeros in what comes out
# --------------------------
# Dropout sets each number to zero with probability 0.5 and doubles the others. Look for the zeros after a
# call: there is none in ``output``, in ``h_n`` or in ``c_n``. Still something happens, for a second call
# gives other numbers.

lstm = nn.LSTM(input_size=H_in, hidden_size=H, num_layers=K, dropout=0.5)
torch.manual_seed(1)
output, (h_n, c_n) = lstm(x)  # (L, N, H), (K, N, H), (K, N, H)
again, _ = lstm(x)  # (L, N, H)

zeros = [(tensor == 0).sum().item() for tensor in (output, h_n, c_n)]
print(f"zeros in output, h_n, c_n: {zeros}")
print(f"the second call differs by up to {(again - output).abs().max():.4f}")
assert zeros == [0, 0, 0]
assert (again - output).abs().max() > 0.01

# %%
# The zeros are between the layers
# --------------------------------
# Take the stack apart into three LSTMs (:ref:`stacked-layers`) and apply dropout to what one hands to the
# next: after layer 0 and after layer 1. With the same seed you get the same zeros, and so the same
# ``output``. This proves three things: the output of the top layer is not dropped, the state that ``h_n``
# returns is not dropped, and nothing is dropped on the way from step to step.

series = []
for k in range(K):
    one = nn.LSTM(input_size=H_in if k == 0 else H, hidden_size=H)
    weights = {n: w for n, w in lstm.state_dict().items() if n.endswith(f"_l{k}")}
    one.load_state_dict({n.replace(f"_l{k}", "_l0"): w for n, w in weights.items()})
    series.append(one)

torch.manual_seed(1)
below, rows, between = x, [], []
for one in series:
    out, (h, _) = one(below)  # (L, N, H), (1, N, H)
    rows.append(h)
    top = one is series[-1]
    below = out if top else functional.dropout(out, p=0.5)  # (L, N, H)
    between.append(below)

print(f"largest difference in output: {(below - output).abs().max():.1e}")
zeros = [(handed_on == 0).sum().item() for handed_on in between]
print(f"zeros after each layer: {zeros} of {L * N * H}")
assert_close(below, output, atol=1e-6, rtol=0)
assert_close(torch.cat(rows), h_n, atol=1e-6, rtol=0)
assert [count > 0 for count in zeros] == [True, True, False]

# %%
# Each step has zeros of its own
# ------------------------------
# The picture shows what layer 1 reads of one sequence. The orange cells are zeros, all others are
# doubled. The columns have different zeros: new zeros are drawn for every step, every sequence and every
# call.

handed_on = between[0][:, 0].T  # (H, L): sequence 0
mask = handed_on == 0
assert all((mask[:, t] != mask[:, t - 1]).any() for t in range(1, L))
assert (mask != (between[0][:, 1].T == 0)).any()  # sequence 1 has other zeros
undropped = series[0](x)[0][:, 0].T  # (H, L)
assert_close(handed_on[~mask], 2 * undropped[~mask])
plotting.cells(
    handed_on,
    rows="feature",
    columns="time",
    colour_by=torch.where(mask, 1, 8),  # orange, grey
    title="What layer 1 reads of layer 0: other zeros at each step",
)

# %%
# .. _dropout-one-layer:
#
# With one layer, nothing
# -----------------------
# With one layer there is no place between layers. Torch says so with a warning, and drops nothing: two
# calls agree. If you want zeros in the output, put :class:`torch.nn.Dropout` after the LSTM.

with warnings.catch_warnings(record=True) as caught:
    warnings.simplefilter("always")
    single = nn.LSTM(input_size=H_in, hidden_size=H, dropout=0.5)
print(caught[0].category.__name__, caught[0].message)
assert "non-zero dropout expects num_layers greater than 1" in str(caught[0].message)
assert_close(single(x)[0], single(x)[0])

dropped = nn.Dropout(0.5)(single(x)[0])  # (L, N, H)
print(f"zeros after nn.Dropout: {(dropped == 0).sum().item()} of {dropped.numel()}")
assert (dropped == 0).any()

# %%
# .. _dropout-eval:
#
# ``eval()`` switches it off, ``no_grad()`` does not
# --------------------------------------------------
# A new module is in training mode. :meth:`torch.nn.Module.eval` ends it: then dropout does nothing, and two
# calls agree. :class:`torch.no_grad` says that no gradients are wanted and has no say in dropout. Forget
# ``eval()`` and your predictions change from call to call.

for mode in (True, False):
    lstm.train(mode)
    with torch.no_grad():
        gap = (lstm(x)[0] - lstm(x)[0]).abs().max()
    print(f"no_grad, training mode {mode!s:>5}: two calls differ by up to {gap:.4f}")
    assert (gap > 0.01) == mode

below = x
for one in series:
    below, _ = one(below)  # (L, N, H), no dropout and no other factor
assert_close(lstm(x)[0], below, atol=1e-6, rtol=0)

# %%
# Everything that passes between the layers is dropped
# ----------------------------------------------------
# With ``dropout=1.0`` nothing gets through. Then ``output`` depends on the weights of the top layer and no
# longer on ``x``. So no path leads past the dropout.

shut = nn.LSTM(input_size=H_in, hidden_size=H, num_layers=2, dropout=1.0)
gap = (shut(x)[0] - shut(x + 1)[0]).abs().max()
print(f"dropout=1.0: another x moves the output by {gap:.4f}")
assert gap == 0

# %%
# Summary
# -------
# * ``dropout`` acts on what each layer but the last hands to the layer above, in training mode.
# * ``output``, ``h_n`` and ``c_n`` hold no zeros of it, and nothing is dropped from step to step.
# * Each step has new zeros.
# * ``eval()`` switches it off. ``no_grad()`` does not.
#
# Common mistakes
# ---------------
# * "I set ``dropout`` on one layer": it does nothing (:ref:`dropout-one-layer`, and
#   :ref:`the warning <error-dropout-with-one-layer>`).
# * "I expect zeros in ``output``": the top layer is never dropped; add ``nn.Dropout``
#   (:ref:`dropout-no-zeros`).
# * "My predictions change from call to call": ``eval()`` is missing (:ref:`dropout-eval`).
#   :func:`~lstm_guide.probes.call_twice` catches this in your own model: :ref:`silent-states`.
#
# Check yourself
# --------------
# A stack has four layers and ``dropout=0.2``. At how many places are numbers set to zero? Does the top row
# of ``h_n`` depend on them?
#
# .. dropdown:: Answer
#
#    At three places: after layers 0, 1 and 2. The top row of ``h_n`` holds no zeros, but it is computed
#    from what the dropout let through, so it changes from call to call.
#
# Next
# ----
# Go on with :ref:`recurrent-dropout`: zeros in the state, which ``nn.LSTM`` does not offer.
