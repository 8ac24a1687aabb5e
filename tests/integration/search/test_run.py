"""Whole searches on a real local Ray with the real pack."""

from __future__ import annotations

import math
import os
import shutil
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from ray_study import Notebook, open_study, search, tiny_spec

from rnnsearch.errors import NoUsableTrialError
from rnnsearch.events import (
    ChampionChosen,
    CheckpointSaved,
    EpochsReported,
    Event,
    FinalistScored,
    PackStarted,
    TrialEnded,
    TrialStarted,
)
from rnnsearch.search.endings import POLL_SECONDS, Endings
from rnnsearch.search.finalist import finalist_seeds
from rnnsearch.search.ledger.ledger import Ledger
from rnnsearch.search.run import SearchOutcome
from rnnsearch.search.tally import Tally
from rnnsearch.training.trained import TrainedModel

pytestmark = pytest.mark.usefixtures("two_cpus")

FINALISTS = ["search.finalists={top: 3, seeds: 3}"]


@dataclass(frozen=True)
class Finished:
    """A study that came to its end, and its folder."""

    folder: Path
    outcome: SearchOutcome
    notes: Notebook
    ledger: Ledger
    tally: Tally


@pytest.fixture(scope="module")
def tiny(two_cpus: None, tmp_path_factory: pytest.TempPathFactory) -> Finished:
    """The tiny study, run once for the tests that only look at it or go on from a copy."""
    folder = tmp_path_factory.mktemp("tiny")
    tally = Tally()
    return Finished(folder, *search(folder, FINALISTS, tally=tally), tally)


def test_a_study_ends_with_a_champion(tiny: Finished) -> None:
    outcome, notes, ledger = tiny.outcome, tiny.notes, tiny.ledger
    assert outcome.state == "complete"
    assert sum(ledger.counts().values()) == 16
    assert set(ledger.counts()) <= {"complete", "pruned", "diverged"}
    assert len(notes.of(PackStarted)) == 2
    assert Counter(event.number for event in notes.of(TrialEnded)) == Counter(range(16))
    assert Counter(event.number for event in notes.of(TrialStarted)) == Counter(range(16))
    champion = outcome.champion
    assert champion is not None
    assert notes.of(ChampionChosen) == [champion]
    assert ledger.notes.champion == champion
    assert all(math.isfinite(value) for value in champion.test_metrics.values())
    model = TrainedModel.load(champion.path)
    assert model.config.seed == champion.seed
    again = model.evaluate("val")
    assert again["val_mse"] == pytest.approx(champion.val_metrics["val_mse"], rel=1e-5)
    assert tiny.tally.ended == 16
    assert 0 < tiny.tally.figures(0.0)["first_report_seconds"] < (tiny.tally.last_end or 0.0)


def test_the_champion_has_the_best_mean_over_its_seeds(tiny: Finished) -> None:
    outcome, notes, ledger = tiny.outcome, tiny.notes, tiny.ledger
    scored = {event.number: event for event in notes.of(FinalistScored)}
    assert len(scored) == 3
    spec = tiny_spec(FINALISTS)
    for number, event in scored.items():
        assert tuple(event.seeds) == finalist_seeds(spec, ledger.trial(number))
        assert event.values[0] == pytest.approx(ledger.trial(number).best_value)
    means = {number: sum(event.values) / 3 for number, event in scored.items()}
    assert outcome.champion is not None
    winner = scored[min(means, key=lambda number: means[number])]
    assert outcome.champion.number == winner.number
    best = min(zip(winner.values, winner.seeds, strict=True))
    assert outcome.champion.seed == best[1]
    assert tuple(outcome.champion.seeds) == tuple(winner.seeds)
    assert outcome.champion.by_seed["val_mse"] == pytest.approx(winner.values)
    assert outcome.champion.val_metrics["val_mse"] == pytest.approx(best[0])


@pytest.mark.slow
def test_equal_seeds_give_equal_curves_whatever_the_packs(tmp_path: Path) -> None:
    *_, first = search(tmp_path / "a", ["search.scheduler={type: none}"])
    *_, second = search(
        tmp_path / "b", ["search.scheduler={type: none}", "resources={packs: 1, slots: 7}"]
    )
    assert first.counts() == second.counts() == {"complete": 16}
    assert first.curves() == second.curves()


def test_resume_of_a_finished_study_does_nothing_again(tiny: Finished) -> None:
    second, notes, ledger = search(tiny.folder, FINALISTS, resume=True)
    assert notes.events == []
    assert second.champion == tiny.outcome.champion
    assert ledger.counts() == tiny.ledger.counts()


def test_more_trials_go_on_from_the_rungs(tiny: Finished, tmp_path: Path) -> None:
    shutil.copytree(tiny.folder, tmp_path, dirs_exist_ok=True)
    _, ledger = open_study(tmp_path, tiny_spec(FINALISTS), resume=True)
    ledger.extend(6)
    ledger.flush()
    _, notes, ledger = search(tmp_path, [*FINALISTS, "search.num_trials=22"], resume=True)
    assert sum(ledger.counts().values()) == 22
    assert {event.number for event in notes.of(TrialStarted)} == set(range(16, 22))


@pytest.mark.slow
def test_the_stop_file_ends_the_study_soon_and_resume_goes_on(tmp_path: Path) -> None:
    slow = ["training.max_epochs=27", "training.steps_per_epoch=60", "search.num_trials=8"]
    flag = tmp_path / "tiny" / "stop"

    def stop(event: Event) -> None:
        if isinstance(event, EpochsReported) and not flag.exists():
            flag.touch()
            time.sleep(POLL_SECONDS)  # so that the packs get no further before it is seen

    outcome, notes, ledger = search(tmp_path, slow, notebook=Notebook(stop))
    assert outcome.state == "stopped"
    assert "running" not in ledger.counts()
    assert ledger.counts()["waiting"] >= 1
    waiting = {one.number for one in ledger.trials() if one.state == "waiting" and one.attempts}
    told = {event.number for event in notes.of(TrialEnded) if event.state == "waiting"}
    assert told == waiting
    curves = ledger.curves()
    flag.unlink()
    outcome, after, ledger = search(tmp_path, slow, resume=True)
    assert outcome.state == "complete"
    assert sum(ledger.counts().values()) == 8
    for number, curve in curves.items():
        now = ledger.trial(number).values_by_epoch
        assert {epoch: now[epoch] for epoch in curve} == curve
    seen = Counter(
        (event.number, epoch)
        for book in (notes, after)
        for event in book.of(EpochsReported)
        for epoch in event.epochs
    )
    assert set(seen.values()) == {1}


def test_a_time_budget_ends_with_a_champion(tmp_path: Path, monkeypatch) -> None:
    endless = [
        "training.max_epochs=100000",
        "search.num_trials=1000",
        "search.scheduler={type: none}",
        "search.finalists={top: 2, seeds: 2}",
        "search.time_budget=10m",
    ]
    notes = Notebook()
    # the clock strikes by what has happened, since this machine may be slow
    monkeypatch.setattr(Endings, "search_over", lambda self: len(notes.of(EpochsReported)) > 9)
    monkeypatch.setattr(Endings, "over", lambda self: len(notes.of(CheckpointSaved)) > 1)
    outcome, _, ledger = search(tmp_path, endless, notebook=notes)
    assert outcome.state == "budget"
    assert "running" not in ledger.counts()
    assert ledger.counts()["pruned"] >= 1
    assert "complete" not in ledger.counts()
    assert outcome.champion is not None
    ended = [event for event in notes.of(TrialEnded) if event.state == "pruned"]
    assert all("budget" in event.reason for event in ended)
    assert TrainedModel.load(outcome.champion.path).epoch >= 1
    assert ledger.trial(outcome.champion.number).state == "pruned"


def test_a_study_goes_on_after_whatever_ended_it_early(tmp_path: Path) -> None:
    with pytest.raises(NoUsableTrialError, match="time budget ran out"):
        search(tmp_path, ["search.time_budget=1s"])  # over before the first epoch
    for kind in (PackStarted, TrialEnded):

        def fail(event: Event, kind: type = kind) -> None:
            if isinstance(event, kind):
                raise OSError("the listener's disk is full")

        with pytest.raises(OSError, match="listener's disk"):
            search(tmp_path, resume=True, notebook=Notebook(fail))
    _, _, ledger = search(tmp_path, resume=True)
    assert sum(ledger.counts().values()) == 16
    assert set(ledger.counts()) <= {"complete", "pruned", "diverged"}


@pytest.fixture
def short_path() -> Iterator[Path]:
    """A folder whose path leaves room for those of Ray's sockets: 107 bytes in all."""
    with tempfile.TemporaryDirectory() as folder:
        yield Path(folder)


def test_tunes_files_hold_no_secret_and_none_is_left_behind(
    short_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    from ray.tune.impl import tuner_internal

    seen: list[bytes] = []
    fit = tuner_internal.TunerInternal.fit

    def fit_and_read(self: object) -> object:
        root = Path(self._run_config.storage_path)  # type: ignore[attr-defined]
        assert root.is_relative_to(short_path)
        result = fit(self)  # type: ignore[arg-type]
        seen.extend(path.read_bytes() for path in root.rglob("*") if path.is_file())
        return result

    monkeypatch.setattr(tuner_internal.TunerInternal, "fit", fit_and_read)
    monkeypatch.setenv("TMPDIR", str(short_path))
    monkeypatch.setattr("tempfile.tempdir", None)
    before = os.getcwd()
    notes = Notebook()
    notes.password = "postgresql://user:hunter2@host/db"  # type: ignore[attr-defined]
    search(short_path / "studies", notebook=notes)
    everything = b"".join(seen)
    assert b"PackSearcher" in everything, "tuner.pkl was among the files"
    assert b"hunter2" not in everything
    assert b"Notebook" not in everything
    assert b"Ledger" not in everything
    assert os.getcwd() == before
    assert list(short_path.glob("rnnsearch-tune-*")) == []
    captured = capfd.readouterr()
    assert captured.out == ""
    assert captured.err == ""


def test_points_of_a_sequence_are_trained_and_stopped_by_the_median_rule(tmp_path: Path) -> None:
    scheduler = "search.scheduler={type: median, grace_period: 2, interval: 3, min_trials: 2}"
    outcome, notes, ledger = search(tmp_path, [scheduler, "search.sampler.type=qmc"])
    assert outcome.champion is not None
    stopped = [event for event in notes.of(TrialEnded) if event.state == "pruned"]
    assert stopped
    for event in stopped:
        assert event.reason.startswith(f"stopped by the median rule at epoch {event.epoch}: best ")
    shares = [
        math.log(trial.params["training.learning_rate"] / 1e-3, 1e2) for trial in ledger.trials()
    ]
    assert Counter(int(8 * share) for share in shares) == Counter(dict.fromkeys(range(8), 2))
