"""Settings of the search that do nothing beside the others are told before a study runs."""

from __future__ import annotations

from pathlib import Path

import pytest

from rnnsearch.space.describe import describe
from rnnsearch.space.idle_search import idle_search
from rnnsearch.space.load import loads
from rnnsearch.space.spec import StudySpec

SPACE = "task: {type: sine}\ntraining: {learning_rate: {loguniform: [1e-4, 1e-1]}}"


def spec(*overrides: str) -> StudySpec:
    return loads(SPACE, name="s", directory=Path(), overrides=overrides)


IDLE = [
    ("search.warm_start_first=3", "search.warm_start=other"),
    ("search.price={gpu: 2.5}", "search.max_cost=20"),
    ("search.virtual_workers=4", "search.deterministic=true"),
    ("search.finalists.race=true", "search.finalists.seeds=2"),
    ("search.finalists.rule=bound", "search.finalists.seeds=2"),
    ("resources.max_packs=4", "resources.packs=auto"),
    ("search.scheduler.window=7", "search.scheduler.of=median"),
]
OTHERWISE = (
    "resources={packs: 2, gpus_per_pack: 0.5}",
    "search.finalists={top: 1, seeds: 1}",
    "search.scheduler={type: patience}",
)


@pytest.mark.parametrize(("idle", "needs"), IDLE)
def test_a_key_without_effect_is_named_until_it_has_one(idle: str, needs: str) -> None:
    (note,) = idle_search(spec(*OTHERWISE, idle))
    assert note.startswith(f"{idle.partition('=')[0]} does nothing ")
    assert needs.partition("=")[0] in note
    assert not list(idle_search(spec(*OTHERWISE, needs, idle)))


def test_defaults_say_nothing() -> None:
    assert not list(idle_search(spec()))


def test_check_prints_them() -> None:
    assert any("virtual_workers does" in one for one in describe(spec(IDLE[2][0])).notes)
