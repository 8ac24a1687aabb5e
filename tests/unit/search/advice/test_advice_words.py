"""What a study's trials say of the next search, in sentences."""

from __future__ import annotations

from rnnsearch.search.advice.advice import Advice
from rnnsearch.search.advice.edges import Edge
from rnnsearch.search.advice.longer import Unfinished
from rnnsearch.search.advice.words import sentences

AN_END = Edge("model.hidden_size", "low", 8, 4, 5, {"logint": [4, 32]})
LATE, EARLY = Unfinished(9, 10), Unfinished(0, 10)


def said(edges: list[Edge], late: Unfinished) -> str:
    return "\n".join(sentences(Advice((), edges, (), (), late, ()), 30, ("AR(8)", 0.5)))


def test_what_may_help_beside_a_better_baseline_is_only_what_was_told() -> None:
    assert "help: the wider ranges and more epochs that are told above; fields" in said(
        [AN_END], LATE
    )
    assert "help: the wider ranges that are told above; fields" in said([AN_END], EARLY)
    assert "help: more epochs that are told above; fields" in said([], LATE)
    assert "help: fields that this study holds fixed" in said([], EARLY)
