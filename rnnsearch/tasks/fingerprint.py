"""Fingerprints by which a study and a model recognise their data, and what has changed in words.

Data that is made from the config alone (waves, copies, a text in the space file) needs none: the
config is part of the study. What is read from a file, or made by the code of a custom task, may
differ the next time.
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

_digests: WeakKeyDictionary[Any, str] = WeakKeyDictionary()


@dataclass(frozen=True)
class Fingerprint:
    """The identity of data that was read, in short.

    Attributes:
        sha256: Hash of the content of all that was read; empty where a custom task gives other
            data at every call, so that nothing can be compared.
        path: The file or folder; empty where a custom task names none.
        facts: Counts and the like that a person can compare, in their order.
        files: Of a folder, the first 16 hexadecimal digits of each file's SHA-256, by its name.
    """

    sha256: str
    path: str
    facts: Mapping[str, int | str] = field(default_factory=dict)
    files: Mapping[str, str] = field(default_factory=dict)

    def to_json(self) -> dict[str, Any]:
        """JSON values, for the study's notes or a checkpoint."""
        return asdict(self)

    @classmethod
    def from_json(cls, values: Mapping[str, Any]) -> Self:
        """Read what `to_json` gave."""
        return cls(**values)

    @property
    def place(self) -> str:
        """Where the data lies, for a sentence."""
        return self.path or "the task's own data"


def fingerprint(config: TaskConfig, data: TaskData) -> Fingerprint | None:
    """The fingerprint of data; None where the config alone decides what it is."""
    family = family_of(config)
    if family.custom:
        return _of_custom_task(config, data)
    if family.own_loop:
        script: Any = config
        lines = len(data.manifest()["source"].splitlines())
        return Fingerprint(data.sha256(), script.function, {"lines": lines})
    path = getattr(config, "path", None)
    if path is None:
        return None
    digest = data.sha256()
    return Fingerprint(digest, str(path), family.facts(data), _files(Path(path), digest))


def changes(before: Fingerprint, now: Fingerprint) -> str:
    """What differs between two fingerprints, in words; empty where nothing does, or where one of
    them cannot be compared."""
    if before.sha256 == now.sha256 or not (before.sha256 and now.sha256):
        return ""
    differences = _file_changes(before.files, now.files)
    for name in dict.fromkeys([*before.facts, *now.facts]):
        first, second = before.facts.get(name, "none"), now.facts.get(name, "none")
        if first != second:
            differences.append(f"{name} {_shown(first)}, now {_shown(second)}")
    alike = "as long as before, with other content" if now.path else "its sequences are others"
    return f"{now.place}: {'; '.join(differences) or alike}"


def _of_custom_task(config: TaskConfig, data: TaskData) -> Fingerprint:
    path = getattr(config, "path", None) or ""
    facts: dict[str, int | str] = {f"rows of {part}": n for part, n in data.rows().items()}
    return Fingerprint(_steady(data), str(path), facts)


def _steady(data: TaskData) -> str:
    """The hash that a custom task gives of its data if it gives the same one twice, else nothing.

    Each object is asked once and the answer kept, since every checkpoint records it."""
    try:
        return _digests[data]
    except (KeyError, TypeError):
        first = data.sha256()
        digest = first if isinstance(first, str) and first == data.sha256() else ""
    with suppress(TypeError):  # an object without a hash, or to which nothing can refer
        _digests[data] = digest
    return digest


@cache
def _files(folder: Path, digest: str) -> dict[str, str]:
    """The beginnings of the hashes of a folder's text files, by name; nothing where the path is no
    folder, or is gone since it was read.

    Args:
        digest: SHA-256 of what was read. It is part of the cache's key, so that the files are
            hashed once for each content of the folder.
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
