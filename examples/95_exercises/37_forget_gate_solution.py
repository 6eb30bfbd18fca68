r"""
.. _solution-forget-gate:

Solution: open the forget gate
==============================

This page answers :ref:`exercise-forget-gate`. The block f of ``bias_ih`` holds the value and the
block f of ``bias_hh`` holds zero, in every layer and direction.

**You will see**

* the answer, and the checker that passes it
* the same with a helper
* what the gate does before and after
"""

# sphinx_gallery_tags = ["solution", "weights"]

import torch
from torch import nn

from lstm_guide import check, plotting, set_forget_bias, trace_steps

torch.manual_seed(0)
L, N, H_in, H = 12, 7, 3, 5  # time, batch, features in, features out

# %%
# The answer
# ----------
# The names of all biases begin with ``bias_ih`` or ``bias_hh``, whatever the layer and direction.
# The rows ``H : 2 * H`` belong to the forget gate.


def answer(lstm, value):
    H = lstm.hidden_size
    with torch.no_grad():
        for name, parameter in lstm.named_parameters():
            if name.startswith("bias_ih"):
                parameter[H : 2 * H] = value
            if name.startswith("bias_hh"):
                parameter[H : 2 * H] = 0.0
    return lstm


verdict = check("forget-gate", answer)
assert verdict.ok

# %%
# With a helper
# -------------
# :func:`lstm_guide.set_forget_bias` does this for every configuration.


def with_helper(lstm, value):
    set_forget_bias(lstm, value)
    return lstm


verdict = check("forget-gate", with_helper)
assert verdict.ok

# %%
# The gate before and after
# -------------------------
# :func:`lstm_guide.trace_steps` gives the gate at every step. As built, it is near one half: each
# step keeps about half of the memory. With 1, and with 3, it keeps more.

lstm = nn.LSTM(input_size=H_in, hidden_size=H)
x = torch.randn(L, N, H_in)  # (L, N, H_in)


def forget_gate():
    """The mean of the forget gate at each step: (L,)."""
    return trace_steps(lstm, x).f.detach().mean(dim=(0, 1, 3, 4))


gates = {"as built": forget_gate()}
for value in (1.0, 3.0):
    answer(lstm, value)
    gates[f"bias {value:.0f}"] = forget_gate()
for name, gate in gates.items():
    print(f"{name}: {gate.mean():.2f} on average")
means = [gate.mean() for gate in gates.values()]
assert 0.4 < means[0] < 0.6
assert means[0] < means[1] < means[2]
assert means[2] > 0.9
plotting.steps(
    gates,
    ylabel="forget gate, mean",
    title="A larger bias opens the forget gate at every step",
)

# %%
# Summary
# -------
# * ``bias_ih`` and ``bias_hh`` are added. Set the forget block of one, and clear that of the other.
# * The forget gate is the second block of four: the rows ``H : 2 * H``.
# * Every layer and direction has biases of its own.
#
# Next
# ----
# Back to :ref:`exercise-forget-gate`, or on to :ref:`exercise-stop-decoding`.
