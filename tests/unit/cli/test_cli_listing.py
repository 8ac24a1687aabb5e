"""The command `studies`: every study of a storage, in several orders, and what is none."""

from __future__ import annotations

import json
import os
from dataclasses import replace
from pathlib import Path

import pytest
from contracts.hand_made import figures
from contracts.written_study import TRIALS, write_study

from rnnsearch.cli.app import main
from rnnsearch.search.ledger.ledger import Ledger
from rnnsearch.search.lock import StudyLock
from rnnsearch.study import Study


def listed(storage: Path, capsys: pytest.CaptureFixture[str], *words: str) -> tuple[int, str, str]:
    with pytest.raises(SystemExit) as ended:
        main(["studies", "--storage", str(storage), *words])
    out, err = capsys.readouterr()
    return int(ended.value.code or 0), out, err


def test_each_state_is_told_by_lock_run_and_trials(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write_study(tmp_path, "done", won_by=0)
    write_study(tmp_path, "stopped", run=figures("stopped"))
    write_study(tmp_path, "killed", run=None)
    again = write_study(tmp_path, "again")  # complete, then extended, and killed in that run
    ledger = Ledger.open(again, Study.open("again", storage=tmp_path).spec)
    ledger.note(lambda notes: replace(notes, run=figures()))
    assert ledger.ask() is not None
    ledger.flush()
    with StudyLock(write_study(tmp_path, "live")):
        status, out, err = listed(tmp_path, capsys, "--format", "json")
    rows = {row["study"]: row for row in json.loads(out)}
    assert (status, err) == (0, "")
    assert {name: row["state"] for name, row in rows.items()} == {
        "again": "killed",
        "done": "complete",
        "killed": "killed",
        "live": "running",
        "stopped": "stopped",
    }
    done = rows["done"]
    assert [done[one] for one in ("trials", "complete", "best", "champion", "seconds")] == [
        *(4, 2, 0.075, 0.075, 75.0)
    ]
    assert done["folder"] == str(tmp_path / "done")
    # The clock by which a file is dated is up to a tick behind the one that Python asks.
    assert done["changed"] + 0.1 >= done["started"] > 0
    assert rows["killed"]["champion"] is rows["killed"]["seconds"] is None


def test_the_best_value_is_that_of_all_trials_whichever_won(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write_study(tmp_path, won_by=3)
    _, out, _ = listed(tmp_path, capsys, "--format", "json")
    assert json.loads(out)[0]["best"] == 0.075


def test_orders(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write_study(tmp_path, "b", trials=TRIALS[:3])
    write_study(tmp_path, "a", trials=TRIALS[:1])
    last = write_study(tmp_path, "c", trials=TRIALS[:2])
    os.utime(last.ledger, (1.0, 1.0))

    def order(*words: str) -> str:
        _, out, _ = listed(tmp_path, capsys, *words)
        return "".join(line.split()[0] for line in out.splitlines()[1:])

    assert order() == "abc"
    assert order("--sort", "trials") == "bca"
    assert order("--sort", "started") == "cab"
    assert order("--sort", "changed") == "abc"


def test_folders_that_are_no_studies_are_named_in_a_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for name in ("notes", ".arrays", "mlartifacts", ".git", "not a name!"):
        (tmp_path / name).mkdir()
    (tmp_path / "mlflow.db").touch()
    status, out, err = listed(tmp_path, capsys)
    assert status == 0
    assert out.startswith("no study in ")
    assert err == "no studies, and left alone: not a name!, notes\n"


def test_a_study_that_cannot_be_read_is_said_and_the_others_are_listed(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write_study(tmp_path, "good")
    write_study(tmp_path, "odd").yaml.write_text("task: {type: sin}\n")
    status, out, err = listed(tmp_path, capsys)
    assert status == 0
    assert [line.split()[:2] for line in out.splitlines()[1:]] == [
        ["good", "complete"],
        ["odd", "unreadable"],
    ]
    assert err.startswith("odd: ")
