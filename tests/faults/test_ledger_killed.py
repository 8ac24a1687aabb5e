"""A driver that is killed with SIGKILL while it writes its ledger."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from rnnsearch.search.directory import StudyDirectory
from rnnsearch.search.ledger.ledger import Ledger
from rnnsearch.search.ledger.reading import read_trials
from rnnsearch.space.load import loads
from rnnsearch.space.spec import StudySpec

SPACE = """
name: killed
task: {type: sine}
model: {cell: lstm, hidden_size: 8}
training:
  learning_rate: {loguniform: [1e-4, 1e-1]}
  steps_per_epoch: 10
  max_epochs: 4
search: {metric: val_mse, num_trials: 400, sampler: {type: random},
  scheduler: {type: asha, grace_period: 1}}
"""

DRIVER = """
import sys
sys.path.insert(0, sys.argv[2])
from pathlib import Path
from test_ledger_killed import drive, spec
from rnnsearch.search.directory import StudyDirectory
directory = StudyDirectory(Path(sys.argv[1]), "killed")
drive(directory, spec(), acknowledge=lambda line: print(line, flush=True))
"""


def spec(*overrides: str) -> StudySpec:
    return loads(SPACE, name="killed", directory=Path(), overrides=overrides)


def value_of(number: int, epoch: int) -> float:
    """A curve that is a function of the trial, as a real one is of its seed."""
    return number + 1.0 / epoch


def drive(directory: StudyDirectory, spec: StudySpec, acknowledge: object = None) -> None:
    """A driver's life: eight trials aboard, every fourth stopped, some put back; flushed often.

    After each flush the trials that it made durable are acknowledged as `number state epochs`.
    """
    directory.create()
    opener = Ledger.open if directory.ledger.exists() else Ledger.create
    ledger = opener(directory, spec)
    ledger.prepare(4)
    aboard = {}
    while True:
        while len(aboard) < 8 and (trial := ledger.ask()) is not None:
            aboard[trial.number] = trial.epoch
        if not aboard:
            break
        lines = []
        for number in list(aboard):
            epoch = aboard[number] = aboard[number] + 1
            ledger.report([(number, epoch, value_of(number, epoch))])
            attempts = ledger.trial(number).attempts
            if number % 7 == 3 and epoch == 2 and attempts == 1:
                ledger.put_back(number, snapshot=None, crashed=True)
            elif number % 4 == 1 and epoch >= 2:
                ledger.finish(number, "pruned", reason="rung", epoch=epoch)
            elif number % 11 == 5 and epoch >= 3:
                ledger.finish(number, "diverged", reason="NaN", epoch=epoch + 1)
            elif epoch >= 4:
                ledger.finish(number, "complete", reason="last epoch", epoch=epoch)
            record = ledger.trial(number)
            if record.state != "running":
                del aboard[number]
            lines.append(f"{number} {record.state} {len(record.values_by_epoch)}")
        ledger.flush()
        if callable(acknowledge):
            acknowledge(";".join(lines))
    ledger.close()


def expected_state(number: int) -> str:
    if number % 4 == 1:
        return "pruned"
    return "diverged" if number % 11 == 5 else "complete"


def assert_whole(directory: StudyDirectory, count: int) -> None:
    """Every trial is there once, ended as it must, with the curve that is its own."""
    records, _ = read_trials(directory, spec())
    assert [record.number for record in records] == list(range(count))
    assert len({record.params["training.learning_rate"] for record in records}) == count
    for record in records:
        assert record.state == expected_state(record.number)
        epochs = range(1, len(record.values_by_epoch) + 1)
        assert dict(record.values_by_epoch) == {
            epoch: value_of(record.number, epoch) for epoch in epochs
        }


@pytest.mark.parametrize("seed", range(3))
def test_kill_9_loses_nothing_that_was_flushed(tmp_path: Path, seed: int) -> None:
    """Killed twice at random moments, then run to the end."""
    directory = StudyDirectory(tmp_path, "killed")
    moments = random.Random(seed)
    for _ in range(2):
        with subprocess.Popen(
            [sys.executable, "-c", DRIVER, str(tmp_path), str(Path(__file__).parent)],
            stdout=subprocess.PIPE,
            text=True,
        ) as driver:
            assert driver.stdout is not None
            acknowledged = [driver.stdout.readline()]
            time.sleep(moments.uniform(0.0, 0.15))
            os.kill(driver.pid, signal.SIGKILL)
            acknowledged += driver.stdout.readlines()
        whole = [line for line in acknowledged if line.endswith("\n")]
        assert whole[0], "the driver said something before it was killed"

        records, _ = read_trials(directory, spec())
        for line in whole:
            for word in line.split(";"):
                number, state, epochs = word.split()
                record = records[int(number)]
                assert len(record.values_by_epoch) >= int(epochs)
                if state in ("complete", "pruned", "diverged"):
                    assert record.state == state

    drive(directory, spec())
    assert_whole(directory, 400)


def test_a_journal_cut_off_anywhere_goes_on(tmp_path: Path) -> None:
    """What a killed machine leaves: any prefix of the file, in the middle of a batch too."""
    short = spec("search.num_trials=14")
    first = StudyDirectory(tmp_path / "first", "killed")
    drive(first, short)
    whole = first.ledger.read_bytes()
    ends = [position + 1 for position, byte in enumerate(whole) if byte == ord("\n")]
    cuts = ends[::7] + [end - 5 for end in ends[::11]]

    for cut in cuts:
        directory = StudyDirectory(tmp_path / f"cut-{cut}", "killed")
        directory.create()
        directory.ledger.write_bytes(whole[:cut])
        drive(directory, short)
        assert_whole(directory, 14)
