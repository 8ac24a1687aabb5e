"""What every sampler of a study promises, whatever it proposes."""

from __future__ import annotations

import warnings
from dataclasses import replace
from pathlib import Path
from typing import Any, ClassVar

import optuna

from rnnsearch.sampling.sampler import SamplerConfig
from rnnsearch.space.load import loads
from rnnsearch.space.proposals import make_sampler, optuna_distributions, suggest
from rnnsearch.space.spec import StudySpec

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

    def study(self, spec: StudySpec) -> optuna.Study:
        optuna.logging.set_verbosity(optuna.logging.WARNING)
        direction = optuna.study.StudyDirection[spec.search.goal.name]
        return optuna.create_study(direction=direction, sampler=make_sampler(spec, 0))

    def proposals(self, spec: StudySpec, study: optuna.Study, count: int) -> list[dict[str, Any]]:
        """Params of trials that end in every way: complete, pruned, diverged, failed, running."""
        params = []
        for _ in range(count):
            trial = study.ask()
            params.append(suggest(spec, trial))
            trial.report(params[-1]["training.learning_rate"], 1)
            end = trial.number % 5
            if end == 0:
                study.tell(trial, params[-1]["training.learning_rate"])
            elif end in (1, 2):
                if end == 2:
                    trial.set_constraint("diverged", 1.0)
                study.tell(trial, state=optuna.trial.TrialState.PRUNED)
            elif end == 3:
                study.tell(trial, state=optuna.trial.TrialState.FAIL)
        return params

    def history(self, spec: StudySpec, count: int) -> list[dict[str, Any]]:
        return self.proposals(spec, self.study(spec), count)

    def resumed(self, spec: StudySpec, before: int, count: int) -> list[dict[str, Any]]:
        """Proposals of the second run of a study, to which the first left its trials."""
        study = self.study(spec)
        first = self.proposals(spec, study, before)
        study.sampler = make_sampler(spec, before)
        return first + self.proposals(spec, study, count)

    def test_making_one_warns_of_nothing(self) -> None:
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            make_sampler(self.spec(), asked=0)

    def test_its_config_is_frozen_and_equal_to_its_like(self) -> None:
        again = replace(self.config)  # type: ignore[type-var]
        assert again == self.config
        assert hash(again) == hash(self.config)

    def test_proposals_lie_inside_and_only_active_fields_are_drawn(self) -> None:
        spec = self.spec()
        distributions = optuna_distributions(spec)

        for params in self.history(spec, 40):
            for key, value in params.items():
                distribution = distributions[key]
                assert distribution._contains(distribution.to_internal_repr(value))
            assert ("model.nonlinearity" in params) == (params["model.cell"] == "rnn")
            assert ("model.dropout" in params) == (params["model.num_layers"] == 2)

    def test_every_value_of_a_choice_is_proposed(self) -> None:
        params = self.history(self.spec(), 40)
        assert {each["model.cell"] for each in params} == {"rnn", "gru", "lstm"}
        assert {each["model.num_layers"] for each in params} == {1, 2}

    def test_equal_seeds_and_histories_propose_equally(self) -> None:
        assert self.history(self.spec(), 25) == self.history(self.spec(), 25)
        assert self.resumed(self.spec(), 12, 12) == self.resumed(self.spec(), 12, 12)

    def test_another_seed_proposes_something_else(self) -> None:
        assert self.history(self.spec(seed=1), 5) != self.history(self.spec(), 5)

    def test_no_configuration_comes_twice_in_a_study_that_goes_on_either(self) -> None:
        for params in (self.history(self.spec(), 40), self.resumed(self.spec(), 20, 20)):
            assert len({tuple(sorted(each.items())) for each in params}) == 40

    def test_trials_asked_for_before_any_has_ended_differ(self) -> None:
        spec, study = self.spec(), self.study(self.spec())
        params = [suggest(spec, study.ask()) for _ in range(20)]
        assert len({tuple(sorted(each.items())) for each in params}) == 20

    def test_one_that_was_put_back_keeps_its_params(self) -> None:
        spec, study = self.spec(), self.study(self.spec())
        trial = study.ask()
        params = suggest(spec, trial)
        storage: Any = study._storage
        storage.set_trial_state_values(trial._trial_id, optuna.trial.TrialState.WAITING)
        study.sampler = make_sampler(spec, 1)
        again = study.ask()
        assert (again.number, suggest(spec, again)) == (trial.number, params)
