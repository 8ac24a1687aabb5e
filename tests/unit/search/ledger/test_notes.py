"""Notes as they stand in the ledger: those of older versions are read, unknown ones are said."""

from __future__ import annotations

import json
import math
from pathlib import Path

import pytest
from ledgers import new
from small_space import small_spec, study_directory

from rnnsearch.errors import DamagedLedgerError
from rnnsearch.events import ChampionChosen
from rnnsearch.search.ledger.ledger import Ledger
from rnnsearch.search.ledger.notes import Notes, UnknownNoteError, changed, notes_of
from rnnsearch.search.ledger.reading import read_trials
from rnnsearch.search.ledger.run_figures import RunFigures
from rnnsearch.tasks.base import Score
from rnnsearch.tasks.fingerprint import Fingerprint

CHAMPION = {
    "time": 2.5,
    "number": 7,
    "seed": 11,
    "path": "checkpoints/trial-0007",
    "val_metrics": {"val_mse": 0.5},
    "test_metrics": {},
    "figure": "",
    "text": "hello -> elloh",
    "seeds": [11, 12],
    "by_seed": {"val_mse": [0.5, 0.75]},
    "mean": {"val_mse": 0.625},
    "std": {"val_mse": 0.25},
    "left_out": ["seed 13: diverged"],
    "unfinished": "",
    "request_seconds": None,
    "request": "",
    "ensemble": {
        "members": [{"trial": 7, "seed": 11, "value": 0.5}, {"trial": 3, "seed": 4, "value": 0.75}],
        "metrics": {"val_mse": 0.625},
        "single": 0.5,
        "won": False,
        "why": "worse",
    },
    "front": [{"number": 3, "path": "checkpoints/trial-0003", "values": {"parameters": 40}}],
}
WRITTEN = {
    "note.tracking_uri": "sqlite:///mlflow.db",
    "note.data": {
        "a.csv": {
            "sha256": "0a",
            "path": "a.csv",
            "facts": {"rows": 9, "last": "1"},
            "files": {},
        }
    },
    "note.data_notes": ["no held-out part"],
    "note.tie_break": "val_nats",
    "note.baselines": [{"name": "AR(8)", "metrics": {"val_mse": 0.75}, "note": "8 lags"}],
    "note.finalist_losses": {"7:12": None},
    "note.finalists": {"7:12": math.inf},
    "note.finalists_told": [7],
    "note.tested": {"7:11:3": {}},
    "note.champion": CHAMPION,
    "note.champion_told": [2.5, 7, 11],
    "note.settled": "complete",
}
READ = Notes(
    tracking_uri="sqlite:///mlflow.db",
    data={"a.csv": Fingerprint("0a", "a.csv", {"rows": 9, "last": "1"})},
    data_notes=("no held-out part",),
    tie_break="val_nats",
    baselines=(Score("AR(8)", {"val_mse": 0.75}, "8 lags"),),
    finalist_losses={"7:12": None},
    finalists={"7:12": math.inf},
    announced_finalists=(7,),
    tested={"7:11:3": {}},
    champion=ChampionChosen(
        2.5,
        7,
        11,
        "checkpoints/trial-0007",
        {"val_mse": 0.5},
        {},
        text="hello -> elloh",
        seeds=(11, 12),
        by_seed={"val_mse": (0.5, 0.75)},
        mean={"val_mse": 0.625},
        std={"val_mse": 0.25},
        left_out=("seed 13: diverged",),
        ensemble={
            "members": (
                {"trial": 7, "seed": 11, "value": 0.5},
                {"trial": 3, "seed": 4, "value": 0.75},
            ),
            "metrics": {"val_mse": 0.625},
            "single": 0.5,
            "won": False,
            "why": "worse",
        },
        front=({"number": 3, "path": "checkpoints/trial-0003", "values": {"parameters": 40}},),
    ),
    announced_champion=(2.5, 7, 11),  # type: ignore[arg-type]
    settled="complete",
)


def test_each_note_is_json_and_is_read_as_it_was() -> None:
    assert notes_of({"space": "0a", **WRITTEN}) == READ
    assert json.loads(json.dumps(dict(changed(Notes(), READ)))) == WRITTEN
    assert list(changed(READ, READ)) == []


def test_what_older_versions_left_out_has_its_default() -> None:
    run = {"state": "complete", "reason": "", "wall_seconds": 9.5, "training_steps": 40}
    run |= {"trials_per_hour": 60.0, "tracking_uri": "sqlite:///mlflow.db"}
    notes = notes_of({"note.run": run, "note.champion_told": None, "note.data_notes": None})
    assert notes == Notes(run=RunFigures(**run))


def test_what_a_newer_version_noted_is_said_with_its_place() -> None:
    with pytest.raises(UnknownNoteError, match=r"champion\.margin"):
        notes_of({"note.champion": {**CHAMPION, "margin": 0.5}})
    with pytest.raises(UnknownNoteError, match="goals"):
        notes_of({"note.goals": []})
    with pytest.raises(ValueError, match=r"champion\.seeds"):
        notes_of({"note.champion": {**CHAMPION, "seeds": 3, "margin": 0.5}})


def test_a_ledger_of_a_newer_version_is_refused_and_left_alone(tmp_path: Path) -> None:
    directory, spec = study_directory(tmp_path), small_spec()
    ledger = new(tmp_path)
    ledger._study.set_user_attr("note.goals", ["a", "b"])
    ledger.close()
    before = directory.ledger.read_bytes()
    for read in (read_trials, Ledger.open):
        with pytest.raises(DamagedLedgerError, match=r"not know: goals\. The newer version"):
            read(directory, spec)
    assert directory.ledger.read_bytes() == before
