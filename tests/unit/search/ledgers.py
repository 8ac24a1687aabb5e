"""Ledgers of a small study on real journal files, as the ledger's tests open them."""

from __future__ import annotations

from pathlib import Path

import optuna
from optuna.storages import JournalStorage
from optuna.storages.journal import JournalFileBackend
from small_space import small_spec, study_directory

from rnnsearch.search.ledger.ledger import Ledger
from rnnsearch.search.ledger.trial_record import TrialRecord


def new(tmp_path: Path, *overrides: str) -> Ledger:
    return Ledger.create(study_directory(tmp_path), small_spec(*overrides))


def reopen(tmp_path: Path, *overrides: str) -> Ledger:
    return Ledger.open(study_directory(tmp_path), small_spec(*overrides))


def asked(ledger: Ledger) -> TrialRecord:
    trial = ledger.ask()
    assert trial is not None
    return trial


def stock_study(tmp_path: Path) -> optuna.Study:
    """The file as Optuna's own backend reads it."""
    path = str(study_directory(tmp_path).ledger)
    return optuna.load_study(study_name="small", storage=JournalStorage(JournalFileBackend(path)))
