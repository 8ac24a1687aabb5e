"""What a study's trials were computed with, which is kept with the study."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace


@dataclass(frozen=True, slots=True)
class Environment:
    """What a driver of a study ran with. Packs on other machines of a cluster may have others.

    Attributes:
        started: When that driver began, Unix time.
        versions: Of Python, rnnsearch and the packages that compute, by name.
        processor: The processor's name; empty where the system does not say it.
        sources: SHA-256 of the source of each module that a person brought, by the module's name.
    """

    started: float
    versions: Mapping[str, str]
    processor: str = ""
    sources: Mapping[str, str] = field(default_factory=dict)

    def differences(self, now: Environment) -> Iterator[str]:
        """What differs in another environment, in words; of the sources see `changed`."""
        for name in dict.fromkeys([*self.versions, *now.versions]):
            before, after = self.versions.get(name, "none"), now.versions.get(name, "none")
            if before != after:
                yield f"{name} {before}, now {after}"
        if self.processor and now.processor and self.processor != now.processor:
            yield f"processor {self.processor}, now {now.processor}"

    def changed(self, now: Environment) -> list[str]:
        """Names of the modules that both know, and whose source is another one."""
        return [
            name for name, digest in self.sources.items() if now.sources.get(name, digest) != digest
        ]


def with_environment(known: Sequence[Environment], now: Environment) -> tuple[Environment, ...]:
    """The environments of a study with one more, where that differs from the last."""
    if known and replace(known[-1], started=now.started) == now:
        return tuple(known)
    return (*known, now)


def environments_between(
    known: Sequence[Environment], first: float | None, last: float | None
) -> list[Environment]:
    """The environments in which something was computed.

    Args:
        known: All of the study, in their order.
        first: When it began, Unix time; None where that is not known.
        last: When it ended; None where it has not.
    """
    begun = [one for one in known if last is None or one.started <= last]
    before = [one for one in begun if first is not None and one.started <= first]
    return begun[max(0, len(before) - 1) :]
