"""The command that shows the records in a browser."""

from __future__ import annotations

import sys
from pathlib import Path


def ui_command(tracking_uri: str, artifacts: Path | None, host: str, port: int) -> list[str]:
    """Arguments that start MLflow's UI on a database.

    Args:
        artifacts: Where new experiments of that server would put artifacts; None leaves MLflow's
            default. Those of our studies carry their own place.
    """
    command = [sys.executable, "-m", "mlflow", "server"]
    command += ["--backend-store-uri", tracking_uri, "--host", host, "--port", str(port)]
    if artifacts is not None:
        command += ["--default-artifact-root", artifacts.resolve().as_uri()]
    return [*command, "--workers", "1"]
