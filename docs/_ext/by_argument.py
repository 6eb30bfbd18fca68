"""Complete the entries of by-argument with facts that nobody keeps by hand.

An entry is written as its name and its definition:

    ```{argument} nn.LSTM num_layers
    K, the number of stacked layers.
    ```

The type and the default come from torch's own signature, the shapes from `lstm_guide.shapes` or
from a run, and the pages from the scripts: those that use the name in code, first the ones that
name it in their title, their headings and most often in their text. What fails comes from the
catalogue of messages: its entries that name the argument between backticks.
"""

import inspect
import itertools
import re
import typing
from collections.abc import Callable, Iterator, Sequence
from dataclasses import fields, replace
from pathlib import Path
from typing import Any

import torch
from docutils import nodes
from docutils.statemachine import StringList
from scripts import Script, lessons
from sphinx.application import Sphinx
from sphinx.environment import BuildEnvironment
from sphinx.util.docutils import SphinxDirective
from torch import nn
from torch.nn.utils import rnn

from lstm_guide import catalogue, shapes

OWNERS: dict[str, Any] = {
    "nn.LSTM": nn.LSTM,
    "nn.LSTMCell": nn.LSTMCell,
    "PackedSequence": rnn.PackedSequence,
    **{
        name: getattr(rnn, name)
        for name in rnn.__all__
        if name not in {"PackedSequence", "invert_permutation"}
    },
}
PAGES_AT_MOST = 4
BASE = shapes.Config(input_size=3, hidden_size=5)
CHANGES = {
    "input_size": 6,
    "hidden_size": 8,
    "num_layers": 2,
    "bias": False,
    "batch_first": True,
    "bidirectional": True,
    "proj_size": 2,
}
L, N = 7, 4
LENGTHS = [3, 7, 1, 2]
# The names that the scripts give to what torch calls `input` and `hx`.
IN_CODE = {"input": r"x\b", "hx": r"state\b"}


def signature(owner: Any) -> dict[str, inspect.Parameter]:
    """Return the arguments of a constructor or function; the plain one of nn.LSTM hides them."""
    if inspect.isclass(owner) and issubclass(owner, tuple):
        return {}
    call = owner.__init__ if inspect.isclass(owner) else owner
    call = (typing.get_overloads(call) or [call])[0]
    found = dict(inspect.signature(call).parameters)
    found.pop("self", None)
    return found


def default(owner: str, name: str) -> str:
    """Say which type an argument has and what it is when it is left out."""
    argument = signature(OWNERS[owner]).get(name)
    if argument is None:
        return ""
    typed = argument.annotation is not inspect.Parameter.empty
    kind = f", `{inspect.formatannotation(argument.annotation)}`" if typed else ""
    kind = kind.replace("torch.nn.utils.rnn.", "").replace("torch.", "")
    if argument.default is inspect.Parameter.empty:
        return f"has to be given{kind}"
    return f"`{argument.default!r}` if left out{kind}"


def changed_by(name: str) -> Iterator[tuple[str, str, str]]:
    """Compare the tensors of a call and the number of parameters without and with an argument."""
    size = (L, N, BASE.H_in)
    other = replace(BASE, **{name: CHANGES[name]})
    before = shapes.call_shapes(BASE, size)
    turned = (N, L, other.H_in) if other.batch_first else (L, N, other.H_in)
    after = shapes.call_shapes(other, turned)
    for tensor in ("input", "output", "h_n", "c_n"):
        old, new = getattr(before, tensor), getattr(after, tensor)
        if old.sizes != new.sizes:
            yield f"`{tensor}`", f"{old.sizes}", f"{new.sizes}"
    counts = shapes.parameter_count(BASE), shapes.parameter_count(other)
    if counts[0] != counts[1]:
        yield "parameters", str(counts[0]), str(counts[1])


def layouts(tensor: str) -> dict[str, str]:
    """Return the letters of a tensor of the call, the layouts that share them put together."""
    packed = rnn.pack_padded_sequence(torch.zeros(L, N, BASE.H_in), LENGTHS, enforce_sorted=False)
    first = replace(BASE, batch_first=True)
    calls = {
        "time first": shapes.call_shapes(BASE, (L, N, BASE.H_in)),
        "batch first": shapes.call_shapes(first, (N, L, BASE.H_in)),
        "unbatched": shapes.call_shapes(BASE, (L, BASE.H_in)),
        "packed": shapes.call_shapes(BASE, packed),
    }
    found: dict[str, list[str]] = {}
    for layout, call in calls.items():
        found.setdefault(getattr(call, tensor).letters, []).append(layout)
    return {", ".join(names): letters for letters, names in found.items()}


def letters_of_parameter(name: str) -> dict[str, str]:
    """Find the letters that give the size of each axis of a parameter, whatever the arguments."""
    configs = [
        shapes.Config(3, 11, num_layers=3, bidirectional=two, proj_size=proj)
        for two, proj in itertools.product((False, True), (0, 5))
    ]
    return {
        which: f"({', '.join(letters)}{',' * (len(letters) == 1)})"
        for which, layer in {"layer 0": 0, "layers above": 1}.items()
        if (letters := find_letters(configs, name.replace("[k]", str(layer))))
    }


def find_letters(configs: list[shapes.Config], name: str) -> list[str]:
    """Try the products that occur until one gives every size."""
    known = [(config, shapes.parameter_shapes(config)) for config in configs]
    cases = [(config, each[name]) for config, each in known if name in each]
    letters: dict[str, Callable[[shapes.Config], int]] = {
        "4 * H_cell": lambda config: 4 * config.H_cell,
        "H_in": lambda config: config.H_in,
        "H_out": lambda config: config.H_out,
        "H_cell": lambda config: config.H_cell,
        "D * H_out": lambda config: config.D * config.H_out,
    }
    return [
        next(word for word, size in letters.items() if all(size(c) == s[axis] for c, s in cases))
        for axis in range(len(cases[0][1]))
    ]


def examples_of_functions() -> dict[tuple[str, str], torch.Tensor]:
    """Run an LSTMCell and the packing functions once, with a different number for every size."""
    cell = nn.LSTMCell(input_size=3, hidden_size=5)
    x, padded = torch.zeros(N, 3), torch.zeros(L, N, 3)
    h, c = cell(x)
    packed = rnn.pack_padded_sequence(padded, LENGTHS, enforce_sorted=False)
    return {
        **{("nn.LSTMCell", name): each for name, each in cell.named_parameters()},
        **{("nn.LSTMCell", name): each for name, each in zip(("h_1", "c_1"), (h, c), strict=True)},
        **{("nn.LSTMCell", name): each for name, each in {"input": x, "h_0": h, "c_0": c}.items()},
        **{("PackedSequence", name): each for name, each in packed._asdict().items()},
        ("pack_padded_sequence", "input"): padded,
        ("pack_padded_sequence", "lengths"): torch.tensor(LENGTHS),
        ("unpad_sequence", "padded_sequences"): padded,
        ("unpad_sequence", "lengths"): torch.tensor(LENGTHS),
    }


def letters_of(tensor: torch.Tensor) -> str:
    """Read the letters off the sizes, which are all different."""
    letters = {N: "N", L: "L", sum(LENGTHS): "sum(lengths)"}
    letters |= {3: "H_in", 5: "H_cell", 20: "4 * H_cell"}
    words = [letters[size] for size in tensor.shape]
    return f"({', '.join(words)}{',' * (len(words) == 1)})"


def shape_lines(owner: str, name: str) -> list[str]:
    """Say which shape a tensor or a parameter has, and on what it depends."""
    tensors = {field.name for field in fields(shapes.CallShapes) if field.type == "Shape"}
    if owner == "nn.LSTM" and name in tensors:
        found = layouts(name)
    elif owner == "nn.LSTM" and "_l[k]" in name:
        found = letters_of_parameter(name)
    elif (owner, name) in (examples := examples_of_functions()):
        found = {"": letters_of(examples[owner, name])}
    else:
        return []
    if len(set(found.values())) == 1:
        return [f"`{next(iter(found.values()))}`"]
    return [f"{which}: `{letters}`" for which, letters in found.items()]


def uses(script: Script, owner: str, name: str) -> bool:
    """Tell whether the code of a page uses an argument, a tensor or a parameter."""
    called = owner.rpartition(".")[2]
    places = list(signature(OWNERS[owner]))
    if name in places and (called, places.index(name)) in script.calls:
        return True
    plain = IN_CODE.get(name, re.escape(stem(name)))
    return bool(re.search(rf"\b{plain}", script.code) and re.search(rf"\b{called}\b", script.code))


def stem(name: str) -> str:
    """Return what all forms of a name share: weight_ih for weight_ih_l[k]_reverse."""
    return name.partition("_l[k]")[0].removesuffix("()")


def weight(script: Script, name: str) -> int:
    """Say how much a page is about a name."""
    word = re.escape(stem(name))
    headings = "\n".join(script.headings)
    return (
        12 * bool(re.search(rf"\b{word}\b", script.title, re.IGNORECASE))
        + 5 * len(re.findall(rf"\b{word}\b", headings, re.IGNORECASE))
        + len(re.findall(rf"``{word}|`[\w.]*\b{word}`", script.prose))
        + ("_l[k]" in name) * len(re.findall(rf"\b{word}", script.code))
    )


def pages(scripts: Sequence[Script], owner: str, name: str) -> list[Script]:
    """Choose the pages that show a name, in the order of learning.

    Where none does, these are the pages about the function or cell that it belongs to.
    """
    called = owner.rpartition(".")[2]

    def relevance(script: Script) -> int:
        # Names such as hidden_size say little: a cell's pages are those about the cell.
        return weight(script, name) + (weight(script, called) if owner != "nn.LSTM" else 0)

    found = {each: relevance(each) for each in scripts if uses(each, owner, name)}
    if owner != "nn.LSTM" and not any(found.values()):
        found = {each: weight(each, called) for each in scripts if called in each.code}
    best = sorted(filter(found.get, found), key=lambda each: -found[each])[:PAGES_AT_MOST]
    return [each for each in found if each in best]


def fails(owner: str, name: str) -> list[catalogue.Entry]:
    """Return the entries of the catalogue about an argument of a constructor or function."""
    if name not in signature(OWNERS[owner]):
        return []
    named = re.compile(rf"`{name}\b[^`]*`")
    found = (
        each
        for each in catalogue.entries()
        if named.search(f"{each.title} {each.cause} {each.fix}")
    )
    return [each for each in found if about(each, owner)]


def about(entry: catalogue.Entry, owner: str) -> bool:
    """Tell whether torch says the messages of an entry about this layer or function."""
    if owner == "nn.LSTM":
        return "LSTMCell" not in entry.family
    called = re.compile(rf"\b{owner.rpartition('.')[2]}\b")
    recipes = [recipe for message in entry.messages for recipe in message.recipes]
    own = (recipe.removeprefix(catalogue.start()) for recipe in recipes)
    return any(map(called.search, (entry.family, *own)))


def entry(owner: str, name: str, scripts: Sequence[Script]) -> list[str]:
    """Write what is found about a name, as Markdown."""
    rows = []
    if text := default(owner, name):
        rows.append(("Default", text))
    if lines := shape_lines(owner, name):
        rows.append(("Shape", "<br>".join(lines)))
    if owner == "nn.LSTM" and name in CHANGES:
        changes = "<br>".join(f"{what}: {old} → {new}" for what, old, new in changed_by(name))
        rows.append((f"Changes with `{name}={CHANGES[name]}`", changes))
    if failing := fails(owner, name):
        links = [f"{{ref}}`error-{each.id}`" for each in failing]
        rows.append(("What fails", "<br>".join(links)))
    links = [f"{{ref}}`{script.label}`" for script in pages(scripts, owner, name)]
    if links:
        rows.append(("Shown on", "<br>".join(links)))
    text = "\n\n".join(f"{what}\n: {facts}" for what, facts in rows)
    return text.replace("<br>", "\\\n  ").splitlines()


class Argument(SphinxDirective):
    """An entry: a section with the name as its title, the definition, and what is found."""

    required_arguments = 2
    has_content = True

    def run(self) -> list[nodes.Node]:
        """Build the section, and let `{ref}` lead to it."""
        owner, name = self.arguments
        section = nodes.section(ids=[nodes.make_id(f"{owner}-{name}")], classes=["argument"])
        section += nodes.title("", "", nodes.literal(name, name))
        scripts = lessons(Path(self.env.srcdir, self.config.sphinx_gallery_conf["examples_dirs"]))
        text = [*self.content, "", *entry(owner, name, scripts)]
        source = str(self.env.doc2path(self.env.docname))
        self.state.nested_parse(
            StringList("\n".join(text).splitlines(), source), self.content_offset, section
        )
        std = self.env.domains.standard_domain
        label = f"{owner}.{name}".lower()
        std.labels[label] = self.env.docname, section["ids"][0], name
        std.anonlabels[label] = self.env.docname, section["ids"][0]
        self.env.metadata[self.env.docname]["by_argument"] = "found in the scripts"
        return [section]


class ArgumentNames(SphinxDirective):
    """A list of all entries of the page, so that each is one step away."""

    def run(self) -> list[nodes.Node]:
        """Leave a place that is filled once the whole page is read."""
        return [nodes.bullet_list(classes=["argument-names"])]


def fill_names(app: Sphinx, doctree: nodes.document) -> None:
    """Write for each part of the page its title and the names in it, all as links."""
    for names in doctree.findall(nodes.bullet_list):
        if "argument-names" not in names["classes"]:
            continue
        for part in doctree[0].findall(nodes.section):
            entries = [each for each in part.children if is_entry(each)]
            if entries:
                line = nodes.paragraph("", "", link_to(part), nodes.Text(": "))
                for entry_ in entries:
                    line += [link_to(entry_), nodes.Text(", ")]
                line.pop()
                names += nodes.list_item("", line)


def is_entry(part: nodes.Node) -> bool:
    """Tell an entry from other parts of a page."""
    return isinstance(part, nodes.section) and "argument" in part["classes"]


def link_to(section: nodes.section) -> nodes.reference:
    """Make a link with the words of a section's title."""
    words = [child.deepcopy() for child in section[0].children]
    return nodes.reference("", "", *words, refid=section["ids"][0], internal=True)


def outdated(app: Sphinx, env: BuildEnvironment, *_: Any) -> list[str]:
    """Read these pages in each build: a script or torch may have changed."""
    return [name for name, data in env.metadata.items() if "by_argument" in data]


def setup(app: Sphinx) -> dict[str, bool]:
    """Register the directive."""
    app.add_directive("argument", Argument)
    app.add_directive("argument-names", ArgumentNames)
    app.connect("doctree-read", fill_names)
    app.connect("env-get-outdated", outdated)
    return {"parallel_read_safe": True}
