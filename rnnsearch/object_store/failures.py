"""What object stores answer when they refuse, or do not answer at all, in words with a remedy."""

from __future__ import annotations

import os
import re
from pathlib import Path

from rnnsearch.errors import StorageError, StoreAwayError
from rnnsearch.object_store.address import StoreAddress
from rnnsearch.object_store.opening import endpoint
from rnnsearch.redaction import redacted, redactor

_AWAY = re.compile(
    r"NETWORK_CONNECTION|SLOW_DOWN|SERVICE_UNAVAILABLE|INTERNAL_FAILURE|REQUEST_TIMEOUT|THROTTLING"
    r"|HTTP status (5\d\d|408|429)|curlCode|kUnavailable|kDeadlineExceeded|UNAVAILABLE|timed? ?out",
    re.IGNORECASE,
)
_NO_BUCKET = re.compile(r"NO_SUCH_BUCKET|bucket does not exist", re.IGNORECASE)
_REFUSED = re.compile(
    r"ACCESS_DENIED|INVALID_ACCESS_KEY|SIGNATURE|TOKEN|UNRECOGNIZED_CLIENT|MISSING_AUTH"
    r"|HTTP status 40[13]|kPermissionDenied|kUnauthenticated|credentials",
    re.IGNORECASE,
)
_ELSEWHERE = re.compile(r"HTTP status 301|PermanentRedirect|AuthorizationHeaderMalformed", re.I)


def is_missing(error: OSError) -> bool:
    """Whether an error of pyarrow says that there is no file of that name."""
    return isinstance(error, FileNotFoundError) or "NO_SUCH_KEY" in str(error)


_AWS_VARIABLES = (
    "AWS_ACCESS_KEY_ID",
    "AWS_PROFILE",
    "AWS_SHARED_CREDENTIALS_FILE",
    "AWS_WEB_IDENTITY_TOKEN_FILE",
)
"""That any of them is set says that there are credentials, if not the right ones."""


def in_words(error: OSError, address: StoreAddress) -> StorageError:
    """What an error of pyarrow means for the user of a folder."""
    text = redactor(endpoint())(str(error))
    if _NO_BUCKET.search(text):
        return StorageError(
            f"There is no bucket {address.bucket} for {address}. Make it there first, or mend its "
            "name in --storage."
        )
    if _ELSEWHERE.search(text):
        return StorageError(
            f"The bucket of {address} lies in another region. Set AWS_REGION to it. ({text})"
        )
    if _AWAY.search(text):
        return StoreAwayError(
            f"The object store of {address}{_at(address)} does not answer. Look whether it "
            f"runs, and whether this machine has a route to it. ({text})"
        )
    if _REFUSED.search(text):
        return StorageError(
            f"The object store refuses {address}. {_CREDENTIALS[address.scheme]()} ({text})"
        )
    return StorageError(f"The object store cannot be used for {address}: {text}")


def _at(address: StoreAddress) -> str:
    url = endpoint()
    return f" at {redacted(url)}" if url and address.scheme == "s3" else ""


def _aws() -> str:
    named = any(os.environ.get(name) for name in _AWS_VARIABLES)
    known = named or Path("~/.aws/credentials").expanduser().exists()
    here = "" if known else " There are none here: AWS_ACCESS_KEY_ID is not set."
    return (
        f"It wants credentials that may read, write, list and remove there.{here} Set "
        "AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY where Ray is started on every node, or give "
        "the machines a role."
    )


def _google() -> str:
    return (
        "Set GOOGLE_APPLICATION_CREDENTIALS, where Ray is started on every node, to a file of "
        "credentials that may read, write, list and remove there, or give the machines a service "
        "account."
    )


_CREDENTIALS = {"s3": _aws, "gs": _google}
