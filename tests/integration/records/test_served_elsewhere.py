"""Registered models behind MLflow's server, in environments that are made for them and have no
rnnsearch; they answer real requests. Packages come from where pip takes them."""

from __future__ import annotations

import json
import os
import re
import shlex
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import pandas as pd
import pytest
from test_carried import own_tasks, pytestmark, saved  # noqa: F401

from rnnsearch.tasks.families import family
from rnnsearch.tasks.series.config import SeriesConfig

SECONDS = 1500.0
"""Torch and MLflow are installed: minutes on a slow line."""
UV_NAMES = {"find-links": "UV_FIND_LINKS", "index-url": "UV_DEFAULT_INDEX", "cert": "SSL_CERT_FILE"}
"""What uv calls the options of pip."""


def run(*words: object, env: Mapping[str, str] | None = None) -> str:
    done = subprocess.run(
        [*map(str, words)], capture_output=True, text=True, env=env, timeout=SECONDS, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def environment(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """The variables of a process that has uv, and makes environments in a folder of its own."""
    folder = tmp_path_factory.mktemp("uv")
    run(sys.executable, "-m", "pip", "install", "-q", "--target", folder / "tools", "uv")
    environment = {key: one for key, one in os.environ.items() if key != "PYTHONPATH"}
    paths = (folder / "tools" / "bin", Path(sys.executable).parent, environment["PATH"])
    environment |= {
        "PATH": os.pathsep.join(map(str, paths)),
        "MLFLOW_ENV_ROOT": str(folder / "envs"),
        "UV_CACHE_DIR": str(folder / "cache"),
        "UV_LINK_MODE": "symlink",
    }
    for line in run(sys.executable, "-m", "pip", "config", "list").splitlines():
        key, _, value = line.partition("=")
        if (name := UV_NAMES.get(key.rpartition(".")[2])) is not None:
            environment.setdefault(name, value.strip("'"))
    return environment


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def served(words: list[str], port: int, env: Mapping[str, str], cwd: Path) -> Iterator[str]:
    """A server process, from when it answers until the end of the block; gives its address."""
    address, log = f"http://127.0.0.1:{port}", cwd / "server.log"
    with log.open("wb") as out:
        process = subprocess.Popen(
            words, stdout=out, stderr=out, env=dict(env), cwd=cwd, start_new_session=True
        )
    try:
        deadline = time.monotonic() + SECONDS
        while True:
            assert process.poll() is None, log.read_text()
            assert time.monotonic() < deadline, log.read_text()
            try:
                urllib.request.urlopen(f"{address}/ping", timeout=30).close()
                break
            except OSError:
                time.sleep(1)
        yield address
    finally:
        os.killpg(process.pid, signal.SIGTERM)
        process.wait(60)


def posted(address: str, body: str, kind: str = "application/json") -> tuple[int, str]:
    request = urllib.request.Request(
        f"{address}/invocations", body.encode(), {"Content-Type": kind}
    )
    try:
        with urllib.request.urlopen(request, timeout=60) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as error:
        return error.code, error.read().decode()


def table(folder: Path) -> Path:
    path = folder / "load.csv"
    hours = pd.date_range("2024-01-01", periods=90, freq="h").strftime("%Y-%m-%d %H:%M")
    pd.DataFrame({"time": hours, "load": [t % 24 for t in range(90)]}).to_csv(path, index=False)
    return path


@pytest.mark.slow
@pytest.mark.timeout(int(2 * SECONDS))
def test_mlflow_serves_models_with_uv(
    environment: dict[str, str],
    own_tasks: Path,  # noqa: F811
    tmp_path: Path,
) -> None:
    path = table(tmp_path)
    task = SeriesConfig(path=str(path), time="time", targets=("load",), context=8, horizon=3)
    folder, _ = saved(task, tmp_path / "series")
    echo, expected = saved(family("own_tasks.echo:Echo").config(), tmp_path / "echo")
    (away := tmp_path / "away").mkdir()
    mlflow = ["mlflow", "models", "serve", "--env-manager", "uv", "--host", "127.0.0.1"]
    port = free_port()
    with served([*mlflow, "-m", folder, "--port", str(port)], port, environment, away) as address:
        (made,) = Path(environment["MLFLOW_ENV_ROOT"]).glob("mlflow-*")
        names = {one.name for one in (made / "lib").glob("python*/site-packages/*")}
        assert names.isdisjoint({"rnnsearch", "ray", "optuna", "numba"})
        with urllib.request.urlopen(f"{address}/version", timeout=60) as answer:
            assert re.fullmatch(r"\d+\.\d+\.\d+", answer.read().decode().strip())
        status, text = posted(address, path.read_text(), "text/csv")
        assert status == 200, text
        rows = json.loads(text)["predictions"]
        assert [row["time"] for row in rows] == [f"2024-01-04 {hour}:00" for hour in (18, 19, 20)]
        records = pd.read_csv(path).to_dict(orient="records")
        again = posted(address, json.dumps({"dataframe_records": records[::-1]}))
        assert json.loads(again[1])["predictions"] == rows
        status, text = posted(address, "time,power\n2024-01-01 00:00,1\n", "text/csv")
        assert status == 400
        assert "the rows have no column 'load'" in json.loads(text)["message"]
    port = free_port()
    with served([*mlflow, "-m", echo, "--port", str(port)], port, environment, away) as address:
        example = json.loads((Path(echo) / "serving_input_example.json").read_text())
        status, text = posted(address, json.dumps(example))
        assert status == 200, text
        for row, other in zip(json.loads(text)["predictions"][0], expected[0], strict=True):  # type: ignore[index]
            assert row == pytest.approx(other, rel=1e-5)


@pytest.mark.slow
@pytest.mark.timeout(int(2 * SECONDS))
def test_the_steps_of_mlflows_dockerfile_serve_a_model(
    environment: dict[str, str], tmp_path: Path
) -> None:
    path = table(tmp_path)
    task = SeriesConfig(path=str(path), time="time", targets=("load",), context=8, horizon=3)
    folder, _ = saved(task, tmp_path / "series")
    out = tmp_path / "image"
    run("mlflow", "models", "generate-dockerfile", "-m", folder, "-d", out, env=environment)
    steps = (out / "Dockerfile").read_text()
    copied = re.search(r"^COPY (\S+) /opt/ml/model$", steps, re.MULTILINE)
    assert copied is not None, steps
    place = shutil.copytree(out / copied[1], tmp_path / "opt" / "model")
    run(sys.executable, "-m", "venv", tmp_path / "venv")
    path_of_venv = os.pathsep.join([str(tmp_path / "venv" / "bin"), environment["PATH"]])
    env = {**environment, "PATH": path_of_venv}
    for step in re.findall(r"^RUN ((?:pip install|python -c) .*)$", steps, re.MULTILINE):
        run("bash", "-c", step.replace("/opt/ml/model", str(place)), env=env)
    entry = re.search(r"^ENTRYPOINT (.*)$", steps, re.MULTILINE)
    assert entry is not None, steps
    python, dash, code = json.loads(entry[1])
    port = free_port()
    # the image has the model and the port at places of its own, and nginx before the server
    here = f"import mlflow.models.container as C; C.MODEL_PATH = {str(place)!r}; "
    here += f"C.DEFAULT_INFERENCE_SERVER_PORT = {port}; "
    env |= {"MLFLOW_DISABLE_ENV_CREATION": "True", "DISABLE_NGINX": "true"}
    words = ["bash", "-c", f"exec {python} {dash} {shlex.quote(here + code)}"]
    env["MLFLOW_MODELS_WORKERS"] = "1"
    (away := tmp_path / "away").mkdir()
    with served(words, port, env, away) as address:
        status, text = posted(address, path.read_text(), "text/csv")
        assert status == 200, text
        assert len(json.loads(text)["predictions"]) == 3
