"""`rnnsearch predict models:/NAME@champion`, and the same of the model that MLflow loads."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from record_store import Store
from test_champion import checkpoint, chosen, pytestmark  # noqa: F401
from unit.records import record_stream as stream

from rnnsearch.cli.app import main
from rnnsearch.tasks.tags.config import TagsConfig
from rnnsearch.tasks.value.config import ValueConfig

COLUMNS: dict[str, Any] = {"id": "run", "time": "t", "features": ("a", "b")}


def steps(folder: Path) -> Path:
    """A table of twelve sequences of three time steps."""
    draw, path = np.random.default_rng(1), folder / "steps.csv"
    rows = [
        f"r{run},{t},{draw.normal():.4f},{draw.normal():.4f},{run},{'ud'[t % 2]}"
        for run in range(12)
        for t in range(3)
    ]
    path.write_text("\n".join(["run,t,a,b,life,act", *rows]) + "\n")
    return path


@pytest.mark.parametrize("kind", ["value", "tags"])
def test_a_registered_model_predicts_for_a_file_and_for_a_table(
    store: Store, tmp_path: Path, kind: str, capsys: pytest.CaptureFixture[str]
) -> None:
    import mlflow

    path = steps(tmp_path)
    task = ValueConfig(path=str(path), target="life", **COLUMNS)
    other = TagsConfig(path=str(path), label="act", **COLUMNS)
    trained, metrics = checkpoint(task if kind == "value" else other, store.root / "a")
    store.told(stream.started(), *stream.trial(0), chosen(store.root / "a", metrics))
    words = ["predict", "models:/sine@champion", path, "--out", tmp_path / "new.csv"]
    with pytest.raises(SystemExit) as ended:
        main([*map(str, words), "--tracking-uri", store.uri])
    assert ended.value.code in (0, None), capsys.readouterr().err
    predicted = pd.read_csv(tmp_path / "new.csv")
    expected = trained.predictions(path).astype(predicted.dtypes)
    pd.testing.assert_frame_equal(predicted, expected)
    mlflow.set_tracking_uri(store.uri)
    loaded = mlflow.pyfunc.load_model("models:/sine@champion")
    answers = loaded.predict(pd.read_csv(path).drop(columns=["life", "act"]))
    shared = [name for name in predicted if name in answers]
    assert len(shared) == len(answers.columns)
    pd.testing.assert_frame_equal(answers[shared], predicted[shared], check_dtype=False)
