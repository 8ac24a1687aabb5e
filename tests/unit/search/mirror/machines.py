"""Machines that work on one study in an object store, each with a folder of its own."""

from __future__ import annotations

from pathlib import Path

from contracts.remotes import MemoryRemote

from rnnsearch import cached_store
from rnnsearch.search.mirror.index import INDEX, Index
from rnnsearch.search.mirror.mirror import Mirror

ADDRESS = "s3://bucket/studies"


class Machine:
    """One of them: its folder, and the mirror of a process there."""

    def __init__(self, base: Path, remote: MemoryRemote) -> None:
        self.root = base / "stores" / "small"
        self.remote = remote
        self.lines: list[str] = []
        self.now = 0.0
        cached_store._known[self.root.parent] = ADDRESS
        self.mirror = self.process()

    def process(self) -> Mirror:
        """Another process of the machine."""
        return Mirror(self.remote, self.root, lambda: self.now)

    def write(self, name: str, text: str = "") -> None:
        path = self.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        aside = path.with_name(path.name + ".aside")
        aside.write_text(text or name)
        aside.rename(path)  # as the program writes: a new file in the place of the old one

    def checkpoint(self, name: str, text: str) -> None:
        for file in ("weights.safetensors", "config.json"):
            self.write(f"checkpoints/{name}/{file}", f"{file} of {text}")

    def drive(self) -> None:
        self.mirror.claim(self.lines.append)
        self.mirror.push()

    def look(self, mirror: Mirror | None = None, *, light: bool = False) -> None:
        self.now += 10.0
        (mirror or self.mirror).refresh(self.lines.append, light=light)

    def files(self) -> dict[str, str]:
        """What the folder holds, but for the list."""
        paths = [path for path in self.root.rglob("*") if path.is_file() and path.name != INDEX]
        return {path.relative_to(self.root).as_posix(): path.read_text() for path in paths}


def listed(remote: MemoryRemote) -> list[str]:
    """What the list in the store names."""
    return sorted(Index.from_json(remote.files[INDEX], "").files)
