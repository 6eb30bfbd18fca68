r"""
.. _silent-weights:

Weights that are not what you think
===================================

You ported weights, changed an attribute, or loaded a :term:`checkpoint`, and the module runs. It may run on
weights of the wrong shape, on twice the bias you meant, or on none of those you loaded. Before this
page, read :ref:`weights-and-gates` and :ref:`probes-tour`. After it, you check a module before you
trust what it computes.

**You will see**

* a probe that compares the parameters with the module before it runs anything
* attributes that change the result, or nothing, after construction
* a forget bias of 2 that was meant as 1, and an orthogonal matrix that is not
* parameters that were never registered, and a checkpoint of which nothing was loaded
"""

# sphinx_gallery_tags = ["debugging", "probes", "weights"]

import torch
from torch import nn
from torch.testing import assert_close

from lstm_guide import gate_blocks, plotting, probes, set_forget_bias, weights

torch.manual_seed(0)
N, L, H_in, H = 4, 7, 3, 5  # batch, time, features in, features out: all different
x = torch.randn(N, L, H_in)  # (N, L, H_in)


def layer(**options):
    return nn.LSTM(input_size=H_in, hidden_size=H, batch_first=True, **options)


# %%
# Does the layer compute its equations?
# -------------------------------------
# :func:`~lstm_guide.probes.equations` compares each parameter with what the module says of itself,
# and then the call with the equations of :ref:`whole-layer`, written out. They add in another
# order, so the two agree to rounding.

finding = probes.equations(layer(num_layers=2, bidirectional=True), x)
assert finding.ok
finding

# %%
# A weight that was not transposed
# --------------------------------
# :term:`Keras` stores the kernel as (H_in, 4 * H). Assigned as it is, ``nn.LSTM`` takes it on the CPU
# and reads past its end: the result differs from run to run, and a large kernel ends the process.
# So the probe does not run the module. ``copy_`` would have refused the shape.

kernel = torch.randn(H_in, 4 * H)  # as Keras has it
ported = layer()
ported.weight_ih_l0 = nn.Parameter(kernel)
finding = probes.equations(ported, x)
print(finding)
assert not finding.ok
assert finding.sentence.startswith("weight_ih_l0 is (3, 20), where")

with torch.no_grad():
    careful = layer()
    try:
        careful.weight_ih_l0.copy_(kernel)
    except RuntimeError as error:
        message = str(error)
        print(message)
    else:
        raise AssertionError("copy_ took the wrong shape")
    careful.weight_ih_l0.copy_(kernel.T)
assert "must match the size" in message
assert probes.equations(careful, x).ok

# %%
# Attributes changed after construction
# -------------------------------------
# ``num_layers``, ``bias``, ``hidden_size`` and ``input_size`` describe weights that exist. Changing them
# changes no weight: with ``num_layers = 1`` the upper layer is left out. Build a new module instead.

changed = layer(num_layers=2)
before = changed(x)[0]
changed.num_layers = 1
difference = (changed(x)[0] - before).abs().max()
print(f"the output moves by {difference:.4f}")
print(probes.equations(changed, x))
assert difference > 0.01
assert not probes.equations(changed, x).ok

for name, value in {"bias": False, "hidden_size": 64}.items():
    changed = layer()
    setattr(changed, name, value)
    assert not probes.equations(changed, x).ok, name

# %%
# The forget bias, set twice
# --------------------------
# There are two bias vectors, and their sum counts. Writing 1 into both gives 2. No probe can know what
# you meant. The assertion: the forget gate of the sum.

twice, once = layer(), layer()
with torch.no_grad():
    for bias in (twice.bias_ih_l0, twice.bias_hh_l0):
        bias[H : 2 * H] = 1.0
set_forget_bias(once, 1.0)
for name, lstm in {"twice": twice, "once": once}.items():
    forget = (lstm.bias_ih_l0 + lstm.bias_hh_l0)[H : 2 * H]
    print(f"{name}: the forget bias is {forget[0]:.1f}, the open gate {forget.sigmoid()[0]:.4f}")
assert_close((twice.bias_ih_l0 + twice.bias_hh_l0)[H : 2 * H], torch.full((H,), 2.0))
assert_close((once.bias_ih_l0 + once.bias_hh_l0)[H : 2 * H], torch.full((H,), 1.0))

# %%
# Orthogonal as a whole is not orthogonal by gate
# -----------------------------------------------
# ``weight_hh_l0`` holds four matrices. ``nn.init.orthogonal_`` on (4 * H, H) makes the *stack*
# orthogonal, and each gate a quarter of one. Look at the singular values of one gate: they have to
# be 1.

whole, by_gate = layer(), layer()
nn.init.orthogonal_(whole.weight_hh_l0)
weights.init_orthogonal(by_gate)
values = {}
for name, lstm in {"the whole matrix": whole, "each gate": by_gate}.items():
    gate = gate_blocks(lstm, "weight_hh_l0")["f"]  # (H, H)
    values[name] = torch.linalg.svdvals(gate.detach())
    print(f"{name}: singular values of f from {values[name].min():.2f} to {values[name].max():.2f}")
assert_close(values["each gate"], torch.ones(H))
assert values["the whole matrix"].min() < 0.7
plotting.bars(
    {
        f"singular value {i + 1}": {name: found[i].item() for name, found in values.items()}
        for i in range(H)
    },
    xlabel="singular value",
    title="Orthogonal as a whole:\nthe matrix of one gate shrinks h",
)

# %%
# Layers in a list
# ----------------
# A plain list hides its modules: no parameter is registered, none is trained, moved or saved. Count
# them. ``nn.ModuleList`` registers them.


class Stack(nn.Module):
    """Two layers, kept in a list of some kind."""

    def __init__(self, kind):
        super().__init__()
        self.layers = kind([layer(), nn.LSTM(H, H, batch_first=True)])


counts = [sum(p.numel() for p in Stack(kind).parameters()) for kind in (list, nn.ModuleList)]
print(f"parameters in a list: {counts[0]}, in a ModuleList: {counts[1]}")
assert counts == [0, 4 * H * (H_in + H + 2) + 4 * H * (H + H + 2)]

# %%
# ``strict=False``
# ----------------
# With names that do not fit, nothing is loaded, and nothing is said. The call returns what was missed:
# assert that both lists are empty.

saved = {f"encoder.{name}": value for name, value in layer().state_dict().items()}
target = layer()
untouched = target.weight_ih_l0.clone()
result = target.load_state_dict(saved, strict=False)
print(f"{len(result.missing_keys) = }, {len(result.unexpected_keys) = }")
assert_close(target.weight_ih_l0, untouched)  # nothing was loaded
assert len(result.missing_keys) == len(result.unexpected_keys) == 4

# %%
# Summary
# -------
# * ``probes.equations`` compares shapes first, and does not run a module that does not fit.
# * Write weights with ``copy_`` or ``load_state_dict``, which check; assigning does not.
# * The two biases add up; the four gates are four matrices.
# * Count the parameters, and read what ``load_state_dict`` returns.
#
# Common mistakes
# ---------------
# * "Equal shapes mean equal weights": the order of the gates differs between libraries, see
#   :ref:`weights-and-gates`.
# * "I raise ``hidden_size`` on the module": weights do not grow, see :ref:`constructor-arguments`.
# * "I set the forget bias in both vectors": that is 2, see :ref:`memory-and-gradient`.
# * "A float64 state is no matter": from a c in float64, an ``nn.LSTMCell`` returns h and c in
#   float64, see :ref:`device-and-dtype`.
#
# Check yourself
# --------------
# ``probes.equations`` passes for a layer with ported weights. Are they ported right?
#
# .. dropdown:: Answer
#
#    Not necessarily. It says that the layer computes what its own weights say. Compare the output
#    with that of the library you come from, for one input: the gates may stand in another order.
#
# Next
# ----
# The wiring is right, and the loss still does not fall: :ref:`overfit-one-batch` is the next test.
# :ref:`The table of silent mistakes <silent-mistakes>` lists all of them with what catches each.
