"""The same state of torch before each test."""

import hypothesis
import pytest
import torch

torch.set_num_threads(1)
torch.set_warn_always(True)

# A time limit for one example measures the load of the machine.
hypothesis.settings.register_profile("no deadline", deadline=None)
hypothesis.settings.load_profile("no deadline")


@pytest.fixture(autouse=True)
def _seed() -> None:
    torch.manual_seed(0)
