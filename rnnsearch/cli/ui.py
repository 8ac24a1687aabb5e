"""The command `ui`: show the records in a browser."""

from __future__ import annotations

import os
import secrets
import socket
import sys
import webbrowser
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from rnnsearch.cli.options import Storage, TrackingUri
from rnnsearch.commands import DEFAULT_STORAGE, command
from rnnsearch.errors import InputError

if TYPE_CHECKING:
    from rnnsearch.records.tracking_uri import TrackingStore
    from rnnsearch.search.directory import StudyDirectory

LAST_PORT = 65535
EVERYWHERE = ("0.0.0.0", "::", "")
"""Hosts that mean all addresses of this machine."""


def ui(
    name: Annotated[
        str | None, typer.Argument(metavar="NAME", help="A study; without it all of the storage.")
    ] = None,
    storage: Storage = DEFAULT_STORAGE,
    tracking_uri: TrackingUri = None,
    host: Annotated[str, typer.Option(help="The address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=1, max=LAST_PORT, help="The port to listen on.")] = 5000,
    optuna: Annotated[
        bool,
        typer.Option("--optuna", help="Show the study's ledger in optuna-dashboard instead."),
    ] = False,
    live: Annotated[
        bool,
        typer.Option("--live", help="Show the reports instead, which redraw themselves."),
    ] = False,
    open_: Annotated[
        bool, typer.Option("--open", help="With --live: show them in the browser.")
    ] = False,
) -> None:
    """Browse the records of a storage folder in the MLflow UI, its studies' reports while they run,
    or a study in optuna-dashboard."""
    if open_ and not live:
        raise InputError("--open goes with --live; open the address that is printed here.")
    if optuna and live:
        raise InputError("--optuna and --live are two pages; ask for one of them.")
    if live:
        _show_live(name, storage, host, port, open_=open_)
        return
    if optuna:
        _show_ledger(name, storage, host, port)
        return
    from rnnsearch.cli.store import existing, named_store
    from rnnsearch.records.mlflow.ui import ui_command, web_address
    from rnnsearch.records.tracking_uri import default_artifacts, sqlite_path

    store = named_store(storage, tracking_uri, name)
    if store.uri.startswith(("http://", "https://")):
        typer.echo(f"MLflow at {web_address(store.uri)}", err=True)
        _print_pages(storage, name, store, web_address(store.uri))
        return
    if store.uri.startswith("databricks"):
        raise InputError("the records are at Databricks; look at them in your workspace there.")
    if sqlite_path(store.uri) is not None:
        existing(store)
    _try_port(host, port, storage, name)
    words, environment = ui_command(store.uri, default_artifacts(storage), host, port)
    server = _address(host, port)
    typer.echo(f"MLflow at {server} (Ctrl-C ends it)", err=True)
    _print_pages(storage, name, store, server)
    sys.stdout.flush()
    os.execve(words[0], words, environment)


def _show_ledger(name: str | None, storage: Path, host: str, port: int) -> None:
    """Serve a study's ledger in optuna-dashboard until Ctrl-C."""
    from rnnsearch.search.directory import StudyDirectory, list_studies

    if name is None:
        names = [study.name for study in list_studies(storage)]
        example = command("ui", names[0], "--optuna", storage=storage) if names else ""
        raise InputError(f"--optuna shows one study; name it{f': {example}' if example else '.'}")
    directory = StudyDirectory.find(storage, name)
    from rnnsearch.search.ledger.dashboard import dashboard, server

    app = dashboard(directory)
    _try_port(host, port, storage, name, "--optuna")
    with server(app, host, port) as serving:
        page = f"{_address(host, port)}/dashboard/studies/0"
        typer.echo(f"optuna-dashboard at {page} (Ctrl-C ends it)", err=True)
        try:
            serving.serve_forever()
        except KeyboardInterrupt:
            return


def _show_live(name: str | None, storage: Path, host: str, port: int, *, open_: bool) -> None:
    """Serve the reports of a storage's studies, or that of one, until Ctrl-C."""
    from rnnsearch.search.directory import StudyDirectory
    from rnnsearch.study.live.pages import LivePages
    from rnnsearch.study.live.server import LiveServer, is_loopback

    if name is not None:
        StudyDirectory.find(storage, name)
    _try_port(host, port, storage, name, "--live")
    token = "" if is_loopback(host) else secrets.token_urlsafe(16)
    with LiveServer(host, port, LivePages(storage, name), token) as serving:
        page = _address(host, port) + serving.base + (f"study/{name}" if name else "")
        typer.echo(f"live reports at {page} (Ctrl-C ends it)", err=True)
        if token:
            typer.echo("who has this address may read them, without a login", err=True)
        if open_ and not webbrowser.open(page):
            typer.echo("no browser was found here; open the address in one", err=True)
        try:
            serving.serve_forever()
        except KeyboardInterrupt:
            return


def _address(host: str, port: int) -> str:
    """The address of a server for a browser on this machine."""
    seen = "localhost" if host in EVERYWHERE else f"[{host}]" if ":" in host else host
    return f"http://{seen}:{port}"


def _print_pages(storage: Path, name: str | None, store: TrackingStore, server: str) -> None:
    """Print a link to the runs of each study whose records are in a store."""
    from rnnsearch.records.mlflow.ui import experiment_of, runs_page
    from rnnsearch.search.directory import StudyDirectory, list_studies

    studies: Iterable[StudyDirectory] = list_studies(storage)
    if name is not None:
        studies = [StudyDirectory.find(storage, name)]
    elsewhere = []
    for study in studies:
        experiment = experiment_of(study.outbox, store.shown, study.storage)
        if experiment is None:
            elsewhere.append(study.name)
        else:
            typer.echo(f"{study.name}: {runs_page(server, experiment)}")
    if elsewhere:
        typer.echo(f"not recorded there: {', '.join(elsewhere)}", err=True)


def _try_port(host: str, port: int, storage: Path, name: str | None, *options: str) -> None:
    """Refuse an address on which nothing could listen; the port in the remedy was tried.

    Args:
        options: Other options of the command, for the remedy.
    """
    try:
        _listen(host, port)
    except socket.gaierror as error:
        raise InputError(
            f"--host {host}: {error.strerror}. Give an address of this machine, such as 127.0.0.1, "
            "or 0.0.0.0 for all of them."
        ) from error
    except OSError as error:
        words = (*([] if name is None else [name]), *options, "--port", _listen(host, 0))
        raise InputError(
            f"cannot listen on {host}:{port}: {error.strerror}. "
            f"Take another port: {command('ui', *words, storage=storage)}"
        ) from error


def _listen(host: str, port: int) -> int:
    """Listen on a port for a moment, and return it; the system chooses one in the place of 0."""
    family, kind, _, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
    with socket.socket(family, kind) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        probe.bind(address)
        return int(probe.getsockname()[1])
