"""Which snapshot files of lost packs are removed while the study goes on."""

from __future__ import annotations

from types import SimpleNamespace
from typing import cast

import pytest

from rnnsearch.events import TrialState
from rnnsearch.search.job import Job
from rnnsearch.search.ledger.trial_record import TrialRecord
from rnnsearch.search.left_snapshots import LeftSnapshots
from rnnsearch.search.pack_book import PackBook


def book(name: str, *held: str, aboard: tuple[str, ...] = ()) -> PackBook:
    """The account of a pack whose newest snapshot holds these trainings."""
    made = PackBook(
        name, 4, snapshot=f"{name}.snap" if held else "", snapshot_holds=frozenset(held)
    )
    for trial_id in aboard:
        made.aboard[trial_id] = cast(Job, SimpleNamespace(trial_id=trial_id))
    return made


def trial(number: int, state: TrialState, snapshot: str | None = None) -> TrialRecord:
    return TrialRecord(number, state=state, snapshot=snapshot, seed=number)


ENDED = trial(1, "pruned", "lost.snap")
GOES_ON = trial(2, "running", "new.snap")
NEW = book("new", "2", aboard=("2",))


@pytest.mark.parametrize(
    ("books", "trials", "removed"),
    [
        ([NEW], [ENDED, GOES_ON], True),
        ([], [ENDED, trial(2, "complete", "lost.snap")], True),
        ([NEW], [trial(1, "waiting", "lost.snap"), GOES_ON], False),
        ([book("new", aboard=("2",))], [ENDED, trial(2, "running", "lost.snap")], False),
        ([book("new", "2")], [ENDED, trial(2, "running")], False),
        ([NEW], [ENDED, GOES_ON, trial(3, "waiting", "lost.snap")], False),
    ],
    ids=["all safe", "all ended", "waits", "not written yet", "left it again", "a copy goes on"],
)
def test_a_file_goes_when_nothing_needs_it(
    books: list[PackBook], trials: list[TrialRecord], removed: bool
) -> None:
    gone: list[str] = []
    left = LeftSnapshots(gone.append)
    left.leave(book("lost", "1", "2"))
    left.sweep(books, trials)
    left.sweep(books, trials)
    assert gone == ["lost.snap"] * removed


def test_what_could_not_be_removed_is_tried_again_and_a_finalist_is_no_trial() -> None:
    gone: list[str] = []

    def refuse(name: str) -> None:
        raise PermissionError(name)

    left = LeftSnapshots(refuse)
    left.leave(book("lost", "1"))
    left.leave(book("other", "1-seed-5"))
    left.sweep([], [ENDED])
    left.remove = gone.append
    left.sweep([], [ENDED])
    assert gone == ["lost.snap"]
