"""The journal's format is Optuna's, read without the private module that names its operations."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from types import ModuleType
from typing import Any

import optuna
import pytest
from ledgers import asked, new
from optuna.storages import JournalStorage
from optuna.storages.journal import BaseJournalBackend
from small_space import small_spec, study_directory

import rnnsearch.search.ledger
from rnnsearch.search.ledger.journal_record import Operation
from rnnsearch.search.ledger.salvage import salvage


class Kept(BaseJournalBackend):
    def __init__(self) -> None:
        self.logs: list[dict[str, Any]] = []

    def read_logs(self, log_number_from: int) -> Iterator[dict[str, Any]]:
        yield from self.logs[log_number_from:]

    def append_logs(self, logs: list[dict[str, Any]]) -> None:
        self.logs += logs


def test_the_numbers_are_those_that_optuna_writes() -> None:
    journal = Kept()
    study = optuna.create_study(storage=JournalStorage(journal))
    study.set_user_attr("of the study", 1)
    trial = study.ask()
    trial.suggest_float("x", 0.0, 1.0)
    trial.set_user_attr("of the trial", 2)
    study.tell(trial, 0.5)

    assert [log["op_code"] for log in journal.logs] == [
        Operation.CREATE_STUDY,
        Operation.SET_STUDY_USER_ATTR,
        Operation.CREATE_TRIAL,
        Operation.SET_TRIAL_PARAM,
        Operation.SET_TRIAL_USER_ATTR,
        Operation.SET_TRIAL_STATE_VALUES,
    ]


def imported_anew(name: str) -> Any:
    """Another copy of a module of the ledger's, made while some of Optuna's names are gone."""
    path = Path(rnnsearch.search.ledger.__path__[0]) / f"{name}.py"
    spec = spec_from_file_location(f"without_names_{name}", path)
    assert spec is not None
    assert spec.loader is not None
    module = module_from_spec(spec)
    sys.modules[spec.name] = module  # dataclasses look their module up
    try:
        spec.loader.exec_module(module)
    finally:
        del sys.modules[spec.name]
    return module


def test_a_release_without_the_private_names_writes_and_mends_ledgers(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ledger = new(tmp_path)
    asked(ledger)
    ledger.flush()
    path = study_directory(tmp_path).ledger
    private = "optuna.storages.journal._storage"
    monkeypatch.setitem(sys.modules, private, ModuleType(private))

    read = imported_anew("journal").BufferedJournal(path, read_only=True)
    mended = imported_anew("mending").mend(salvage(path.read_bytes()), small_spec(), "small")

    assert len(list(read.read_logs(0))) == mended.kept == len(mended.logs)
    ledger.close()
