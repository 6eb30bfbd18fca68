"""What people do with an ``nn.LSTM`` besides calling it: one function for each tool.

Each takes a case and does its work from beginning to end: it uses the tool, and compares the
numbers with those of the plain call. It returns nothing, or a remark; it raises ``OtherPathError``
where something else ran than what was asked for, and ``OtherNumbersError`` where the numbers are
wrong; and it lets the real exception through where the tool refuses.
"""

import io
import re
import warnings
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import onnx
import onnxruntime
import torch
from torch import Tensor, nn
from torch._inductor.compile_fx import compile_fx
from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence
from torch.utils._python_dispatch import TorchDispatchMode

N, L, H_IN, H = 4, 7, 3, 8
OTHER_N, OTHER_L = 5, 11  # a batch size and a length that the tool did not see before


class OtherPathError(Exception):
    """Something else ran than what was asked for; the numbers are right."""


class OtherNumbersError(Exception):
    """It ran without a message, and the numbers are not those of the plain call."""


class Whole(nn.Module):
    """An LSTM whose results are three tensors in a row, which every tool can return."""

    def __init__(self, **options: Any) -> None:
        super().__init__()
        self.lstm = nn.LSTM(H_IN, H, batch_first=True, **options)

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        output, (h_n, c_n) = self.lstm(x)
        return output, h_n, c_n


class Packed(Whole):
    """The same, which packs its padded input and pads its packed output."""

    def forward(self, x: Tensor, lengths: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        packed = pack_padded_sequence(x, lengths, batch_first=True, enforce_sorted=False)
        result, (h_n, c_n) = self.lstm(packed)
        output, _ = pad_packed_sequence(result, batch_first=True)
        return output, h_n, c_n


class Step(nn.Module):
    """The same weights, one call for one step: the state goes in and comes out."""

    def __init__(self, whole: Whole) -> None:
        super().__init__()
        self.lstm = whole.lstm

    def forward(self, x: Tensor, h: Tensor, c: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        output, (h, c) = self.lstm(x, (h, c))
        return output, h, c


@dataclass(frozen=True)
class Case:
    """A model, the inputs for it, and how far its numbers may lie apart."""

    options: dict[str, Any] = field(default_factory=dict)
    packed: bool = False
    dtype: torch.dtype = torch.float32

    def model(self) -> Whole:
        """The same weights at every call."""
        torch.manual_seed(0)
        model = Packed(**self.options) if self.packed else Whole(**self.options)
        return model.to(self.dtype).eval()

    def inputs(self, n: int = N, length: int = L) -> tuple[Tensor, ...]:
        """Random features; for a packed model the lengths too, no two alike."""
        x = torch.randn(n, length, H_IN, dtype=self.dtype)
        return (x, torch.arange(length, length - n, -1)) if self.packed else (x,)

    def compare(self, found: Any, expected: Any, tolerance: float = 1e-6) -> None:
        """Let numbers of less exact types lie further apart."""
        if self.dtype is torch.bfloat16:
            tolerance = 0.02
        for one, other in zip(found, expected, strict=True):
            if one.shape != other.shape:
                raise OtherNumbersError(f"shape {tuple(one.shape)} instead of {tuple(other.shape)}")
            error = (one - other).abs().max().item()
            if not error <= tolerance:
                raise OtherNumbersError(f"off by {error:.1f}")

    def other(self) -> tuple[Tensor, ...]:
        """Inputs with another batch size and another length."""
        return self.inputs(OTHER_N, OTHER_L)


CASES = {
    "plain": Case(),
    "two layers": Case({"num_layers": 2}),
    "two directions": Case({"bidirectional": True}),
    "packed": Case(packed=True),
    "projected": Case({"proj_size": 5}),
    "bfloat16": Case(dtype=torch.bfloat16),
}


class Operations(TorchDispatchMode):
    """Name the operations that run while the mode is on."""

    def __init__(self) -> None:
        super().__init__()
        self.names: list[str] = []

    def __torch_dispatch__(
        self, operation: Any, types: Any, args: Any = (), kwargs: Any = None
    ) -> Any:
        self.names.append(operation.name())
        return operation(*args, **(kwargs or {}))


# --- the call itself ---------------------------------------------------------------------------


def fused(case: Case) -> None:
    """One operation of oneDNN for a whole layer."""
    model, inputs = case.model(), case.inputs()
    with torch.no_grad(), Operations() as seen:
        model(*inputs)
    if "aten::mkldnn_rnn_layer" not in seen.names:
        raise OtherPathError("a loop of small operations, several for each step")


# --- torch.compile -----------------------------------------------------------------------------


def compiled(case: Case, *, allow: bool, train: bool = False, **options: Any) -> None:
    """Compile, call at two lengths, or once with gradients, and count the compiled graphs."""
    graphs = []

    def backend(graph: Any, examples: Any) -> Any:
        graphs.append(graph)
        return compile_fx(graph, examples)

    torch._dynamo.config.allow_rnn = allow
    torch._inductor.config.compile_threads = 1  # otherwise it starts a server of many processes
    model = case.model()
    fast = torch.compile(model, backend=backend, **options)
    with torch.set_grad_enabled(train):
        for inputs in (case.inputs(),) if train else (case.inputs(), case.other()):
            expected, found = model(*inputs), fast(*inputs)
            case.compare(found, expected)
    if train:
        weights = list(model.parameters())
        sums = (found[0].sum(), expected[0].sum())
        gradients = [torch.autograd.grad(each, weights) for each in sums]
        case.compare(*gradients, tolerance=1e-4)
    if not graphs:
        raise OtherPathError("nothing was compiled: it ran as without torch.compile")


def compile_default(case: Case) -> None:
    """``torch.compile`` as it comes."""
    compiled(case, allow=False)


def compile_fullgraph(case: Case) -> None:
    """``fullgraph=True``: an error instead of a silent return to the plain call."""
    compiled(case, allow=False, fullgraph=True)


def compile_allowed(case: Case) -> None:
    """``torch._dynamo.config.allow_rnn = True``, without gradients."""
    compiled(case, allow=True)


def compile_training(case: Case) -> None:
    """The same, with gradients."""
    compiled(case, allow=True, train=True)


# --- torch.export ------------------------------------------------------------------------------


def exported(case: Case, axes: dict[int, Any], n: int, length: int) -> None:
    """Export with some axes free, save, load, and call at the given sizes."""
    model = case.model()
    shapes = (axes, {0: axes[0]} if 0 in axes else {}) if case.packed else (axes,)
    with torch.no_grad():
        program = torch.export.export(model, case.inputs(), dynamic_shapes=shapes)
        file = io.BytesIO()
        torch.export.save(program, file)
        file.seek(0)
        loaded = torch.export.load(file).module()
        inputs = case.inputs(n, length)
        case.compare(loaded(*inputs), model(*inputs))


def export_same(case: Case) -> None:
    """``torch.export``, run at the sizes of the example."""
    exported(case, {}, N, L)


def export_other_n(case: Case) -> None:
    """``torch.export`` with the batch axis free, run at another batch size."""
    exported(case, {0: torch.export.Dim("N")}, OTHER_N, L)


def export_other_l(case: Case) -> None:
    """``torch.export`` with the time axis free, run at another length."""
    exported(case, {1: torch.export.Dim("L")}, N, OTHER_L)


def export_step(case: Case) -> None:
    """``torch.export`` of one step with the batch axis free; then as many steps as one likes."""
    model = case.model()
    inputs = case.other()
    with torch.no_grad():
        expected, *state = model(*inputs)
        free = {0: torch.export.Dim("N")}
        rows = {1: free[0]}
        start = [torch.zeros_like(part) for part in state]
        example = (inputs[0][:, :1], *start)
        step = torch.export.export(Step(model), example, dynamic_shapes=(free, rows, rows))
        outputs, state = [], start
        for x in inputs[0].split(1, dim=1):
            output, *state = step.module()(x, *state)
            outputs.append(output)
    found = torch.cat(outputs, dim=1)
    if case.packed:  # a step needs no packing: stop reading a row at its end
        found = found * (torch.arange(OTHER_L) < inputs[1][:, None])[..., None]
    case.compare([found], [expected])


# --- ONNX --------------------------------------------------------------------------------------


def check_file(case: Case, file: io.BytesIO, n: int, length: int) -> str | None:
    """Run an ONNX file in onnxruntime and compare; remark on a length that is written down."""
    onnx.checker.check_model(onnx.load_from_string(file.getvalue()))
    session = onnxruntime.InferenceSession(file.getvalue(), providers=["CPUExecutionProvider"])
    model, inputs = case.model(), case.inputs(n, length)
    names = [entry.name for entry in session.get_inputs()]
    found = session.run(None, {k: v.numpy() for k, v in zip(names, inputs, strict=True)})
    with torch.no_grad():
        case.compare(map(torch.from_numpy, found), model(*inputs))
    declared = session.get_outputs()[0].shape[1]
    if declared != length and isinstance(declared, int):
        return f"right, but the file declares {declared} steps of output, and onnxruntime warns"
    return None


def onnx_export(case: Case, axes: dict[int, str], n: int, length: int) -> str | None:
    """Write an ONNX file with the default exporter, and run it at the given sizes."""
    shapes = (axes, {0: axes[0]} if 0 in axes else {}) if case.packed else (axes,)
    file = io.BytesIO()
    program = torch.onnx.export(
        case.model(), case.inputs(), dynamic_shapes=shapes, dynamo=True, verbose=False
    )
    program.save(file)
    return check_file(case, file, n, length)


def onnx_both(case: Case) -> str | None:
    """The exporter, batch and time free; run at another batch size and another length."""
    return onnx_export(case, {0: "N", 1: "L"}, OTHER_N, OTHER_L)


def onnx_only_l(case: Case) -> str | None:
    """The exporter, only time free; run at another length."""
    return onnx_export(case, {1: "L"}, N, OTHER_L)


def onnx_twice(case: Case) -> str | None:
    """The exporter, batch and time free, for the second time in one process."""
    torch.onnx.export(case.model(), case.inputs(), dynamo=True, verbose=False)
    return onnx_both(case)


def onnx_old(case: Case) -> str | None:
    """The old exporter, ``dynamo=False``, batch and time free; run at other sizes."""
    names = ["x", "lengths"] if case.packed else ["x"]
    free = {name: {0: "N", 1: "L"} if name == "x" else {0: "N"} for name in names}
    file = io.BytesIO()
    torch.onnx.export(
        case.model(),
        case.inputs(),
        file,
        input_names=names,
        output_names=["output", "h_n", "c_n"],
        dynamic_axes={**free, "output": {0: "N", 1: "L"}, "h_n": {1: "N"}, "c_n": {1: "N"}},
        dynamo=False,
    )
    return check_file(case, file, OTHER_N, OTHER_L)


# --- TorchScript and quantisation --------------------------------------------------------------


def torchscript(case: Case) -> None:
    """``torch.jit.script``, saved and loaded, run at other sizes."""
    model, inputs = case.model(), case.other()
    file = io.BytesIO()
    torch.jit.save(torch.jit.script(model), file)
    file.seek(0)
    with torch.no_grad():
        case.compare(torch.jit.load(file)(*inputs), model(*inputs))


def quantised(case: Case) -> None:
    """``quantize_dynamic``: 8-bit weights; the numbers may lie 0.05 apart."""
    model, inputs = case.model(), case.other()
    small = torch.ao.quantization.quantize_dynamic(model, {nn.LSTM}, dtype=torch.qint8)
    with torch.no_grad():
        case.compare(small(*inputs), model(*inputs), tolerance=0.05)


Tool = Callable[[Case], str | None]
TOOLS: dict[str, Tool] = {
    "the fast path of a CPU": fused,
    "torch.compile": compile_default,
    "compile, fullgraph": compile_fullgraph,
    "compile, allow_rnn": compile_allowed,
    "allow_rnn, training": compile_training,
    "torch.export": export_same,
    "export, other N": export_other_n,
    "export, other L": export_other_l,
    "export of one step": export_step,
    "ONNX, other N and L": onnx_both,
    "ONNX, only L free": onnx_only_l,
    "ONNX, second export": onnx_twice,
    "ONNX, old exporter": onnx_old,
    "TorchScript": torchscript,
    "8-bit weights": quantised,
}


# --- one cell ----------------------------------------------------------------------------------


def words(text: str, longest: int = 240) -> str:
    """One line without colours, addresses and the folders of this machine."""
    text = re.sub(r"\x1b\[[0-9;]*m", "", text)
    text = re.sub(r"0x[0-9a-f]{6,}", "0x…", text)
    text = re.sub(r"(?<![:/\w])/(?:[\w.+-]+/)+(?=[\w.])", "", text)
    text = " ".join(text.split())
    return text if len(text) <= longest else text[:longest].rpartition(" ")[0] + " …"


def attempt(tool: str, name: str) -> dict[str, Any]:
    """Try a tool on a case: the result, what was said, and every warning, shown or not."""
    torch.set_num_threads(1)
    torch.set_warn_always(True)  # also what this process, or the one it comes from, has said before
    with warnings.catch_warnings(record=True) as shown:
        warnings.simplefilter("always")
        try:
            result, says = "pass", TOOLS[tool](CASES[name]) or ""
        except OtherPathError as error:
            result, says = "fallback", str(error)
        except OtherNumbersError as error:
            result, says = "wrong", str(error)
        except Exception as error:
            chain = [error, error.__cause__] if error.__cause__ else [error]
            names = " from ".join(type(each).__name__ for each in chain)
            result, says = "fail", f"{names}: {chain[-1]}"
    seen = [words(f"{w.category.__name__}: {w.message}", 120) for w in shown]
    return {"result": result, "says": words(says), "warnings": list(dict.fromkeys(seen))}
