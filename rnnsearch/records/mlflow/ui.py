"""The MLflow UI: the command that starts it, and the addresses of its pages."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

from rnnsearch.records.tracking_uri import shown_uri
from rnnsearch.records.writer_state import WriterState


def ui_command(
    tracking_uri: str, artifacts: Path, host: str, port: int
) -> tuple[list[str], dict[str, str]]:
    """The arguments and the environment of a process that shows a database in MLflow's UI.

    The address of the database may hold a password, so it stands in the environment.

    Args:
        artifacts: Where a new experiment that is made in the UI puts its files. The experiments of
            studies have a place of their own.
    """
    command = [sys.executable, "-m", "mlflow", "server", "--host", host, "--port", str(port)]
    command += ["--default-artifact-root", artifacts.resolve().as_uri(), "--workers", "1"]
    environment = {**os.environ, "MLFLOW_BACKEND_STORE_URI": tracking_uri}
    return command, environment


def experiment_of(outbox: Path, shown: str, storage: Path) -> str | None:
    """The id of a study's experiment in a store; None where its records are elsewhere.

    Args:
        outbox: The study's outbox, where the writer keeps its state.
        shown: The store's address without secrets.
        storage: The study's storage folder.
    """
    state = WriterState.load(outbox)
    is_there = state.tracking_uri and shown_uri(storage, state.tracking_uri) == shown
    return state.experiment_id or None if is_there else None


def runs_page(server: str, experiment_id: str) -> str:
    """The address of the page with an experiment's runs; MLflow's front page opens another view."""
    return f"{server.rstrip('/')}/#/experiments/{experiment_id}/runs?workflowType=machine_learning"


def web_address(tracking_uri: str) -> str:
    """The address of a tracking server for a browser, without the login."""
    parts = urlsplit(tracking_uri)
    return urlunsplit((parts.scheme, parts.netloc.rpartition("@")[2], parts.path, "", ""))
