"""What a mirror asks of a folder in an object store."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol


class Remote(Protocol):
    """Names and the bytes behind them; a write replaces what lies behind a name as a whole.

    Every method raises StoreAwayError where the store does not answer, and another StorageError
    where it refuses.
    """

    def write(self, name: str, data: bytes) -> None:
        """Replace what lies behind a name."""

    def read(self, name: str) -> bytes:
        """All bytes behind a name; raises FileNotFoundError where there is none."""

    def exists(self, name: str) -> bool:
        """Whether there is a file of that name."""

    def remove(self, name: str) -> None:
        """Remove a file; one that is missing is no error."""

    def sizes(self, under: str = "") -> Mapping[str, int]:
        """The bytes of every file by its name, at any depth."""

    def clear(self) -> None:
        """Remove all files."""
