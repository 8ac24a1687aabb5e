"""What `init` drafts of each kind of data runs as it is, from the command line."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from e2e.command import rnnsearch

pytestmark = pytest.mark.slow

DRAW = np.random.default_rng(0)


def steps(folder: Path, answer: Callable[[int, int], object]) -> str:
    rows = [
        f"r{run},{step},{DRAW.normal():.3f},{DRAW.normal():.3f},{answer(run, step)}"
        for run in range(30)
        for step in range(3 + run % 3)
    ]
    (folder / "x.csv").write_text("\n".join(["run,t,a,b,label", *rows]) + "\n")
    return "x.csv"


def texts(folder: Path) -> str:
    for kind in ("de", "en"):
        (folder / "x").mkdir(exist_ok=True)
        (folder / "x" / f"{kind}.txt").write_text("\n".join(f"{kind} {at}" for at in range(20)))
    return "x"


def rolls(folder: Path) -> str:
    np.savez(
        folder / "x.npz", train=DRAW.random((20, 6, 4)) < 0.3, val=DRAW.random((5, 6, 4)) < 0.3
    )
    return "x.npz"


def arrays(folder: Path) -> str:
    np.savez(folder / "x.npz", x=DRAW.normal(size=(60, 5, 2)), y=DRAW.normal(size=60))
    return "x.npz"


KINDS: dict[str, Callable[[Path], str]] = {
    "labels": lambda folder: steps(folder, lambda run, _: "ab"[run % 2]),
    "tags": lambda folder: steps(folder, lambda run, step: "ab"[step % 2]),
    "value": lambda folder: steps(folder, lambda run, _: run / 2),
    "folder": texts,
    "events": rolls,
    "arrays": arrays,
}


@pytest.mark.parametrize("kind", KINDS)
def test_a_draft_runs(tmp_path: Path, kind: str) -> None:
    data = KINDS[kind](tmp_path)
    drafted = rnnsearch("init", data, cwd=tmp_path)
    assert drafted.status == 0, drafted.err
    shorter = ("--set", "training.max_epochs=3")
    ended = rnnsearch("run", "x.yaml", "--trials", "2", *shorter, cwd=tmp_path)
    assert ended.status == 0, ended.out + ended.err
    predicted = rnnsearch("best", "x", cwd=tmp_path)
    assert predicted.status == 0, predicted.err
