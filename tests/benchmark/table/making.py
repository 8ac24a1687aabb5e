"""Makes the table: trains every configuration of its spaces to the end, in parts that resume.

A part is some dozens of trainings of like shapes in one pack of this project, without Ray. It is a
Parquet file of its own, written aside and renamed, so whoever kills the making loses one part at
most, and the next call goes on. `joined` writes the parts of a space as the one file of the table.

Packs share out the time that `time.perf_counter` counts. On a machine that others use that counts
their work too, so in this process it counts processor time instead; what the test part's metrics
take, which no search would compute, is left out.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import optuna
import pyarrow as pa
import pyarrow.parquet as pq
from torch import Tensor, nan_to_num

from rnnsearch.models.config import ModelConfig
from rnnsearch.space.load import load
from rnnsearch.space.proposals import make_sampler, suggest
from rnnsearch.space.spec import StudySpec
from rnnsearch.space.trial import trial_config
from rnnsearch.tasks.load import build_task, load_data
from rnnsearch.tasks.streams import derive
from rnnsearch.training.config import TrialConfig
from rnnsearch.training.pack import Pack
from table.reading import COLUMNS, PREFIX, SPACES, decoded

SEEDS = 3
TENTH = 10
"""Every tenth configuration is trained with all seeds, the others with the first."""
START = 5.0
PART = 51
"""Trainings of a part: as many as a pack often has at once."""

BLOCK = 850
"""Configurations whose parts come before those of the next, so that a table that has grown keeps
its parts."""


class ProcessorClock:
    """Seconds of this process's processor time, less those that were left out."""

    def __init__(self) -> None:
        self.left_out = 0.0

    def __call__(self) -> float:
        return time.process_time() - self.left_out

    def without(self, work: Callable[[], Any]) -> Any:
        """Do something in time that is not counted."""
        began = time.process_time()
        done = work()
        self.left_out += time.process_time() - began
        return done


@dataclass(frozen=True)
class Training:
    """One row of the table before it is trained."""

    number: int
    seed_number: int
    params: Mapping[str, Any]
    config: TrialConfig

    @property
    def name(self) -> str:
        return f"{self.number}:{self.seed_number}"


def trainings(spec: StudySpec) -> list[Training]:
    """All trainings of a space, in blocks in which those of like shapes are beside each other.

    The configurations are those that a study of the space file proposes, one after the other.
    """
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    study = optuna.create_study(sampler=make_sampler(spec, 0))
    rows = []
    for number in range(spec.search.num_trials):
        params = suggest(spec, study.ask())
        for seed_number in range(SEEDS if number % TENTH == 0 else 1):
            seed = derive(spec.search.seed, "table", number, seed_number)
            rows.append(Training(number, seed_number, params, trial_config(spec, params, seed)))

    def place(row: Training) -> tuple[int, str, int, int]:
        return row.number // BLOCK, _shape(row.config), row.number, row.seed_number

    return sorted(rows, key=place)


def _shape(config: TrialConfig) -> str:
    """Sorts trainings that a pack trains as one program beside each other."""
    model, how = config.model, config.training
    assert isinstance(model, ModelConfig)
    task = str(config.task)
    wide = model.embedding_size, model.bidirectional
    return str((model.cell, model.num_layers, how.batch_size, task, model.input, wide))


def parts(spec: StudySpec) -> Iterator[tuple[int, list[Training]]]:
    """The trainings of a space in parts, with the parts' numbers."""
    rows = trainings(spec)
    for number, start in enumerate(range(0, len(rows), PART)):
        yield number, rows[start : start + PART]


def make(names: Sequence[str], data: Path, folder: Path, say: Callable[[str], None]) -> None:
    """Train what is missing of some spaces.

    Args:
        names: Of the spaces.
        data: A folder with the files that the spaces read.
        folder: Where the parts lie.
        say: Called with a line after each part.
    """
    clock = ProcessorClock()
    time.perf_counter = clock
    for name in names:
        spec = load(SPACES / f"{name}.yaml", overrides=_moved(name, data))
        for number, rows in parts(spec):
            path = folder / f"{name}-{number:03d}.parquet"
            if path.exists():
                continue
            began, wall = clock(), time.time()
            table = trained(spec, rows, clock)
            aside = path.with_suffix(".aside")
            pq.write_table(table, aside, compression="zstd")
            aside.rename(path)
            say(
                f"{name} part {number}: {len(rows)} trainings, {clock() - began:.1f} s of processor"
                f" time, {time.time() - wall:.1f} s"
            )


def trained(spec: StudySpec, rows: Sequence[Training], clock: ProcessorClock) -> pa.Table:
    """Train some rows to their last epochs."""
    metric = spec.search.metric
    test = metric.replace("val_", "test_", 1)

    def tasks(config: Any, data: Any, *where: Any) -> Any:
        task = build_task(config, data, *where)
        validated = task.evaluate

        def both(predictor: Any, part: Any, carried: Any) -> dict[str, Tensor]:
            tested = clock.without(lambda: validated(predictor, "test", carried))
            # A test metric that is infinite must not end the training as diverged.
            return {**validated(predictor, part, carried), test: nan_to_num(tested[test])}

        task.evaluate = both
        return task

    pack = Pack(load_data, objective=metric, goal=spec.search.goal, tasks=tasks)
    for row in rows:
        pack.add(row.name, row.config)
    epochs = {row.name: row.config.training.max_epochs for row in rows}
    reports: dict[str, list[Any]] = {row.name: [] for row in rows}
    while pack.wanting(epochs):
        done = pack.train(epochs, 3600.0)
        if done.refusals:
            raise RuntimeError(f"{spec.name}: {done.refusals[0]}")
        for report in done.reports:
            reports[report.trial_id].append(report)
    kernels = pack.kernels
    columns: dict[str, list[Any]] = {name: [] for name in COLUMNS}
    for row in rows:
        curve = reports[row.name]
        columns["number"].append(row.number)
        columns["seed"].append(row.seed_number)
        columns["objective"].append([one.metrics[metric] for one in curve])
        columns["test"].append([one.metrics[test] for one in curve])
        columns["train_loss"].append([one.metrics["train_loss"] for one in curve])
        columns["seconds"].append([float(f"{one.seconds:.3g}") for one in curve])
        columns["kernel"].append(kernels.get(row.name, ""))
    arrays = [pa.array(values, type=COLUMNS[name]) for name, values in columns.items()]
    names = list(columns)
    for key in spec.parameters:
        values = [row.params.get(key) for row in rows]
        array = pa.array(values)
        if pa.types.is_string(array.type) or pa.types.is_boolean(array.type):
            array = array.dictionary_encode()
        arrays.append(array)
        names.append(PREFIX + key)
    return pa.Table.from_arrays(arrays, names=names)


def _moved(name: str, data: Path) -> list[str]:
    """Overrides by which a space reads its files from a folder."""
    files = {"text": "text.txt", "labels": "names", "series": "series.csv"}
    return [f"task.path={data / files[name]}"] if name in files else []


def joined(name: str, folder: Path, target: Path, facts: Mapping[str, Any]) -> bool:
    """Write the parts of a space's whole blocks as one file; False where no block is whole.

    Args:
        facts: What stands in the file of how it was made, such as the machine.
    """
    spec = load(SPACES / f"{name}.yaml", check_data=False)
    blocks: dict[int, list[Path]] = {}
    for number, rows in parts(spec):
        path = folder / f"{name}-{number:03d}.parquet"
        blocks.setdefault(rows[-1].number // BLOCK, []).append(path)
    whole = [some for some in blocks.values() if all(path.exists() for path in some)]
    if not whole:
        return False
    tables = [decoded(pq.read_table(path)) for some in whole for path in some]
    table = pa.concat_tables(tables, promote_options="permissive")  # a part may lack a parameter
    table = table.sort_by([("number", "ascending"), ("seed", "ascending")])
    seconds = [without_starts(row) for row in table["seconds"].to_pylist()]
    place = table.schema.get_field_index("seconds")
    table = table.set_column(place, "seconds", pa.array(seconds, type=COLUMNS["seconds"]))
    hours = round(sum(sum(row) for row in seconds) / 3600, 3)
    note = {**facts, "processor_hours": hours, "trainings": len(table)}
    words = [one.name for one in table.schema if pa.types.is_string(one.type)]
    pq.write_table(
        table.replace_schema_metadata({"made": json.dumps(note)}),
        target / f"{name}.parquet",
        compression="zstd",
        compression_level=19,
        use_dictionary=words,
        column_encoding={
            f"{column}.list.element": "BYTE_STREAM_SPLIT"
            for column, kind in COLUMNS.items()
            if pa.types.is_list(kind)
        },
    )
    return True


def without_starts(seconds: Sequence[float]) -> list[float]:
    """The seconds of a training's epochs, without what a process does once.

    A process loads each compiled kernel when it first needs it, in a second or so, which is no
    part of any training: an epoch that took more than `START` times the median counts as that.
    """
    if not seconds:
        return []
    usual = float(np.median(seconds))
    return [usual if one > START * usual else one for one in seconds]
