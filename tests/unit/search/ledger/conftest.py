"""Studies of tests whose ledgers lie in a real PostgreSQL."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from contracts.postgres import Postgres, served
from lying_in import lying_in

from rnnsearch.search.directory import StudyDirectory


@pytest.fixture(scope="module")
def postgres() -> Iterator[Postgres]:
    with served() as server:
        yield server


@pytest.fixture
def directory(tmp_path: Path, postgres: Postgres) -> StudyDirectory:
    return lying_in(tmp_path / "stored", postgres.uri)
