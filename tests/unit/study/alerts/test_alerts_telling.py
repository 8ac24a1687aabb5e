"""Of what a person is alerted, how rarely, and that nothing waits for an alert that hangs."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest
from contracts.hand_made import champion, record, search

from rnnsearch.events import (
    EpochsReported,
    Event,
    StudyEnded,
    StudyStarted,
    TrialEnded,
    TrialStarted,
)
from rnnsearch.goal import Goal
from rnnsearch.study.alerts.asked import Alerts, Occasion
from rnnsearch.study.alerts.telling import MOST, RARELY_SECONDS, Telling
from rnnsearch.study.alerts.ways import UndeliveredError

STARTED = StudyStarted(0.0, "wave", "d", "sine", "val_mse", "minimize", 10, False, "")
ENDED = StudyEnded(9.0, "complete", "", 65.0, counts={"complete": 2})
FAILED = TrialEnded(0.0, 4, "failed", "it crashed", 0, None, None, None, 1.0)


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


class Mailbox:
    """Keeps alerts, or raises the next of its troubles."""

    name = "the mailbox"

    def __init__(self, *troubles: Exception) -> None:
        self.alerts: list[Mapping[str, Any]] = []
        self.troubles = list(troubles)
        self.tries = 0

    def deliver(self, alert: Mapping[str, Any]) -> None:
        self.tries += 1
        if self.troubles:
            raise self.troubles.pop(0)
        self.alerts.append(alert)


class Study:
    """A study whose clock and packs a test turns; alerts are delivered when it looks."""

    def __init__(self, box: Mailbox, *on: Occasion, goal: Goal = Goal.MINIMIZE) -> None:
        self.clock, self.steps, self.wait = Clock(), 0, None
        self.box, self.pauses = box, list[float]()
        asked = Alerts(command="true", on=on or ("end", "best", "failure", "stall"))
        self.telling = Telling(
            asked,
            [box],
            "wave",
            "/studies",
            search(goal),
            lambda: self.steps,
            lambda: self.wait,
            clock=self.clock,
            sleep=self.pauses.append,
        )
        self.telling._thread = threading.Thread()  # the test turns the crank
        self.telling._thread.start()

    def hear(self, *events: Event) -> None:
        for event in events:
            # A thread that has ended is not alive, and is not started again by a test.
            self.telling._thread = _Asleep()
            self.telling.on_event(event)

    def report(self, number: int, value: float) -> None:
        self.steps += 100
        self.hear(EpochsReported(0.0, number, [1], [{"val_mse": value}], 100))

    def later(self, seconds: float) -> list[str]:
        """The texts of the alerts that have arrived when so much time has passed."""
        self.clock.now += seconds
        self.telling.look()
        while self.telling._queue:
            self.telling.deliver(self.telling._queue.popleft())
        return [str(alert["text"]) for alert in self.box.alerts]


class _Asleep(threading.Thread):
    def is_alive(self) -> bool:
        return True


@pytest.fixture
def study() -> Study:
    return Study(Mailbox())


def test_an_end_is_told_with_all_that_a_person_wants(study: Study) -> None:
    study.hear(STARTED, TrialStarted(0.0, 3, "trial-0003-rnn", {}, {}, 0, "pack-01"))
    study.report(3, 0.25)
    study.hear(champion(3, 0.25), ENDED)
    assert study.later(1.0) == ["wave: complete after 1m05s; best val_mse 0.25 (trial 3)"]
    (alert,) = study.box.alerts
    assert {key: alert[key] for key in alert if key not in ("time", "host", "seconds")} == {
        "event": "end",
        "study": "wave",
        "storage": "/studies",
        "text": "wave: complete after 1m05s; best val_mse 0.25 (trial 3)",
        "state": "complete",
        "reason": "",
        "metric": "val_mse",
        "goal": "minimize",
        "best": {"value": 0.25, "trial": 3},
        "champion": {"trial": 3, "value": 0.25, "test": {"test_mse": 0.25}},
        "trials": {"complete": 2},
        "num_trials": 10,
    }


def test_a_run_that_fails_is_a_failure_and_no_second_alert(study: Study) -> None:
    study.hear(STARTED, replace(ENDED, state="failed", reason="the data are gone"))
    assert study.later(1.0) == ["wave: failed (the data are gone) after 1m05s"]
    assert study.box.alerts[0]["event"] == "failure"
    only_ends = Study(Mailbox(), "end")
    only_ends.hear(STARTED, replace(ENDED, state="failed", reason="the data are gone"))
    only_ends.later(1.0)
    assert [alert["event"] for alert in only_ends.box.alerts] == ["end"]


def test_a_new_best_is_told_rarely_and_the_last_one_counts(study: Study) -> None:
    study.hear(STARTED)
    study.report(1, 0.5)
    assert study.later(RARELY_SECONDS - 1) == []
    study.report(2, 0.25)
    assert study.later(1) == ["wave: new best val_mse 0.25 (trial 2; 0 of 10 trials)"]
    study.report(3, 0.125)
    study.report(4, 0.2)
    assert len(study.later(RARELY_SECONDS - 1)) == 1
    assert study.later(1)[1:] == ["wave: new best val_mse 0.125 (trial 3; 0 of 10 trials)"]
    study.steps += 1
    assert len(study.later(RARELY_SECONDS)) == 2  # nothing is better


def test_the_best_of_an_earlier_run_is_no_news() -> None:
    study = Study(Mailbox(), "best")
    study.telling.recall([record(1, best=0.5)])
    study.hear(STARTED)
    assert study.later(RARELY_SECONDS) == []
    study.report(2, 0.75)
    assert study.later(RARELY_SECONDS) == []
    study.report(2, 0.25)
    assert len(study.later(RARELY_SECONDS)) == 1


def test_trials_that_fail_are_told_rarely() -> None:
    study = Study(Mailbox(), "failure")
    study.hear(STARTED, FAILED)
    assert study.later(0) == ["wave: trial 4 failed: it crashed"]
    study.hear(replace(FAILED, number=5), replace(FAILED, number=6))
    assert len(study.later(RARELY_SECONDS - 1)) == 1
    assert study.later(1)[1:] == ["wave: trial 6 failed: it crashed"]


def test_a_stall_is_told_once_with_the_reason_and_again_after_training() -> None:
    study = Study(Mailbox(), "stall")
    study.hear(STARTED)
    study.wait = "no free GPU"  # type: ignore[assignment]
    assert study.later(599) == []
    assert study.later(1) == ["wave: nothing was trained for 10m00s: no free GPU"]
    assert len(study.later(6000)) == 1
    study.steps += 1  # a finalist trains too, of whose epochs no event tells
    assert len(study.later(1)) == 1
    assert len(study.later(600)) == 2
    study.hear(ENDED)
    assert len(study.later(6000)) == 2


def test_only_what_was_asked_for_is_told() -> None:
    study = Study(Mailbox(), "end")
    study.hear(STARTED, FAILED)
    study.report(3, 0.25)
    assert study.later(10_000) == []


def test_another_try_is_made_where_it_may_help() -> None:
    study = Study(Mailbox(UndeliveredError("down", again=True)), "end")
    study.hear(STARTED, ENDED)
    assert len(study.later(1)) == 1
    assert study.pauses == [1.0]
    assert study.telling.problem is None


@pytest.mark.parametrize(
    ("troubles", "tries"),
    [
        ([UndeliveredError("down", again=True)] * 3, 3),
        ([UndeliveredError("down", again=False)], 1),
        ([OSError(12, "down")], 1),
    ],
)
def test_what_does_not_arrive_is_a_problem_until_one_does(
    troubles: list[Exception], tries: int
) -> None:
    study = Study(Mailbox(*troubles), "failure")
    study.hear(STARTED, FAILED)
    assert study.later(1) == []
    assert study.box.tries == tries
    assert str(study.telling.problem).endswith("down; the alert of failure is lost")
    study.hear(FAILED)
    assert len(study.later(RARELY_SECONDS)) == 1
    assert study.telling.problem is None


def test_too_many_alerts_lose_the_oldest(study: Study) -> None:
    study.hear(STARTED, *[ENDED] * (MOST + 3))
    assert len(study.telling._queue) == MOST


def test_a_way_that_hangs_holds_up_neither_events_nor_the_end() -> None:
    hanging, hangs = threading.Event(), threading.Event()

    class Hanging(Mailbox):
        def deliver(self, alert: Mapping[str, Any]) -> None:
            hanging.set()
            hangs.wait()

    telling = Telling(Alerts(command="true"), [Hanging()], "wave", "/studies", search(), lambda: 0)
    telling.on_event(STARTED)
    telling.on_event(FAILED)
    assert hanging.wait(60)
    for _ in range(1000):
        telling.on_event(EpochsReported(0.0, 1, [1], [{"val_mse": 0.5}], 1))
    telling.on_event(ENDED)
    remains = telling.close(0.01)
    assert remains.pending == 2
    assert remains.problem == "there was no time to deliver them"
    hangs.set()


def test_the_thread_delivers_by_itself_and_ends() -> None:
    box = Mailbox()
    telling = Telling(Alerts(command="true"), [box], "wave", "/studies", search(), lambda: 0)
    telling.on_event(STARTED)
    telling.on_event(ENDED)
    assert telling.close(60.0).pending == 0
    assert [alert["event"] for alert in box.alerts] == ["end"]
    assert "alerts" not in [thread.name for thread in threading.enumerate()]
