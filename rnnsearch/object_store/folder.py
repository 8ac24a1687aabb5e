"""A folder in an object store: names, and the bytes behind them.

An object store has no folders, renames, appends or locks. It has names, and a write replaces what
lies behind one as a whole: a reader sees all of the old or all of the new bytes, and of a writer
that was killed nothing.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, TypeVar

from rnnsearch.disk import replace_file
from rnnsearch.errors import StorageError, StoreAwayError
from rnnsearch.object_store.address import StoreAddress
from rnnsearch.object_store.failures import in_words, is_missing
from rnnsearch.object_store.opening import opened

PATIENCE_SECONDS = 30.0
"""How long a store that does not answer is asked again."""
PAUSE_SECONDS = 1.0

_T = TypeVar("_T")


@dataclass(frozen=True, slots=True)
class ObjectFolder:
    """A folder in an object store; it may be pickled, and holds no credentials.

    Names are relative to the folder, with slashes. Every method raises `StoreAwayError` where the
    store has not answered for `patience` seconds, and `StorageError` with the remedy where it
    refuses; `FileNotFoundError` where it says so.

    Args:
        patience: 0 to ask once. The store's own library asks `opening.ATTEMPTS` times within that.
        open: The file system of pyarrow that holds a folder.
    """

    address: StoreAddress
    patience: float = PATIENCE_SECONDS
    open: Callable[[StoreAddress], Any] = opened

    @classmethod
    def at(cls, text: str, patience: float = PATIENCE_SECONDS) -> ObjectFolder:
        """The folder at an address such as `s3://bucket/folder`.

        Raises:
            StorageError: It is no such address, or holds a login.
        """
        return cls(StoreAddress.of(text), patience)

    def __str__(self) -> str:
        return str(self.address)

    def joined(self, *names: str) -> ObjectFolder:
        """A folder below this one."""
        return replace(self, address=self.address.joined(*names))

    def waiting(self, patience: float) -> ObjectFolder:
        """The same folder with another patience."""
        return replace(self, patience=patience)

    def write(self, name: str, data: bytes) -> None:
        """Replace what lies behind a name: afterwards it has all of the bytes, or still the old."""

        def put(store: Any) -> None:
            # In one call, since a stream that is closed after half of it would keep that half.
            with store.open_output_stream(self._path(name)) as stream:
                stream.write(data)

        self._ask(put)

    def read(self, name: str) -> bytes:
        """All bytes behind a name.

        Raises:
            FileNotFoundError: There is none of that name.
        """

        def get(store: Any) -> bytes:
            with store.open_input_file(self._path(name)) as file:
                data: bytes = file.read()
            return data

        return self._ask(get)

    def exists(self, name: str) -> bool:
        return self._ask(lambda store: bool(store.get_file_info(self._path(name)).is_file))

    def names(self, under: str = "") -> list[str]:
        """The names of all files at any depth, in order; under a folder, if one is given."""
        return sorted(self.sizes(under))

    def sizes(self, under: str = "") -> dict[str, int]:
        """The bytes of every file by its name, at any depth; under a folder, if one is given."""
        from pyarrow.fs import FileSelector

        base = self.address.joined(under).path
        selector = FileSelector(base, recursive=True, allow_not_found=True)
        start = len(self.address.path) + 1
        infos = self._ask(lambda store: store.get_file_info(selector))
        return {info.path[start:]: info.size for info in infos if info.is_file}

    def copy(self, name: str, other: str) -> None:
        """Let the store copy a file, whose bytes do not come here.

        Raises:
            FileNotFoundError: There is none of that name.
        """
        self._ask(lambda store: store.copy_file(self._path(name), self._path(other)))

    def remove(self, name: str) -> None:
        """Remove a file; one that is missing is no error."""

        def delete(store: Any) -> None:
            with suppress(FileNotFoundError):
                store.delete_file(self._path(name))

        self._ask(delete)

    def clear(self) -> None:
        """Remove all that lies in this folder."""
        if not self.address.folder:
            raise StorageError(f"{self.address} is a whole bucket, which is not emptied.")
        path = self.address.path
        self._ask(lambda store: store.delete_dir_contents(path, missing_dir_ok=True))

    def upload(self, path: Path, name: str) -> None:
        """Write the contents of a file of this machine, which must fit into memory.

        Raises:
            OSError: The file cannot be read.
        """
        self.write(name, path.read_bytes())

    def download(self, name: str, path: Path) -> None:
        """Replace a file of this machine by what lies behind a name.

        Raises:
            FileNotFoundError: There is none of that name.
            OSError: The disk refused, and the file is as it was.
        """
        replace_file(path, self.read(name))

    def check(self) -> None:
        """Write, read, list and remove a small file, as whoever uses the folder will have to."""
        name, data = ".rnnsearch-check", b"written to see whether this folder can be used\n"
        self.write(name, data)
        if self.read(name) != data or name not in self.names():
            raise StorageError(f"The object store has lost what was written to {self}/{name}.")
        self.remove(name)

    def _path(self, name: str) -> str:
        return f"{self.address.path}/{name}"

    def _ask(self, action: Callable[[Any], _T]) -> _T:
        """Do something with the store, again and again while it does not answer."""
        end = time.monotonic() + self.patience
        while True:
            try:
                return action(self.open(self.address))
            except OSError as error:
                if is_missing(error):
                    raise FileNotFoundError(str(error)) from error
                failure = in_words(error, self.address)
                if not isinstance(failure, StoreAwayError) or time.monotonic() >= end:
                    raise failure from error
            time.sleep(PAUSE_SECONDS)
