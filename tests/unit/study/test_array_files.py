"""Arrays in a storage: how long they stay, and that they are found where it was moved."""

from __future__ import annotations

import os
import shutil
import time
from pathlib import Path

import numpy as np
import pytest
from contracts.small_studies import trained_alone

from rnnsearch import Arrays, Study
from rnnsearch.errors import DataError
from rnnsearch.search.ledger.ledger import Ledger
from rnnsearch.study.array_files import UNUSED_SECONDS, delete_with_arrays
from rnnsearch.study.data import read_data

DRAW = np.random.default_rng(0)
X = DRAW.normal(size=(12, 5, 2))
SMALL = {"batch_size": 4, "max_epochs": 1}


def study(storage: Path, factor: float, name: str | None = None) -> Study:
    part = (factor * X, X.sum((1, 2)))
    task = Arrays(train=part, val=part)
    return Study(task=task, training=SMALL, search={"num_trials": 1}, name=name, storage=storage)


def begun(storage: Path, factor: float, name: str) -> Study:
    """A study that has its folder."""
    made = study(storage, factor, name)
    made.directory.create()
    made.directory.yaml.write_text(made.spec.yaml)
    return made


def files(storage: Path) -> set[str]:
    return {one.name for one in (storage / ".arrays").iterdir()}


def file_of(made: Study) -> Path:
    return Path(str(made.spec.values["task.path"]))


def age(file: Path) -> None:
    long_ago = time.time() - UNUSED_SECONDS - 60
    os.utime(file, (long_ago, long_ago))


def test_what_no_study_names_goes_after_a_week(tmp_path: Path) -> None:
    used, never_run, new = begun(tmp_path, 1, "used"), study(tmp_path, 2), study(tmp_path, 3)
    for made in (used, never_run):
        age(file_of(made))
    last = study(tmp_path, 4)
    assert files(tmp_path) == {file_of(one).name for one in (used, new, last)}
    age(file_of(new))
    study(tmp_path, 3)  # used again, so that it is new
    study(tmp_path, 4)
    assert file_of(new).exists()


def test_a_study_is_deleted_with_its_arrays(tmp_path: Path) -> None:
    one, same, other = (begun(tmp_path, f, n) for f, n in ((1, "one"), (1, "same"), (2, "other")))
    assert file_of(one) == file_of(same)
    delete_with_arrays(one.directory)
    assert file_of(same).exists()
    delete_with_arrays(same.directory)
    assert files(tmp_path) == {file_of(other).name}


def test_a_storage_may_be_moved(tmp_path: Path) -> None:
    made = study(tmp_path / "before", 1)
    trained_alone(made.spec, tmp_path / "before")
    ledger = Ledger.open(made.directory, made.spec)
    read_data(made.spec, made.directory, ledger)
    ledger.close()
    shutil.move(tmp_path / "before", tmp_path / "after")
    opened = Study.open("arrays", storage=tmp_path / "after")
    assert file_of(opened) == tmp_path / "after" / ".arrays" / file_of(made).name
    ledger = Ledger.open(opened.directory, opened.spec)
    read_data(opened.spec, opened.directory, ledger)  # the same data: nothing is refused
    ledger.close()
    assert opened.result().leaderboard()


def test_arrays_that_changed_or_are_gone_are_told(tmp_path: Path) -> None:
    made = study(tmp_path, 1)
    trained_alone(made.spec, tmp_path)
    ledger = Ledger.open(made.directory, made.spec)
    read_data(made.spec, made.directory, ledger)
    shutil.copy(file_of(study(tmp_path, 2)), file_of(made))
    with pytest.raises(DataError, match=r"has changed since the study arrays was started"):
        read_data(made.spec, made.directory, ledger)
    file_of(made).unlink()
    with pytest.raises(DataError, match=r"Give the same ones again, Study\(task=Arrays\(\.\.\.\)"):
        read_data(made.spec, made.directory, ledger)
    study(tmp_path, 1)
    read_data(made.spec, made.directory, ledger)
    ledger.close()
