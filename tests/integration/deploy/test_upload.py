"""What `ray job submit --working-dir .` sends."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path
from zipfile import ZipFile

from ray._private.ray_constants import get_runtime_env_default_excludes
from ray._private.runtime_env.packaging import create_package
from two_nodes import PROJECT

LEFT_HERE = [
    ".git/objects/aa",
    ".venv/lib/big.so",
    "studies/sine/snapshots/pack",
    "studies/mlflow.db",
    "kept/sine/snapshots/pack",
    "kept/sine/checkpoints/trial-0001/weights.safetensors",
    "kept/sine/outbox/1",
    "kept/sine/ledger.journal",
    "kept/mlflow.db",
    "kept/mlflow.db-wal",
    "kept/mlartifacts/sine/model",
    "tests/test_it.py",
    "rnnsearch/__pycache__/errors.pyc",
]


def test_the_project_goes_and_what_studies_left_stays(tmp_path: Path) -> None:
    project = tmp_path / "project"
    listed = subprocess.run(
        ["git", "ls-files", "-z"], cwd=PROJECT, capture_output=True, text=True, check=False
    ).stdout.split("\0")
    # an export has no git
    names = [name for name in listed if name] or [
        str(path.relative_to(PROJECT))
        for folder in ("rnnsearch", "deploy", "search_spaces")
        for path in (PROJECT / folder).rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    ]
    for name in {*names, ".gitignore", ".rayignore"}:
        if (PROJECT / name).is_file():
            (project / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(PROJECT / name, project / name)
    for name in LEFT_HERE:
        (project / name).parent.mkdir(parents=True, exist_ok=True)
        (project / name).write_bytes(b"\0" * 1_000_000)
    package = tmp_path / "package.zip"
    create_package(
        str(project),
        package,
        include_gitignore=True,
        excludes=get_runtime_env_default_excludes(),
    )
    with ZipFile(package) as archive:
        sent = set(archive.namelist())
    assert {"deploy/job.py", "search_spaces/sine.yaml", "rnnsearch/cli/app.py"} <= sent
    assert not sent.intersection(LEFT_HERE)
    # the link to search_spaces is a folder there; the pictures stay here
    needed = {
        name
        for name in names
        if name.startswith("rnnsearch/") and (project / name).is_file()
        if not name.startswith("rnnsearch/guide/pictures/")
    }
    assert needed <= sent
    # What was sent is what is there, stored as it is: none of the large files came along by another
    # name.
    ours = sum((project / name).stat().st_size for name in sent if (project / name).is_file())
    assert package.stat().st_size < ours + 1_000_000
    assert ours < sum((PROJECT / name).stat().st_size for name in names) + 1_000_000
