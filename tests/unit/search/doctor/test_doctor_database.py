"""What the doctor says of a database of ledgers: a real PostgreSQL, and one that is not there."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from contracts.postgres import PASSWORD, USER, Postgres, served

from rnnsearch.search.database.address import checked
from rnnsearch.search.doctor.database import check_database

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def postgres() -> Iterator[Postgres]:
    with served() as server:
        yield server


def test_a_database_that_takes_ledgers_and_is_left_as_it_was(postgres: Postgres) -> None:
    finding = check_database(checked(postgres.fresh("empty")))
    assert finding.level == "ok"
    assert PASSWORD not in finding.text
    assert postgres.rows("SELECT count(*) FROM pg_stat_user_tables", "empty") == [(0,)]


def test_a_login_that_is_refused(postgres: Postgres) -> None:
    finding = check_database(checked(postgres.uri.replace(PASSWORD, "wrong-one")))
    assert finding.level == "fail"
    assert f"{USER}@" in finding.text
    assert "refuses the login" in finding.text
    assert "RNNSEARCH_LEDGER" in finding.remedy
    assert "wrong-one" not in finding.text + finding.remedy


def test_a_database_that_is_missing(postgres: Postgres) -> None:
    finding = check_database(checked(postgres.uri.rpartition("/")[0] + "/nowhere"))
    assert finding.level == "fail"
    assert "there is no database" in finding.text
    assert "createdb" in finding.remedy
