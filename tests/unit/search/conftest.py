"""Puts this folder on the import path, so that the folders below find its small studies."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest


@pytest.fixture
def paper_study(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Any]:
    """Makes a `PaperStudy` of overrides, on one folder; one study a test."""
    from paper_study import PaperStudy, without_ray

    made: list[PaperStudy] = []
    for name, stand_in in without_ray(
        lambda *of_tune, **how: made[-1].turn(*of_tune, **how)
    ).items():
        monkeypatch.setattr(name, stand_in)

    def make(*overrides: str) -> PaperStudy:
        made.append(PaperStudy(tmp_path, *overrides))
        return made[-1]

    return make


@pytest.fixture
def rigs(tmp_path: Path) -> Iterator[Callable[..., Any]]:
    """Makes rigs on one folder and closes their ledgers."""
    from rig import Rig

    made: list[Rig] = []

    def make(*args: Any, **kwargs: Any) -> Rig:
        made.append(Rig(tmp_path, *args, **kwargs))
        return made[-1]

    yield make
    for rig in made:
        rig.end()
