"""Where a run of a study comes from: the command line, and the git commits of what it runs."""

from __future__ import annotations

import getpass
import json
import shlex
import subprocess
import sys
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

from rnnsearch.redaction import HIDDEN, redacted, redactor
from rnnsearch.space.spec import StudySpec
from rnnsearch.tasks.base import TaskData
from rnnsearch.tasks.fingerprint import Fingerprint

GIT_SECONDS = 3.0
"""How long git may take to answer; a folder on a slow disk gets no commit then."""
LONGEST = 4000
"""The most characters of a command line, and of a source, in the records."""
_UNQUOTED = "%hidden%"
"""Stands for a secret while words are quoted, since a shell would expand stars."""


def origin_tags(tracking_uri: str, arguments: Sequence[str] | None = None) -> dict[str, str]:
    """Tags of a study's run that say how it came about, secrets hidden.

    Args:
        tracking_uri: The address of the store, whose password may stand in the command line.
        arguments: In the place of `sys.argv`.
    """
    words = list(sys.argv if arguments is None else arguments)
    program = Path(words[0]).name if words and words[0] else "python"
    if program == "__main__.py":
        program = Path(words[0]).parent.name
    shown = shlex.join([program, *map(_hidden, words[1:])]).replace(_UNQUOTED, HIDDEN)
    line = redactor(tracking_uri)(shown)[:LONGEST]
    tags = {
        "command": line,
        "mlflow.source.name": program,
        "mlflow.source.type": "LOCAL",
        **commit_tags(Path.cwd(), "git"),
        **commit_tags(Path(__file__).resolve().parents[2], "rnnsearch"),
    }
    if "git_commit" in tags:
        tags["mlflow.source.git.commit"] = tags["git_commit"]
    with suppress(KeyError, OSError):  # a user without a name, as containers have them
        tags["mlflow.user"] = getpass.getuser()
    return tags


def _hidden(word: str) -> str:
    """A word of a command line, without the secret of an address in it, such as `--ledger=URL`."""
    option, mark, value = word.partition("=") if word.startswith("--") else ("", "", word)
    shown = redacted(value).replace(HIDDEN, _UNQUOTED) if "://" in value else value
    return option + mark + shown


def commit_tags(folder: Path, prefix: str) -> dict[str, str]:
    """The commit of the git checkout that a folder is in, and whether tracked files have changed.

    Returns:
        Nothing where the folder is in no checkout, or git is missing or does not answer.
    """
    commit = _git(folder, "rev-parse", "HEAD")
    changed = _git(folder, "status", "--porcelain", "--untracked-files=no") if commit else None
    if not commit or changed is None:
        return {}
    return {f"{prefix}_commit": commit, f"{prefix}_dirty": "true" if changed else "false"}


def _git(folder: Path, *words: str) -> str | None:
    """What git answers; None where it does not."""
    try:
        done = subprocess.run(
            ["git", "-C", str(folder), *words],
            capture_output=True,
            text=True,
            timeout=GIT_SECONDS,
            check=True,
        )
    except (OSError, subprocess.SubprocessError):
        return None
    return done.stdout.strip()


def datasets(
    spec: StudySpec, data: TaskData, prints: Mapping[str, Fingerprint] | None
) -> list[dict[str, str]]:
    """The data of a study, as MLflow keeps data sets: name, digest, source and profile.

    A profile is JSON: how many rows each part has, the whole hash, and the facts that fingerprints
    hold. Data that the task makes from its settings has these as its source.

    Args:
        data: That of the first configuration, of which alone the parts are known.
        prints: Fingerprints by path of what was read.
    """
    task = str(spec.values["task.type"])
    parts = {str(part): int(rows) for part, rows in data.rows().items() if rows}
    settings = {
        key.removeprefix("task."): value
        for key, value in spec.values.items()
        if key.startswith("task.")
    }
    whole = data.sha256()
    files = [one for one in (prints or {}).values() if one.sha256]
    if not files:
        source = json.dumps(settings, default=str)[:LONGEST]
        return [_dataset(task, whole, "code", source, {"parts": parts, "sha256": whole})]
    made = []
    for number, one in enumerate(files):
        profile = {"sha256": one.sha256, **({} if number else {"parts": parts}), **one.facts}
        place = Path(one.path).absolute() if one.path else None
        name = place.name if place else task
        source = json.dumps({"uri": place.as_uri()}) if place else json.dumps(settings, default=str)
        made.append(
            _dataset(name, one.sha256, "local" if place else "code", source[:LONGEST], profile)
        )
    return made


def _dataset(
    name: str, digest: str, kind: str, source: str, profile: Mapping[str, Any]
) -> dict[str, str]:
    words = {"name": name, "digest": digest[:36], "source_type": kind, "source": source}
    return {**words, "profile": json.dumps(profile, default=str)}
