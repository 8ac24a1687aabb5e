"""The MLflow UI: the process that shows a database, and the pages of studies in it."""

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
    """Arguments and environment that start MLflow's UI on a database.

    The address may hold a password, so it goes by the environment.

    Args:
        artifacts: Where a new experiment that is made in the UI puts its files. The experiments of
            studies have a place of their own.
    """
    command = [sys.executable, "-m", "mlflow", "server", "--host", host, "--port", str(port)]
    command += ["--default-artifact-root", artifacts.resolve().as_uri(), "--workers", "1"]
    environment = {**os.environ, "MLFLOW_BACKEND_STORE_URI": tracking_uri}
    return command, environment


def experiment_of(outbox: Path, shown: str, storage: Path) -> str | None:
    """The experiment of a study's records in a store, or None where they are elsewhere.

    Args:
        outbox: Of the study; the writer keeps its state there.
        shown: The store's address without secrets.
    """
    state = WriterState.load(outbox)
    there = state.tracking_uri and shown_uri(storage, state.tracking_uri) == shown
    return state.experiment_id or None if there else None


def runs_page(server: str, experiment_id: str) -> str:
    """Where a browser finds the runs of an experiment; MLflow's front page opens another view."""
    return f"{server.rstrip('/')}/#/experiments/{experiment_id}/runs?workflowType=machine_learning"


def web_address(tracking_uri: str) -> str:
    """A tracking server's address for a browser, without the login."""
    parts = urlsplit(tracking_uri)
    return urlunsplit((parts.scheme, parts.netloc.rpartition("@")[2], parts.path, "", ""))
