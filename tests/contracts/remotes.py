"""A study's folder in an object store that lies in memory, with outages and a record of calls."""

from __future__ import annotations

from collections.abc import Callable

from rnnsearch.errors import StoreAwayError


class MemoryRemote:
    """A `Remote`.

    Attributes:
        calls: What was asked that changes something: `write NAME`, `remove NAME`.
        before_read: Called with a name before it is read, as another machine may write meanwhile.
        before_change: Called before something is changed, as processes of this machine may go on.
    """

    def __init__(self) -> None:
        self.files: dict[str, bytes] = {}
        self.calls: list[str] = []
        self.away = False
        self.left = 10**9
        """Changes until the store goes away by itself."""
        self.before_read: Callable[[str], None] = lambda name: None
        self.before_change: Callable[[], None] = lambda: None

    def __str__(self) -> str:
        return "s3://bucket/studies/small"

    def write(self, name: str, data: bytes) -> None:
        self._change(f"write {name}")
        self.files[name] = data

    def read(self, name: str) -> bytes:
        self._ask()
        self.before_read(name)
        try:
            return self.files[name]
        except KeyError:
            raise FileNotFoundError(name) from None

    def exists(self, name: str) -> bool:
        self._ask()
        return name in self.files

    def remove(self, name: str) -> None:
        self._change(f"remove {name}")
        self.files.pop(name, None)

    def sizes(self, under: str = "") -> dict[str, int]:
        self._ask()
        return {name: len(data) for name, data in self.files.items() if name.startswith(under)}

    def clear(self) -> None:
        self._change("clear")
        self.files.clear()

    def _change(self, call: str) -> None:
        self.before_change()
        if not self.left:
            self.away = True
        self._ask()
        self.left -= 1
        self.calls.append(call)

    def _ask(self) -> None:
        if self.away:
            raise StoreAwayError("the object store does not answer")
