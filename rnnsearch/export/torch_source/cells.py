"""A layer of each kind of cell, as lines of Python: a class `Layer` of one layer in one direction.

`Layer(inputs, units)` is called with numbers (time, batch, inputs) and the parts of the state, each
(batch, units), and gives outputs (time, batch, units) and the parts after the last time step.
"""

from __future__ import annotations

import inspect
from collections.abc import Iterator
from types import FunctionType, ModuleType
from typing import Any

from rnnsearch.models.cells import CELLS, INPUTS, Cell
from rnnsearch.models.config import ModelConfig


def layer_source(config: ModelConfig, own: str) -> Iterator[str]:
    """The lines of the class `Layer`, and of what it calls.

    Args:
        own: The name of the class of a person's own cell, which the file imports; else empty.
    """
    if own:
        yield from _own(config, own)
    elif CELLS[config.cell].torch:
        yield from _of_torch(config)
    else:
        yield from _stepped(config)


def _equations(config: ModelConfig) -> list[str]:
    cell = CELLS[config.cell]
    lines = list(cell.equations)
    if config.nonlinearity in cell.nonlinearities[1:]:
        lines = [one.replace("tanh", config.nonlinearity) for one in lines]
    return lines


def _docstring(config: ModelConfig, title: str, letters: list[str]) -> Iterator[str]:
    yield f'    """{title}'
    yield ""
    yield from (f"        {one}" for one in _equations(config))
    yield ""
    yield from (f"    {one}" for one in letters)
    yield '    """'


def _of_torch(config: ModelConfig) -> Iterator[str]:
    cell = CELLS[config.cell]
    options = ", bias=False" if not config.bias else ""
    if config.nonlinearity in cell.nonlinearities[1:]:
        options += f', nonlinearity="{config.nonlinearity}"'
    yield "class Layer(nn.Module):"
    letters = ["U is `weight_ih_l0`, b `bias_ih_l0`, W `weight_hh_l0` and d `bias_hh_l0`."]
    yield from _docstring(config, f"A layer in one direction, torch's own {cell.torch}.", letters)
    yield ""
    yield "    def __init__(self, inputs, units):"
    yield "        super().__init__()"
    yield f"        self.rnn = nn.{cell.torch}(inputs, units{options})"
    yield ""
    yield "    def forward(self, x, state):"
    if cell.states > 1:
        yield "        state = tuple(part[None].contiguous() for part in state)"
        yield "        outputs, state = self.rnn(x, state)"
        yield "        return outputs, [part[0] for part in state]"
    else:
        yield "        outputs, state = self.rnn(x, state[0][None].contiguous())"
        yield "        return outputs, [state[0]]"


def _stepped(config: ModelConfig) -> Iterator[str]:
    cell = CELLS[config.cell]
    yield from _functions(cell)
    yield "class Layer(nn.Module):"
    leaves = cell.weights(bias=config.bias)
    letters = [
        f"{leaf.letter} is `{leaf.name}`: {leaf.meaning or 'across time'}." for leaf in leaves
    ]
    yield from _docstring(config, f"A layer of `{config.cell}` in one direction.", letters)
    yield ""
    yield "    def __init__(self, inputs, units):"
    yield "        super().__init__()"
    for leaf in leaves:
        axes = [
            "inputs" if axis == INPUTS else "units" if axis == 1 else f"{axis} * units"
            for axis in leaf.axes
        ]
        yield f"        self.{leaf.name} = nn.Parameter(torch.empty({', '.join(axes)}))"
    yield ""
    yield "    def forward(self, x, state):"
    yield "        weights = dict(self.named_parameters())"
    yield "        read = enter(x, weights)"
    yield "        return over_time(lambda one, before: step(one, before, weights), read, state)"
    yield from _over_time()


def _own(config: ModelConfig, own: str) -> Iterator[str]:
    arguments = "".join(f", {name}={value!r}" for name, value in config.cell_args)
    yield "class Layer(nn.Module):"
    yield f'    """A layer of `{own}` in one direction, time step by time step."""'
    yield ""
    yield "    def __init__(self, inputs, units):"
    yield "        super().__init__()"
    yield f"        self.cell = {own}(inputs, units{arguments})"
    yield ""
    yield "    def forward(self, x, state):"
    yield "        return over_time(self.cell, x, state)"
    yield from _over_time()


def _over_time() -> Iterator[str]:
    """What a layer of single time steps goes over all of them with; `programs` puts another one in
    its place."""
    yield ""
    yield ""
    yield "def over_time(step, read, state):"
    yield '    """Outputs of all time steps, and the parts of the state after the last one."""'
    yield "    outputs, state = [], tuple(state)"
    yield "    for one in read.unbind(0):"
    yield "        output, state = step(one, state)"
    yield "        outputs.append(output)"
    yield "    return torch.stack(outputs), list(state)"


def _functions(cell: Cell) -> Iterator[str]:
    """The source of a cell's `enter` and `step`, and of all that they call."""
    wanted: dict[str, str] = {}
    _gather(cell.code.enter, "enter", wanted)
    _gather(cell.code.step, "step", wanted)
    for source in wanted.values():
        yield from source.splitlines()
        yield ""
        yield ""


def _gather(value: Any, name: str, wanted: dict[str, str]) -> None:
    """Note the source of a function under its name, behind that of what it reads."""
    if name in wanted:
        return
    if isinstance(value, ModuleType):
        wanted[name] = f"import {value.__name__} as {name}"
    elif not isinstance(value, FunctionType):
        wanted[name] = f"{name} = {value!r}"
    elif not value.__module__.startswith("torch"):
        for word in value.__code__.co_names:
            used = value.__globals__.get(word)
            if used is not None and word not in ("torch", "functional", "nn", "Tensor"):
                _gather(used, word, wanted)
        wanted[name] = inspect.getsource(value).rstrip()
