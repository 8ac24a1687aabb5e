"""Compiled kernels on disk: they take seconds the first time on a machine, then tenths of a second.

numba keeps compiled functions, but judges freshness by the one file that a function stands in; an
edit of a tile would leave a stale layer behind. It also shares one index between processors, whose
writers can race on a home folder that machines share. Here the name of the file carries a digest
of all that decides the machine code: the sources of this package and of the cell, numba, the
processor and its features, the checked build. Files are written aside and renamed, so that a
reader never sees half of one. Processes that come to need the same kernel compile it once: the
others wait (`alone`).

The folder is `NUMBA_CACHE_DIR` where that is set, else `__pycache__` of this package, else numba's
folder in the user's cache; with none of them writable, each process compiles for itself. A folder
in which another user may have written is not used: what lies there would be run.
"""

from __future__ import annotations

import functools
import hashlib
import inspect
import logging
import os
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import llvmlite.binding
import numba

from rnnsearch.training.kernels.compiled import host
from rnnsearch.training.kernels.compiled.checks import CHECKED
from rnnsearch.training.kernels.compiled.insides import (
    AppDirs,
    CacheLocator,
    CompileResultCacheImpl,
    FunctionCache,
    config,
)
from rnnsearch.training.kernels.compiled.trust import foreign

try:
    import fcntl
except ImportError:  # Windows: each process compiles for itself
    fcntl = None  # type: ignore[assignment]

_log = logging.getLogger(__name__)

_PACKAGE = Path(__file__).parent


def keep_on_disk(dispatcher: Any) -> bool:
    """Let a numba dispatcher load from disk and save there.

    Returns:
        False if no folder is writable, so that nothing is kept.
    """
    if writable_folder() is None:
        return False
    dispatcher._cache = _KernelCache(dispatcher.py_func)
    return True


def is_on_disk(entry: Callable[..., Any]) -> bool:
    """Whether an entry point is on disk, so that it would be loaded and not compiled."""
    folder = writable_folder()
    if folder is None:
        return False
    name = _KernelCacheImpl(entry).filename_base
    return (folder / f"{name}.1.nbc").exists()


PATIENCE_SECONDS = 300.0
"""How long a process waits for another to compile an entry point: many times what a busy machine
takes."""
LOOK_SECONDS = 0.05
"""How often a waiting process looks whether the other one is done."""

_waited_since: dict[str, float] = {}
"""When this process first saw that another one compiles an entry point (`time.monotonic`), by
name."""

_claimed: dict[str, int] = {}
"""Descriptors of the locks that this process holds ahead of compiling, by entry point. If a forked
child compiles and unlocks one, its descriptor stays open here until this process ends."""


def claim(entries: Iterable[str]) -> None:
    """Announce that this process will compile these entry points, before it starts with the first.

    A process that is forked afterwards may compile them just as well. Entry points that another
    process has claimed stay with it.
    """
    for entry in entries:
        lock = _lock(entry)
        if lock is not None:
            _claimed[entry] = lock


def is_taken(entry: str) -> bool:
    """Whether another process has claimed an entry point or compiles it, and may still be waited
    for."""
    folder = writable_folder()
    if fcntl is None or folder is None or not _lock_file(folder, entry).exists():
        return False
    lock = _lock(entry)
    if lock is not None:
        os.close(lock)
    return lock is None and _patience(entry) > 0


@contextmanager
def alone(entry: str) -> Iterator[None]:
    """A context in which no other process that shares the folder compiles an entry point.

    A process that ends, however it ends, frees its locks. One that is suspended does not, and is
    waited for no longer than `PATIENCE_SECONDS`. After that, and where files cannot be locked,
    processes compile the same entry point twice.
    """
    lock = _claimed.pop(entry, None)
    can_lock = fcntl is not None and writable_folder() is not None
    while lock is None and can_lock:
        lock = _lock(entry)
        if lock is None and _patience(entry) <= 0:
            break
        if lock is None:
            time.sleep(LOOK_SECONDS)
    try:
        yield
    finally:
        if lock is not None:
            fcntl.flock(lock, fcntl.LOCK_UN)  # those who were forked hold the same lock
            os.close(lock)


def _patience(entry: str) -> float:
    """Seconds for which this process will yet wait for another to compile an entry point."""
    return _waited_since.setdefault(entry, time.monotonic()) + PATIENCE_SECONDS - time.monotonic()


def _lock(entry: str) -> int | None:
    """Lock an entry point for this process.

    Returns:
        The lock's descriptor; None if another process holds it, or files cannot be locked.
    """
    folder = writable_folder()
    if fcntl is None or folder is None:
        return None
    try:
        lock = os.open(_lock_file(folder, entry), os.O_WRONLY | os.O_CREAT, 0o644)
    except OSError:
        return None
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        os.close(lock)
        return None
    return lock


def _lock_file(folder: Path, entry: str) -> Path:
    return folder / f"{digest()}.{entry}.lock"


@functools.cache
def writable_folder() -> Path | None:
    """The first of the folders named above that this user can write and nobody else can, or
    None."""
    _refused.clear()
    for folder, way in _folders():
        if why := foreign(folder, way=way):
            _refused.append(f"{why}: compiled kernels in {folder} are not used")
            continue
        try:
            folder.parent.mkdir(parents=True, exist_ok=True)
            folder.mkdir(mode=0o700, exist_ok=True)
            tempfile.TemporaryFile(dir=folder).close()
        except OSError:
            continue
        return folder
    return None


_refused: list[str] = []


def refused_folders() -> list[str]:
    """A line for each folder that is not used because other users may write there."""
    writable_folder()
    return list(_refused)


def _folders() -> Iterator[tuple[Path, bool]]:
    """The folders to try in order, and whether `foreign` is to look at the folders above each
    one."""
    name = "rnnsearch-kernels"
    if config.CACHE_DIR:
        yield Path(config.CACHE_DIR) / name, True
        if not _refused:
            return
    else:
        yield _PACKAGE / "__pycache__" / name, False
    yield Path(AppDirs(appname="numba", appauthor=False).user_cache_dir) / name, True


@functools.cache
def digest(module: str = "") -> str:
    """A digest of all that decides the machine code of a cell.

    Args:
        module: The name of the module that holds the cell; empty for no cell in particular.
    """
    parts = [path.read_bytes() for path in sorted(_PACKAGE.glob("*.py"))]
    if module:
        parts.append(inspect.getsource(sys.modules[module]).encode())
    facts = [
        numba.__version__,
        llvmlite.__version__,
        llvmlite.binding.get_host_cpu_name(),
        config.CPU_NAME,
        sorted(host.features()),
        CHECKED,
    ]
    parts.append(repr(facts).encode())
    return hashlib.sha256(b"\0".join(parts)).hexdigest()[:20]


class _KernelLocator(CacheLocator):  # type: ignore[misc] # numba is untyped
    """Tells numba's cache where to look: in our folder, for files with the digest in their
    names."""

    def __init__(self, module: str) -> None:
        self._digest = digest(module)

    def get_cache_path(self) -> str:
        return str(writable_folder())

    def get_source_stamp(self) -> str:
        return self._digest

    def get_disambiguator(self) -> str:
        return self._digest

    @classmethod
    def from_function(cls, py_func: Callable[..., Any], py_file: str) -> _KernelLocator:
        return cls(py_func.__module__)


class _KernelCacheImpl(CompileResultCacheImpl):  # type: ignore[misc]
    _locator_classes = [_KernelLocator]  # noqa: RUF012 numba's name and type


class _KernelCache(FunctionCache):  # type: ignore[misc]
    """numba's cache, except that a damaged file or a full disk costs no more than compiling
    again."""

    _impl_class = _KernelCacheImpl

    def _index_key(self, sig: Any, codegen: Any) -> Any:
        # numba's own key has what a function closes over, pickled, which differs in each process.
        del codegen  # which the digest tells apart
        return sig, digest(self._py_func.__module__)

    def load_overload(self, sig: Any, target_context: Any) -> Any:
        try:
            return super().load_overload(sig, target_context)
        except Exception as error:  # a pickle that was cut off may raise anything
            _log.warning("compiled code in %s cannot be read (%r)", self._cache_path, error)
            with suppress(OSError):
                self.flush()  # else it could not be replaced either
            return None

    def save_overload(self, sig: Any, data: Any) -> None:
        try:
            super().save_overload(sig, data)
        except OSError as error:
            # A full disk: this process has what it compiled, the next one compiles it again.
            _log.warning("compiled code is not kept in %s: %s", self._cache_path, error)
