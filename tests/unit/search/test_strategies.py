"""Whole studies with other stopping rules and samplers, ours and somebody's."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from contracts.distributions import installed

from rnnsearch.cli.app import main
from rnnsearch.errors import InputError
from rnnsearch.events import RungsChanged, TrialEnded
from rnnsearch.search.ledger.ledger import Ledger
from rnnsearch.space.describe import describe
from rnnsearch.space.load import load
from rnnsearch.stopping.median import MedianConfig

BROUGHT = '''
from dataclasses import dataclass
from typing import Annotated, Literal

from optuna.samplers import RandomSampler

from rnnsearch.stopping.none import NoStopping
from rnnsearch.vocabulary import Range


class Odd(NoStopping):
    """Stops trials of odd numbers at an epoch."""

    def __init__(self, at, last):
        super().__init__(last)
        self.at = at

    def next_limit(self, epoch):
        return self.at if epoch < self.at else super().next_limit(epoch)

    def decide(self, number):
        return f"{number} is odd" if number % 2 else None


@dataclass(frozen=True)
class Evens:
    """Stops trials of odd numbers."""

    at: Annotated[int, "Where they stop.", Range(1, 1000, unit="epochs")] = 4

    def rule(self, max_epochs, goal):
        return Odd(self.at, max_epochs)


@dataclass(frozen=True)
class Stuck:
    def rule(self, max_epochs, goal):
        return Standstill(max_epochs)


class Standstill(NoStopping):
    def next_limit(self, epoch):
        return epoch


@dataclass(frozen=True)
class Broken:
    def rule(self, max_epochs, goal):
        return Odd(1 // 0, max_epochs)


@dataclass(frozen=True)
class Same:
    """The same generator as ours, by its own seed."""

    seed: int = 0

    def make(self, start):
        assert list(start.space) == ["training.learning_rate"]
        start.say(f"seeded with {self.seed}")
        return RandomSampler(seed=self.seed)


@dataclass(frozen=True)
class Unmade:
    def make(self, start):
        return RandomSampler(seeds=[start.seed])


@dataclass(frozen=True)
class Raises:
    def make(self, start):
        return Failing()


class Failing(RandomSampler):
    def before_trial(self, study, trial):
        raise LookupError("nothing comes to mind")
'''

ENTRIES = {
    "rnnsearch.stopping_rules": {"evens": "brought_strategies:Evens"},
    "rnnsearch.samplers": {"same": "brought_strategies:Same"},
}

Studies = Callable[..., Any]


@pytest.fixture
def brought(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    folder = tmp_path_factory.mktemp("site")
    with installed(folder, {"brought_strategies.py": BROUGHT}, ENTRIES):
        yield


def rates(study: Any) -> list[float]:
    return [trial.params["training.learning_rate"] for trial in study.ledger.trials()]


def test_the_median_rule_stops_and_says_why(paper_study: Studies) -> None:
    how = "{type: median, grace_period: 2, interval: 3, min_trials: 2}"
    study = paper_study(f"search.scheduler={how}", "search.num_trials=20")
    outcome = study.run()
    assert study.spec.search.scheduler == MedianConfig(grace_period=2, interval=3, min_trials=2)
    assert set(study.ledger.counts()) == {"pruned", "complete"}
    stopped = [event for event in study.heard.of(TrialEnded) if event.state == "pruned"]
    assert stopped
    for event in stopped:
        assert event.epoch in (2, 5, 8)
        assert event.reason.startswith(f"stopped by the median rule at epoch {event.epoch}: best ")
    changed = study.heard.of(RungsChanged)[-1]
    assert changed.rungs[2] == 20
    assert changed.called == "decisions"
    assert outcome.champion is not None


def test_points_of_a_sequence_go_on_in_a_study_that_is_extended(paper_study: Studies) -> None:
    study = paper_study("search.sampler.type=qmc", "search.num_trials=12")
    study.run()
    before = rates(study)
    more = Ledger.open(study.directory, study.spec)
    assert more.extend(20) == 32
    more.close()
    study.run()
    assert rates(study)[:12] == before
    # Each eighth of the range holds four of 32 points.
    eighths = sorted(int(8 * (rate - 0.001) / (0.4 - 0.001)) for rate in rates(study))
    assert eighths == sorted([*range(8)] * 4)


@pytest.mark.parametrize("names", [("evens", "same"), ("Evens", "Same")], ids=["installed", "path"])
def test_somebodys_rule_and_sampler_run_a_study(
    paper_study: Studies, brought: None, names: tuple[str, str]
) -> None:
    rule, sampler = (name if name.islower() else f'"brought_strategies:{name}"' for name in names)
    study = paper_study(
        f"search.scheduler={{type: {rule}, at: 3}}", f"search.sampler={{type: {sampler}, seed: 4}}"
    )
    found = describe(study.spec).search
    assert (found["search.scheduler.type"], found["search.sampler.type"]) == (
        rule.strip('"'),
        sampler.strip('"'),
    )
    assert (found["search.scheduler.at"], found["search.sampler.seed"]) == (3, 4)
    study.run()
    assert study.ledger.remarks == ("seeded with 4",)
    ends = {event.number: event for event in study.heard.of(TrialEnded)}
    assert {event.epoch for event in ends.values() if event.state == "pruned"} == {3}
    assert sorted(n for n, event in ends.items() if event.state == "pruned") == [1, 3, 5, 7]
    assert ends[3].reason == "3 is odd"
    again = paper_study(*()).spec
    assert again.search.scheduler.type == "asha"


def test_check_knows_the_keys_of_somebodys_rule_and_says_what_is_wrong(
    tmp_path: Path, brought: None, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "s.yaml"
    text = "task: {type: sine}\ntraining: {max_epochs: 9}\nsearch:\n  scheduler: "
    file.write_text(text + "{type: evens, at: 6}\n")
    assert load(file).stopping_rule().next_limit(0) == 6
    for entry, wanted in [
        ("{type: evens, at: 60}", "the at of 60 epochs is beyond training.max_epochs, 9"),
        ("{type: evens, at: x}", "must be a whole number"),
        ("{type: evens, on: 6}", "unknown key; search.scheduler has at, type"),
        ("{type: even}", "extrapolate, taper, pbt, evens, not the text 'even'"),
        ("{type: 'brought_strategies:Nobody'}", "brought_strategies has no Nobody"),
        ("{type: 'brought_strategies:Same'}", "is no stopping rule: it has no method rule()"),
        ("{type: 'brought_strategies:Stuck'}", "next_limit(0) gives"),
        ("{type: 'brought_strategies:Broken'}", ".rule() raised ZeroDivisionError"),
        (
            "{type: none}\n  sampler: {type: 'brought_strategies:Unmade'}",
            ".make() raised TypeError",
        ),
    ]:
        file.write_text(f"{text}{entry}\n")
        with pytest.raises(SystemExit) as done:
            main(["check", str(file)])
        assert done.value.code == 2
        said = capsys.readouterr().err
        assert wanted in said
        assert f"s.yaml:{5 if 'sampler' in entry else 4}" in said


def test_what_somebodys_sampler_raises_is_said_with_its_line(
    paper_study: Studies, brought: None
) -> None:
    study = paper_study('search.sampler={type: "brought_strategies:Raises"}')
    with pytest.raises(InputError, match=r"Raises: before_trial\(\) raised LookupError: nothing"):
        study.run()
