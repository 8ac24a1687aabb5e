"""Samplers of Optuna and OptunaHub by name, with their constructors' arguments as keys.

`optuna.samplers:CmaEsSampler` and any other class below Optuna's `BaseSampler`, also one of your
own, is a `type` as it stands. `hub:samplers/auto_sampler:AutoSampler` is one of OptunaHub, which
downloads it from the network as the study is made: nobody has tried those here.

Such a sampler gets the seed of the run where its constructor takes a `seed`, and is shown the
trials as they are: stopped ones are pruned, and what it makes of them is its own affair.
"""

from __future__ import annotations

import dataclasses
import inspect
import warnings
from functools import cache
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any, cast

from rnnsearch.arguments import arguments_config
from rnnsearch.custom_code import find_class
from rnnsearch.errors import InputError, ModelError

if TYPE_CHECKING:
    from rnnsearch.sampling.sampler import Start

HUB = "hub:"


@cache
def optuna_config(path: str) -> Any:
    """A frozen dataclass with the arguments of a sampler's constructor, and a method `make`.

    Args:
        path: `package.module:Class`, or `hub:package:Class`.

    Returns:
        None where the class is no sampler of Optuna's, so that it must be a config itself.

    Raises:
        InputError: There is no such class, or an argument without a default cannot be set.
    """
    cls = _of_hub(path) if path.startswith(HUB) else find_class(path, "sampler")
    if dataclasses.is_dataclass(cls) or hasattr(cls, "make"):
        return None
    from optuna.samplers import BaseSampler

    if not issubclass(cls, BaseSampler):
        return None
    try:
        base = arguments_config(path, cls, ("seed",))
    except ModelError as error:
        raise InputError(f"{error}{_REMEDY}") from error
    for one in dataclasses.fields(base):
        if one.default is dataclasses.MISSING:
            raise InputError(
                f"{path}: its argument `{one.name}` has no default, and no study can say what it "
                f"is.{_REMEDY}"
            )

    def make(self: Any, start: Start) -> Any:
        from rnnsearch.sampling.informed import informed

        given = {one.name: getattr(self, one.name) for one in dataclasses.fields(base)}
        if "seed" in inspect.signature(cls).parameters:
            given["seed"] = start.run_seed
        if path.startswith(HUB):
            start.say(f"{path} comes from OptunaHub and was never tried with rnnsearch")
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", _experimental())
            return informed(cast("Any", cls)(**given), start.prior)

    return dataclasses.make_dataclass(
        cls.__name__,
        [],
        bases=(base,),
        namespace={"__doc__": _summary(cls), "__module__": cls.__module__, "make": make},
        frozen=True,
    )


_REMEDY = (
    " Write a class with a method `make(start)` that returns the sampler, as the guide shows: "
    "`rnnsearch guide extending`."
)


def _experimental() -> type[Warning]:
    import optuna

    return cast("type[Warning]", optuna.exceptions.ExperimentalWarning)


def _summary(cls: type) -> str:
    """The first sentence of a class's docstring; those of Optuna go on for pages."""
    return inspect.cleandoc(cls.__doc__ or f"{cls.__name__}.").split("\n\n")[0]


def _of_hub(path: str) -> type:
    package, _, name = path.removeprefix(HUB).partition(":")
    if not name:
        raise InputError(
            f"the sampler {path} is written hub:PACKAGE:CLASS, such as "
            "hub:samplers/auto_sampler:AutoSampler."
        )
    if find_spec("optunahub") is None:
        raise InputError(
            f"the sampler {path} needs OptunaHub, which is not installed, and a network: "
            "pip install optunahub. Without them take one of the built-in samplers, such as tpe."
        )
    import optunahub

    try:
        module = optunahub.load_module(package)
    except Exception as error:
        raise InputError(
            f"OptunaHub gives no {package}: {type(error).__name__}: {error}. It is downloaded from "
            "GitHub; its name stands on hub.optuna.org."
        ) from error
    cls = getattr(module, name, None)
    if not isinstance(cls, type):
        raise InputError(f"{package} of OptunaHub has no class {name}.")
    return cls
