"""Pictures as matplotlib knows them, instead of their pixels."""

from __future__ import annotations

from typing import Any

import pytest


@pytest.fixture
def drawn(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """Every figure that would be written, laid out but not rendered, which takes longest."""
    from matplotlib.figure import Figure

    found: list[Any] = []

    def laid_out(figure: Any, *_: Any, **__: Any) -> None:
        figure.draw_without_rendering()
        found.append(figure)

    monkeypatch.setattr(Figure, "savefig", laid_out)
    return found
