"""Folders in a real S3 server, with its refusals and outages."""

from __future__ import annotations

import os
import pickle
import subprocess
import sys
import threading
from collections.abc import Iterator
from itertools import count
from pathlib import Path

import pytest

from rnnsearch.errors import StorageError, StoreAwayError
from rnnsearch.object_store.folder import ObjectFolder
from tests.contracts.object_folders import ObjectFolderContract
from tests.contracts.s3 import BUCKET, KEY, S3, SECRET, served

_numbers = count()


@pytest.fixture(scope="module")
def server() -> Iterator[S3]:
    with served() as running:
        yield running


@pytest.fixture
def folder(server: S3, monkeypatch: pytest.MonkeyPatch) -> ObjectFolder:
    for name, value in server.environment.items():
        monkeypatch.setenv(name, value)
    return ObjectFolder.at(f"s3://{BUCKET}/folder-{next(_numbers)}", patience=0.0)


class TestS3(ObjectFolderContract):
    """The fixture `folder` is that of the module."""

    def test_its_pickle_holds_no_credentials(self, folder: ObjectFolder) -> None:
        folder.write("a", b"x")  # with a connection, that is
        data = pickle.dumps(folder)
        assert not any(secret.encode() in data for secret in (KEY, SECRET))


def test_a_bucket_that_is_not_there(folder: ObjectFolder) -> None:
    with pytest.raises(StorageError, match=r"no bucket elsewhere.*Make it there"):
        ObjectFolder.at("s3://elsewhere/f", patience=0.0).check()


def test_a_key_that_is_not_known(folder: ObjectFolder, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIAUNKNOWN")
    with pytest.raises(StorageError, match=rf"refuses {folder}.*credentials") as refused:
        folder.check()
    assert SECRET not in str(refused.value)
    assert "none here" not in str(refused.value)


def test_no_key_at_all(folder: ObjectFolder, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("AWS_ACCESS_KEY_ID")
    monkeypatch.delenv("AWS_SECRET_ACCESS_KEY")
    monkeypatch.setenv("HOME", "/nowhere")
    with pytest.raises(StorageError, match=r"none here: AWS_ACCESS_KEY_ID is not set\. Set "):
        folder.check()


def test_a_file_of_credentials(folder: ObjectFolder, server: S3, tmp_path: Path) -> None:
    """Amazon's library looks for the file once, as the process first uses it."""
    file = tmp_path / "credentials"
    keys = f"aws_access_key_id = {KEY}\naws_secret_access_key = {SECRET}\n"
    file.write_text(f"[default]\n{keys}")
    code = (
        "import sys; from rnnsearch.object_store.folder import ObjectFolder; "
        "ObjectFolder.at(sys.argv[1], 0.0).check()"
    )
    environment = {**os.environ, **server.environment, "AWS_SHARED_CREDENTIALS_FILE": str(file)}
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        del environment[name]
    command = [sys.executable, "-c", code, str(folder)]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")


def test_a_server_that_is_away_is_said_to_be(folder: ObjectFolder, server: S3) -> None:
    folder.write("kept", b"x")
    server.stop()
    try:
        with pytest.raises(StoreAwayError, match=rf"at {server.url} does not answer. Look"):
            folder.read("kept")
    finally:
        server.start()
    assert folder.read("kept") == b"x"


def test_a_server_that_comes_back_is_waited_for(folder: ObjectFolder, server: S3) -> None:
    server.refusing = 503
    back = threading.Timer(0.3, lambda: setattr(server, "refusing", None))
    back.start()
    folder.waiting(60.0).write("late", b"x")
    back.join()
    assert folder.read("late") == b"x"


def test_a_refusal_is_not_waited_for(folder: ObjectFolder, server: S3) -> None:
    server.refusing = 403
    before = sum(server.count.values())
    try:
        with pytest.raises(StorageError, match="refuses") as refused:
            folder.waiting(60.0).write("a", b"x")
    finally:
        server.refusing = None
    assert not isinstance(refused.value, StoreAwayError)
    assert sum(server.count.values()) == before + 1
