"""What MLflow's server makes of requests: every form of them, and what they cannot hold."""

from __future__ import annotations

import json
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from mlflow.exceptions import MlflowException
from test_frames_served import pytestmark, served  # noqa: F401

from rnnsearch.tasks.events.config import EventsConfig
from rnnsearch.tasks.series.config import SeriesConfig
from rnnsearch.tasks.sine.config import SineConfig
from rnnsearch.tasks.tags.config import TagsConfig

DRAWN = np.random.default_rng(3)


def asked(model: Any, data: Any, kind: str = "application/json") -> Any:
    """What the server's function answers to a request, as JSON."""
    from mlflow.pyfunc.scoring_server import invocations

    body = data if isinstance(data, str) else json.dumps(data)
    answer = invocations(body, kind, model, model.metadata.get_input_schema())
    assert answer.status == 200
    return json.loads(answer.response)["predictions"]


def forms(model: Any, rows: pd.DataFrame, **more: Any) -> list[Any]:
    """What it answers to rows in every form that a request may have."""
    records = json.loads(rows.to_json(orient="records", date_format="iso"))
    split = json.loads(rows.to_json(orient="split", date_format="iso"))
    columns = {name: [row[name] for row in records] for name in rows}
    answers = [
        asked(model, {"dataframe_split": split, **more}),
        asked(model, {"dataframe_records": records, **more}),
        asked(model, {"instances": records, **more}),
        asked(model, {"inputs": columns, **more}),
    ]
    return answers if more else [*answers, asked(model, rows.to_csv(index=False), "text/csv")]


def why_not(model: Any, rows: pd.DataFrame) -> str:
    """The text with which the server refuses rows; of errors that are not MLflow's it has none."""
    with pytest.raises(MlflowException) as refused:
        asked(model, rows.to_csv(index=False), "text/csv")
    assert refused.value.get_http_status_code() == 400
    return str(refused.value)


def test_a_table_is_read_in_every_form(tmp_path: Path) -> None:
    path = tmp_path / "shops.csv"
    days = pd.date_range("2024-01-01", periods=60)
    rows = pd.DataFrame({"shop": np.repeat(["007", "12"], 60), "day": [*days, *days]})
    rows["sky"] = DRAWN.choice(["sun", "rain"], 120)
    rows["open"] = DRAWN.integers(0, 2, 120).astype(bool)
    rows = rows.assign(sold=DRAWN.integers(0, 99, 120), note="?")
    rows.to_csv(path, index=False)
    roles = {"id": "shop", "time": "day", "targets": ("sold",), "known": ("open",)}
    task = SeriesConfig(
        path=str(path),
        categories=("sky",),
        context=8,
        horizon=2,
        quantiles=(0.1, 0.5, 0.9),
        strategy="direct",
        **roles,
    )
    model, _ = served(task, tmp_path)
    read = pd.read_csv(path)  # whole numbers, ids as numbers, dates as texts
    read.loc[read.groupby("shop").tail(2).index, "sold"] = None
    expected = json.loads(model.predict(read).to_json(orient="records"))
    assert expected[0]["sold_q0.1"] <= expected[0]["sold"] <= expected[0]["sold_q0.9"]
    assert [row["shop"] for row in expected] == ["007", "007", "12", "12"]
    mixed = read.sample(frac=1, random_state=1)[[*read.columns[::-1]]]
    for given in (read, mixed, read.assign(day=pd.to_datetime(read["day"]))):
        for answer in forms(model, given):
            ordered = sorted(answer, key=lambda row: (row["shop"], row["step"]))
            for row, other in zip(ordered, expected, strict=True):
                assert row["sold"] == pytest.approx(other["sold"])
                assert row["day"][:10] == other["day"][:10]
    one = forms(model, read, params={"steps": 1, "all_columns": False})[0]
    assert [sorted(row) for row in one] == [["shop", "sold", "step"]] * 2

    with pytest.raises(MlflowException) as refused:
        forms(model, read, params={"step": 1})
    assert "no parameter 'step'; it takes steps" in str(refused.value)
    assert "Did you mean 'steps'?" in str(refused.value)
    assert len(forms(model, read, params={"steps": 1})[0]) == 2  # the refusal is over
    assert "never saw the series '99'" in why_not(model, read[:60].assign(shop="99"))
    assert "the rows have no column 'sky'" in why_not(model, read.drop(columns="sky"))
    assert "the rows have no column 'day'" in why_not(model, read.drop(columns="day"))
    assert "must hold numbers, not 'many'" in why_not(model, read.assign(sold="many"))
    new = read.assign(sky=read["sky"].mask(read.index == 117, "snow"))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        noted = asked(model, new.to_csv(index=False), "text/csv")
    assert "training never saw 'snow' in 'sky' of the series '12'" in noted[0]["note"]
    assert "note" not in expected[0]


def test_sequences_and_arrays_are_read_in_every_form(tmp_path: Path) -> None:
    steps = pd.DataFrame({"id": np.repeat(range(20), 4), "t": [*range(4)] * 20})
    steps = steps.assign(label=steps["t"] % 2, v=DRAWN.integers(0, 9, 80), more=1)
    steps.to_csv(tmp_path / "steps.csv", index=False)
    task = TagsConfig(
        path=str(tmp_path / "steps.csv"), id="id", time="t", features=("v",), label="label"
    )
    model, _ = served(task, tmp_path / "tags")
    read = pd.read_csv(tmp_path / "steps.csv")
    answers = forms(model, read)
    assert all(answer == answers[0] for answer in answers)
    assert len(answers[0]) == 80
    assert "has no value of 'v'" in why_not(model, read.assign(v=read["v"].mask(read.index == 7)))

    model, trained = served(SineConfig(), tmp_path / "sine")
    wave = np.round(np.sin(np.linspace(0, 3, 12)), 3)
    array = wave[None, :, None]
    expected = trained.predict(array)
    for answer in (
        *forms(model, pd.DataFrame({"y": wave})),
        asked(model, {"inputs": array.tolist()}),
        asked(model, {"instances": array.tolist()}),
    ):
        np.testing.assert_allclose(answer, expected, rtol=1e-5)
    ahead = asked(model, {"inputs": array.tolist(), "params": {"rollout_steps": 3}})
    np.testing.assert_allclose(ahead, trained.rollout(array, 3), rtol=1e-5)
    gap = pd.DataFrame({"y": [0.0, None, 1.0]})
    assert "no finite number at [0, 1, 0]" in why_not(model, gap)

    parts = {part: DRAWN.integers(0, 2, (3, 6, 4)).astype(np.uint8) for part in ("train", "val")}
    np.savez(tmp_path / "events.npz", **parts)
    model, trained = served(EventsConfig(path=str(tmp_path / "events.npz")), tmp_path / "events")
    answer = asked(model, {"inputs": parts["val"].tolist()})
    np.testing.assert_allclose(answer, trained.predict(parts["val"]), rtol=1e-5)
    assert model.metadata.signature.params is None
