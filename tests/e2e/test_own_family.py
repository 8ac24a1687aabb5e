"""A family of tasks that stands in this file has all rights of those that rnnsearch has.

It is registered as an installed package registers one, and no other file knows of it.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import pytest
from e2e.command import ROOT, python, rnnsearch

from rnnsearch import Figure, Use
from rnnsearch.tasks.family import Family
from rnnsearch.tasks.signature import Column, Signature
from rnnsearch.tasks.sine.config import RolloutConfig, SineConfig

PNG = b"\x89PNG\r\n\x1a\nof the family's own"


@dataclass(frozen=True, kw_only=True)
class RampConfig:
    """A sine by another name.

    Attributes:
        points: Of a wave.
    """

    type: Literal["ramp"] = "ramp"
    points: int = 9


class RampUse(Use):
    """Says how many points it would read."""

    does = "counts"

    def signature(self) -> Signature:
        return Signature(
            (Column("word", meaning="anything"),), (Column("", "string"),), (("x", 1),)
        )

    def example(self) -> Any:
        import pandas as pd

        return pd.DataFrame({"word": ["a"]})

    def served(self, predictor: Any, given: Any, parameters: Mapping[str, Any]) -> Any:
        points = self.told.task["points"]
        return [f"{word} {points} {parameters['x']}" for word in given["word"]]

    def command(self, said: str) -> tuple[object, ...] | None:
        return "rollout", "--steps", 3

    def code(self) -> str:
        return "model.predict(numpy.ones((1, 5, 1)))"

    def refusals(self, asked: Any) -> Mapping[str, str]:
        return {**super().refusals(asked), "sample": f"{asked.model} counts and writes nothing"}

    def figure(self, task: Callable[[], Any], predictor: Any, course: Any) -> Figure:
        def draw(path: Path, *, title: str) -> None:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(PNG + title.encode())

        return Figure(draw, f", {task().data.rows()['val']} points at epoch {course.epoch}")


class Ramp(Family):
    """The sine task with everything else of its own."""

    def clash(self, values: Mapping[str, Any]) -> str | None:
        return "is as many as there are points." if len({*values.values()}) == 1 else None

    def judged_by(self, values: Mapping[str, Any], metrics: Any) -> str:
        return str(metrics[-1])

    def load(self, config: RampConfig) -> Any:
        from rnnsearch.tasks.sine.data import SineData

        return SineData(sine(config))

    def build(self, config: RampConfig, data: Any, device: Any, dtype: Any) -> Any:
        from rnnsearch.tasks.sine.task import SineTask

        return SineTask(sine(config), data, device, dtype)


def sine(config: RampConfig) -> SineConfig:
    return SineConfig(num_points=config.points, rollout=RolloutConfig(steps=(2,)))


RAMP = Ramp(
    name="ramp",
    config=RampConfig,
    used_as=RampUse,
    defaults={"training.batch_size": 3, "training.steps_per_epoch": 4},
    clashing=("training.batch_size", "task.points"),
)

SPACE = """
task: {type: ramp}
model: {hidden_size: {int: [3, 5]}}
training: {max_epochs: 2}
search: {num_trials: 2, scheduler: {type: none, grace_period: 1}, finalists: {top: 1, seeds: 1}}
resources: {packs: 1}
"""

SERVED = """
import json, mlflow, pandas, sys
mlflow.set_tracking_uri(f"sqlite:///{sys.argv[1]}/studies/mlflow.db")
model = mlflow.pyfunc.load_model("models:/ramp@champion")
said = model.predict(pandas.DataFrame({"word": ["b", "c"]}), params={"x": 7})
inputs = model.metadata.metadata["inputs"]
print(json.dumps([said, inputs, model.metadata.signature.params.to_dict()]))
"""


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A space file, beside a package that offers this file's family."""
    offered = tmp_path / "installed" / "ramp-1.0.dist-info"
    offered.mkdir(parents=True)
    (offered / "METADATA").write_text("Metadata-Version: 2.1\nName: ramp\nVersion: 1.0\n")
    (offered / "entry_points.txt").write_text(
        "[rnnsearch.tasks]\nramp = e2e.test_own_family:RAMP\n"
    )
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join([str(offered.parent), str(ROOT / "tests")]))
    (tmp_path / "ramp.yaml").write_text(SPACE)
    return tmp_path


@pytest.mark.slow
def test_from_check_to_its_registered_model(folder: Path) -> None:
    checked = rnnsearch("check", "ramp.yaml", cwd=folder)
    assert checked.status == 0, checked.err
    assert "task.points: 9 *" in checked.out
    assert "training.batch_size: 3 *" in checked.out
    refused = rnnsearch("check", "ramp.yaml", "--set", "task.points=3", cwd=folder)
    assert (refused.status, "is as many as there are points" in refused.err) == (2, True)

    said = rnnsearch("run", "ramp.yaml", cwd=folder)
    assert said.status == 0, said.err
    assert "rnnsearch rollout ramp --steps 3" in said.out
    for shown in (checked, said):
        idle = "search.scheduler.grace_period does nothing while search.scheduler.type is none"
        assert f"note: {idle}" in shown.out
    assert rnnsearch("show", "ramp", 0, cwd=folder).status == 0
    best = rnnsearch("best", "ramp", cwd=folder)
    assert "model.predict(numpy.ones((1, 5, 1)))" in best.out, best.err
    picture = (folder / "studies" / "ramp" / "figures" / "champion.png").read_bytes()
    assert picture.startswith(PNG)
    assert b", 18 points at epoch " in picture
    refused = rnnsearch("sample", "ramp", "--prompt", "x", cwd=folder)
    assert (refused.status, "ramp counts and writes nothing" in refused.err) == (2, True)

    served = python(SERVED, folder)
    assert served.status == 0, served.err
    words, inputs, parameters = json.loads(served.out.splitlines()[-1])
    assert words == ["b 9 7", "c 9 7"]
    assert inputs == {"word": "anything"}
    assert parameters[0]["name"] == "x"
