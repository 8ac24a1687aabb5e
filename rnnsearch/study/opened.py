"""A study that its driver has opened."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rnnsearch.search.directory import StudyDirectory
    from rnnsearch.search.ledger.ledger import Ledger
    from rnnsearch.space.spec import StudySpec
    from rnnsearch.tasks.base import TaskData


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenedStudy:
    """A study whose lock the driver holds, with its ledger and data at hand.

    Attributes:
        data: The data of the study's first configuration.
        data_remarks: What a person must know of where the data comes from; the data has notes of
            its own beside that.
        resumed: Whether a driver was at work on the study before.
        started: When it was opened, Unix time.
        opened: The same moment on the `time.monotonic` clock.
    """

    spec: StudySpec
    directory: StudyDirectory
    ledger: Ledger
    data: TaskData
    data_remarks: Sequence[str]
    resumed: bool
    started: float
    opened: float
