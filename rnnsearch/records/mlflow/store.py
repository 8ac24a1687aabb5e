"""MLflow as the store of runs that the writer process talks to."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from functools import cached_property
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Concatenate, ParamSpec, TypeVar

from rnnsearch.events import ChampionChosen
from rnnsearch.records.mlflow.champion import register_champion
from rnnsearch.records.mlflow.database import prepare
from rnnsearch.records.mlflow.front import register_front
from rnnsearch.records.mlflow.refusals import (
    as_store_error,
    away,
    blocked_by,
    deleted_experiment,
    deletion,
    no_experiment,
)
from rnnsearch.records.mlflow.tables import Tables
from rnnsearch.records.names import KIND, STUDY_ID, TRIAL
from rnnsearch.records.run_store import BlockedError, Point, Registered, Registering
from rnnsearch.records.tracking_uri import TrackingStore

if TYPE_CHECKING:
    from mlflow import MlflowClient

ROWS_A_CALL = 1000
"""MLflow's limit of metrics, params and tags together in one `log_batch`."""

Given = ParamSpec("Given")
Answer = TypeVar("Answer")


def _asks(
    method: Callable[Concatenate[MlflowStore, Given], Answer],
) -> Callable[Concatenate[MlflowStore, Given], Answer]:
    """Decorate a method of the store: its errors are raised as the kind of `StoreError` they
    are."""

    def asked(store: MlflowStore, /, *args: Given.args, **more: Given.kwargs) -> Answer:
        try:
            answer = method(store, *args, **more)
        except _troubles() as error:
            raise as_store_error(error, store.tracking) from error
        store.answered()
        return answer

    return asked


def _troubles() -> tuple[type[Exception], ...]:
    """Errors of a store that does not answer or refuses; any other one is a mistake in this
    program."""
    from mlflow.exceptions import MlflowException
    from sqlalchemy.exc import SQLAlchemyError

    return MlflowException, SQLAlchemyError, sqlite3.Error, OSError, ModuleNotFoundError


def connect(
    tracking: TrackingStore, study_id: str, answered: Callable[[], None] = lambda: None
) -> MlflowStore:
    """Open a store for this process; its SQLite file is made if it is missing.

    Args:
        answered: Called after each question that the store has answered.

    Raises:
        AwayError: The store does not answer.
        BlockedError: The store takes nothing until a person acts.
    """
    try:
        prepare(tracking.uri)
        import mlflow
        from mlflow import MlflowClient

        # Models are logged to this store, not to that of a client.
        mlflow.set_tracking_uri(tracking.uri)
        return MlflowStore(MlflowClient(), tracking, study_id, answered)
    except _troubles() as error:
        raise blocked_by(error, tracking) or away(error, tracking) from error


class MlflowStore:
    """A `RunStore` in MLflow, of a database or behind a server."""

    name = "MLflow"

    def __init__(
        self,
        client: MlflowClient,
        tracking: TrackingStore,
        study_id: str,
        answered: Callable[[], None] = lambda: None,
    ) -> None:
        """
        Args:
            tracking: The store that the client talks to, which errors name.
            answered: Called after each question that it has answered.
        """
        self.study_id, self.answered = study_id, answered
        self._client = client
        self.tracking = tracking

    @cached_property
    def _tables(self) -> Tables | None:
        """A short way to the same store, for what is written often; MLflow has to have made the
        tables."""
        return Tables.of(self.tracking.uri)

    @_asks
    def experiment(self, name: str, artifacts: Path | None, known: str = "") -> str:
        from mlflow.exceptions import MlflowException

        if known:
            return self._known_experiment(name, known)
        experiment = self._client.get_experiment_by_name(name)
        if experiment is None:
            # A name of a person's own may hold slashes; the folder is that of the study's files.
            folder = name.strip("/").replace("/", "-")
            place = None if artifacts is None else (artifacts / folder).resolve().as_uri()
            try:
                return str(self._client.create_experiment(name, place))
            except MlflowException as error:
                if error.error_code != "RESOURCE_ALREADY_EXISTS":
                    raise
            # Another process made it between the question and the attempt.
            experiment = self._client.get_experiment_by_name(name)
        if experiment.lifecycle_stage != "active":
            raise deleted_experiment(self.tracking, name, experiment.experiment_id)
        return str(experiment.experiment_id)

    def _known_experiment(self, name: str, known: str) -> str:
        """The id of an experiment that a person named by it; see `RunStore.experiment`."""
        from mlflow.exceptions import MlflowException

        try:
            experiment = self._client.get_experiment(known)
        except MlflowException as error:
            if error.error_code not in ("RESOURCE_DOES_NOT_EXIST", "INVALID_PARAMETER_VALUE"):
                raise
            raise no_experiment(self.tracking, f"no experiment with the id {known!r}") from error
        if name and experiment.name != name:
            raise no_experiment(
                self.tracking, f"experiment {known} by the name {experiment.name!r}, not {name!r}"
            )
        if experiment.lifecycle_stage != "active":
            raise deleted_experiment(self.tracking, experiment.name, known)
        return known

    @_asks
    def find(self, experiment_id: str, tags: Mapping[str, str]) -> str | None:
        required = {STUDY_ID: self.study_id, **tags}
        words = " and ".join(f"tags.`{name}` = '{value}'" for name, value in required.items())
        runs = self._client.search_runs([experiment_id], words, max_results=1)
        return str(runs[0].info.run_id) if runs else None

    @_asks
    def create(self, experiment_id: str, name: str, seconds: float, tags: Mapping[str, str]) -> str:
        if self._tables is not None:
            made = self._tables.create(experiment_id, name, _millis(seconds), tags)
            if made is not None:
                return made
        run = self._client.create_run(experiment_id, _millis(seconds), dict(tags), run_name=name)
        return str(run.info.run_id)

    @_asks
    def remove(self, run_id: str) -> None:
        if self._client.get_run(run_id).info.lifecycle_stage == "active":
            self._client.delete_run(run_id)

    @_asks
    def trials(self, experiment_id: str) -> dict[int, str]:
        words = f"tags.`{STUDY_ID}` = '{self.study_id}' and tags.`{KIND}` = 'trial'"
        ids: dict[int, str] = {}
        token = None
        while True:
            page = self._client.search_runs([experiment_id], words, page_token=token)
            ids |= {int(run.data.tags[TRIAL]): str(run.info.run_id) for run in page}
            token = page.token
            if not token:
                return ids

    @_asks
    def untag(self, run_id: str, key: str) -> None:
        self._client.delete_tag(run_id, key)

    @_asks
    def reopen(self, run_id: str) -> None:
        self._client.update_run(run_id, status="RUNNING")

    @_asks
    def end(self, run_id: str, status: str, seconds: float) -> None:
        if self._tables is None or not self._tables.end(run_id, status, _millis(seconds)):
            self._client.set_terminated(run_id, status, _millis(seconds))

    @_asks
    def steps(self, run_id: str, keys: Iterable[str]) -> set[tuple[str, int]]:
        return {
            (key, row.step)
            for key in set(keys)
            for row in self._client.get_metric_history(run_id, key)
        }

    @_asks
    def log(
        self,
        run_id: str,
        *,
        metrics: Iterable[Point] = (),
        params: Mapping[str, str] | None = None,
        tags: Mapping[str, str] | None = None,
    ) -> None:
        rows = [(key, value, _millis(seconds), step) for key, value, seconds, step in metrics]
        given = dict(list((params or {}).items())[:100])
        noted = dict(list((tags or {}).items())[:100])
        if self._tables is not None and self._tables.log(run_id, rows, given, noted):
            return
        from mlflow.entities import Metric, Param, RunTag

        values = [Metric(*row) for row in rows]
        words = [Param(key, value) for key, value in given.items()]
        marks = [RunTag(key, value) for key, value in noted.items()]
        room = ROWS_A_CALL - len(words) - len(marks)
        while len(values) > room:
            self._client.log_batch(run_id, metrics=values[:ROWS_A_CALL])
            values = values[ROWS_A_CALL:]
        self._client.log_batch(run_id, metrics=values, params=words, tags=marks)

    @_asks
    def keep_text(self, run_id: str, text: str, name: str) -> None:
        self._client.log_text(run_id, text, name)

    @_asks
    def keep(self, run_id: str, path: Path, folder: str) -> None:
        log = self._client.log_artifacts if path.is_dir() else self._client.log_artifact
        log(run_id, str(path), folder or None)

    @_asks
    def log_datasets(self, run_id: str, datasets: Sequence[Mapping[str, str]]) -> None:
        from mlflow.entities import Dataset, DatasetInput, InputTag

        context = [InputTag("mlflow.data.context", "training")]
        inputs = [DatasetInput(Dataset(**one), context) for one in datasets]
        self._client.log_inputs(run_id, inputs)

    @_asks
    def register(self, event: ChampionChosen, under: Registering) -> Registered:
        registered = register_champion(self._client, self.study_id, event, under)
        beside = register_front(self._client, self.study_id, event.front, under)
        return replace(registered, front=beside)

    @_asks
    def gone(self, experiment_id: str, run_id: str) -> BlockedError | None:
        return deletion(self._client, self.tracking, experiment_id, run_id)

    def warm_up(self) -> None:
        import_module("mlflow.pyfunc")


def _millis(seconds: float) -> int:
    """A Unix time in milliseconds, as MLflow takes it."""
    return int(seconds * 1000)
