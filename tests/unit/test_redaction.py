"""Secrets of a tracking URI are in nothing that is printed or kept."""

from __future__ import annotations

import io
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rnnsearch.redaction import (
    RedactedStream,
    has_secret,
    is_redacted,
    redacted,
    redactor,
)

ADDRESSES = {
    "http://ann:sesame5@host:5000/path": "http://ann:***@host:5000/path",
    "https://sesame5@host/path": "https://***@host/path",
    "postgresql+psycopg2://ann:sesame5@host/db?sslmode=require": (
        "postgresql+psycopg2://ann:***@host/db?sslmode=require"
    ),
    "postgresql://ann:ses/ame5?@x@host/db": "postgresql://ann:***@host/db",
    "mysql://host/db?user=ann&password=sesame5": "mysql://host/db?user=ann&password=***",
    "https://host/x?api_key=sesame5&a=b": "https://host/x?api_key=***&a=b",
    "https://host/x?Auth-Token=sesame5": "https://host/x?Auth-Token=***",
    "mssql+pyodbc:///?odbc_connect=UID%3Dann%3BPWD%3Dsesame5": "mssql+pyodbc:///?odbc_connect=***",
    "htp://ann:sesame5@host": "htp://ann:***@host",
}
OPEN = (
    "http://host:5000",
    "postgresql://ann@host/db",
    "sqlite:////home/ann:x@work/mlflow.db?timeout=3",
    "databricks",
    "databricks://profile",
)


@pytest.mark.parametrize(("uri", "shown"), ADDRESSES.items())
def test_the_secret_of_an_address_is_hidden(uri: str, shown: str) -> None:
    assert redacted(uri) == shown
    assert has_secret(uri)
    assert is_redacted(shown)
    assert redacted(shown) == shown
    assert uri not in redactor(uri, {})(f"cannot reach {uri}: refused")


@pytest.mark.parametrize("uri", OPEN)
def test_an_address_without_a_secret_stays(uri: str) -> None:
    assert redacted(uri) == uri
    assert not has_secret(uri)
    assert not is_redacted(uri)


@given(st.text(st.characters(min_codepoint=33, max_codepoint=0x17F), min_size=4, max_size=20))
def test_a_password_is_found_in_a_text_in_every_spelling(password: str) -> None:
    for spelt in (quote(password, safe=""), quote(password)):
        redact = redactor(f"postgresql://ann:{spelt}@host/db", {})
        for said in (password, spelt, repr(password)[1:-1], f"postgresql://ann:{spelt}@host/db"):
            told = redact(f"<{said}>")
            assert told in ("<***>", "<postgresql://ann:***@host/db>")


def test_a_password_with_a_question_mark_is_found_in_a_text() -> None:
    assert redactor("postgresql://ann:ses?ame5@host/db", {})("<ses?ame5>") == "<***>"


def test_logins_of_mlflows_own_variables_are_hidden_too() -> None:
    redact = redactor("http://host", {"MLFLOW_TRACKING_TOKEN": "tok-1234", "OTHER": "open"})
    assert redact("tok-1234 and open") == "*** and open"


def test_an_unknown_login_in_a_text_is_hidden() -> None:
    redact = redactor("http://host", {})
    assert redact("via http://proxy:pw@gate:80/ now") == "via http://proxy:***@gate:80/ now"


def test_a_stream_hides_what_is_written_to_it() -> None:
    file = io.StringIO()
    stream = RedactedStream(file, redactor("http://ann:sesame5@host", {}))
    print("said http://ann:sesame5@host and sesame5", file=stream)
    assert file.getvalue() == "said http://ann:***@host and ***\n"


def test_the_key_of_an_object_store_is_hidden() -> None:
    hide = redactor("", {"AWS_SECRET_ACCESS_KEY": "Sesame-7/opens"})
    assert hide("a request signed with Sesame-7/opens") == "a request signed with ***"
