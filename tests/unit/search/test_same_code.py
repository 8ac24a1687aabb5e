"""Packs that import another rnnsearch than their driver are refused before anything is trained."""

from __future__ import annotations

import re
from types import SimpleNamespace
from typing import Any

import pytest

from rnnsearch.errors import ClusterError
from rnnsearch.search.same_code import check_same, code_mark
from rnnsearch.search.tune.pack_trainable import PackTrainable
from rnnsearch.version import __version__


def test_the_mark_has_the_version_and_a_digest() -> None:
    assert re.fullmatch(rf"{re.escape(__version__)} \(code [0-9a-f]{{8}}\)", code_mark())


@pytest.mark.parametrize("drivers", ["", code_mark()])
def test_a_pack_of_the_same_code_trains(drivers: str) -> None:
    check_same(drivers)


def test_a_pack_of_another_code_names_both_and_the_remedy() -> None:
    with pytest.raises(ClusterError) as caught:
        check_same("0.0.9 (code 01234567)")
    for words in (code_mark(), "0.0.9 (code 01234567)", "install the same on every node"):
        assert words in str(caught.value)


def test_that_is_looked_at_before_settings_that_this_code_does_not_know() -> None:
    nobody: Any = SimpleNamespace()
    settings = {"code": "9.0 (code 01234567)", "a_key_of_tomorrow": 1}
    with pytest.raises(ClusterError, match="install the same"):
        PackTrainable.setup(nobody, {"pack": "pack-01", "settings": settings})
