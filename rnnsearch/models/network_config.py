"""The arguments of a custom network's constructor, read from its signature as keys of a file."""

from __future__ import annotations

import dataclasses
import inspect
from collections.abc import Mapping
from functools import cache
from typing import Any, Literal

from rnnsearch.arguments import documented, read_arguments
from rnnsearch.custom_code import find_class
from rnnsearch.errors import InputError, ModelError
from rnnsearch.models.config import NetworkConfig

FILLED = ("input_size", "output_size")
"""Arguments that the task's data fills, where a constructor has them."""

TAKEN: Mapping[str, tuple[str, ...]] = {
    "state": ("state", "hx", "hidden", "hidden_state", "h", "h0", "states"),
    "lengths": ("lengths",),
}
"""What `forward` is given beside x, each with the names by which an argument asks for it."""

PROTOCOL = """class MyNet(torch.nn.Module):
    def __init__(self, input_size, output_size, units: int = 32): ...
    def forward(self, x, state): ...  # x (batch, time, feature), state None at first
        # returns y (batch, time, output_size) and the state; or, for whole sequences,
    def forward(self, x, lengths): ...  # returns y (batch, output_size) or as above, or
    def forward(self, x): ...  # the same, of sequences of one length at a time
"""


def network_class(path: str) -> Any:
    """The class behind `package.module:Class`, looked for in the working directory too.

    Raises:
        ModelError: There is no such module or class, or it is no torch module.
    """
    from torch import nn

    try:
        cls = find_class(path, "network")
    except InputError as error:
        raise ModelError(str(error)) from error
    if not issubclass(cls, nn.Module):
        raise ModelError(f"{path} is no torch.nn.Module. A network is\n{PROTOCOL}")
    return cls


@cache
def network_config(path: str) -> type[NetworkConfig]:
    """A frozen dataclass whose fields are the arguments of a network's constructor.

    An argument has the type of its annotation, or else that of its default; without either it
    takes any plain value. One that a space file cannot set keeps its default and is no field.

    Raises:
        ModelError: There is no such network, or an argument without a default cannot be set.
    """
    cls = network_class(path)
    fields, left_out = read_arguments(path, cls, FILLED)
    fields.insert(0, ("type", Literal[path], path))
    return dataclasses.make_dataclass(
        cls.__name__,
        fields,
        bases=(NetworkConfig,),
        namespace={
            "__doc__": documented(cls),
            "__module__": cls.__module__,
            "left_out": left_out,
            "__reduce__": _reduced,
        },
        frozen=True,
        kw_only=True,
    )


def _reduced(config: NetworkConfig) -> Any:
    """How a config is pickled: by its path, since the dataclass itself is made as it is needed."""
    return _again, (config.type, config.arguments())


def _again(path: str, arguments: Mapping[str, Any]) -> NetworkConfig:
    return network_config(path)(**arguments)


@cache
def takes(path: str) -> Mapping[str, str]:
    """Which of `TAKEN` the `forward` of a network asks for, each with the name of its argument.

    Of none of them where it takes x alone; it then is shown sequences of one length at a time.

    Raises:
        ModelError: It asks for more, so that nobody knows what to give.
    """
    arguments = list(inspect.signature(network_class(path).forward).parameters.values())[1:]
    asked = {
        what: one.name for what, names in TAKEN.items() for one in arguments if one.name in names
    }
    alone = (inspect.Parameter.VAR_POSITIONAL, inspect.Parameter.VAR_KEYWORD)
    unknown = [
        one.name
        for one in arguments[1:]
        if one.default is one.empty and one.kind not in alone and one.name not in asked.values()
    ]
    if unknown or not arguments:
        raise ModelError(
            f"{path}: its forward takes {', '.join(one.name for one in arguments) or 'nothing'}, "
            f"and may take x and then `state` (or {', '.join(TAKEN['state'][1:])}), `lengths`, or "
            f"arguments with defaults. A network is\n{PROTOCOL}"
        )
    return asked
