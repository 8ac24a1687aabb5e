"""Compiled code that cannot be kept or read costs the time of compiling it again."""

from __future__ import annotations

import errno
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numba
import pytest
from numba.core import config
from numba.core.caching import IndexDataCacheFile

from rnnsearch.testing.kernels import layer_of
from rnnsearch.training.kernels.compiled import cache
from rnnsearch.training.kernels.compiled.kernel import CompiledKernel

if CompiledKernel().refusal(layer_of("lstm", "tanh", (16, 1, 1, 1), 1)):
    pytest.skip("no compiled kernels on this machine", allow_module_level=True)


@pytest.fixture(autouse=True)
def _own_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(config, "CACHE_DIR", str(tmp_path))
    cache.writable_folder.cache_clear()
    yield
    cache.writable_folder.cache_clear()


def doubler() -> Any:
    """A function as another process finds it: not compiled, perhaps on the disk."""
    compiled = numba.njit(lambda x: 2 * x)
    assert cache.keep_on_disk(compiled)
    return compiled


def loaded(function: Any) -> bool:
    return bool(function.stats.cache_hits)


def test_a_full_disk_ends_no_compilation(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*arguments: object) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(IndexDataCacheFile, "save", refuse)
    assert doubler()(3) == 6


@pytest.mark.parametrize("ending", [".nbi", ".nbc"])
def test_a_file_that_was_cut_off_is_replaced(tmp_path: Path, ending: str) -> None:
    assert doubler()(3) == 6
    (path,) = tmp_path.rglob(f"*{ending}")
    for size in (0, 10, path.stat().st_size // 2):
        os.truncate(path, size)
        damaged = doubler()
        assert damaged(3) == 6
        assert not loaded(damaged)

        whole = doubler()
        assert whole(3) == 6
        assert loaded(whole)
        (path,) = (one for one in tmp_path.rglob(f"*{ending}") if one.stat().st_size > 10)
