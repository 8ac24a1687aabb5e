"""A command whose refusals of a value are words of ours, where the parser below has its own."""

from __future__ import annotations

from typing import Any

import typer
from typer.core import TyperCommand

WORDS = {
    "greater_than_equal": "{input} is less than {ge}, the least that is allowed.",
    "greater_than": "{input} is not above {gt}.",
    "less_than_equal": "{input} is more than {le}, the most that is allowed.",
    "less_than": "{input} is not below {lt}.",
    "int_parsing": "{input} is no whole number.",
    "int_from_float": "{input} is no whole number.",
    "float_parsing": "{input} is no number.",
}
"""By pydantic's name of a mistake, with which Typer checks values."""


class Command(TyperCommand):
    """A command of Typer that says in plain words which values it does not take."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """See Typer's.

        Raises:
            typer.BadParameter: A value is not allowed.
        """
        try:
            return list(super().parse_args(ctx, args))
        except typer.BadParameter as error:
            error.message = _plain(error)
            raise


def _plain(error: typer.BadParameter) -> str:
    """What is wrong with a value, without the words of the library that checked it."""
    mistakes: Any = getattr(error.__cause__, "errors", list)()
    words = [
        WORDS[one["type"]].format(input=one["input"], **_in_thousands(one.get("ctx", {})))
        for one in mistakes
        if one.get("type") in WORDS
    ]
    return " ".join(words) or str(error.message).removeprefix("Value error, ")


def _in_thousands(bounds: dict[str, Any]) -> dict[str, str]:
    """Bounds as a person reads them: 1000000 and 1000000.0 as `1,000,000`."""
    return {
        name: f"{int(one):,}" if isinstance(one, int) or float(one).is_integer() else f"{one:g}"
        for name, one in bounds.items()
        if isinstance(one, int | float)
    }
