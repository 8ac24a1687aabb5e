"""What a check finds: a line that is ok, a warning or a failure, and what to do about it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, Protocol

Level = Literal["ok", "warn", "fail"]


@dataclass(frozen=True)
class Finding:
    """One line of the doctor.

    Attributes:
        check: What was looked at, in a word.
        level: `fail` where a study cannot run, or would be open to anybody; `warn` where it runs.
        text: What was found.
        remedy: What to do, where there is something to do; commands work as they stand.
    """

    check: str
    level: Level
    text: str
    remedy: str = ""


@dataclass(frozen=True)
class Silent:
    """In the place of an answer: why a node gave none."""

    reason: str


class Nodes(Protocol):
    """The nodes of a cluster, each of which can be asked to call a function.

    Attributes:
        names: Of all nodes, the driver's first; a name is that of a host, with a number where two
            nodes share one.
        resources: What Ray says that each has, by name: `CPU`, `GPU`, `memory`.
    """

    @property
    def names(self) -> Sequence[str]: ...

    @property
    def resources(self) -> Mapping[str, Mapping[str, float]]: ...

    def ask(self, function: Any, *arguments: Any) -> dict[str, Any]:
        """Have all nodes call a function at once; their answers by name, `Silent` where none."""
        ...

    def ask_one(self, name: str, function: Any, *arguments: Any) -> Any:
        """Have one node call a function; its answer, or `Silent`."""
        ...
