"""The arguments of a custom network's constructor, read from its signature as keys of a file."""

from __future__ import annotations

import dataclasses
import inspect
from collections.abc import Mapping
from functools import cache
from types import UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin, get_type_hints

from rnnsearch.custom_code import calling, find_class
from rnnsearch.errors import InputError, ModelError
from rnnsearch.models.config import NetworkConfig
from rnnsearch.plugins import settable
from rnnsearch.vocabulary import PlainValue

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
    with calling(f"reading the arguments of {path}", ModelError):
        arguments = inspect.signature(cls).parameters.values()
        hints = get_type_hints(cls.__init__, include_extras=True)
    fields: list[tuple[str, Any, Any]] = [("type", Literal[path], path)]
    left_out: dict[str, str] = {}
    for one in arguments:
        if one.name in FILLED or one.kind in (one.VAR_POSITIONAL, one.VAR_KEYWORD):
            continue
        required = one.default is one.empty
        hint = _hint(hints.get(one.name, Any if required else type(one.default)))
        kind = get_args(hint)[0] if get_origin(hint) is Annotated else hint
        if problem := _problem(one, kind):
            if required:
                raise ModelError(f"{path}: its argument `{one.name}` {problem}")
            left_out[one.name] = problem
        else:
            default = dataclasses.MISSING if required else one.default
            fields.append((one.name, hint, dataclasses.field(default=default)))
    return dataclasses.make_dataclass(
        cls.__name__,
        fields,
        bases=(NetworkConfig,),
        namespace={
            "__doc__": _documented(cls),
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


def _hint(hint: Any) -> Any:
    """The type of an argument as a field has it: of a union the members that a file can write.

    An argument without a type (`units`, `dropout=None`) says nothing of what it takes, and one that
    takes several types is read by the value alone: both are any plain value.
    """
    if hint in (Any, object, type(None)):
        return PlainValue
    if get_origin(hint) not in (Union, UnionType):
        return hint
    members = [member for member in get_args(hint) if settable(member)]
    none = (None,) if type(None) in get_args(hint) else ()
    if len(members) == 1:
        return Union[(members[0], *none)]
    return PlainValue if members and set(members) <= {bool, int, float, str} else hint


def _problem(argument: inspect.Parameter, kind: Any) -> str:
    """Why an argument is no key of a space file, as the end of a sentence; empty where it is."""
    if argument.name == "type":
        return "cannot be called `type`, which is the key that names the class."
    if argument.kind is argument.POSITIONAL_ONLY:
        return "can be given by its position alone; take the `/` out."
    if kind is not PlainValue and not settable(kind):
        return (
            "has a type that a space file cannot set; allowed are int, float, bool, str, Literal, "
            "tuple[int, ...] and the like, any of these or None, and frozen dataclasses of such "
            "fields with defaults."
        )
    return ""


def _documented(cls: Any) -> str:
    """The docstring of a network, with its arguments where those of a dataclass have theirs."""
    texts = (cls.__doc__, cls.__init__.__doc__)
    text = "\n\n".join(inspect.cleandoc(one) for one in texts if one)
    return text.replace("Args:\n", "Attributes:\n")


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
