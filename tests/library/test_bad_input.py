"""Each argument of each public function, given something that does not fit.

The functions are found by themselves. For each there is one call that runs, and for each argument
a strategy of values that must be refused: by an error of ours that names the argument and a remedy.
What a function takes on purpose is left out of its strategy, with the reason beside it.
"""

from __future__ import annotations

import importlib
import inspect
import pkgutil
import re
from typing import Any

import matplotlib.pyplot as plt
import numpy as np
import pytest
import torch
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from torch import Tensor, nn
from torch.nn.utils.rnn import PackedSequence

import lstm_guide
from lstm_guide import pack, trace_steps, weights

from .test_errors import assert_is_ours

Bad = st.SearchStrategy[Any]

MODULES = [
    importlib.import_module(module.name)
    for module in pkgutil.iter_modules(lstm_guide.__path__, "lstm_guide.")
]
FUNCTIONS = {
    f"{module.__name__.removeprefix('lstm_guide.')}.{name}": getattr(module, name)
    for module in MODULES
    for name in module.__all__
    if inspect.isfunction(getattr(module, name))
}

# --- a call that runs -------------------------------------------------------------------------

LSTM, X, LENGTHS = nn.LSTM(3, 5, num_layers=2), torch.rand(7, 4, 3), [7, 2, 5, 1]
STATE = (torch.rand(2, 4, 5), torch.rand(2, 4, 5))
PACKED, TRACE = pack(LSTM, X, LENGTHS), trace_steps(LSTM, X)
SAMPLE, IDS = torch.rand(4, 7, 3), torch.arange(28).view(4, 7) % 6
MASK = torch.arange(7) < torch.tensor(LENGTHS)[:, None]  # (N, L)
ONE, H = nn.LSTM(3, 5), torch.rand(4, 5)
STEP = dict(zip(("weight_ih", "weight_hh", "bias_ih", "bias_hh"), ONE.all_weights[0], strict=True))
PROJECTION = torch.rand(2, 5)
KERAS, ONNX = weights.to_keras(LSTM), weights.to_onnx(LSTM)
SERIES = torch.arange(40.0).sin()
LINES = {"a": torch.rand(7), "b": torch.rand(7)}


def total(x: Tensor, *_: Any) -> Tensor:
    """A model for the probes: one number for each step of each row, (N, L)."""
    return x.sum(-1) * 1.0


def tail(x: Tensor) -> Tensor:
    """Targets for the probes: the steps that the outputs of `total` predict."""
    return x


CALL: dict[str, Any] = {"lstm": LSTM, "x": X, "state": STATE}
ROWS: dict[str, Any] = {"model": total, "x": SAMPLE, "lengths": LENGTHS, "batch_axis": 0}
CANVAS: dict[str, Any] = {"title": "A title", "ax": None}
TRAINED = nn.Parameter(torch.ones(3))

GOOD: dict[str, dict[str, Any]] = {
    "catalogue.entries": {},
    "catalogue.explain": {"message": "tuple index out of range"},
    "catalogue.explain_errors": {},
    "catalogue.reproduce": {"recipe": "1 / 0", "process": False},
    "catalogue.start": {},
    "cell.lstm_forward": CALL,
    "cell.lstm_step": {
        "x_t": X[0],
        "h": H[:, :2],
        "c": H,
        **STEP,
        "weight_hh": torch.rand(20, 2),
        "weight_hr": PROJECTION,
    },
    "cell.trace_steps": CALL,
    "datasets.japanese_vowels": {},
    "datasets.sunspots": {},
    "exercises.check": {"name": "three-shapes", "answer": lambda K, N, L, H_in, H: None},
    "patterns.decode": {
        "lstm": LSTM,
        "embed": nn.Embedding(6, 3),
        "readout": nn.Linear(5, 6),
        "state": STATE,
        "start": torch.zeros(4, dtype=torch.int64),
        "steps": 3,
        "stop": 2,
        "teacher": torch.zeros(3, 4, dtype=torch.int64),
    },
    "patterns.encode": CALL,
    "patterns.transduce": CALL,
    "patterns.unroll": CALL,
    "plotting.bars": {"groups": {"a": {"b": 1.0}}, "xlabel": "time", **CANVAS},
    "plotting.call": CALL | CANVAS,
    "plotting.cells": {
        "values": MASK,
        "rows": "batch",
        "columns": "time",
        "colour_by": IDS,
        **CANVAS,
    },
    "plotting.gates": {
        "trace": TRACE,
        "sequence": 3,
        "layer": 1,
        "direction": 0,
        "events": {2: "here"},
        **CANVAS,
    },
    "plotting.influence": {"matrix": H, "rows": "batch", "columns": "feature", **CANVAS},
    "plotting.outcomes": {"table": {"a": {"b": "pass"}}, **CANVAS},
    "plotting.packing": {"packed": PACKED, "L": 9, **CANVAS},
    "plotting.parameter_blocks": {"lstm": LSTM, "layer": 1, "direction": 0, **CANVAS},
    "plotting.pattern": {"parts": {"a": [("b", "c")]}, "start": "h", "feedback": True, **CANVAS},
    "plotting.reach": {"series": LINES, "floor": 1e-3, **CANVAS},
    "plotting.state_rows": {"lstm": LSTM, **CANVAS},
    "plotting.steps": {"series": LINES, "ylabel": "h", "xlabel": "epoch", **CANVAS},
    "plotting.style": {},
    "probes.batch_leak": ROWS | {"answer_axis": 0},
    "probes.call_twice": {"model": total, "x": SAMPLE, "lengths": LENGTHS},
    "probes.causality": ROWS | {"targets": tail},
    "probes.equations": CALL,
    "probes.gradient_reach": ROWS | {"steps": [0]},
    "probes.loop_equals_bulk": {"model": LSTM, "x": X, "state": STATE, "batch_axis": 1},
    "probes.memory": ROWS | {"answer_axis": 0},
    "probes.padding_invariance": ROWS | {"answer_axis": 0},
    "probes.perfect_logits": {"loss": lambda a, b: a.sum(), "targets": IDS, "classes": 6},
    "probes.row_permutation": ROWS | {"answer_axis": 0},
    "probes.run_all": ROWS | {"answer_axis": 0, "targets": tail},
    "records.read": {"name": "packing"},
    "report.describe": CALL,
    "sequences.length_buckets": {"lengths": LENGTHS, "size": 3, "generator": torch.Generator()},
    "sequences.length_mask": {"lengths": LENGTHS, "L": 9},
    "sequences.masked_loss": {
        "losses": torch.rand(4, 7),
        "mask": MASK,
        "dim": 1,
        "divide_by": "both",
    },
    "sequences.masked_mean": {"values": SAMPLE, "mask": MASK, "dim": 1},
    "sequences.masked_softmax": {"scores": SAMPLE, "mask": MASK, "dim": 1},
    "sequences.pack": CALL | {"lengths": LENGTHS},
    "sequences.take_last": {"lstm": LSTM, "output": torch.rand(7, 4, 5), "lengths": LENGTHS},
    "sequences.unpack": {"lstm": LSTM, "packed": PACKED, "total_length": 9},
    "shapes.call_shapes": CALL,
    "shapes.parameter_count": {"lstm": LSTM},
    "shapes.parameter_shapes": {"lstm": LSTM},
    "shapes.state_shapes": {"lstm": LSTM, "N": 4},
    "states.bridge": {"lstm": LSTM, "state": STATE},
    "states.detach_state": {"state": STATE},
    "states.final_state": {"lstm": LSTM, "h_n": STATE[0]},
    "states.reset_rows": {"state": STATE, "rows": torch.tensor([0, 2])},
    "states.split_state": {"lstm": LSTM, "state": STATE},
    "states.zero_state": {"lstm": LSTM, "x": X},
    "tasks.adding_problem": {"N": 4, "L": 7, "generator": None},
    "tasks.balanced_brackets": {"N": 4, "L": 8, "generator": None},
    "tasks.bracket_depth": {"N": 4, "L": 7, "deepest": 3, "generator": None},
    "tasks.iso_dates": {"N": 4, "generator": None},
    "tasks.noisy_cycles": {"L": 7, "noise": 0.1, "generator": None},
    "tasks.parity": {"N": 4, "L": 7, "generator": None},
    "tasks.reversal": {"N": 4, "L": 7, "symbols": 3, "generator": None},
    "tasks.spell": {"number": 42},
    "tasks.spelled_numbers": {"N": 4, "below": 9, "generator": None},
    "training.autoregression": {"series": SERIES, "order": 3},
    "training.fit": {
        "loss": lambda: TRAINED.square().sum(),
        "parameters": [TRAINED],
        "updates": 2,
        "lr": 0.1,
        "max_norm": 1.0,
    },
    "training.gradient_by_distance": {"score": torch.sum, "x": X, "dim": 0},
    "training.persistence": {"x": torch.rand(4, 7), "steps": 2, "period": 3},
    "training.tbptt": {"model": LSTM, "x": X, "chunk_length": 3, "dim": 0, "state": STATE},
    "training.windows": {"series": SERIES, "split": 30, "length": 7, "horizon": 2},
    "weights.from_keras": {"lstm": LSTM, "layers": KERAS},
    "weights.from_onnx": {"lstm": LSTM, "layers": ONNX},
    "weights.gate_blocks": {"lstm": LSTM, "name": "bias_hh_l1"},
    "weights.init_orthogonal": {"lstm": LSTM},
    "weights.init_xavier": {"lstm": LSTM},
    "weights.reorder_gates": {"tensor": H.T[:4], "source": "ifgo", "target": "iofg", "axis": 0},
    "weights.set_forget_bias": {"lstm": LSTM, "value": 1.0},
    "weights.to_keras": {"lstm": LSTM},
    "weights.to_onnx": {"lstm": LSTM},
}

# --- values that do not fit -------------------------------------------------------------------

FLOATS = st.sampled_from([0.5, -2.5, torch.nan, torch.inf])
JUNK = st.one_of(
    st.text("xyz", max_size=3),
    st.lists(st.one_of(FLOATS, st.text("xyz", max_size=3)), max_size=3),
    st.sampled_from([True, (), {}, {1: 2}, 1j, b"", object(), ..., np.zeros(3), np.zeros(())]),
    st.sampled_from([X, PACKED, STATE, (X, STATE), TRACE, X.dtype, X.device, slice(3)]),
    st.sampled_from([nn.GRU(3, 5), nn.LSTMCell(3, 5), nn.Sequential(LSTM), nn.LSTM, int, len]),
    FLOATS,
)
JUNK_OR_NONE = st.none() | JUNK


def junk(*but: type, none: bool = False) -> Bad:
    """Anything of another type; None only where it is not taken."""
    return (JUNK_OR_NONE if none else JUNK).filter(lambda value: not isinstance(value, but))


def numbers(*, below: int = 1, above: int | None = None, none: bool = False) -> Bad:
    """What is no int, or one that is out of range."""
    found = junk(none=none) | st.integers(-9, below - 1)
    return found if above is None else found | st.integers(above + 1, above + 9)


def amounts(low: float = 0, *, open_: bool = True) -> Bad:
    """What is no number, or one at or below `low`, or infinite, or nan."""
    small = [-1, -0.5, torch.nan, torch.inf, -torch.inf, *([low] if open_ else [])]
    return junk(float, none=True) | st.sampled_from(small)


def words(*known: str) -> Bad:
    """What is no text, or none of the known ones."""
    return junk(none=True) | st.text(max_size=4).filter(lambda text: text not in known)


def tensors(
    good: Tensor,
    *dtypes: torch.dtype,
    ranks: tuple[int, ...] = (),
    sizes: tuple[int, ...] = (),
    meta: bool = True,
    none: bool = True,
    empty: bool = True,
) -> Bad:
    """A tensor that differs from a good one in a property that counts, or no tensor.

    The axes in `sizes` must have the size they have; all others must not be empty, unless
    an empty tensor gives an empty one.
    """
    found = [junk(Tensor, none=none), st.just(good.to_sparse())]
    if dtypes:
        found.append(st.sampled_from(dtypes).map(good.to))
    if meta:
        found.append(st.just(good.to("meta")))
    others = [rank for rank in range(6) if rank not in (ranks or (good.dim(),))]
    ranked = st.sampled_from(others).flatmap(lambda rank: st.tuples(*[st.integers(1, 4)] * rank))
    found.append(ranked.map(lambda shape: torch.ones(shape, dtype=good.dtype)))
    for axis in range(good.dim()):
        wrong = [size for size in range(9) if size != good.size(axis)]
        changed = st.sampled_from(wrong if axis in sizes else [0])
        if axis in sizes or empty:
            found.append(st.builds(resized, st.just(good), st.just(axis), changed))
    return st.one_of(found)


def resized(good: Tensor, axis: int, size: int) -> Tensor:
    shape = list(good.shape)
    shape[axis] = size
    return torch.ones(shape, dtype=good.dtype)


def lengths(*, N: int | None = 4, L: int | None = 7, none: bool = False) -> Bad:
    """What are no lengths, or not so many, or one of them out of range."""

    def fit(found: list[int]) -> bool:
        right_count = bool(found) if N is None else len(found) == N
        return right_count and all(1 <= length <= (L or 99) for length in found)

    lists = st.lists(st.integers(-2, 9), max_size=5).filter(lambda found: not fit(found))
    good = torch.tensor(LENGTHS)
    wrong = tensors(good, torch.float32, torch.bool, sizes=(0,) if N else (), none=False)
    mixed = st.sampled_from([[7, 2.0, 5, 1], [7, None, 5, 1], [7, True, 5, 1], [7, "2", 5, 1]])
    return st.one_of(
        junk(Tensor, none=none),
        lists,
        lists.map(lambda found: torch.tensor(found, dtype=torch.int64)),
        mixed,
        wrong,
    )


def pairs(one: Bad, *, none: bool = True) -> Bad:
    """What is no state, or a pair of which one tensor does not fit."""
    first, second = one.map(lambda h: (h, STATE[1])), one.map(lambda c: (STATE[0], c))
    return junk(none=none).filter(lambda value: value is not STATE) | first | second


OTHER = (torch.float64, torch.int64, torch.bool, torch.complex64)  # where float32 is asked for
NO_FRACTIONS = (torch.int64, torch.bool, torch.complex64)
NO_IDS = (torch.float32, torch.int32, torch.bool)
PART = tensors(STATE[0], *OTHER, sizes=(0, 1, 2))
INPUT = tensors(X, *OTHER, ranks=(2, 3), sizes=(2,)).filter(lambda x: x is not PACKED)
FREE_INPUT = tensors(SAMPLE, torch.bool, torch.complex64, ranks=(2, 3, 4, 5)) | st.just(
    X * torch.nan
)
NO_TENSOR = junk(Tensor, none=True) | st.just(STATE[0].to_sparse())
NAMED_AXES = words("time", "batch", "feature", "layer", "direction")
CALLABLE = JUNK_OR_NONE.filter(lambda value: not callable(value))
LISTED = st.sampled_from([[], [X, X, X], [[X], [X]]])
LABELLED = st.sampled_from([{"a": [1.0]}, {"a": X}, {"a": X[0, 0], "b": X[0, 0, :2]}, {1: SERIES}])


# By argument; where functions differ, by function and argument.
BAD: dict[str, Bad] = {
    "N": numbers(none=True),
    "L": numbers(),
    "answer": CALLABLE,
    # An axis that holds no rows is found out in the answer.
    "answer_axis": junk() | st.integers(-9, 9).filter(lambda axis: axis not in (0, -2)),
    "ax": junk(),
    "axis": numbers(below=-2, above=1, none=True),
    "batch_axis": numbers(below=0, above=1, none=True),
    "below": numbers(above=1_000_000, none=True),
    "c": tensors(H, *OTHER, sizes=(0, 1)),
    "chunk_length": numbers(none=True),
    "classes": numbers(below=2, none=True) | st.just(5),
    "colour_by": tensors(IDS, torch.float32, torch.bool, sizes=(0, 1), none=False),
    "columns": NAMED_AXES,
    "deepest": numbers(none=True),
    "dim": numbers(below=-3, above=2, none=True),
    "direction": numbers(below=0, above=0, none=True),
    "divide_by": words("steps", "sequences", "both"),
    "embed": CALLABLE,
    "events": junk(dict) | st.sampled_from([{7: "a"}, {-1: "a"}, {"a": "a"}, {2: None}]),
    "feedback": junk(bool, none=True),
    "floor": amounts() | st.sampled_from([1, 1.5]),
    "generator": junk(),
    "groups": junk(none=True) | st.sampled_from([{}, {"a": {}}, {"a": {"b": None}}, {"a": 1.0}]),
    "h": tensors(H[:, :2], *OTHER, sizes=(0, 1)),
    "h_n": tensors(STATE[0], ranks=(2, 3), sizes=(0, 2), meta=False, empty=False),
    "horizon": numbers(none=True),
    "layer": numbers(below=0, above=1, none=True),
    "layers": junk(none=True) | LISTED,
    "length": numbers(none=True),
    "lengths": lengths(),
    "loss": CALLABLE,
    "losses": tensors(torch.rand(4, 7), *NO_FRACTIONS, sizes=(0, 1), meta=False),
    "lr": amounts(),
    "lstm": JUNK_OR_NONE,
    "mask": tensors(MASK, torch.float32, torch.int64, ranks=(1, 2, 3)) | st.just(~MASK & MASK),
    "matrix": tensors(H, torch.complex64) | st.sampled_from([H - 9, H * torch.nan]),
    "max_norm": amounts(),
    "message": junk(str, none=True),
    "model": CALLABLE,
    "name": words("packing", "three-shapes"),
    "noise": amounts(open_=False),
    "number": numbers(below=0, above=999_999, none=True),
    "order": numbers(above=19, none=True),
    "output": tensors(torch.rand(7, 4, 5), sizes=(2,), meta=False),
    "packed": junk(PackedSequence, none=True) | st.just(PACKED._replace(data=PACKED.data[1:])),
    "parameters": CALLABLE.filter(lambda value: not isinstance(value, tuple)) | LISTED,
    "parts": junk(none=True) | st.sampled_from([{}, {"a": []}, {"a": "b"}, {"a": [("b",)]}]),
    "period": numbers(above=7, none=True),
    "process": junk(bool, none=True),
    "readout": CALLABLE,
    "recipe": junk(str, none=True) | st.just("1 + 1"),
    "rows": NAMED_AXES,
    "scores": tensors(SAMPLE, *NO_FRACTIONS, ranks=(2, 3, 4, 5), sizes=(0, 1), meta=False),
    "score": CALLABLE,
    "sequence": numbers(below=0, above=3, none=True),
    "series": junk(none=True) | LABELLED,
    "size": numbers(none=True),
    "source": words(),
    "split": numbers(below=9, above=38, none=True),
    "start": tensors(torch.zeros(4, dtype=torch.int64), *NO_IDS, ranks=(0, 1), sizes=(0,)),
    "state": pairs(PART, none=False),
    "steps": numbers(none=True),
    "stop": junk() | st.integers(6, 9) | st.integers(-9, -1),
    "symbols": numbers(below=2, none=True),
    "table": junk(none=True) | st.sampled_from([{}, {"a": {}}, {"a": {"b": "x"}}, {"a": "pass"}]),
    "target": words(),
    "targets": CALLABLE.filter(lambda value: value is not None),
    "teacher": tensors(torch.zeros(3, 4).long(), *NO_IDS, sizes=(0, 1), none=False),
    "tensor": tensors(H.T[:4], meta=False, ranks=(1, 2, 3, 4, 5), empty=False),
    "title": junk(str),
    "total_length": numbers(below=7, none=True),
    "trace": junk(none=True).filter(lambda value: value is not TRACE),
    "updates": numbers(none=True),
    "value": junk(float, none=True) | st.sampled_from([torch.nan, torch.inf, -torch.inf]),
    "values": tensors(SAMPLE, *NO_FRACTIONS, ranks=(2, 3, 4, 5), sizes=(0, 1), meta=False),
    "weight_hr": tensors(PROJECTION, *OTHER, sizes=(0, 1), none=False),
    "x": INPUT,
    "x_t": tensors(X[0], *OTHER, ranks=(1, 2), sizes=(0, 1)),
    "xlabel": junk(str),
    "ylabel": junk(str, none=True),
    **{
        name: tensors(tensor, *OTHER, sizes=tuple(range(tensor.dim())))
        for name, tensor in (STEP | {"weight_hh": torch.rand(20, 2)}).items()
    },
    "plotting.cells.values": tensors(MASK, torch.complex64),
    "plotting.bars.xlabel": junk(str, none=True),
    "plotting.packing.L": numbers(below=7),
    "plotting.pattern.start": junk(str, none=True),
    "probes.call_twice.lengths": lengths(N=None, L=None),
    "probes.gradient_reach.steps": junk() | st.sampled_from([[], [7], [-8], [0, 7], [0.0], 3]),
    "probes.padding_invariance.lengths": lengths(none=True),
    "probes.perfect_logits.targets": tensors(IDS, *NO_IDS, ranks=(1, 2, 3, 4, 5))
    | st.just(IDS - 1),
    "sequences.length_buckets.lengths": lengths(N=None, L=None, none=True),
    "sequences.length_mask.lengths": lengths(N=None, L=9, none=True),
    "sequences.masked_loss.dim": numbers(below=-2, above=1, none=True),
    "sequences.pack.lengths": lengths(none=True),
    "sequences.pack.x": tensors(X, *OTHER, sizes=(1, 2)),
    "sequences.take_last.lengths": lengths(none=True),
    "shapes.state_shapes.N": numbers(below=0),
    "states.reset_rows.rows": tensors(torch.tensor([0, 2]), torch.float32, torch.uint8, empty=False)
    | st.sampled_from([torch.tensor([4]), torch.tensor([-5]), MASK[0], MASK]),
    "training.autoregression.series": tensors(SERIES, *NO_FRACTIONS) | st.just(SERIES / 0),
    "training.gradient_by_distance.x": tensors(X, *NO_FRACTIONS, ranks=(1, 2, 3, 4, 5), meta=False),
    "training.tbptt.x": tensors(X, ranks=(1, 2, 3, 4, 5), meta=False),
    "training.persistence.x": tensors(torch.rand(4, 7), *NO_FRACTIONS, meta=False),
    "training.windows.series": tensors(SERIES, *NO_FRACTIONS) | st.just(SERIES * torch.nan),
    "tasks.balanced_brackets.L": numbers(below=6, none=True) | st.sampled_from([7, 9]),
    **{
        f"states.{name}.state": pairs(tensors(STATE[0], sizes=(0, 1, 2), meta=False))
        for name in ("bridge", "split_state")
    },
    "states.reset_rows.state": pairs(tensors(STATE[0], sizes=(0, 1), meta=False, empty=False)),
    # A state of any sizes is cut off; whether it fits, the model says.
    "states.detach_state.state": pairs(NO_TENSOR),
    "training.tbptt.state": pairs(NO_TENSOR, none=False),
    "patterns.decode.state": pairs(PART),
    **{f"{name}.x": FREE_INPUT for name in GOOD if "probes" in name and "equations" not in name},
}
# What is handed on to the reader's own model as it is.
OPAQUE = {"probes.loop_equals_bulk.state"}
# An error may be found, and named, in what the argument has to fit.
ALSO = {
    "answer_axis": "answer",
    "axis": "tensor",
    "classes": "targets",
    "c": "weight_.h|h",
    "h": "weight_.h|c",
    "h_n": "h_n",
    "horizon": "split",
    "length": "split",
    "losses": "mask",
    "below": "N",
    "order": "series",
    "period": "x",
    "scores": "mask|dim",
    "start": "h_0|c_0|state|teacher",
    "state": "h_0|c_0",
    "steps": "teacher",
    "values": "mask|dim|colour_by",
    "x": "h_0|c_0|lengths|state",
    "x_t": "h|c|weight_.h|bias_.h",
    "weight_hr": "weight_hh|h",
}
ARGUMENTS = [
    f"{name}.{argument}"
    for name, call in GOOD.items()
    for argument in call
    if f"{name}.{argument}" not in OPAQUE
]


def bad(argument: str) -> Bad:
    """The strategy for an argument."""
    return BAD[argument if argument in BAD else argument.rpartition(".")[2]]


def test_every_public_function_has_a_call_with_all_its_arguments() -> None:
    assert GOOD.keys() == FUNCTIONS.keys()
    for name, call in GOOD.items():
        assert call.keys() == set(inspect.signature(FUNCTIONS[name]).parameters), name


@pytest.mark.parametrize("name", GOOD)
def test_the_call_that_runs_runs(name: str) -> None:
    FUNCTIONS[name](**GOOD[name])
    plt.close("all")


@pytest.mark.parametrize("place", ARGUMENTS)
def test_what_does_not_fit_is_refused_by_name_and_with_a_remedy(place: str) -> None:
    name, _, argument = place.rpartition(".")

    @settings(max_examples=20, derandomize=True, suppress_health_check=list(HealthCheck))
    @given(value=bad(place))
    def try_it(value: Any) -> None:
        with pytest.raises((TypeError, ValueError)) as found:
            FUNCTIONS[name](**GOOD[name] | {argument: value})
        assert_is_ours(found.value)
        assert re.match(rf"({argument}|{ALSO.get(argument, argument)})\b", str(found.value))

    try_it()
