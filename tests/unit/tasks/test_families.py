"""Each line of the table of tasks, and what is asked of any of them."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import pytest

from rnnsearch.errors import DataError, ModelError
from rnnsearch.records.mlflow.inputs import mlflow_signature
from rnnsearch.tasks.events.config import EventsConfig
from rnnsearch.tasks.families import BUILT_IN, family, family_of, use_of, use_told
from rnnsearch.tasks.family import named
from rnnsearch.tasks.labels.config import GeneratedConfig, LabelsConfig
from rnnsearch.tasks.load import load_data
from rnnsearch.tasks.sine.config import SineConfig
from rnnsearch.tasks.text.config import TextConfig
from rnnsearch.tasks.use import Told
from rnnsearch.testing.tasks import networks

READ = ("series", "text", "labels", "events")
"""Types whose config alone makes no data."""

MADE = [
    *(family(name).config() for name in BUILT_IN if name not in READ),
    LabelsConfig(generated=GeneratedConfig(rule="random", count=9, held_out=9)),
    TextConfig(text="the cat sat on the mat. " * 9),
]


@dataclass(frozen=True)
class Asked:
    model: str = "m"

    def command(self, verb: str, *words: object) -> str:
        return " ".join(map(str, ("rnnsearch", verb, self.model, *words)))


@pytest.mark.parametrize("name", BUILT_IN)
def test_a_line_names_a_family_that_knows_its_configs(name: str) -> None:
    found = family(name)
    assert found.name == name
    assert family_of(found.config()) is found
    assert callable(named(found.data))
    assert isinstance(named(found.task), type)
    assert not found.known or callable(named(found.known))


@pytest.mark.parametrize("config", MADE, ids=lambda config: config.type)
def test_a_registered_model_takes_its_example_and_what_it_shows_it_does(config: Any) -> None:
    data = load_data(config)
    sizes = data.input_size, data.output_size, data.symbolic
    use = use_of(family_of(config), Told(asdict(config), data.manifest(), *sizes))
    signature = mlflow_signature(use.signature())
    given = use.example()
    if signature.inputs is not None:
        assert list(given.columns) == signature.inputs.input_names()
    answered = use.served(networks(data, 1, head=use.head), given, {})
    assert len(answered) >= 1
    verb, *_ = use.command("") or (None,)
    refused = use.refusals(Asked())
    assert verb not in refused, "what it shows off with, it does"
    assert {"rollout", "sample", "classify"} - {verb} >= set(refused)
    if verb is not None:
        assert all(f"rnnsearch {verb} m" in why for why in refused.values())


def test_what_is_no_task_is_said() -> None:
    with pytest.raises(DataError, match="'chess' is no task; tasks are series, sine"):
        family("chess")


def test_events_are_drawn_by_no_command() -> None:
    said = {"config": {"task": asdict(EventsConfig(path="x"))}, "manifest": {"task": "events"}}
    use = use_told(said)
    assert use.command("") is None
    assert "picks none to go on from" in use.refusals(Asked())["rollout"]
    with pytest.raises(ModelError, match="picks none"):
        use.vocabulary()
    np.testing.assert_allclose(use.example().shape, (1, 10, 0))


def test_a_task_that_lends_its_data_can_do_what_its_lender_can() -> None:
    @dataclass(frozen=True)
    class Lent:
        load = build = None

    told = Told({}, {"task": "labels", "reads": "text"})
    assert use_of(family_of(Lent()), told).head == "last"
    assert use_of(family_of(Lent()), Told({}, {"task": "sine"})).does == "predicts numbers"
    assert family_of(SineConfig()).judged_by({"task.rollout.steps": (3,)}, ["val_mse"]) == "val_mse"
