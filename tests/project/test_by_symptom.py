"""Each symptom has checks that run, and causes that lead to pages."""

import re
from pathlib import Path

import pytest
import torch
from isolation import restore
from run import execute

from lstm_guide import probes

REPOSITORY = Path(__file__).parents[2]
TEXT = (REPOSITORY / "docs" / "by-symptom.md").read_text(encoding="utf-8")
SECTIONS = re.findall(r"^\(([\w-]+)\)=\n## (.+)\n((?:(?!^\([\w-]+\)=$).*\n)+)", TEXT, re.MULTILINE)
BLOCK = re.compile(r"^```\{run\} (\w+)\n(:hidden:\n)?(.*?)^```$", re.MULTILINE | re.DOTALL)
SYMPTOMS = {
    "loss-does-not-fall",
    "same-prediction",
    "changes-with-the-batch",
    "different-each-time",
    "loss-near-zero",
    "last-value-shifted",
    "bulk-and-step-differ",
    "slower-and-slower",
    "bad-in-generation",
    "ported-model-differs",
    "works-in-keras",
    "nan",
}
PROBES = set(probes.__all__) - {"Finding", "Findings"}
LABELS = {
    label
    for path in (REPOSITORY / "examples").glob("*/*.py")
    for label in re.findall(r"^(?:# )?\.\. _([\w-]+):$", path.read_text("utf-8"), re.MULTILINE)
}
each_section = pytest.mark.parametrize(
    ("label", "body"), [(label, body) for label, _, body in SECTIONS], ids=lambda text: text[:30]
)


def causes(body: str) -> list[str]:
    return [
        " ".join(cause.split())
        for cause in re.findall(r"^\d\. (.+(?:\n   .+)*)", body, re.MULTILINE)
    ]


def test_the_twelve_symptoms_are_there():
    assert len(SECTIONS) == len(SYMPTOMS)
    assert {label for label, _, _ in SECTIONS} == SYMPTOMS


@each_section
def test_a_symptom_shows_a_probe_or_a_check_and_proves_its_finding(label: str, body: str):
    shown = "".join(code for _, hidden, code in BLOCK.findall(body) if not hidden)
    proof = "".join(code for _, hidden, code in BLOCK.findall(body) if hidden)
    checks = set(re.findall(r"probes\.(\w+)", shown))
    assert checks <= PROBES
    assert checks or "torch.isfinite" in shown
    assert re.search(r"^assert ", proof, re.MULTILINE)


@each_section
def test_the_blocks_of_a_symptom_run(label: str, body: str):
    space = {"torch": torch, "nn": torch.nn}
    blocks = BLOCK.findall(body)
    assert len({name for name, _, _ in blocks}) == 1
    restore({}, label, "before")
    try:
        printed = [execute(code, space) for _, _, code in blocks]
    finally:
        restore({}, label, "after")
    assert any(printed)


@each_section
def test_each_cause_ends_in_a_link_to_a_page_that_exists(label: str, body: str):
    found = causes(body)
    assert len(found) >= 4
    for cause in found:
        (target,) = re.findall(r": \{ref\}`([\w-]+)`$", cause)
        assert target in LABELS, cause


def test_the_landing_page_leads_to_the_page():
    landing = (REPOSITORY / "docs" / "index.md").read_text(encoding="utf-8")
    text, _, tree = landing.partition("```{toctree}")
    assert "{doc}`by-symptom`" in text
    assert "by-symptom" in tree
    assert re.search(r"Fix an error\n:link: by-error\n", text)
