"""What the paths in a study's notes and events mean, where the study lies now."""

from __future__ import annotations

from pathlib import Path


def study_file(path: str | Path, folder: Path) -> Path:
    """A file or folder of a study's, where the study lies now.

    Args:
        path: As it was noted, perhaps before the study was moved.
        folder: The study's own.
    """
    noted = Path(path)
    here = folder / noted.parent.name / noted.name
    mine = noted.parent.parent.name == folder.name
    return here if mine and here.exists() else noted
