"""Names, commands, and the driver's freedom from mlflow."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from rnnsearch.errors import ModelError
from rnnsearch.records.mlflow.database import sqlite_path
from rnnsearch.records.mlflow.registry import fetch
from rnnsearch.records.mlflow.ui import ui_command
from rnnsearch.records.names import registered_name


def test_names_that_mlflow_refuses_are_mended() -> None:
    assert registered_name("a/b:c") == "a-b-c"


def test_ui_command_runs_this_python(tmp_path: Path) -> None:
    uri = "postgresql://ann:sesame5@host/db"
    command, environment = ui_command(uri, tmp_path, "127.0.0.1", 5001)
    assert command[0] == sys.executable
    assert command[command.index("--port") + 1] == "5001"
    assert environment["MLFLOW_BACKEND_STORE_URI"] == uri
    assert "sesame5" not in " ".join(command)


@pytest.mark.parametrize(
    ("uri", "path"),
    [
        ("sqlite:////a/b.db", Path("/a/b.db")),
        ("sqlite:///b.db", Path("b.db")),
        ("sqlite:///:memory:", None),
        ("sqlite://", None),
        ("http://host:5000", None),
        ("postgresql://u:p@h/db", None),
    ],
)
def test_sqlite_path(uri: str, path: Path | None) -> None:
    assert sqlite_path(uri) == path


def test_a_missing_database_is_not_made_by_looking(tmp_path: Path) -> None:
    path = tmp_path / "mlflow.db"
    with pytest.raises(ModelError, match="no MLflow database"):
        fetch("models:/sine@champion", f"sqlite:///{path}")
    assert not path.exists()


def test_the_driver_never_imports_mlflow(tmp_path: Path) -> None:
    code = (
        "import sys\n"
        "from pathlib import Path\n"
        "from rnnsearch.records import names, outbox, recorder\n"
        "from rnnsearch.records.mlflow import ui\n"
        "from rnnsearch.records.tracking_uri import choose_store\n"
        "box = Path(sys.argv[1])\n"
        "recorder.Recorder(box, choose_store(box.parent, None), 'e', Path('a'), Path('l'))\n"
        "heavy = {'mlflow', 'torch', 'ray', 'optuna', 'sqlalchemy', 'matplotlib', 'pandas'}\n"
        "print(sorted(heavy & set(sys.modules)))\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, str(tmp_path / "outbox")],
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.strip() == "[]"
