"""The report in a real browser: it draws everything, asks nobody for anything, and fits a phone."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from browser import CHROMIUM, chromium, opened
from contracts.many_trials import study_of
from contracts.small_studies import finished, write_files

from rnnsearch.study.reporting import write_report

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(CHROMIUM is None, reason="there is no Chromium on this machine"),
]

MOST_BYTES = 8_000_000
WIDER = "document.documentElement.scrollWidth - window.innerWidth"
FAILED = "document.querySelectorAll('.chart .warning, section > .warning').length"
SPILLED = (
    "[...document.querySelectorAll('.chart')].filter((one) => "
    "one.querySelector('.main-svg, canvas').clientWidth > one.clientWidth + 1).length"
)


@pytest.fixture(scope="module")
def browser() -> Iterator[str]:
    with chromium() as address:
        yield address


@pytest.fixture(scope="module")
def many(tmp_path_factory: pytest.TempPathFactory) -> Path:
    storage = tmp_path_factory.mktemp("many")
    write_report([study_of(5000, storage).result()], storage / "report.html")
    return storage / "report.html"


@pytest.mark.parametrize("width", [400, 1600])
def test_a_page_of_5000_trials_draws_and_loads_nothing(
    browser: str, many: Path, width: int
) -> None:
    assert many.stat().st_size < MOST_BYTES
    page = opened(browser, many, WIDER, FAILED, SPILLED, width=width)
    assert page.requests == []
    assert page.complaints == []
    wider, failed, spilled = page.values
    assert (wider <= 0, failed, spilled) == (True, 0, 0)


def test_a_request_would_be_seen(browser: str, tmp_path: Path) -> None:
    page = tmp_path / "asks.html"
    page.write_text("<!doctype html><img src='https://example.org/x.png'><p>")
    assert opened(browser, page).requests == ["https://example.org/x.png"]


@pytest.mark.parametrize("name", ["direct", "words", "hello", "lorenz", "arrays", "events"])
def test_the_pages_of_every_kind_of_task(browser: str, tmp_path: Path, name: str) -> None:
    write_files(tmp_path)
    result = finished(name, tmp_path / "studies", tmp_path).result()
    write_report([result], tmp_path / "report.html")
    page = opened(browser, tmp_path / "report.html", WIDER, SPILLED, width=400)
    assert (page.requests, page.complaints) == ([], [])
    assert page.values[0] <= 0
    assert page.values[1] == 0
