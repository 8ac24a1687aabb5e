"""Arguments and options that several commands share."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Any, Literal

import typer

from rnnsearch.cli.store import followed
from rnnsearch.commands import DEFAULT_STORAGE
from rnnsearch.records.sinks import SINKS

SpaceFile = Annotated[Path, typer.Argument(metavar="FILE", help="A search-space file (YAML).")]
SetOption = Annotated[
    list[str] | None,
    typer.Option("--set", metavar="KEY=YAML", help="Replace an entry of the file; repeatable."),
]
Storage = Annotated[
    Path,
    typer.Option(
        "--storage",
        metavar="DIR",
        help="Holds everything that studies leave.",
        callback=followed,
    ),
]
StudyName = Annotated[str, typer.Argument(metavar="NAME", help="A study in the storage.")]
Address = Annotated[
    str | None,
    typer.Option("--address", help="A Ray cluster; default: this machine alone."),
]
TrackingUri = Annotated[
    str | None,
    typer.Option(
        "--tracking-uri",
        metavar="URI",
        help="MLflow; default MLFLOW_TRACKING_URI, else DIR/mlflow.db. Give a password there.",
    ),
]
MOST = 1_000_000
"""Of everything that an option counts: more would take weeks or all memory."""

Trials = Annotated[
    int | None,
    typer.Option("--trials", metavar="N", min=1, max=MOST, help="Trials of the study."),
]
TimeBudget = Annotated[
    str | None, typer.Option("--time-budget", metavar="10m", help="90s, 10m or 2h.")
]
Format = Literal["text", "json"]
FormatOption = Annotated[Format, typer.Option("--format", help="How the result is printed.")]
Quiet = Annotated[bool, typer.Option("--quiet", "-q", help="Only the result.")]
Verbose = Annotated[
    bool, typer.Option("--verbose", "-v", help="Also each trial's way and the log files.")
]


@dataclass(frozen=True)
class Going:
    """What each command that trains is told of how to go about it, by its options.

    Attributes:
        sinks: Where records go beside MLflow: what was given, by the name of the option.
    """

    storage: Storage = DEFAULT_STORAGE
    tracking_uri: TrackingUri = None
    time_budget: TimeBudget = None
    address: Address = None
    format_: FormatOption = "text"
    quiet: Quiet = False
    verbose: Verbose = False
    sinks: Mapping[str, str] = field(default_factory=dict)


def trains(command: Callable[..., None]) -> Callable[..., None]:
    """A command with the options of every one that trains, behind its own.

    Args:
        command: It takes them as `going`.
    """

    @functools.wraps(command)
    def asked(**given: Any) -> None:
        sinks = {name: place for name in SINKS if (place := given.pop(name)) is not None}
        going = Going(**{name: given.pop(name) for name in common}, sinks=sinks)
        command(**given, going=going)

    signature = inspect.signature(command, eval_str=True)
    common = {
        name: one
        for name, one in inspect.signature(Going, eval_str=True).parameters.items()
        if name != "sinks"
    }
    own = [one for one in signature.parameters.values() if one.name != "going"]
    own += [one.replace(kind=inspect.Parameter.KEYWORD_ONLY) for one in common.values()]
    for name, kind in SINKS.items():
        option = typer.Option(f"--{name}", metavar="DIR" if kind.folder else "URI", help=kind.help)
        own.append(
            inspect.Parameter(
                name,
                inspect.Parameter.KEYWORD_ONLY,
                default=None,
                annotation=Annotated[str | None, option],
            )
        )
    asked.__signature__ = signature.replace(parameters=own)  # type: ignore[attr-defined]
    asked.__annotations__ = {one.name: one.annotation for one in own}
    return asked
