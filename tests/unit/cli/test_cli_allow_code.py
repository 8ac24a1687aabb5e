"""The switch reaches whoever loads a model of the registry."""

from __future__ import annotations

from typing import Any

import pytest

from rnnsearch.cli.app import main
from rnnsearch.errors import ModelError

COMMANDS = (
    ["rollout", "models:/sine@champion", "--steps", "3"],
    ["sample", "models:/sine@champion", "--prompt", "a"],
    ["classify", "models:/sine@champion", "text"],
)


@pytest.mark.parametrize("command", COMMANDS, ids=lambda one: one[0])
@pytest.mark.parametrize("allowed", [True, False])
def test_a_model_of_the_registry_runs_its_code_only_where_it_is_allowed(
    command: list[str], allowed: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[tuple[str, bool]] = []

    def fetch(model_uri: str, tracking_uri: str, *, allow_code: bool = False) -> Any:
        asked.append((model_uri, allow_code))
        raise ModelError("not here")

    monkeypatch.setattr("rnnsearch.records.mlflow.registry.fetch", fetch)
    switch = ["--allow-code"] if allowed else []
    with pytest.raises(SystemExit) as left:
        main([*command, "--tracking-uri", "http://127.0.0.1:9", *switch])
    assert left.value.code == 2
    assert asked == [("models:/sine@champion", allowed)]
