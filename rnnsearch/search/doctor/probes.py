"""What a node is asked. Every function goes to it as a value, and needs no rnnsearch there, but for
those that ask an object store.

So each imports what it needs, and answers in plain values.
"""

from __future__ import annotations

from typing import Any

PACKAGES = ("rnnsearch", "ray", "torch", "optuna", "mlflow")


def versions() -> dict[str, str]:
    """The versions of Python and of packages; empty texts where a package is missing."""
    import platform
    from importlib.metadata import PackageNotFoundError, version

    found = {"python": platform.python_version()}
    for name in PACKAGES:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            found[name] = ""
    try:  # what is imported there may be a checkout on the path, as jobs bring one
        from rnnsearch.search.same_code import code_mark

        found["rnnsearch"] = code_mark()
    except ImportError:
        pass
    return found


def gpus() -> dict[str, Any]:
    """How many GPUs the machine and torch see, torch's CUDA, and the names."""
    from glob import glob

    devices = len(glob("/dev/nvidia[0-9]*"))
    try:
        import torch
    except ImportError:
        return {"devices": devices, "torch": 0, "cuda": "", "names": []}
    count = torch.cuda.device_count() if torch.cuda.is_available() else 0
    names = [torch.cuda.get_device_name(at) for at in range(count)]
    return {"devices": devices, "torch": count, "cuda": torch.version.cuda or "", "names": names}


def now() -> float:
    """The machine's clock, in seconds since 1970."""
    import time

    return time.time()


def write(path: str, text: str) -> str:
    """Write a file and bring it to the disk; why that was not possible, or an empty text."""
    import os

    try:
        with open(path, "w", encoding="utf-8") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
    except OSError as error:
        return f"{error.strerror or error}"
    return ""


def read(folder: str, names: list[str]) -> dict[str, str]:
    """The texts of files in a folder; `!` and the reason where one cannot be read."""
    import os
    from contextlib import suppress

    found = {}
    with suppress(OSError):  # said of each file below
        os.listdir(folder)  # a network file system asks its server again
    for name in names:
        try:
            with open(os.path.join(folder, name), encoding="utf-8") as file:
                found[name] = file.read()
        except OSError as error:
            found[name] = f"!{error.strerror or error}"
    return found


def locked(path: str) -> str:
    """Whether another process holds the lock of a file: `yes`, `no`, or why that is not known."""
    import errno
    import fcntl

    try:
        with open(path, "r+", encoding="utf-8") as file:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError as error:
                if error.errno in (errno.EWOULDBLOCK, errno.EACCES):
                    return "yes"
                return f"{error.strerror or error}"
            return "no"
    except OSError as error:
        return f"{error.strerror or error}"


def reaches(places: list[str]) -> dict[str, str]:
    """Whether HOST:PORT can be connected to; by place an empty text, or why not."""
    import socket

    found = {}
    for place in places:
        host, _, port = place.rpartition(":")
        try:
            socket.create_connection((host.strip("[]"), int(port)), timeout=5.0).close()
            found[place] = ""
        except OSError as error:
            found[place] = f"{error.strerror or error}"
    return found


def store(folder: str, name: str, text: str) -> str:
    """Write a file into an object store; why that was not possible, or an empty text."""
    try:
        from rnnsearch.errors import StorageError
        from rnnsearch.object_store.folder import ObjectFolder
    except ImportError as error:
        return f"{error}"
    try:
        ObjectFolder.at(folder, 0.0).write(name, text.encode())
    except StorageError as error:
        return f"{error}"
    return ""


def stored(folder: str, names: list[str]) -> dict[str, str]:
    """The texts of files in an object store; `!` and the reason where one cannot be read."""
    from rnnsearch.errors import StorageError
    from rnnsearch.object_store.folder import ObjectFolder

    read = {}
    for name in names:
        try:
            read[name] = ObjectFolder.at(folder, 0.0).read(name).decode()
        except (FileNotFoundError, StorageError) as error:
            read[name] = f"!{error}"
    return read
