"""The Jobs server of a Ray cluster, asked over HTTP, with errors that say what to do."""

from __future__ import annotations

import asyncio
import logging
import os
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Protocol
from urllib.parse import urlsplit

from rnnsearch.errors import ClusterError, InputError
from rnnsearch.search.tune.cluster import CONNECT_SECONDS, set_switches
from rnnsearch.search.tune.head_watch import connect

DEFAULT_ADDRESS = "http://127.0.0.1:8265"
VARIABLES = ("RAY_API_SERVER_ADDRESS", "RAY_ADDRESS")
"""Ray's client takes the address from these, even where it is given another one."""
PORT = 8265
STOPPED_STATUS = 143
"""The exit status of a study that SIGTERM ends, which is how a job is stopped."""


class LostLogError(ClusterError):
    """The connection to the log of a job broke; the job knows nothing of it."""


class ForgottenJobError(ClusterError):
    """The server answers, and knows no such job: its head was started anew since."""


@dataclass(frozen=True)
class Job:
    """A job as the server tells of it.

    Attributes:
        state: PENDING, RUNNING, SUCCEEDED, FAILED or STOPPED.
        message: What the server says of the state.
        exit_code: That of the driver; None while it runs, or where it never started.
        started: When, in seconds since 1970; None where that is not known.
        study: The name of the study that was submitted; empty of other jobs.
        storage: Its storage folder on the cluster.
    """

    id: str
    state: str
    message: str
    exit_code: int | None
    started: float | None
    study: str
    storage: str

    @property
    def ended(self) -> bool:
        return self.state in ("SUCCEEDED", "FAILED", "STOPPED")

    @property
    def status(self) -> int:
        """The exit status with which a command that followed it to its end ends too."""
        if self.state in ("FAILED", "STOPPED"):
            code = self.exit_code or (1 if self.state == "FAILED" else STOPPED_STATUS)
            return code if code > 0 else 128 - code  # a signal that ended it
        return 0


class Client(Protocol):
    """What is used of Ray's `JobSubmissionClient`."""

    def submit_job(self, **request: Any) -> str: ...
    def stop_job(self, job_id: str) -> bool: ...
    def list_jobs(self) -> list[Any]: ...
    def get_job_info(self, job_id: str) -> Any: ...
    def get_job_logs(self, job_id: str) -> str: ...
    def tail_job_logs(self, job_id: str) -> AsyncIterator[str]: ...


class JobsServer:
    """The Jobs server at an address.

    Args:
        address: Of the dashboard, such as `http://head:8265`; None takes it from the environment,
            else this machine's.
        client: Connects to a server; it gives Ray's client and the version of Ray there.

    Raises:
        ClusterError: There is none, it refuses us, or its Ray is another one than ours.
        InputError: The address is none.
    """

    def __init__(
        self, address: str | None, client: Callable[[str], tuple[Client, str]] | None = None
    ) -> None:
        self.address = jobs_address(address, os.environ)
        with self._asking():
            self._client, version = (client or _ray_client)(self.address)
        _check_version(version, self.address)

    def submit(
        self, job_id: str, entrypoint: str, runtime_env: Mapping[str, Any], study: Mapping[str, str]
    ) -> Job:
        """Send a job; returns it, which has not begun, once the server has it."""
        try:
            with self._asking():
                self._client.submit_job(
                    entrypoint=entrypoint,
                    submission_id=job_id,
                    runtime_env=dict(runtime_env),
                    metadata=dict(study),
                )
        except ClusterError as error:
            # Where the connection broke, perhaps only the answer was lost.
            if not isinstance(error.__cause__, OSError) or not self._has(job_id):
                raise
        storage = study.get("storage", "")
        return Job(job_id, "PENDING", "", None, None, study.get("study", ""), storage)

    def _has(self, job_id: str) -> bool:
        """Whether the server says that it has a job."""
        try:
            self.job(job_id)
        except ClusterError:
            return False
        return True

    def jobs(self) -> list[Job]:
        """All jobs that were submitted, the latest first."""
        with self._asking():
            details = [one for one in self._client.list_jobs() if one.submission_id]
        return sorted(map(_job, details), key=lambda one: one.started or 0.0, reverse=True)

    def find(self, name: str) -> Job:
        """The job of this id, or the latest of a study of this name.

        Raises:
            InputError: There is none; the text lists those that there are.
        """
        jobs = self.jobs()
        for job in jobs:
            if job.id == name:
                return job
        for job in jobs:
            if job.study == name:
                return job
        ours = [f"{one.id} (study {one.study})" for one in jobs if one.study][:10]
        there = f"There are: {', '.join(ours)}." if ours else "No study was submitted there."
        raise InputError(
            f"no job and no study {name!r} at {self.address}. {there} A head that was restarted "
            "forgets its jobs; the studies are in their storage."
        )

    def job(self, job_id: str) -> Job:
        with self._asking():
            return _job(self._client.get_job_info(job_id))

    def stop(self, job_id: str) -> bool:
        """Ask a job to end; whether it was running."""
        with self._asking():
            return bool(self._client.stop_job(job_id))

    def log_now(self, job_id: str) -> str:
        """The log of a job as far as it is written."""
        with self._asking():
            return str(self._client.get_job_logs(job_id))

    def log(self, job_id: str) -> Iterator[str]:
        """The log of a job from its beginning, in pieces as they come, until the job ends.

        Raises:
            LostLogError: The connection broke before that.
        """
        chunks = self._client.tail_job_logs(job_id)

        async def following() -> str | None:
            async for chunk in chunks:
                return chunk
            return None

        with asyncio.Runner() as runner:
            while True:
                try:
                    chunk = runner.run(following())
                except _broken() as error:
                    text = f"the connection to the log of {job_id} broke: {error}"
                    raise LostLogError(text) from error
                if chunk is None:
                    return
                yield chunk

    @contextmanager
    def _asking(self) -> Iterator[None]:
        from ray.exceptions import AuthenticationError

        try:
            yield
        except AuthenticationError as error:
            raise ClusterError(
                f"the Jobs server at {self.address} refuses us: the authentication token is "
                "missing or wrong.\nSet RAY_AUTH_MODE=token, and RAY_AUTH_TOKEN_PATH to a copy of "
                "the head node's ~/.ray/auth_token that only you can read (chmod 600)."
            ) from error
        except (OSError, ValueError) as error:
            raise ClusterError(_nobody(self.address, error)) from error
        except RuntimeError as error:
            if "status code 404" in str(error):
                raise ForgottenJobError(
                    f"the head at {self.address} was started anew and has forgotten the job, which "
                    "ended with the old one"
                ) from error
            raise ClusterError(f"the Jobs server at {self.address}: {_first(error)}") from error


def jobs_address(given: str | None, environment: Mapping[str, str]) -> str:
    """The address of a Jobs server, as `http://HOST:PORT`.

    Raises:
        InputError: It is that of something else.
    """
    named = next(((name, environment[name]) for name in VARIABLES if environment.get(name)), None)
    source, address = ("--address", given) if given else named or ("", DEFAULT_ADDRESS)
    parts = urlsplit(address)
    if parts.scheme in ("http", "https") and parts.hostname:
        return address.rstrip("/")
    host = address.rpartition("://")[2].partition(":")[0]
    like = f"http://{host if host not in ('', 'auto', 'local') else '127.0.0.1'}:{PORT}"
    raise InputError(
        f"{source} {address} is no address of a Jobs server. Give that of the dashboard: "
        f"--address {like}"
    )


def _ray_client(address: str) -> tuple[Client, str]:
    """Ray's own client, and the version of Ray that answers it."""
    set_switches()
    parts = urlsplit(address)
    port = parts.port or (443 if parts.scheme == "https" else 80)
    connect(f"{parts.hostname}:{port}", CONNECT_SECONDS)
    from ray.job_submission import JobSubmissionClient

    logging.getLogger("ray.dashboard").setLevel(logging.WARNING)
    for name in (
        "ray.dashboard.modules.dashboard_sdk",
        "ray.dashboard.modules.job.sdk",
        "ray._private.runtime_env.packaging",
    ):
        logging.getLogger(name).setLevel(logging.WARNING)
    # What is sent was chosen file by file, so no .gitignore among the files has a say.
    os.environ["RAY_RUNTIME_ENV_IGNORE_GITIGNORE"] = "1"
    before = {name: os.environ.pop(name) for name in VARIABLES if name in os.environ}
    try:
        client = JobSubmissionClient(address)
    finally:
        os.environ.update(before)
    return client, str(client._server_ray_version)


def _check_version(theirs: str, address: str) -> None:
    """Raises ClusterError where the driver would meet a Ray that it is not made for."""
    from importlib.metadata import version

    ours = version("ray")
    if theirs.split(".")[:2] != ours.split(".")[:2]:
        raise ClusterError(
            f"Ray {theirs} runs at {address}, and this rnnsearch is made for Ray {ours}, whose "
            "code would run there.\nInstall the same on all nodes and start them again: "
            f'pip install "ray[default,tune]=={ours}"'
        )


def _broken() -> tuple[type[Exception], ...]:
    """What a connection to a log raises when it breaks."""
    import aiohttp

    return (aiohttp.ClientError, OSError, RuntimeError)


def _nobody(address: str, error: Exception) -> str:
    return (
        f"no Jobs server answers at {address}: {_first(error)}.\n"
        "Give the address of the head's dashboard (port 8265 by default). Where it listens on the "
        "head's own loopback alone, as it should, bring the port here first: "
        "ssh -N -L 8265:127.0.0.1:8265 HEAD"
    )


def _first(error: Exception) -> str:
    lines = str(error).strip().splitlines()
    return lines[0].rstrip(".") if lines else type(error).__name__


def _job(details: Any) -> Job:
    notes = details.metadata or {}
    return Job(
        id=str(details.submission_id),
        state=str(getattr(details.status, "value", details.status)),
        message=str(details.message or ""),
        exit_code=details.driver_exit_code,
        started=None if details.start_time is None else details.start_time / 1000,
        study=notes.get("study", ""),
        storage=notes.get("storage", ""),
    )
