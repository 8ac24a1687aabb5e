"""What every benchmark says of itself: the machine, the commit, and its rows on the screen and on
disk."""

from __future__ import annotations

import json
import os
import platform
import subprocess
from collections.abc import Mapping, Sequence
from importlib.metadata import version
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]


def machine() -> dict[str, Any]:
    """Where and when a figure was measured."""
    found: dict[str, Any] = {
        "cpu": _cpu_model(),
        "cores": os.cpu_count(),
        "load": round(os.getloadavg()[0], 2),
        "commit": _commit(),
        "python": platform.python_version(),
    }
    return found | {name: version(name) for name in ("torch", "ray", "optuna", "mlflow", "numba")}


def said(facts: Mapping[str, Any]) -> str:
    """The machine in a line."""
    return ", ".join(f"{name} {value}" for name, value in facts.items())


def markdown(rows: Sequence[Mapping[str, Any]]) -> str:
    """Rows of equal keys as a table for the README."""
    columns = list(rows[0])
    lines = [columns, ["---"] * len(columns)]
    lines += [[figure(row[column]) for column in columns] for row in rows]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


def keep(path: Path | None, name: str, rows: Sequence[Mapping[str, Any]]) -> None:
    """Print the rows as markdown and, where a file is wanted, add them to it as JSON."""
    facts = machine()
    print(f"\n{said(facts)}\n\n{markdown(rows)}", flush=True)
    if path is not None:
        known = json.loads(path.read_text()) if path.exists() else {}
        known[name] = {"machine": facts, "rows": rows}
        path.write_text(json.dumps(known, indent=1) + "\n")


def figure(value: object) -> str:
    """A figure in four digits."""
    if value is None:
        return ""
    return f"{value:.4g}" if isinstance(value, float) else str(value)


def _cpu_model() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        return platform.processor() or platform.machine()
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.machine()


def _commit() -> str:
    command = ["git", "describe", "--always", "--dirty", "--exclude=*"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    return done.stdout.strip() or "no checkout"
