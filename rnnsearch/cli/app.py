"""The entry point: commands, and the border where errors become exit statuses."""

from __future__ import annotations

import sys
from collections.abc import Sequence

import typer

from rnnsearch import __version__
from rnnsearch.cli import bench, kernels, models, repair, spaces, studies, training
from rnnsearch.cli.explain import explain
from rnnsearch.cli.ui import ui
from rnnsearch.errors import InputError, NoUsableTrialError

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
    training.resume,
    training.extend,
    training.retrain,
    studies.stop,
    studies.studies,
    studies.delete,
    studies.trials,
    studies.show,
    studies.best,
    repair.repair,
    spaces.check,
    spaces.init,
    spaces.schema,
    explain,
    models.rollout,
    models.sample,
    models.classify,
    ui,
    kernels.kernels,
):
    app.command()(_command)
app.add_typer(bench.app, name="bench")


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command line and exit.

    Exit status: 0; 1 where no trial was usable; 2 for bad input; 130 and 143 for the signals.
    """
    if (sys.argv[1:] if arguments is None else list(arguments)) == ["--version"]:
        print(f"rnnsearch {__version__}")
        sys.exit(0)
    try:
        app(args=arguments)
    except InputError as error:
        print(f"error: {error}", file=sys.stderr)
        sys.exit(2)
    except NoUsableTrialError as error:
        print(f"no usable trial: {error}", file=sys.stderr)
        sys.exit(1)
    except OSError as error:
        # A full disk, a folder without permission: the path and the reason are what helps.
        place = f"{error.filename}: " if error.filename else ""
        print(f"error: {place}{error.strerror or error}", file=sys.stderr)
        sys.exit(2)


if __name__ == "__main__":
    main()
