"""What the guide marks as runnable runs as it stands there, in a folder of its page's own."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from e2e.command import SECONDS, environment
from guide_pages import GUIDE, NAMES, ROOT, Block, blocks

RUN = [name for name in NAMES if any(one.status is not None for one in blocks(ROOT / name))]


def folder_of(tmp_path: Path) -> Path:
    """A folder with what a checkout has, and beside it `rnnsearch` and `python` to be found."""
    bin_folder, work = tmp_path / "bin", tmp_path / "work"
    bin_folder.mkdir()
    for name, words in (("rnnsearch", "-m rnnsearch "), ("python", "")):
        (bin_folder / name).write_text(f'#!/bin/sh\nexec "{sys.executable}" {words}"$@"\n')
        (bin_folder / name).chmod(0o755)
    for name in ("search_spaces", "deploy"):
        shutil.copytree(ROOT / name, work / name)
    return work


def run(block: Block, work: Path, where: str) -> None:
    """Run a block to its end, which must be as it is marked."""
    kept = environment()
    kept["PATH"] = f"{work.parent / 'bin'}:{kept['PATH']}"
    script = work / "block.py"
    if block.language == "python":
        script.write_text(block.text, encoding="utf-8")
        words = ["python", str(script)]
    else:
        words = ["bash", "-euo", "pipefail", "-c", block.script()]
    done = subprocess.run(
        words, cwd=work, env=kept, capture_output=True, text=True, timeout=SECONDS, check=False
    )
    assert done.returncode == block.status, f"{where}:\n{done.stdout}\n{done.stderr}"


def go_through(name: str, work: Path, *, slow: bool) -> None:
    """Write and run the blocks of a page in their order, without the slow ones unless asked."""
    for block in blocks(ROOT / name):
        if block.file:
            source = GUIDE / block.file if block.file.startswith("examples/") else None
            target = work / (Path(block.file).name if source else block.file)
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_text(block.text, encoding="utf-8")
        elif block.status is not None and (slow or "slow" not in block.marks):
            run(block, work, f"{name}:{block.line}")


@pytest.mark.parametrize("name", RUN)
def test_what_is_quick(name: str, tmp_path: Path) -> None:
    go_through(name, folder_of(tmp_path), slow=False)


@pytest.mark.slow
@pytest.mark.timeout(3 * 600)  # a page may hold a dozen small studies
@pytest.mark.parametrize("name", RUN)
def test_all_that_is_marked(name: str, tmp_path: Path) -> None:
    go_through(name, folder_of(tmp_path), slow=True)
