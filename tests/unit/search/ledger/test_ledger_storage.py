"""The ledger's storage tells Optuna of waiting trials what Optuna's own tells, without its look."""

from __future__ import annotations

import random
from pathlib import Path
from typing import Any

import optuna
import pytest
from ledgers import asked, new, reopen
from optuna.storages import JournalStorage
from optuna.trial import TrialState, create_trial
from small_space import study_directory

from rnnsearch.search.ledger.journal import BufferedJournal
from rnnsearch.search.ledger.storage import LedgerStorage

WAITING = (TrialState.WAITING,)
SPACE = {"x": optuna.distributions.FloatDistribution(0.0, 1.0)}


def test_it_pops_what_optunas_own_storage_pops(tmp_path: Path) -> None:
    """Two studies of one seed, in one order of asking, queueing, putting back and ending."""

    def study(name: str, storage: type[JournalStorage]) -> optuna.Study:
        journal = BufferedJournal(tmp_path / name, read_only=False)
        sampler = optuna.samplers.TPESampler(n_startup_trials=3, seed=1)
        return optuna.create_study(storage=storage(journal), sampler=sampler)

    def driven(study: optuna.Study) -> list[Any]:
        chance, running = random.Random(5), list[optuna.Trial]()
        for _ in range(60):
            deed = chance.choice(["ask", "ask", "ask", "enqueue", "add", "again", "end"])
            one = running.pop(chance.randrange(len(running))) if running else None
            if deed == "enqueue":
                study.enqueue_trial({"x": chance.random()})
            elif deed == "add":
                at = {"params": {"x": chance.random()}, "distributions": SPACE}
                study.add_trial(create_trial(state=TrialState.WAITING, **at))
            elif deed == "again" and one is not None:
                study._storage.set_trial_state_values(one._trial_id, TrialState.WAITING)
            elif deed == "end" and one is not None:
                study.tell(one, one.params["x"])
            else:
                running += [] if one is None else [one]
                running.append(study.ask(SPACE))
        return [
            (one.number, one.state, one.params, one.system_attrs, one.values)
            for one in study.get_trials()
        ]

    ours = driven(study("ours", LedgerStorage))
    assert ours == driven(study("theirs", JournalStorage))
    assert len({state for _, state, *_ in ours}) == 3


def test_it_looks_through_all_trials_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """That is at its first proposal, since a driver before it may have left some that wait."""
    looks: list[object] = []
    whole = JournalStorage.get_all_trials

    def counted(storage: JournalStorage, study: int, deep: bool = True, states: Any = None) -> Any:
        looks.extend([states] if states == WAITING else [])
        return whole(storage, study, deep, states)

    monkeypatch.setattr(JournalStorage, "get_all_trials", counted)
    ledger = new(tmp_path, "search.num_trials=30")
    for number in range(10):
        assert asked(ledger).number == number
    ledger.put_back(3, snapshot=None, crashed=False)
    assert [asked(ledger).number, asked(ledger).number] == [3, 10]
    ledger.close()
    assert looks == [WAITING]

    again = reopen(tmp_path, "search.num_trials=30")
    assert [asked(again).number for _ in range(12)] == list(range(12))
    again.close()
    assert looks == [WAITING] * 2
    stored = LedgerStorage(BufferedJournal(study_directory(tmp_path).ledger, read_only=True))
    assert [one.number for one in stored.get_all_trials(0, False, WAITING)] == list(range(12))
