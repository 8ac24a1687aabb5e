"""Follows a job to its end, with its log or without, over connections that break."""

from __future__ import annotations

import time
from collections.abc import Callable

from rnnsearch.errors import ClusterError
from rnnsearch.search.submission.server import (
    ForgottenJobError,
    Job,
    JobsServer,
    LostLogError,
)

PATIENCE_SECONDS = 60.0
"""How long a server may stay away; the job is not asked to end after that either."""
RETRY_SECONDS = 2.0
POLL_SECONDS = 1.0
"""How often a server is asked whether a job has ended."""


def follow(
    server: JobsServer,
    job_id: str,
    write: Callable[[str], object],
    lost: Callable[[str], object],
    *,
    patience: float | None = None,
    clock: Callable[[], float] = time.monotonic,
    sleep: Callable[[float], object] = time.sleep,
) -> Job:
    """Write the log of a job as it grows, each piece once; returns the job once it has ended.

    A log that breaks off is asked for again from its beginning, and what was written is passed
    over. One that says nothing yet may break off as often as it likes (a proxy ends what is
    silent), for as long as the server says that the job goes on.

    Args:
        lost: Called with the reason when the connection broke, once until it is back.
        patience: For how long to try to come back; None for `PATIENCE_SECONDS`.

    Raises:
        LostLogError: The server stayed away for longer. Nothing is known of the job then.
        ForgottenJobError: The head was started anew, and the job is gone.
    """
    written = 0
    silent_since: float | None = None
    told = False
    while True:
        skip = written
        try:
            for chunk in server.log(job_id):
                silent_since, told = None, False
                fresh = chunk[skip:]
                skip = max(0, skip - len(chunk))
                written += len(fresh)
                if fresh:
                    write(fresh)
            job = server.job(job_id)
            if job.ended:
                return job
            reason = f"the log of {job_id} broke off"
        except ForgottenJobError:
            raise
        except ClusterError as error:
            reason = str(error)
        goes_on = _goes_on(server, job_id)
        now = clock()
        if not told:
            told = True
            lost(reason.partition("\n")[0])
        if silent_since is None or goes_on:
            silent_since = now
        if now - silent_since >= (PATIENCE_SECONDS if patience is None else patience):
            raise LostLogError(reason.partition("\n")[0])
        sleep(RETRY_SECONDS)


def ended(
    server: JobsServer,
    job_id: str,
    *,
    clock: Callable[[], float] = time.monotonic,
    sleep: Callable[[float], object] = time.sleep,
) -> Job:
    """Wait until a job has ended, and return it, though the server be away for a while.

    Raises:
        ClusterError: It stayed away for `PATIENCE_SECONDS`.
        ForgottenJobError: The head was started anew, and the job is gone.
    """
    answered = clock()
    while True:
        try:
            job = server.job(job_id)
        except ForgottenJobError:
            raise
        except ClusterError:
            if clock() - answered >= PATIENCE_SECONDS:
                raise
        else:
            answered = clock()
            if job.ended:
                return job
        sleep(POLL_SECONDS)


def _goes_on(server: JobsServer, job_id: str) -> bool:
    """Whether the server says that a job has not ended; raises ForgottenJobError where it knows
    none."""
    try:
        return not server.job(job_id).ended
    except ForgottenJobError:
        raise
    except ClusterError:
        return False  # it does not answer at all, which the next attempt finds out too
