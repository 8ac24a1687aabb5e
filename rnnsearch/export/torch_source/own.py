"""The module of a person's own cell or network, copied beside the file that imports it."""

from __future__ import annotations

import inspect
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from rnnsearch.custom_code import find_class
from rnnsearch.errors import ModelError
from rnnsearch.export.subject import Subject
from rnnsearch.given_code import is_given
from rnnsearch.models.config import ModelConfig, is_custom
from rnnsearch.models.network_config import FILLED, network_class

TAKEN = ("model", "torch", "safetensors")
"""Names of modules that the file itself has, or reads."""


@dataclass(frozen=True, slots=True)
class OwnModule:
    """A module of a person's own.

    Attributes:
        name: Of the class.
        module: The name under which it is copied.
        source: Its text.
        arguments: Those of the constructor of a network.
    """

    name: str
    module: str
    source: str
    arguments: Mapping[str, Any] = field(default_factory=dict)


def own_module(subject: Subject) -> OwnModule | None:
    """The module of the network or of its cell; None where neither is a person's own.

    Raises:
        ModelError: It is in a script or a notebook, so that no file can be copied.
    """
    config = subject.network.config
    arguments: dict[str, Any] = {}
    if not isinstance(config, ModelConfig):
        path, kind = config.type, "network"
        cls: Any = network_class(path)
        filled = dict(
            zip(FILLED, (subject.network.input_size, subject.network.output_size), strict=True)
        )
        asked = inspect.signature(cls).parameters
        arguments = {name: one for name, one in filled.items() if name in asked}
        arguments |= config.arguments()
    elif is_custom(config.cell):
        path, kind = config.cell, "cell"
        cls = find_class(path, kind)
    else:
        return None
    file = None if is_given(path) else inspect.getsourcefile(cls)
    if file is None or "." in cls.__qualname__:
        raise ModelError(
            f"the {kind} {path} has no file of its own that could be copied beside the model. Put "
            "the class at the top of a module, and train with that."
        )
    name = cls.__module__.rpartition(".")[2]
    module = f"own_{name}" if name in TAKEN else name
    return OwnModule(cls.__name__, module, Path(file).read_text(encoding="utf-8"), arguments)
