"""TensorBoard's own reader finds each epoch, the params and the end of each trial, once."""

from __future__ import annotations

import importlib.util
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import record_stream as stream
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
from tensorboard.plugins.hparams import metadata

from rnnsearch import disk
from rnnsearch.errors import InputError, StorageError
from rnnsearch.events import BaselineScored, Event, FinalistScored
from rnnsearch.records.sinks import SINKS
from rnnsearch.records.tensorboard.sink import TensorBoard
from rnnsearch.study.sinks import check_sinks

WAIT_SECONDS = 300.0


def kept(folder: Path, *events: Event, identity: str = "one") -> None:
    """A run of the driver that is closed in order."""
    sink = SINKS["tensorboard"].open(str(folder), "sine", identity, folder / "log")
    for event in events:
        sink.on_event(event)
    left = sink.close(WAIT_SECONDS)
    assert (left.pending, left.problem) == (0, None)


def read(run: Path) -> Any:
    found = EventAccumulator(str(run))
    found.Reload()
    return found


def curve(run: Path, tag: str) -> list[tuple[int, float]]:
    return [(one.step, pytest.approx(one.value)) for one in read(run).Scalars(tag)]


def hparams(run: Path) -> tuple[Any, Any]:
    """How a trial began and ended, as the HParams page has it."""
    tags = read(run).PluginTagToContent(metadata.PLUGIN_NAME)
    return (
        metadata.parse_session_start_info_plugin_data(tags[metadata.SESSION_START_INFO_TAG]),
        metadata.parse_session_end_info_plugin_data(tags[metadata.SESSION_END_INFO_TAG]),
    )


def test_a_study_is_a_run_a_trial_and_one_of_its_own(tmp_path: Path) -> None:
    kept(tmp_path, *stream.study(6), FinalistScored(stream.START, 0, (1, 2), (0.5, 0.25)))
    root = tmp_path / "sine"
    names = {path.name for path in root.iterdir() if path.is_dir()}
    assert names == {"baseline-ar", *(f"trial-{number:04d}-lstm" for number in range(6))}

    run = root / "trial-0003-lstm"
    assert curve(run, "val_mse") == [(epoch, 4 / epoch) for epoch in range(1, 9)]
    assert curve(run, "train_loss") == [(epoch, 2 / epoch) for epoch in range(1, 9)]
    assert curve(run, "best_val_mse") == [(8, 4 / 8)]
    begun, over = hparams(run)
    assert begun.group_name == "trial-0003-lstm"
    assert begun.hparams["model.cell"].string_value == "lstm"
    assert begun.hparams["training.learning_rate"].number_value == 0.1 / 4
    assert (over.status, over.end_time_secs) == (1, stream.START + 23)
    assert hparams(root / "trial-0005-lstm")[1].status == 2, "it failed"

    assert curve(root, "study/best_val_mse") == [(1, 1 / 8)]
    assert curve(root / "baseline-ar", "val_mse") == [(0, 0.3), (8, 0.3)]
    assert curve(root / "trial-0000-lstm", "val_mse_by_seed") == [(0, 0.5), (1, 0.25)]


def test_a_resumed_study_goes_on_without_doubles(tmp_path: Path) -> None:
    root = tmp_path / "sine"
    baseline = BaselineScored(stream.START, "ar", {"val_mse": 0.3})
    first = [stream.started(), baseline, *stream.trial(2), stream.begin(1), stream.epochs(1, 1, 5)]
    kept(tmp_path, *first, stream.ended("interrupted"))
    # From a snapshot at epoch 3; the driver was killed before the ledger knew of the other's end.
    again = [stream.begin(1, attempt=2), stream.epochs(1, 4, 8), stream.finish(1, "complete")]
    kept(tmp_path, stream.started(resumed=True), baseline, *stream.trial(2), *again, stream.ended())

    for number in (1, 2):
        run = root / f"trial-{number:04d}-lstm"
        expected = [(epoch, (1 + number) / epoch) for epoch in range(1, 9)]
        assert curve(run, "val_mse") == expected
        assert curve(run, "best_val_mse") == [(8, (1 + number) / 8)]
    assert curve(root, "study/best_val_mse") == [(1, 3 / 8), (2, 2 / 8)]
    assert curve(root / "baseline-ar", "val_mse") == [(0, 0.3), (8, 0.3)]


@pytest.mark.parametrize("lost", [3, 7])
def test_half_a_record_of_a_killed_driver_hides_nothing(tmp_path: Path, lost: int) -> None:
    run = tmp_path / "sine" / "trial-0001-lstm"
    kept(tmp_path, stream.started(), stream.begin(1), stream.epochs(1, 1, 5))
    (path,) = run.iterdir()
    path.write_bytes(path.read_bytes()[:-lost])
    assert len(curve(run, "val_mse")) == 4
    kept(tmp_path, stream.started(resumed=True), stream.epochs(1, 3, 8))
    assert curve(run, "val_mse") == [(epoch, 2 / epoch) for epoch in range(1, 9)]


def test_another_study_of_the_name_has_a_folder_of_its_own(tmp_path: Path) -> None:
    for identity in ("one", "two", "one"):
        kept(tmp_path, stream.started(), *stream.trial(0), identity=identity)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["sine", "sine-2"]
    for name in ("sine", "sine-2"):
        assert len(curve(tmp_path / name / "trial-0000-lstm", "val_mse")) == stream.EPOCHS


def test_a_full_disk_is_said_and_nothing_is_lost_once_there_is_room(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("rnnsearch.records.tensorboard.sink.WRITE_SECONDS", 0.01)
    (tmp_path / "sine").mkdir()
    real, full = disk._write, True

    def write(*arguments: Any) -> None:
        if full:
            raise OSError(28, "No space left on device")
        real(*arguments)

    monkeypatch.setattr(disk, "_write", write)
    sink = TensorBoard(tmp_path / "sine", tmp_path / "log")
    for event in (stream.started(), *stream.trial(1), *stream.trial(2)):
        sink.on_event(event)
    while sink.problem is None:
        time.sleep(0.01)
    assert sink.problem.startswith(f"event files wait in memory: {tmp_path / 'sine'}/events.out.")
    assert sink.problem.endswith(": No space left on device")
    full = False
    left = sink.close(WAIT_SECONDS)
    assert (left.pending, left.problem) == (0, None)
    for number in (1, 2):
        assert len(curve(tmp_path / "sine" / f"trial-{number:04d}-lstm", "val_mse")) == 8


def test_what_never_reached_the_disk_is_counted(tmp_path: Path) -> None:
    (tmp_path / "sine").mkdir()
    (tmp_path / "sine" / "trial-0001-lstm").write_text("in the way")
    sink = TensorBoard(tmp_path / "sine", tmp_path / "log")
    for event in (stream.started(), *stream.trial(1), *stream.trial(2)):
        sink.on_event(event)
    left = sink.close(WAIT_SECONDS)
    assert left.pending == 9
    assert "event files wait in memory" in str(left.problem)
    assert len(curve(tmp_path / "sine" / "trial-0002-lstm", "val_mse")) == 8, "others are written"


def test_the_traceback_of_a_mistake_is_logged_and_the_search_goes_on(tmp_path: Path) -> None:
    (tmp_path / "sine").mkdir()
    sink = TensorBoard(tmp_path / "sine", tmp_path / "log")
    begun = stream.begin(1)
    sink.on_event(replace(begun, params={"model.cell": object()}))
    left = sink.close(WAIT_SECONDS)
    assert left.pending == 1
    assert f"no more event files in {tmp_path / 'sine'}: TypeError(" in str(left.problem)
    assert str(left.problem).endswith(f" ({tmp_path / 'log'})")
    logged = (tmp_path / "log").read_text(encoding="utf-8")
    assert logged.startswith("Traceback (most recent call last):")
    assert "is not JSON serializable" in logged.splitlines()[-1]


def test_files_are_open_only_while_they_are_written(tmp_path: Path) -> None:
    events = [event for number in range(200) for event in list(stream.trial(number))[:3]]
    before = len(list(Path("/proc/self/fd").iterdir()))
    (tmp_path / "sine").mkdir()
    sink = TensorBoard(tmp_path / "sine", tmp_path / "log")
    for event in (stream.started(), *events):
        sink.on_event(event)
    assert sink.close(WAIT_SECONDS).pending == 0
    assert len(list(Path("/proc/self/fd").iterdir())) == before
    assert len(list((tmp_path / "sine").glob("trial-*/*.tfevents.*"))) == 200


def test_what_cannot_be_is_refused_before_a_study_begins(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    check_sinks({"tensorboard": str(tmp_path / "made" / "here")})
    assert (tmp_path / "made" / "here").is_dir()
    (tmp_path / "file").touch()
    with pytest.raises(InputError, match="Name a folder that may be written"):
        check_sinks({"tensorboard": str(tmp_path / "file" / "below")})
    with pytest.raises(InputError, match="there is no sink 'wandb'; there is tensorboard"):
        check_sinks({"wandb": "x"})
    copied = tmp_path / "runtime_resources" / "working_dir_files" / "curves"
    with pytest.raises(StorageError, match="such as --tensorboard /shared/tensorboard"):
        check_sinks({"tensorboard": str(copied)})
    real = importlib.util.find_spec
    monkeypatch.setattr(
        importlib.util, "find_spec", lambda name: None if name == "tensorboard" else real(name)
    )
    with pytest.raises(InputError, match="pip install tensorboard"):
        check_sinks({"tensorboard": str(tmp_path)})
