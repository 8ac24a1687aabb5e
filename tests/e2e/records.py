"""What MLflow's database and a study's ledger say, read without the project's own reader."""

from __future__ import annotations

import sqlite3
from collections import Counter
from contextlib import closing
from pathlib import Path

import optuna


def run_statuses(storage: Path) -> Counter[str]:
    """MLflow runs by status."""
    with closing(sqlite3.connect(storage / "mlflow.db")) as database:
        return Counter(status for (status,) in database.execute("SELECT status FROM runs"))


def trial_runs(storage: Path) -> Counter[str]:
    """How many MLflow runs each trial name has."""
    query = "SELECT name FROM runs WHERE name LIKE 'trial-%' AND lifecycle_stage = 'active'"
    with closing(sqlite3.connect(storage / "mlflow.db")) as database:
        return Counter(name for (name,) in database.execute(query))


def tagged_runs(storage: Path, tag: str) -> int:
    """How many MLflow runs have a tag."""
    with closing(sqlite3.connect(storage / "mlflow.db")) as database:
        query = "SELECT COUNT(*) FROM tags WHERE key = ?"
        return int(database.execute(query, (tag,)).fetchone()[0])


def registered(storage: Path) -> list[str]:
    """Names of the registered models."""
    with closing(sqlite3.connect(storage / "mlflow.db")) as database:
        return [name for (name,) in database.execute("SELECT name FROM registered_models")]


def ledger_trials(folder: Path) -> list[optuna.trial.FrozenTrial]:
    """The Optuna trials of a study's journal, through Optuna's own storage."""
    backend = optuna.storages.journal.JournalFileBackend(str(folder / "ledger.journal"))
    storage = optuna.storages.JournalStorage(backend)
    (study,) = storage.get_all_studies()
    return storage.get_all_trials(study._study_id)


def ledger_notes(folder: Path) -> dict[str, object]:
    """What the driver keeps with a study, by name."""
    backend = optuna.storages.journal.JournalFileBackend(str(folder / "ledger.journal"))
    (study,) = optuna.storages.JournalStorage(backend).get_all_studies()
    return {key.removeprefix("note."): value for key, value in study.user_attrs.items()}
