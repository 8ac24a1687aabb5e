"""Reads the record of a training from a study's files; a driver may be at work on it."""

from __future__ import annotations

from rnnsearch.search.directory import StudyDirectory
from rnnsearch.search.ledger.reading import read_trials
from rnnsearch.space.spec import StudySpec
from rnnsearch.study.reproduction.recorded import Recorded, recorded


def read_record(
    spec: StudySpec, directory: StudyDirectory, number: int, seed: int | None
) -> Recorded:
    """The record of one training; arguments and errors are those of `recorded`."""
    trials, notes = read_trials(directory, spec)
    return recorded(spec, directory, trials, notes, number, seed)
