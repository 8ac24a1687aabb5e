"""What a network answers is told after every epoch where the text is tiny, and kept with it."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest
import torch

from rnnsearch.models.config import ModelConfig
from rnnsearch.tasks.load import load_data
from rnnsearch.tasks.splits import SplitConfig
from rnnsearch.tasks.text.config import TextConfig
from rnnsearch.training.checkpoint import CONFIG_FILE
from rnnsearch.training.config import TrainingConfig, TrialConfig
from rnnsearch.training.pack import Pack
from rnnsearch.training.trained import TrainedModel
from rnnsearch.training.weights import History

torch.set_num_threads(1)

SPLIT = SplitConfig(train=1.0, val=0.0, test=0.0)


@pytest.mark.parametrize(("text", "told"), [("hello", True), ("hello " * 9, False)])
def test_a_tiny_text_is_told_after_every_epoch(text: str, told: bool, tmp_path: Path) -> None:
    task = TextConfig(text=text, cyclic=True, split=SPLIT)
    data = load_data(task)
    model = ModelConfig(hidden_size=4)
    config = TrialConfig(task=task, model=model, training=TrainingConfig(), seed=1)
    pack = Pack({task: data}, objective="train_nats")
    for name in ("a", "b"):
        pack.add(name, replace(config, seed=ord(name)))
    words: dict[tuple[str, int], str] = {}
    while len(words) < 6:
        for one in pack.train({"a": 3, "b": 3}, 5.0).reports:
            words[one.trial_id, one.epoch] = one.answer
    assert all(bool(word) is told for word in words.values())
    for name in ("a", "b") if told else ():
        weights = pack.remove(name)
        assert weights is not None
        history = History("train_nats", {1: 2.0}, {1: 2.5}, {3: words[name, 3]})
        kept = replace(weights, history=history)
        TrainedModel.from_weights(config, kept, data).save(tmp_path / name)
        stored = json.loads((tmp_path / name / CONFIG_FILE).read_text(encoding="utf-8"))
        assert stored["history"]["said"] == {"3": words[name, 3]}, "folders of before say so"
        trained = TrainedModel.load(tmp_path / name)
        assert trained.say(data) == f"hello -> {words[name, weights.epoch]}"
        assert trained.history == history
