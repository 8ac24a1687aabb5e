"""Studies of every task as a search leaves them, trained here in moments, without Ray."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np

from rnnsearch.events import Silence
from rnnsearch.search.champion import crown
from rnnsearch.search.choice import Choice
from rnnsearch.search.directory import StudyDirectory
from rnnsearch.search.job import Job
from rnnsearch.search.ledger.ledger import Ledger
from rnnsearch.space.load import loads
from rnnsearch.space.spec import StudySpec
from rnnsearch.space.trial import trial_config
from rnnsearch.study import RunFigures, Study
from rnnsearch.study.pictures import draw_champion, draw_trials
from rnnsearch.tasks.base import loss_metric
from rnnsearch.tasks.load import load_data
from rnnsearch.training.pack import Pack
from rnnsearch.training.trained import TrainedModel

WORDS = {"ab": "abe", "no": "nop", "xy": "xye"}
TABLE = "type: series, path: table.csv, time: time"
WALKS = "type: labels, path: walks.csv, id: walk, time: t, features: [a, b], label: way"
OWN = "unit.tasks.custom_examples.custom_tasks"

TASKS = {
    "sine": "type: sine, num_points: 30, rollout: {steps: [1, 20]}",
    "carried": "type: sine, num_points: 30, val_starts: [0.4],"
    " rollout: {steps: [1, 20], state: carried}",
    "wave": "type: wave, num_points: 200, duration: 20, window: 10, rollout: {steps: [5]}",
    "wave-ahead": "type: wave, num_points: 200, duration: 20, window: 10, horizon: 4",
    "wave-last": "type: wave, num_points: 200, duration: 20, window: 10, predict: last,"
    " rollout: {steps: [5]}",
    "lorenz": "type: lorenz, num_points: 300, window: 10, rollout: {steps: [5]}",
    "adding": "type: adding, length: 6, train_sequences: 64, val_sequences: 32, test_sequences: 32",
    "copy": "type: copy, length: 4, delay: 3, symbols: 4, train_sequences: 64, val_sequences: 32,"
    " test_sequences: 32",
    "hello": "type: text, text: hello, cyclic: true, split: {train: 1.0, val: 0.0, test: 0.0}",
    "text": f"type: text, text: '{'the cat sat on the mat. ' * 20}', sample: 20",
    "bytes": f"type: text, unit: byte, text: '{'the cat sat on the mat. ' * 20}', sample: 20",
    "one-step": f"{TABLE}, targets: [y], context: 8, horizon: 1",
    "recursive": f"{TABLE}, targets: [y, z], context: 8, horizon: 4",
    "direct": f"{TABLE}, targets: [y, z], past: [p], known: [k], context: 8, horizon: 4,"
    " strategy: direct, anchor: last",
    "each": f"{TABLE}, targets: [y, z], context: 8, horizon: 4, strategy: direct, channels: each,"
    " segment: 2",
    "quantiles": f"{TABLE}, targets: [y], context: 8, horizon: 4, strategy: direct,"
    " quantiles: [0.1, 0.5, 0.9], interval: 0.8",
    "roots": f"{TABLE}, targets: [y], context: 8, horizon: 4, transform: sqrt1p",
    "panel": f"{TABLE}, id: shop, targets: [y], context: 8, horizon: 3, strategy: direct",
    "words": "type: labels, path: words",
    "walks": WALKS,
    "sign": "type: labels, generated: {rule: sign_of_last, count: 200, held_out: 8, length: 5,"
    " num_features: 2}",
    "events": "type: events, path: events.npz",
    "arrays": "type: arrays, path: arrays.npz",
    "own": f"type: '{OWN}:Echo', delay: 3",
    "own-classes": f"type: '{OWN}:Parity'",
    "own-whole": f"type: '{OWN}:Whole', points: [20]",
}
"""By name, what a space file says under `task`."""

BACKWARDS = ("words", "walks", "direct", "adding", "wave-last")
"""Some whose networks read both ways."""

BETTER_TRAINED = {"sign": 3, "hello": 12, "words": 4}
"""Epochs, where what is said should be right mostly, not by chance."""


def write_files(folder: Path) -> None:
    """What the tasks read."""
    draw = np.random.default_rng(0)
    (folder / "words").mkdir()
    for name, letters in WORDS.items():
        words = {"".join(draw.choice(list(letters), draw.integers(2, 9))) for _ in range(40)}
        text = "\n".join(sorted(words)) + "\n"
        (folder / "words" / f"{name}.txt").write_text(text, encoding="utf-8")
    rows = [
        f"w{walk},{step},{(-1) ** walk * step + draw.normal():.3f},{draw.normal():.3f},"
        + ("down" if walk % 2 else "up")
        for walk in range(60)
        for step in range(draw.integers(1, 7))
    ]
    (folder / "walks.csv").write_text("\n".join(["walk,t,a,b,way", *rows]) + "\n")
    time = np.arange(240)
    hours = np.datetime64("2024-03-01T00") + time
    cells = {
        "time": np.concatenate([hours[:120], hours[:120]]),
        "shop": time // 120,
        "y": 20 + 3 * np.sin(time / 4) + draw.normal(0, 0.2, 240),
        "z": 5 + np.cos(time / 3),
        "p": draw.normal(size=240),
        "k": time % 7,
    }
    for name, kept in (("table.csv", hours), ("panel.csv", cells["time"])):
        lines = [",".join(cells)]
        lines += [
            ",".join(map(str, row)) for row in zip(*{**cells, "time": kept}.values(), strict=True)
        ]
        (folder / name).write_text("\n".join(lines) + "\n")
    parts = {part: draw.random((4, 12, 5)) < 0.4 for part in ("train", "val", "test")}
    np.savez(folder / "events.npz", **{part: some.astype(np.uint8) for part, some in parts.items()})
    x = {part: draw.normal(size=(30, 5, 2)) for part in parts}
    y = {part: one.sum((1, 2)) > 0 for part, one in x.items()}
    np.savez(
        folder / "arrays.npz",
        **{f"{part}_x": one for part, one in x.items()},
        **{f"{part}_y": one for part, one in y.items()},
    )


def space(name: str) -> str:
    """The space file of a small study."""
    task = TASKS[name].replace("table.csv", "panel.csv") if name == "panel" else TASKS[name]
    both = "bidirectional: true, " if name in BACKWARDS else ""
    epochs = BETTER_TRAINED.get(name, 2)
    return f"""
name: {name}
task: {{{task}}}
model: {{cell: gru, {both}hidden_size: 6}}
training:
  learning_rate: {{uniform: [0.01, 0.03]}}
  batch_size: {1 if name == "hello" else 4}
  steps_per_epoch: 20
  max_epochs: {epochs}
  carry_state: {json.dumps(name == "carried")}
search: {{num_trials: 1, scheduler: {{type: none}}, finalists: {{top: 1, seeds: 1}}}}
"""


def finished(name: str, storage: Path, folder: Path, *, drawn: bool = False) -> Study:
    """A study of `TASKS`, see `trained_alone`.

    Args:
        folder: With the files of `write_files`.
    """
    spec = loads(space(name), name=name, directory=folder)
    return trained_alone(spec, storage, drawn=drawn)


def trained_alone(spec: StudySpec, storage: Path, *, drawn: bool = False) -> Study:
    """A study whose first trial was trained here, in a pack without Ray, and crowned.

    Args:
        drawn: Whether the pictures are drawn too.
    """
    directory = StudyDirectory(storage, spec.name)
    directory.create()
    directory.yaml.write_text(spec.yaml, encoding="utf-8")
    ledger = Ledger.create(directory, spec)
    trial = ledger.ask()
    assert trial is not None
    config = trial_config(spec, trial.params, trial.seed)
    data = {config.task: load_data(config.task)}
    pack = Pack(data, objective=spec.search.metric, goal=spec.search.goal)
    pack.add("a", config)
    reports = []
    while len(reports) < config.training.max_epochs:
        step = pack.train({"a": config.training.max_epochs}, 5.0)
        assert not step.refusals
        reports += step.reports
    weights = pack.remove("a")
    assert weights is not None
    path = directory.checkpoints / "trial-0000"
    own_loss = loss_metric(data[config.task].metrics())
    job = Job("a", trial, config, config.training.max_epochs, own_loss=own_loss)
    for report in reports:
        job.take(report, spec.search.metric)
    weights = job.with_history(weights, spec.search.metric)
    TrainedModel.from_weights(config, weights, data[config.task]).save(path)
    ledger.report([(0, one.epoch, one.metrics[spec.search.metric]) for one in reports])
    ledger.finish(0, "complete", reason="", epoch=config.training.max_epochs)
    baselines = tuple(data[config.task].baselines())
    ledger.note(lambda notes: replace(notes, baselines=baselines))
    choice = Choice(number=0, seed=trial.seed, paths={trial.seed: path})
    event = crown(ledger, Silence(), choice, data=data, figure=directory.figures / "champion.png")
    if drawn:
        draw_trials(ledger.trials(), baselines, spec, directory.figures, 0)
        draw_champion(event, ledger.trials(), spec)
    uri = f"sqlite:///{directory.storage.resolve() / 'mlflow.db'}"
    run = RunFigures("complete", "", 1.0, 40, 0.0, uri)
    ledger.note(lambda notes: replace(notes, run=run))
    ledger.close()
    return Study.open(spec.name, storage=storage)
