"""Run one page with other first weights: ``python run_page.py PAGE OFFSET``.

Each ``torch.manual_seed(s)`` of the page becomes ``torch.manual_seed(s + OFFSET)``. Generators of
data keep their seeds, so that the pages are judged on the same data.
"""

import runpy
import sys

import torch

page, offset = sys.argv[1], int(sys.argv[2])
seed_weights = torch.manual_seed
torch.manual_seed = lambda seed: seed_weights(seed + offset)
runpy.run_path(page, run_name="__main__")
