"""Which store a study's records go to: the option's, its own, the environment's, or the default."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rnnsearch.errors import StorageError
from rnnsearch.records.tracking_uri import (
    DEFAULT,
    VARIABLE,
    choose_store,
    default_tracking_uri,
    shown_uri,
    sqlite_path,
    sqlite_uri,
)

SECRET = "http://ann:sesame5@host:5000"
SHOWN = "http://ann:***@host:5000"


def test_the_option_comes_before_the_studys_own_and_that_before_the_environments(
    tmp_path: Path,
) -> None:
    named = {VARIABLE: "http://named"}
    new = choose_store(tmp_path, None, None, named)
    assert (new.uri, new.name, new.origin) == ("http://named", "http://named", VARIABLE)
    option = choose_store(tmp_path, "http://option", "http://own", named)
    assert (option.uri, option.origin) == ("http://option", "--tracking-uri")
    own = choose_store(tmp_path, None, "http://own", named)
    assert own.uri == "http://own"
    assert "MLFLOW_TRACKING_URI names another store, http://named" in own.remark
    assert choose_store(tmp_path, None, "http://named", named).remark == ""


def test_without_a_word_it_is_the_file_in_the_storage(tmp_path: Path) -> None:
    store = choose_store(tmp_path, None, None, {VARIABLE: ""})
    assert (store.uri, store.name) == (default_tracking_uri(tmp_path), DEFAULT)
    again = choose_store(tmp_path, None, DEFAULT, {})
    assert (again.uri, again.origin, again.remark) == (store.uri, "", "")
    # The same file by its own name: it follows the storage too.
    assert choose_store(tmp_path, store.uri, None, {}).name == DEFAULT


def test_a_secret_is_neither_kept_nor_printed(tmp_path: Path) -> None:
    store = choose_store(tmp_path, SECRET, None, {})
    assert (store.uri, store.name, store.shown) == (SECRET, SHOWN, SHOWN)
    assert "sesame5" not in repr(store)
    # Older versions noted it as it was.
    assert choose_store(tmp_path, None, SECRET, {}).name == SHOWN
    with pytest.raises(StorageError) as slip:
        choose_store(tmp_path, "htp://ann:sesame5@host", None, {})
    assert "sesame5" not in str(slip.value)


def test_a_secret_is_asked_for_again(tmp_path: Path) -> None:
    with pytest.raises(StorageError, match="Give the whole address again: export"):
        choose_store(tmp_path, None, SHOWN, {})
    with pytest.raises(StorageError, match=r"is http://bob:\*\*\*@host:5000 now"):
        choose_store(tmp_path, None, SHOWN, {VARIABLE: "http://bob:sesame5@host:5000"})
    assert choose_store(tmp_path, None, SHOWN, {VARIABLE: SECRET}).uri == SECRET
    assert choose_store(tmp_path, SECRET, SHOWN, {}).uri == SECRET
    with pytest.raises(StorageError, match="lacks its password"):
        choose_store(tmp_path, SHOWN, None, {})


def test_a_moved_storage_has_its_store_with_it(tmp_path: Path) -> None:
    storage = tmp_path / "new"
    storage.mkdir()
    (storage / "mlflow.db").touch()
    noted = f"sqlite:///{tmp_path}/old/mlflow.db"  # as older versions noted it
    assert choose_store(storage, None, noted, {}).name == DEFAULT
    assert shown_uri(storage, noted) == default_tracking_uri(storage)
    (tmp_path / "old").mkdir()
    (tmp_path / "old" / "mlflow.db").touch()
    assert sqlite_path(choose_store(storage, None, noted, {}).uri) == tmp_path / "old/mlflow.db"


def test_a_relative_file_is_the_same_file_wherever_a_study_goes_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    store = choose_store(tmp_path / "studies", "sqlite:///mine.db?timeout=3", None, {})
    assert store.uri == f"sqlite:///{tmp_path}/mine.db?timeout=3"


def test_what_older_versions_noted_of_the_default_is_the_default(tmp_path: Path) -> None:
    storage = tmp_path / "50% ?#"
    noted = f"sqlite:///{storage}/mlflow.db"
    assert choose_store(storage, None, noted, {}).uri == default_tracking_uri(storage)


@given(st.text(st.characters(exclude_categories=("Cs",), exclude_characters="\0/"), min_size=1))
def test_any_path_survives_its_uri(name: str) -> None:
    path = Path("/studies") / name / "mlflow.db"
    assert sqlite_path(sqlite_uri(path)) == path


def test_a_path_is_quoted_as_sqlalchemy_unquotes_it() -> None:
    from sqlalchemy import create_engine, make_url

    for name in ("plain", "a%20b", "100%", "q?x=1", "#h", "a b", "é😀", 'it\'s "so"', "x" * 200):
        path = Path("/studies") / name / "mlflow.db"
        uri = sqlite_uri(path)
        assert make_url(uri).database == str(path)
        engine = create_engine(uri)
        assert engine.dialect.create_connect_args(engine.url)[0] == [str(path)]
        # Where MLflow takes what follows `sqlite:///` for a path, it must be one.
        assert uri.startswith("sqlite+pysqlite:///") == (quote(name) != name)
