"""Images and the compose file: what goes in, who runs it, and where secrets are."""

from __future__ import annotations

import json
import re
import shutil
import stat
import subprocess
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

ROOT = Path(__file__).parents[3]
DEPLOY = ROOT / "deploy"
SECRETS = {
    "aws_credentials",
    "pgpass",
    "postgres_password",
    "ray_auth_token",
    "s3.json",
    "s3_secret",
}


def stages() -> dict[str, list[str]]:
    """The instructions of each stage of the Dockerfile, those of the ones before included."""
    text = re.sub(r"^ *#.*\n", "", (DEPLOY / "Dockerfile").read_text(), flags=re.MULTILINE)
    found: dict[str, list[str]] = {}
    lines: list[str] = []
    for line in text.replace("\\\n", " ").splitlines():
        if match := re.fullmatch(r"FROM (\S+) AS (\S+)", line):
            lines = found[match[2]] = list(found.get(match[1], []))
        elif line.strip():
            lines.append(line.strip())
    return found


def test_every_image_runs_as_a_user_and_asks_for_the_token() -> None:
    assert set(stages()) == {"base", "cpu", "gpu", "mlflow"}
    for name in ("cpu", "gpu", "mlflow"):
        users = [line.split()[1] for line in stages()[name] if line.startswith("USER ")]
        assert users[-1] == "rnnsearch"
        assert any("RAY_AUTH_MODE=token" in line for line in stages()[name])


def test_what_is_copied_is_there_and_reaches_the_build() -> None:
    ignored = (DEPLOY / "Dockerfile.dockerignore").read_text().splitlines()
    assert ignored[1] == "*"
    for line in stages()["base"]:
        if line.startswith("COPY "):
            for name in line.split()[1:-1]:
                assert (ROOT / name).exists()
                assert f"!{name}" in ignored
    assert {"deploy/secrets", "deploy/.env"} <= set(ignored)


@pytest.fixture
def copied(tmp_path: Path) -> Path:
    """The folder `deploy` with its secrets made."""
    folder = tmp_path / "deploy"
    folder.mkdir()
    for name in ("compose.yaml", "make_secrets.sh", "make_ledgers.sql"):
        shutil.copy(DEPLOY / name, folder)
    subprocess.run(["bash", str(folder / "make_secrets.sh")], check=True)
    return folder


def test_secrets_are_for_their_owner_alone_and_stay(copied: Path) -> None:
    before = {path.name: path.read_text() for path in (copied / "secrets").iterdir()}
    assert set(before) == SECRETS
    assert stat.S_IMODE((copied / "secrets").stat().st_mode) == 0o700
    for path in (copied / "secrets").iterdir():
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert len(before["ray_auth_token"]) == 64
    assert before["pgpass"] == f"postgres:5432:*:mlflow:{before['postgres_password']}"
    [identity] = json.loads(before["s3.json"])["identities"]
    assert identity["credentials"][0]["secretKey"] == before["s3_secret"]
    subprocess.run(["bash", str(copied / "make_secrets.sh")], check=True)
    assert before == {path.name: path.read_text() for path in (copied / "secrets").iterdir()}


def services() -> dict[str, dict[str, Any]]:
    read = YAML(typ="safe").load((DEPLOY / "compose.yaml").read_text())
    found: dict[str, dict[str, Any]] = read["services"]
    return found


def test_nothing_listens_beyond_this_machine() -> None:
    ports = [port for one in services().values() for port in one.get("ports", ())]
    assert ports == ["127.0.0.1:8265:8265", "127.0.0.1:5000:5000"]
    for one in services().values():
        assert one["security_opt"] == ["no-new-privileges:true"]
    for name in ("head", "worker"):
        variables = services()[name]["environment"]
        assert variables["RAY_AUTH_MODE"] == "token"
        assert variables["RAY_AUTH_TOKEN_PATH"] == "/run/secrets/ray_auth_token"


def test_no_secret_is_in_a_variable_or_a_command() -> None:
    for one in services().values():
        for name, value in one.get("environment", {}).items():
            secret = re.search("PASS|SECRET|TOKEN|KEY", name)
            assert not secret or str(value).startswith("/run/secrets/"), name
        assert not re.search(r"://[^\s/@]+:[^\s/@]+@", str(one.get("command")))


@pytest.mark.slow
def test_docker_compose_takes_the_file(copied: Path) -> None:
    if shutil.which("docker-compose") is None:
        pytest.skip("needs docker-compose (Debian: docker-compose)")
    done = subprocess.run(
        ["docker-compose", "-f", str(copied / "compose.yaml"), "config"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    resolved = YAML(typ="safe").load(done.stdout)
    assert set(resolved["services"]) == set(services())
    for one in resolved["secrets"].values():
        assert Path(one["file"]).is_file()
    user = (copied / ".env").read_text().split()[0].partition("=")[2]
    assert resolved["services"]["head"]["user"].startswith(f"{user}:")
