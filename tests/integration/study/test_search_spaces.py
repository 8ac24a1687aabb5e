"""Every file in search_spaces, run for a few trials on one Ray, its data where a user has them.

A file whose data the project does not ship takes them from the folder that RNNSEARCH_DATA names;
without it the test is skipped.
"""

from __future__ import annotations

import math
import os
from dataclasses import dataclass
from pathlib import Path

import pytest

from rnnsearch.study import Study

ROOT = Path(__file__).parents[3]
SPACES = ROOT / "search_spaces"
DATA = Path(os.environ.get("RNNSEARCH_DATA", ROOT.parent / "shared/data"))
FEW = (
    "search.num_trials=2",
    "first_trials=[]",
    "search.finalists={top: 1, seeds: 1}",
    "resources.packs=1",
    "training.max_epochs=1",
    "search.scheduler.grace_period=1",
)


@dataclass(frozen=True)
class Short:
    """How a file is made to run for seconds.

    Attributes:
        overrides: On top of `FEW`.
        data: What of the user's data it takes, under the folder of data; empty for none.
    """

    overrides: tuple[str, ...] = ()
    data: str = ""


SMALL = ("model.hidden_size=8", "model.num_layers=1")
SOON = "task.rollout={steps: [10], starts: 2}"
SHORTS = {
    "adding": Short(("model.hidden_size=8", "task.train_sequences=320", "task.val_sequences=50")),
    "copy": Short(("model.hidden_size=8", "task.train_sequences=320", "task.val_sequences=50")),
    "long_sine": Short(
        ("model.hidden_size=8", "training.steps_per_epoch=10", "search.metric=val_mse")
    ),
    "lorenz": Short(
        ("model.hidden_size=8", "training.steps_per_epoch=10", "task.num_points=1500", SOON)
    ),
    "mackey_glass": Short(
        ("model.hidden_size=8", "training.steps_per_epoch=10", "task.num_points=1000")
    ),
    "noisy_sine": Short((*SMALL, "training.steps_per_epoch=10")),
    "waves": Short((*SMALL, "training.steps_per_epoch=10")),
    "char": Short((*SMALL, "training.batch_size=64")),
    "chorales": Short(
        ("model.hidden_size=8", "training.batch_size=16"), data="music/JSB_Chorales.mat"
    ),
    "hello": Short(),
    "load": Short((*SMALL, "task.context=24", "task.stride=24", "training.steps_per_epoch=4")),
    "names": Short(("model.hidden_size=8", "training.batch_size=128"), data="names"),
    "random_labels": Short(("model.hidden_size=8", "task.generated.held_out=200")),
    "sign_of_last": Short(("model.hidden_size=8", "task.generated.held_out=200")),
    "sine": Short(("training.steps_per_epoch=10",)),
}


@pytest.fixture(scope="module")
def storage(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One MLflow database for all: making one costs seconds."""
    return tmp_path_factory.mktemp("storage")


def test_every_file_is_run() -> None:
    assert {file.stem for file in SPACES.glob("*.yaml")} == set(SHORTS)


@pytest.mark.usefixtures("two_cpus")
@pytest.mark.parametrize("name", sorted(SHORTS))
def test_a_file_runs(name: str, storage: Path) -> None:
    short = SHORTS[name]
    overrides = [*FEW, *short.overrides]
    if short.data:
        path = DATA / short.data
        if not path.exists():
            pytest.skip(f"no {path.name} in {DATA.name} (RNNSEARCH_DATA)")
        overrides.append(f"task.path={path}")
    study = Study.from_yaml(SPACES / f"{name}.yaml", storage=storage, overrides=overrides)
    result = study.run()
    assert result.counts().get("complete", 0) >= 1
    value = result.champion_value()
    assert value is not None
    assert math.isfinite(value)
    assert result.run is not None
    assert result.run.champion_uri == f"models:/{name}/1"
