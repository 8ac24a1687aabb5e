"""With a numba of other insides torch's operations train networks, and a line says so."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from numba.core import caching, cgutils, codegen, compiler

from rnnsearch.training.kernels.compiled import insides


def another(typingctx: Any, targetctx: Any, function: Any) -> None:
    """Of the name of numba's own, and with other parameters."""


def one_more(builder: Any, ty: Any, size: Any) -> None:
    """A parameter more that must be given."""


@pytest.mark.parametrize(
    ("owner", "name", "now"),
    [
        (caching, "_CacheLocator", None),
        (caching, "FunctionCache", None),
        (codegen, "JITCodeLibrary", None),
        (codegen.CPUCodeLibrary, "__init__", lambda self, codegen, name: None),
        (compiler, "compile_internal", another),
        (cgutils, "alloca_once", one_more),
        (cgutils, "unpack_tuple", None),
    ],
    ids=lambda part: getattr(part, "__name__", ""),
)
def test_a_name_that_is_gone_or_changed_is_found(
    owner: Any, name: str, now: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert insides.changed() == ""
    if now is None:
        monkeypatch.delattr(owner, name)
    else:
        monkeypatch.setattr(owner, name, now)
    assert name in insides.changed() or name == "__init__"
    assert "numba 0." in insides.changed()


WITHOUT = """
import sys
from numba.core import caching
del caching._CacheLocator
from rnnsearch.training.kernels.compiled import warm
warm.main(["gru"])
from rnnsearch.testing.waves import drain, trial, wave_pack
pack = wave_pack()
pack.add("a", trial(1, model={"cell": "gru"}))
drain(pack, {"a": 1})
print(*pack.kernels.values())
from rnnsearch.cli.app import main
main(["kernels"])
"""


def test_without_numbas_insides_torch_trains_and_a_line_says_so(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", WITHOUT],
        env={**os.environ, "NUMBA_CACHE_DIR": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    line = "compiled kernels are not used: numba 0."
    assert done.stdout.startswith(line)  # the child that compiles ahead: told at a study's end
    assert [one.startswith(line) for one in done.stderr.splitlines()] == [True, True]
    assert "caching._CacheLocator" in done.stderr
    words, table = done.stdout.splitlines()[1:3], done.stdout.partition("batch")[2]
    assert words[0] == "batched"
    assert "batched" in table
    assert "whole steps" not in table
