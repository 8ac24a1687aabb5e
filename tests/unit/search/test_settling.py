"""A run that failed leaves nothing open, and its own error is what is raised."""

from __future__ import annotations

from types import SimpleNamespace

from rnnsearch.search.run import _settle_after


def test_what_else_goes_wrong_is_a_note_on_the_error() -> None:
    def settle(reason: str) -> None:
        raise OSError("no space left")

    error = RuntimeError("the network is gone")
    _settle_after(error, None, SimpleNamespace(settle=settle))
    assert error.__notes__ == [
        "Then the ledger could not be settled either: OSError('no space left')"
    ]


def test_a_run_that_failed_before_its_first_pack_settles_the_ledger() -> None:
    said: list[str] = []
    error = RuntimeError("no Ray")
    _settle_after(error, None, SimpleNamespace(settle=said.append))
    assert said == ["the run failed"]
    assert not hasattr(error, "__notes__")
