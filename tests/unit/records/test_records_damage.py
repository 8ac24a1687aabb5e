"""Lines of the outbox that something changed: each costs itself, and is said."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
import record_stream as stream
from hypothesis import given
from hypothesis import strategies as some
from paper_store import PaperStore

from rnnsearch.events import EpochsReported, Event, PackStarted, TrialEnded, TrialStarted
from rnnsearch.records.events_codec import UndecodableLineError, decode, encode
from rnnsearch.records.mover import Mover
from rnnsearch.records.outbox import Outbox, segments
from rnnsearch.records.segment_reader import SegmentReader
from rnnsearch.records.study_run import StudyRun
from rnnsearch.records.tracker import Tracker
from rnnsearch.records.trial_rows import TrialRows
from rnnsearch.records.writer_state import WriterState

EVENTS: tuple[Event, ...] = (
    TrialStarted(1.0, 0, "trial-0", {"a": 1}, {"model": {}}, 7, "pack"),
    EpochsReported(2.0, 0, (1, 2), ({"val_mse": 0.5}, {"val_mse": 0.25}), 20),
    PackStarted(2.5, "pack", "node", 8),
    TrialEnded(3.0, 0, "complete", "last epoch", 2, 0.25, 0.25, 2, 1.5),
)
LINES = tuple(encode(event, number) for number, event in enumerate(EVENTS, 1))
WHOLE = b"".join(LINES)


def as_older_versions_wrote(line: bytes) -> bytes:
    return re.sub(rb',"crc":"\w+"}', b"}", line)


def read(folder: Path, data: bytes) -> tuple[SegmentReader, list[tuple[int, Event]]]:
    folder.mkdir(exist_ok=True)
    (folder / "000001.closed").write_bytes(data)
    reader = SegmentReader(folder, 0)
    return reader, list(reader.read())


@pytest.mark.parametrize("mask", [1, 0x80])
def test_a_changed_byte_costs_its_line_and_no_other(tmp_path: Path, mask: int) -> None:
    starts = [0]
    for line in LINES:
        starts.append(starts[-1] + len(line))
    for place in range(len(WHOLE)):
        data = WHOLE[:place] + bytes([WHOLE[place] ^ mask]) + WHOLE[place + 1 :]
        reader, found = read(tmp_path, data)
        hit = next(number for number in range(len(LINES)) if place < starts[number + 1])
        hits = {hit, hit + 1} if WHOLE[place : place + 1] == b"\n" else {hit}
        every = list(enumerate(EVENTS, 1))
        gone = [each for each in every if each not in found]
        assert [each for each in every if each not in gone] == found, "nothing that was not said"
        assert {number - 1 for number, _ in gone} <= hits
        if place < len(WHOLE) - 1:
            assert reader.damaged == len(gone)
            assert reader.last == len(LINES), "so that nothing seems to be left"


def test_any_garbage_between_lines_is_passed(tmp_path: Path) -> None:
    for garbage in (
        b"\0" * 5000,
        b"\xff\xfe",
        b"[]",
        b"{",
        b'{"sequence":1}',
        b"1e999",
        b"[" * 9999,
    ):
        _, found = read(tmp_path, LINES[0] + garbage + b"\n" + b"".join(LINES[1:]))
        assert [event for _, event in found] == list(EVENTS)


def test_a_number_that_jumps_hides_nothing_behind_it(tmp_path: Path) -> None:
    lines = [as_older_versions_wrote(line) for line in LINES]
    lines[1] = lines[1].replace(b'"sequence":2', b'"sequence":90002')
    reader, found = read(tmp_path, b"".join(lines))

    assert found == list(enumerate(EVENTS, 1))
    assert reader.damaged == 1


def test_numbers_that_are_missing_are_counted(tmp_path: Path) -> None:
    reader, found = read(tmp_path, LINES[0] + LINES[3])

    assert [number for number, _ in found] == [1, 4]
    assert reader.damaged == 2


def test_a_damaged_segment_is_kept_aside_and_the_next_driver_goes_on(tmp_path: Path) -> None:
    data = LINES[0] + b"garbage\n"
    for name in ("000001.damaged", "000001-2.damaged"):
        reader, _ = read(tmp_path, data)
        reader.delete_done(2)
        assert (tmp_path / name).read_bytes() == data
    assert not (tmp_path / "000001.closed").exists()

    (tmp_path / "000002.closed").write_bytes(LINES[2] + b"garbage\n")
    box = Outbox(tmp_path)
    box.on_event(EVENTS[3])
    assert box.sequence == 5, "the damaged line had number 4"


@pytest.mark.parametrize("hit", [0, 2, -1])
def test_a_damaged_line_costs_itself_and_is_said(tmp_path: Path, hit: int) -> None:
    """One damaged line of the outbox is left out and reported, and all other lines are recorded:
    tried with the start of the study, with epochs, and with the last line, after which no other
    shows that one is missing.
    """
    outbox = tmp_path / "outbox"
    box = Outbox(outbox)
    for event in (stream.started(), *stream.trial(0), *stream.trial(1)):
        box.on_event(event)
    box.close()
    ((_, path),) = segments(outbox)
    lines = path.read_bytes().splitlines(keepends=True)
    lines[hit] = lines[hit].replace(b"event", b"even\xff")
    path.write_bytes(b"".join(lines))
    (tmp_path / "study.yaml").write_text(
        "name: sine\ntask: {type: sine}\nsearch: {metric: val_mse, goal: minimize, num_trials: 2}\n"
    )

    store, state = PaperStore(), WriterState()
    mover = Mover(outbox, Tracker(StudyRun(store, state, "sine", folder=tmp_path)))
    while mover.gather() or mover.waiting:
        mover.flush()

    assert (state.done, state.damaged) == (box.sequence, 1)
    assert "1 record is damaged or missing" in state.problem
    assert path.with_suffix(".damaged").read_bytes() == b"".join(lines)
    assert segments(outbox) == []
    lost = 3 * 2 if hit == 2 else 0
    assert store.curve_rows() == 2 * stream.EPOCHS * 2 - lost
    assert store.named("sine").tags["metric"] == "val_mse"
    assert store.named("trial-0001-lstm").curve("val_mse")


_JSON = some.recursive(
    some.none() | some.booleans() | some.integers() | some.floats() | some.text(),
    lambda inner: some.lists(inner, max_size=3) | some.dictionaries(some.text(), inner, max_size=3),
    max_leaves=6,
)


@given(some.sampled_from(LINES), some.data())
def test_a_field_of_any_kind_is_an_event_or_a_line_to_skip(
    line: bytes, data: some.DataObject
) -> None:
    row: dict[str, Any] = json.loads(as_older_versions_wrote(line))
    row[data.draw(some.sampled_from(sorted(row)))] = data.draw(_JSON)
    try:
        _, event = decode(json.dumps(row).encode() + b"\n")
    except UndecodableLineError:
        return
    if not isinstance(event, PackStarted):
        TrialRows(0, 1).add(event)  # type: ignore[arg-type]


@given(some.binary(max_size=60))
def test_any_bytes_are_a_line_to_skip(line: bytes) -> None:
    with pytest.raises(UndecodableLineError):
        decode(line + b"\n")
