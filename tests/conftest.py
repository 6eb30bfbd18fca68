"""The same state of torch before each test."""

import pytest
import torch

torch.set_num_threads(1)
torch.set_warn_always(True)


@pytest.fixture(autouse=True)
def _seed() -> None:
    torch.manual_seed(0)
