r"""
.. _solution-both-directions:

Solution: the final state of both directions
============================================

This page answers :ref:`exercise-both-directions`. The last two rows of ``h_n`` are the top layer:
forward, then reverse. You join them along the features.

**You will see**

* the answer, and the checker that passes it
* the two places of ``output`` that hold the same numbers
"""

# sphinx_gallery_tags = ["solution", "states"]

import torch
from torch import nn

from lstm_guide import check, final_state, plotting

torch.manual_seed(0)
K, N, L, H_in, H = 2, 7, 9, 5, 3  # layers, batch, time, features in, features out

# %%
# The answer
# ----------
# ``h_n`` is (2 * K, N, H). The negative indices hold for any number of layers.


def answer(lstm, x):
    _, (h_n, _) = lstm(x)  # (2 * K, N, H)
    return torch.cat([h_n[-2], h_n[-1]], dim=-1)  # (N, 2 * H)


verdict = check("both-directions", answer)
assert verdict.ok

# %%
# The same numbers in output
# --------------------------
# The forward half ends at the last step, the reverse half at step 0. Taking the halves there is
# right too, and longer to write.


def from_output(lstm, x):
    output, _ = lstm(x)  # (N, L, 2 * H)
    H = lstm.hidden_size
    return torch.cat([output[:, -1, :H], output[:, 0, H:]], dim=-1)  # (N, 2 * H)


verdict = check("both-directions", from_output)
assert verdict.ok

# %%
# Two layers, two directions
# --------------------------
# Both agree with :func:`lstm_guide.final_state`, which holds for every configuration. The last step
# of ``output`` agrees in its forward half only.

lstm = nn.LSTM(input_size=H_in, hidden_size=H, num_layers=K, batch_first=True, bidirectional=True)
x = torch.randn(N, L, H_in)  # (N, L, H_in)
output, (h_n, _) = lstm(x)  # (N, L, 2 * H), (2 * K, N, H)
joined = answer(lstm, x)  # (N, 2 * H)
print(f"{tuple(h_n.shape) = }")
print(f"{tuple(joined.shape) = }")
torch.testing.assert_close(joined, from_output(lstm, x), atol=1e-6, rtol=0)
torch.testing.assert_close(joined, final_state(lstm, h_n), atol=1e-6, rtol=0)
torch.testing.assert_close(joined[:, :H], output[:, -1, :H], atol=1e-6, rtol=0)
gap = (joined[:, H:] - output[:, -1, H:]).abs().max()
print(f"reverse half of output[:, -1]: off by up to {gap:.4f}")
assert gap > 0.01
plotting.state_rows(
    lstm, title="The last two rows of h_n are the top layer,\neach at another step of output"
)

# %%
# Summary
# -------
# * ``torch.cat([h_n[-2], h_n[-1]], dim=-1)`` joins the two directions of the top layer.
# * ``output[:, -1]`` holds the forward half only: the reverse half has read one step there.
# * ``h_n.view(N, -1)`` mixes sequences, because the batch is not the first axis of ``h_n``.
#
# Next
# ----
# Back to :ref:`exercise-both-directions`, or on to :ref:`exercise-parameter-count`.
