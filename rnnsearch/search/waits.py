"""Why trials wait: every reason in one place, as a value that the screen shows in one line.

The driver's loop publishes what it sees (`why_waiting`), and says what it is held up by itself
(`held_up`). Another thread reads the present reason, since the loop may be held up for long.
"""

from __future__ import annotations

import errno
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Literal, NamedTuple

from rnnsearch.disk import place_and_reason
from rnnsearch.errors import LedgerAwayError, RnnsearchError

PATIENCE_SECONDS = 3.0
"""A reason is told once it has held for so long."""
DISK_SECONDS = 600.0
"""How long a driver waits for room on a full disk, before the run ends with the disk's error."""
DATABASE_SECONDS = 1800.0
"""How long it waits for the ledger's database, likewise."""
RETRY_SECONDS = 1.0
_FULL = frozenset({errno.ENOSPC, errno.EDQUOT})

Kind = Literal[
    "draining",
    "disk",
    "database",
    "sampler",
    "resources",
    "starting",
    "kernels",
    "first epoch",
    "head",
    "silence",
    "alone",
    "last trials",
]


class Wait(NamedTuple):
    """A reason why trials wait.

    Attributes:
        kind: What the reason is; the text of one kind may change while it holds.
        text: It in one line, for a person.
    """

    kind: Kind
    text: str


SLOW_SAMPLER = Wait("sampler", "the sampler is at work on the next proposal")
SILENT_HEAD = Wait("head", "Ray's head does not answer; it is waited for")
DRAINING = Wait("draining", "the run ends; packs hand over what they hold")
LAST_TRIALS = Wait("last trials", "nothing is left to propose; the last trials are in training")
FIRST_EPOCH = Wait(
    "first epoch",
    "packs at work; cells that are new to this machine are compiled meanwhile, for seconds",
)
FIRST_OF_SCRIPT = Wait("first epoch", "packs at work; no epoch has ended yet")


def full_disk(what: str, error: OSError) -> Wait:
    """A disk took no more of what is written there."""
    return Wait("disk", f"the disk of {what} is full ({place_and_reason(error)}); make room there")


def away(error: LedgerAwayError) -> Wait:
    """The database of the ledger does not answer; packs finish what they hold meanwhile."""
    return Wait("database", f"{error.trouble}; it is asked again until it does")


def no_room(
    pending: int, packs: int, lacking: Sequence[str], needs: str, refused: str = ""
) -> Wait:
    """Packs wait until Ray has what they ask for.

    Args:
        lacking: The names of what is not free, such as `GPU`; empty where each is free somewhere,
            and no single node has all of it.
        needs: What a pack asks for, in words.
        refused: Why the autoscaler could have no further node.
    """
    free = f"no free {' and no free '.join(lacking)}" if lacking else "no node with room"
    text = f"{free}: {_of(pending, packs)} cannot start (each asks for {needs})"
    return Wait("resources", text + _refused(refused))


def no_such_node(
    absent: Sequence[str], pending: int, packs: int, needs: str, refused: str = ""
) -> Wait:
    """No node of the cluster has what a pack asks for, were it empty.

    Args:
        absent: What none has, in words; empty where each is somewhere, and not on one node.
    """
    what = f"no node has {' and '.join(absent)}" if absent else f"no node has {needs} together"
    text = f"{what}: {_of(pending, packs)} cannot start before one joins (each asks for {needs})"
    return Wait("resources", text + _refused(refused))


def nodes_starting(nodes: int, pending: int, packs: int) -> Wait:
    """The autoscaler has asked for nodes."""
    many = f"{nodes} nodes are" if nodes > 1 else "a node is"
    return Wait("resources", f"{many} starting: {_of(pending, packs)} cannot start before")


def _of(pending: int, packs: int) -> str:
    return f"{pending} of {packs} packs" if packs > 1 else "the pack"


def _refused(reason: str) -> str:
    return f"; the last node could not be had: {reason}" if reason else ""


def starting(packs: int) -> Wait:
    """Ray has given packs their place, and starts their processes."""
    many = f"the processes of {packs} packs" if packs > 1 else "the pack's process"
    return Wait("starting", f"Ray is starting {many}")


def compiling(cells: Sequence[str]) -> Wait:
    """Kernels are compiled on this machine while packs need them."""
    return Wait("kernels", f"kernels compile ({', '.join(cells)}), once on a machine, for seconds")


def silent(pack: str, seconds: float, limit: float | None) -> Wait:
    """A pack has not reported for long."""
    end = "" if limit is None else f"; it is given up after {limit:g} s"
    return Wait("silence", f"{pack} has not reported for {seconds:.0f} s{end}")


def empty_pack(number: int) -> Wait:
    """A trial has to be alone in a pack, and none is empty."""
    return Wait("alone", f"trial {number} was aboard crashes, and waits for an empty pack")


class Waits:
    """Keeps the present reason. May be called from several threads.

    Args:
        clock: Gives seconds that never fall; a test has a clock of its own.
        sleep: Waits for so many seconds; so has it.

    Attributes:
        compiling: The cells whose kernels are compiled on this machine at the moment.
    """

    def __init__(
        self,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._clock, self._sleep = clock, sleep
        self._lock = threading.Lock()
        self._seen: tuple[Wait, float] | None = None
        self._held: list[tuple[Wait, float]] = []
        self._head: tuple[Wait, float] | None = None
        self.compiling: Callable[[], Sequence[str]] = tuple

    def publish(self, wait: Wait | None) -> None:
        """Note the reason that the driver's loop sees; None where trials do not wait."""
        with self._lock:
            if wait is None:
                self._seen = None
            elif self._seen is not None and self._seen[0].kind == wait.kind:
                self._seen = (wait, self._seen[1])
            else:
                self._seen = (wait, self._clock())

    def over(self, kind: Kind) -> None:
        """Note that a reason of a kind holds no more, before the loop looks again."""
        with self._lock:
            if self._seen is not None and self._seen[0].kind == kind:
                self._seen = None

    def note_head(self, silent: bool) -> None:
        """Note whether Ray's head does not answer; to be called from the thread that asks it."""
        with self._lock:
            if not silent:
                self._head = None
            elif self._head is None:
                self._head = (SILENT_HEAD, self._clock())

    @contextmanager
    def held_up(self, wait: Wait) -> Iterator[None]:
        """A context in which the driver's loop itself is held up by a reason."""
        entry = (wait, self._clock())
        with self._lock:
            self._held.append(entry)
        try:
            yield
        finally:
            with self._lock:
                self._held.remove(entry)

    def reason(self) -> str | None:
        """Why trials wait now, in one line; None where they do not, or not for long yet."""
        now = self._clock()
        with self._lock:
            for wait, since in filter(None, [self._head, *reversed(self._held), self._seen]):
                if now - since >= PATIENCE_SECONDS:
                    return wait.text
        return None

    def outlast(self, write: Callable[[], object], what: str, leaving: Callable[[], bool]) -> None:
        """Call what writes, and call it again while a disk is full or the ledger's database away.

        Packs finish what they hold meanwhile, and then wait for the driver.

        Args:
            write: May be called again after an error.
            what: What it writes, for the line on the screen.
            leaving: Whether the run has to end, so that nothing is waited for.

        Raises:
            Exception: That of `write`: it refuses otherwise, it did so for `DISK_SECONDS` or
                `DATABASE_SECONDS`, or the run has to end.
        """
        try:
            write()
            return
        except (OSError, RnnsearchError) as error:
            if (refusal := _passing(error, what)) is None:
                raise
        wait, patience = refusal
        until = self._clock() + patience
        with self.held_up(wait):
            while True:
                self._sleep(RETRY_SECONDS)
                try:
                    write()
                    return
                except (OSError, RnnsearchError) as error:
                    if _passing(error, what) is None or leaving() or self._clock() >= until:
                        raise


def _passing(error: BaseException, what: str) -> tuple[Wait, float] | None:
    """Why a refusal may pass, and how long to wait for that; None where it is another."""
    if isinstance(error, LedgerAwayError):
        return away(error), DATABASE_SECONDS
    full = _full(error)
    return None if full is None else (full_disk(what, full), DISK_SECONDS)


def _full(error: BaseException) -> OSError | None:
    """The refusal of a full disk that an error is or comes from; None where it is another."""
    cause: BaseException | None = error
    while cause is not None:
        if isinstance(cause, OSError) and cause.errno in _FULL:
            return cause
        cause = cause.__cause__
    return None
