"""A trained network as one file of Python: a plain `nn.Module` and an example."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Sequence

import numpy as np
import torch
from torch import Tensor

from rnnsearch.export.description import description, labels_of, x_shape
from rnnsearch.export.subject import Subject
from rnnsearch.export.torch_source.cells import layer_source
from rnnsearch.export.torch_source.own import OwnModule
from rnnsearch.export.torch_source.units import constants, enter, leave
from rnnsearch.export.units import dtype_of
from rnnsearch.models.config import ModelConfig, is_custom
from rnnsearch.models.weights import custom_module_name, state_sizes_of
from rnnsearch.tasks.interface import Symbols, Table

WEIGHTS = "model.safetensors"


def module_source(subject: Subject, own: OwnModule | None) -> str:
    """The file.

    Args:
        own: The module of a person's own cell or network, which lies beside it.
    """
    lines = [*_head(subject, own), *_constants(subject), ""]
    if subject.custom:
        assert own is not None
        body = _custom(subject, own)
    else:
        lines += ["", *layer_source(subject.network.config, own.name if own else ""), ""]
        body = _layered(subject)
    lines += ["", "class Model(nn.Module):", *_about(subject), ""]
    lines += [f"    {line}" if line else "" for line in body]
    lines += ["", "", *_foot(subject)]
    return "\n".join(lines) + "\n"


def _head(subject: Subject, own: OwnModule | None) -> Iterator[str]:
    told = description(subject)
    first = f"The network of {subject.name}: {told['network']}, task {told['task']}."
    yield f'"""{first}'
    yield ""
    yield f"Written by {told['made_by']}. It needs torch and safetensors, and {WEIGHTS} beside it."
    yield ""
    for name in ("x", "y", "notes"):
        text = f"{name}: {told[name]}" if name != "notes" else told[name]
        yield from textwrap.wrap(text.replace("\\", "\\\\").replace('"""', "'''"), 96)
    yield '"""'
    yield ""
    yield "from __future__ import annotations"
    yield ""
    yield "from collections.abc import Mapping"
    yield "from pathlib import Path"
    yield ""
    yield "import torch"
    yield "from safetensors.torch import load_file"
    yield "from torch import Tensor, nn"
    yield "from torch.nn import functional"
    if own is not None:
        yield ""
        yield f"from {own.module} import {own.name}  # your own code, copied as it was"
    yield ""


def _constants(subject: Subject) -> Iterator[str]:
    """The names that inputs and answers have, and what scales them."""
    told = description(subject)
    dtype = str(subject.network.dtype).removeprefix("torch.")
    yield f"DTYPE = torch.{dtype}"
    for key in ("features", "symbols", "series", "classes", "targets", "quantiles", "outputs"):
        if key in told:
            names = told[key]
            letters = key == "symbols" and all(isinstance(one, str) for one in names)
            yield f"{key.upper()} = {(''.join(names) if letters else names)!r}"
    if "unknown_symbol" in told:
        yield f"UNKNOWN_SYMBOL = {told['unknown_symbol']}"
    yield from constants(subject.interface.reads, subject.interface.answers)


def _about(subject: Subject) -> Iterator[str]:
    state = "y and the state behind it" if subject.keeps_state else "y"
    yield '    """Inputs and answers are in the units of the data.'
    yield ""
    yield f"    Called with whole sequences it gives {state}."
    yield '    """'


def _arguments(subject: Subject) -> list[str]:
    reads = subject.interface.reads
    return ["series"] if isinstance(reads, Table) and reads.series else []


def _units(subject: Subject) -> Iterator[str]:
    """The methods `enter` and `leave`."""
    more = "".join(f", {one}" for one in _arguments(subject))
    reads = subject.interface.reads
    kept = isinstance(reads, Table) and reads.anchor != "none"
    yield ""
    yield f"def enter(self, x{more}):"
    yield '    """What the network reads of x (batch, time, ...), time first."""'
    yield from (f"    {line}" for line in enter(reads))
    yield f"    return read, {'kept' if kept else 'None'}"
    yield ""
    yield f"def leave(self, outputs, kept{more}):"
    yield '    """What outputs (time, batch, output) mean, batch first."""'
    yield from (f"    {line}" for line in leave(subject.interface.answers))
    yield "    return y"


def _layered(subject: Subject) -> Iterator[str]:
    """The body of the class of a network of layers."""
    network = subject.network
    config: ModelConfig = network.config
    both = config.directions
    width = network.input_size if network.embedding is None else config.embedding_size
    widths = [width, *(both * one for one in config.widths[:-1])]
    pairs = list(zip(widths, config.widths, strict=True))
    sizes = [
        size for one in config.widths for _ in range(both) for size in state_sizes_of(config, one)
    ]
    learned = config.initial_state == "learned"
    more = "".join(f", {one}" for one in _arguments(subject))
    yield f"SIZES = {sizes!r}  # of the parts of the state, which lie side by side"
    yield f"STATE = {sum(sizes) + learned}  # numbers of a sequence's state"
    yield ""
    yield "def __init__(self):"
    yield "    super().__init__()"
    if network.embedding is not None:
        yield f"    self.embedding = nn.Embedding({network.input_size}, {width})"
    layers = ", ".join(f"Layer({a}, {b})" for a, b in pairs)
    yield f"    self.layers = nn.ModuleList([{layers}])"
    if both == 2:
        yield f"    self.backwards = nn.ModuleList([{layers}])"
    if config.layer_norm:
        norms = ", ".join(f"nn.LayerNorm({both * one})" for one in config.widths)
        yield f"    self.norms = nn.ModuleList([{norms}])"
    if learned:
        yield f"    self.first = nn.Parameter(torch.empty({sum(sizes)}))  # the learned first state"
    yield f"    self.head = nn.Linear({both * config.widths[-1]}, {network.output_size})"
    lengths = ", lengths" if subject.lengths else ""
    yield ""
    yield f"def forward(self, x{lengths}{more}):"
    yield f"    read, kept = self.enter(x{more})"
    yield "    outputs, state = self.run(read, self.zeros(read.shape[1])" + f"{lengths})"
    yield f"    y = self.leave(outputs, kept{more})"
    if subject.head == "last":
        yield "    y = y[:, 0]  # the one time step at which there is an answer"
    state = f"state.reshape(-1, {subject.each} * self.STATE)" if subject.each > 1 else "state"
    yield f"    return y, {state}" if subject.keeps_state else "    return y"
    if not subject.no_stream:
        yield ""
        yield f"def step(self, x, state{more}):"
        yield '    """One time step: y and the next state. A state of zeros begins a sequence."""'
        yield f"    read, kept = self.enter(x[:, None]{more})"
        if subject.each > 1:
            yield "    state = state.reshape(-1, self.STATE)"
        yield "    outputs, state = self.run(read, state)"
        yield f"    return self.leave(outputs, kept{more})[:, 0], {state}"
    yield ""
    yield "def zeros(self, batch):"
    yield '    """The state before the first time step."""'
    yield "    return torch.zeros(batch, self.STATE, dtype=DTYPE, device=self.head.weight.device)"
    yield from _units(subject)
    yield ""
    yield "def run(self, current, state, lengths=None):"
    yield '    """Outputs of the head, and the state behind the last time step."""'
    if network.embedding is not None:
        yield "    current = self.embedding(current)"
    elif network.symbolic:
        yield f"    current = functional.one_hot(current, {network.input_size}).to(DTYPE)"
    if learned:
        yield "    begun = state[:, -1:] != 0  # 0 at the start of a sequence"
        yield "    state = torch.where(begun, state[:, :-1], self.first)"
    yield "    before = iter(state.split(self.SIZES, 1))"
    yield "    after = []"
    parts = len(state_sizes_of(config, config.widths[0]))
    yield "    for number, layer in enumerate(self.layers):"
    if config.residual:
        yield "        below = current"
    yield f"        outputs, last = layer(current, [next(before) for _ in range({parts})])"
    yield "        after += last"
    if both == 2:
        yield "        turned = backwards(current, lengths)"
        yield "        layer = self.backwards[number]"
        yield f"        others, last = layer(turned, [next(before) for _ in range({parts})])"
        yield "        after += last"
        yield "        outputs = torch.cat([outputs, backwards(others, lengths)], -1)"
    yield "        current = outputs"
    if config.layer_norm:
        yield "        current = self.norms[number](current)"
    if config.residual:
        yield "        if number:"
        yield "            current = current + below"
    if subject.head == "last":
        yield from _ends(config)
    if learned:
        yield "    after.append(torch.ones_like(state[:, :1]))"
    yield "    return self.head(current), torch.cat(after, 1)"


def _ends(config: ModelConfig) -> Iterator[str]:
    """Lines that leave what the head reads at the end of a sequence."""
    hidden = config.widths[-1]
    if config.bidirectional:
        yield "    first = current[:1]  # where the layers that read backwards end"
    yield "    if lengths is None:"
    yield "        current = current[-1:]"
    yield "    else:  # the last valid time step of each sequence"
    yield "        ends = (lengths - 1).view(1, -1, 1).expand(1, -1, current.shape[2])"
    yield "        current = current.gather(0, ends)"
    if config.bidirectional:
        yield f"    current = torch.cat([current[..., :{hidden}], first[..., {hidden}:]], -1)"


def _custom(subject: Subject, own: OwnModule) -> Iterator[str]:
    """The body of the class of a person's own network; its state is in the form it gives itself."""
    from rnnsearch.models.network_config import takes

    network, named = subject.network, takes(subject.network.config.type)
    arguments = ", ".join(f"{name}={value!r}" for name, value in own.arguments.items())
    more = "".join(f", {one}" for one in _arguments(subject))
    lengths = ", lengths" if subject.lengths else ""
    yield "def __init__(self):"
    yield "    super().__init__()"
    yield f"    self.network = {own.name}({arguments})"
    yield ""
    yield f"def forward(self, x{lengths}{more}):"
    yield f"    read, kept = self.enter(x{more})"
    given = [f"{named['state']}=None"] if "state" in named else []
    given += [f"{named['lengths']}=lengths"] if subject.lengths else []
    elsewhere = "lengths" in named and not subject.lengths
    if elsewhere:
        yield "    whole = torch.full((read.shape[1],), read.shape[0])"
        given.append(f"{named['lengths']}=whole")
    call = ", ".join(["read.transpose(0, 1)", *given])
    yield f"    outputs{', state' if 'state' in named else ''} = self.network({call})"
    if subject.head == "last":
        yield "    if outputs.ndim == 3:  # an answer at each time step, of which the last counts"
        if subject.lengths:
            yield "        outputs = outputs[torch.arange(len(outputs)), lengths - 1]"
        else:
            yield "        outputs = outputs[:, -1]"
        yield "    outputs = outputs[:, None]"
    yield f"    y = self.leave(outputs.transpose(0, 1), kept{more})"
    if subject.head == "last":
        yield "    y = y[:, 0]"
    yield "    return y, state" if subject.keeps_state else "    return y"
    if not subject.no_stream:
        yield ""
        yield f"def step(self, x, state=None{more}):"
        yield '    """One time step: y and the next state. A state of None begins a sequence."""'
        yield f"    read, kept = self.enter(x[:, None]{more})"
        given = [f"{named['state']}=state"]
        if elsewhere:
            yield "    whole = torch.ones(read.shape[1], dtype=torch.int64)"
            given.append(f"{named['lengths']}=whole")
        call = ", ".join(["read.transpose(0, 1)", *given])
        yield f"    outputs, state = self.network({call})"
        yield "    outputs = outputs[:, None] if outputs.ndim == 2 else outputs"
        yield f"    return self.leave(outputs.transpose(0, 1), kept{more})[:, 0], state"
    yield from _units(subject)
    del network


def _foot(subject: Subject) -> Iterator[str]:
    """What loads the model, and an example."""
    config = subject.network.config
    if isinstance(config, ModelConfig) and config.bidirectional:
        yield "def backwards(x, lengths):"
        yield '    """Each sequence of x (time, batch, width) from its last valid time step to its'
        yield '    first."""'
        yield "    if lengths is None:"
        yield "        return x.flip(0)"
        yield "    time = torch.arange(x.shape[0], device=x.device)[:, None]"
        yield "    places = torch.where(time < lengths, lengths - 1 - time, time)"
        yield "    return x.gather(0, places[:, :, None].expand_as(x))"
        yield ""
        yield ""
    yield f'def load(path=Path(__file__).with_name("{WEIGHTS}")):'
    yield '    """The model with its weights."""'
    yield "    model = Model().to(DTYPE)"
    yield "    model.load_state_dict(load_file(path))"
    yield "    return model.requires_grad_(False).eval()"
    yield ""
    yield ""
    yield "def main():"
    yield from (f"    {line}" for line in example(subject, "load()"))
    yield ""
    yield ""
    yield 'if __name__ == "__main__":'
    yield "    main()"


def example(subject: Subject, load: str, classes: str = "CLASSES") -> Iterator[str]:
    """Lines that use the model: ten time steps of zeros at once, then one by one.

    Args:
        load: What gives the model.
        classes: What holds the names of the classes.
    """
    reads = subject.interface.reads
    shape = [1, 10, *x_shape(subject, single=True)[1:]]
    given = [*(["lengths"] if subject.lengths else []), *_arguments(subject)]
    yield f"model = {load}"
    yield f"x = torch.zeros({tuple(shape)}, dtype=torch.{np.dtype(dtype_of(reads)).name})"
    if isinstance(reads, Symbols) and all(isinstance(one, str) for one in reads.names):
        yield "# of a text: [SYMBOLS.index(one) for one in text]"
    if "lengths" in given:
        yield "lengths = torch.tensor([10])  # valid time steps of each sequence"
    if "series" in given:
        yield "series = torch.tensor([0])  # which of SERIES it is"
    names = "y, state" if subject.keeps_state else "y"
    yield f"{names} = model({', '.join(['x', *given])})"
    yield "print(y)"
    if labels_of(subject):
        yield f"print([{classes}[at] for at in y.argmax(-1).flatten()])"
    if subject.no_stream:
        return
    more = "".join(f", {one}" for one in _arguments(subject))
    if subject.custom:
        yield "state = None  # a sequence begins"
    else:
        times = f" * {subject.each}" if subject.each > 1 else ""
        yield f"state = torch.zeros(1, model.STATE{times}, dtype=torch.{_dtype(subject)})"
    yield "for one in x.unbind(1):"
    yield f"    y, state = model.step(one, state{more})"
    yield "print(y)"


def _dtype(subject: Subject) -> str:
    return str(subject.network.dtype).removeprefix("torch.")


def module_weights(subject: Subject) -> dict[str, Tensor]:
    """The weights under the names that they have in the file's `Model`."""
    network = subject.network
    if subject.custom:
        return {f"network.{name}": one for name, one in network.inner.state_dict().items()}
    config: ModelConfig = network.config
    weights = {"head.weight": network.head.weight, "head.bias": network.head.bias}
    if network.embedding is not None:
        weights["embedding.weight"] = network.embedding.weight
    first: list[Tensor] = []
    for layer in range(len(config.widths)):
        for side in range(config.directions):
            place = f"{('layers', 'backwards')[side]}.{layer}"
            weights |= {f"{place}.{name}": one for name, one in _layer(subject, layer, side)}
            if config.initial_state == "learned":
                parts = range(len(state_sizes_of(config, config.widths[layer])))
                first += [network.weight(f"initial{part}", layer, side) for part in parts]
        if config.layer_norm:
            for name in ("weight", "bias"):
                weights[f"norms.{layer}.{name}"] = network.weight(f"norm_{name}", layer)
    if first:
        weights["first"] = torch.cat(first)
    return {name: one.detach().contiguous() for name, one in weights.items()}


def _layer(subject: Subject, layer: int, side: int) -> Sequence[tuple[str, Tensor]]:
    """The weights of a layer in one direction by their names in `Layer`."""
    from rnnsearch.models.cells import CELLS

    network, config = subject.network, subject.network.config
    if is_custom(config.cell):
        name, number = custom_module_name(layer, side).split(".")
        cell = getattr(network.rnn, name)[int(number)]
        return [(f"cell.{own}", one) for own, one in cell.state_dict().items()]
    entry = CELLS[config.cell]
    names = [leaf.name for leaf in entry.weights(bias=config.bias)]
    spell = "rnn.{}_l0" if entry.torch else "{}"
    return [(spell.format(name), network.weight(name, layer, side)) for name in names]
