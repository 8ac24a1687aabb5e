"""Squaring the driver's account with a pack's roster."""

from __future__ import annotations

from rnnsearch.models.config import ModelConfig
from rnnsearch.search.job import Job
from rnnsearch.search.ledger.trial_record import TrialRecord
from rnnsearch.search.messages import Departure, PackReport
from rnnsearch.search.pack_book import RESENDS, PackBook
from rnnsearch.tasks.sine.config import SineConfig
from rnnsearch.training.config import TrainingConfig, TrialConfig
from rnnsearch.training.report import Divergence, Refusal

CONFIG = TrialConfig(
    task=SineConfig(), model=ModelConfig(), training=TrainingConfig(max_epochs=9), seed=1
)


def book(*numbers: int) -> PackBook:
    made = PackBook("p", slots=4)
    for number in numbers:
        made.aboard[str(number)] = Job(str(number), TrialRecord(number, seed=1), CONFIG, limit=9)
    return made


def test_a_pack_is_given_no_more_than_is_of_use() -> None:
    account = PackBook("p", slots=4, follows=True)
    assert account.bound == 4
    account.read(PackReport(useful=2))
    assert account.bound == 2
    account.read(PackReport(useful=9))
    assert account.bound == 4
    account.read(PackReport(useful=None))
    assert account.bound == 4


def test_slots_that_a_person_set_are_filled_all_the_same() -> None:
    account = PackBook("p", slots=4)
    account.read(PackReport(useful=2))
    assert account.bound == 4


def test_no_difference_where_roster_and_account_agree() -> None:
    differences = book(1, 2).read(PackReport(roster={"1": 0, "2": 3}))
    assert (differences.resend, differences.lost, differences.departures) == ([], [], [])


def test_what_the_pack_lacks_is_sent_again_and_given_up_in_the_end() -> None:
    account = book(1)
    for _ in range(RESENDS):
        differences = account.read(PackReport())
        assert [job.number for job in differences.resend] == [1]
        assert differences.lost == []
    differences = account.read(PackReport())
    assert differences.resend == []
    assert [job.number for job in differences.lost] == [1]


def test_diverged_and_refused_trials_are_not_missed() -> None:
    report = PackReport(
        divergences=(Divergence("1", 2, 10, 1.0),), refusals=(Refusal("2", "too wide"),)
    )
    differences = book(1, 2).read(report)
    assert (differences.resend, differences.lost) == ([], [])


def test_a_stranger_aboard_is_set_down() -> None:
    differences = book(1).read(PackReport(roster={"1": 0, "9": 4}))
    assert differences.departures == [Departure("9")]


def test_a_departure_that_was_not_heard_is_repeated_until_the_trial_is_gone() -> None:
    account = book(1, 2)
    account.leave(Departure("1", keep_weights=True))
    assert list(account.aboard) == ["2"]
    differences = account.read(PackReport(roster={"1": 3, "2": 3}))
    assert differences.departures == [Departure("1", keep_weights=True)]
    differences = account.read(PackReport(roster={"2": 3}))
    assert differences.departures == []
    assert account.leaving == {}


def test_updates_are_numbered_from_one() -> None:
    account = book()
    assert [account.write((), (), {}).seq for _ in range(3)] == [1, 2, 3]


def test_the_newest_snapshot_that_holds_a_trial() -> None:
    account = book(1, 2)
    account.aboard["2"].snapshot = "older.snap"
    account.read(
        PackReport(roster={"1": 1, "2": 1}, snapshot="p.snap", snapshot_holds=frozenset({"1"}))
    )
    assert account.snapshot_of(account.aboard["1"]) == "p.snap"
    assert account.snapshot_of(account.aboard["2"]) == "older.snap"
