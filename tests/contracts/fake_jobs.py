"""A Jobs server on paper, in the place of Ray's client."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from types import SimpleNamespace
from typing import Any

from rnnsearch.search.submission.server import JobsServer

RAY_VERSION = "2.60.0"


class FakeClient:
    """Keeps jobs in a list, and breaks where it is told to.

    Attributes:
        sent: The requests of `submit_job`.
        logs: What each call of `tail_job_logs` gives; an exception is raised in its place.
        away: Whether nothing is told of jobs, since the server is away.
    """

    def __init__(self) -> None:
        self.sent: list[dict[str, Any]] = []
        self.jobs: list[SimpleNamespace] = []
        self.logs: list[list[str | Exception | Callable[[], object]]] = []
        self.stopped: list[str] = []
        self.away = False

    def add(self, job_id: str, state: str = "RUNNING", **more: Any) -> SimpleNamespace:
        job = SimpleNamespace(
            submission_id=job_id,
            status=state,
            message=None,
            driver_exit_code=None,
            start_time=1_000 * (len(self.jobs) + 1),
            metadata={},
        )
        vars(job).update(more)
        self.jobs.append(job)
        return job

    def submit_job(self, **request: Any) -> str:
        self.sent.append(request)
        self.add(request["submission_id"], metadata=request["metadata"])
        return str(request["submission_id"])

    def stop_job(self, job_id: str) -> bool:
        self.stopped.append(job_id)
        job = self.get_job_info(job_id)
        running = job.status == "RUNNING"
        job.status = "STOPPED" if running else job.status
        return running

    def list_jobs(self) -> list[Any]:
        return list(self.jobs)

    def get_job_info(self, job_id: str) -> Any:
        if self.away:
            raise ConnectionError("refused")
        for job in self.jobs:
            if job.submission_id == job_id:
                return job
        raise RuntimeError(f"Request failed with status code 404: Job {job_id} does not exist.")

    def get_job_logs(self, job_id: str) -> str:
        return "".join(one for one in self.logs[0] if isinstance(one, str))

    async def tail_job_logs(self, job_id: str) -> AsyncIterator[str]:
        for piece in self.logs.pop(0):
            if isinstance(piece, Exception):
                raise piece
            if callable(piece):
                piece()
            else:
                yield piece


def server(client: FakeClient, address: str | None = "http://head:8265") -> JobsServer:
    return JobsServer(address, lambda _: (client, RAY_VERSION))
