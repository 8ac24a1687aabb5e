"""Models of any task, with drawn weights: no training is needed to export one."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from contracts.small_studies import TASKS, write_files

from rnnsearch.space.load import loads
from rnnsearch.space.trial import trial_config
from rnnsearch.testing.exports import with_drawn_weights
from rnnsearch.training.config import TrialConfig
from rnnsearch.training.trained import TrainedModel

SHOPS = "type: series, path: shops.csv, time: time, id: shop, context: 8"

MORE_TASKS = {
    "walk-steps": "type: tags, path: walks.csv, id: walk, time: t, features: [a, b], label: way",
    "walk-value": "type: value, path: walks.csv, id: walk, time: t, features: [a], target: sum",
    "word-value": "type: value, path: words.csv, text: word, target: score",
    "amounts": "type: arrays, path: amounts.npz",
    "symbols": "type: arrays, path: symbols.npz",
    "all-inputs": f"{SHOPS}, targets: [y, z], known: [k, open], categories: [open, shop], "
    "static: [size], calendar: [hour, weekday], missing: mask, horizon: 3, spacing: given",
    "all-inputs-direct": f"{SHOPS}, targets: [y, z], past: [p], known: [k, open], categories: "
    "[open, weather], static: [size], calendar: [hour], missing: mask, horizon: 3, "
    "strategy: direct, transform: log1p, quantiles: [0.1, 0.5, 0.9]",
    "anchored-each": f"{SHOPS}, targets: [y, z], known: [k], channels: each, anchor: last, "
    "missing: mask, transform: sqrt1p, horizon: 2",
    "anchored-direct": f"{SHOPS}, targets: [y, z], channels: each, anchor: last, segment: 2, "
    "strategy: direct, horizon: 2, missing: ffill",
}
"""Tasks beside `small_studies.TASKS`, whose files `write_more_files` writes."""

EVERY_TASK = {**TASKS, **MORE_TASKS}


def write_every_file(folder: Path) -> None:
    """What the tasks of `EVERY_TASK` read."""
    write_files(folder)
    draw = np.random.default_rng(1)
    walks = (folder / "walks.csv").read_text().splitlines()
    sums: dict[str, float] = {}
    for line in walks[1:]:
        name, _, a, *_ = line.split(",")
        sums[name] = sums.get(name, 0.0) + float(a)
    head, *rows = walks
    lines = [f"{head},sum", *(f"{row},{100 + sums[row.split(',')[0]]:.3f}" for row in rows)]
    (folder / "walks.csv").write_text("\n".join(lines) + "\n")
    words = {"".join(draw.choice(list("abcdé"), draw.integers(2, 9))) for _ in range(60)}
    lines = ["word,score", *(f"{one},{len(one) * 7.5}" for one in sorted(words))]
    (folder / "words.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")
    parts = ("train", "val")
    x = {f"{part}_x": 300 + 20 * draw.normal(size=(30, 5, 3)) for part in parts}
    y = {f"{part}_y": x[f"{part}_x"].sum(2)[..., None] for part in parts}
    np.savez(folder / "amounts.npz", **x, **y)
    x = {f"{part}_x": draw.integers(0, 6, (30, 5)) for part in parts}
    y = {f"{part}_y": np.array(["odd", "even"])[x[f"{part}_x"][:, 0] % 2] for part in parts}
    np.savez(folder / "symbols.npz", **x, **y)
    rows = []
    for shop, level in (("north", 20.0), ("south", 9000.0), ("west", 5.0)):
        for hour in range(90):
            time = np.datetime64("2024-03-01T00") + hour
            gone = 5 < hour < 50 and draw.random() < 0.1
            sold = "" if gone else f"{level * (1 + 0.2 * np.sin(hour / 3)) + draw.random():.3f}"
            weather = "wet" if draw.random() < 0.4 else "dry"
            rows.append(
                f"{time},{shop},{sold},{3 + np.cos(hour):.3f},{draw.normal():.3f},{hour % 7},"
                f"{'yes' if hour % 5 else 'no'},{weather},{level / 10}"
            )
    head = "time,shop,y,z,p,k,open,weather,size"
    (folder / "shops.csv").write_text("\n".join([head, *rows]) + "\n")


def config_of(name: str, folder: Path, model: str = "cell: gru, hidden_size: 6") -> TrialConfig:
    """The config of a trial of a task.

    Args:
        folder: With the files of `write_every_file`.
        model: What the space file says under `model`.
    """
    task = EVERY_TASK[name]
    if name == "panel":
        task = task.replace("table.csv", "panel.csv")
    text = f"""
name: {name}
task: {{{task}}}
model: {{{model}}}
training: {{batch_size: 1}}
search: {{num_trials: 1}}
"""
    spec = loads(text, name=name, directory=folder)
    return trial_config(spec, {}, 1)


def untrained(name: str, folder: Path, model: str = "cell: gru, hidden_size: 6") -> TrainedModel:
    """A model of a task with drawn weights; arguments as for `config_of`."""
    config = config_of(name, folder, model)
    return with_drawn_weights(config.task, config.model)
