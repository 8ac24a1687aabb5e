"""What every sampler of a study promises, whatever it proposes."""

from __future__ import annotations

import warnings
from dataclasses import replace
from pathlib import Path
from typing import Any, ClassVar

import optuna

from rnnsearch.search.ledger.samplers import make_sampler
from rnnsearch.space.load import loads
from rnnsearch.space.proposals import optuna_distributions, suggest
from rnnsearch.space.spec import SamplerConfig, StudySpec

SPACE = """
name: contract
task: {type: sine}
model:
  cell: {choice: [rnn, gru, lstm]}
  nonlinearity: {choice: [tanh, relu], when: {model.cell: rnn}}
  hidden_size: {logint: [4, 64]}
  num_layers: {int: [1, 2]}
  dropout: {uniform: [0.0, 0.5], when: {model.num_layers: {min: 2}}}
training:
  learning_rate: {loguniform: [1e-4, 1e-1]}
  steps_per_epoch: 10
  max_epochs: 9
search: {metric: val_mse, num_trials: 100, scheduler: {type: asha, grace_period: 3}}
"""


class SamplerContract:
    """Inherit and set `config`."""

    config: ClassVar[SamplerConfig]

    def spec(self, seed: int = 0) -> StudySpec:
        spec = loads(SPACE, name="contract", directory=Path())
        return replace(spec, search=replace(spec.search, sampler=self.config, seed=seed))

    def study(self, spec: StudySpec, asked: int = 0) -> optuna.Study:
        optuna.logging.set_verbosity(optuna.logging.WARNING)
        return optuna.create_study(
            direction=optuna.study.StudyDirection[spec.search.goal.name],
            sampler=make_sampler(spec.search, asked),
        )

    def history(self, spec: StudySpec, count: int, asked: int = 0) -> list[dict[str, Any]]:
        """Params of trials that end in every way: complete, pruned, diverged, failed, running."""
        study = self.study(spec, asked)
        params = []
        for number in range(count):
            trial = study.ask()
            params.append(suggest(spec, trial))
            trial.report(params[-1]["training.learning_rate"], 1)
            end = number % 5
            if end == 0:
                study.tell(trial, params[-1]["training.learning_rate"])
            elif end in (1, 2):
                if end == 2:
                    trial.set_constraint("diverged", 1.0)
                study.tell(trial, state=optuna.trial.TrialState.PRUNED)
            elif end == 3:
                study.tell(trial, state=optuna.trial.TrialState.FAIL)
        return params

    def test_making_one_warns_of_nothing(self) -> None:
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            make_sampler(self.spec().search, asked=0)

    def test_proposals_lie_inside_and_only_active_fields_are_drawn(self) -> None:
        spec = self.spec()
        distributions = optuna_distributions(spec)

        for params in self.history(spec, 40):
            for key, value in params.items():
                distribution = distributions[key]
                assert distribution._contains(distribution.to_internal_repr(value))
            assert ("model.nonlinearity" in params) == (params["model.cell"] == "rnn")
            assert ("model.dropout" in params) == (params["model.num_layers"] == 2)

    def test_equal_seeds_and_histories_propose_equally(self) -> None:
        assert self.history(self.spec(), 25) == self.history(self.spec(), 25)

    def test_another_seed_or_a_resume_proposes_something_else(self) -> None:
        first = self.history(self.spec(), 5)

        assert self.history(self.spec(seed=1), 5) != first
        assert self.history(self.spec(), 5, asked=5) != first

    def test_no_configuration_comes_twice(self) -> None:
        rates = [params["training.learning_rate"] for params in self.history(self.spec(), 40)]

        assert len(set(rates)) == 40
