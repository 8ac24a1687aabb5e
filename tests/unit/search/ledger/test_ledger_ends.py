"""How an end is told to samplers: TPE learns from it, and from trials that diverged too."""

from __future__ import annotations

import math
from dataclasses import replace
from pathlib import Path

from small_space import small_spec, study_directory

from rnnsearch.sampling.random import RandomConfig
from rnnsearch.sampling.sampler import SamplerConfig
from rnnsearch.sampling.tpe import EVERY, TpeConfig
from rnnsearch.search.ledger.ledger import Ledger


def last_rates(folder: Path, sampler: SamplerConfig, *, edge: float) -> list[float]:
    """Run 60 trials whose loss falls with the learning rate until above `edge` they diverge.

    A diverging trial comes further (epoch 5) than the others, which ASHA stops (epoch 3), with the
    best values of all, so that only being marked as diverged speaks against it.

    Returns:
        log10 of the learning rates of the last 30 trials, without those that fill the space evenly
        whatever TPE has learnt.
    """
    spec = small_spec(
        "search.num_trials=60",
        "training.max_epochs=9",
        "training.learning_rate={loguniform: [1e-4, 1]}",
    )
    spec = replace(spec, search=replace(spec.search, sampler=sampler))
    ledger = Ledger.create(study_directory(folder), spec)
    rates = []
    for _ in range(60):
        trial = ledger.ask()
        assert trial is not None
        rate = trial.params["training.learning_rate"]
        rates.append(math.log10(rate))
        loss = -math.log10(rate)
        if rate > edge:
            ledger.report([(trial.number, epoch, loss) for epoch in range(1, 6)])
            ledger.finish(trial.number, "diverged", reason="NaN", epoch=6)
        else:
            ledger.report([(trial.number, epoch, loss) for epoch in range(1, 4)])
            ledger.finish(trial.number, "pruned", reason="rung", epoch=3)
    return [rate for number, rate in enumerate(rates) if number >= 30 and (number + 1) % EVERY]


def test_tpe_keeps_away_from_where_trials_diverge(tmp_path: Path) -> None:
    edge = 1e-2
    tpe = last_rates(tmp_path / "tpe", TpeConfig(), edge=edge)
    random = last_rates(tmp_path / "random", RandomConfig(), edge=edge)

    def diverged(rates: list[float]) -> int:
        return sum(rate > math.log10(edge) for rate in rates)

    def near(rates: list[float]) -> int:
        return sum(-3 < rate <= math.log10(edge) for rate in rates)

    assert diverged(random) >= 7, "half of the space diverges"
    assert diverged(tpe) < diverged(random)
    assert near(tpe) >= 1.5 * near(random), "and it looks where the loss is best"


def test_without_the_mark_tpe_would_seek_them(tmp_path: Path) -> None:
    """When none of these trials is marked as diverged, TPE samples the high rates, whose losses are
    the best: so it is the mark that keeps it away from them.
    """
    tpe = last_rates(tmp_path, TpeConfig(), edge=math.inf)

    assert sum(rate > -2 for rate in tpe) > 13


def test_optuna_ranks_a_diverged_trial_below_every_pruned_one(tmp_path: Path) -> None:
    """The function with which TPE splits good trials from bad puts a diverged trial behind every
    complete and pruned one, although its loss is the lowest.
    """
    from optuna.samplers._tpe.sampler import _split_trials

    ledger = Ledger.create(study_directory(tmp_path), small_spec())
    for number, (epochs, state) in enumerate(
        [(5, "diverged"), (1, "pruned"), (9, "complete"), (3, "pruned")]
    ):
        ledger.ask()
        ledger.report(
            [(number, epoch, 0.1 if state == "diverged" else 9.0) for epoch in range(1, epochs + 1)]
        )
        ledger.finish(number, state, reason="", epoch=epochs)  # type: ignore[arg-type]
    study = ledger._study

    for good in range(1, 4):
        below, above = _split_trials(study, study.trials, good)
        assert [trial.number for trial in below] == sorted([2, 3, 1][:good])
        assert 0 in {trial.number for trial in above}
