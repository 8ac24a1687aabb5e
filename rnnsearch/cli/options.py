"""Arguments and options that several commands share."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer

from rnnsearch.cli.store import followed
from rnnsearch.records.sinks import SINKS


class Format(StrEnum):
    """How a command prints its result."""

    TEXT = "text"
    JSON = "json"


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
FormatOption = Annotated[Format, typer.Option("--format", help="text or json.")]
Quiet = Annotated[bool, typer.Option("--quiet", "-q", help="Only the result.")]
Verbose = Annotated[
    bool, typer.Option("--verbose", "-v", help="Also each trial's way and the log files.")
]


def with_sinks(command: Callable[..., None]) -> Callable[..., None]:
    """A command with an option for each place that records go to beside MLflow.

    Args:
        command: It takes them as `sinks`: what was given, by the name of the option.
    """

    @functools.wraps(command)
    def asked(**given: Any) -> None:
        named = {name: given.pop(name) for name in SINKS}
        command(**given, sinks={name: place for name, place in named.items() if place is not None})

    signature = inspect.signature(command, eval_str=True)
    own = [one for one in signature.parameters.values() if one.name != "sinks"]
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
