"""A study of many trials by the real ledger and stopping rule, with outcomes that are made up."""

from __future__ import annotations

import math
import random
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

from rnnsearch.search.directory import StudyDirectory
from rnnsearch.search.ledger.ledger import Ledger
from rnnsearch.space.load import loads
from rnnsearch.space.trial import first_task
from rnnsearch.study import Study
from rnnsearch.tasks.load import load_data

EPOCHS = 81
SPACE = """
name: many
task: {{type: sine, num_points: 60, rollout: {{steps: [1, 49]}}}}
model:
  cell: {{choice: [rnn, gru, lstm]}}
  hidden_size: {{logint: [4, 64]}}
  num_layers: {{int: [1, 3]}}
  dropout: {{uniform: [0, 0.5], when: {{model.num_layers: {{min: 2}}}}}}
training:
  learning_rate: {{loguniform: [0.0001, 0.3]}}
  weight_decay: {{loguniform: [0.000001, 0.1]}}
  batch_size: {{choice: [1, 2, 4]}}
  optimizer: {{choice: [adam, rmsprop, sgd]}}
  clip_norm: {{uniform: [0.1, 5]}}
  max_epochs: {epochs}
search:
  num_trials: {count}
  sampler: {{type: random}}
  scheduler: {{type: asha, grace_period: 3, reduction_factor: 3}}
"""


def study_of(count: int, storage: Path) -> Study:
    """A study whose trials all have ended: some diverged, some failed, most were stopped early."""
    spec = loads(SPACE.format(count=count, epochs=EPOCHS), name="many", directory=storage)
    directory = StudyDirectory(storage, "many")
    directory.create()
    directory.yaml.write_text(spec.yaml, encoding="utf-8")
    ledger, rule, draw = Ledger.create(directory, spec), spec.stopping_rule(), random.Random(1)
    for _ in range(count):
        trial = ledger.ask()
        assert trial is not None
        number, rate = trial.number, math.log10(trial.params["training.learning_rate"])
        if rate > -0.7 and draw.random() < 0.4:
            bad = draw.randint(0, 5)
            ledger.report([(number, epoch, float(epoch)) for epoch in range(1, bad + 1)])
            ledger.finish(
                number,
                "diverged",
                reason="diverged at step 7: the loss is nan",
                epoch=bad,
                seconds=0.1,
            )
        elif draw.random() < 0.004:
            ledger.finish(number, "failed", reason="RuntimeError: out of luck", seconds=0.1)
        else:
            values, epoch, why = _values(trial.params, rate, draw), 0, None
            while epoch < EPOCHS and why is None:
                limit = rule.next_limit(epoch)
                rows = [(number, at, next(values)) for at in range(epoch + 1, limit + 1)]
                ledger.report(rows)
                for row in rows:
                    rule.record(*row)
                epoch = limit
                why = rule.decide(number) if epoch < EPOCHS else None
            state: Any = "complete" if why is None else "pruned"
            ledger.finish(number, state, reason=why or "", seconds=epoch * 0.1)
    baselines = tuple(load_data(first_task(spec)).baselines())
    ledger.note(lambda notes: replace(notes, baselines=baselines))
    ledger.close()
    return Study.open("many", storage=storage)


def _values(params: Any, rate: float, draw: random.Random) -> Iterator[float]:
    """A curve that falls to a floor, which lies lowest at a learning rate of 0.01."""
    floor = 10 ** (-4 + 0.6 * (rate + 2) ** 2 + 0.15 * draw.gauss(0, 1))
    floor /= params["model.hidden_size"]
    for epoch in range(1, EPOCHS + 1):
        yield floor + math.exp(-0.3 * epoch * 10 ** (rate + 1) - 0.02 * epoch) * draw.uniform(
            0.9, 1
        )
