"""Commands that use a trained model: rollout, sample, classify."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from rnnsearch.cli.next_steps import ROLLED, SAMPLE_LENGTH, spelled
from rnnsearch.cli.options import MOST, Format, FormatOption, Storage, TrackingUri
from rnnsearch.cli.panels import panels_as_json, print_panels
from rnnsearch.cli.text import print_json
from rnnsearch.commands import DEFAULT_STORAGE, command
from rnnsearch.errors import InputError, ModelError

if TYPE_CHECKING:
    from rnnsearch.training.trained import TrainedModel

MOST_SEED = 2**63 - 1

ModelName = Annotated[
    str,
    typer.Argument(
        metavar="NAME_OR_MODEL_URI", help="A study, or an MLflow URI such as models:/sine@champion."
    ),
]


AllowCode = Annotated[
    bool,
    typer.Option(
        "--allow-code", help="Import the own task or cell that a model of the registry names."
    ),
]


def rollout(
    model: ModelName,
    steps: Annotated[
        int | None,
        typer.Option(
            "--steps", min=1, max=MOST, help="Steps to predict; default: the task's longest."
        ),
    ] = None,
    storage: Storage = DEFAULT_STORAGE,
    tracking_uri: TrackingUri = None,
    allow_code: AllowCode = False,
    output: Annotated[
        Path | None, typer.Option("--output", "-o", help="Draw the rollout into this PNG.")
    ] = None,
    format_: FormatOption = Format.TEXT,
) -> None:
    """Run a champion on its own predictions, from the start of its task's validation data."""
    from rnnsearch.study.pictures import draw_rollout

    asked = _Asked(model, storage, tracking_uri, allow_code)
    trained = _load(asked)
    _refuse_to_continue(trained, asked)
    if trained.read is None and getattr(trained.config.task, "path", None):
        typer.echo("note: it was not noted what data this model learned from", err=True)
    panels = trained.panels(steps)
    if panels is None:
        raise ModelError(_no_rollout(trained, asked))
    if format_ is Format.JSON:
        print_json(panels_as_json(panels))
    else:
        print_panels(panels)
    if output is not None:
        draw_rollout(trained, panels, output, f"{model}: ")
        typer.echo(f"picture: {output}", err=True)


def sample(
    model: ModelName,
    prompt: Annotated[str, typer.Option("--prompt", help="The text to go on with.")],
    length: Annotated[
        int, typer.Option("--length", min=1, max=MOST, help="Characters to write.")
    ] = 200,
    temperature: Annotated[
        float, typer.Option("--temperature", min=0.0, help="0 always takes the likeliest.")
    ] = 1.0,
    seed: Annotated[
        int, typer.Option("--seed", min=0, max=MOST_SEED, help="Equal seeds, equal texts.")
    ] = 0,
    storage: Storage = DEFAULT_STORAGE,
    tracking_uri: TrackingUri = None,
    allow_code: AllowCode = False,
) -> None:
    """Let a text champion go on with a prompt."""
    asked = _Asked(model, storage, tracking_uri, allow_code)
    trained = _load(asked)
    _refuse_to_continue(trained, asked)
    if trained.manifest.get("task") in ROLLED:
        again = asked.command("rollout")
        raise ModelError(f"{model} predicts numbers and writes no text; let it go on: {again}")
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
        typer.Option(
            "--file",
            help="Texts, one a line, or a CSV with a column of them; of numbers, a step a row.",
        ),
    ] = None,
    top: Annotated[int, typer.Option("--top", min=1, max=MOST, help="Classes to show.")] = 3,
    storage: Storage = DEFAULT_STORAGE,
    tracking_uri: TrackingUri = None,
    allow_code: AllowCode = False,
    format_: FormatOption = Format.TEXT,
) -> None:
    """Let a champion of labels say what sequences are."""
    from rnnsearch.tasks.labels.source import read_unlabelled

    asked = _Asked(model, storage, tracking_uri, allow_code)
    trained = _load(asked)
    if trained.manifest.get("task") != "labels":
        raise ModelError(f"{model} learned no labels{_instead(trained, asked)}")
    if file is not None and texts:
        raise InputError(f"texts and a --file were given; give one{_labels(trained, asked)}")
    if file is None and not (texts and trained.network.symbolic):
        raise InputError(f"{model} needs something to label{_labels(trained, asked)}")
    sequences: list[tuple[str, Any]] = [(text, text) for text in texts or ()]
    if file is not None:
        sequences = read_unlabelled(file, trained.manifest)
    found = trained.classify([sequence for _, sequence in sequences])
    rows = []
    for (name, _), label, chances in zip(sequences, found.labels, found.probabilities, strict=True):
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


@dataclass(frozen=True, slots=True)
class _Asked:
    """Which model was asked for, and where: what a command about it has to repeat."""

    model: str
    storage: Path
    tracking_uri: str | None
    allow_code: bool = False

    def command(self, verb: str, *words: object) -> str:
        """A command about the same model."""
        named = ":/" in self.model
        uri = self.tracking_uri if named else None
        words = (*(["--allow-code"] if named and self.allow_code else []), *words)
        return command(verb, self.model, *words, storage=self.storage, tracking_uri=uri)


def _refuse_to_continue(trained: TrainedModel, asked: _Asked) -> None:
    """Say what a model does instead, where it goes on with nothing."""
    model, task_type = asked.model, trained.manifest.get("task")
    if task_type == "labels":
        raise ModelError(
            f"{model} labels sequences and continues none; let it label yours"
            f"{_labels(trained, asked)}"
        )
    if task_type == "events":
        raise ModelError(
            f"{model} says how likely each event is at the next step and picks none to go on from; "
            "champion.png in the study's figures shows that, and load_model().predict gives it."
        )


def _no_rollout(trained: TrainedModel, asked: _Asked) -> str:
    prompt = spelled(trained.manifest, "") if "vocabulary" in trained.manifest else None
    if prompt is None:
        return f"the task of {asked.model} has no rollout: its answers are not fed back."
    words = ("--prompt", prompt, "--length", SAMPLE_LENGTH)
    return (
        f"{asked.model} writes text and has no rollout; let it write: "
        f"{asked.command('sample', *words)}"
    )


def _instead(trained: TrainedModel, asked: _Asked) -> str:
    """What a model that labels nothing does."""
    if trained.manifest.get("task") in ROLLED:
        return f"; it predicts numbers: {asked.command('rollout')}"
    if "vocabulary" in trained.manifest and (prompt := spelled(trained.manifest, "")):
        return f"; it writes text: {asked.command('sample', '--prompt', prompt)}"
    return "."


def _labels(trained: TrainedModel, asked: _Asked) -> str:
    """A command that labels something."""
    if trained.network.symbolic:
        return f": {asked.command('classify', 'some text')}"
    config = trained.config.task
    path = getattr(config, "path", None)
    if path and Path(path).is_file():
        return f": {asked.command('classify', '--file', Path(path))}"
    columns = [trained.manifest["columns"]["id"], *trained.manifest["features"]]
    return f", with --file: a CSV with a step a row and the columns {', '.join(columns)}."


def _load(asked: _Asked) -> TrainedModel:
    """A study's champion, or a model of the registry.

    A study in the storage runs what its space file names; a model of the registry may be anyone's.
    """
    if ":/" not in asked.model:
        from rnnsearch.study import Study

        return Study.open(asked.model, storage=asked.storage).result().load_model()
    from rnnsearch.cli.store import existing, named_store
    from rnnsearch.records.mlflow.registry import fetch

    store = existing(named_store(asked.storage, asked.tracking_uri))
    if store.origin:
        typer.echo(f"MLflow: {store.shown} ({store.origin})", err=True)
    return fetch(asked.model, store.uri, allow_code=asked.allow_code)
