"""The few things that the writer asks of MLflow, in its own words."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from rnnsearch.records.mlflow.refusals import deleted_experiment
from rnnsearch.records.names import STUDY_ID
from rnnsearch.records.run_fields import Point
from rnnsearch.records.tracking_uri import TrackingStore

if TYPE_CHECKING:
    from mlflow import MlflowClient

ROWS_A_CALL = 1000
"""MLflow's limit of metrics in one `log_batch`; params and tags count too, 100 of each at most."""


class RunStore:
    """Runs of one study in one experiment. Every method may raise MlflowException."""

    def __init__(self, client: MlflowClient, study_id: str) -> None:
        self.client = client
        self.study_id = study_id

    def experiment(self, name: str, artifacts: Path | None, store: TrackingStore) -> str:
        """The id of an experiment, made if it is missing.

        Args:
            artifacts: Where a new experiment puts its files, in a folder of its name; None leaves
                it to the server.
            store: Where this is, for the words of a refusal.

        Raises:
            BlockedError: There is a deleted one of that name.
        """
        from mlflow.exceptions import MlflowException

        found = self.client.get_experiment_by_name(name)
        if found is None:
            place = None if artifacts is None else (artifacts / name).resolve().as_uri()
            try:
                return str(self.client.create_experiment(name, place))
            except MlflowException as error:
                if error.error_code != "RESOURCE_ALREADY_EXISTS":
                    raise
            # Somebody made it between the question and the attempt.
            found = self.client.get_experiment_by_name(name)
        if found.lifecycle_stage != "active":
            raise deleted_experiment(store, name, found.experiment_id)
        return str(found.experiment_id)

    def find(self, experiment_id: str, tags: Mapping[str, str]) -> str | None:
        """The run of this study that carries the tags."""
        wanted = {STUDY_ID: self.study_id, **tags}
        words = " and ".join(f"tags.`{name}` = '{value}'" for name, value in wanted.items())
        runs = self.client.search_runs([experiment_id], words, max_results=1)
        return str(runs[0].info.run_id) if runs else None

    def create(self, experiment_id: str, name: str, seconds: float, tags: Mapping[str, str]) -> str:
        """A new run that started at a Unix time."""
        run = self.client.create_run(experiment_id, millis(seconds), dict(tags), run_name=name)
        return str(run.info.run_id)

    def reopen(self, run_id: str) -> None:
        self.client.update_run(run_id, status="RUNNING")

    def end(self, run_id: str, status: str, seconds: float) -> None:
        """Terminate a run at a Unix time."""
        self.client.set_terminated(run_id, status, millis(seconds))

    def steps(self, run_id: str, keys: Iterable[str]) -> set[tuple[str, int]]:
        """The (key, step) of every row that a run has of some metrics."""
        return {
            (key, row.step)
            for key in set(keys)
            for row in self.client.get_metric_history(run_id, key)
        }

    def log(
        self,
        run_id: str,
        *,
        metrics: Iterable[Point] = (),
        params: Mapping[str, str] | None = None,
        tags: Mapping[str, str] | None = None,
    ) -> None:
        """One `log_batch`, or as many as the limit asks for; the last carries params and tags."""
        from mlflow.entities import Metric, Param, RunTag

        rows = [Metric(key, value, millis(seconds), step) for key, value, seconds, step in metrics]
        words = [Param(key, value) for key, value in (params or {}).items()][:100]
        marks = [RunTag(key, value) for key, value in (tags or {}).items()][:100]
        room = ROWS_A_CALL - len(words) - len(marks)
        while len(rows) > room:
            self.client.log_batch(run_id, metrics=rows[:ROWS_A_CALL])
            rows = rows[ROWS_A_CALL:]
        self.client.log_batch(run_id, metrics=rows, params=words, tags=marks)


def millis(seconds: float) -> int:
    """MLflow's clock."""
    return int(seconds * 1000)
