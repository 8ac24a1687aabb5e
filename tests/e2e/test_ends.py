"""Both ends of the ranges in pyproject.toml: what compares kernels with torch's operations and the
sampler with Optuna's passes with the lowest releases and with the newest, and a study runs.

Of torch only a CPU build is installed: a build with CUDA takes gigabytes. Where pip finds none of
that release, point it to an index that has one (PIP_EXTRA_INDEX_URL).
"""

from __future__ import annotations

import os
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
from e2e.command import ROOT, SPACES
from packaging.requirements import Requirement

SUITES = (
    "tests/unit/sampling",
    "tests/unit/search/ledger",
    "tests/unit/training/test_compiled_cache.py",
    "tests/unit/training/test_compiled_checks.py",
    "tests/unit/training/test_compiled_insides.py",
    "tests/unit/training/test_compiled_members.py",
    "tests/unit/training/test_compiled_step.py",
    "tests/unit/training/test_layer_kernels.py",
    "tests/unit/training/test_networks.py",
    "tests/unit/training/test_pack_exactness.py",
    "tests/unit/training/test_restoring.py",
    "tests/unit/training/test_trained_networks.py",
    "tests/unit/training/test_unequal.py",
    "tests/unit/training/test_ways.py",
)
RANGED = ("torch", "numba", "optuna")
SECONDS = 3000.0

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
NEEDED = {one.name: one for one in map(Requirement, PROJECT["dependencies"])}
IN_CI = {
    one.name: one
    for line in (ROOT / ".ci" / "constraints.txt").read_text(encoding="utf-8").splitlines()
    if line and not line.startswith("#")
    for one in [Requirement(line)]
}


def lowest(name: str) -> str:
    (version,) = [one.version for one in NEEDED[name].specifier if one.operator == ">="]
    return version


ENDS = {
    "lowest numba and optuna": {name: f"=={lowest(name)}" for name in ("numba", "optuna")},
    "newest numba and optuna": {"numba": "", "optuna": ""},
    "lowest torch": {"torch": f"=={lowest('torch')}+cpu"},
}


@pytest.mark.parametrize("name", RANGED)
def test_ci_has_a_release_of_the_range(name: str) -> None:
    (exact,) = IN_CI[name].specifier
    assert exact.operator == "=="
    assert exact.version in NEEDED[name].specifier


def run(*words: object, cwd: Path, kernels: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*map(str, words)],
        cwd=cwd,
        # What a machine constrains pip to is no end of a range.
        env={
            **os.environ,
            "PYTHONPATH": str(ROOT),
            "NUMBA_CACHE_DIR": str(kernels),
            "PIP_CONSTRAINT": os.devnull,
        },
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=SECONDS,
        check=False,
    )


def words_for(end: str) -> list[str]:
    """What pip is to install: the releases of an end, the others as CI has them, and the rest."""
    others = {name: str(one.specifier) for name, one in IN_CI.items()} | ENDS[end]
    every = [*PROJECT["dependencies"], *PROJECT["optional-dependencies"]["test"]]
    rest = [one for one in every if not others.get(Requirement(one).name)]
    return [*(f"{name}{which}" for name, which in others.items() if which), *rest]


@pytest.mark.slow
@pytest.mark.timeout(3 * SECONDS)
@pytest.mark.parametrize("end", ENDS)
def test_at_an_end_of_the_ranges_the_suites_pass_and_a_study_runs(end: str, tmp_path: Path) -> None:
    python, kernels = tmp_path / "venv" / "bin" / "python", tmp_path / "kernels"
    run(sys.executable, "-m", "venv", tmp_path / "venv", cwd=tmp_path, kernels=kernels)
    pip = (python, "-m", "pip", "install", "--quiet", "--no-compile")
    made = run(*pip, *words_for(end), cwd=tmp_path, kernels=kernels)
    if made.returncode and "No matching distribution found for torch" in made.stdout:
        pytest.skip(f"pip finds no CPU build torch{ENDS[end]['torch']}")
    assert made.returncode == 0, made.stdout
    suites = (python, "-m", "pytest", "-q", "-p", "no:cacheprovider", *SUITES)
    said = run(*suites, cwd=ROOT, kernels=kernels)
    assert said.returncode == 0, said.stdout
    study = (python, "-m", "rnnsearch", "run", SPACES / "hello.yaml")
    said = run(*study, cwd=tmp_path, kernels=kernels)
    assert said.returncode == 0, said.stdout
    assert "registered: models:/hello/1" in said.stdout
