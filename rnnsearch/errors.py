"""Every exception that rnnsearch raises on purpose, and its warning.

RnnsearchError
├── InputError               the user can mend it; the command line exits with status 2
│   ├── SpaceFileError       every mistake of a search-space file, all at once
│   ├── DataError            a data file is missing, empty, unreadable or too short
│   ├── StudyNotFoundError   no study of that name in the storage folder
│   ├── StudyExistsError     the name is taken; resume or extend it
│   ├── StudyLockedError     another driver owns the study
│   ├── DamagedLedgerError   the ledger's file was changed by something else than rnnsearch
│   ├── StorageError         the storage cannot hold a study (a copy that Ray deletes, a URL)
│   │   ├── LedgerAwayError  the database of the ledger does not answer; it may come back
│   │   └── StoreAwayError   the object store does not answer; it may come back
│   ├── ClusterError         the Ray cluster cannot be reached or refuses us
│   ├── HorizonError         a rollout of fewer than one step
│   ├── PromptError          a prompt that the vocabulary cannot spell
│   └── ModelError           a model cannot be found, read, or used that way
├── NoUsableTrialError       no trial completed; the command line exits with status 1
├── LedgerError              the ledger and the packs disagree
└── PackError                a pack was asked for something that it cannot do

UserWarning
└── RowsWarning              what a forecast says of the rows that it was given
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


class RnnsearchError(Exception):
    """The base of all exceptions that rnnsearch raises on purpose; its text is meant for a
    person."""


class InputError(RnnsearchError):
    """Bad input; the text names its place, says what is allowed, and gives a remedy."""


@dataclass(frozen=True, slots=True)
class Mistake:
    """One thing wrong in a search-space file.

    Attributes:
        message: What is wrong and what is allowed, one sentence or two.
        key: Dotted key, such as `training.learning_rate`; empty for the whole file.
        line: 1-based line in the file, or None where the value came from elsewhere.
        source: File name, or `--set KEY=VALUE` for an override.
        suggestion: The nearest valid name or a value that would do; empty if there is none.
    """

    message: str
    key: str = ""
    line: int | None = None
    source: str = ""
    suggestion: str = ""

    def __str__(self) -> str:
        place = self.source if self.line is None else f"{self.source}:{self.line}"
        parts = [part for part in (place, self.key) if part]
        text = ": ".join([*parts, self.message])
        return f"{text} Did you mean {self.suggestion}?" if self.suggestion else text


class SpaceFileError(InputError):
    """A search-space file with at least one mistake; `mistakes` holds all of them."""

    def __init__(self, mistakes: Sequence[Mistake]) -> None:
        self.mistakes = tuple(mistakes)
        count = len(self.mistakes)
        head = f"{count} mistake{'s' if count != 1 else ''} in the search space:"
        super().__init__("\n".join([head, *(f"  {mistake}" for mistake in self.mistakes)]))


class DataError(InputError):
    """A data file is missing, empty, unreadable, or too short for the task.

    Attributes:
        key: The key of the space file that asks for what the data cannot give, such as
            `task.targets`; empty where the file itself is the trouble.
    """

    def __init__(self, message: str, key: str = "") -> None:
        super().__init__(message)
        self.key = key


class StudyNotFoundError(InputError):
    """There is no study of that name in the storage folder."""


class StudyExistsError(InputError):
    """A study of that name exists already; a new one never merges with it."""


class StudyLockedError(InputError):
    """Another driver is at work on the study and renews its lock."""


class DamagedLedgerError(InputError):
    """The ledger's file no longer holds what was written; `rnnsearch repair` keeps what is
    whole."""


class StorageError(InputError):
    """The storage folder cannot hold a study, or a store of records cannot be used."""


class LedgerAwayError(StorageError):
    """The database of the ledger does not answer. A run waits for it for a while; nothing is
    lost.

    Attributes:
        trouble: What is wrong, without what to do about it, for whoever waits.
    """

    def __init__(self, trouble: str, remedy: str = "") -> None:
        super().__init__(f"{trouble}. {remedy}" if remedy else trouble)
        self.trouble = trouble


class StoreAwayError(StorageError):
    """The object store does not answer, or is too busy to. What waits for it may try again."""


class ClusterError(InputError):
    """The Ray cluster cannot be reached, or refuses the connection."""


class HorizonError(InputError):
    """A rollout was asked for fewer than one time step."""


class PromptError(InputError):
    """A prompt is empty or holds symbols that the vocabulary lacks."""


class ModelError(InputError):
    """A model cannot be found, read, or used in the way that was asked."""


class NoUsableTrialError(RnnsearchError):
    """A study ended without one trial that can be used; the text says why."""


class LedgerError(RnnsearchError):
    """The ledger was asked for a change that its state forbids."""


class PackError(RnnsearchError):
    """A pack was asked for something that it cannot do."""


class RowsWarning(UserWarning):
    """What a forecast says of the rows that it was given, such as a category that is new."""
