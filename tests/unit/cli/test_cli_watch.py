"""The command `watch`: lines about a study that somebody else runs, and how it ends."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from contracts.driven_study import driven
from contracts.written_study import write_study

from rnnsearch.cli import live, watch
from rnnsearch.cli.app import main


@pytest.fixture
def between_looks(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[Callable[[], object]]]:
    """What happens while the watching rests, one a rest."""
    deeds: list[Callable[[], object]] = []
    monkeypatch.setattr(live, "LINE_SECONDS", 0.0)
    monkeypatch.setattr(watch.time, "sleep", lambda seconds: deeds.pop(0)())
    yield deeds
    assert deeds == []


def watched(
    storage: Path, capsys: pytest.CaptureFixture[str], name: str = "wave"
) -> tuple[object, str, str]:
    with pytest.raises(SystemExit) as ended:
        main(["watch", name, "--storage", str(storage)])
    return (ended.value.code, *capsys.readouterr())


def test_lines_tell_what_changes_until_the_end(
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    between_looks: list[Callable[[], object]],
) -> None:
    with driven(tmp_path) as driver:
        between_looks[:] = [list, driver.finish, list, driver.end]
        status, out, err = watched(tmp_path, capsys)
    assert status == 0
    first, page, empty, line = err.splitlines()
    assert "Ctrl-C ends the watching alone" in first
    assert page == f"its page: rnnsearch ui wave --live --storage {tmp_path}"
    assert empty.startswith("trials none yet, of 10")
    assert line.startswith("trials 1 complete, of 10; best val_mse 0.075 (trial 0)")
    assert "\x1b" not in err
    ending, figures, then = out.splitlines()
    assert ending == "wave has ended, complete"
    assert "best baseline 0.11 (persistence)" in figures
    assert then == f"  rnnsearch best wave --storage {tmp_path}"


def test_a_driver_that_dies_ends_it_with_the_remedy(
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    between_looks: list[Callable[[], object]],
) -> None:
    with driven(tmp_path) as driver:
        between_looks[:] = [driver.die]
        status, out, _ = watched(tmp_path, capsys)
    assert status == 1
    assert "the driver of wave died" in out
    assert out.endswith(f"  rnnsearch resume wave --storage {tmp_path}\n")


def test_ctrl_c_ends_the_watching_alone(
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    between_looks: list[Callable[[], object]],
) -> None:
    def interrupt() -> None:
        raise KeyboardInterrupt

    with driven(tmp_path) as driver:
        between_looks[:] = [interrupt]
        status, out, err = watched(tmp_path, capsys)
        assert not driver.lock.lost
    assert (status, out) == (130, "")
    assert err.endswith("the watching ended; the study goes on\n")


def test_a_study_that_has_ended_is_told_at_once(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write_study(tmp_path)
    status, out, err = watched(tmp_path, capsys)
    assert (status, err) == (0, "")
    assert out.startswith("wave has ended, complete\n")
    status, _, err = watched(tmp_path, capsys, "other")
    assert status == 2
    assert "There are: wave." in err
