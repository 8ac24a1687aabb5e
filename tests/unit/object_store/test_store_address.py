from __future__ import annotations

import pytest

from rnnsearch.errors import StorageError
from rnnsearch.object_store.address import StoreAddress, is_object_store


@pytest.mark.parametrize("text", ["s3://b/f", "gs://b", "S3://b/f", "s3://key:secret@b/f", "s3://"])
def test_what_is_an_object_store(text: str) -> None:
    assert is_object_store(text)


@pytest.mark.parametrize(
    "text", ["studies", "/s3/b", "s3:/b", "file:///s3", "https://b/s3://x", ""]
)
def test_what_is_none(text: str) -> None:
    assert not is_object_store(text)


@pytest.mark.parametrize(
    ("text", "whole", "path"),
    [
        ("s3://bucket/a/b", "s3://bucket/a/b", "bucket/a/b"),
        ("S3://bucket//a/b//", "s3://bucket/a/b", "bucket/a/b"),
        ("gs://bucket/", "gs://bucket", "bucket"),
        ("s3://bucket/a b+c@d", "s3://bucket/a b+c@d", "bucket/a b+c@d"),
    ],
)
def test_an_address_is_read(text: str, whole: str, path: str) -> None:
    address = StoreAddress.of(text)
    assert (str(address), address.path) == (whole, path)
    assert StoreAddress.of(str(address)) == address


def test_folders_below() -> None:
    assert str(StoreAddress.of("s3://b").joined("x", "", "y")) == "s3://b/x/y"
    assert str(StoreAddress.of("s3://b/f").joined("x")) == "s3://b/f/x"


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("s3://AKIA:Sesame@bucket/f", "holds a login or a query.*AWS_SECRET_ACCESS_KEY"),
        ("s3://bucket/f?secret_key=Sesame", "holds a login or a query"),
        ("gs://Sesame@bucket/f", "GOOGLE_APPLICATION_CREDENTIALS"),
        ("s3://", "names no bucket"),
        ("s3:///f", "names no bucket"),
        ("s3://-x/f", "names no bucket"),
        ("s3://b/../f", "are no names"),
        ("s3://b/a%20b", "are no names"),
        ("/folder", "no address in an object store. Write it as s3://"),
    ],
)
def test_what_an_address_may_not_be(text: str, why: str) -> None:
    with pytest.raises(StorageError, match=why) as refused:
        StoreAddress.of(text)
    assert ":Sesame" not in str(refused.value)
    assert "=Sesame" not in str(refused.value)
