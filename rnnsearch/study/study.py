"""`Study`: a search, new or reopened, and all that can be done with it."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rnnsearch.commands import shown
from rnnsearch.disk import replace_file
from rnnsearch.events import Listener, Silence
from rnnsearch.search.directory import (
    StudyDirectory,
    local_storage,
    next_free_name,
    refuse_ephemeral,
)
from rnnsearch.space.load import load
from rnnsearch.space.resolve import renamed
from rnnsearch.space.retraining import retraining
from rnnsearch.space.spec import StudySpec
from rnnsearch.study.alerts.asked import Alerts
from rnnsearch.study.array_files import moved_arrays
from rnnsearch.study.audience import NO_ALERTS, Watch
from rnnsearch.study.claim import new_directory
from rnnsearch.study.code import check_nameable, read_spec
from rnnsearch.study.data import check_retrained
from rnnsearch.study.in_python import spec_of
from rnnsearch.study.notebook import CellOutputs, NotebookView, in_notebook
from rnnsearch.study.progress import Progress
from rnnsearch.study.result import StudyResult
from rnnsearch.study.running import Places, run_once
from rnnsearch.study.trained_again import retraining_notes

if TYPE_CHECKING:
    from rnnsearch.study.reproduction.ensemble import EnsembleReproduction
    from rnnsearch.study.reproduction.reproduce import Reproduction


@dataclass(frozen=True, repr=False)
class Study:
    """A search that can be run, new or reopened.

    `Study.from_yaml("sine.yaml").run()` is what `rnnsearch run sine.yaml` does;
    `Study(task={"type": "sine"}, model={"cell": rnnsearch.choice(["gru", "lstm"])}).run()` is the
    same without a file.

    Attributes:
        spec: The contents of the space file, validated.
        directory: Where the study leaves its files.
        resumed: Whether the study was run before.
        more_trials: How many trials to add to the study when it runs.
        notes: What a person must know of where a new study comes from.
        allow_changed_script: Whether to go on with a training script whose source has changed.
    """

    spec: StudySpec
    directory: StudyDirectory
    resumed: bool = False
    more_trials: int = 0
    notes: Sequence[str] = ()
    allow_changed_script: bool = False

    def __init__(
        self,
        spec: StudySpec | None = None,
        directory: StudyDirectory | None = None,
        resumed: bool = False,
        more_trials: int = 0,
        notes: Sequence[str] = (),
        allow_changed_script: bool = False,
        *,
        task: Any = None,
        params: Any = None,
        model: Any = None,
        training: Any = None,
        search: Any = None,
        resources: Any = None,
        first_trials: Sequence[Mapping[str, Any]] = (),
        name: str | None = None,
        storage: str | Path = "studies",
    ) -> None:
        """A new study, whose space is written in Python.

        Args:
            spec: The space, where it was read already, with `directory` and what else the
                attributes say; all that follows describes one that was not.
            task: What is learned: `rnnsearch.Arrays`, `rnnsearch.Script`, a dict as in a space
                file, the config of a task, or a custom task.
            params: The free keys of a training script.
            model: A dict as in a space file, with `rnnsearch.choice` and the like for what is
                sampled, or a config; so are `training`, `search` and `resources`.
            first_trials: As in a space file.
            name: None takes that of the task and, where it is taken, `sine-2`.
            storage: The folder of studies; arrays in memory are written there.

        Raises:
            SpaceFileError: The space has mistakes; all of them are in it, with their keys.
            DataError: Arrays cannot be read or written.
            StudyExistsError: `name` is taken.
            StorageError: Ray would delete the storage with the job.
        """
        if spec is None or directory is None:
            sections = {"params": params, "model": model, "training": training}
            sections |= {"search": search, "resources": resources}
            folder = local_storage(Path(storage))
            spec = spec_of(task, sections, first_trials, name, folder)
            spec = renamed(spec, name or next_free_name(folder, spec.name))
            directory = new_directory(folder, spec.name)
        for key, value in (
            ("spec", spec),
            ("directory", directory),
            ("resumed", resumed),
            ("more_trials", more_trials),
            ("notes", notes),
            ("allow_changed_script", allow_changed_script),
        ):
            object.__setattr__(self, key, value)

    def __repr__(self) -> str:
        """Its name, and what it searches for, in a line."""
        task, search = self.spec.values["task.type"], self.spec.search
        what = f"{search.num_trials} trials of {task}, {search.goal} {search.metric}"
        return f"<Study {self.directory.name} in {shown(self.directory.storage)}: {what}>"

    @classmethod
    def from_yaml(
        cls,
        path: str | Path,
        *,
        name: str | None = None,
        storage: str | Path = "studies",
        overrides: Sequence[str] = (),
    ) -> Study:
        """Read a search-space file for a new study.

        Args:
            name: The study's name; None takes the file's and, where that is taken, `sine-2`.
            overrides: `KEY=YAML` entries that replace the file's, as after `--set`.

        Raises:
            SpaceFileError: The file has mistakes; all of them are in it.
            StudyExistsError: `name` is taken.
            StorageError: Ray would delete the storage with the job.
        """
        refuse_ephemeral(Path(storage))
        spec = load(Path(path), overrides)
        spec = renamed(spec, name or next_free_name(Path(storage), spec.name))
        return cls(spec, new_directory(Path(storage), spec.name))

    @classmethod
    def open(
        cls,
        name: str,
        *,
        storage: str | Path = "studies",
        time_budget: str | None = None,
        more_trials: int = 0,
        allow_changed_script: bool = False,
        budgets: Sequence[str] = (),
        code: Iterable[Any] = (),
    ) -> Study:
        """Reopen a study, to go on with it or to look at it.

        Args:
            time_budget: A new budget for the next run and those after it, such as `10m`; None keeps
                the file's.
            more_trials: Trials to add to the study's target.
            budgets: `KEY=YAML` entries of other budgets, which the study keeps once it runs, such
                as `search.max_device_hours=2`.
            allow_changed_script: Go on with a training script whose source has changed since the
                study was started.
            code: Classes and functions of a script or a notebook that the study was started with.
                What stands in the running one under the same name, unchanged, need not be given.

        Raises:
            StudyNotFoundError: No study of that name lies in the storage.
            InputError: The study names none like one of `code`, or its source has changed.
        """
        directory = StudyDirectory.find(Path(storage), name)
        overrides = list(budgets)
        if time_budget is not None:
            overrides.append(f"search.time_budget={json.dumps(time_budget)}")
        # A study can be looked at without its data. A run reads the data anyway.
        spec = read_spec(directory, overrides, code)
        if moved := moved_arrays(spec, directory):
            spec = read_spec(directory, [*overrides, *moved])
        changed = allow_changed_script
        return cls(spec, directory, True, more_trials, allow_changed_script=changed)

    def retrained(
        self, *, name: str | None = None, seeds: int = 3, overrides: Sequence[str] = ()
    ) -> Study:
        """A new study that trains the champion's configuration again, and nothing else.

        It samples nothing, so its figures are those of one configuration. With
        `task.split={train: 0.9, val: 0, test: 0.1}` the model learns from more of a text. Where
        there is no validation part, the weights are chosen by the training part, never by the test
        part.

        Args:
            name: None takes this study's name with `-retrained` behind it.
            seeds: How many trainings to make, each with another seed.
            overrides: `KEY=YAML` entries that replace those of the configuration.

        Raises:
            ModelError: The study has no champion yet.
            DataError: The data has changed since the study was started, and no override names it.
            SpaceFileError: An override is wrong.
            StudyExistsError: `name` is taken.
        """
        result, storage = self.result(), self.directory.storage
        name = name or next_free_name(storage, f"{self.directory.name}-retrained")
        spec = retraining(self.spec, result.best_trial.params, name, seeds, overrides)
        notes = retraining_notes(self.spec, spec, result, overrides)
        notes += check_retrained(spec, self.directory, result.data, overrides)
        return Study(spec, new_directory(storage, name), notes=notes)

    def forked(
        self,
        *,
        name: str | None = None,
        overrides: Sequence[str] = (),
        widen: bool = False,
        ledger: str | None = None,
    ) -> tuple[Study, list[str]]:
        """A new study on disk, in another space, with this one's trials; see `forking.fork`."""
        from rnnsearch.study.forking import fork

        old = (self.directory, self.spec)
        directory, lines = fork(*old, name, overrides, widen=widen, ledger=ledger)
        return Study.open(directory.name, storage=directory.storage), lines

    def reproduce(
        self,
        number: int | None = None,
        seed: int | None = None,
        *,
        allow_changed_code: bool = False,
        progress: Callable[[int, int], None] = lambda done, total: None,
    ) -> Reproduction | EnsembleReproduction:
        """Train a trial again, without a number the champion, and compare to the last bit: see
        `study.reproduction.reproduce.reproduce`."""
        from rnnsearch.study.reproduction.ensemble import reproduced

        how: Any = {"allow_changed_code": allow_changed_code, "progress": progress}
        which = self.result().winner() if number is None else (number, seed)
        return reproduced(self.spec, self.directory, which, **how)

    def to_yaml(self, path: str | Path | None = None) -> str:
        """The study's space file, every default filled in, which `from_yaml` reads.

        Args:
            path: Where to write it too; None writes it nowhere.

        Raises:
            InputError: It needs a class or function that the running script or notebook defines.
        """
        check_nameable(self.spec)
        if path is not None:
            replace_file(Path(path), self.spec.yaml)
        return self.spec.yaml

    def result(self) -> StudyResult:
        """The result so far, read from the study's files."""
        return StudyResult.read(self.spec, self.directory)

    def run(
        self,
        *,
        address: str | None = None,
        ledger: str | None = None,
        tracking_uri: str | None = None,
        record: str | None = None,
        sinks: Mapping[str, str] | None = None,
        listener: Listener | None = None,
        stage: Callable[[str], None] = lambda text: None,
        drain: Callable[[int, int], None] = lambda done, total: None,
        say: Callable[[str], None] = lambda text: None,
        trouble: Callable[[str | None], None] = lambda problem: None,
        waiting: Callable[[str | None], None] = lambda reason: None,
        alerts: Alerts = NO_ALERTS,
        finish_stopped: int = 0,
    ) -> StudyResult:
        """Search until all trials have ended or the budget is used up, and register the champion.

        Args:
            address: A Ray cluster; None starts Ray on this machine.
            ledger: A PostgreSQL database for the ledger of a new study; None takes that of the
                variable RNNSEARCH_LEDGER, else a file. A password in it is not kept.
            tracking_uri: The address of an MLflow store; None keeps that of the study. A new study
                takes it from the variable MLFLOW_TRACKING_URI, else `mlflow.db` in the storage. A
                password in it is not kept.
            record: Which trials have runs there: `all`, `top:N` or `none`; None keeps the study's.
            sinks: Where they go beside MLflow, such as event files: `{"tensorboard": "folder"}`.
                The study keeps to a place until another one is given; an empty text ends it.
            listener: Hears every event, from several threads but one at a time. None shows a table
                and pictures where this runs in a notebook; nothing below is called then.
            stage: Called with a few words on what the driver does now.
            drain: Called at the end with the number of records in MLflow, and of all.
            say: Called with a line that should stay on the screen.
            trouble: Called from another thread with what is wrong with the records, whenever that
                changes; with None once nothing is.
            waiting: Called from another thread with why trials wait, such as that no GPU is free,
                in one line, whenever that changes; with None once they do not.
            alerts: A command or an address that is told of the end, a new best, a failure and a
                stall, in notebooks too. The study does not keep it: give it again to a later run.
            finish_stopped: How many of the trials that were stopped to train to the end after all
                else, a sample, which tells what stopping cost; the study keeps the largest number.

        Raises:
            DataError: The data cannot be read, or has changed since the study was started.
            NoUsableTrialError: No trial came far enough to be used, so no model was registered.
            StudyLockedError: Another driver runs the study.
            ClusterError: The cluster cannot be reached.
            StorageError: MLflow cannot write to `tracking_uri`, its password has to be given
                again, or the storage, or the ledger's database, cannot hold the study.
        """
        places = Places(address, ledger, tracking_uri, record, sinks or {})
        if listener is not None or not in_notebook():
            watch = Watch(listener or Silence(), stage, drain, say, trouble, waiting, alerts)
            self._run(places, watch, finish_stopped)
            return self.result()
        progress = Progress(self.spec.search)
        if self.resumed:
            progress.recall(self.result().trials)
        view = NotebookView(f"study {self.directory.name}", progress, CellOutputs())
        with view.watch() as watch:
            self._run(places, replace(watch, alerts=alerts), finish_stopped)
        result = self.result()
        view.end(result)
        return result

    def _run(self, places: Places, watch: Watch, finish_stopped: int) -> None:
        """See `run`."""
        run_once(
            self.spec,
            self.directory,
            places,
            watch,
            resumed=self.resumed,
            more_trials=self.more_trials,
            notes=self.notes,
            allow_changed_script=self.allow_changed_script,
            finish_stopped=finish_stopped,
        )
