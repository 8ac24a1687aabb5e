"""What every network that a person brings promises to rnnsearch; inherit it, and set `model`."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
import torch
from torch import nn
from torch.nn import functional

from rnnsearch.models.config import NetworkConfig
from rnnsearch.models.custom_module import first_tensors
from rnnsearch.models.custom_network import CustomNetwork, drawn_inputs, try_network
from rnnsearch.models.network_config import takes
from rnnsearch.testing.cells import TrainedContract
from rnnsearch.testing.waves import alone, curve, drain, trial, wave_pack
from rnnsearch.training import custom_networks
from rnnsearch.training.config import TrialConfig
from rnnsearch.training.fused.calls import FusedNetwork
from rnnsearch.training.fused.streams import Stream
from rnnsearch.training.fused.trying import Verdict


def _undropped(*given: Any, **others: Any) -> Any:
    """In the place of dropout: `functional.dropout(x, ...)`, or `Stream.dropped(self, x, rate)`."""
    del others
    return next(one for one in given if isinstance(one, torch.Tensor))


def _weights(config: TrialConfig, *, neighbour: bool = False) -> torch.Tensor:
    """All weights of a trial after twenty training steps."""
    pack = wave_pack()
    if neighbour:
        pack.add("neighbour", replace(config, seed=9))
    pack.add("trial", config)
    drain(pack, dict.fromkeys(pack.roster, 1))
    return torch.from_numpy(pack.state()["trial"].arrays["parameters"]).double()


EPOCHS, BATCH, STEPS = 2, 3, 7


class CustomNetworkContract(TrainedContract):
    """Inherit, and set `model` to `network_config("module:Class")(...)` with small arguments.

    Numbers of one feature enter the network, and one leaves.
    """

    @property
    def config(self) -> NetworkConfig:
        """What `model` is."""
        assert isinstance(self.model, NetworkConfig)
        return self.model

    def made(self) -> CustomNetwork:
        """The network with weights of its own drawing, in float64, as it is evaluated."""
        network = CustomNetwork(self.config, 1, 1, symbolic=False)
        network.put(first_tensors(self.config, 1, 1, seed=3))
        return network.double().eval()

    def inputs(self) -> torch.Tensor:
        """Some sequences, (time, batch, feature)."""
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(0)
            return drawn_inputs(1, False, BATCH, STEPS).transpose(0, 1).double()

    def test_it_can_be_called_and_differentiated(self) -> None:
        try_network(self.config, 1, 1, False, whole=False)

    def test_its_first_weights_hang_on_the_seed_alone(self) -> None:
        one, again, other = (first_tensors(self.config, 1, 1, seed) for seed in (1, 1, 2))
        assert all(torch.equal(one[name], again[name]) for name in one)
        assert any(not torch.equal(one[name], other[name]) for name in one)

    def test_two_chunks_with_the_state_between_are_one(self) -> None:
        if "state" not in takes(self.config.type):
            pytest.skip("it reads whole sequences, so no chunk can be cut off")
        network, inputs = self.made(), self.inputs()
        with torch.no_grad():
            whole, last = network(inputs)
            first, between = network(inputs[:3])
            second, end = network(inputs[3:], between)
        assert float((torch.cat([first, second]) - whole).abs().max()) < 1e-12
        assert float((end[0] - last[0]).abs().max()) < 1e-12

    def test_sequences_of_a_batch_do_not_mix(self) -> None:
        network, inputs = self.made(), self.inputs()
        changed = inputs.clone()
        changed[:, 1] += 1
        with torch.no_grad():
            before, after = network(inputs)[0], network(changed)[0]
        assert float((before - after)[:, 0].abs().max()) < 1e-12
        assert float((before - after)[:, 1].abs().max()) > 0

    def test_the_same_bits_in_any_company_and_a_falling_loss(self) -> None:
        torch.set_num_threads(1)
        config = replace(trial(1, learning_rate=1e-2), model=self.model)
        expected = alone(config, EPOCHS)
        assert expected[-1]["train_loss"] < expected[0]["train_loss"]
        pack = wave_pack()
        how = config.training
        pack.add("seed", replace(config, seed=5))
        pack.add("wild", replace(config, training=replace(how, learning_rate=1e6)))
        pack.add("trial", config)
        pack.add("clipped", replace(config, training=replace(how, clip_norm=0.1)))
        pack.add("carried", replace(config, training=replace(how, carry_state=True)))
        pack.add("layers", trial(9))
        step = drain(pack, dict.fromkeys(pack.roster, EPOCHS))
        assert not step.refusals
        assert curve(step) == expected

    def test_fused_with_others_it_trains_as_by_itself(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        torch.set_num_threads(1)
        modules = CustomNetwork(self.config, 1, 1, symbolic=False).modules()
        if any(isinstance(one, nn.RNNBase) and one.dropout for one in modules):
            pytest.skip("torch itself drops between its layers, where no test can keep it from it")
        monkeypatch.setattr(functional, "dropout", _undropped)
        monkeypatch.setattr(Stream, "dropped", _undropped)
        config = replace(trial(3, learning_rate=1e-3), model=self.model)
        fused = _weights(config, neighbour=True)
        slow: Verdict[FusedNetwork] = Verdict(None, "a test asks for it")
        monkeypatch.setattr(custom_networks, "network_verdict", lambda *kind: slow)
        by_itself = _weights(config)
        assert float((fused - by_itself).abs().max()) < 1e-5

    def test_it_goes_on_from_a_snapshot_bit_for_bit(self) -> None:
        torch.set_num_threads(1)
        config = replace(trial(2, learning_rate=1e-2), model=self.model)
        expected = alone(config, EPOCHS)
        pack = wave_pack()
        pack.add("trial", config)
        before = drain(pack, {"trial": 1})
        other = wave_pack()
        other.add("trial", config, pack.state()["trial"])
        assert [*curve(before), *curve(drain(other, {"trial": EPOCHS}))] == expected
