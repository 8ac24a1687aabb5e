"""A headless Chromium that opens pages and says what it loaded, over its own protocol."""

from __future__ import annotations

import asyncio
import json
import re
import shutil
import subprocess
import tempfile
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

CHROMIUM = next(
    filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None
)

DRAWN = "!document.querySelector('.chart:not([data-drawn])')"
"""Whether every chart of a page has been drawn."""


@dataclass(frozen=True)
class Opened:
    """What became of a page.

    Attributes:
        requests: The addresses that the page asked for, its own left out.
        complaints: Errors that it threw or logged.
        values: What the expressions gave.
        seconds: Until all its charts were drawn, from its navigation on.
    """

    requests: list[str]
    complaints: list[str]
    values: list[Any]
    seconds: float


@contextmanager
def chromium() -> Iterator[str]:
    """A browser that can reach no host but this machine; gives its address for `opened`."""
    assert CHROMIUM is not None
    with tempfile.TemporaryDirectory(
        prefix="rnnsearch-browser-", ignore_cleanup_errors=True
    ) as folder:
        process = subprocess.Popen(
            [
                CHROMIUM,
                "--headless",
                "--no-sandbox",
                "--disable-gpu",
                "--use-angle=swiftshader",
                "--enable-unsafe-swiftshader",
                "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
                "--remote-debugging-port=0",
                f"--user-data-dir={folder}",
                "about:blank",
            ],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
        )
        try:
            assert process.stderr is not None
            yield next(
                found[1]
                for line in process.stderr
                if (found := re.search(r"DevTools listening on (ws://\S+)", line))
            )
        finally:
            process.terminate()
            process.wait(30)
            process.stderr.close()


def opened(browser: str, page: Path, *expressions: str, width: int = 1280) -> Opened:
    """Open a page, wait until its charts are drawn, and ask it for some values.

    Args:
        browser: What `chromium` gave.
        expressions: JavaScript whose values are JSON.
        width: Of the window, in pixels.
    """
    return asyncio.run(_opened(browser, page, expressions, width))


async def _opened(browser: str, page: Path, expressions: tuple[str, ...], width: int) -> Opened:
    async with attached(browser, width) as talk:
        await talk.ask("Page.navigate", url=page.resolve().as_uri())
        # Many ticks of a busy machine; a page of 5,000 trials takes two seconds alone.
        for _ in range(1200):
            if await talk.value(f"document.readyState === 'complete' && {DRAWN}"):
                break
            await asyncio.sleep(0.05)
        seconds = await talk.value("performance.now() / 1000")
        values = [await talk.value(one) for one in expressions]
    own = page.resolve().as_uri()
    requests = [
        one for one in talk.requests if one != own and not one.startswith(("data:", "blob:"))
    ]
    return Opened(requests, talk.complaints, values, seconds)


@asynccontextmanager
async def attached(browser: str, width: int = 1280) -> AsyncIterator[Talk]:
    """A new window to talk to, which is closed again."""
    import aiohttp

    async with (
        aiohttp.ClientSession() as session,
        session.ws_connect(browser, max_msg_size=0) as line,
    ):
        talk = Talk(line)
        target = await talk.ask("Target.createTarget", url="about:blank")
        talk.session = (
            await talk.ask("Target.attachToTarget", targetId=target["targetId"], flatten=True)
        )["sessionId"]
        for domain in ("Network", "Page", "Runtime", "Log"):
            await talk.ask(f"{domain}.enable")
        await talk.ask(
            "Emulation.setDeviceMetricsOverride",
            width=width,
            height=900,
            deviceScaleFactor=1,
            mobile=False,
        )
        yield talk
        await talk.ask("Target.closeTarget", targetId=target["targetId"])


class Talk:
    """Questions to a browser and their answers; what it tells meanwhile is kept."""

    def __init__(self, line: Any) -> None:
        self._line, self._count = line, 0
        self.session: str | None = None
        self.requests: list[str] = []
        self.complaints: list[str] = []

    async def ask(self, method: str, **params: Any) -> Any:
        self._count += 1
        message: dict[str, Any] = {"id": self._count, "method": method, "params": params}
        if self.session is not None:
            message["sessionId"] = self.session
        await self._line.send_str(json.dumps(message))
        while True:
            answer = json.loads((await self._line.receive(timeout=120)).data)
            if answer.get("id") == self._count:
                assert "error" not in answer, answer["error"]
                return answer["result"]
            self._heard(answer)

    async def value(self, expression: str) -> Any:
        answer = await self.ask(
            "Runtime.evaluate", expression=expression, returnByValue=True, awaitPromise=True
        )
        assert "exceptionDetails" not in answer, answer["exceptionDetails"]
        return answer["result"].get("value")

    def _heard(self, message: dict[str, Any]) -> None:
        params = message.get("params", {})
        match message.get("method"):
            case "Network.requestWillBeSent":
                self.requests.append(params["request"]["url"])
            case "Runtime.exceptionThrown":
                self.complaints.append(str(params["exceptionDetails"].get("exception", params)))
            case "Log.entryAdded" if params["entry"]["level"] == "error":
                self.complaints.append(params["entry"]["text"])
