"""Rivals of a recurrent model on texts: symbol frequencies and smoothed n-grams. Numpy only."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from math import log

import numpy as np

from rnnsearch.tasks.answers import Answers, thinned
from rnnsearch.tasks.arrays import Floats, Ints
from rnnsearch.tasks.base import Part, Score
from rnnsearch.tasks.custom_metrics import RivalMeasure

HIGHEST_ORDER = 6
"""The highest order of the n-grams that are tried."""
TABLE_NUMBERS = 1 << 20
"""How many probabilities are held in memory at once."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CountedText:
    """What the n-grams need to know of a text.

    Attributes:
        symbols: Numbers of all symbols; of a circle, with the first one again at the end.
        size: How many symbols the vocabulary has.
        shown: How many symbols the training part has, which comes first.
        end: Last-plus-one position of the training part that is predicted.
        spans: First and last-plus-one position of the parts to score; the study's own first.
        contexts: Lengths of context after which symbols are scored too.
        positions: Of each part, the positions of the symbols that are scored by length of context.
        say: Gives the name of a symbol by its number.
        custom: The custom metrics by which n-grams are scored too.
    """

    symbols: Ints
    size: int
    shown: int
    end: int
    spans: Mapping[Part, tuple[int, int]]
    contexts: tuple[int, ...] = ()
    positions: Mapping[Part, Ints] = field(default_factory=dict)
    say: Callable[[int], str] = str
    custom: Sequence[str] = ()

    def measured(
        self, measure: RivalMeasure, chances: Callable[[Ints], Floats]
    ) -> dict[str, float]:
        """The custom metrics of the parts to score.

        Args:
            chances: From positions to the probabilities of every symbol there, [positions, size].
        """
        metrics: dict[str, float] = {}
        for part, (first, last) in self.spans.items() if self.custom else ():
            some = thinned(np.arange(first, last), self.size)
            figures = measure(Answers(chances(some), self.symbols[some]))
            metrics |= {f"{part}_{name}": value for name, value in figures.items()}
        return metrics


def frequencies(text: CountedText) -> Score:
    """The baseline that gives every symbol its share of the training part, whatever came before.

    One is added to each count, so that no symbol is impossible.
    """
    counts = np.bincount(text.symbols[: text.shown], minlength=text.size) + 1.0
    nats = -np.log(counts / counts.sum())
    likeliest = int(np.argmax(counts))
    metrics: dict[str, float] = {}
    for part, (first, last) in text.spans.items():
        scored = text.symbols[first:last]
        metrics |= _named(part, float(nats[scored].mean()), float((scored == likeliest).mean()))
        for length in text.contexts:
            symbols = text.symbols[text.positions[part]]
            metrics[f"{part}_nats_context_{length}"] = float(nats[symbols].mean())
    measure = RivalMeasure(text.custom)
    metrics |= text.measured(measure, lambda some: np.tile(counts / counts.sum(), (len(some), 1)))
    note = f"shares of the training part; always guesses {text.say(likeliest)}"
    return Score("unigram", metrics, measure.note(note))


def ngram(text: CountedText) -> Score:
    """The best n-gram of order 1 to 6, interpolated with modified Kneser-Ney discounts.

    Counted on the training part alone. The order is the one with the lowest nats on the part that
    the study reports, as the study chooses its models; after a shorter context than it reads, it
    gives way to the order that reads just so much. Source of the discounts: Chen and Goodman, An
    empirical study of smoothing techniques for language modeling (1998).
    """
    model = _Ngrams(text.symbols, text.end, text.size)
    reported, *others = text.spans
    orders = list(range(1, model.highest + 1))
    scores = model.score(*text.spans[reported], orders)
    order = min(orders, key=lambda n: scores[n][0])
    metrics = _named(reported, *scores[order])
    for part in others:
        metrics |= _named(part, *model.score(*text.spans[part], [order])[order])
    for part in text.spans:
        for length in text.contexts:
            allowed = min(order, length + 1)
            nats, _ = model.score_at(text.positions[part], [allowed])[allowed]
            metrics[f"{part}_nats_context_{length}"] = nats
    where = "in sample, " if reported == "train" else ""
    note = f"interpolated Kneser-Ney, {where}order of the lowest {reported}_nats"
    measure = RivalMeasure(text.custom)
    metrics |= text.measured(measure, lambda some: model.chances(some, order))
    return Score(f"{order}-gram", metrics, measure.note(note))


@dataclass(frozen=True, slots=True)
class _Level:
    """Discounted shares of the symbols that were seen after each context of one length.

    Attributes:
        starts: Where a context's entries begin, [contexts + 1]; unseen contexts have none.
        symbols: Symbol of each entry.
        shares: Discounted count over the context's total, of each entry.
        rests: What the discounts leave of each context's mass to the shorter context.
    """

    starts: Ints
    symbols: Ints
    shares: Floats
    rests: Floats

    @classmethod
    def of(cls, codes: Ints, counts: Ints, contexts: int, size: int) -> _Level:
        """Count symbols after contexts.

        Args:
            codes: The distinct `context * size + symbol` that were seen, ascending.
            counts: How often each was seen.
            contexts: How many contexts there are.
            size: How many symbols the vocabulary has.
        """
        before, symbols = np.divmod(codes, size)
        discounts = _discounts(counts)[np.minimum(counts, 3)]
        totals = np.bincount(before, weights=counts, minlength=contexts)
        seen = totals > 0
        rests = np.ones(contexts)
        left = np.bincount(before, weights=discounts, minlength=contexts)
        rests[seen] = left[seen] / totals[seen]
        starts = np.concatenate([[0], np.cumsum(np.bincount(before, minlength=contexts))])
        return cls(starts, symbols, (counts - discounts) / totals[before], rests)

    def over(self, shorter: Floats, contexts: Ints) -> Floats:
        """Probabilities of every symbol after some contexts, [contexts, symbols].

        Args:
            shorter: The same after the next shorter contexts, which get the mass of `rests`.
            contexts: Numbers of the contexts.
        """
        table = shorter * self.rests[contexts, None]
        begins = self.starts[contexts]
        lengths = self.starts[contexts + 1] - begins
        rows = np.repeat(np.arange(len(contexts)), lengths)
        skipped = np.repeat(np.cumsum(lengths) - lengths - begins, lengths)
        entries = np.arange(len(rows)) - skipped
        table[rows, self.symbols[entries]] += self.shares[entries]
        return table


class _Ngrams:
    """Kneser-Ney tables of all orders over one text.

    Contexts get their numbers over the whole text, but are counted in the training part alone. In
    front of the text stands a number of its own, so that the number of the longest context of a
    position decides those of all shorter ones.

    Args:
        tokens: The whole text.
        end: Where the training part ends.
        size: How many symbols the vocabulary has.
    """

    def __init__(self, tokens: Ints, end: int, size: int) -> None:
        self.highest = max(1, min(HIGHEST_ORDER, end - 1))
        self._tokens = tokens
        self._size = size
        self._contexts: list[Ints] = []
        self._raw: list[_Level] = []
        self._distinct: list[_Level] = []
        numbers = np.zeros(len(tokens), dtype=np.int64)
        shorter: Ints | None = None
        for _ in range(self.highest):
            count = int(numbers.max()) + 1 if shorter is not None else 1
            contexts = np.concatenate([[count], numbers[:-1]]) if shorter is not None else numbers
            codes = contexts * size + tokens
            distinct, firsts, counts = np.unique(codes[:end], return_index=True, return_counts=True)
            if shorter is not None:
                # A shorter n-gram counts once for each distinct symbol that stands before it.
                seen, different = np.unique(shorter[firsts], return_counts=True)
                contexts_below = int(self._contexts[-1].max()) + 1
                self._distinct.append(_Level.of(seen, different, contexts_below, size))
            self._contexts.append(contexts)
            self._raw.append(_Level.of(distinct, counts, count + 1, size))
            _, numbers = np.unique(codes, return_inverse=True)
            shorter = codes

    def score(self, first: int, last: int, orders: list[int]) -> dict[int, tuple[float, float]]:
        """Mean nats and accuracy of each order over positions `first` to `last`."""
        return self.score_at(np.arange(first, last), orders)

    def score_at(self, positions: Ints, orders: list[int]) -> dict[int, tuple[float, float]]:
        """Mean nats and accuracy of each order over any positions."""
        nats = dict.fromkeys(orders, 0.0)
        hits = dict.fromkeys(orders, 0)
        top = max(orders)
        for heads, rows, places in self._chunks(positions, top):
            targets = self._tokens[places]
            table = np.full((len(heads), self._size), 1 / self._size)
            for order in range(1, top + 1):
                contexts = self._contexts[order - 1][heads]
                if order in nats:
                    whole = self._raw[order - 1].over(table, contexts)
                    nats[order] -= float(np.log(whole[rows, targets]).sum())
                    hits[order] += int((whole.argmax(axis=1)[rows] == targets).sum())
                if order < top:
                    table = self._distinct[order - 1].over(table, contexts)
        count = len(positions)
        return {order: (nats[order] / count, hits[order] / count) for order in orders}

    def chances(self, positions: Ints, order: int) -> Floats:
        """The probabilities of every symbol at ascending positions, [positions, size]."""
        chances = np.empty((len(positions), self._size))
        for heads, rows, places in self._chunks(positions, order):
            table = np.full((len(heads), self._size), 1 / self._size)
            for shorter in range(order - 1):
                table = self._distinct[shorter].over(table, self._contexts[shorter][heads])
            table = self._raw[order - 1].over(table, self._contexts[order - 1][heads])
            chances[np.searchsorted(positions, places)] = table[rows]
        return chances

    def _chunks(self, positions: Ints, order: int) -> Iterator[tuple[Ints, Ints, Ints]]:
        """Positions grouped by the context before them, so that each context is computed once.

        Yields:
            For some contexts at a time: a position of each context, and of all their positions the
            place of its context among these, and the position.
        """
        contexts = self._contexts[order - 1][positions]
        _, heads, groups = np.unique(contexts, return_index=True, return_inverse=True)
        by_group = np.argsort(groups, kind="stable")
        edges = np.concatenate([[0], np.cumsum(np.bincount(groups))])
        step = max(1, TABLE_NUMBERS // self._size)
        for low in range(0, len(heads), step):
            high = min(low + step, len(heads))
            members = by_group[edges[low] : edges[high]]
            yield positions[heads[low:high]], groups[members] - low, positions[members]


def _discounts(counts: Ints) -> Floats:
    """What modified Kneser-Ney takes off a count of 1, 2 and more than 2, at places 1, 2 and 3.

    Args:
        counts: Of all n-grams of one order, each at least 1.
    """
    once, twice, thrice, four = (int((counts == n).sum()) for n in (1, 2, 3, 4))
    share = once / (once + 2 * twice) if once else 0.5
    taken = [0.0, 0.5, 0.5, 0.5]
    for n, (here, above) in enumerate([(once, twice), (twice, thrice), (thrice, four)], start=1):
        taken[n] = n - (n + 1) * share * above / here if here else taken[n - 1] + 0.2
    # In a small text such estimates mean little, so that every count keeps and gives something.
    return np.array([0.0, *(float(np.clip(taken[n], 0.1, n - 0.1)) for n in (1, 2, 3))])


def _named(part: Part, nats: float, accuracy: float) -> dict[str, float]:
    """The metrics of a part under the names of the task's own."""
    return {
        f"{part}_nats": nats,
        f"{part}_bits": nats / log(2),
        f"{part}_accuracy": accuracy,
    }
