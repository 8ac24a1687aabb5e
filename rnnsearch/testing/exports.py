"""What every network promises to those who use it elsewhere; inherit the suite, and set `model`.

It wants the packages of `pip install 'rnnsearch[export]'`, and is skipped without them.
"""

from __future__ import annotations

from pathlib import Path
from typing import ClassVar

import pytest
import torch

from rnnsearch.export.subject import Subject
from rnnsearch.models.config import AnyModel
from rnnsearch.models.custom_network import CustomNetwork, network_of
from rnnsearch.models.initial import initial_weights
from rnnsearch.tasks.config import TaskConfig
from rnnsearch.tasks.labels.config import GeneratedConfig, LabelsConfig
from rnnsearch.tasks.load import build_task, load_data
from rnnsearch.tasks.sine.config import SineConfig
from rnnsearch.tasks.text.config import TextConfig
from rnnsearch.training.config import TrainingConfig, TrialConfig
from rnnsearch.training.trained import TrainedModel

STREAMED = 50
"""Time steps that are streamed: `rnnsearch export` itself streams 10,000."""

BATCHES = (1, 3)

TASKS: dict[str, TaskConfig] = {
    "numbers": SineConfig(),
    "symbols": TextConfig(text="a quick brown fox " * 3),
    "sequences": LabelsConfig(
        generated=GeneratedConfig(rule="sign_of_last", count=8, held_out=4, length=5)
    ),
}
"""Tasks that ask a network in all ways: of numbers and of symbols at every time step, and of
sequences of different lengths at their ends."""


def with_drawn_weights(task: TaskConfig, model: AnyModel) -> TrainedModel:
    """A model that was not trained, with learned states and gains moved off their first values."""
    data = load_data(task)
    sizes = data.input_size, data.output_size, data.symbolic
    network = network_of(model, *sizes)
    if not isinstance(network, CustomNetwork):
        dice = torch.Generator().manual_seed(1)
        drawn = {}
        for name, one in initial_weights(model, *sizes, 1).items():
            noise = 0.3 * torch.randn(one.shape, generator=dice)
            drawn[name] = one + noise if "initial" in name or "norm" in name else one
        network.put(drawn)
    network.requires_grad_(False).eval()
    head = build_task(task, data, network.device, network.dtype).head
    config = TrialConfig(task=task, model=model, training=TrainingConfig(), seed=1)
    return TrainedModel(config, network, data.manifest(), head=head)


class ExportContract:
    """Inherit, and set `model`; of a network that reads backwards, `asked` too."""

    model: AnyModel
    asked: ClassVar[tuple[str, ...]] = ("numbers", "symbols", "sequences")
    """The keys of `TASKS` that the network goes with."""

    def subjects(self) -> list[Subject]:
        """The network in the place of each task's."""
        return [Subject(with_drawn_weights(TASKS[one], self.model), one) for one in self.asked]

    def test_its_onnx_models_answer_as_it_does(self) -> None:
        pytest.importorskip("onnx")
        pytest.importorskip("onnxruntime")
        from rnnsearch.export.checking import check
        from rnnsearch.export.onnx_format import OnnxRunner, onnx_models

        for subject in self.subjects():
            files = {name: one.SerializeToString() for name, one in onnx_models(subject).items()}
            assert ("step" in files) == (not subject.no_stream)
            findings = check(subject, OnnxRunner(files), streamed=STREAMED, batches=BATCHES)
            compared = [(one.what, one.batch) for one in findings]
            assert compared == [(what, batch) for batch in BATCHES for what in files]

    def test_its_plain_torch_answers_as_it_does(self, tmp_path: Path) -> None:
        from rnnsearch.export.checking import check
        from rnnsearch.export.torch_format import TorchRunner, loaded, write_module

        for subject in self.subjects():
            folder = tmp_path / subject.name
            folder.mkdir()
            with loaded(write_module(subject, folder)) as model:
                runner = TorchRunner(model, subject)
                assert check(subject, runner, streamed=STREAMED, batches=BATCHES)
