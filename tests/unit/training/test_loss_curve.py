"""The picture of a training: which losses share an axis, and in what units they are shown."""

from __future__ import annotations

import pytest

from rnnsearch.figures.curves import Curves
from rnnsearch.tasks.base import Metric
from rnnsearch.training.loss_curve import loss_curve
from rnnsearch.training.weights import History

MSE = Metric("val_mse", "squared metres", "minimize", "error", loss=True)
RMSE = Metric("val_rmse_49", "metres", "minimize", "error of a rollout")
LOSSES, OWN, VALUES = {1: 1.0, 2: 0.5}, {1: 1.5, 2: 0.7}, {1: 9.0, 2: 8.0}


def axes_of(history: History, loss: str = "mse", scaled: bool = False) -> dict[str, list[str]]:
    figure = loss_curve(history, 2, loss, [MSE, RMSE], scaled)
    assert figure is not None
    assert isinstance(figure.drawing, Curves)
    assert (figure.name, figure.drawing.kept) == ("loss", 2)
    return {axis.label: list(axis.curves) for axis in figure.drawing.axes}


TRAINING, APART = "training loss", "val_mse (squared metres)"
METRIC = "val_rmse_49 (metres)"


def test_losses_that_are_measured_alike_share_an_axis() -> None:
    history = History("val_rmse_49", VALUES, LOSSES, {}, "val_mse", OWN)
    both = [TRAINING, "validation loss: val_mse"]
    assert axes_of(history) == {"squared metres": both, METRIC: [METRIC]}
    assert axes_of(History("val_mse", OWN, LOSSES, {}, "val_mse")) == {"squared metres": both}


@pytest.mark.parametrize(("loss", "scaled"), [("huber", False), ("mse", True)])
def test_losses_that_are_measured_in_other_ways_do_not(loss: str, scaled: bool) -> None:
    history = History("val_rmse_49", VALUES, LOSSES, {}, "val_mse", OWN)
    training = f"{TRAINING} ({loss})"
    shown = {training: [training], APART: [APART], METRIC: [METRIC]}
    assert axes_of(history, loss, scaled) == shown


def test_what_is_not_known_is_left_out() -> None:
    assert axes_of(History("val_rmse_49", VALUES, {}, {})) == {METRIC: [METRIC]}
    assert axes_of(History("val_rmse_49", {}, LOSSES, {}), "") == {TRAINING: [TRAINING]}
    assert loss_curve(History("val_mse", {}, {}, {}), 0, "mse") is None
