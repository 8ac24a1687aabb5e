"""What a study keeps of code that was given, and what stands in for it where it is not here."""

from __future__ import annotations

import inspect
import json
import sys
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, Literal, get_args

from rnnsearch.errors import InputError
from rnnsearch.given_code import absent, find, is_given, name_in, put_stand_in

_Kinds, _EMPTY = inspect.Parameter, inspect.Parameter.empty

Kind = Literal["network", "optimizer", "class", "generator", "function"]


@dataclass(frozen=True, slots=True)
class Kept:
    """What a study keeps of an object beside its source, to be looked at without it.

    Attributes:
        arguments: Names of the arguments of a constructor or function, with those defaults that
            JSON has; None for the others.
        forward: Of a network, names of the arguments of `forward` behind `self`, and whether each
            may be left out.
    """

    path: str
    kind: Kind
    arguments: Mapping[str, Any]
    forward: Mapping[str, bool]

    def to_json(self) -> str:
        """As text."""
        return json.dumps(asdict(self))

    @classmethod
    def from_json(cls, text: str) -> Kept:
        """The opposite of `to_json`.

        Raises:
            ValueError: The text is none of `to_json`.
        """
        raw = json.loads(text)
        try:
            one = cls(**raw)
            names = [*one.arguments, *one.forward]
            good = is_given(one.path) and one.kind in get_args(Kind)
        except (TypeError, AttributeError) as error:
            raise ValueError("it describes no code") from error
        if not (good and all(name.isidentifier() for name in names)):
            raise ValueError("it describes no code")
        return one


def kept(path: str) -> Kept:
    """What a study keeps of an object that this process knows."""
    value = find(path, "code")
    arguments = {name: _plain(one.default) for name, one in _parameters(value)}
    forward = _parameters(getattr(value, "forward", None))[1:]
    may_lack = {name: one.default is not one.empty for name, one in forward}
    return Kept(path, _kind(value), arguments, may_lack)


def _parameters(value: Any) -> list[tuple[str, inspect.Parameter]]:
    """The arguments of a class or function that have names."""
    if value is None:
        return []
    some = inspect.signature(value).parameters.items()
    return [
        pair for pair in some if pair[1].kind not in (_Kinds.VAR_POSITIONAL, _Kinds.VAR_KEYWORD)
    ]


def _plain(default: Any) -> Any:
    return default if isinstance(default, bool | int | float | str) else None


def _kind(value: Any) -> Kind:
    if isinstance(value, type):
        module = getattr(sys.modules.get("torch.nn"), "Module", ())
        optimizer = getattr(sys.modules.get("torch.optim"), "Optimizer", ())
        if issubclass(value, optimizer):
            return "optimizer"
        return "network" if issubclass(value, module) else "class"
    return "generator" if inspect.isgeneratorfunction(value) else "function"


def stand_in(what: Kept) -> None:
    """Make a study readable whose code is not here.

    Its arguments are known by their names alone, and whatever calls it is told what to pass.
    """
    path = what.path

    def call(*args: Any, **arguments: Any) -> Any:
        raise InputError(absent(path))

    def generate(config: Any, state: Any = None) -> Any:
        raise InputError(absent(path))
        yield

    if what.kind in ("function", "generator"):
        put_stand_in(path, generate if what.kind == "generator" else call)
        return
    base: type = object
    if what.kind == "network":
        from torch import nn

        base = nn.Module
    elif what.kind == "optimizer":
        from torch import optim

        base = optim.Optimizer
    call.__annotations__ = dict.fromkeys(what.arguments, Any)
    call.__signature__ = inspect.Signature(  # type: ignore[attr-defined]
        [inspect.Parameter("self", _Kinds.POSITIONAL_OR_KEYWORD)]
        + [
            inspect.Parameter(name, _Kinds.KEYWORD_ONLY, default=default)
            for name, default in what.arguments.items()
        ]
    )

    def forward(*args: Any, **arguments: Any) -> Any:
        raise InputError(absent(path))

    forward.__signature__ = inspect.Signature(  # type: ignore[attr-defined]
        [inspect.Parameter("self", _Kinds.POSITIONAL_OR_KEYWORD)]
        + [
            inspect.Parameter(name, _Kinds.KEYWORD_ONLY, default=None if may_lack else _EMPTY)
            for name, may_lack in what.forward.items()
        ]
    )
    put_stand_in(path, type(name_in(path), (base,), {"__init__": call, "forward": forward}))
