"""The sample that a probe changes: a batch of rows, step by step, padded or not."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import torch
from torch import Tensor

from lstm_guide import errors
from lstm_guide.sequences import length_mask

__all__: list[str] = []  # what the probes share


@dataclass(frozen=True, eq=False)
class Sample:
    """N rows of L steps in x, whose axis batch_axis holds the rows and the other one the steps.

    Where lengths are given, the model is called with (x, lengths).
    """

    x: Tensor
    batch_axis: int
    lengths: Tensor | None

    @classmethod
    def of(
        cls,
        x: object,
        batch_axis: object,
        lengths: Tensor | Sequence[int] | None = None,
        *,
        N: int = 1,
        L: int = 1,
    ) -> Sample:
        """Check the arguments of a probe that needs at least N rows and L steps."""
        checked, axis = errors.check_sample(x, batch_axis, N=N, L=L)
        if lengths is None:
            return cls(checked, axis, None)
        sizes = {"N": checked.size(axis), "L": checked.size(1 - axis)}
        return cls(checked, axis, errors.check_lengths(lengths, **sizes))

    @property
    def N(self) -> int:  # noqa: N802
        return self.x.size(self.batch_axis)

    @property
    def L(self) -> int:  # noqa: N802
        return self.x.size(1 - self.batch_axis)

    @property
    def valid(self) -> Tensor:
        """Which steps are no padding, (N, L)."""
        lengths = [self.L] * self.N if self.lengths is None else self.lengths
        return length_mask(lengths, L=self.L)

    @property
    def arguments(self) -> tuple[Tensor, ...]:
        """What the model is called with."""
        return (self.x,) if self.lengths is None else (self.x, self.lengths)

    def moved(self, where: Tensor) -> tuple[Tensor, ...]:
        """The arguments with other values at the steps that the mask (N, L) names.

        Numbers move by a random amount of the size of the largest entry, since a constant would be
        lost in a layer norm. Ids are exchanged for others between the smallest and the largest.
        """
        x = self.x
        mask = (where if self.batch_axis == 0 else where.T).to(x.device)
        if x.is_floating_point():
            noise = torch.randn(x.shape, generator=torch.Generator().manual_seed(0))
            other = x + (float(x.abs().max()) or 1.0) * noise.to(x)
        else:
            errors.check_ids(x)
            low, high = x.min(), x.max()
            other = (x - low + 1) % (high - low + 1) + low
        mask = mask.reshape(*mask.shape, *[1] * (x.dim() - 2))
        return replace(self, x=torch.where(mask, other, x)).arguments

    def longer(self, more: int) -> Sample:
        """The same rows with more padding: zeros, or the id that stands on the padding."""
        time = 1 - self.batch_axis
        step = self.x.narrow(time, 0, 1)
        found = (self.x if self.batch_axis == 0 else self.x.transpose(0, 1))[~self.valid]
        fill = 0 if self.x.is_floating_point() or not len(found) else found.flatten()[0].item()
        steps = [torch.full_like(step, fill)] * more
        return replace(self, x=torch.cat([self.x, *steps], time))

    def row(self, n: int) -> tuple[Tensor, Tensor]:
        """One row as a batch of one without padding, and its length."""
        length = self.valid[n].sum()[None]
        row = self.x.narrow(self.batch_axis, n, 1)
        return row.narrow(1 - self.batch_axis, 0, int(length)), length

    def permuted(self, order: Tensor) -> tuple[Tensor, ...]:
        """The arguments with the rows in another order."""
        x = self.x.index_select(self.batch_axis, order.to(self.x.device))
        lengths = None if self.lengths is None else self.lengths[order]
        return replace(self, x=x, lengths=lengths).arguments

    def rows_of(self, answer: Tensor, axis: int | None) -> int:
        """The axis of an answer that holds the rows."""
        return errors.check_answer_axis(answer, axis, batch_axis=self.batch_axis, N=self.N)
