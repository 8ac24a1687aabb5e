"""What MLflow's page of a study says in words: the question, the winner, and how to go on."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from rnnsearch.commands import command
from rnnsearch.events import ChampionChosen, StudyState
from rnnsearch.goal import Judge
from rnnsearch.records.names import CHAMPION, registered_name
from rnnsearch.search.ensemble_words import ensemble_words
from rnnsearch.space.words import duration, short

if TYPE_CHECKING:
    from rnnsearch.study.result import StudyResult

LONGEST = 7900
"""MLflow's limit of a tag is 8,000 characters."""
BASELINES = 5
"""The most baselines beside the winner; the best ones."""
METRICS = 16
"""The most metrics of the winner, that of the study first."""
PARAMETERS = 40
"""The most sampled parameters."""


def description(
    result: StudyResult,
    num_trials: int,
    state: StudyState | None = None,
    reason: str = "",
    seconds: float = 0.0,
) -> str:
    """A study in Markdown, as it stands: for the description of its run.

    Args:
        num_trials: How many trials it shall have.
        state: How this run of the driver ended; None while it is at work.
        reason: Why it ended so.
        seconds: How long this run of the driver took.
    """
    search, name = result.spec.search, result.directory.name
    task = result.spec.values["task.type"]
    counts = ", ".join(f"{n} {each}" for each, n in result.counts().items() if n)
    how = "running" if state is None else state + (f": {reason}" if reason else "")
    took = f" after {duration(seconds)}" if state is not None else ""
    parts = [
        f"**Question**: which configuration of `{task}` has the {_way(search.goal)} "
        f"`{search.metric}` among {num_trials} trials?",
        f"**State**: {how}{took}" + (f" ({counts})" if counts else ""),
        *(f"> note: {note}" for note in result.notes),
        *_winner(result),
        *_next(result, name),
    ]
    text = "\n\n".join(parts)
    return text if len(text) <= LONGEST else f"{text[: LONGEST - 4]} ..."


def _way(goal: object) -> str:
    return "lowest" if goal == "minimize" else "highest"


def _winner(result: StudyResult) -> list[str]:
    """The winner beside the best baselines, and its parameters."""
    won, search = result.champion, result.spec.search
    if won is None:
        return []
    best = result.best_trial
    metrics = {**won.test_metrics, **won.val_metrics}
    judge = Judge(search.metric, search.goal, result.tie_break)
    rivals = sorted(result.baselines, key=lambda one: judge.of(one.metrics))[:BASELINES]
    names = sorted(metrics, key=lambda each: each != search.metric)[:METRICS]
    seeds = f"mean of {len(won.seeds)} seeds"
    heads = [
        "",
        result.winner_name(),
        *([seeds] if won.std else []),
        *(f"baseline {one.name}" for one in rivals),
    ]
    rows = []
    for each in names:
        mean, spread = won.mean.get(each), won.std.get(each)
        over = f"{short(mean)} ± {short(spread)}" if mean is not None else ""
        row = [f"`{each}`", short(metrics[each]), *([over] if won.std else [])]
        rows.append([*row, *(short(one.metrics.get(each)) for one in rivals)])
    parts = [
        (f"**Winner**: {result.winner_name()}" if won.fused else _trial_of(won))
        + (f"; unfinished: {won.unfinished}" if won.unfinished else ""),
        _table(heads, rows),
        *filter(None, [ensemble_words(won.ensemble)]),
    ]
    sampled = list(best.params.items())[:PARAMETERS]
    if sampled:
        parts.append(_table(["parameter", "value"], [[f"`{k}`", short(v)] for k, v in sampled]))
    if won.text:
        parts.append(f"```\n{won.text[:1000]}\n```")
    return parts


def _trial_of(won: ChampionChosen) -> str:
    return f"**Winner**: trial {won.number}, seed {won.seed}"


def _next(result: StudyResult, name: str) -> list[str]:
    """How to load the winner, to go on, and to make the study again."""
    storage, search = result.directory.storage, result.spec.search
    lines = [
        ("go on with it", command("resume", name, storage=storage)),
        ("add trials", command("extend", name, "--trials", 20, storage=storage)),
        (
            "the same study anew, by the file among the artifacts",
            "rnnsearch run study.yaml",
        ),
    ]
    code = []
    if result.champion is not None:
        registered = search.register_as or registered_name(name)
        model = f'mlflow.pyfunc.load_model("models:/{registered}@{CHAMPION}")'
        again = command("retrain", name, storage=storage)
        lines.insert(0, ("code that uses the winner", command("best", name, storage=storage)))
        lines.append(("the winner's configuration again", again))
        record = command("reproduce", name, storage=storage)
        lines.append(("the winner again, compared to the last bit", record))
        code = [
            "**Load the winner** (the tracking URI is this store's; it is `@challenger` where the "
            "registered champion is better):",
            f"```python\nimport mlflow\n\nmodel = {model}\n```",
        ]
    rows = [[what, f"`{line}`"] for what, line in lines]
    return [*code, "**From a terminal**:", _table(["what", "command"], rows)]


def _table(heads: Sequence[str], rows: Sequence[Sequence[Any]]) -> str:
    """A table of Markdown; a bar in a cell would begin another one."""
    lines = [list(heads), ["---"] * len(heads), *rows]
    return "\n".join(
        "| " + " | ".join(str(cell).replace("|", "\\|") for cell in line) + " |" for line in lines
    )
