"""Addresses of folders in object stores, such as `s3://bucket/folder`."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from urllib.parse import unquote

from rnnsearch.errors import StorageError
from rnnsearch.redaction import redacted

_SCHEME = re.compile(r"^(?P<scheme>s3|gs)://(?P<rest>.*)$", re.IGNORECASE | re.DOTALL)
_BUCKET = re.compile(r"^[A-Za-z0-9][A-Za-z0-9._-]*$")


def is_object_store(text: str) -> bool:
    """Whether a text is an address in an object store, sound or not."""
    return _SCHEME.match(text) is not None


@dataclass(frozen=True, slots=True)
class StoreAddress:
    """The place of a folder in an object store; it holds no secret.

    Attributes:
        scheme: `s3` or `gs`.
        folder: Names joined by slashes; empty for the bucket itself.
    """

    scheme: str
    bucket: str
    folder: str = ""

    @classmethod
    def of(cls, text: str) -> StoreAddress:
        """Read an address.

        Raises:
            StorageError: It is none, or holds a login or a query.
        """
        match = _SCHEME.match(text)
        if match is None:
            raise StorageError(
                f"{redacted(text)} is no address in an object store. "
                "Write it as s3://BUCKET/FOLDER or gs://BUCKET/FOLDER."
            )
        scheme, rest = match["scheme"].lower(), match["rest"]
        if "@" in rest.partition("/")[0] or "?" in rest or "#" in rest:
            raise StorageError(
                f"{redacted(text)} holds a login or a query, which an address may not: it is kept "
                f"in files. {_WHERE_SECRETS[scheme]}"
            )
        bucket, _, path = rest.partition("/")
        if not _BUCKET.match(bucket):
            raise StorageError(
                f"{text} names no bucket. Write {scheme}://BUCKET/FOLDER; a bucket is named by "
                "letters, digits, dots and dashes."
            )
        names = [name for name in path.split("/") if name]
        if any(name in (".", "..") for name in names) or unquote(path) != path:
            raise StorageError(
                f"{text}: `.`, `..` and names quoted with % are no names in an object store. "
                f"Write the folder as it is called there, such as {scheme}://{bucket}/studies."
            )
        return cls(scheme, bucket, "/".join(names))

    def __str__(self) -> str:
        return f"{self.scheme}://{self.path}"

    @property
    def path(self) -> str:
        """Bucket and folder, as pyarrow names them."""
        return f"{self.bucket}/{self.folder}" if self.folder else self.bucket

    def joined(self, *names: str) -> StoreAddress:
        """A folder below this one."""
        return replace(self, folder="/".join(one for one in (self.folder, *names) if one))


_WHERE_SECRETS = {
    "s3": "Set AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, AWS_ENDPOINT_URL and AWS_REGION instead.",
    "gs": "Set GOOGLE_APPLICATION_CREDENTIALS to a file of credentials instead.",
}
