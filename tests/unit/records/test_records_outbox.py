"""The outbox and its reader: nothing lost, nothing twice, no disk that ends a search."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from contracts.broken_disk import BrokenDisk

from rnnsearch import disk
from rnnsearch.events import ChampionMark, PackStarted
from rnnsearch.records import outbox as outbox_module
from rnnsearch.records.events_codec import encode
from rnnsearch.records.outbox import Outbox, segments, study_id
from rnnsearch.records.segment_reader import SegmentReader
from rnnsearch.records.writer_state import EVERYTHING, OpenRun, WriterState


def event(number: int) -> PackStarted:
    return PackStarted(float(number), f"pack-{number}", "node", 8)


def numbers(reader: SegmentReader) -> list[int]:
    return [sequence for sequence, _ in reader.read()]


class Clock:
    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


def test_events_come_out_in_order_once(tmp_path: Path) -> None:
    box = Outbox(tmp_path)
    reader = SegmentReader(tmp_path, 0)
    for number in range(1, 4):
        box.on_event(event(number))
    assert numbers(reader) == [1, 2, 3]
    box.on_event(event(4))
    box.close()
    assert numbers(reader) == [4]
    assert numbers(reader) == []
    assert numbers(SegmentReader(tmp_path, 2)) == [3, 4]


def test_open_segment_is_read_to_its_last_newline(tmp_path: Path) -> None:
    line = encode(event(1), 1)
    (tmp_path / "000001.open").write_bytes(line + encode(event(2), 2)[:10])
    reader = SegmentReader(tmp_path, 0)
    assert numbers(reader) == [1]
    with (tmp_path / "000001.open").open("ab") as file:
        file.write(encode(event(2), 2)[10:])
    assert numbers(reader) == [2]
    assert reader.damaged == 0


def test_a_killed_driver_leaves_a_torn_line_that_is_skipped(tmp_path: Path) -> None:
    first = Outbox(tmp_path)
    first.on_event(event(1))
    left = tmp_path / "000001.open"
    left.write_bytes(left.read_bytes() + encode(event(2), 2)[:15])
    second = Outbox(tmp_path)
    first.close()
    assert second.sequence == 1
    second.on_event(event(3))
    second.close()
    reader = SegmentReader(tmp_path, 0)
    assert numbers(reader) == [1, 2]
    assert reader.damaged == 0, "no line but the half one"


def test_segments_close_by_size_and_by_age(tmp_path: Path) -> None:
    clock = Clock()
    box = Outbox(tmp_path, clock=clock)
    box.on_event(event(1))
    clock.now += outbox_module.SEGMENT_SECONDS
    box.on_event(event(2))
    assert [path.name for _, path in segments(tmp_path)] == ["000001.closed"]
    big = PackStarted(0.0, "x" * outbox_module.SEGMENT_BYTES, "node", 1)
    box.on_event(big)
    assert [path.name for _, path in segments(tmp_path)] == ["000001.closed", "000002.closed"]


def test_segments_are_deleted_only_when_all_of_them_is_done(tmp_path: Path) -> None:
    box = Outbox(tmp_path)
    box.on_event(event(1))
    box.on_event(event(2))
    box.close()
    reader = SegmentReader(tmp_path, 0)
    assert numbers(reader) == [1, 2]
    reader.delete_done(1)
    assert len(segments(tmp_path)) == 1
    reader.delete_done(2)
    assert segments(tmp_path) == []


def test_numbers_go_on_after_all_segments_are_gone(tmp_path: Path) -> None:
    WriterState(done=41).save(tmp_path)
    box = Outbox(tmp_path)
    box.on_event(event(1))
    box.close()
    assert numbers(SegmentReader(tmp_path, 41)) == [42]


def test_study_id_stays(tmp_path: Path) -> None:
    Outbox(tmp_path)
    first = study_id(tmp_path)
    Outbox(tmp_path)
    assert study_id(tmp_path) == first
    assert len(first) == 32


@pytest.mark.parametrize("refused", [(), ("ftruncate",)])
def test_a_full_disk_ends_nothing_and_loses_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, refused: tuple[str, ...]
) -> None:
    """At whatever byte the disk fills up, the search goes on, a reader sees whole lines alone, and
    a later attempt writes what is missing.
    """
    lines = [len(encode(event(number), number)) for number in range(1, 4)]
    for room in range(0, sum(lines), 9):
        folder, clock, broken = tmp_path / str(room), Clock(), BrokenDisk(room, refused=refused)
        box = Outbox(folder, clock=clock)
        monkeypatch.setattr(disk, "os", broken)
        for number in range(1, 4):
            box.on_event(event(number))
        assert "space" in (box.problem or "")
        reader = SegmentReader(folder, 0)
        seen = numbers(reader)
        assert seen == list(range(1, len(seen) + 1))

        clock.now += 2 * outbox_module.RETRY_SECONDS
        box.on_event(event(4))
        assert "space" in (box.problem or "")
        broken.mend()
        clock.now += 2 * outbox_module.RETRY_SECONDS
        box.on_event(event(5))
        assert box.problem is None
        assert seen + numbers(reader) == [1, 2, 3, 4, 5]
        box.close()
        again = SegmentReader(folder, 0)
        assert numbers(again) == [1, 2, 3, 4, 5]
        assert again.damaged == reader.damaged == 0


def test_a_disk_that_refuses_to_the_end_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    box = Outbox(tmp_path)
    monkeypatch.setattr(disk, "os", BrokenDisk(room=0))
    box.on_event(event(1))
    box.close()
    assert numbers(SegmentReader(tmp_path, 0)) == []
    assert box.problem is not None


def test_what_was_written_is_on_the_disk_before_close(tmp_path: Path) -> None:
    box = Outbox(tmp_path)
    box.on_event(event(1))
    assert (tmp_path / "000001.open").stat().st_size == len(encode(event(1), 1))
    box.close()


def test_writer_state_round_trip(tmp_path: Path) -> None:
    state = WriterState(
        tracking_uri="sqlite:///a",
        done=3,
        claimed=5,
        champion=ChampionMark(2.5, 7, 11),
        runs={7: OpenRun("r", epoch=4)},
        best=0.5,
    )
    state.save(tmp_path)
    assert WriterState.load(tmp_path) == state
    row = json.loads((tmp_path / "state.json").read_text(encoding="utf-8"))
    assert row["champion"] == {"time": 2.5, "number": 7, "seed": 11}


def test_a_spoilt_state_file_starts_afresh(tmp_path: Path) -> None:
    (tmp_path / "state.json").write_text('{"done": 3', encoding="utf-8")
    # Whatever comes may have been written before, so the writer must look first.
    assert WriterState.load(tmp_path) == WriterState(claimed=EVERYTHING)
