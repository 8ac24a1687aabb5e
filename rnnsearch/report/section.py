"""A section of the report: its title, and the function that fills it."""

from __future__ import annotations

import traceback
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from rnnsearch.errors import RnnsearchError
from rnnsearch.report.blocks import Block, Filled


@dataclass(frozen=True, slots=True)
class Section:
    """A section.

    Attributes:
        anchor: Its place in the page, as in `#winner`.
        contents: Makes its blocks of a `Subject`, or of several where studies are compared. A
            section that gives none is left out.
    """

    anchor: str
    title: str
    contents: Callable[[Any], Iterable[Block]]

    def fill(self, about: Any) -> Filled | None:
        """The section with its contents; None where it has nothing to tell.

        One that fails says so in its place, with the reason: the others are shown nevertheless.
        """
        try:
            blocks = tuple(self.contents(about))
        except RnnsearchError as error:
            return Filled(self.anchor, self.title, problem=str(error))
        except Exception as error:
            problem = f"{type(error).__name__}: {error}"
            trace = traceback.format_exc()
            return Filled(self.anchor, self.title, problem=problem, trace=trace)
        return Filled(self.anchor, self.title, blocks) if blocks else None
