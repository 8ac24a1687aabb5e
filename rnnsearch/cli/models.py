"""Commands that use a trained model, and the records: rollout, sample, ui."""

from __future__ import annotations

import os
import socket
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from rnnsearch.cli.options import (
    DEFAULT_STORAGE,
    Format,
    FormatOption,
    Storage,
    TrackingUri,
)
from rnnsearch.cli.result import storage_option
from rnnsearch.cli.text import print_json
from rnnsearch.errors import InputError, ModelError

if TYPE_CHECKING:
    from rnnsearch.training.trained import TrainedModel

ModelName = Annotated[
    str,
    typer.Argument(
        metavar="NAME_OR_MODEL_URI", help="A study, or an MLflow URI such as models:/sine@champion."
    ),
]


def rollout(
    model: ModelName,
    steps: Annotated[int, typer.Option("--steps", help="Steps to predict.")],
    storage: Storage = DEFAULT_STORAGE,
    tracking_uri: TrackingUri = None,
    output: Annotated[
        Path | None, typer.Option("--output", "-o", help="Draw the rollout into this PNG.")
    ] = None,
    format_: FormatOption = Format.TEXT,
) -> None:
    """Run a champion on its own predictions, from the start of its task's validation data."""
    from rnnsearch.records.figures import draw_rollout

    trained = _load(model, storage, tracking_uri)
    _refuse_to_continue(trained, model)
    if trained.read is None and getattr(trained.config.task, "path", None):
        typer.echo("note: it was not noted what data this model learned from", err=True)
    arrays = trained.picture(steps)
    if arrays is None:
        if "vocabulary" not in trained.manifest:
            raise ModelError(f"the task of {model} has no rollout: its answers are not fed back.")
        raise ModelError(
            f"{model} writes text and has no rollout; let it write: "
            f"rnnsearch sample {model} --prompt TEXT --length {steps}"
        )
    if format_ is Format.JSON:
        print_json({key: value.tolist() for key, value in arrays.items()})
    else:
        for time, value in zip(arrays["prediction_time"], arrays["prediction"], strict=True):
            typer.echo(f"{time:.4f}\t{value:.6f}")
    if output is not None:
        draw_rollout(
            *(arrays, output),
            title=f"{model}, {trained.picture_caption()}",
            labels=trained.axis_labels(),
        )
        typer.echo(f"picture: {output}", err=True)


def sample(
    model: ModelName,
    prompt: Annotated[str, typer.Option("--prompt", help="The text to go on with.")],
    length: Annotated[int, typer.Option("--length", min=1, help="Characters to write.")] = 200,
    temperature: Annotated[
        float, typer.Option("--temperature", min=0.0, help="0 always takes the likeliest.")
    ] = 1.0,
    seed: Annotated[int, typer.Option("--seed", help="Equal seeds, equal texts.")] = 0,
    storage: Storage = DEFAULT_STORAGE,
    tracking_uri: TrackingUri = None,
) -> None:
    """Let a text champion go on with a prompt."""
    trained = _load(model, storage, tracking_uri)
    _refuse_to_continue(trained, model)
    vocabulary = trained.vocabulary()
    if vocabulary.unknown and (strangers := vocabulary.strangers(prompt)):
        typer.echo(f"read as the unknown symbol: {', '.join(strangers)}", err=True)
    typer.echo(prompt + trained.sample(prompt, length, temperature, seed))


def classify(
    model: ModelName,
    texts: Annotated[
        list[str] | None, typer.Argument(metavar="[TEXT]...", help="Texts to label.")
    ] = None,
    file: Annotated[
        Path | None,
        typer.Option("--file", help="Texts, one a line; of numbers, a CSV with a step a row."),
    ] = None,
    top: Annotated[int, typer.Option("--top", min=1, help="Classes to show of each.")] = 3,
    storage: Storage = DEFAULT_STORAGE,
    tracking_uri: TrackingUri = None,
    format_: FormatOption = Format.TEXT,
) -> None:
    """Let a champion of labels say what sequences are."""
    from rnnsearch.tasks.labels.source import read_unlabelled

    trained = _load(model, storage, tracking_uri)
    if trained.manifest.get("task") != "labels":
        raise ModelError(f"{model} learned no labels; look at what it learned: rnnsearch studies")
    if file is None and not (texts and trained.network.symbolic):
        needed = "TEXT or --file FILE" if trained.network.symbolic else "--file STEPS.csv"
        raise InputError(f"give {needed}: {model} needs something to label.")
    named = {text: text for text in texts or ()}
    sequences: dict[str, Any] = named if file is None else read_unlabelled(file, trained.manifest)
    found = trained.classify(list(sequences.values()))
    rows = []
    for name, label, chances in zip(sequences, found.labels, found.probabilities, strict=True):
        order = chances.argsort()[::-1][:top]
        likely = {found.classes[at]: float(chances[at]) for at in order}
        rows.append((name, label, likely))
    if format_ is Format.JSON:
        keys = ("sequence", "label", "probabilities")
        print_json([dict(zip(keys, row, strict=True)) for row in rows])
        return
    for name, _, likely in rows:
        shown = ", ".join(f"{label} {chance:.2f}" for label, chance in likely.items())
        typer.echo(f"{name}\t{shown}")


def ui(
    storage: Storage = DEFAULT_STORAGE,
    host: Annotated[str, typer.Option("--host", help="Address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option("--port", help="Port to listen on.")] = 5000,
) -> None:
    """Browse the records of a storage folder in the MLflow UI."""
    from rnnsearch.records.ui import ui_command

    database = _database(storage)
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            raise InputError(
                f"cannot listen on {host}:{port}: {error.strerror}. "
                f"Take another port: rnnsearch ui --port {port + 1}{storage_option(storage)}"
            ) from error
    command = ui_command(f"sqlite:///{database}", storage.resolve() / "mlartifacts", host, port)
    typer.echo(f"MLflow at http://{host}:{port} (Ctrl-C ends it)", err=True)
    os.execv(command[0], command)


def _refuse_to_continue(trained: TrainedModel, model: str) -> None:
    """Say what a model does instead, where it goes on with nothing."""
    task_type = trained.manifest.get("task")
    if task_type == "labels":
        raise ModelError(
            f"{model} labels sequences and continues none; let it label yours: "
            f"rnnsearch classify {model} "
            + ("TEXT" if trained.network.symbolic else "--file STEPS.csv")
        )
    if task_type == "events":
        raise ModelError(
            f"{model} says how likely each event is at the next step and picks none to go on from; "
            "champion.png in the study's figures shows that, and load_model().predict gives it."
        )


def _load(model: str, storage: Path, tracking_uri: str | None) -> TrainedModel:
    """A study's champion, or a model of the registry."""
    if ":/" not in model:
        from rnnsearch.study import Study

        return Study.open(model, storage=storage).result().load_model()
    from rnnsearch.records.registry import fetch

    return fetch(model, tracking_uri or f"sqlite:///{_database(storage)}")


def _database(storage: Path) -> Path:
    """The default MLflow store of a storage folder; looking must not make an empty one."""
    database = storage.resolve() / "mlflow.db"
    if not database.exists():
        raise ModelError(
            f"{database} does not exist, so nothing is recorded there. Run a study first, "
            "or name its folder with --storage."
        )
    return database
