"""Puts this folder on the import path, so that the folders below find its small studies."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest


@pytest.fixture
def paper_study(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Any]:
    """Makes a `PaperStudy` of overrides, on one folder; one study a test."""
    from paper_study import PaperStudy, without_ray

    made: list[PaperStudy] = []
    for name, stand_in in without_ray(lambda *of_tune: made[-1].turn(*of_tune)).items():
        monkeypatch.setattr(name, stand_in)

    def make(*overrides: str) -> PaperStudy:
        made.append(PaperStudy(tmp_path, *overrides))
        return made[-1]

    return make
