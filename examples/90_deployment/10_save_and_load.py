r"""
.. _save-and-load:

Save and load: which numbers come back?
=======================================

You load a checkpoint and get ``Weights only load failed`` or ``Unexpected key(s) in state_dict``. Or
it loads without a message, and the model answers as if it had never been trained. After this page
you can save an :class:`torch.nn.LSTM` so that it comes back with the same numbers, and read a file
whose names or sizes are not those of your model.

**You will see**

* what a checkpoint holds, and the arguments that it does not hold
* why a saved module is refused, and what to save in its place
* how to rename keys, and what ``strict=False`` hides
* the sizes of an unknown LSTM, read from its weights
"""

# sphinx_gallery_tags = ["deployment", "weights", "errors"]

import tempfile
import textwrap
from pathlib import Path

import torch
from torch import nn

from lstm_guide import describe, plotting

torch.manual_seed(0)
N, L, H_in, H, K = 4, 7, 3, 5, 2  # batch, time, features in, features out, layers
x = torch.randn(N, L, H_in)  # (N, L, H_in)
folder = tempfile.TemporaryDirectory()  # disappears with this program
path = Path(folder.name, "model.pt")

# %%
# Save the weights and the arguments
# ----------------------------------
# :meth:`torch.nn.Module.state_dict` gives the parameters by name. Put it into a dict, next to the
# arguments that the module was made with. To load, make a new module from the arguments, and copy
# the weights in. The new one gives the same output.

arguments = {"input_size": H_in, "hidden_size": H, "num_layers": K, "batch_first": True}
lstm = nn.LSTM(**arguments)
torch.save({"arguments": arguments, "weights": lstm.state_dict()}, path)

checkpoint = torch.load(path)
loaded = nn.LSTM(**checkpoint["arguments"])
print(loaded.load_state_dict(checkpoint["weights"]))

with torch.no_grad():
    output, _ = lstm(x)  # (N, L, H)
    again, _ = loaded(x)  # (N, L, H)
torch.testing.assert_close(again, output, atol=1e-6, rtol=0)
assert checkpoint["arguments"] == arguments

# %%
# The weights do not hold every argument
# --------------------------------------
# A size that does not fit is an error. But ``batch_first``, ``dropout`` and the dtype leave no trace
# in the names and shapes. Here the same weights go into a module without ``batch_first``. It loads,
# it runs, and it takes your batch for the time. :func:`lstm_guide.describe` reads the call back.

forgotten = nn.LSTM(input_size=H_in, hidden_size=H, num_layers=K)
forgotten.load_state_dict(checkpoint["weights"])
wrong = forgotten(x)[0].detach()  # (N, L, H), and N was taken for the time
print(f"off by {(wrong - output).abs().max():.2f}, without a message")
assert wrong.shape == output.shape
assert (wrong - output).abs().max() > 0.05

narrow = nn.LSTM(input_size=H_in, hidden_size=H + 1, num_layers=K)
try:
    narrow.load_state_dict(checkpoint["weights"])
except RuntimeError as error:
    message = str(error)
    print(message.splitlines()[1].strip())
else:
    raise AssertionError("torch accepted weights of another size")
assert "size mismatch for weight_ih_l0" in message
describe(forgotten, x)

# %%
# A saved module is refused
# -------------------------
# ``torch.save(lstm, path)`` writes a pickle of the whole object. Reading a pickle can run any code,
# so since torch 2.6 ``torch.load`` reads weights only. It takes tensors, numbers, texts, lists and
# dicts. The message offers ``weights_only=False``: use it only for a file that you made yourself,
# to save its ``state_dict`` once and for all.

torch.save(lstm, path)
try:
    torch.load(path)
except Exception as error:
    message = " ".join(str(error).split())
    print(type(error).__name__, message.partition(". ")[0])
else:
    raise AssertionError("torch read a pickled module")
assert "Weights only load failed" in message
assert "In PyTorch 2.6, we changed the default value of the `weights_only`" in message

rescued = torch.load(path, weights_only=False).state_dict()  # from a file that we trust
assert rescued.keys() == checkpoint["weights"].keys()

# %%
# Another name in front
# ---------------------
# A wrapper such as ``nn.DataParallel`` puts ``module.`` in front of every name, your own model the
# name of its attribute. torch names the missing and the unexpected keys. Take the prefix off.

from_wrapper = {f"module.{name}": tensor for name, tensor in rescued.items()}
try:
    loaded.load_state_dict(from_wrapper)
except RuntimeError as error:
    message = str(error)
    print("\n".join(textwrap.shorten(line, 76) for line in message.splitlines()))
else:
    raise AssertionError("torch accepted other names")
assert 'Missing key(s) in state_dict: "weight_ih_l0"' in message
assert 'Unexpected key(s) in state_dict: "module.weight_ih_l0"' in message

loaded.load_state_dict({k.removeprefix("module."): v for k, v in from_wrapper.items()})
torch.testing.assert_close(loaded(x)[0], lstm(x)[0], atol=1e-6, rtol=0)

# %%
# .. _save-and-load-strict:
#
# ``strict=False`` hides everything
# ---------------------------------
# Many answers on the web silence this error with ``strict=False``. Then torch copies the names that
# fit. Here none fits: every weight keeps its random start. What came in is only told by the result
# of the call, so look at it.

untrained = nn.LSTM(**arguments)
result = untrained.load_state_dict(from_wrapper, strict=False)
print(f"{len(result.missing_keys)} missing, {len(result.unexpected_keys)} unexpected")
assert len(result.missing_keys) == len(result.unexpected_keys) == 4 * K
random = untrained(x)[0].detach()  # (N, L, H)
assert (random - output).abs().max() > 0.05

plotting.steps(
    {"saved": output[0, :, 0], "loaded": again[0, :, 0], "not strict": random[0, :, 0]},
    ylabel="first entry of output",
    title="The loaded LSTM gives the saved numbers,\nwith strict=False it gives others",
)

# %%
# Read the sizes from the weights
# -------------------------------
# You have a file without arguments. The names tell layers and directions, the shapes tell the
# sizes: ``weight_ih_l0`` is (4 · H, H_in). What the weights cannot tell, ``batch_first`` and
# ``dropout``, you have to know.


def options_of(weights):
    """Return the arguments of the nn.LSTM that these weights belong to."""
    rows, input_size = weights["weight_ih_l0"].shape
    projection = weights.get("weight_hr_l0")
    return {
        "input_size": input_size,
        "hidden_size": rows // 4,
        "num_layers": sum(f"weight_ih_l{k}" in weights for k in range(len(weights))),
        "bias": "bias_ih_l0" in weights,
        "bidirectional": "weight_ih_l0_reverse" in weights,
        "proj_size": 0 if projection is None else projection.size(0),
    }


print(options_of(rescued))
for options in (
    {"input_size": 4, "hidden_size": 6, "bidirectional": True, "bias": False},
    {"input_size": 2, "hidden_size": 7, "num_layers": 3, "proj_size": 4},
):
    weights = nn.LSTM(**options).state_dict()
    nn.LSTM(**options_of(weights)).load_state_dict(weights)  # every name and shape fits
    assert options_of(weights).items() >= options.items()

# %%
# Choose the mode after loading
# -----------------------------
# A new module is in training mode, also when its weights come from a file. With ``dropout`` between
# the layers, two calls then differ. Call ``eval()`` before you use the model.

fresh = nn.LSTM(**arguments, dropout=0.5)
fresh.load_state_dict(checkpoint["weights"])
assert fresh.training
gap = (fresh(x)[0] - fresh(x)[0]).abs().max()
print(f"in training mode two calls differ by {gap:.2f}")
assert gap > 0.01
fresh.eval()
torch.testing.assert_close(fresh(x)[0], fresh(x)[0], atol=1e-6, rtol=0)
folder.cleanup()

# %%
# Summary
# -------
# * Save a dict with the ``state_dict`` and the arguments. ``torch.load`` reads it with its defaults.
# * Sizes and names are checked. ``batch_first`` and ``dropout`` are not in the weights.
# * Rename keys in a dict comprehension, and load strictly.
# * A loaded module is in training mode until you call ``eval()``.
#
# Common mistakes
# ---------------
# * ``strict=False`` against an error about names: nothing is loaded (:ref:`save-and-load-strict`).
# * A forgotten ``batch_first``: no message, another axis is the time (:ref:`layouts`).
# * A random ``dropout`` at use, because ``eval()`` is missing: :ref:`dropout-between-layers`.
#
# Check yourself
# --------------
# You train with two directions and load into a module without ``bidirectional=True``. Does torch
# notice?
#
# .. dropdown:: Answer
#
#    Yes: the keys that end in ``_reverse`` are unexpected. With ``strict=False`` a single layer
#    loads its forward direction only. A stack still raises: its second layer reads 2 * H features.
#
# Next
# ----
# The weights are back. Go on with using them on data that arrives step by step: :ref:`streaming`.
