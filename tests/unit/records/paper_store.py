"""A store of runs in memory, for what is written whichever store it is."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from rnnsearch.events import ChampionChosen
from rnnsearch.records.names import STUDY_ID, TRIAL
from rnnsearch.records.run_store import (
    AwayError,
    BlockedError,
    Point,
    RefusedError,
    Registered,
    Registering,
)


@dataclass
class PaperRun:
    """One run; `files` holds what was kept, by its place."""

    name: str
    started: float
    tags: dict[str, str]
    status: str = "RUNNING"
    ended: float = 0.0
    params: dict[str, str] = field(default_factory=dict)
    rows: list[Point] = field(default_factory=list)
    files: dict[str, str] = field(default_factory=dict)
    datasets: list[dict[str, str]] = field(default_factory=list)

    def curve(self, key: str) -> list[tuple[int, float]]:
        """(step, value) in the order of writing."""
        return [(step, value) for name, value, _, step in self.rows if name == key]


class PaperStore:
    """A `RunStore` that refuses a param with another value and a row that it has, as none may be.

    Attributes:
        runs: By id.
        models: Registered events, each version one.
        deaf: Whether the answer to the making of each run is lost, once a name.
        refuses: Names of runs that take nothing any more.
        away: Whether nothing can be written at all.
    """

    name = "MLflow"
    study_id = "study"

    def __init__(self, *, deaf: bool = False) -> None:
        self.runs: dict[str, PaperRun] = {}
        self.removed: dict[str, PaperRun] = {}
        self.models: list[ChampionChosen] = []
        self.deaf = deaf
        self.refuses: set[str] = set()
        self.away = False
        self._lost: set[str] = set()

    def named(self, name: str) -> PaperRun:
        """The one run of a name."""
        (found,) = (run for run in self.runs.values() if run.name == name)
        return found

    def curve_rows(self) -> int:
        """Rows of the two curves that the made-up trials have."""
        rows = (row for run in self.runs.values() for row in run.rows)
        return sum(row[0] in ("train_loss", "val_mse") for row in rows)

    def experiment(self, name: str, artifacts: Path | None, known: str = "") -> str:
        return f"experiment {name}"

    def find(self, experiment_id: str, tags: Mapping[str, str]) -> str | None:
        wanted = {STUDY_ID: self.study_id, **tags}.items()
        return next((key for key, run in self.runs.items() if wanted <= run.tags.items()), None)

    def create(self, experiment_id: str, name: str, seconds: float, tags: Mapping[str, str]) -> str:
        key = f"run {len(self.runs) + len(self.removed)}"
        self.runs[key] = PaperRun(name, seconds, dict(tags))
        if self.deaf and name not in self._lost:
            self._lost.add(name)
            raise AwayError("the answer was lost")
        return key

    def remove(self, run_id: str) -> None:
        self.removed[run_id] = self.runs.pop(run_id)

    def trials(self, experiment_id: str) -> dict[int, str]:
        return {int(run.tags[TRIAL]): key for key, run in self.runs.items() if TRIAL in run.tags}

    def untag(self, run_id: str, key: str) -> None:
        del self._writable(run_id).tags[key]

    def reopen(self, run_id: str) -> None:
        self._writable(run_id).status = "RUNNING"

    def end(self, run_id: str, status: str, seconds: float) -> None:
        run = self._writable(run_id)
        run.status, run.ended = status, seconds

    def steps(self, run_id: str, keys: Iterable[str]) -> set[tuple[str, int]]:
        known = set(keys)
        return {(row[0], row[3]) for row in self.runs[run_id].rows if row[0] in known}

    def log(
        self,
        run_id: str,
        *,
        metrics: Iterable[Point] = (),
        params: Mapping[str, str] | None = None,
        tags: Mapping[str, str] | None = None,
    ) -> None:
        if self.away:
            raise AwayError("it does not answer")
        run = self._writable(run_id)
        for name, value in (params or {}).items():
            assert run.params.setdefault(name, value) == value
        run.tags.update(tags or {})
        for row in metrics:
            assert (row[0], row[3]) not in {(one[0], one[3]) for one in run.rows}, "a row twice"
            run.rows.append(row)

    def keep_text(self, run_id: str, text: str, name: str) -> None:
        self._writable(run_id).files[name] = text

    def keep(self, run_id: str, path: Path, folder: str) -> None:
        for one in [path] if path.is_file() else path.iterdir():
            self._writable(run_id).files[f"{folder}/{one.name}".strip("/")] = one.read_text()

    def log_datasets(self, run_id: str, datasets: Sequence[Mapping[str, str]]) -> None:
        self._writable(run_id).datasets = [dict(one) for one in datasets]

    def register(self, event: ChampionChosen, under: Registering) -> Registered:
        self.models.append(event)
        return Registered(f"models:/{under.name}/{len(self.models)}")

    def gone(self, experiment_id: str, run_id: str) -> BlockedError | None:
        return None

    def warm_up(self) -> None:
        pass

    def _writable(self, run_id: str) -> PaperRun:
        run = self.runs[run_id]
        if run.name in self.refuses:
            raise RefusedError(f"the run {run_id} is gone")
        return run
