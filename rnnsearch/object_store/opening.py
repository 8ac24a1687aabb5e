"""The file systems of pyarrow behind object stores, set up as the environment says.

Credentials are never read here: the libraries of the stores look for them themselves, in the
environment, in the files of their own tools, and at the machine's role.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from functools import cache
from typing import Any

from rnnsearch.object_store.address import StoreAddress

CONNECT_SECONDS = 5.0
SILENT_SECONDS = 5.0
"""How long a connection may stand still before it counts as lost."""
ATTEMPTS = 2
"""How often the store's own library asks, for a lost packet or a busy moment. A store that accepts
connections and never answers holds up a write for 25 s with these (measured)."""


def opened(address: StoreAddress) -> Any:
    """The file system that holds a folder, by its scheme; nothing is asked of the store yet."""
    return _OPENERS[address.scheme](address.bucket)


def endpoint() -> str:
    """Where S3 is asked, by the environment; empty for Amazon's own."""
    return os.environ.get("AWS_ENDPOINT_URL_S3") or os.environ.get("AWS_ENDPOINT_URL", "")


def _s3(bucket: str) -> Any:
    region = os.environ.get("AWS_REGION") or os.environ.get("AWS_DEFAULT_REGION", "")
    return _s3_at(bucket, endpoint(), region)


@cache
def _s3_at(bucket: str, url: str, region: str) -> Any:
    """One for a process: it holds the connections."""
    from pyarrow import fs

    if not region and not url:
        # Amazon tells where a bucket lies to anybody; a store behind an endpoint has no regions.
        try:
            region = fs.resolve_s3_region(bucket)
        except OSError:
            region = ""  # what follows says why the store cannot be used
    return fs.S3FileSystem(
        endpoint_override=url or None,
        region=region or None,
        connect_timeout=CONNECT_SECONDS,
        request_timeout=SILENT_SECONDS,
        retry_strategy=fs.AwsStandardS3RetryStrategy(max_attempts=ATTEMPTS),
        allow_delayed_open=True,  # a small file is one request, not three
    )


@cache
def _gs(bucket: str) -> Any:
    from datetime import timedelta

    from pyarrow import fs

    return fs.GcsFileSystem(retry_time_limit=timedelta(seconds=SILENT_SECONDS))


_OPENERS: dict[str, Callable[[str], Any]] = {"s3": _s3, "gs": _gs}
