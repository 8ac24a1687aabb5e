"""The registered winner, loaded in a process that knows nothing but its name."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from record_store import WAIT_SECONDS, Store
from unit.records import record_stream as stream

from rnnsearch.errors import ModelError, PromptError
from rnnsearch.events import ChampionChosen, Event
from rnnsearch.models.config import ModelConfig
from rnnsearch.models.initial import initial_weights
from rnnsearch.records.outbox import Outbox, segments
from rnnsearch.tasks.config import TaskConfig
from rnnsearch.tasks.load import load_data
from rnnsearch.tasks.sine.config import RolloutConfig, SineConfig
from rnnsearch.tasks.splits import SplitConfig
from rnnsearch.tasks.text.config import TextConfig
from rnnsearch.training.config import TrainingConfig, TrialConfig
from rnnsearch.training.ensemble import fused
from rnnsearch.training.trained import TrainedModel
from rnnsearch.training.weights import Weights

pytestmark = [
    # sqlalchemy 2.1 deprecates a loader option that mlflow 3.17 still uses.
    pytest.mark.filterwarnings("ignore:The ``noload`` loader strategy"),
    # MLflow: the type hints of `predict` do not replace the signature that a model is logged with.
    pytest.mark.filterwarnings("ignore:.*type hint:UserWarning"),
    # MLflow compares the columns of an example with a range, which pandas 3 deprecates.
    pytest.mark.filterwarnings("ignore:Operation with range is deprecated"),
]

HELLO = TextConfig(text="hello", cyclic=True, split=SplitConfig(train=1.0, val=0.0, test=0.0))


def checkpoint(task: TaskConfig, folder: Path) -> tuple[TrainedModel, dict[str, float]]:
    """An untrained model as a checkpoint folder, and its validation metrics."""
    data = load_data(task)
    config = TrialConfig(
        task=task, model=ModelConfig(cell="gru", hidden_size=8), training=TrainingConfig(), seed=3
    )
    tensors = initial_weights(config.model, data.input_size, data.output_size, data.symbolic, 3)
    arrays = {name: tensor.numpy() for name, tensor in tensors.items()}
    model = TrainedModel.from_weights(config, Weights(arrays, 1, {}), data)
    model.save(folder)
    return model, model.evaluate("val")


def chosen(folder: Path, metrics: dict[str, float], at: float = 50.0, **more: str) -> Event:
    """The choice of a champion whose checkpoint lies in a folder."""
    test = {"test_mse": 0.5}
    return ChampionChosen(stream.START + at, 0, 3, str(folder), metrics, test, **more)


def elsewhere(store: Store, code: str) -> dict[str, object]:
    """What a new process prints as JSON, having loaded the champion as `model`."""
    script = (
        "import json, sys, mlflow, numpy as np\n"
        "mlflow.set_tracking_uri(sys.argv[1])\n"
        "model = mlflow.pyfunc.load_model('models:/sine@champion')\n" + code
    )
    done = subprocess.run(
        [sys.executable, "-c", script, store.uri], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return dict(json.loads(done.stdout.splitlines()[-1]))


def test_a_wave_model_comes_back(store: Store) -> None:
    folder = store.root / "sine" / "checkpoints" / "champion"
    model, metrics = checkpoint(SineConfig(), folder)
    picture = store.root / "sine" / "figures" / "champion.png"
    picture.parent.mkdir(parents=True)
    picture.write_bytes(b"png")
    recorder = store.recorder()
    champion = chosen(folder, metrics, figure=str(picture))
    for event in (stream.started(), *stream.trial(0), champion, stream.ended()):
        recorder.on_event(event)
    state = recorder.close(WAIT_SECONDS)
    assert (state.pending, state.problem) == (0, None), store.log.read_text(encoding="utf-8")
    assert state.state.champion_uri == "models:/sine/1"

    history = np.sin(np.linspace(0, 3, 12, dtype=np.float32))[None, :, None]
    said = elsewhere(
        store,
        "x = np.sin(np.linspace(0, 3, 12, dtype=np.float32))[None, :, None]\n"
        "print(json.dumps({'step': model.predict(x).tolist(),\n"
        "  'rollout': model.predict(x, params={'rollout_steps': 5}).tolist(),\n"
        "  'metrics': model.unwrap_python_model().model.evaluate('val'),\n"
        "  'inputs': model.metadata.metadata['inputs']}))",
    )
    np.testing.assert_allclose(said["step"], model.predict(history), rtol=1e-6)
    np.testing.assert_allclose(said["rollout"], model.rollout(history, 5), rtol=1e-6)
    assert said["metrics"] == pytest.approx(metrics, rel=1e-6)
    assert said["inputs"] == "numbers of any type, shape (batch, time, 1)"

    artifacts = [path for path in (store.root / "mlartifacts").rglob("*") if path.is_file()]
    names = {path.name for path in artifacts}
    assert {"weights.safetensors", "config.json", "pyfunc.py", "champion.png"} <= names
    assert "input_example.json" in names
    # No pickle, by name or by content: its streams of protocol 2 and later begin with 0x80.
    assert not [name for name in names if name.endswith((".pkl", ".pickle", ".pt", ".pth"))]
    assert not [path for path in artifacts if path.read_bytes()[:1] == b"\x80"]


def test_a_champion_chosen_again_is_the_next_version(store: Store) -> None:
    from rnnsearch.records.mlflow.registry import fetch

    first, metrics = checkpoint(SineConfig(), store.root / "a")
    told = store.told(stream.started(), *stream.trial(0), chosen(store.root / "a", metrics))
    assert told.champion_uri == "models:/sine/1"
    second, metrics = checkpoint(
        SineConfig(num_points=30, rollout=RolloutConfig(steps=(5,))), store.root / "b"
    )
    assert store.told(chosen(store.root / "b", metrics, 60.0)).champion_uri == "models:/sine/2"
    points = [
        fetch(uri, store.uri).config.task.num_points
        for uri in ("models:/sine@champion", "models:/sine/1")
    ]
    assert points == [30, 50]
    assert first.config != second.config
    attached = store.rows.query("select count(*) from logged_model_metrics")
    assert attached == [(2 * (len(metrics) + 1) + 2,)]
    with pytest.raises(ModelError, match="cannot load models:/nobody@champion"):
        fetch("models:/nobody@champion", store.uri)


def test_an_address_is_looked_up_in_the_store_that_is_named_and_in_no_other(
    store: Store, tmp_path: Path
) -> None:
    _, metrics = checkpoint(SineConfig(num_points=60), store.root / "a")
    store.told(stream.started(), *stream.trial(0), chosen(store.root / "a", metrics))
    script = (
        "import sys\n"
        "from rnnsearch.records.mlflow.registry import fetch\n"
        "for uri in ('models:/sine@champion', 'models:/sine/1'):\n"
        "    assert fetch(uri, sys.argv[1]).config.task.num_points == 60\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", script, store.uri],
        cwd=tmp_path,  # where MLflow's own choice would be a new database
        env={key: value for key, value in os.environ.items() if not key.startswith("MLFLOW_")},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert not (tmp_path / "mlflow.db").exists()


def test_a_champion_that_is_told_again_is_registered_once(store: Store) -> None:
    """A driver that was killed while it told tells again, with an equal event, in its next life."""
    _, metrics = checkpoint(SineConfig(), store.root / "a")
    said = "epoch 2 of 9; not compared at a rung"
    champion = chosen(store.root / "a", metrics, unfinished=said)
    for life in (stream.started(), stream.started(resumed=True)):
        state = store.told(life, champion, stream.ended())
        assert state.champion_uri == "models:/sine/1"
    for table in ("model_versions", "logged_models", "metrics where key = 'test_mse'"):
        assert store.rows.query(f"select count(*) from {table}") == [(1,)], table
    assert store.rows.query("select value from tags where key = 'champion_unfinished'") == [(said,)]


def test_a_study_that_is_moved_twice_is_there_once(store: Store) -> None:
    _, metrics = checkpoint(SineConfig(), store.root / "a")
    box = Outbox(store.outbox)
    *most, end = stream.study(4)
    for event in (*most, chosen(store.root / "a", metrics), end):
        box.on_event(event)
    box.close()
    kept = {path: path.read_bytes() for _, path in segments(store.outbox)}
    tables = ("runs", "metrics", "params", "tags", "model_versions", "logged_models")
    counts = []
    for _ in range(2):
        for path, content in kept.items():
            path.write_bytes(content)
        state = store.told()
        assert (state.problem, state.champion_uri) == ("", "models:/sine/1")
        counts.append([store.rows.query(f"select count(*) from {table}") for table in tables])
        # As after a power cut right behind the last call to MLflow.
        (store.outbox / "state.json").write_text("", encoding="utf-8")
    assert counts[0] == counts[1]
    assert counts[0][0] == [(6,)]


def test_a_text_model_comes_back(store: Store) -> None:
    folder = store.root / "hello"
    model, metrics = checkpoint(HELLO, folder)
    store.told(stream.started(), *stream.trial(0), chosen(folder, metrics, text="hello -> elloh"))
    said = elsewhere(
        store,
        "import pandas as pd\n"
        "frame = pd.DataFrame({'prompt': ['he', 'l']})\n"
        "params = {'length': 6, 'temperature': 0.5, 'seed': 7}\n"
        "print(json.dumps({'text': list(model.predict(frame, params=params)),\n"
        "  'plain': list(model.predict({'prompt': 'h'}))}))",
    )
    assert said["text"] == [model.sample(prompt, 6, 0.5, 7) for prompt in ("he", "l")]
    assert said["plain"] == [model.sample("h", 200, 0.8, 0)]


def test_a_prompt_that_cannot_be_read_is_named_by_its_row(tmp_path: Path) -> None:
    import pandas as pd

    from rnnsearch.records.mlflow.pyfunc import Served

    prompts = pd.DataFrame({"prompt": ["hell", "hexe"]})
    served = Served()
    served.model, _ = checkpoint(HELLO, tmp_path / "all")
    with pytest.raises(PromptError, match=r"prompt 1: .* without 'x'; it knows 4 chars"):
        served.predict(None, prompts, {"length": 3})
    served.model, _ = checkpoint(replace(HELLO, max_vocabulary=3), tmp_path / "few")
    assert [len(said) for said in served.predict(None, prompts, {"length": 3})] == [3, 3]


@pytest.mark.slow
def test_a_mean_of_models_comes_back_and_says_what_it_is_made_of(store: Store) -> None:
    folder = store.root / "sine" / "checkpoints"
    one, _ = checkpoint(SineConfig(), folder / "trial-0000")
    data = load_data(one.config.task)
    config = replace(one.config, model=ModelConfig(cell="lstm", hidden_size=5))
    drawn = initial_weights(config.model, 1, 1, False, 4)
    arrays = {name: tensor.numpy() for name, tensor in drawn.items()}
    other = TrainedModel.from_weights(config, Weights(arrays, 1, {}), data)
    model = fused([one, other], [0, 7], data)
    model.save(folder / "ensemble-0")
    members = ({"trial": 0, "seed": 3, "value": 0.5}, {"trial": 7, "seed": 3, "value": 0.6})
    event = chosen(folder / "ensemble-0", dict(model.metrics))
    tried = {"won": True, "members": members, "metrics": dict(model.metrics), "why": "better"}
    store.told(stream.started(), *stream.trial(0), replace(event, ensemble=tried), stream.ended())
    answer = elsewhere(
        store,
        "wave = np.sin(np.linspace(0, 3, 12, dtype='float32'))[None, :, None]\n"
        "print(json.dumps({'y': model.predict(wave).tolist(), 'm': model.metadata.metadata}))\n",
    )
    wave = np.sin(np.linspace(0, 3, 12, dtype="float32"))[None, :, None]
    np.testing.assert_allclose(answer["y"], model.predict(wave), rtol=1e-6)
    assert [one["trial"] for one in answer["m"]["members"]] == [0, 7]
