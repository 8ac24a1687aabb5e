"""The writer's sign of life within a long write."""

from __future__ import annotations

from pathlib import Path

from rnnsearch.records.pulse import FILE, Pulse, last_beat


def test_a_beat_changes_the_file_once_a_second_and_no_disk_stops_it(tmp_path: Path) -> None:
    now = [0.0]
    pulse = Pulse(tmp_path, lambda: now[0])
    assert last_beat(tmp_path) == 0
    pulse.beat()
    first = (tmp_path / FILE).read_text()
    assert last_beat(tmp_path) > 0
    pulse.beat()
    assert (tmp_path / FILE).read_text() == first
    now[0] += 1.5
    pulse.beat()
    assert (tmp_path / FILE).read_text() != first
    pulse.stop()
    assert last_beat(tmp_path) == 0
    gone = Pulse(tmp_path / "gone", lambda: now[0])
    gone.beat()
    assert last_beat(tmp_path / "gone") == 0
