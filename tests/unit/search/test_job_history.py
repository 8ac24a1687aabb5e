"""The course of a training, as its job notes it for the checkpoint and its pictures."""

from __future__ import annotations

import json
import math

import pytest

from rnnsearch.models.config import ModelConfig
from rnnsearch.search.job import Job
from rnnsearch.search.ledger.trial_record import TrialRecord
from rnnsearch.tasks.sine.config import SineConfig
from rnnsearch.training.codec import history_from_json, history_to_json
from rnnsearch.training.config import TrainingConfig, TrialConfig
from rnnsearch.training.report import BestEpoch, EpochReport
from rnnsearch.training.weights import History, Weights

CONFIG = TrialConfig(task=SineConfig(), model=ModelConfig(), training=TrainingConfig(), seed=1)
VALUES = ({"val_rmse": 3.0, "val_mse": 9.0, "train_loss": 8.0}, {"val_rmse": 2.0, "val_mse": 4.0})


def course(own_loss: str, metric: str = "val_rmse") -> History:
    job = Job("a", TrialRecord(1, seed=1), CONFIG, limit=9, own_loss=own_loss)
    for epoch, metrics in enumerate((*VALUES, {metric: math.nan, "val_mse": math.inf}), 1):
        best = BestEpoch(epoch, 1.0)
        job.take(EpochReport("a", epoch, metrics, 10, 0.1, best), metric)
    history = job.with_history(Weights({}, 2, {}), metric).history
    assert history is not None
    return history


def test_the_tasks_own_loss_is_kept_beside_the_metric_of_the_study() -> None:
    history = course("val_mse")
    assert (history.own_loss, history.own_losses) == ("val_mse", {1: 9.0, 2: 4.0})
    assert (history.values, history.losses) == ({1: 3.0, 2: 2.0}, {1: 8.0})


@pytest.mark.parametrize("own_loss", ["", "val_rmse", "val_other"])
def test_what_is_the_metric_itself_or_is_not_reported_is_not_kept_twice(own_loss: str) -> None:
    assert course(own_loss).own_losses == {}


def test_it_is_read_back_and_so_is_that_of_an_older_version() -> None:
    history = course("val_mse")
    stored = json.loads(json.dumps(history_to_json(history)))
    assert history_from_json(stored) == history
    del stored["own_loss"], stored["own_losses"]
    assert history_from_json(stored) == History("val_rmse", history.values, history.losses, {})
