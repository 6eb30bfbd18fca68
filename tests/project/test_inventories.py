"""Links to PyTorch's documentation lead to names that exist."""

import importlib
from pathlib import Path

import pytest
from inventories import entries

LISTINGS = Path(__file__).parents[2] / "docs" / "inventories"


@pytest.mark.parametrize("name", [name for name, _, _ in entries(LISTINGS / "torch.txt")])
def test_a_name_in_the_torch_inventory_exists(name: str):
    parts = name.split(".")
    for cut in range(len(parts) - 1, 0, -1):
        try:
            found = importlib.import_module(".".join(parts[:cut]))
        except ImportError:
            continue
        for part in parts[cut:]:
            found = getattr(found, part)
        return
    raise AssertionError(f"nothing called {name}")
