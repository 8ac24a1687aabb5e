"""A run that failed leaves nothing open, and its own error is what is raised."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace

import pytest
from ledgers import asked
from small_space import small_spec, study_directory

from rnnsearch.events import Silence
from rnnsearch.search.ledger.ledger import Ledger
from rnnsearch.search.run import _settle_after, run_search


def test_what_else_goes_wrong_is_a_note_on_the_error() -> None:
    def settle(reason: str) -> None:
        raise OSError("no space left")

    error = RuntimeError("the network is gone")
    said: list[str] = []
    control = SimpleNamespace(settle=lambda: said.append("control"))
    _settle_after(error, control, SimpleNamespace(settle=settle), lambda: said.append("crown"))
    assert error.__notes__ == ["Then this failed too: OSError('no space left')"]
    assert said == ["control", "crown"]


def test_a_run_that_failed_before_its_first_pack_settles_the_ledger() -> None:
    said: list[str] = []
    error = RuntimeError("no Ray")
    _settle_after(error, None, SimpleNamespace(settle=said.append), lambda: said.append("crown"))
    assert said == ["the run failed"], "nothing was searched, so nobody is crowned"
    assert not hasattr(error, "__notes__")


def test_a_search_that_fails_puts_its_trials_back(tmp_path: Path) -> None:
    def stage(text: str) -> None:
        raise RuntimeError("the terminal is gone")

    directory, spec = study_directory(tmp_path), small_spec()
    ledger = Ledger.create(directory, spec)
    asked(ledger)
    with pytest.raises(RuntimeError, match="the terminal is gone"):
        run_search(spec, directory, ledger=ledger, listener=Silence(), address=None, stage=stage)
    assert ledger.counts() == {"waiting": 1}
