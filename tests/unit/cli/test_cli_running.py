"""What `delete` and `stop` do with a study that a driver is at work on."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from rnnsearch.cli.app import main
from rnnsearch.search.directory import StudyDirectory
from rnnsearch.search.lock import StudyLock


@pytest.fixture
def directory(tmp_path: Path) -> StudyDirectory:
    directory = StudyDirectory(tmp_path, "small")
    directory.create()
    directory.yaml.write_text("name: small\n")
    return directory


def test_a_clock_that_is_ahead_deletes_no_running_study(
    directory: StudyDirectory, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    true_time = time.time
    with StudyLock(directory):
        monkeypatch.setattr(time, "time", lambda: true_time() + 3600)
        with pytest.raises(SystemExit) as ended:
            main(["delete", "small", "--yes", "--storage", str(directory.storage)])
        assert ended.value.code == 2
        assert "a driver is at work" in capsys.readouterr().err
        assert directory.yaml.is_file()

        with pytest.raises(SystemExit) as ended:
            main(["stop", "small", "--storage", str(directory.storage)])
        assert ended.value.code == 0
        assert directory.stop.is_file()


def test_a_driver_that_started_while_a_person_thought_is_seen(
    directory: StudyDirectory, monkeypatch: pytest.MonkeyPatch
) -> None:
    lock = StudyLock(directory)

    def agree(question: str) -> bool:
        lock.acquire()
        return True

    monkeypatch.setattr("typer.confirm", agree)
    with pytest.raises(SystemExit) as ended:
        main(["delete", "small", "--storage", str(directory.storage)])
    assert ended.value.code == 2
    assert directory.yaml.is_file()
    lock.release()
