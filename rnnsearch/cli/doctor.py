"""The command `doctor`: whether studies can run here, and what to do where they cannot."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Annotated

import typer

from rnnsearch.cli.options import FormatOption, LedgerOption, Storage, TrackingUri
from rnnsearch.cli.text import print_json
from rnnsearch.commands import DEFAULT_STORAGE

if TYPE_CHECKING:
    from rnnsearch.search.doctor.finding import Finding

Address = Annotated[
    str | None,
    typer.Option(
        metavar="HOST:PORT",
        help="The Ray cluster of this machine (`auto` finds it); without it this machine alone.",
    ),
]


def doctor(
    address: Address = None,
    storage: Storage = DEFAULT_STORAGE,
    tracking_uri: TrackingUri = None,
    ledger: LedgerOption = None,
    format_: FormatOption = "text",
    json: Annotated[bool, typer.Option("--json", help="The same as --format json.")] = False,
) -> None:
    """Find out whether studies can run: on this machine, or on every node of a cluster.

    It looks at versions, GPUs, clocks, the storage (written on each node and read on every one),
    the lock of the ledger and its database, the tracking server, the token and the ports, a line
    each with what to do. Nothing is left in the storage. Exit status: 1 where something fails, else
    0."""
    from rnnsearch.study.examining import examine

    findings: list[Finding] = []
    as_json = json or format_ == "json"
    for finding in examine(address, storage, tracking_uri, ledger):
        findings.append(finding)
        if not as_json:
            typer.echo(f"{finding.level:4}  {finding.check:9}  {finding.text}")
            if finding.remedy:
                typer.echo(f"{'':17}{finding.remedy}")
    counts = Counter(finding.level for finding in findings)
    if as_json:
        keys = ("check", "level", "text", "remedy")
        lines = [{key: getattr(one, key) for key in keys} for one in findings]
        print_json({"ok": not counts["fail"], "findings": lines})
    else:
        typer.echo(f"{counts['ok']} ok, {counts['warn']} warnings, {counts['fail']} failures")
    raise typer.Exit(1 if counts["fail"] else 0)
