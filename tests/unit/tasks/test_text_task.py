"""Texts on a device: streams, likelihood over whole parts, samples."""

from __future__ import annotations

from math import log

import numpy as np
import pytest
import torch
from torch import Tensor

from rnnsearch.tasks.base import Window
from rnnsearch.tasks.model_facts import ModelDescription
from rnnsearch.tasks.splits import SplitConfig
from rnnsearch.tasks.text.config import TextConfig
from rnnsearch.tasks.text.data import TextData
from rnnsearch.tasks.text.likelihood import SHORTEST_STREAM, likelihood
from rnnsearch.tasks.text.task import TextTask
from rnnsearch.tasks.text.use import TextUse
from rnnsearch.testing.tasks import CPU, TaskContract, networks

torch.set_num_threads(1)

WHOLE = SplitConfig(train=1, val=0, test=0)
RHYME = "".join(f"{n} bottles of beer on the wall, take {n % 7} down; " for n in range(200))


class TestText(TaskContract):
    config = TextConfig(text=RHYME)
    windows = (Window(1), Window(3, seq_len=5), Window(4, seq_len=16, steps_per_epoch=3))


class TestHello(TaskContract):
    config = TextConfig(text="hello", cyclic=True, split=WHOLE)
    windows = (Window(1), Window(2, seq_len=2, steps_per_epoch=4))


class TestBytes(TaskContract):
    config = TextConfig(text="naïve façade, " * 30, unit="byte")
    windows = (Window(2, seq_len=7),)


class TestContexts(TaskContract):
    config = TextConfig(text=RHYME[:2000], context=(1, 4, 100), max_vocabulary=12)
    windows = (Window(2, seq_len=7),)


class TestManySymbols(TaskContract):
    config = TextConfig(text="".join(chr(0x4E00 + n * n % 400) for n in range(3000)))
    windows = (Window(2, seq_len=7),)


class SecondOrder:
    """A network whose logits depend on the last two symbols alone, so that its score is known.

    Its state is the last symbol that it was fed.
    """

    size = 1
    device = CPU
    dtype = torch.float64

    def __init__(self, size: int) -> None:
        generator = torch.Generator().manual_seed(0)
        self.table = torch.randn(
            size + 1, size, size, generator=generator, dtype=torch.float64
        ).mul(3)
        self.symbols = size

    def __call__(
        self, inputs: Tensor, state: tuple[Tensor, ...] | None, lengths: Tensor | None = None
    ) -> tuple[Tensor, tuple[Tensor, ...]]:
        first = torch.zeros_like(inputs[:, :1]) if state is None else state[0][:, 0, :, 0].long()
        before = torch.cat([first.reshape(1, 1, -1), inputs[:, :-1] + 1], dim=1)
        after = (inputs[:, -1] + 1).double()
        return self.table[before, inputs], (after[:, None, :, None].expand(-1, 1, -1, 3),)

    def score(self, tokens: np.ndarray, first: int, last: int) -> tuple[float, float]:
        """Mean nats and accuracy of the positions `first` to `last` (not included), one by one."""
        logs = torch.log_softmax(self.table, dim=-1).numpy()
        nats, hits = 0.0, 0
        for position in range(first, last):
            before = tokens[position - 2] + 1 if position > 1 else 0
            row = logs[before, tokens[position - 1]]
            nats -= row[tokens[position]]
            hits += int(row.argmax() == tokens[position])
        return nats / (last - first), hits / (last - first)


def task_of(config: TextConfig) -> TextTask:
    return TextTask(config, TextData.read(config), CPU, torch.float32)


@pytest.mark.parametrize("part", ["train", "val", "test"])
def test_every_symbol_is_scored_once_with_what_precedes_it(part: str) -> None:
    task = task_of(TextConfig(text=RHYME, split=SplitConfig(train=0.5, val=0.3, test=0.2)))
    data = task.data
    oracle = SecondOrder(data.input_size)
    first, last = data.bounds[part]  # type: ignore[index]
    assert part != "train" or last - first > 3 * SHORTEST_STREAM, "several streams"
    nats, hits = oracle.score(data.tokens.astype(int), max(first, 1), last)
    found = task.evaluate(oracle, part, None)  # type: ignore[arg-type]
    assert float(found[f"{part}_nats"]) == pytest.approx(nats, rel=1e-12)
    assert float(found[f"{part}_bits"]) == pytest.approx(nats / log(2), rel=1e-12)
    assert float(found[f"{part}_accuracy"]) == pytest.approx(hits, rel=1e-12)


@pytest.mark.parametrize("first", [1, 2, 60, 129, 500])
@pytest.mark.parametrize("count", [1, 2, 1500, 2 * SHORTEST_STREAM + 1, 5000])
def test_any_stretch_of_text_is_scored_once(first: int, count: int) -> None:
    tokens = np.random.default_rng(0).integers(0, 4, size=6000)
    oracle = SecondOrder(4)
    found = likelihood(oracle, torch.tensor(tokens), first, first + count)
    nats, hits = oracle.score(tokens, first, first + count)
    assert float(found.nats) == pytest.approx(nats, rel=1e-12)
    assert float(found.accuracy) == pytest.approx(hits, rel=1e-12)


@pytest.mark.parametrize("length", [1, 2, 3, 200])
def test_a_symbol_is_scored_after_its_context_alone(length: int) -> None:
    task = task_of(TextConfig(text=RHYME[:3000], context=(length,)))
    oracle = SecondOrder(task.data.input_size)
    tokens = task.data.tokens.astype(int)
    at = task.data.context_positions("val")
    assert len(at) == len(set(at.tolist())) == 300
    assert task.data.bounds["val"][0] <= at[0] <= at[-1] < task.data.bounds["val"][1]
    # an order of 2 sees no more than two symbols, from the zero state
    logs = torch.log_softmax(oracle.table, dim=-1).numpy()
    before = tokens[at - 2] + 1 if length > 1 else np.zeros(len(at), dtype=int)
    nats = -logs[before, tokens[at - 1], tokens[at]].mean()
    found = task.evaluate(oracle, "val", None)
    assert float(found[f"val_nats_context_{length}"]) == pytest.approx(nats, rel=1e-12)


def test_all_contexts_are_scored_on_the_same_symbols() -> None:
    data = TextData.read(TextConfig(text="hello" * 3, cyclic=True, split=WHOLE, context=(1, 6)))
    assert data.context_positions("train").tolist() == list(range(6, 16))
    task = TextTask(data.config, data, CPU, torch.float32)
    assert list(task.evaluate(networks(data, 1), "val", None))[3:] == [
        "train_nats_context_1",
        "train_nats_context_6",
    ]


class LongMemory:
    """A network that predicts symbol 0 once it has read more than `needed` symbols, 1 before.

    Its state is how many it has read.
    """

    size = 1
    device = CPU
    dtype = torch.float64

    def __init__(self, needed: int) -> None:
        self.needed = needed

    def __call__(
        self, inputs: Tensor, state: tuple[Tensor, ...] | None, lengths: Tensor | None = None
    ) -> tuple[Tensor, tuple[Tensor, ...]]:
        before = torch.zeros(1, 1, inputs.shape[2], 1) if state is None else state[0]
        steps = torch.arange(1, inputs.shape[1] + 1).reshape(1, -1, 1)
        knows = before[:, 0, :, 0].unsqueeze(1) + steps > self.needed
        logits = torch.stack(
            [knows.double(), torch.full_like(knows, 0.5, dtype=torch.float64)], dim=-1
        )
        return logits, (before + inputs.shape[1],)


def test_each_stream_has_read_128_symbols_before_its_first_score() -> None:
    symbols = torch.zeros(9000, dtype=torch.int64)
    assert float(likelihood(LongMemory(128), symbols, 200, 9000).accuracy) == 1
    # one more is more than any stream but the first has at its first symbol
    assert float(likelihood(LongMemory(129), symbols, 200, 9000).accuracy) == 1 - 8 / 8800


def test_streams_are_read_in_step_and_in_order() -> None:
    task = task_of(TextConfig(text=RHYME))
    data, window = task.data, Window(4, seq_len=16)
    index = task.epoch_index(0, 0, window)
    stream = (data.rows()["train"] - 1) // 4
    assert len(index) == stream // 16
    inputs, targets = [], []
    for row in index:
        batch = task.gather(torch.tensor(row[None]), window)
        inputs.append(batch.inputs[0])
        targets.append(batch.targets[0])
    for at in range(4):
        begin = at * stream
        end = begin + 16 * len(index)
        expected = data.tokens[begin : end + 1].tolist()
        assert torch.cat(inputs)[:, at].tolist() == expected[:-1]
        assert torch.cat(targets)[:, at].tolist() == expected[1:]


def test_shorter_epochs_go_on_where_the_last_one_ended() -> None:
    task = task_of(TextConfig(text=RHYME))
    whole = task.epoch_index(0, 0, Window(2, seq_len=50))
    window = Window(2, seq_len=50, steps_per_epoch=7)
    short = [task.epoch_index(0, epoch, window) for epoch in range(len(whole))]
    np.testing.assert_array_equal(np.concatenate(short), np.concatenate([whole] * 7))


def test_default_length_is_64_or_a_whole_stream() -> None:
    task = task_of(TextConfig(text=RHYME))
    assert task.gather(torch.zeros(1, 2, dtype=torch.int64), Window(2)).inputs.shape == (1, 64, 2)
    short = task_of(TextConfig(text="hello", split=WHOLE))
    assert short.data.seq_len(Window(1)) == 4
    circle = task_of(TextConfig(text="hello", split=WHOLE, cyclic=True))
    batch = circle.gather(torch.zeros(1, 1, dtype=torch.int64), Window(1))
    decode = circle.data.vocabulary.decode
    assert decode(batch.inputs.ravel().tolist()) == "hello"
    assert decode(batch.targets.ravel().tolist()) == "elloh"


def test_a_circle_scores_its_closing_symbol() -> None:
    task = task_of(TextConfig(text="hello", split=WHOLE, cyclic=True))
    oracle = SecondOrder(4)
    tokens = np.concatenate([task.data.tokens, task.data.tokens[:1]]).astype(int)
    nats, _ = oracle.score(tokens, 1, 6)
    found = task.evaluate(oracle, "val", None)
    assert float(found["train_nats"]) == pytest.approx(nats, rel=1e-12)


def test_without_a_test_part_there_are_no_test_metrics() -> None:
    task = task_of(TextConfig(text=RHYME, split=SplitConfig(train=0.9, val=0.1, test=0)))
    assert task.evaluate(networks(task.data, 1), "test", None) == {}


def test_a_short_text_says_what_it_predicts() -> None:
    task = task_of(TextConfig(text="hello", split=WHOLE, cyclic=True))
    oracle = SecondOrder(4)
    tokens = task.data.tokens.tolist()
    for position, symbol in enumerate(tokens):
        before = tokens[position - 1] + 1 if position else 0
        oracle.table[before, symbol, tokens[(position + 1) % 5]] = 99.0
    assert task.say(oracle) == "hello -> elloh"
    straight = task_of(TextConfig(text="hello", split=WHOLE))
    assert straight.say(oracle) == "hell -> ello"


def test_a_long_text_says_a_sample_of_the_configured_length() -> None:
    task = task_of(TextConfig(text=RHYME, sample=40))
    said = task.say(networks(task.data, 1))
    start = task.data.bounds["val"][0]
    assert said.startswith(RHYME[start : start + 16])
    assert len(said) == 16 + 40
    assert said == task.say(networks(task.data, 1))


@pytest.mark.parametrize(
    ("vocabulary", "prompt"), [("\n abc", "a"), ("\n 1", "\n"), ([10, 104, 200], "h")]
)
def test_example_prompt_is_spelt_in_the_vocabulary(vocabulary: object, prompt: str) -> None:
    frame = TextUse(ModelDescription({}, {"vocabulary": vocabulary})).example()
    assert list(frame["prompt"]) == [prompt]
