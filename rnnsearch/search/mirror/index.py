"""What a study's folder in an object store holds: a list of its files, which is written last."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field

from rnnsearch.errors import StorageError

INDEX = "mirror.json"
"""The list's name, in the store and on this machine."""


@dataclass(frozen=True, slots=True)
class Entry:
    """What a file holds."""

    size: int
    sha256: str

    @classmethod
    def of(cls, data: bytes) -> Entry:
        return cls(len(data), hashlib.sha256(data).hexdigest())


@dataclass(frozen=True, slots=True)
class Index:
    """The files of a study in the store.

    Attributes:
        turn: A random name of the folder that they come from: that of the last driver, on some
            machine. A folder of another name is a copy, and may be an old one. Empty of a copy.
        files: By their names, relative to the study's folder.
    """

    turn: str = ""
    files: Mapping[str, Entry] = field(default_factory=dict)

    def to_json(self) -> bytes:
        rows = {name: [one.size, one.sha256] for name, one in sorted(self.files.items())}
        return json.dumps({"turn": self.turn, "files": rows}, indent=0).encode()

    @classmethod
    def from_json(cls, data: bytes, place: str) -> Index:
        """Read a list.

        Args:
            place: Where it lies, for the error.

        Raises:
            StorageError: It is none.
        """
        try:
            row = json.loads(data)
            files = {
                str(name): Entry(int(one[0]), str(one[1])) for name, one in row["files"].items()
            }
            return cls(str(row["turn"]), files)
        except (ValueError, KeyError, TypeError, AttributeError, IndexError) as error:
            raise StorageError(
                f"{place} is no list of a study's files. Whoever wrote it was not rnnsearch: put "
                "back an older version of it, where the store keeps them, or delete the study."
            ) from error
