"""Paths in the notes and events of a study whose storage folder was moved since."""

from __future__ import annotations

from pathlib import Path


def study_file(path: str | Path, folder: Path) -> Path:
    """Where a file or folder of a study lies now.

    Args:
        path: Its path as it was noted, perhaps before the study was moved; it lies two levels
            below the study's folder, such as `checkpoints/trial-0003`.
        folder: The folder of the study now.
    """
    noted = Path(path)
    here = folder / noted.parent.name / noted.name
    of_study = noted.parent.parent.name == folder.name
    return here if of_study and here.exists() else noted
