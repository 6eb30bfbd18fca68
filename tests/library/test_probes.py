"""What a probe returns, what it leaves untouched, and how it refuses what it cannot use."""

from __future__ import annotations

import re
import warnings
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor, nn
from torch.nn.functional import cross_entropy
from torch.testing import assert_close

from lstm_guide import pack, probes, unpack
from lstm_guide.probes import Finding, Findings

from .configurations import cases, run

N, L, H_IN, H = 4, 7, 3, 5
LENGTHS = [3, 7, 2, 5]
GALLERY = Path(__file__).parents[2] / "examples"


def layer(**options: Any) -> nn.LSTM:
    return nn.LSTM(H_IN, H, **{"batch_first": True, **options})


def classes_of(logits: Tensor, targets: Tensor) -> Tensor:
    return cross_entropy(logits.flatten(0, -2), targets.flatten())


TARGETS = torch.randint(6, (N, L), generator=torch.Generator().manual_seed(0))

# Each probe as a function of a model that takes x, or (x, lengths), or (x, state).
CALLS: dict[str, Callable[[Any, Any], Finding]] = {
    "batch leak": probes.batch_leak,
    "memory": partial(probes.memory, batch_axis=0),
    "causality": probes.causality,
    "loop equals bulk": probes.loop_equals_bulk,
    "call twice": probes.call_twice,
    "padding invariance": lambda model, x: probes.padding_invariance(
        lambda x, lengths: model(x), x, LENGTHS
    ),
    "row permutation": probes.row_permutation,
    "gradient reach": probes.gradient_reach,
}
per_probe = pytest.mark.parametrize("name", CALLS)


# --- what a sound model gets ---------------------------------------------------------------------


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
@per_probe
def test_a_sound_model_passes(name: str, dtype: torch.dtype) -> None:
    finding = CALLS[name](layer(dtype=dtype), torch.randn(N, L, H_IN, dtype=dtype))
    assert finding.ok, finding
    assert finding.probe == name


@per_probe
def test_a_sound_model_in_training_mode_passes_unless_the_mode_is_the_question(name: str) -> None:
    finding = CALLS[name](layer(num_layers=2, dropout=0.5), torch.randn(N, L, H_IN))
    assert finding.ok == (name != "call twice"), finding


@pytest.mark.parametrize("scale", [1e-6, 1e6])
@per_probe
def test_thresholds_follow_the_size_of_the_answer(name: str, scale: float) -> None:
    lstm, x = layer(), torch.randn(N, L, H_IN)

    def model(x: Tensor, *state: Any) -> Any:
        output, rest = lstm(x, *state)
        return output * scale, rest

    finding = CALLS[name](model, x)
    assert finding.ok, finding


@pytest.mark.parametrize("case", cases(torch.float64), ids=str)
def test_the_equations_hold_in_every_configuration(case: Any) -> None:
    lstm, x, state = case.lstm(), case.x(), case.state()
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="LSTM with projections is not supported")
        finding = probes.equations(lstm, x, state)
    assert finding.ok, finding
    assert 0 <= finding.number < 1e-13


@pytest.mark.parametrize("num_layers", [1, 3])
@pytest.mark.parametrize("batch_first", [False, True])
@pytest.mark.parametrize("bidirectional", [False, True])
def test_every_layer_passes_in_its_own_layout(
    num_layers: int, batch_first: bool, bidirectional: bool
) -> None:
    lstm = layer(num_layers=num_layers, batch_first=batch_first, bidirectional=bidirectional)
    x = torch.randn(N, L, H_IN) if batch_first else torch.randn(L, N, H_IN)
    findings = probes.run_all(lstm, x, batch_axis=int(not batch_first))
    assert findings.ok, findings
    assert len(tuple(findings)) == (6 if bidirectional else 7)


def test_models_of_ids_are_probed() -> None:
    model = nn.Sequential(nn.Embedding(9, H_IN), layer())
    ids = torch.randint(9, (N, L))
    findings = probes.run_all(model, ids, targets=lambda x: x)
    assert not findings["causality"].ok
    assert findings["batch leak"].ok
    assert findings["memory"].ok
    assert dict(findings.skipped)["gradient reach"].startswith("Ids have no gradient")
    assert findings["equations of 1"].ok


def test_a_model_without_an_lstm_is_probed_without_equations() -> None:
    findings = probes.run_all(nn.GRU(H_IN, H, batch_first=True), torch.randn(N, L, H_IN))
    assert findings.ok
    assert dict(findings.skipped)["equations"] == "There is no nn.LSTM in the model."


def test_one_row_is_enough_for_the_probes_that_need_no_other() -> None:
    findings = probes.run_all(layer(), torch.randn(1, L, H_IN))
    assert findings.ok
    skipped = dict(findings.skipped)
    assert skipped["batch leak"] == skipped["row permutation"]
    assert skipped["batch leak"].startswith("Give a sample of two rows")


def test_a_single_lstm_in_a_model_is_tried_by_its_equations_under_its_name() -> None:
    class Tagger(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.encoder = layer(bidirectional=True)

        def forward(self, x: Tensor) -> Any:
            return self.encoder(x)

    assert probes.run_all(Tagger(), torch.randn(N, L, H_IN))["equations of encoder"].ok


# --- the numbers ---------------------------------------------------------------------------------


def test_the_matrix_of_the_batch_leak_says_who_moves_whom() -> None:
    finding = probes.batch_leak(layer(batch_first=False), torch.randn(N, L, H_IN))
    assert finding.matrix is not None
    assert finding.matrix.shape == (N, N)
    assert (finding.matrix.triu() > 0).sum() == N * (N + 1) / 2
    assert not finding.matrix.tril(-1).any(), "later rows do not move earlier ones"
    assert finding.number == finding.matrix.triu(1).max()
    assert "6 of 12 pairs" in finding.sentence


def test_a_leak_from_the_last_row_alone_is_found_in_either_direction() -> None:
    for one, other in ((0, N - 1), (N - 1, 0)):

        def model(x: Tensor, one: int = one, other: int = other) -> Tensor:
            answer = x.cumsum(1)
            answer[one] = answer[one] + 0.01 * x[other]
            return answer

        finding = probes.batch_leak(model, torch.randn(N, L, H_IN))
        assert f"Row {other} of the batch moves row {one}, and 1 of 12" in finding.sentence


def test_memory_measures_the_row_that_moves_least() -> None:
    def forgets_row_2(x: Tensor) -> Tensor:
        answer = x.cumsum(1)
        answer[2] = x[2]
        return answer

    x = torch.randn(N, L, H_IN)
    assert probes.memory(lambda x: x.cumsum(1), x, batch_axis=0).ok
    assert not probes.memory(forgets_row_2, x, batch_axis=0).ok
    assert not probes.memory(lambda x: x[:, -1], x, batch_axis=0).ok
    assert probes.memory(lambda x: x.sum(1), x, batch_axis=0).ok


def test_memory_watches_valid_steps() -> None:
    x, lengths = torch.randn(N, L, H_IN), torch.tensor([3, 1, 2, 5])

    def last(x: Tensor, lengths: Tensor) -> Tensor:
        return x[torch.arange(N), lengths - 1]

    def total(x: Tensor, lengths: Tensor) -> Tensor:
        return torch.stack([row[:length].sum(0) for row, length in zip(x, lengths, strict=True)])

    assert not probes.memory(last, x, batch_axis=0, lengths=lengths).ok
    assert probes.memory(total, x, batch_axis=0, lengths=lengths).ok


def test_causality_names_the_prediction_and_the_step() -> None:
    def model(x: Tensor) -> Tensor:
        answer = x.cumsum(1)
        answer[:, 2] = answer[:, 2] + x[:, 5]
        return answer

    finding = probes.causality(model, torch.randn(N, L, H_IN))
    assert not finding.ok
    assert "Prediction 2 has read step 5 of x, and its target begins at step 3" in finding.sentence
    assert finding.matrix is not None
    assert finding.matrix.shape == (L, L)


def test_causality_holds_for_predictions_several_steps_ahead() -> None:
    x = torch.randn(N, L, H_IN)

    def model(x: Tensor) -> Tensor:
        return x.cumsum(1)[:, :-3]

    assert probes.causality(model, x, targets=lambda x: x[:, 3:]).ok
    assert probes.causality(model, x, targets=lambda x: x[:, 1:-2]).ok
    assert not probes.causality(model, x, targets=lambda x: x[:, :-3]).ok


def test_causality_in_time_first_layout() -> None:
    x = torch.randn(L, N, H_IN)
    lstm = layer(batch_first=False)
    assert probes.causality(lstm, x, batch_axis=1).ok
    assert not probes.causality(lstm, x, batch_axis=1, targets=lambda x: x).ok


def test_the_reach_is_exact_and_counts_steps() -> None:
    finding = probes.gradient_reach(lambda x: x[:, 2:4] * 3, torch.randn(N, L, H_IN))
    assert finding.number == L - 2
    assert finding.matrix is not None
    assert (finding.matrix > 0).any(0).tolist() == [t in (2, 3) for t in range(L)]
    assert finding.sentence.startswith("Steps 0, 1, 4, 5, 6 have no gradient")


def test_a_softmax_at_the_end_does_not_hide_the_gradient() -> None:
    lstm = layer()
    assert probes.gradient_reach(lambda x: lstm(x)[0][:, -1].softmax(-1), torch.randn(4, 7, 3)).ok


def test_no_gradient_at_all_is_found() -> None:
    lstm, x = layer(), torch.randn(N, L, H_IN)
    for model in (lambda x: lstm(x)[0].detach(), lambda x: lstm.weight_hh_l0 * 1):
        finding = probes.gradient_reach(model, x)
        assert finding.number == L
        assert "Steps 0, 1, ..., 6 have no gradient: look for" in finding.sentence


def test_a_gradient_that_fades_to_zero_is_told_from_one_that_is_cut() -> None:
    lstm, x = layer(), torch.randn(2, 400, H_IN)
    finding = probes.gradient_reach(lambda x: lstm(x)[0][:, -1], x)
    assert not finding.ok
    assert "it fades to zero on the way" in finding.sentence
    assert finding.page == "memory-and-gradient"


def test_the_mean_of_the_loss_may_have_any_layout() -> None:
    assert probes.perfect_logits(classes_of, TARGETS, classes=6).ok


def test_calls_that_differ_in_training_mode_only_are_told_apart() -> None:
    lstm, x = layer(num_layers=2, dropout=0.5), torch.randn(N, L, H_IN)
    assert "call model.eval()" in probes.call_twice(lstm, x).sentence
    noisy = probes.call_twice(lambda x: x + torch.randn_like(x), x)
    assert "in evaluation mode too" in noisy.sentence


def test_padding_is_compared_on_valid_steps() -> None:
    lstm, x = layer(), torch.randn(N, L, H_IN)
    assert probes.padding_invariance(lambda x, lengths: lstm(x), x, LENGTHS).ok
    flipped = probes.padding_invariance(lambda x, lengths: lstm(x.flip(1))[0].flip(1), x, LENGTHS)
    assert not flipped.ok


@pytest.mark.parametrize("total", [None, L])
def test_padding_of_an_unpacked_answer(total: int | None) -> None:
    lstm, x = layer(bidirectional=True), torch.randn(N, L + 1, H_IN)

    def model(x: Tensor, lengths: Tensor) -> Tensor:
        rows, _ = lstm(pack(lstm, x, lengths))
        length = int(max(lengths)) if total is None else x.size(1)
        return unpack(lstm, rows, total_length=length)[0]

    finding = probes.padding_invariance(model, x, LENGTHS)
    assert finding.ok, finding


def test_padding_in_time_first_layout() -> None:
    lstm, x = layer(batch_first=False, bidirectional=True), torch.randn(L, N, H_IN)

    def right(x: Tensor, lengths: Tensor) -> Tensor:
        rows, _ = lstm(pack(lstm, x, lengths))
        return unpack(lstm, rows, total_length=x.size(0))[0].transpose(0, 1)

    for answer_axis in (0, -3):
        arguments = {"batch_axis": 1, "answer_axis": answer_axis}
        assert probes.padding_invariance(right, x, LENGTHS, **arguments).ok
        wrong = probes.padding_invariance(
            lambda x, lengths: lstm(x)[0].transpose(0, 1), x, LENGTHS, **arguments
        )
        assert not wrong.ok


def test_ids_keep_the_id_of_their_padding() -> None:
    embed, lstm = nn.Embedding(9, H_IN), layer()
    ids = torch.randint(1, 9, (N, L))
    ids[torch.arange(L) >= torch.tensor(LENGTHS)[:, None]] = 0

    def by_id(ids: Tensor, lengths: Tensor) -> Tensor:
        return lstm(embed(ids))[0].masked_fill((ids == 0)[..., None], 0).sum(1)

    assert probes.padding_invariance(by_id, ids, LENGTHS).ok
    wrong = probes.padding_invariance(lambda ids, n: lstm(embed(ids))[0].sum(1), ids, LENGTHS)
    assert not wrong.ok


def test_a_loss_of_ids_is_tried_with_other_ids_on_the_padding() -> None:
    embed, ids = nn.Embedding(9, H_IN), torch.randint(9, (N, L))
    valid = torch.arange(L) < torch.tensor(LENGTHS)[:, None]
    assert not probes.padding_invariance(lambda ids, n: embed(ids).mean(), ids, LENGTHS).ok
    assert probes.padding_invariance(lambda ids, n: embed(ids)[valid].mean(), ids, LENGTHS).ok


def test_an_answer_with_equal_infinities_is_compared() -> None:
    mask = torch.arange(L) > 4
    model = lambda x: x.sum(-1).cumsum(1).masked_fill(mask, -torch.inf)  # noqa: E731
    x = torch.randn(N, L, H_IN)
    assert probes.batch_leak(model, x).ok
    assert probes.row_permutation(model, x).ok


@pytest.mark.parametrize(
    "name", [n for n in CALLS if n not in ("gradient reach", "loop equals bulk")]
)
def test_nan_never_passes(name: str) -> None:
    assert not CALLS[name](lambda x: x.cumsum(1) * torch.nan, torch.randn(N, L, H_IN)).ok


def test_weights_that_do_not_fit_are_found_without_running_the_module(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    lstm = layer()
    lstm.weight_hh_l0 = nn.Parameter(torch.randn(H, 4 * H))

    def fail(*_: object) -> None:
        raise AssertionError("the module was run")

    monkeypatch.setattr(nn.LSTM, "forward", fail)
    finding = probes.equations(lstm, torch.randn(N, L, H_IN))
    assert finding.number == float("inf")
    assert finding.sentence.startswith("weight_hh_l0 is (5, 20), where the attributes of the")


def test_a_module_that_does_not_compute_its_equations_is_found() -> None:
    class Doubled(nn.LSTM):
        def forward(self, *arguments: Any) -> Any:
            output, state = super().forward(*arguments)
            return 2 * output, state

    finding = probes.equations(Doubled(H_IN, H), torch.randn(L, N, H_IN))
    assert not finding.ok
    assert "does not compute its equations" in finding.sentence


def test_parametrised_weights_are_not_taken_for_strangers() -> None:
    lstm = nn.utils.parametrizations.weight_norm(layer(), "weight_hh_l0")
    assert probes.equations(lstm, torch.randn(N, L, H_IN)).ok


# --- what stays as it was ------------------------------------------------------------------------


class Everything(nn.Module):
    """A model whose every call changes all that a call can change."""

    def __init__(self) -> None:
        super().__init__()
        self.lstm = layer(num_layers=2, dropout=0.5)
        self.frozen = nn.Linear(H, H).requires_grad_(False).eval()
        self.norm = nn.BatchNorm1d(H)
        self.generator = torch.Generator().manual_seed(3)
        self.state: Any = None
        self.seen: list[Tensor] = []
        self.counts = {"calls": 0}
        self.register_buffer("total", torch.zeros(()))

    def forward(self, x: Tensor, state: Any = None) -> Any:
        x += 0.1  # in place, on the argument
        output, self.state = self.lstm(x, state)
        output = self.norm(self.frozen(output).transpose(1, 2)).transpose(1, 2)
        self.total += output.detach().sum()
        self.lstm.weight_hh_l0.data *= 1.01
        self.frozen.requires_grad_(True)
        self.train(not self.training)
        self.seen.append(x)
        self.counts["calls"] += 1
        self.later = torch.randn(3)
        torch.randn(3, generator=self.generator)
        if self.lstm.bias_hh_l1.grad is not None:
            self.lstm.bias_hh_l1.grad += 1
        torch.set_grad_enabled(False)
        return output, self.state


def snapshot(model: Everything) -> dict[str, Any]:
    """All that must not change, as values that can be compared."""
    return {
        "values": {name: value.clone() for name, value in model.state_dict().items()},
        "modes": [module.training for module in model.modules()],
        "requires_grad": [parameter.requires_grad for parameter in model.parameters()],
        "grads": [None if p.grad is None else p.grad.clone() for p in model.parameters()],
        "attributes": sorted(vars(model)),
        "state": model.state,
        "seen": list(model.seen),
        "counts": dict(model.counts),
        "generator": model.generator.get_state(),
        "random": torch.get_rng_state(),
        "grad mode": torch.is_grad_enabled(),
    }


def assert_untouched(before: dict[str, Any], model: Everything) -> None:
    after = snapshot(model)
    for name, value in before.items():
        assert_same(name, after[name], value)


def assert_same(name: str, found: Any, expected: Any) -> None:
    if isinstance(expected, Tensor):
        assert_close(found, expected, rtol=0, atol=0)
    elif isinstance(expected, dict):
        for key, value in expected.items():
            assert_same(f"{name} {key}", found[key], value)
    elif isinstance(expected, list | tuple):
        assert len(found) == len(expected), name
        for one, other in zip(found, expected, strict=True):
            assert_same(name, one, other)
    else:
        assert found == expected, name


WAYS: dict[str, Callable[[Everything], Any]] = {
    "the module": lambda model: model,
    "a function that names it": lambda model: lambda x, *state: model(x, *state),
    "a bound method": lambda model: model.forward,
    "a partial": lambda model: partial(Everything.__call__, model),
}


@pytest.mark.parametrize("grad_mode", [True, False])
@pytest.mark.parametrize("way", WAYS)
@per_probe
def test_a_probe_leaves_the_model_as_it_was(name: str, way: str, grad_mode: bool) -> None:
    model, x = Everything(), torch.randn(N, L, H_IN)
    model.lstm.bias_hh_l1.grad = torch.ones(4 * H)
    model.state = (torch.zeros(2, N, H), torch.ones(2, N, H))
    model.seen.append(torch.ones(2))
    with torch.set_grad_enabled(grad_mode):
        before, version = snapshot(model), x.clone()
        CALLS[name](WAYS[way](model), x)
        assert_untouched(before, model)
    assert_close(x, version, rtol=0, atol=0)
    assert x.grad is None
    assert not x.requires_grad


def test_run_all_leaves_the_model_as_it_was() -> None:
    model, x = Everything(), torch.randn(N, L, H_IN)
    before = snapshot(model)
    probes.run_all(lambda x, lengths: model(x), x, lengths=LENGTHS, targets=lambda x: x)
    assert_untouched(before, model)


def test_run_all_asks_for_equal_calls_in_evaluation_mode() -> None:
    lstm = layer(num_layers=2, dropout=0.5)
    assert probes.run_all(lstm, torch.randn(N, L, H_IN))["call twice"].ok
    assert lstm.training


GLOBAL = nn.Dropout(0.5)


def test_a_model_named_inside_a_nested_function_is_found() -> None:
    x = torch.randn(N, L, H_IN)
    nested = lambda x: (lambda y: GLOBAL(y.cumsum(1)))(x)  # noqa: E731
    found = "call model.eval()" in probes.call_twice(nested, x).sentence
    assert found, "the dropout was put in evaluation mode for the second try"


def test_equations_and_perfect_logits_leave_everything_as_it_was() -> None:
    lstm, x = layer(num_layers=2, dropout=0.5), torch.randn(N, L, H_IN)
    lstm.bias_hh_l1.requires_grad_(False)
    random, values = torch.get_rng_state(), [p.clone() for p in lstm.parameters()]
    assert probes.equations(lstm, x).ok
    targets = TARGETS.clone()
    probes.perfect_logits(
        lambda a, b: (a.fill_(0).sum(), b.fill_(0), torch.rand(1))[0], targets, classes=6
    )
    assert_close(torch.get_rng_state(), random)
    assert_close([*lstm.parameters()], values)
    assert lstm.training
    assert not lstm.bias_hh_l1.requires_grad
    assert all(p.grad is None for p in lstm.parameters())
    assert_close(targets, TARGETS)


@per_probe
def test_a_graph_that_waits_for_backward_is_not_spoiled(name: str) -> None:
    model = nn.Sequential(layer(), First(), Normed())
    x = torch.randn(N, L, H_IN)
    loss = model(x).sum()
    CALLS[name](lambda x, *state: (model(x), None), x)
    loss.backward()
    assert all(p.grad is not None for p in model.parameters())


class Normed(nn.BatchNorm1d):
    """Batch norm over the features of every step."""

    def __init__(self) -> None:
        super().__init__(H)

    def forward(self, x: Tensor) -> Tensor:
        return super().forward(x.transpose(1, 2)).transpose(1, 2)


class First(nn.Module):
    """The first of a pair."""

    def forward(self, pair: tuple[Tensor, Any]) -> Tensor:
        return pair[0]


@per_probe
def test_the_model_is_put_back_when_it_raises(name: str) -> None:
    class Breaks(Everything):
        def forward(self, x: Tensor, state: Any = None) -> Any:
            super().forward(x, state)
            raise ArithmeticError("mine")

    model, x = Breaks(), torch.randn(N, L, H_IN)
    before = snapshot(model)
    with pytest.raises(ArithmeticError, match=r"^mine$"):
        CALLS[name](model, x)
    assert_untouched(before, model)


def test_every_call_starts_from_the_same_state() -> None:
    """A state kept inside must not look like a leak between rows."""
    lstm = layer()
    kept: dict[str, Any] = {"state": None}

    def model(x: Tensor) -> Tensor:
        output, kept["state"] = lstm(x, kept["state"])
        return output + 0.1 * torch.randn(N, L, H)

    x = torch.randn(N, L, H_IN)
    assert probes.batch_leak(model, x).ok
    assert probes.gradient_reach(model, x).ok
    assert not probes.call_twice(model, x).ok


def test_a_cell_that_is_not_filled_yet_is_passed_over() -> None:
    def model(x: Tensor) -> Tensor:
        return x.cumsum(1) if x.numel() else later  # noqa: F821

    assert probes.batch_leak(model, torch.randn(N, L, H_IN)).ok
    later = None
    del later


# --- how it prints -------------------------------------------------------------------------------


def test_a_finding_prints_one_line_with_the_page_where_it_fails() -> None:
    x = torch.randn(N, L, H_IN)
    text = str(probes.batch_leak(layer(batch_first=False), x))
    assert re.match(r"batch leak: wrong \(0\.\d+, expected at most \d\.\de-06\)\. Row \d of", text)
    assert text.endswith("See silent-axes in the guide.")
    text = str(probes.memory(layer(), x, batch_axis=0))
    assert re.match(r"memory: ok \(0\.\d+, expected above \d\.\de-06\)\. What a row", text)
    assert "See" not in text


def test_the_table_names_each_probe_once_and_says_what_did_not_run() -> None:
    findings = probes.run_all(layer(batch_first=False), torch.randn(N, L, H_IN))
    assert not findings.ok
    lines = str(findings).splitlines()
    assert lines[0] == "7 probes, 4 wrong"
    assert lines[1].split() == ["probe", "result", "measured", "expected"]
    assert [line.split("  ")[0] for line in lines[2:9]] == [each.probe for each in findings]
    assert sum(" See " in line for line in lines) == 4
    skipped = ["causality", "padding invariance", "perfect logits"]
    assert [name for name, _ in findings.skipped] == skipped
    assert sum(line.startswith("not run: ") for line in lines) == 3


def test_the_table_in_html_escapes_and_marks_the_page() -> None:
    finding = Finding("a < b", 1.0, 0.5, "x & y", "silent-axes")
    html = finding._repr_html_()
    assert "a &lt; b" in html
    assert 'x &amp; y See <code class="lstm-guide-page">silent-axes</code>' in html
    assert html.count("<tr") == 2
    assert "1 probe, 1 wrong" in html
    assert "wrong: 1, expected at most 0.5" in html
    small = Finding("leak", 1.0, 1.6e-06, "x", "silent-axes")._repr_html_()
    assert 'at most <span style="white-space: nowrap">1.6e-06</span>' in small
    many = Findings((finding,), (("memory", "no <reason>"),))._repr_html_()
    assert "not run" in many
    assert "no &lt;reason&gt;" in many


def test_a_finding_is_above_or_at_most_its_threshold() -> None:
    assert Finding("p", 0.5, 0.5, "", "").ok
    assert not Finding("p", 0.5, 0.5, "", "", above=True).ok
    assert not Finding("p", float("nan"), 0.5, "", "").ok
    assert not Finding("p", float("nan"), 0.5, "", "", above=True).ok


def test_each_page_that_a_probe_names_is_a_label_of_the_gallery() -> None:
    folder = Path(str(probes.__file__)).parent
    named = {
        label
        for path in folder.glob("*.py")
        for label in re.findall(r'"((?:silent|memory-and)-[\w-]+)"', path.read_text())
    }
    assert len(named) == 6
    scripts = "".join(path.read_text() for path in GALLERY.rglob("*.py"))
    for label in named:
        assert re.search(rf"^(# )?\.\. _{label}:$", scripts, re.MULTILINE), label


# --- errors of the model ------------------------------------------------------------------------


def test_errors_of_the_model_pass_through_unchanged() -> None:
    lstm, x = nn.LSTM(9, H), torch.randn(N, L, H_IN)
    with pytest.raises(RuntimeError) as expected:
        run(lstm, x)
    for name, call in CALLS.items():
        with pytest.raises(RuntimeError) as found:
            call(lstm, x)
        assert str(found.value) == str(expected.value), name
        assert not hasattr(found.value, "__notes__")
