"""Optimizers that a person brought: the class, and which keys of a file are its arguments.

Torch is imported where a class is looked for, and not before.
"""

from __future__ import annotations

import inspect
from collections.abc import Mapping
from functools import cache
from typing import Any

from rnnsearch.arguments import arguments_config
from rnnsearch.custom_code import calling, find_class
from rnnsearch.errors import InputError, ModelError

SETTINGS = {"lr": "learning_rate", "weight_decay": "weight_decay", "momentum": "momentum"}
"""Arguments that a class is given where its constructor names them, and which keys of `training`
they are."""

PROTOCOL = """class MyOptimizer(torch.optim.Optimizer):
    def __init__(self, params, lr, weight_decay=0.0, ...): ...
    def step(self): ...  # updates the parameters by their gradients, `p.grad`
"""


def optimizer_class(path: str) -> Any:
    """The class behind `package.module:Class`, looked for in the working directory too.

    Raises:
        ModelError: There is no such module or class, or it is no optimizer of torch's kind.
    """
    from torch.optim import Optimizer

    try:
        cls = find_class(path, "optimizer")
    except InputError as error:
        raise ModelError(str(error)) from error
    if not issubclass(cls, Optimizer):
        raise ModelError(f"{path} is no torch.optim.Optimizer. An optimizer is\n{PROTOCOL}")
    with calling(f"reading the arguments of {path}", ModelError):
        names = list(inspect.signature(cls).parameters)
    if "lr" not in names:
        raise ModelError(
            f"{path}: its constructor takes {', '.join(names)}, and no `lr`, the learning rate "
            f"that it is given before each training step. An optimizer is\n{PROTOCOL}"
        )
    return cls


def settings_of(path: str) -> Mapping[str, str]:
    """Those of `SETTINGS` that the constructor of a class names.

    Raises:
        ModelError: As for `optimizer_class`.
    """
    named = inspect.signature(optimizer_class(path)).parameters
    return {name: key for name, key in SETTINGS.items() if name in named}


def optimizer_arguments(path: str) -> type:
    """A dataclass of the other arguments of its constructor; see `arguments.arguments_config`.

    Raises:
        ModelError: As for `optimizer_class`, or an argument without a default cannot be set.
    """
    return _arguments(path, optimizer_class(path))


@cache
def _arguments(path: str, cls: Any) -> type:
    first = next(iter(inspect.signature(cls).parameters))
    return arguments_config(path, cls, (first, *SETTINGS))
