"""The params, tags, metrics and status of MLflow runs, made from events."""

from __future__ import annotations

import hashlib
import json
import statistics
from collections.abc import Iterable, Mapping
from typing import Any

from rnnsearch.events import (
    ChampionChosen,
    FinalistScored,
    StoppedFinished,
    StudyStarted,
    StudyState,
    TrialEnded,
    TrialStarted,
    TrialState,
)
from rnnsearch.records.names import ENSEMBLE_WON, KIND, STUDY, STUDY_ID
from rnnsearch.records.run_store import Point
from rnnsearch.records.writer_state import WriterState

_STATUS = {
    "failed": "FAILED",
    **dict.fromkeys(("waiting", "running", "stopped", "interrupted"), "KILLED"),
}


def run_status(state: TrialState | StudyState) -> str:
    """MLflow's status of the run of a trial or a study in a state.

    A pruned or diverged trial did what it should, so its run is FINISHED, and its tag `state`
    tells the rest. A KILLED run is reopened when the study resumes.
    """
    return _STATUS.get(state, "FINISHED")


def identity(study: str, study_id: str, kind: str) -> dict[str, str]:
    """The tags by which the runs of a study are found."""
    return {STUDY: study, STUDY_ID: study_id, KIND: kind}


def child_tags(state: WriterState, study_id: str, kind: str) -> dict[str, str]:
    """The tags of a run below the study's run: of a trial or a baseline."""
    return {
        **state.study.get("tags", {}),
        **identity(str(state.study.get("name", "")), study_id, kind),
        "mlflow.parentRunId": state.run_id,
    }


def starting_tags(start: TrialStarted) -> dict[str, str]:
    """The tags of a trial that is aboard a pack."""
    return {
        "state": "running",
        "seed": str(start.seed),
        "pack": start.pack,
        "attempt": str(start.attempt),
        "config": json.dumps(start.config),
        "seed_group": seed_group(start.params),
        **({"device": ", ".join(start.devices)} if start.devices else {}),
        **({"node": ", ".join(start.nodes)} if start.nodes else {}),
        **_lineage(start),
    }


def _lineage(start: TrialStarted) -> dict[str, str]:
    """Of a copy of another trial, what it is copied from; nothing of any other trial."""
    if start.parent is None:
        return {}
    return {
        "parent_trial": str(start.parent),
        "parent_epoch": str(start.parent_epoch),
        "replaces_trial": str(start.replaces),
    }


def seed_group(params: Mapping[str, Any]) -> str:
    """A short name that trials have in common whose parameters are equal, and only their seeds not:
    MLflow's table groups by it."""
    text = json.dumps(dict(params), sort_keys=True, default=str)
    return hashlib.sha256(text.encode()).hexdigest()[:8]


def ending_tags(end: TrialEnded) -> dict[str, str]:
    """The tags of a trial that has ended, or waits."""
    return {
        **({"kernel": end.kernel} if end.kernel else {}),
        **({"violates": ", ".join(end.violations)} if end.violations else {}),
        "state": end.state,
        "reason": end.reason,
        "duration_seconds": f"{end.training_seconds:.3f}",
        "epochs": str(end.epoch),
        **{
            name: f"{value:.10g}"
            for name, value in end.numbers.items()
            if not name.startswith("goal_")
        },
    }


def summary_rows(end: TrialEnded, metric: str) -> list[Point]:
    """The metrics of an ended trial by which MLflow's table can be sorted, beside its curves."""
    rows = [("training_seconds", end.training_seconds, end.time, end.epoch)]
    if end.best_value is not None:
        rows.append((f"best_{metric}", end.best_value, end.time, end.best_epoch or end.epoch))
    goals = {name: value for name, value in end.numbers.items() if name.startswith("goal_")}
    return rows + [(name, value, end.time, end.epoch) for name, value in goals.items()]


def finalist_rows(scored: FinalistScored, metric: str) -> list[Point]:
    """The study's metric of a finalist with each of its seeds, the mean and the spread."""
    values = list(scored.values)
    rows = [(f"{metric}_by_seed", v, scored.time, index) for index, v in enumerate(values)]
    if values:
        rows.append((f"{metric}_seeds_mean", statistics.fmean(values), scored.time, 0))
    if len(values) > 1:
        rows.append((f"{metric}_seeds_std", statistics.stdev(values), scored.time, 0))
    return rows


def finished_tags(finished: StoppedFinished) -> dict[str, str]:
    """What a trial's run says of its training to the end after it had been stopped."""
    return {
        "finished_after_stop": finished.state,
        "stopped_at_epoch": str(finished.stopped_at),
    }


def finished_rows(finished: StoppedFinished, metric: str) -> list[Point]:
    """The best value of that training; the trial's own curve and best value stay as they are."""
    if finished.value is None or finished.epoch is None:
        return []
    return [(f"finished_{metric}", finished.value, finished.time, finished.epoch)]


def champion_rows(event: ChampionChosen, step: int) -> list[Point]:
    """The mean and the spread of each of the champion's metrics over its seeds, and the time of a
    request."""
    asked = event.request_seconds
    return [
        *([] if asked is None else [("request_seconds", asked, event.time, step)]),
        *(
            (f"ensemble_{name}", value, event.time, step)
            for name, value in event.ensemble.get("metrics", {}).items()
        ),
        *_over_seeds(event, step),
    ]


def ensemble_tags(event: ChampionChosen) -> dict[str, str]:
    """What a study's run says of the mean of several trainings that was tried: the trainings, each
    as `trial:seed`, whether it is the champion, and why."""
    tried = event.ensemble
    if not tried:
        return {}
    members = ", ".join(f"{one['trial']}:{one['seed']}" for one in tried["members"])
    return {
        "ensemble_members": members,
        ENSEMBLE_WON: "true" if tried["won"] else "false",
        "ensemble_why": tried["why"],
    }


def _over_seeds(event: ChampionChosen, step: int) -> list[Point]:
    """The mean and the spread of each of the champion's metrics over its seeds."""
    return [
        (f"{name}_seeds_{what}", value, event.time, step)
        for what, values in (("mean", event.mean), ("std", event.std))
        if event.std  # of a single seed there is nothing to sum up
        for name, value in values.items()
    ]


def as_params(params: Mapping[str, Any]) -> dict[str, str]:
    """Sampled parameters as MLflow's params, which are texts."""
    return {
        key: json.dumps(value) if isinstance(value, tuple | list | dict) else str(value)
        for key, value in params.items()
    }


def study_settings(event: StudyStarted) -> dict[str, str]:
    """The settings of a study that no resume changes, as params of its run.

    MLflow refuses to change a param, so what may change later is left out.
    """
    params = {"task": event.task, "metric": event.metric, "goal": event.goal}
    left_out = {f"search.{key}" for key in ("num_trials", "time_budget", "register_as", *params)}
    for key, value in _flat("search", _search(event)):
        if key not in left_out:
            params[key] = str(value)
    return params


def registering_as(event: StudyStarted) -> str:
    """The registered model whose versions the study's winners become; empty for one of its own."""
    return str(_search(event).get("register_as") or "")


def _search(event: StudyStarted) -> dict[str, Any]:
    """The section `search` of the study's file."""
    from ruamel.yaml import YAML

    document = YAML(typ="safe", pure=True).load(event.space_yaml)
    search = document.get("search") if isinstance(document, dict) else None
    return search if isinstance(search, dict) else {}


def _flat(prefix: str, node: Any) -> Iterable[tuple[str, Any]]:
    """The values of nested mappings under their dotted keys."""
    if isinstance(node, dict):
        for key, value in node.items():
            yield from _flat(f"{prefix}.{key}", value)
    else:
        yield prefix, node
