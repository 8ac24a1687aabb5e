"""The command `doctor`: whether studies can run here, and what to do where they cannot."""

from __future__ import annotations

import tempfile
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, NoReturn

import typer

from rnnsearch.cli.following import jobs_server
from rnnsearch.cli.options import FormatOption, LedgerOption, Storage, TrackingUri
from rnnsearch.cli.submit import given_words, send
from rnnsearch.cli.text import print_json
from rnnsearch.commands import DEFAULT_STORAGE

if TYPE_CHECKING:
    from rnnsearch.search.doctor.finding import Finding

Address = Annotated[
    str | None,
    typer.Option(
        metavar="ADDRESS",
        help="The Ray cluster of this machine, HOST:PORT or `auto`; or the Jobs server of another "
        "one, http://HOST:8265, which looks as a job; without it this machine alone.",
    ),
]


def doctor(
    context: typer.Context,
    address: Address = None,
    storage: Storage = DEFAULT_STORAGE,
    tracking_uri: TrackingUri = None,
    ledger: LedgerOption = None,
    format_: FormatOption = "text",
    json: Annotated[bool, typer.Option("--json", help="The same as --format json.")] = False,
) -> None:
    """Find out whether studies can run: on this machine, or on every node of a cluster.

    It looks at versions, GPUs, clocks, the storage (written on each node and read on every one),
    the lock of the ledger or its database, the tracking server, the token and the ports, a line
    each with what to do. Nothing is left in the storage. Exit status: 1 where something fails, else
    0."""
    if address is not None and "://" in address:
        _as_job(context, address, storage, as_json=json or format_ == "json")
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
        typer.echo(f"ok {counts['ok']}, warnings {counts['warn']}, failures {counts['fail']}")
    raise typer.Exit(1 if counts["fail"] else 0)


def _as_job(context: typer.Context, address: str, storage: Path, *, as_json: bool) -> NoReturn:
    """Have the head of a cluster look, and print what it says; ends with its status."""
    from rnnsearch.search.submission.following import follow
    from rnnsearch.study.submitting import examination

    words = given_words(context, ("address", "storage"))
    server = jobs_server(address)
    with tempfile.TemporaryDirectory(prefix="rnnsearch-doctor-") as folder:
        job = send(server, examination(Path(folder), storage=storage, words=words))
        log: list[str] = []
        job = follow(server, job.id, log.append, lambda why: typer.echo(why, err=True))
    lines = "".join(log).splitlines()
    begins = "{" if as_json else ("ok", "fail")
    begun = next((at for at, line in enumerate(lines) if line.startswith(begins)), None)
    if begun is None:  # the job could not even start, or ended with an error of its own
        typer.echo("\n".join([*lines, job.message]).strip(), err=True)
        raise typer.Exit(job.status or 1)
    for line in lines[begun:]:
        if not as_json or line.startswith("{"):
            typer.echo(line)
    raise typer.Exit(job.status)
