"""Trials that were still getting better at the last epoch."""

from __future__ import annotations

from dataclasses import replace

from contracts.hand_made import record

from rnnsearch.search.advice.longer import unfinished


def test_best_epochs_near_the_end_are_counted() -> None:
    epochs = [100, 95, 91, 90, 10]
    trials = [replace(record(n, best=1.0), best_epoch=one) for n, one in enumerate(epochs)]
    trials.append(replace(record(9, "pruned", 1.0), best_epoch=100))
    late = unfinished(trials, 100)
    assert (late.trials, late.complete) == (3, 5)
    assert late.most
    assert not unfinished(trials[:2], 100).most, "two are too few"
    assert not unfinished(trials[3:], 100).most
