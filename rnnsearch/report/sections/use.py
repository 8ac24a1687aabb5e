"""Commands and code that go on with the study, load its winner, serve it, and make it again."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from shlex import quote
from typing import TYPE_CHECKING

from rnnsearch.commands import command
from rnnsearch.records.names import CHAMPION, registered_name
from rnnsearch.redaction import is_redacted
from rnnsearch.report.blocks import Block, Code, Text
from rnnsearch.report.subject import Subject
from rnnsearch.report.usage import (
    export_words,
    read_description,
    state_with_mlflow,
    with_mlflow,
    with_rnnsearch,
    with_torch,
)
from rnnsearch.tasks.families import use_of_checkpoint
from rnnsearch.training.checkpoint import SCRIPT_STATE

if TYPE_CHECKING:
    from rnnsearch.search.ledger.run_figures import RunFigures

PORT = 5001


def contents(subject: Subject) -> Iterator[Block]:
    yield Code(
        "See the study again, in a shell",
        [
            _command(subject, "best"),
            _command(subject, "trials"),
            _command(subject, "report"),
        ],
    )
    won, run = subject.champion, subject.run
    description = None if won is None else read_description(Path(won.path))
    if won is None:
        yield Text("There is no winner to load yet.")
    elif description is None:
        yield Text(f"The winner's weights do not lie at {won.path} any more.", warning=True)
    else:
        checkpoint = Path(won.path).resolve()
        words = use_of_checkpoint(description, borrowed=False).command(won.text)
        if words is not None:
            verb, *arguments = words
            yield Code("Use the winner, in a shell", [_command(subject, str(verb), *arguments)])
        yield Code("Load it with rnnsearch, in Python", with_rnnsearch(description, checkpoint))
        if (exported := export_words(description)) is not None:
            line = _command(subject, "export", *exported)
            yield Code("Write it for programs without rnnsearch, in a shell", [line])
        if run is not None and (uri := _registered(subject, run)):
            script = SCRIPT_STATE in description
            lines = with_mlflow(uri, run.tracking_uri)
            if script:
                lines = state_with_mlflow(uri, run.tracking_uri, checkpoint.name)
            yield Code("Load it with MLflow, in Python", lines)
            if not script:
                yield Code("Serve it over HTTP, in a shell", _serving(uri, run.tracking_uri))
            if not run.champion_uri:
                yield Text(
                    "The winner is registered after this page was made: under this alias, unless "
                    "an earlier model kept it."
                )
            if is_redacted(run.tracking_uri):
                yield Text("The password of the MLflow store is not kept: put it in its place.")
        if SCRIPT_STATE not in description:
            in_torch = with_torch(description, checkpoint)
            if in_torch is not None:
                yield Code("Rebuild it in plain torch", in_torch, folded=True)
    yield from _again(subject)


def _registered(subject: Subject, run: RunFigures) -> str:
    """The address of the registered winner; empty where it is not registered.

    A page that is made at the end of a study comes before the registration, which it goes along
    with.
    """
    if run.champion_uri or run.champion_problem:
        return run.champion_uri or ""
    return f"models:/{registered_name(subject.name)}@{CHAMPION}"


def _again(subject: Subject) -> Iterator[Block]:
    """How to make it again."""
    lines = []
    if subject.champion is not None:
        lines.append("# the winner again, from its record, compared to the last bit")
        lines.append(_command(subject, "reproduce"))
        lines.append("# the winner's configuration, with other seeds")
        lines.append(_command(subject, "retrain"))
    lines.append("# the whole study, under another name")
    space = str(subject.directory.yaml)
    storage = str(subject.directory.storage)
    again = f"{subject.name[:90]}-again"
    lines.append(command("run", space, "--name", again, "--storage", storage))
    yield Code("Make it again, in a shell", lines)
    if subject.run is not None and subject.state not in ("complete", "running"):
        yield Code("Go on with it, in a shell", [_command(subject, "resume")])


def _serving(model_uri: str, tracking_uri: str) -> list[str]:
    """Commands that serve a registered model on this machine."""
    return [
        f"export MLFLOW_TRACKING_URI={quote(tracking_uri)}",
        f"mlflow models serve --model-uri {quote(model_uri)} --env-manager local --port {PORT}",
    ]


def _command(subject: Subject, verb: str, *words: object) -> str:
    """A command line that works in any working directory."""
    storage = str(subject.directory.storage)
    front = list(words)
    cut = front.index("--") if "--" in front else len(front)
    return command(verb, subject.name, *front[:cut], "--storage", storage, *front[cut:])
