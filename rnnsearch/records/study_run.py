"""The run of the study itself in the store, with its baselines, its pictures and its champion."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

from rnnsearch.events import ENDED, BaselineScored, ChampionChosen, StudyEnded, StudyStarted
from rnnsearch.records.machine import Machine
from rnnsearch.records.names import KIND, LEADERBOARD, NOTE, TABLES, registered_name
from rnnsearch.records.run_fields import (
    champion_rows,
    child_tags,
    ensemble_tags,
    identity,
    registering_as,
    run_status,
    study_settings,
)
from rnnsearch.records.run_store import RefusedError, Registering, RunStore, StoreError
from rnnsearch.records.study_file import study_file
from rnnsearch.records.writer_state import WriterState


@dataclass(frozen=True, slots=True)
class StudyRun:
    """Writes what concerns the study as a whole.

    An event is `doubtful` where it may have been written before: by a writer that was killed, or in
    a call whose answer was lost.

    Attributes:
        experiment: The name of the experiment, made if it is missing.
        artifacts: The folder in which a new experiment keeps files; None leaves it to the server.
        folder: The study's folder, whose `figures` are kept with its run when it ends.
        experiment_id: That of an experiment that exists; empty where it is found by its name.
    """

    store: RunStore
    state: WriterState
    experiment: str
    artifacts: Path | None = None
    folder: Path | None = None
    experiment_id: str = ""

    def start(self, event: StudyStarted, doubtful: bool) -> None:
        """Make the study's run, or reopen it on a resume."""
        state = self.state
        if not state.experiment_id:
            state.experiment_id = self.store.experiment(
                self.experiment, self.artifacts, self.experiment_id
            )
        tags = {
            **event.tags,
            **event.run_tags,
            **self._described(event.description),
            **identity(event.study, self.store.study_id, "study"),
            "task": event.task,
            "metric": event.metric,
            "goal": event.goal,
            "num_trials": str(event.num_trials),
            "state": "running",
        }
        if not state.run_id and (event.resumed or doubtful):
            state.run_id = self.store.find(state.experiment_id, {KIND: "study"}) or ""
        fresh = not state.run_id
        if fresh:
            state.run_id = self.store.create(state.experiment_id, event.study, event.time, tags)
        else:
            self.store.reopen(state.run_id)
            self.store.log(state.run_id, tags=tags)
        if fresh or doubtful:
            # Not on a resume, since a param cannot be changed.
            self.store.log(state.run_id, params=study_settings(event))
        self.store.keep_text(state.run_id, event.space_yaml, "study.yaml")
        if event.datasets:
            self.store.log_datasets(state.run_id, event.datasets)
        state.study = {
            "name": event.study,
            "metric": event.metric,
            "goal": event.goal,
            "register_as": registering_as(event),
            "tags": dict(event.tags),
            "running": True,
            "described": bool(event.description),
        }
        state.refused = state.damaged = 0

    def end(self, sequence: int, event: StudyEnded) -> None:
        """Close the run, with the study's pictures and what this run of the driver cost."""
        state = self.state
        figures = None if self.folder is None else self.folder / "figures"
        if figures is not None and figures.is_dir():
            self.store.keep(state.run_id, figures, "figures")
        tags = {"state": event.state, "reason": event.reason}
        tags |= self._described(event.description)
        if self.folder is not None and (self.folder / LEADERBOARD).is_file():
            self.store.keep(state.run_id, self.folder / LEADERBOARD, "")
            tags[TABLES] = json.dumps([{"path": LEADERBOARD, "type": "table"}])
        # The ledger's counts, if the event has them; zeros too, since they may have been higher.
        counts = dict.fromkeys((*ENDED, "waiting"), 0) | dict(event.counts or state.counts)
        tags |= {f"trials_{name}": str(count) for name, count in counts.items()}
        costs = {"wall_seconds": event.wall_seconds, **event.figures}
        # Each run of the driver has its own costs, so they are written at a step of their own.
        metrics = [(name, value, event.time, sequence) for name, value in costs.items()]
        self.store.log(state.run_id, metrics=metrics, tags=tags)
        self.store.end(state.run_id, run_status(event.state), event.time)
        state.study["running"] = False

    def _described(self, words: str) -> dict[str, str]:
        """The tag with the study's description; nothing where an older version told of none."""
        if words:
            self.state.study["described"] = True
        return {NOTE: words} if words else {}

    def write_samples(self, machine: Machine) -> None:
        """Write the samples of this machine that wait, as metrics of the study's run."""
        points, machine.points = machine.points, []
        try:
            self.store.log(self.state.run_id, metrics=points)
        except RefusedError:
            raise  # for good
        except StoreError:
            machine.points = points + machine.points  # equal rows are written once
            raise
        self.state.samples = machine.step

    def add_baseline(self, event: BaselineScored, doubtful: bool) -> None:
        """Make the run of a baseline, unless an earlier run of the study has made it."""
        state = self.state
        run_id = self.store.find(state.experiment_id, {KIND: "baseline", "baseline": event.name})
        if run_id is not None and not doubtful:
            return
        if run_id is None:
            tags = {
                **child_tags(state, self.store.study_id, "baseline"),
                "baseline": event.name,
                "note": event.note,
            }
            name = f"baseline-{event.name}"
            run_id = self.store.create(state.experiment_id, name, event.time, tags)
        written = self.store.steps(run_id, event.metrics)
        metrics = [
            (key, value, event.time, 0)
            for key, value in event.metrics.items()
            if (key, 0) not in written
        ]
        self.store.log(run_id, metrics=metrics)
        self.store.end(run_id, "FINISHED", event.time)

    def register_champion(self, sequence: int, event: ChampionChosen, doubtful: bool) -> None:
        """Register the champion, unless this very choice is registered: a resume may tell of it
        again."""
        state = self.state
        if state.champion == event.mark:
            return
        if self.folder is not None:
            here = partial(study_file, folder=self.folder)
            front = [{**one, "path": str(here(one["path"]))} for one in event.front]
            event = replace(event, path=str(here(event.path)), front=front)
        metrics = {**event.val_metrics, **event.test_metrics}
        # MLflow gives a logged model all metrics at its step, so no others may be at the same one.
        rows = [(key, value, event.time, sequence) for key, value in metrics.items()]
        rows += champion_rows(event, sequence)
        tags = {"champion_trial": str(event.number), "champion_seed": str(event.seed)}
        tags["champion_unfinished"] = event.unfinished
        tags |= ensemble_tags(event)
        if event.seeds:
            tags["champion_seeds"] = ", ".join(map(str, event.seeds))
        if event.text:
            if not state.study.get("described"):  # as it is since a study describes itself
                tags[NOTE] = f"```\n{event.text}\n```"
            self.store.keep_text(state.run_id, event.text, "champion.txt")
        if event.figure and Path(event.figure).is_file():
            self.store.keep(state.run_id, Path(event.figure), "figures")
        self.store.log(state.run_id, metrics=rows, tags=tags)
        study = state.study
        under = Registering(
            study["name"],
            study.get("register_as") or registered_name(study["name"]),
            study["metric"],
            study["goal"],
            state.experiment_id,
            state.run_id,
            sequence,
            doubtful,
        )
        registered = self.store.register(event, under)
        state.champion_uri = registered.uri
        state.champion_alias, state.champion_words = registered.alias, registered.words
        state.champion_over, state.champion_front = registered.over, registered.front
        state.champion = event.mark


def start_from_file(study: Path, now: float) -> StudyStarted:
    """A study's start, made from its space file because the event itself could not be read.

    Args:
        study: The study's folder.
        now: Unix time.
    """
    from ruamel.yaml import YAML

    text = (study / "study.yaml").read_text(encoding="utf-8")
    document = YAML(typ="safe", pure=True).load(text)
    search = document["search"]
    return StudyStarted(
        time=now,
        study=str(document["name"]),
        storage=str(study.parent),
        task=str(document["task"]["type"]),
        metric=str(search["metric"]),
        goal=str(search.get("goal", "minimize")),
        num_trials=int(search.get("num_trials", 0)),
        resumed=True,
        space_yaml=text,
    )
