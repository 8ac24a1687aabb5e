"""Studies whose trials were trained here in one pack, without Ray, as a search trains them: beside
others, stopped at different epochs, and moved to another pack by a snapshot on the way."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from rnnsearch.goal import Goal
from rnnsearch.search.directory import StudyDirectory
from rnnsearch.search.finalist import rerun_key
from rnnsearch.search.job import Job
from rnnsearch.search.ledger.ledger import Ledger
from rnnsearch.search.ledger.trial_record import TRAIN_LOSSES
from rnnsearch.space.load import loads
from rnnsearch.space.trial import trial_config
from rnnsearch.study import Study
from rnnsearch.study.data import read_data
from rnnsearch.study.environment import note_environment
from rnnsearch.tasks.base import TaskData
from rnnsearch.tasks.config import TaskConfig
from rnnsearch.tasks.load import load_data
from rnnsearch.training.pack import Pack


class Data(dict[TaskConfig, TaskData]):
    """Data by config, read when it is asked for."""

    def __missing__(self, config: TaskConfig) -> TaskData:
        self[config] = data = load_data(config)
        return data


def side_by_side(
    folder: Path, space: str, stops: Mapping[int, int], *, rerun: tuple[int, int] | None = None
) -> Study:
    """Train as many trials as the space asks for, all together.

    Args:
        folder: Where the space file would lie; the study lies in `studies` there.
        stops: The epochs at which trials are stopped, by number; the others go to the last.
        rerun: A trial and a seed with which it is trained beside the others, as a finalist is.
    """
    spec = loads(space, name="small", directory=folder)
    directory = StudyDirectory(folder / "studies", "small")
    directory.create()
    directory.yaml.write_text(spec.yaml, encoding="utf-8")
    ledger = Ledger.create(directory, spec)
    read_data(spec, directory, ledger)
    note_environment(spec, directory, ledger)
    metric, goal, last = spec.search.metric, spec.search.goal, spec.values["training.max_epochs"]
    jobs: dict[str, Job] = {}
    for _ in range(spec.search.num_trials):
        trial = ledger.ask()
        assert trial is not None
        config = trial_config(spec, trial.params, trial.seed)
        limit = stops.get(trial.number, last)
        jobs[str(trial.number)] = Job(str(trial.number), trial, config, limit)
        if rerun is not None and rerun[0] == trial.number:
            key = rerun_key(*rerun)
            jobs[key] = Job(key, trial, replace(config, seed=rerun[1]), last)
    data = Data()
    packs = [Pack(data.__getitem__, objective=metric, goal=goal) for _ in range(2)]
    for key, job in jobs.items():
        packs[0].add(key, job.config)
    over: dict[str, dict[str, object]] = {}
    halves = [{key: min(2, job.limit) for key, job in jobs.items()}]
    halves.append({key: job.limit for key, job in jobs.items()})
    for pack, limits in zip(packs, halves, strict=True):
        while pack.wanting({key: at for key, at in limits.items() if key in pack.roster}):
            done = pack.train(limits, 5.0)
            assert not done.refusals, done.refusals
            for report in done.reports:
                jobs[report.trial_id].take(report, metric)
            for bad in done.divergences:
                over[bad.trial_id] = {"diverged_epoch": bad.epoch, "diverged_step": bad.step}
        if pack is packs[0]:
            for key, state in pack.state().items():
                packs[1].add(key, jobs[key].config, state)
        for key in list(pack.roster):
            pack.remove(key)
    for key, job in jobs.items():
        if ":" in key:
            value = goal.best(job.curve.values()) if job.curve else Goal(goal).worst
            ledger.note(lambda notes, key=key, value=value: replace(notes, finalists={key: value}))
            continue
        ledger.report([(job.number, epoch, value) for epoch, value in job.curve.items()])
        state = "diverged" if key in over else "pruned" if job.limit < last else "complete"
        noted = {**over.get(key, {}), TRAIN_LOSSES: job.losses}
        ledger.finish(job.number, state, reason=state, epoch=job.epoch, attributes=noted)
    ledger.close()
    return Study.open("small", storage=folder / "studies")
