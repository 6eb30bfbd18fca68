"""Note which tensors a script makes, for the tables of the Markdown pages.

sphinx-gallery calls an image scraper after each block of code, with the variables of the script.
This one takes no images: it writes name, shape and type of each tensor beside the page.
"""

import json
from pathlib import Path
from typing import Any

import torch
from torch.nn.utils.rnn import PackedSequence

Found = dict[str, list[str]]


def seen_in(variables: dict[str, Any], before: Found) -> Found:
    """Add each tensor to those noted before; a name that is used again gets another shape."""
    found = {name: list(shapes) for name, shapes in before.items()}
    for name, value in variables.items():
        text = text_of(value)
        if not name.startswith("_") and text and text not in found.setdefault(name, []):
            found[name].append(text)
    return {name: shapes for name, shapes in found.items() if shapes}


def text_of(value: Any) -> str:
    """Write shape and type of a tensor; nothing for what is none."""
    if isinstance(value, PackedSequence):
        return f"packed, data {text_of(value.data)}"
    if isinstance(value, torch.Tensor):
        return f"{tuple(value.shape)} {str(value.dtype).removeprefix('torch.')}"
    return ""


def note(block: tuple, block_vars: dict[str, Any], gallery_conf: dict[str, Any]) -> str:
    """Write the tensors down after each block; the first block begins anew."""
    script = Path(block_vars["target_file"])
    file = script.with_suffix(".tensors.json")
    first = not hasattr(block_vars["fake_main"], "_tensors_seen")
    block_vars["fake_main"]._tensors_seen = True
    before = {} if first else json.loads(file.read_text(encoding="utf-8"))
    found = seen_in(vars(block_vars["fake_main"]), before)
    file.write_text(json.dumps(found, indent=1), encoding="utf-8")
    return ""
