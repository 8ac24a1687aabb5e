"""Events that the records' writer holds back outlive a machine that is lost amid a push.

The writer is another process: it goes on while the driver pushes, between any two files.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator

import pytest
from contracts.remotes import MemoryRemote
from machines import Machine

from rnnsearch.errors import StoreAwayError
from rnnsearch.events import EpochsReported
from rnnsearch.records.held_trials import HELD, HeldTrials
from rnnsearch.records.outbox import Outbox
from rnnsearch.records.segment_reader import SegmentReader
from rnnsearch.records.writer_state import WriterState

TRIALS = 4


class HoldingWriter:
    """Holds back whatever is told, in the order in which the writer of the records does."""

    def __init__(self, machine: Machine) -> None:
        self.folder = machine.root / "outbox"
        self.outbox = Outbox(self.folder)
        self._state, self._held = WriterState.load(self.folder), HeldTrials(self.folder / HELD)
        self._reader = SegmentReader(self.folder, self._state.done)
        self._work = self._steps()

    def tell(self, number: int) -> None:
        epoch = self.outbox.sequence + 1
        self.outbox.on_event(EpochsReported(0.0, number, (epoch,), ({"x": 1.0},), 1))

    def rotate(self) -> None:
        """Begin another segment."""
        self.outbox.close()
        self.outbox = Outbox(self.folder)

    def step(self) -> None:
        next(self._work)

    def _steps(self) -> Iterator[None]:
        while True:
            yield
            for sequence, event in list(self._reader.read()):
                assert isinstance(event, EpochsReported)
                self._held.keep(event.number, [(sequence, event)])
                yield
                self._state.done = self._state.claimed = sequence
            self._state.save(self.folder)
            yield
            self._reader.delete_done(self._state.done)


def known(machine: Machine) -> list[int]:
    """The numbers of the events that whoever goes on here has, each once."""
    folder = machine.root / "outbox"
    held = HeldTrials(folder / HELD)
    numbers = {sequence for trial in range(TRIALS) for sequence, _ in held.events(trial)}
    unread = SegmentReader(folder, WriterState.load(folder).done).read()
    return sorted(numbers | {sequence for sequence, _ in unread})


@pytest.mark.parametrize("seed", range(60))
def test_no_event_is_lost_that_the_database_has_forgotten(
    machine: Callable[[str], Machine], remote: MemoryRemote, seed: int
) -> None:
    chance = random.Random(seed)
    driver = machine("a")
    driver.write("study.yaml")
    driver.drive()
    writer, forgotten = HoldingWriter(driver), [0]
    driver.mirror.mark = lambda: writer.outbox.sequence
    driver.mirror.pushed = lambda answer: forgotten.append(answer)

    def others_go_on() -> None:
        for _ in range(chance.randrange(4)):
            if chance.random() < 0.3:
                writer.tell(chance.randrange(TRIALS))
            if chance.random() < 0.1:
                writer.rotate()
            writer.step()

    remote.before_change = others_go_on
    remote.left = chance.randrange(5, 60)

    def push_until_lost() -> None:
        while True:
            writer.tell(chance.randrange(TRIALS))
            others_go_on()
            driver.mirror.push()

    with pytest.raises(StoreAwayError):
        push_until_lost()
    remote.away, remote.left, remote.before_change = False, 10**9, lambda: None

    other = machine("b")
    other.look()
    assert set(range(1, forgotten[-1] + 1)) <= set(known(other))
