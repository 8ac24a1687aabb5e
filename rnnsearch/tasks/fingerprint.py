"""By what a study and a model know their data again, and how it is said what has changed.

Data that is made from the config alone (waves, copies, a text in the space file) needs none: the
config is part of what a study is. What stands in a file, or comes out of a user's own code, may be
another one the next time.
"""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import Any, Self
from weakref import WeakKeyDictionary

from rnnsearch.tasks.base import TaskData
from rnnsearch.tasks.config import TaskConfig
from rnnsearch.tasks.families import family_of

NAMES_SHOWN = 5

_told: WeakKeyDictionary[Any, str] = WeakKeyDictionary()


@dataclass(frozen=True)
class Fingerprint:
    """What was read, in short.

    Attributes:
        sha256: Of all that was read, wherever it lies and however old it is; empty where a
            user's task gives other data at every call, so that nothing can be compared.
        path: The file or folder; empty where a user's task names none.
        facts: Counts and ends that a person can compare, in their order.
        files: Of a folder, the beginning of each file's own hash by its name.
    """

    sha256: str
    path: str
    facts: Mapping[str, int | str] = field(default_factory=dict)
    files: Mapping[str, str] = field(default_factory=dict)

    def to_json(self) -> dict[str, Any]:
        """JSON values, for a note or a checkpoint."""
        return asdict(self)

    @classmethod
    def from_json(cls, said: Mapping[str, Any]) -> Self:
        """Read what `to_json` gave."""
        facts = {str(key): value for key, value in said["facts"].items()}
        files = {str(key): str(value) for key, value in said["files"].items()}
        return cls(str(said["sha256"]), str(said["path"]), facts, files)

    @property
    def place(self) -> str:
        """Where the data is, for a sentence."""
        return self.path or "the task's own data"


def fingerprint(config: TaskConfig, data: TaskData) -> Fingerprint | None:
    """The fingerprint of data that was read; None where the config alone decides it."""
    family = family_of(config)
    if family.custom:
        return _of_own(config, data)
    path = getattr(config, "path", None)
    if path is None:
        return None
    digest = data.sha256()
    return Fingerprint(digest, str(path), family.facts(data), _files(Path(path), digest))


def changes(before: Fingerprint, now: Fingerprint) -> str:
    """What is other than before, in words; empty where nothing is, or where it cannot be told."""
    if before.sha256 == now.sha256 or not (before.sha256 and now.sha256):
        return ""
    said = _file_changes(before.files, now.files)
    for name in dict.fromkeys([*before.facts, *now.facts]):
        first, second = before.facts.get(name, "none"), now.facts.get(name, "none")
        if first != second:
            said.append(f"{name} {_shown(first)}, now {_shown(second)}")
    alike = "as long as before, with other content" if now.path else "its sequences are others"
    return f"{now.place}: {'; '.join(said) or alike}"


def _of_own(config: TaskConfig, data: TaskData) -> Fingerprint:
    path = getattr(config, "path", None) or ""
    facts: dict[str, int | str] = {f"rows of {part}": n for part, n in data.rows().items()}
    return Fingerprint(_steady(data), str(path), facts)


def _steady(data: TaskData) -> str:
    """What a user's data says of itself if it says so twice, or nothing; each object is asked once,
    since a checkpoint is written of it again and again."""
    try:
        return _told[data]
    except (KeyError, TypeError):
        digest = data.sha256()
        found = digest if isinstance(digest, str) and digest == data.sha256() else ""
    with suppress(TypeError):  # an object without a hash, or to which nothing can refer
        _told[data] = found
    return found


@cache
def _files(folder: Path, digest: str) -> dict[str, str]:
    """The files of classes in a folder; nothing where it is none, or is gone since it was read.

    Args:
        digest: Of what was read; the files of it are looked at once, before they change.
    """
    try:
        return {
            path.name: sha256(path.read_bytes()).hexdigest()[:16]
            for path in sorted(folder.iterdir())
            if path.suffix.lower() == ".txt" and path.is_file()
        }
    except OSError:
        return {}


def _file_changes(before: Mapping[str, str], now: Mapping[str, str]) -> list[str]:
    changed = [name for name in now if name in before and before[name] != now[name]]
    kinds = {
        "new": [name for name in now if name not in before],
        "gone": [name for name in before if name not in now],
        "changed": changed,
    }
    return [f"{kind}: {_listed(names)}" for kind, names in kinds.items() if names]


def _listed(names: list[str]) -> str:
    more = len(names) - NAMES_SHOWN
    return ", ".join(names[:NAMES_SHOWN]) + (f" and {more} more" if more > 0 else "")


def _shown(fact: int | str) -> str:
    return f"{fact:,}" if isinstance(fact, int) else fact
