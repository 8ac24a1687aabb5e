"""Commands that use a trained model: rollout, sample, classify."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from rnnsearch.cli.options import FormatOption, Storage, TrackingUri, count
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
        metavar="NAME_OR_MODEL_URI", help="A study, or a model in MLflow: models:/sine@champion."
    ),
]


AllowCode = Annotated[
    bool,
    typer.Option("--allow-code", help="Run the custom task or cell that a model in MLflow names."),
]


def rollout(
    model: ModelName,
    steps: Annotated[
        int | None,
        count(help="Time steps to predict; without it the longest rollout of the task."),
    ] = None,
    storage: Storage = DEFAULT_STORAGE,
    tracking_uri: TrackingUri = None,
    allow_code: AllowCode = False,
    output: Annotated[
        Path | None, typer.Option("--output", "-o", help="Draw the rollout into this PNG file.")
    ] = None,
    format_: FormatOption = "text",
) -> None:
    """Let a champion go on with its task's validation data, on its own predictions."""
    asked = Asked(model, storage, tracking_uri, allow_code)
    trained = load_asked(asked, "rollout")
    if trained.read is None and getattr(trained.config.task, "path", None):
        typer.echo("note: it was not noted what data this model learned from", err=True)
    panels = trained.panels(steps)
    if panels is None:
        raise ModelError(f"the task of {model} has no rollout: its answers are not fed back.")
    if format_ == "json":
        print_json(panels_as_json(panels))
    else:
        print_panels(panels)
    if output is not None:
        title = f"{model}: {trained.use.caption()}{panels.span()}"
        panels.draw(output, title=title)
        typer.echo(f"picture: {output}", err=True)


def sample(
    model: ModelName,
    prompt: Annotated[str, typer.Option(help="The text that the model continues.")],
    length: Annotated[int, count(help="How many characters to write.")] = 200,
    temperature: Annotated[
        float,
        typer.Option(min=0.0, help="1 draws as the model has learned, 0 takes the likeliest."),
    ] = 1.0,
    seed: Annotated[
        int, typer.Option(min=0, max=MOST_SEED, help="Equal seeds give equal texts.")
    ] = 0,
    storage: Storage = DEFAULT_STORAGE,
    tracking_uri: TrackingUri = None,
    allow_code: AllowCode = False,
) -> None:
    """Let the champion of a text study continue a prompt."""
    asked = Asked(model, storage, tracking_uri, allow_code)
    trained = load_asked(asked, "sample")
    vocabulary = trained.vocabulary()
    if vocabulary.unknown and (strangers := vocabulary.strangers(prompt)):
        typer.echo(f"read as the unknown symbol: {', '.join(strangers)}", err=True)
    typer.echo(prompt + trained.sample(prompt, length, temperature, seed))


def classify(
    model: ModelName,
    texts: Annotated[
        list[str] | None, typer.Argument(metavar="[TEXT]...", help="The texts to label.")
    ] = None,
    file: Annotated[
        Path | None,
        typer.Option(help="Texts, one on each line or in a CSV; or a CSV of numbers by time."),
    ] = None,
    top: Annotated[int, count(help="How many classes to show of each sequence.")] = 3,
    storage: Storage = DEFAULT_STORAGE,
    tracking_uri: TrackingUri = None,
    allow_code: AllowCode = False,
    format_: FormatOption = "text",
) -> None:
    """Let the champion of a study of labels say which class each sequence likely is."""
    asked = Asked(model, storage, tracking_uri, allow_code)
    trained = load_asked(asked, "classify")
    how = trained.use.how(asked)
    if file is not None and texts:
        raise InputError(f"texts and a --file were given; give one{how}")
    if file is None and not (texts and trained.network.symbolic):
        raise InputError(f"{model} needs something to label{how}")
    sequences: list[tuple[str, Any]] = [(text, text) for text in texts or ()]
    if file is not None:
        sequences = trained.use.sequences(file)
    answer = trained.classify([sequence for _, sequence in sequences])
    rows = []
    for (name, _), label, chances in zip(
        sequences, answer.labels, answer.probabilities, strict=True
    ):
        order = chances.argsort()[::-1][:top]
        likely = {answer.classes[at]: float(chances[at]) for at in order}
        rows.append((name, label, likely))
    if format_ == "json":
        keys = ("sequence", "label", "probabilities")
        print_json([dict(zip(keys, row, strict=True)) for row in rows])
        return
    for name, _, likely in rows:
        shown = ", ".join(f"{label} {chance:.2f}" for label, chance in likely.items())
        typer.echo(f"{name}\t{shown}")


@dataclass(frozen=True, slots=True)
class Asked:
    """Which model a command was asked about, and where: another command about it repeats that."""

    model: str
    storage: Path
    tracking_uri: str | None
    allow_code: bool = False

    def command(self, verb: str, *words: object) -> str:
        """The command line of another command about the same model."""
        named = ":/" in self.model
        uri = self.tracking_uri if named else None
        words = (*(["--allow-code"] if named and self.allow_code else []), *words)
        return command(verb, self.model, *words, storage=self.storage, tracking_uri=uri)


def load_asked(asked: Asked, verb: str) -> TrainedModel:
    """A study's champion, or a model of the registry.

    A study in the storage runs the code that its space file names; a model of the registry may be
    anybody's, so its code is run with `--allow-code` alone.

    Raises:
        ModelError: There is no such model, or it cannot do what the command asks; the text says
            what it can.
    """
    if ":/" in asked.model:
        from rnnsearch.cli.store import existing, named_store
        from rnnsearch.records.mlflow.registry import fetch

        store = existing(named_store(asked.storage, asked.tracking_uri))
        if store.origin:
            typer.echo(f"MLflow: {store.shown} ({store.origin})", err=True)
        trained = fetch(asked.model, store.uri, allow_code=asked.allow_code)
    else:
        from rnnsearch.study import Study

        trained = Study.open(asked.model, storage=asked.storage).result().load_model()
    refusal = trained.use.refusals(asked).get(verb)
    if refusal is not None:
        raise ModelError(refusal)
    return trained
