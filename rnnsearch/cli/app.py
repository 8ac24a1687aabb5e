"""The entry point of the command line: its commands, and where errors become exit statuses."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from io import TextIOWrapper
from typing import NoReturn

import typer

from rnnsearch import __version__
from rnnsearch.cli import bench, jobs, kernels, listing, models, repair, spaces, studies, training
from rnnsearch.cli.analyse import analyse
from rnnsearch.cli.compare import compare
from rnnsearch.cli.doctor import doctor
from rnnsearch.cli.explain import explain
from rnnsearch.cli.export import export
from rnnsearch.cli.flush import flush
from rnnsearch.cli.fork import fork
from rnnsearch.cli.guide import guide
from rnnsearch.cli.keys import keys
from rnnsearch.cli.move import move
from rnnsearch.cli.plan import plan
from rnnsearch.cli.predict import predict
from rnnsearch.cli.registered import promote
from rnnsearch.cli.replay import replay
from rnnsearch.cli.report import report
from rnnsearch.cli.reproduce import reproduce
from rnnsearch.cli.show import show
from rnnsearch.cli.submit import submit
from rnnsearch.cli.trials import trials
from rnnsearch.cli.ui import ui
from rnnsearch.cli.watch import watch
from rnnsearch.cli.wrong_values import Command
from rnnsearch.custom_code import blame, place_of
from rnnsearch.disk import place_and_reason
from rnnsearch.errors import NoUsableTrialError, RnnsearchError
from rnnsearch.leaving import leave, name_output

app = typer.Typer(
    name="rnnsearch",
    help="Search the hyperparameters of recurrent models: many trainings at once, one ledger, "
    "every run recorded.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)

for _command in (
    training.run,
    submit,
    training.resume,
    training.extend,
    training.finish,
    fork,
    training.retrain,
    watch,
    studies.stop,
    listing.studies,
    studies.delete,
    trials,
    show,
    compare,
    studies.best,
    analyse,
    replay,
    reproduce,
    flush,
    report,
    repair.repair,
    move,
    spaces.check,
    plan,
    spaces.init,
    keys,
    spaces.schema,
    doctor,
    explain,
    guide,
    models.rollout,
    models.sample,
    models.classify,
    predict,
    promote,
    export,
    ui,
    kernels.kernels,
):
    app.command(cls=Command)(_command)
app.add_typer(jobs.app, name="job")
app.add_typer(bench.app, name="bench")


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command line and exit.

    Exit status: 0; 1 where no trial was usable; 2 for bad input; 130 and 143 for the signals.
    """
    if isinstance(sys.stdout, TextIOWrapper):
        # A letter that the terminal cannot show, or a file name that is no text, must not end a
        # command with an error.
        sys.stdout.reconfigure(errors="backslashreplace")
    # MLflow tells its makers what is called, unless it is told not to; a server of its page asks
    # them too. Who wants that sets the variable to false.
    os.environ.setdefault("MLFLOW_DISABLE_TELEMETRY", "true")
    if (sys.argv[1:] if arguments is None else list(arguments)) == ["--version"]:
        print(f"rnnsearch {__version__}")
        sys.exit(0)
    try:
        app(args=arguments)
    except Exception as error:
        ending = in_words(error)
        if ending is None:
            raise  # a mistake in this program: its traceback is what helps
        words, status = ending
        print(words, file=sys.stderr)
        sys.exit(status)


def in_words(error: Exception) -> tuple[str, int] | None:
    """The text of an error for a person, and the exit status.

    Returns:
        None where the error is a mistake in this program.
    """
    if isinstance(error, NoUsableTrialError):
        return f"no usable trial: {error}", 1
    if isinstance(error, RnnsearchError):
        return f"error: {error}", 2
    if isinstance(error, OSError):
        # A full disk or a missing permission: the path and the reason are what helps.
        return f"error: {place_and_reason(error)}", 2
    if isinstance(error, MemoryError):
        return "error: there is not enough memory for that; ask for less", 2
    if place_of(error):
        return f"error: code of your own raised {blame(error)}", 2
    return None


def command() -> NoReturn:
    """Run the command line as a process, which ends here."""
    name_output()
    try:
        main()
    except SystemExit as ended:
        if ended.code is None or isinstance(ended.code, int):
            leave(ended.code or 0)
        raise
    leave(0)


if __name__ == "__main__":
    command()
