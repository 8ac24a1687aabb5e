"""The arguments and options that several commands share."""

from __future__ import annotations

import functools
import inspect
import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from rnnsearch.cli.store import followed
from rnnsearch.commands import DEFAULT_STORAGE
from rnnsearch.records.sinks import SINKS

if TYPE_CHECKING:
    from rnnsearch.study.alerts.asked import Alerts

SpaceFile = Annotated[Path, typer.Argument(metavar="FILE", help="A search-space file (YAML).")]
SetOption = Annotated[
    list[str] | None,
    typer.Option("--set", metavar="KEY=YAML", help="Replace an entry of the file; repeatable."),
]
Storage = Annotated[
    Path,
    typer.Option(
        metavar="DIR",
        help="Folder for all files of all studies, or s3://BUCKET/FOLDER: then the driver works in "
        "a folder of its machine, below RNNSEARCH_CACHE, and copies it there.",
        callback=followed,
    ),
]
StudyName = Annotated[str, typer.Argument(metavar="NAME", help="A study in the storage folder.")]
Address = Annotated[
    str | None, typer.Option(help="A Ray cluster; without it Ray starts on this machine alone.")
]
LedgerOption = Annotated[
    str | None,
    typer.Option(
        metavar="URL",
        help="PostgreSQL database for the ledger of a new study, such as "
        "postgresql://user@host/database; without it that of the variable RNNSEARCH_LEDGER (give "
        "a password there), else a file in the study's folder. A study keeps to its ledger.",
    ),
]
TrackingUri = Annotated[
    str | None,
    typer.Option(
        metavar="URI",
        help="MLflow store; without it the study's, else that of the variable MLFLOW_TRACKING_URI "
        "(give a password there), else mlflow.db in the storage folder.",
    ),
]
Record = Annotated[
    str | None,
    typer.Option(
        metavar="RULE",
        help="Which trials have runs of their own in MLflow: all, top:N (the best N) or none; "
        "without it the study's choice, else all. The leaderboard there has every trial.",
    ),
]
MOST = 1_000_000
"""The largest count that an option takes: more would take weeks, or all memory."""
count = partial(typer.Option, min=1, max=MOST)
"""An option that counts something, from 1."""

Trials = Annotated[
    int | None,
    count(metavar="N", help="Trials of the study, in the place of search.num_trials."),
]
TimeBudget = Annotated[
    str | None,
    typer.Option(
        metavar="10m",
        help="End the search after this time: 90s, 10m or 2h. The study keeps to it in later runs, "
        "each of which has this time, until another one is given.",
    ),
]
Format = Literal["text", "json"]
FormatOption = Annotated[Format, typer.Option("--format", help="Print text, or one line of JSON.")]
MaxDeviceHours = Annotated[
    float | None,
    typer.Option(
        metavar="H",
        help="End the search once all packs of the study have taken so many hours together, over "
        "all of its runs.",
    ),
]
MaxCost = Annotated[
    float | None,
    typer.Option(metavar="X", help="End it once these hours have cost so much, by --price."),
]
Price = Annotated[
    list[str] | None,
    typer.Option(
        metavar="cpu|gpu=X", help="What an hour of a core or of a GPU costs; may be repeated."
    ),
]
StopWhenDone = Annotated[
    bool | None,
    typer.Option(
        "--stop-when-done/--no-stop-when-done",
        help="End it once a further gain is not expected, in the place of search.stop_when_done. "
        "The study keeps to it in later runs.",
    ),
]
Quiet = Annotated[bool, typer.Option("--quiet", "-q", help="Print only the result, no progress.")]
Verbose = Annotated[
    bool,
    typer.Option(
        "--verbose",
        "-v",
        help="Also print how each trial begins and ends, and the lines of the log files.",
    ),
]
NotifyCommand = Annotated[
    str | None,
    typer.Option(
        metavar="CMD",
        help="Run this command of the shell at each alert, which it reads as JSON; else that of "
        "the variable RNNSEARCH_NOTIFY_COMMAND. Not remembered by resume.",
    ),
]
NotifyUrl = Annotated[
    str | None,
    typer.Option(
        metavar="URL",
        help="Post each alert as JSON to this address; else to that of the variable "
        "RNNSEARCH_NOTIFY_URL, which other users of the machine do not see. Not remembered.",
    ),
]
NotifyOn = Annotated[
    str | None,
    typer.Option(
        metavar="A,B,...", help="Of what to tell: end, best, failure, stall; without it of all."
    ),
]
NotifyStall = Annotated[
    str | None,
    typer.Option(
        metavar="10m", help="After how long without a training step a study has stalled: 10m."
    ),
]


@dataclass(frozen=True)
class RunOptions:
    """The values of the options that every training command has.

    Attributes:
        sinks: Where records go beside MLflow: the values of those options that were given, by the
            name of the option.
    """

    storage: Storage = DEFAULT_STORAGE
    ledger: LedgerOption = None
    tracking_uri: TrackingUri = None
    record: Record = None
    time_budget: TimeBudget = None
    max_device_hours: MaxDeviceHours = None
    max_cost: MaxCost = None
    price: Price = None
    stop_when_done: StopWhenDone = None
    address: Address = None
    format_: FormatOption = "text"
    quiet: Quiet = False
    verbose: Verbose = False
    notify_command: NotifyCommand = None
    notify_url: NotifyUrl = None
    notify_on: NotifyOn = None
    notify_stall: NotifyStall = None
    sinks: Mapping[str, str] = field(default_factory=dict)

    def budgets(self) -> dict[str, object]:
        """The values of the options that limit a study, by their names; None where not given.

        Raises:
            InputError: A price is none.
        """
        return {
            "--time-budget": self.time_budget,
            "--max-device-hours": self.max_device_hours,
            "--max-cost": self.max_cost,
            "--stop-when-done": self.stop_when_done,
            **_prices(self.price or ()),
        }

    def alerts(self) -> Alerts:
        """Who is alerted of what.

        Raises:
            InputError: One of the options makes no sense.
        """
        from rnnsearch.study.alerts.asked import asked_alerts

        return asked_alerts(
            self.notify_command, self.notify_url, self.notify_on, self.notify_stall, os.environ
        )


def _prices(given: Sequence[str]) -> dict[str, object]:
    """Prices by what has them, as `--price cpu`.

    Raises:
        InputError: One is not as it must be.
    """
    from rnnsearch.errors import InputError

    prices: dict[str, object] = {}
    for text in given:
        name, _, value = text.partition("=")
        try:
            prices[f"--price {name}"] = float(value)
        except ValueError:
            name = ""
        if name not in ("cpu", "gpu"):
            raise InputError(
                f"--price {text}: write what has a price, and the price of an hour of it: "
                "--price gpu=2.5, or --price cpu=0.04."
            )
    return prices


def trains(command: Callable[..., None]) -> Callable[..., None]:
    """Decorate a command that trains: it gets all options of `RunOptions` behind its own.

    Args:
        command: It takes their values in one argument, `options`. An option of the same name that
            it has itself stands in the place of the common one.
    """

    @functools.wraps(command)
    def with_all(**given: Any) -> None:
        sinks = {name: place for name in SINKS if (place := given.pop(name)) is not None}
        options = RunOptions(**{name: given.pop(name) for name in common}, sinks=sinks)
        command(**given, options=options)

    signature = inspect.signature(command, eval_str=True)
    common = {
        name: one
        for name, one in inspect.signature(RunOptions, eval_str=True).parameters.items()
        if name != "sinks" and name not in signature.parameters
    }
    parameters = [one for one in signature.parameters.values() if one.name != "options"]
    parameters += [one.replace(kind=inspect.Parameter.KEYWORD_ONLY) for one in common.values()]
    for name, kind in SINKS.items():
        option = typer.Option(f"--{name}", metavar="DIR" if kind.folder else "URI", help=kind.help)
        parameters.append(
            inspect.Parameter(
                name,
                inspect.Parameter.KEYWORD_ONLY,
                default=None,
                annotation=Annotated[str | None, option],
            )
        )
    with_all.__signature__ = signature.replace(parameters=parameters)  # type: ignore[attr-defined]
    with_all.__annotations__ = {one.name: one.annotation for one in parameters}
    return with_all
