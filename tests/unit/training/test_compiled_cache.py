"""Compiled code on disk: found again, never stale, safe to write from two processes."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest

from rnnsearch.testing.kernels import layer_of
from rnnsearch.training.kernels.compiled.kernel import CompiledKernel

if CompiledKernel().refusal(layer_of("lstm", "tanh", (16, 1, 1, 1), 1)):
    pytest.skip("no compiled kernels on this machine", allow_module_level=True)

from numba.core import config

from rnnsearch.training.kernels.compiled import WARM, cache, host

COMPILE_AND_RUN = """
import torch
from numba.core import event
from rnnsearch.testing.kernels import arguments_of, kernel_results, layer_of
from rnnsearch.training.kernels.compiled import entry
from rnnsearch.training.kernels.compiled.kernel import CompiledKernel

with event.install_recorder("numba:compile") as recorder:
    entry.layer_entry("rnn_tanh")
print(len(recorder.buffer) > 0, end="")
for hidden in (80, 48):  # 48: a panel of three vectors, with rows left over from tiles of four
    layer = layer_of("rnn", "tanh", (hidden, 3, 9, 20), 2)
    outputs, gradients = kernel_results(CompiledKernel(), layer, arguments_of(layer, torch.float32))
    print("", *(float(part.sum()).hex() for part in outputs + gradients), end="")
"""


def start(folder: Path, settings: Mapping[str, str] | None = None) -> subprocess.Popen[str]:
    environment = {**os.environ, "NUMBA_CACHE_DIR": str(folder), **(settings or {})}
    environment["PYTHONPATH"] = os.pathsep.join(path for path in sys.path if path)
    return subprocess.Popen(
        [sys.executable, "-W", "error", "-c", COMPILE_AND_RUN],
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def result(process: subprocess.Popen[str]) -> tuple[bool, str]:
    out, err = process.communicate()
    assert process.returncode == 0, err
    compiled, _, numbers = out.strip().partition(" ")
    return compiled == "True", numbers


def warm(folder: Path, *cells: str) -> subprocess.CompletedProcess[str]:
    """The child that compiles ahead."""
    return subprocess.run(
        [sys.executable, "-W", "error", "-m", WARM, *cells],
        env={**os.environ, "NUMBA_CACHE_DIR": str(folder)},
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where one of two processes compiled a layer."""
    made = tmp_path_factory.mktemp("kernels")
    first, second = start(made), start(made)
    (one, numbers), (other, same) = result(first), result(second)
    assert one != other
    assert numbers == same
    (made / "numbers").write_text(numbers)
    return made


@pytest.mark.slow
def test_one_of_two_processes_compiles_and_a_third_compiles_nothing(folder: Path) -> None:
    compiled, third = result(start(folder))
    assert third == (folder / "numbers").read_text()
    assert not compiled
    assert not list(folder.rglob("*.tmp.*"))


@pytest.mark.slow
def test_a_child_compiles_ahead_what_is_not_there_yet(folder: Path) -> None:
    before = {path: path.stat().st_mtime_ns for path in folder.rglob("*.nbc")}
    done = warm(folder, "rnn_tanh")
    assert (done.returncode, done.stderr) == (0, "")
    after = {path: path.stat().st_mtime_ns for path in folder.rglob("*.nbc")}
    assert len(after) == 2 * len(before) == 2  # the layer, and now whole steps
    assert before.items() <= after.items()
    wrong = warm(folder, "mgu")
    assert wrong.returncode == 2
    assert "rnn_tanh" in wrong.stderr


CLAIM_AND_FORK = """
import os
from rnnsearch.training.kernels.compiled import cache

cache.claim(["first", "second"])
print(*map(cache.is_taken, ("first", "second", "nobodys")))
child = os.fork()
if child == 0:
    with cache.alone("second"):
        pass
    os._exit(0)
os.waitpid(child, 0)
print(*map(cache.is_taken, ("first", "second", "nobodys")))
with cache.alone("first"):
    print(cache.is_taken("first"))
print(cache.is_taken("first"))
"""


@pytest.mark.skipif(not hasattr(os, "fork"), reason="nothing is forked here")
def test_what_is_claimed_is_taken_until_it_is_compiled_here_or_in_a_fork(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", CLAIM_AND_FORK],
        env={**os.environ, "NUMBA_CACHE_DIR": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")
    before, afterwards, meanwhile, at_last = done.stdout.splitlines()
    assert before == "True True False"
    assert afterwards == "True False False"
    assert (meanwhile, at_last) == ("True", "False")


def test_compiling_ahead_needs_no_torch() -> None:
    script = (
        "import sys\n"
        "from rnnsearch.training.kernels.compiled import cache, entry, host, warm\n"
        "assert 'numba' in sys.modules and 'torch' not in sys.modules"
    )
    subprocess.run([sys.executable, "-W", "error", "-c", script], check=True)


@pytest.fixture
def _forgets():
    yield
    cache.writable_folder.cache_clear()
    cache.digest.cache_clear()


@pytest.mark.usefixtures("_forgets")
def test_a_read_only_package_gives_way_to_the_users_cache(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # A file where the folder should be cannot be written to, not even by root.
    blocked = tmp_path / "package"
    blocked.mkdir()
    (blocked / "__pycache__").write_text("")
    monkeypatch.setattr(config, "CACHE_DIR", "")
    monkeypatch.setattr(cache, "_PACKAGE", blocked)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "home"))
    cache.writable_folder.cache_clear()
    assert cache.writable_folder() == tmp_path / "home" / "numba" / "rnnsearch-kernels"
    (tmp_path / "home").rename(tmp_path / "moved")
    (tmp_path / "home").write_text("")
    cache.writable_folder.cache_clear()
    assert cache.writable_folder() is None


@pytest.mark.usefixtures("_forgets")
def test_an_edit_or_another_processor_makes_another_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "tiles.py").write_text("rows = 4")
    monkeypatch.setattr(cache, "_PACKAGE", tmp_path)

    def fresh() -> str:
        cache.digest.cache_clear()
        return cache.digest()

    before = fresh()
    assert fresh() == before
    (tmp_path / "tiles.py").write_text("rows = 8")
    edited = fresh()
    assert edited != before
    monkeypatch.setattr(config, "CPU_NAME", "generic")
    assert fresh() != edited


@pytest.mark.slow
def test_fewer_registers_give_the_same_bits(folder: Path, tmp_path: Path) -> None:
    """A machine with AVX2 alone computes the same bits as one with AVX-512, whose tiles it has to
    split, because a trial may move from one to the other.
    """
    if not {"avx2", "fma"} <= host.features():
        pytest.skip("not an x86 processor with AVX2")
    numbers = (folder / "numbers").read_text()
    narrow = {"NUMBA_CPU_NAME": "haswell", "NUMBA_CPU_FEATURES": "+avx,+avx2,+fma"}
    _, same = result(start(tmp_path, narrow))
    assert numbers == same


LOAD_AND_RUN = """
import sys, torch
from rnnsearch.testing.kernels import arguments_of, kernel_results, layer_of
from rnnsearch.training.kernels.compiled.kernel import CompiledKernel

for nonlinearity in sys.argv[1:]:
    layer = layer_of("rnn", nonlinearity, (16, 1, 4, 5), 1)
    outputs, _ = kernel_results(CompiledKernel(), layer, arguments_of(layer, torch.float32))
    print(float(outputs[0].sum()).hex())
"""


@pytest.mark.slow
def test_what_two_processes_compiled_is_kept_apart_in_a_third(tmp_path: Path) -> None:
    """A process that loads the cached kernels of two others runs each of them. With narrow vectors
    their functions are too long to be inlined and are called by name, and equal names would make
    one kernel run the other's code.
    """
    settings = {"NUMBA_CACHE_DIR": str(tmp_path)}
    if {"avx2", "fma"} <= host.features():
        settings |= {"NUMBA_CPU_NAME": "haswell", "NUMBA_CPU_FEATURES": "+avx,+avx2,+fma"}
    environment = {**os.environ, **settings}
    environment["PYTHONPATH"] = os.pathsep.join(path for path in sys.path if path)

    def found(*nonlinearities: str) -> list[str]:
        command = [sys.executable, "-W", "error", "-c", LOAD_AND_RUN, *nonlinearities]
        done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
        return done.stdout.split()

    apart = [*found("tanh"), *found("relu")]
    assert apart[0] != apart[1]
    assert found("tanh", "relu") == apart
    assert found("relu", "tanh") == apart[::-1]


HOLD = """
import sys, time
from rnnsearch.training.kernels.compiled import cache
cache.claim(["first"])
print("held", flush=True)
sys.stdin.read()
"""


def test_a_process_that_never_lets_go_is_waited_for_no_longer_than_patience_lasts(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(config, "CACHE_DIR", str(tmp_path))
    cache.writable_folder.cache_clear()
    environment = {**os.environ, "NUMBA_CACHE_DIR": str(tmp_path)}
    environment["PYTHONPATH"] = os.pathsep.join(path for path in sys.path if path)
    with subprocess.Popen(
        [sys.executable, "-c", HOLD],
        env=environment,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == "held\n"
        assert cache.is_taken("first")
        monkeypatch.setattr(cache, "PATIENCE_SECONDS", 0.2)
        entered = False
        with cache.alone("first"):
            entered = True
        assert entered
        assert not cache.is_taken("first")
        holder.communicate("")
    cache.writable_folder.cache_clear()
