"""The folders of this machine that stand for folders in object stores, such as `s3://bucket/folder`.

A study in an object store is worked on in such a folder, and copied from and to the store
(`rnnsearch.search.mirror`). Whatever knows the folder knows the address behind it from here.
"""

from __future__ import annotations

import hashlib
import os
import re
from pathlib import Path

VARIABLE = "RNNSEARCH_CACHE"
"""Names the folder for these folders; without it they lie in the user's cache."""
MARK = ".store"
"""A file in each of them that holds the address."""

_known: dict[Path, str] = {}


def endpoint() -> str:
    """Where S3 is asked for, if the environment says so: an address is another folder there."""
    return os.environ.get("AWS_ENDPOINT_URL_S3") or os.environ.get("AWS_ENDPOINT_URL", "")


def folder_for(address: str) -> Path:
    """The folder of this machine for that address in an object store; nothing is made."""
    default = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "rnnsearch/stores"
    base = Path(os.environ.get(VARIABLE) or default).expanduser().absolute()
    readable = re.sub(r"[^A-Za-z0-9.]+", "-", address)[:80].strip("-")
    unique = hashlib.sha256(f"{endpoint()} {address}".encode()).hexdigest()[:8]
    folder = base / f"{readable}-{unique}"
    _known[folder] = address
    return folder


def make_folder(folder: Path) -> None:
    """Make the folder of an address, so that other processes know the address too.

    Raises:
        OSError: The disk refused.
    """
    folder.mkdir(parents=True, exist_ok=True)
    mark = folder / MARK
    if not mark.exists():
        try:
            mark.write_text(_known[folder] + "\n", encoding="utf-8")
        except OSError as error:
            mark.unlink(missing_ok=True)  # half an address would be another one
            error.filename = str(mark)
            raise


def address_of(folder: Path) -> str | None:
    """The address that a folder stands for; None of an ordinary folder."""
    if folder in _known:
        return _known[folder]
    try:
        return (folder / MARK).read_text(encoding="utf-8").strip()
    except OSError:
        return None
