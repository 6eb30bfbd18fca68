"""What a probe found: one line, or a table of several."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from html import escape

from torch import Tensor

from lstm_guide.report import html_table, text_table

__all__ = ["Finding", "Findings"]

_HEAD = ("probe", "result", "measured", "expected")


@dataclass(frozen=True, repr=False, eq=False)
class Finding:
    """What one probe measured, what was expected, and what that says about the model.

    ``number`` has to be at most ``threshold``, or with ``above`` greater than it. ``sentence``
    says what was found and where to look; ``page`` is the label of the page of the guide that
    shows the mistake. ``matrix`` holds what was measured in detail, where there is more than one
    number: who moves whom, ready for ``plotting.influence``.

    Example:
        >>> import torch
        >>> from torch import nn
        >>> from lstm_guide import probes
        >>> finding = probes.batch_leak(nn.LSTM(3, 5), torch.randn(4, 7, 3))
        >>> finding.ok, finding.page, tuple(finding.matrix.shape)
        (False, 'silent-axes', (4, 4))
    """

    probe: str
    number: float
    threshold: float
    sentence: str
    page: str
    above: bool = False
    matrix: Tensor | None = None

    @property
    def ok(self) -> bool:
        """Whether the model passes; nan never does."""
        return self.number > self.threshold if self.above else self.number <= self.threshold

    @property
    def expected(self) -> str:
        """The threshold in words."""
        return f"{'above' if self.above else 'at most'} {_show(self.threshold)}"

    @property
    def measured(self) -> str:
        """The number and the threshold in words."""
        return f"{_show(self.number)}, expected {self.expected}"

    def __repr__(self) -> str:
        return f"{self.probe}: {_result(self)} ({self.measured}). {self.text}"

    @property
    def text(self) -> str:
        """The sentence, and for a failed probe the page to read."""
        return self.sentence if self.ok else f"{self.sentence} See {self.page} in the guide."

    def _repr_html_(self) -> str:
        return Findings((self,))._repr_html_()


@dataclass(frozen=True, repr=False, eq=False)
class Findings:
    """What several probes found, as one table; probes that did not run are listed with the reason.

    Example:
        >>> import torch
        >>> from torch import nn
        >>> from lstm_guide import probes
        >>> findings = probes.run_all(nn.LSTM(3, 5), torch.randn(7, 4, 3), batch_axis=1)
        >>> findings.ok, findings["memory"].ok
        (True, True)
    """

    findings: tuple[Finding, ...]
    skipped: tuple[tuple[str, str], ...] = ()

    @property
    def ok(self) -> bool:
        """Whether the model passes every probe that ran."""
        return all(finding.ok for finding in self.findings)

    @property
    def headline(self) -> str:
        """How many probes ran, and how many found something."""
        count, wrong = len(self.findings), sum(not finding.ok for finding in self.findings)
        return f"{count} probe{'s' * (count != 1)}, {f'{wrong} wrong' if wrong else 'all ok'}"

    def __iter__(self) -> Iterator[Finding]:
        return iter(self.findings)

    def __getitem__(self, probe: str) -> Finding:
        return {finding.probe: finding for finding in self.findings}[probe]

    def __repr__(self) -> str:
        rows = [_HEAD, *map(_row, self.findings)]
        sentences = [f"{each.probe}: {each.text}" for each in self.findings if not each.ok]
        others = [f"not run: {probe}. {reason}" for probe, reason in self.skipped]
        return "\n".join([self.headline, *text_table(rows), *sentences, *others])

    def _repr_html_(self) -> str:
        rows = [
            (escape(each.probe), _html_result(each), _html_text(each)) for each in self.findings
        ]
        rows += [(escape(probe), "not run", escape(reason)) for probe, reason in self.skipped]
        return html_table(self.headline, ("probe", "result", "what was found"), rows)


def _row(finding: Finding) -> tuple[str, str, str, str]:
    return finding.probe, _result(finding), _show(finding.number), finding.expected


def _result(finding: Finding) -> str:
    return "ok" if finding.ok else "wrong"


def _html_result(finding: Finding) -> str:
    """The result and what was measured; no line ends at the hyphen of a number."""
    words = f"{_result(finding)}: {finding.measured}".split()
    return " ".join(
        f'<span style="white-space: nowrap">{word}</span>' if "e-" in word else word
        for word in words
    )


def _html_text(finding: Finding) -> str:
    """The sentence, with the label of the page marked so that a site can turn it into a link."""
    if finding.ok:
        return escape(finding.sentence)
    label = f'<code class="lstm-guide-page">{escape(finding.page)}</code>'
    return f"{escape(finding.sentence)} See {label} in the guide."


def _show(number: float) -> str:
    return "0" if number == 0 else f"{number:.2g}"
