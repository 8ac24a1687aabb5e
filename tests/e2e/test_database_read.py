"""Commands that read a study whose ledger lies in PostgreSQL, with no word of where that is."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from contracts.driven_study import driven
from contracts.postgres import PASSWORD, Postgres, served
from contracts.written_study import write_study

from rnnsearch.cli.app import main
from rnnsearch.errors import StorageError
from rnnsearch.search.database.address import checked
from rnnsearch.search.database.note import make_note, new_note
from rnnsearch.search.directory import StudyDirectory
from rnnsearch.study import Study
from rnnsearch.study.ledger_choice import settle_ledger
from rnnsearch.study.live.pages import LivePages

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def postgres() -> Iterator[Postgres]:
    with served() as server:
        yield server


def noted(storage: Path, postgres: Postgres, name: str = "wave") -> StudyDirectory:
    """A study that is to have its ledger in the database."""
    directory = StudyDirectory(storage, name)
    directory.create()
    make_note(directory.database, new_note(checked(postgres.uri)))
    return directory


def said(capsys: pytest.CaptureFixture[str], *words: object) -> tuple[int, str]:
    try:
        main([str(word) for word in words])
        status = 0
    except SystemExit as ended:
        status = int(ended.code or 0)
    both = capsys.readouterr()
    return status, both.out + both.err


COMMANDS = {
    "studies": "persistence|wave",
    "trials wave": "pruned",
    "trials wave --format json": "learning_rate",
    "analyse wave": "training",
    "replay wave --scheduler median": "median",
    "watch wave": "complete",
    "report wave": "report.html",
    "compare wave other": "best val_mse",
    "repair wave": "is whole",
}


@pytest.fixture(scope="module")
def storage(tmp_path_factory: pytest.TempPathFactory, postgres: Postgres) -> Path:
    storage = tmp_path_factory.mktemp("studies")
    for name in ("wave", "other"):
        noted(storage, postgres, name)
        write_study(storage, name)
    return storage


@pytest.mark.parametrize("words", COMMANDS)
def test_it_is_read(storage: Path, capsys: pytest.CaptureFixture[str], words: str) -> None:
    asked = [one.replace("median", "{type: median}") for one in words.split()]
    status, text = said(capsys, *asked, "--storage", storage)
    assert status == 0, text
    assert any(one in text for one in COMMANDS[words].split("|"))
    assert PASSWORD not in text
    assert not list(storage.glob("*/ledger.journal"))


def test_a_live_page_grows(tmp_path: Path, postgres: Postgres) -> None:
    noted(tmp_path, postgres)
    with driven(tmp_path) as driver:
        driver.finish()
        pages = LivePages(tmp_path)
        assert b"wave" in pages.index()
        page = pages.find("wave")
        assert page is not None
        first = page.current()
        assert page.current().tag == first.tag
        driver.finish()
        page.clock = lambda: 1e9
        assert page.current().tag != first.tag


def test_deleted_it_is_gone_there_too(
    tmp_path: Path, postgres: Postgres, capsys: pytest.CaptureFixture[str]
) -> None:
    noted(tmp_path, postgres)
    write_study(tmp_path, "wave")
    count = "select count(*) from rnnsearch_ledger"
    ((before,),) = postgres.rows(count)
    status, _ = said(capsys, "delete", "wave", "--yes", "--storage", tmp_path)
    assert status == 0
    assert postgres.rows(count) == [(int(str(before)) - 1,)]
    assert not (tmp_path / "wave").exists()


def test_a_database_with_another_address_must_have_the_ledger(
    tmp_path: Path, postgres: Postgres
) -> None:
    directory = noted(tmp_path, postgres)
    write_study(tmp_path, "wave")
    before = directory.ledger_note
    assert before is not None
    with pytest.raises(StorageError, match=r"has no ledger of wave.*pg_dump"):
        settle_ledger(directory, postgres.fresh("empty"), lambda text: None)
    assert directory.ledger_note == before
    settle_ledger(directory, postgres.uri.replace("127.0.0.1", "localhost"), lambda text: None)
    after = directory.ledger_note
    assert after is not None
    assert (after.key, "@localhost" in after.address) == (before.key, True)
    assert PASSWORD not in directory.database.read_text()
    assert len(Study.open("wave", storage=tmp_path).result().trials) == 4


def test_a_fork_goes_where_it_is_told_else_beside_its_source(
    tmp_path: Path, postgres: Postgres
) -> None:
    write_study(tmp_path, "wave")
    wider = ["search.num_trials=7"]
    there, _ = Study.open("wave", storage=tmp_path).forked(
        name="there", overrides=wider, ledger=postgres.uri
    )
    beside, _ = there.forked(name="beside", overrides=wider)
    for forked in (there, beside):
        assert forked.directory.ledger_note is not None
        assert not forked.directory.ledger.exists()
        assert len(forked.result().trials) == 4
    file, _ = Study.open("wave", storage=tmp_path).forked(name="file", overrides=wider)
    assert file.directory.ledger_note is None
