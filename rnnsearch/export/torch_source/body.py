"""The body of the class `Model`, as lines of Python without the indent of the class."""

from __future__ import annotations

from collections.abc import Iterator

from rnnsearch.export.subject import Subject
from rnnsearch.export.torch_source.own import OwnModule
from rnnsearch.export.torch_source.units import enter, leave
from rnnsearch.models.config import ModelConfig
from rnnsearch.models.network_config import takes
from rnnsearch.models.weights import state_sizes_of
from rnnsearch.tasks.interface import Table


def more_arguments(subject: Subject) -> list[str]:
    """The arguments of `forward` and `step` beside x, the lengths and the state."""
    reads = subject.interface.reads
    return ["series"] if isinstance(reads, Table) and reads.series else []


def _units(subject: Subject) -> Iterator[str]:
    """The methods `enter` and `leave`."""
    more = "".join(f", {one}" for one in more_arguments(subject))
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


def layered_body(subject: Subject) -> Iterator[str]:
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
    more = "".join(f", {one}" for one in more_arguments(subject))
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


def custom_body(subject: Subject, own: OwnModule) -> Iterator[str]:
    """The body of the class of a person's own network; its state is in the form it gives itself."""
    named = takes(subject.network.config.type)
    arguments = ", ".join(f"{name}={value!r}" for name, value in own.arguments.items())
    more = "".join(f", {one}" for one in more_arguments(subject))
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
