"""Settings of the search and of its resources that do nothing beside the others of the file."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import fields

from rnnsearch.space.spec import PriceConfig, SearchConfig, StudySpec
from rnnsearch.stopping.patience import PatienceConfig


def idle_search(spec: StudySpec) -> Iterator[str]:
    """Notes on keys below `search` and `resources` that were set and have no effect."""
    search, finalists, resources = spec.search, spec.search.finalists, spec.resources
    if search.warm_start_first and search.warm_start is None:
        yield _without("search.warm_start_first", "search.warm_start")
    if search.price != PriceConfig() and search.max_cost is None:
        yield _without("search.price", "search.max_cost")
    if search.virtual_workers != _WORKERS and not search.deterministic:
        yield _without("search.virtual_workers", "search.deterministic")
    if finalists.seeds == 1:
        for key, is_set in (("race", finalists.race), ("rule", finalists.rule != "mean")):
            if is_set:
                yield f"search.finalists.{key} does nothing while search.finalists.seeds is 1"
    if resources.max_packs is not None and resources.packs != "auto":
        yield f"resources.max_packs does nothing while resources.packs is {resources.packs}"
    rule = search.scheduler
    if isinstance(rule, PatienceConfig) and rule.of == "best" and rule.window != _WINDOW:
        yield "search.scheduler.window does nothing while search.scheduler.of is best"


_WINDOW = PatienceConfig().window
_WORKERS = next(one.default for one in fields(SearchConfig) if one.name == "virtual_workers")


def _without(key: str, other: str) -> str:
    return f"{key} does nothing without {other}"
