"""Tell MLflow's refusals for good from trouble that passes, and say what a person can do.

A server that is down or slow, or that answers with the status 429 or 5xx, is asked again and again.
A deleted experiment, a refused login, a missing permission or a missing database driver stays as it
is until a person acts; `BlockedError` says how. Nothing is lost meanwhile: the outbox keeps all
events.
"""

from __future__ import annotations

import re
import shlex
from typing import TYPE_CHECKING

from rnnsearch.disk import place_and_reason
from rnnsearch.records.run_store import AwayError, BlockedError, RefusedError, StoreError
from rnnsearch.records.tracking_uri import VARIABLE, TrackingStore

if TYPE_CHECKING:
    from mlflow import MlflowClient

PERMANENT = {
    "INVALID_PARAMETER_VALUE",
    "INVALID_STATE",
    "RESOURCE_DOES_NOT_EXIST",
    "RESOURCE_ALREADY_EXISTS",
    "BAD_REQUEST",
}
"""Error codes of MLflow with which one record is refused for good, such as one of a deleted run."""
LONGEST = 200
"""The most characters of a reason on the screen."""
_SYSTEM = re.compile(r"\[Errno -?\d+\] ([^'\")<]+)")
_STATUS = re.compile(r"(?:error code|too many) (\d{3}) ")
_LOGIN = {"UNAUTHENTICATED", "CUSTOMER_UNAUTHORIZED"}
_PERMISSION = {"PERMISSION_DENIED"}
_LOGIN_WORDS = ("password authentication failed", "access denied for user", "login failed for user")
"""How PostgreSQL, MySQL and SQL Server refuse a login, in small letters."""
_DRIVERS = {
    "psycopg": "psycopg[binary]",
    "psycopg2": "psycopg2-binary",
    "MySQLdb": "mysqlclient",
}
"""The package to install, by its module, where the two names differ."""


def as_store_error(error: Exception, store: TrackingStore) -> StoreError:
    """The kind of StoreError that an error of MLflow, SQLAlchemy or the system is."""
    if getattr(error, "error_code", "") in PERMANENT:
        return RefusedError(first_line(error))
    return blocked_by(error, store) or away(error, store)


def away(error: Exception, store: TrackingStore) -> AwayError:
    """An error that means: the store does not answer, and is asked again later."""
    return AwayError(f"MLflow does not answer ({store.shown}): {cause(error)}")


def blocked_by(error: BaseException, store: TrackingStore) -> BlockedError | None:
    """What a person must do where an error blocks the whole store.

    Returns:
        None for trouble that passes, or that is about one record.
    """
    code = str(getattr(error, "error_code", ""))
    status = getattr(getattr(error, "response", None), "status_code", None)
    text = first_line(error)
    if code in _LOGIN or status == 401 or any(word in text.lower() for word in _LOGIN_WORDS):
        return BlockedError(
            f"MLflow refuses the login: {text}",
            "give a name and a password by MLFLOW_TRACKING_USERNAME and MLFLOW_TRACKING_PASSWORD, "
            f"a token by MLFLOW_TRACKING_TOKEN, or all of it in {VARIABLE}",
        )
    if code in _PERMISSION or status == 403:
        return BlockedError(
            f"MLflow permits this login no writing: {text}",
            "ask for the permission to edit the experiment and to register models, or log in as "
            "somebody who has it (MLFLOW_TRACKING_USERNAME and MLFLOW_TRACKING_PASSWORD)",
        )
    if code == "ENDPOINT_NOT_FOUND":
        return BlockedError(
            f"there is a web server at {store.shown} that is no MLflow, or hides it: {text}",
            f"look at the address in a browser, and give the right one by {VARIABLE}",
        )
    if isinstance(error, ModuleNotFoundError) and error.name:
        package = _DRIVERS.get(error.name, error.name)
        return BlockedError(
            f"the database needs a driver that is not installed: {text}",
            "install it",
            (f"pip install {shlex.quote(package)}",),
        )
    if "can't load plugin: sqlalchemy.dialects" in text.lower():
        return BlockedError(
            f"SQLAlchemy has no such database or driver: {text}",
            f"name one that it has in {VARIABLE}, such as postgresql+psycopg2://host/db",
        )
    if "out-of-date database schema" in text.lower():
        return BlockedError(
            f"the database was made by another version of MLflow: {text}",
            "make a backup of it, and bring it up to date",
            (f"mlflow db upgrade {_address(store)}",),
        )
    if isinstance(error, PermissionError) or "readonly database" in text.lower():
        place = getattr(error, "filename", None)
        return BlockedError(
            f"a file or folder may not be written here: {place or text}",
            "give this user the right to write there; a server that keeps artifacts in a folder "
            "of its own needs `mlflow server --serve-artifacts`",
        )
    if "file is not a database" in text.lower() or "disk image is malformed" in text.lower():
        return BlockedError(
            f"{store.shown} is no SQLite database, or a damaged one: {text}",
            "move the file away, and a new one is made",
        )
    return None


def deletion(
    client: MlflowClient, store: TrackingStore, experiment: str, run: str
) -> BlockedError | None:
    """What to do where the study's experiment or run was deleted, which explains any refusal.

    Args:
        experiment: The id of the experiment; empty before there is one.
        run: The id of the study's run; empty before there is one.

    Returns:
        None where neither was deleted.

    Raises:
        mlflow.exceptions.MlflowException: The store does not answer.
    """
    from mlflow.exceptions import MlflowException

    try:
        if experiment:
            known = client.get_experiment(experiment)
            if known.lifecycle_stage != "active":
                return deleted_experiment(store, known.name, experiment)
        if run and client.get_run(run).info.lifecycle_stage != "active":
            return BlockedError(
                f"the study's run in MLflow, {run}, was deleted",
                "bring it back",
                (_mlflow(store, f"runs restore --run-id {run}"),),
            )
    except MlflowException as error:
        if error.error_code != "RESOURCE_DOES_NOT_EXIST":
            raise
        return BlockedError(
            f"the study's experiment or run in MLflow was deleted for good: {first_line(error)}",
            "the study's trials stay in its ledger; make a new study of its configuration with "
            "`rnnsearch retrain`, or name another store with --tracking-uri",
        )
    return None


def deleted_experiment(store: TrackingStore, name: str, experiment: str) -> BlockedError:
    """The error for a deleted experiment: it keeps its name, so no new one of that name can be
    made."""
    return BlockedError(
        f"the MLflow experiment {name!r} (id {experiment}) was deleted",
        "bring it back; or leave it, and run the study under another name (--name), or name "
        "another experiment by MLFLOW_EXPERIMENT_NAME",
        (_mlflow(store, f"experiments restore --experiment-id {experiment}"),),
    )


def no_experiment(store: TrackingStore, what: str) -> BlockedError:
    """The error for an experiment that a person named by its id, and that is another or none."""
    return BlockedError(
        f"MLflow at {store.shown} has {what}",
        "give the id of one that exists by MLFLOW_EXPERIMENT_ID, or a name alone by "
        "MLFLOW_EXPERIMENT_NAME, which is made if it is missing",
    )


def first_line(error: BaseException) -> str:
    """The first line of an exception's text; where that is a heading with a colon, the second
    too."""
    lines = [line.strip(" #") for line in str(error).splitlines() if line.strip(" #")]
    if not lines:
        return type(error).__name__
    return " ".join(lines[:2]) if lines[0].endswith(":") else lines[0]


def cause(error: BaseException) -> str:
    """Why a store does not answer, in few words: libraries wrap the reason in long texts."""
    text = first_line(error)
    if isinstance(error, OSError) and error.strerror and error.filename:
        return place_and_reason(error)
    if system := _SYSTEM.search(text):
        return system[1].strip(" :")
    if "timed out" in text.lower():
        return "it took too long"
    if status := _STATUS.search(text):
        return f"it answers with the status {status[1]}"
    return text if len(text) <= LONGEST else text[:LONGEST] + "..."


def _mlflow(store: TrackingStore, words: str) -> str:
    """A command line of MLflow; where the store's address has a secret, the environment must hold
    it."""
    if store.shown != store.uri:
        return f"mlflow {words}"
    return f"{VARIABLE}={_address(store)} mlflow {words}"


def _address(store: TrackingStore) -> str:
    """The store's address in a command line: the variable's name where it has a secret."""
    return shlex.quote(store.uri) if store.shown == store.uri else f'"${VARIABLE}"'
