"""A page as its tests see it: what stands in it, and whether anything in it asks a network."""

from __future__ import annotations

from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import Any

LOADS = ("src", "srcset", "poster", "data", "action", "background", "manifest", "ping")
"""Attributes by which a browser loads something."""


@dataclass
class Page(HTMLParser):
    """The parsed page.

    Attributes:
        tags: Every tag with its attributes, in order.
        sections: The text of each section without its scripts, by its anchor.
        scripts: The text of each script.
    """

    tags: list[tuple[str, dict[str, str]]] = field(default_factory=list)
    sections: dict[str, str] = field(default_factory=dict)
    scripts: list[str] = field(default_factory=list)
    _inside: str = ""
    _section: str = ""

    def __post_init__(self) -> None:
        super().__init__()

    def handle_starttag(self, tag: str, attrs: Any) -> None:
        named = {name: value or "" for name, value in attrs}
        self.tags.append((tag, named))
        if tag in ("script", "style"):
            self._inside = tag
            self.scripts += [""] if tag == "script" else []
        if tag == "section":
            self._section = named["id"]
            self.sections[self._section] = ""

    def handle_endtag(self, tag: str) -> None:
        if tag in ("script", "style"):
            self._inside = ""
        if tag == "section":
            self._section = ""

    def handle_data(self, data: str) -> None:
        if self._inside == "script":
            self.scripts[-1] += data
        elif self._section and not self._inside:
            self.sections[self._section] += data

    def loaded(self) -> list[str]:
        """What a browser would load that does not stand in the page itself."""
        places = [
            value
            for tag, named in self.tags
            for name, value in named.items()
            if name in LOADS or (name == "href" and tag != "a")
        ]
        return [place for place in places if not place.startswith("data:")]


def parsed(text: str) -> Page:
    page = Page()
    page.feed(text)
    page.close()
    return page
