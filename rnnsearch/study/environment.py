"""What this process computes with, and the note of it that a study keeps."""

from __future__ import annotations

import platform
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import replace
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING

from rnnsearch.search.ledger.environment import Environment, with_environment
from rnnsearch.study.sources import digests, keep_sources, sources
from rnnsearch.version import __version__

if TYPE_CHECKING:
    from rnnsearch.search.directory import StudyDirectory
    from rnnsearch.search.ledger.ledger import Ledger
    from rnnsearch.space.spec import StudySpec

COMPUTING = ("torch", "numba", "numpy")
"""The packages on whose versions the bits of a training may depend."""


def environment_now(texts: Mapping[str, str]) -> Environment:
    """That of this process.

    Args:
        texts: The sources of custom modules by their names; see `sources`.
    """
    versions = {"python": platform.python_version(), "rnnsearch": __version__}
    versions |= {name: version(name) for name in COMPUTING}
    return Environment(time.time(), versions, _processor(), digests(texts))


def note_environment(spec: StudySpec, directory: StudyDirectory, ledger: Ledger) -> None:
    """Keep what a driver runs with, and the source of custom modules, with its study."""
    texts = sources(spec)
    keep_sources(directory, texts)
    now = environment_now(texts)
    ledger.note(
        lambda notes: replace(notes, environments=with_environment(notes.environments, now))
    )


def _processor() -> str:
    """The processor's name, as Linux has it; elsewhere what Python knows."""
    with suppress(OSError):
        for line in Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.processor()
