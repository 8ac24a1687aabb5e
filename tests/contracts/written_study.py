"""Studies as a search leaves them on disk, written down in moments: nothing is trained."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from contracts.hand_made import figures

from rnnsearch.events import ChampionChosen, EndState
from rnnsearch.search.directory import StudyDirectory
from rnnsearch.search.ledger.ledger import Ledger
from rnnsearch.space.load import loads
from rnnsearch.tasks.base import Score

SPACE = """
task: {type: sine}
model: {cell: {choice: [rnn, gru]}, hidden_size: {int: [4, 64]}}
training: {learning_rate: {loguniform: [1e-4, 0.1]}, steps_per_epoch: 10, max_epochs: 9}
search:
  metric: val_mse
  num_trials: 10
  scheduler: {type: asha, grace_period: 3, reduction_factor: 3}
  seed: 1
"""


@dataclass(frozen=True)
class Written:
    """One trial: its values by epoch, from the first on, and how it ended."""

    curve: Sequence[float]
    state: EndState = "complete"
    reason: str = "reached epoch 9, the last"
    seconds: float = 1.0
    attributes: Mapping[str, Any] = field(default_factory=dict)


FALLING = [0.9, 0.5, 0.3, 0.2, 0.15, 0.1, 0.09, 0.08, 0.075]
TRIALS = (
    Written(FALLING, attributes={"kernel": "compiled, whole steps", "training_steps": 90}),
    Written(
        [0.95, 0.9, 0.85],
        "pruned",
        "stopped by ASHA at epoch 3: 0.85, needed 0.3 or better among 2",
        0.25,
    ),
    Written(
        [0.8],
        "diverged",
        "loss or gradient stopped being finite at step 14 (epoch 2); gradient norm inf",
        0.5,
        {"diverged_step": 14, "gradient_norm": "inf"},
    ),
    Written([value * 1.5 for value in FALLING], seconds=12_000.0),
)


def write_study(
    storage: Path,
    name: str = "wave",
    space: str = SPACE,
    trials: Sequence[Written] = TRIALS,
    *,
    won_by: int | None = None,
    **notes: Any,
) -> StudyDirectory:
    """Write the folder of a study whose trials are these, asked of its own sampler.

    Args:
        won_by: The number of the champion's trial, whose checkpoint is not written.
        notes: Further notes of the ledger.
    """
    spec = loads(space, name=name, directory=storage)
    directory = StudyDirectory(storage, name)
    directory.create()
    directory.yaml.write_text(spec.yaml, encoding="utf-8")
    ledger = Ledger.create(directory, spec)
    for written in trials:
        trial = ledger.ask()
        assert trial is not None
        number = trial.number
        ledger.report([(number, epoch, value) for epoch, value in enumerate(written.curve, 1)])
        ledger.finish(
            number,
            written.state,
            reason=written.reason,
            epoch=len(written.curve),
            seconds=written.seconds,
            attributes=written.attributes,
        )
    changes = {"baselines": (Score("persistence", {"val_mse": 0.11}),), "run": figures(), **notes}
    if won_by is not None:
        best = ledger.trial(won_by)
        assert best.best_value is not None
        changes["champion"] = ChampionChosen(
            time=1.0,
            number=won_by,
            seed=best.seed,
            path="gone",
            val_metrics={"val_mse": best.best_value},
            test_metrics={"test_mse": 0.2},
            seeds=(best.seed, 5),
            by_seed={"test_mse": (0.2, 0.4)},
            mean={"test_mse": 0.3},
            std={"test_mse": 0.1414},
        )
    ledger.note(lambda before: replace(before, **changes))
    ledger.close()
    return directory
