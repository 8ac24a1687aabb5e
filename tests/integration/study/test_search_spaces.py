"""Every file in search_spaces, cut short, its data where a user has them.

Each trains a model. In the slow suite each is run as a study up to the registered model, all but
those of `ELSEWHERE`, which other tests run. A file whose data the project does not ship takes
them from the folder that RNNSEARCH_DATA names; without it the test is skipped. Beside them stand
two studies of such files that are special by what the user asks for.
"""

from __future__ import annotations

import json
import math
import os
import signal
from dataclasses import dataclass
from pathlib import Path

import pytest
from contracts.small_studies import trained_alone
from e2e.records import ledger_trials, registered, run_statuses

from rnnsearch.cli.app import main
from rnnsearch.space.load import load
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
    "modern": Short(
        ("model.cell=lru", "model.hidden_size=8", "task.train_sequences=320", "task.length=20")
    ),
    "stacked": Short(("training.steps_per_epoch=10", "training.feeding=scheduled")),
    "noisy_sine": Short((*SMALL, "training.steps_per_epoch=10")),
    "waves": Short((*SMALL, "training.steps_per_epoch=10")),
    "char": Short((*SMALL, "training.batch_size=64")),
    "chorales": Short(
        ("model.hidden_size=8", "training.batch_size=16"), data="music/JSB_Chorales.mat"
    ),
    "etth1": Short(
        ("model.hidden_size=8", "task.stride=97", "training.steps_per_epoch=4"),
        data="series/ETTh1.csv",
    ),
    "load": Short((*SMALL, "task.context=24", "task.stride=24", "training.steps_per_epoch=4")),
    "names": Short(("model.hidden_size=8", "training.batch_size=128"), data="names"),
    "random_labels": Short(("model.hidden_size=8", "task.generated.held_out=200")),
    "sign_of_last": Short(("model.hidden_size=8", "task.generated.held_out=200")),
    "sunspots": Short(
        ("model.hidden_size=8", "training.steps_per_epoch=10"), data="series/monthly-sunspots.csv"
    ),
}

ELSEWHERE = {"hello": "e2e/test_hello.py, as it is", "sine": "e2e/test_sine.py"}
"""Files that other tests run, from the command line."""


@pytest.fixture(scope="module")
def storage(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One MLflow database for all: making one costs seconds."""
    return tmp_path_factory.mktemp("storage")


def test_every_file_is_run() -> None:
    assert {file.stem for file in SPACES.glob("*.yaml")} == {*SHORTS, *ELSEWHERE}


def overrides_of(name: str) -> list[str]:
    """What makes a file run for seconds; skips where its data is not there."""
    short = SHORTS[name]
    if not short.data:
        return [*FEW, *short.overrides]
    path = DATA / short.data
    if not path.exists():
        pytest.skip(f"no {path.name} in {DATA.name} (RNNSEARCH_DATA)")
    return [*FEW, *short.overrides, f"task.path={path}"]


@pytest.mark.parametrize("name", sorted(SHORTS))
def test_a_file_trains_a_model(name: str, tmp_path: Path) -> None:
    spec = load(SPACES / f"{name}.yaml", overrides=overrides_of(name))
    result = trained_alone(spec, tmp_path).result()
    value = result.champion_value()
    assert value is not None
    assert math.isfinite(value)
    assert result.load_model().manifest["task"] == spec.values["task.type"]


@pytest.mark.slow
@pytest.mark.usefixtures("two_cpus")
@pytest.mark.parametrize("name", sorted(SHORTS))
def test_a_file_runs(name: str, storage: Path) -> None:
    overrides = overrides_of(name)
    study = Study.from_yaml(SPACES / f"{name}.yaml", storage=storage, overrides=overrides)
    result = study.run()
    assert result.counts().get("complete", 0) >= 1
    value = result.champion_value()
    assert value is not None
    assert math.isfinite(value)
    assert result.run is not None
    assert result.run.champion_uri == f"models:/{name}/1"


def test_another_text_by_its_path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = DATA / "text" / "tinyshakespeare.txt"
    if not path.exists():
        pytest.skip(f"no {path.name} in {DATA.name} (RNNSEARCH_DATA)")
    monkeypatch.chdir(path.parent)
    overrides = [*FEW, *SMALL, f"task.path={path.name}"]
    overrides += ["training.batch_size=64", "training.seq_len=64"]
    spec = load(SPACES / "char.yaml", overrides=overrides)
    value = trained_alone(spec, tmp_path).result().champion_value()
    assert value is not None
    assert 1.0 < value < 4.0


@pytest.fixture
def _own_signals():
    """The command line keeps its handler of SIGTERM until its process ends."""
    before = signal.getsignal(signal.SIGTERM)
    yield
    signal.signal(signal.SIGTERM, before)


@pytest.mark.slow
@pytest.mark.usefixtures("two_cpus", "_own_signals")
def test_a_study_without_a_winner_says_why(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    command = ["run", str(SPACES / "hello.yaml"), "--storage", str(tmp_path), "--trials", "2"]
    hopeless = ["training.learning_rate=1e6", "training.optimizer=sgd", "first_trials=[]"]
    hopeless += ["model.cell=rnn", "model.nonlinearity=relu"]
    sets = [word for override in hopeless for word in ("--set", override)]
    with pytest.raises(SystemExit) as ended:
        main([*command, "--format", "json", *sets])
    said = capsys.readouterr()
    assert ended.value.code == 1
    assert "no usable trial: None of 2 trials" in said.err
    assert "\n  2 x loss or gradient stopped being finite" in said.err
    assert f"rnnsearch trials hello --storage {tmp_path}" in said.err
    assert "Traceback" not in said.err
    result = json.loads(said.out.splitlines()[-1])
    assert result["trials"]["diverged"] == 2
    assert result["best"] is None
    assert result["champion_uri"] is None
    assert registered(tmp_path) == []
    assert {trial.state.name for trial in ledger_trials(tmp_path / "hello")} == {"PRUNED"}
    assert run_statuses(tmp_path)["RUNNING"] == 0
