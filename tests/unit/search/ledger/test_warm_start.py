"""Trials of another study teach the sampler of a new one, and are no trials of it."""

from __future__ import annotations

from functools import partial
from pathlib import Path

import optuna
import pytest
from small_space import small_spec, study_directory

from rnnsearch.disk import replace_file
from rnnsearch.errors import InputError, StudyNotFoundError
from rnnsearch.sampling.even import EvenTrials
from rnnsearch.search.directory import StudyDirectory
from rnnsearch.search.ledger.ledger import Ledger
from rnnsearch.search.ledger.warm_start import Brought, WarmStart, thinned
from rnnsearch.search.warm_start import read_warm_start
from rnnsearch.space.proposals import make_sampler, suggest
from rnnsearch.space.spec import StudySpec

WARM = "search.warm_start=before"


@pytest.fixture(scope="module")
def storage(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Holds the study `before`, of twenty ended trials; the value is the learning rate."""
    folder = tmp_path_factory.mktemp("storage")
    directory = study_directory(folder, "before")
    spec = small_spec("search.num_trials=20")
    replace_file(directory.yaml, spec.yaml)
    ledger = Ledger.create(directory, spec)
    while (trial := ledger.ask()) is not None:
        rate = trial.params["training.learning_rate"]
        last = 9 if trial.number % 2 else 3
        ledger.report([(trial.number, epoch, rate + 1 / epoch) for epoch in range(1, last + 1)])
        ledger.finish(trial.number, "complete" if last == 9 else "pruned", reason="it ended")
    ledger.close()
    return folder


def ledger_of(storage: Path, name: str, *overrides: str) -> Ledger:
    spec = small_spec(WARM, *overrides)
    directory = study_directory(storage, name)
    opener = Ledger.open if directory.ledger.is_file() else Ledger.create
    return opener(directory, spec, partial(read_warm_start, directory, spec))


def test_what_fits_teaches_the_sampler_and_is_kept_in_the_ledger(storage: Path) -> None:
    ledger = ledger_of(storage, "after", "search.warm_start_first=2")
    warm = ledger.notes.warm_start
    assert warm is not None
    assert len(warm.trials) == 20
    assert ledger.trials() == []
    assert ledger.num_trials == 5
    assert ledger.remarks == (
        "the sampler learns from 20 trials of the study before too",
        "its 2 best configurations are trained again first",
    )
    complete = sorted(
        (one for one in warm.trials if one.state == "complete"), key=lambda one: one.best_value
    )
    first = ledger.ask()
    second = ledger.ask()
    assert [first.params, second.params] == [one.params for one in complete[:2]]
    ledger.close()
    again = ledger_of(storage, "after", "search.warm_start_first=2")
    assert again.notes.warm_start == warm
    assert again.remarks == ledger.remarks
    again.close()


def test_tpe_proposes_as_if_the_trials_had_come_first(storage: Path) -> None:
    spec = small_spec(WARM)
    warm = read_warm_start(StudyDirectory(storage, "new"), spec)
    prior = warm.prior(spec)
    taught = optuna.create_study(sampler=make_sampler(spec, 0, prior=prior))
    behind = optuna.create_study(sampler=make_sampler(spec, 0))
    # Without even trials, which are drawn by the numbers of trials, and these differ.
    for study in (taught, behind):
        assert isinstance(study.sampler, EvenTrials)
        study.sampler = study.sampler.inner
    for one in prior:
        behind.add_trial(one)
    for _ in range(6):
        ours, theirs = taught.ask(), behind.ask()
        params = suggest(spec, ours)
        assert params == suggest(spec, theirs)
        taught.tell(ours, params["training.learning_rate"])
        behind.tell(theirs, params["training.learning_rate"])
    cold = optuna.create_study(sampler=make_sampler(spec, 0))
    assert suggest(spec, cold.ask()) != params


@pytest.mark.parametrize("kind", ["cmaes", "nsga2", "optuna.samplers:TPESampler"])
def test_other_samplers_that_learn_are_taught_too(storage: Path, kind: str) -> None:
    spec = small_spec(WARM, f"search.sampler={{type: '{kind}'}}")
    prior = read_warm_start(StudyDirectory(storage, "new"), spec).prior(spec)

    def proposals(prior: list[optuna.trial.FrozenTrial]) -> list[object]:
        study = optuna.create_study(sampler=make_sampler(spec, 0, prior=prior))
        return [suggest(spec, study.ask()) for _ in range(3)]

    assert proposals(prior) != proposals([])


def test_a_sampler_that_learns_nothing_says_so(storage: Path) -> None:
    spec = small_spec(WARM, "search.sampler.type=random")
    lines: list[str] = []
    prior = read_warm_start(StudyDirectory(storage, "new"), spec).prior(spec)
    make_sampler(spec, 0, lines.append, prior)
    assert lines == [
        "the sampler random learns from no trial, so search.warm_start teaches nothing"
    ]


def read(storage: Path, *overrides: str) -> WarmStart:
    spec: StudySpec = small_spec(WARM, *overrides)
    warm = read_warm_start(StudyDirectory(storage, "new"), spec)
    assert warm is not None
    return warm


def test_what_does_not_fit_is_left_out_and_counted_by_its_reason(storage: Path) -> None:
    warm = read(storage, "model.cell=lstm")
    assert 0 < len(warm.trials) < 20
    assert all("model.cell" not in one.params for one in warm.trials)
    assert warm.left_out == {"model.cell is rnn, and lstm here": 20 - len(warm.trials)}
    narrow = read(storage, "model.hidden_size={int: [4, 12]}")
    assert {one.params["model.hidden_size"] for one in narrow.trials} <= set(range(4, 13))
    assert sum(narrow.left_out.values()) == 20 - len(narrow.trials)
    # A field that was fixed there and is sampled here has its value from there.
    wider = read(storage, "training.steps_per_epoch={int: [5, 20]}")
    assert {one.params["training.steps_per_epoch"] for one in wider.trials} == {10}
    longer = read(storage, "training.max_epochs=30")
    assert longer.remarks == ("trials of the study small trained 9 epochs at most, here 30",)


@pytest.mark.parametrize(
    ("overrides", "error", "words"),
    [
        (["search.metric=train_loss"], InputError, "has the metric val_mse"),
        (["training.steps_per_epoch=11"], InputError, "20 times training.steps_per_epoch is 10"),
        (["search.warm_start=nobody"], StudyNotFoundError, "nobody"),
    ],
)
def test_what_cannot_teach_is_refused_with_a_reason(
    storage: Path, overrides: list[str], error: type[Exception], words: str
) -> None:
    with pytest.raises(error, match=words):
        read(storage, *overrides)


def test_a_long_curve_is_kept_thinned_with_its_end() -> None:
    curve = {epoch: float(epoch) for epoch in range(1, 101)}
    kept = thinned(curve)
    assert max(kept) == 100
    assert len(kept) == 12
    assert thinned({1: 2.0, 3: 1.0}) == {1: 2.0, 3: 1.0}


def test_a_trial_that_diverged_ranks_below_all_others() -> None:
    params = {"model.cell": "lstm", "model.hidden_size": 8, "training.learning_rate": 0.1}
    warm = WarmStart("before", [Brought(params, "diverged", None, {1: 0.5})])
    (one,) = warm.prior(small_spec())
    assert one.constraints == {"diverged": 1.0}
    assert one.number == -1
