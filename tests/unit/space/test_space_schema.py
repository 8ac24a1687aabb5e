"""The JSON schema: it accepts the shipped spaces and sees what a schema can see."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from rnnsearch.space.fields import all_fields
from rnnsearch.space.load import load
from rnnsearch.space.schema import json_schema
from rnnsearch.tasks.families import BUILT_IN

jsonschema = pytest.importorskip("jsonschema")

SPACES = Path(__file__).parents[3] / "search_spaces"


def errors(value: Any) -> list[str]:
    validator = jsonschema.Draft202012Validator(json_schema())
    return [error.json_path for error in validator.iter_errors(value)]


def test_the_schema_is_a_schema() -> None:
    jsonschema.Draft202012Validator.check_schema(json_schema())


@pytest.mark.parametrize("name", ["sine", "hello", "char"])
def test_it_accepts_the_shipped_spaces_and_their_resolved_files(name: str) -> None:
    yaml = YAML(typ="safe", pure=True)
    assert errors(yaml.load((SPACES / f"{name}.yaml").read_text())) == []
    assert errors(yaml.load(load(SPACES / f"{name}.yaml").yaml)) == []


def test_it_accepts_keys_of_somebodys_own_strategy() -> None:
    assert (
        errors({"task": {"type": "sine"}, "search": {"sampler": {"type": "a.b:C", "d": 1}}}) == []
    )


@pytest.mark.parametrize(
    ("value", "path"),
    [
        ({}, "$"),
        ({"task": {"type": "sin"}}, "$.task.type"),
        ({"task": {"type": "sine"}, "modell": {}}, "$"),
        ({"task": {"type": "sine", "path": "x"}}, "$.task"),
        ({"task": {"type": "text", "num_points": 3}}, "$.task"),
        ({"task": {"type": "sine"}, "model": {"hidden_size": 0}}, "$.model.hidden_size"),
        ({"task": {"type": "sine"}, "model": {"hidden_size": "8"}}, "$.model.hidden_size"),
        ({"task": {"type": "sine"}, "model": {"dropout": {"int": [0, 1]}}}, "$.model.dropout"),
        (
            {"task": {"type": "sine"}, "model": {"cell": {"choice": ["rnn", "elman"]}}},
            "$.model.cell",
        ),
        (
            {"task": {"type": "sine"}, "training": {"max_epochs": {"int": [1, 2]}}},
            "$.training.max_epochs",
        ),
        ({"task": {"type": "sine"}, "search": {"time_budget": "10"}}, "$.search.time_budget"),
        (
            {"task": {"type": "sine"}, "search": {"sampler": {"type": "tp"}}},
            "$.search.sampler.type",
        ),
        ({"task": {"type": "sine"}, "search": {"sampler": {"of": 3}}}, "$.search.sampler"),
        (
            {"task": {"type": "sine", "rollout": {"warmup_steps": {"int": [0, 2]}}}},
            "$.task.rollout.warmup_steps",
        ),
    ],
)
def test_it_refuses_what_a_schema_can_see(value: Any, path: str) -> None:
    assert path in errors(value)


def test_every_field_of_the_configs_is_in_it_with_its_meaning() -> None:
    schema = json_schema()
    for task, case in zip(BUILT_IN, schema["properties"]["task"]["allOf"], strict=True):
        for key, field in all_fields(task).items():
            section, *path = key.split(".")
            node = case["then"] if section == "task" else schema["properties"][section]
            node = node.get("else", node)
            for part in path:
                node = node["properties"][part]
            # One key of several strategies may have a meaning in each.
            nodes = [node] if "description" in node else node.get("anyOf", [node])
            assert field.says.meaning in [one.get("description", "") for one in nodes]
    model = schema["properties"]["model"]["else"]["properties"]
    assert model["hidden_size"]["description"] == "Units a layer."
    assert model["hidden_size"]["default"] == 32
