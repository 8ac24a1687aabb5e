"""The command `bench`: run the benchmarks of a checkout, which an installed package lacks."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import typer

from rnnsearch.errors import InputError

app = typer.Typer(
    help="Measure this machine with the benchmarks of a checkout, which lie in tests/benchmark.",
    no_args_is_help=True,
)

_SCRIPTS = Path("tests") / "benchmark"
_PASS_ON = {
    "allow_extra_args": True,
    "ignore_unknown_options": True,
    "help_option_names": [],  # the script itself answers --help
}


@app.command(context_settings=_PASS_ON)
def kernels(context: typer.Context) -> None:
    """Time a training step in a pack against torch's module alone; `--help` lists the options."""
    _run("bench_kernels.py", context.args)


@app.command(context_settings=_PASS_ON)
def own(context: typer.Context) -> None:
    """Time modules that people bring in a pack, fused against one by one; `--help` lists the
    options."""
    _run("bench_own.py", context.args)


@app.command(context_settings=_PASS_ON)
def search(context: typer.Context) -> None:
    """Count trials an hour against Ray Tune's own example and plain Optuna; `--help` lists the
    options."""
    _run("bench_search.py", context.args)


@app.command(context_settings=_PASS_ON)
def records(context: typer.Context) -> None:
    """Time a study with its records in MLflow against the same without; `--help` lists the
    options."""
    _run("bench_records.py", context.args)


@app.command(context_settings=_PASS_ON)
def ledger(context: typer.Context) -> None:
    """Time flushes of the ledger to its file against PostgreSQL; `--help` lists the options."""
    _run("bench_ledger.py", context.args)


@app.command(context_settings=_PASS_ON)
def driver(context: typer.Context) -> None:
    """Measure how many packs one driver keeps busy, with simulated packs; `--help` lists the
    options."""
    _run("bench_driver.py", context.args)


@app.command(context_settings=_PASS_ON)
def reproduce(context: typer.Context) -> None:
    """Train all trials of five small studies again, and count those that are the same to the last
    bit; `--help` lists the options."""
    _run("bench_reproduce.py", context.args)


@app.command(context_settings=_PASS_ON)
def table(context: typer.Context) -> None:
    """Compare searches on a table of recurrent trainings, or train what is missing of it; `--help`
    lists the commands."""
    _run("bench_table.py", context.args)


@app.command(context_settings=_PASS_ON)
def samplers(context: typer.Context) -> None:
    """Compare samplers with few and with many trials at once, on spaces with a known loss;
    `--help` lists the options."""
    _run("bench_samplers.py", context.args)


@app.command(context_settings=_PASS_ON)
def forecast(context: typer.Context) -> None:
    """Time searches for a forecaster of real data, ours and neuralforecast's, Optuna's and Ray
    Tune's, until they have a good one; `--help` lists the options."""
    _run("bench_forecast.py", context.args)


def _run(name: str, arguments: list[str]) -> None:
    """Run a script of the checkout that this package lies in, or of the working directory."""
    import rnnsearch

    roots = (Path(rnnsearch.__file__).parents[1], Path.cwd())
    script = next((path for root in roots if (path := root / _SCRIPTS / name).is_file()), None)
    if script is None:
        raise InputError(
            f"the benchmark {name} is not installed with the package; it stands in the "
            "repository. Clone that, run `pip install -e .` there, and try again."
        )
    sys.exit(subprocess.run([sys.executable, str(script), *arguments], check=False).returncode)
