"""The n-gram baseline against a plain, slow telling of the same equations."""

from __future__ import annotations

from collections import Counter, defaultdict
from math import log

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rnnsearch.tasks.splits import SplitConfig
from rnnsearch.tasks.text.config import TextConfig
from rnnsearch.tasks.text.data import TextData
from rnnsearch.tasks.text.ngram import _discounts, _Ngrams

TEXT = "the cat sat on the mat and the rat sat on the cat that had the hat " * 6


class Slow:
    """Interpolated Kneser-Ney by dictionaries; -1 stands for the symbols before the text."""

    def __init__(self, tokens: list[int], end: int, size: int, order: int) -> None:
        self.size = size
        padded = [-1] * order + tokens[:end]
        self.levels = []
        for n in range(1, order + 1):
            grams = [tuple(padded[i - n + 1 : i + 1]) for i in range(order, len(padded))]
            if n == order:
                counts = Counter(grams)
            else:
                longer = {tuple(padded[i - n : i + 1]) for i in range(order, len(padded))}
                counts = Counter(gram[1:] for gram in longer)
            by_context: dict[tuple[int, ...], dict[int, int]] = defaultdict(dict)
            for gram, count in counts.items():
                by_context[gram[:-1]][gram[-1]] = count
            self.levels.append((by_context, _discounts(np.array(list(counts.values())))))

    def probabilities(self, history: list[int]) -> list[float]:
        found = [1 / self.size] * self.size
        padded = [-1] * len(self.levels) + history
        for n, (by_context, discounts) in enumerate(self.levels, start=1):
            counts = by_context.get(tuple(padded[len(padded) - n + 1 :]))
            if counts is None:
                continue
            total = sum(counts.values())
            rest = sum(discounts[min(count, 3)] for count in counts.values()) / total
            found = [rest * p for p in found]
            for symbol, count in counts.items():
                found[symbol] += (count - discounts[min(count, 3)]) / total
        return found


def slow_score(
    tokens: list[int], end: int, size: int, order: int, span: range
) -> tuple[float, float]:
    model = Slow(tokens, end, size, order)
    nats, hits = 0.0, 0
    for position in span:
        p = model.probabilities(tokens[:position])
        assert sum(p) == pytest.approx(1)
        nats -= log(p[tokens[position]])
        hits += int(np.argmax(p)) == tokens[position]
    return nats / len(span), hits / len(span)


@pytest.mark.parametrize("order", [1, 2, 3, 6])
def test_it_is_kneser_ney(order: int) -> None:
    data = TextData.read(TextConfig(text=TEXT))
    tokens = data.tokens.astype(np.int64)
    end, last = data.bounds["train"][1], data.bounds["val"][1]
    model = _Ngrams(tokens, end, data.output_size)
    for first, stop in [(end, last), (1, 40)]:
        nats, hits = model.score(first, stop, [order])[order]
        span = range(first, stop)
        expected = slow_score(tokens.tolist(), end, data.output_size, order, span)
        assert nats == pytest.approx(expected[0], rel=1e-9)
        assert hits == pytest.approx(expected[1])


@settings(deadline=None, max_examples=60)
@given(st.lists(st.integers(0, 3), min_size=4, max_size=60), st.integers(1, 6))
def test_no_symbol_costs_everything(tokens: list[int], order: int) -> None:
    end = len(tokens) // 2
    model = _Ngrams(np.array(tokens), end, 4)
    order = min(order, model.highest)
    nats, hits = model.score(end, len(tokens), [order])[order]
    expected = slow_score(tokens, end, 4, order, range(end, len(tokens)))
    assert nats == pytest.approx(expected[0], rel=1e-9)
    assert 0 <= hits <= 1
    assert np.isfinite(nats)


def test_held_out_text_is_not_counted() -> None:
    tokens = TextData.read(TextConfig(text=TEXT, split=SplitConfig(train=1, val=0, test=0)))
    numbers = tokens.tokens.astype(np.int64)
    changed = numbers.copy()
    changed[300:] = changed[300:][::-1]
    one = _Ngrams(numbers, 200, tokens.output_size).score(200, 290, [1, 4])
    other = _Ngrams(changed, 200, tokens.output_size).score(200, 290, [1, 4])
    for order, score in one.items():
        assert score == pytest.approx(other[order])


def test_the_order_is_the_best_on_the_reported_part() -> None:
    data = TextData.read(TextConfig(text=TEXT))
    unigram, best = data.baselines()
    assert unigram.name == "unigram"
    model = _Ngrams(data.tokens.astype(np.int64), data.bounds["train"][1], data.output_size)
    scores = model.score(*data.scored("val"), list(range(1, 7)))
    assert best.metrics["val_nats"] == min(nats for nats, _ in scores.values())
    assert best.metrics["val_nats"] < unigram.metrics["val_nats"] / 3
    assert best.metrics["val_bits"] == pytest.approx(best.metrics["val_nats"] / log(2))
    assert "val_nats" in best.note


def test_frequencies_by_hand() -> None:
    config = TextConfig(text="aab" * 10 + "ac", split=SplitConfig(train=0.9375, val=0.0625, test=0))
    unigram = TextData.read(config).baselines()[0]
    assert unigram.metrics["val_nats"] == pytest.approx(-(log(21 / 33) + log(1 / 33)) / 2)
    assert unigram.metrics["val_accuracy"] == 0.5


def test_in_sample_scores_say_so() -> None:
    config = TextConfig(text="hello", cyclic=True, split=SplitConfig(train=1, val=0, test=0))
    best = TextData.read(config).baselines()[1]
    assert "in sample" in best.note
    assert set(best.metrics) == {"train_nats", "train_bits", "train_accuracy"}
