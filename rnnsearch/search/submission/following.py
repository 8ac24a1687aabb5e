"""Follows the log of a job to its end, over connections that break."""

from __future__ import annotations

import time
from collections.abc import Callable

from rnnsearch.errors import ClusterError
from rnnsearch.search.submission.server import ForgottenJobError, JobsServer, LostLogError

PATIENCE_SECONDS = 60.0
"""How long a server may stay away; the job is not asked to end after that either."""
RETRY_SECONDS = 2.0


def follow(
    server: JobsServer,
    job_id: str,
    write: Callable[[str], object],
    lost: Callable[[str], object],
    *,
    patience: float | None = None,
    clock: Callable[[], float] = time.monotonic,
    sleep: Callable[[float], object] = time.sleep,
) -> None:
    """Write the log of a job as it grows, each piece once, until the job has ended.

    A log that breaks off is asked for again from its beginning, and what was written is passed
    over.

    Args:
        lost: Called with the reason when the connection broke, once until it is back.
        patience: For how long to try to come back; None for `PATIENCE_SECONDS`.

    Raises:
        LostLogError: The server stayed away for longer. Nothing is known of the job then.
        ForgottenJobError: The head was started anew, and the job is gone.
    """
    written = 0
    silent_since: float | None = None
    while True:
        skip = written
        try:
            for chunk in server.log(job_id):
                silent_since = None
                fresh = chunk[skip:]
                skip = max(0, skip - len(chunk))
                written += len(fresh)
                if fresh:
                    write(fresh)
            if server.job(job_id).ended:
                return
            reason = f"the log of {job_id} broke off"
        except ForgottenJobError:
            raise
        except ClusterError as error:
            reason = str(error)
        _ask_for(server, job_id)
        now = clock()
        if silent_since is None:
            silent_since = now
            lost(reason.partition("\n")[0])
        if now - silent_since >= (PATIENCE_SECONDS if patience is None else patience):
            raise LostLogError(reason.partition("\n")[0])
        sleep(RETRY_SECONDS)


def _ask_for(server: JobsServer, job_id: str) -> None:
    """Find out whether the server still knows a job; raises ForgottenJobError where it does not."""
    try:
        server.job(job_id)
    except ForgottenJobError:
        raise
    except ClusterError:
        return  # it does not answer at all, which the next attempt finds out too
