"""The live page in a real browser: it follows a ledger that grows, and keeps the reader's place."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from browser import CHROMIUM, Talk, attached, chromium
from contracts.driven_study import driven

from rnnsearch.study.live import pages
from rnnsearch.study.live.server import LiveServer

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(CHROMIUM is None, reason="there is no Chromium on this machine"),
]

ENDED = "document.querySelector('.tiles').textContent"
LINE = "document.querySelector('#live span').textContent"
POINTS = (
    "document.querySelector('#history .chart').calcdata"
    ".reduce((sum, trace) => sum + trace.length, 0)"
)
ZOOM = "document.querySelector('#history .chart').layout.yaxis.range"


@pytest.fixture(scope="module")
def browser() -> Iterator[str]:
    with chromium() as address:
        yield address


def test_it_follows_the_ledger_and_keeps_zoom_place_and_open_details(
    browser: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pages, "SECONDS", 0.2)
    monkeypatch.setattr(pages, "REST", 0.0)
    with driven(tmp_path) as driver:
        driver.finish()
        server = LiveServer("127.0.0.1", 0, pages.LivePages(tmp_path))
        thread = threading.Thread(target=server.serve_forever, args=[0.05])
        thread.start()
        try:
            address = f"http://127.0.0.1:{server.server_address[1]}/study/wave"
            asyncio.run(_follow(browser, address, driver, server))
        finally:
            server.shutdown()
            thread.join()
            server.server_close()


async def _follow(browser: str, address: str, driver: Any, server: LiveServer) -> None:
    async with attached(browser) as talk:
        await talk.ask("Page.navigate", url=address)
        await _until(talk, "!!document.querySelector('#history .chart')?.data")
        assert "1 ended" in await talk.value(ENDED)
        await talk.value(
            "(async () => { const one = document.querySelector('#history .chart');"
            " await Plotly.relayout(one, {'yaxis.range': [-2, 1], 'yaxis.autorange': false});"
            " document.documentElement.style.overflowAnchor = 'none';"  # the page does it itself
            " document.querySelector('details:not([open])').open = true;"
            " document.querySelector('#history').scrollIntoView({behavior: 'instant'});"
            " window.kept = one; })()"
        )
        top = await talk.value("window.kept.getBoundingClientRect().top")
        details = await talk.value("document.querySelectorAll('details[open]').length")
        points = await talk.value(POINTS)
        for _ in range(3):
            driver.finish()
        await _until(talk, f"{ENDED}.includes('4 ended')")
        assert await talk.value("document.querySelector('#history .chart') === window.kept")
        assert await talk.value(POINTS) >= points + 3
        assert await talk.value(ZOOM) == [-2, 1]
        assert await talk.value("document.querySelectorAll('details[open]').length") == details
        moved = await talk.value("window.kept.getBoundingClientRect().top") - top
        assert abs(moved) < 2
        driver.end()
        await _until(talk, f"{LINE}.includes('has ended, complete')")
        asked = len(talk.requests)
        await asyncio.sleep(1)
        assert await talk.value("1 + 1") == 2  # with whose answer comes what happened before
        assert len(talk.requests) == asked  # it stopped asking
        own = address.split("/study")[0]
        assert [one for one in talk.requests if not one.startswith((own, "blob:", "data:"))] == []
        assert talk.complaints == []


def test_it_says_that_the_server_is_gone(
    browser: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pages, "SECONDS", 0.2)
    with driven(tmp_path):
        server = LiveServer("127.0.0.1", 0, pages.LivePages(tmp_path))
        thread = threading.Thread(target=server.serve_forever, args=[0.05])
        thread.start()

        async def leave() -> None:
            async with attached(browser) as talk:
                port = server.server_address[1]
                await talk.ask("Page.navigate", url=f"http://127.0.0.1:{port}/study/wave")
                await _until(talk, "document.querySelector('#live')?.dataset.phase === 'running'")
                server.shutdown()
                server.server_close()
                await _until(talk, f"{LINE}.includes('has not answered since')")

        asyncio.run(leave())
        thread.join()


async def _until(talk: Talk, expression: str) -> None:
    """Wait until something holds in the page; a busy machine takes its time."""
    for _ in range(600):
        if await talk.value(f"!!({expression})"):
            return
        await asyncio.sleep(0.1)
    raise AssertionError(f"never: {expression}")
