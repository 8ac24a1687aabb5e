"""A text as numbered symbols, split by position; no torch."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rnnsearch.errors import DataError
from rnnsearch.tasks.answers import kept
from rnnsearch.tasks.arrays import Ints
from rnnsearch.tasks.base import Loss, Metric, Part, Score, Window
from rnnsearch.tasks.custom_metrics import custom_metrics
from rnnsearch.tasks.given import is_given, joined_digest
from rnnsearch.tasks.portrait import EXCERPT, Portrait
from rnnsearch.tasks.splits import bounds_of
from rnnsearch.tasks.text.config import TextConfig
from rnnsearch.tasks.text.given import given_bounds, given_notes, stand_in_shares
from rnnsearch.tasks.text.ngram import CountedText, frequencies, ngram
from rnnsearch.tasks.text.source import read_pieces
from rnnsearch.tasks.text.vocabulary import Vocabulary

DEFAULT_SEQ_LEN = 64
"""Time steps of a training sequence where the trial does not say and the text is long enough."""

MOST_POSITIONS = 1024
"""How many symbols are scored by length of context: each costs as many time steps as its context
is long."""


@dataclass(eq=False)
class TextData:
    """The symbols of a whole text as numbers, and where its parts lie.

    The vocabulary is that of the whole text, held-out parts included: a symbol that training
    never shows still has a number, and costs the model dearly where it turns up. With
    `max_vocabulary` the symbols that are rare in training share one number instead.

    Attributes:
        tokens: Numbers of all symbols, uint8 or int32 [symbols].
        bounds: First and last-plus-one position of each part that exists.
        digest: SHA-256 of the raw bytes.
        different: How many distinct symbols the text has, rare ones included.
        mark: The encoding that a file's byte order mark names; empty without one.
        given_notes: Sentences on parts that have files of their own.
    """

    config: TextConfig
    vocabulary: Vocabulary
    tokens: NDArray[np.uint8] | NDArray[np.int32]
    bounds: dict[Part, tuple[int, int]]
    digest: str
    different: int
    mark: str = ""
    given_notes: tuple[str, ...] = ()

    symbolic = True
    losses: tuple[Loss, ...] = field(init=False, default=("cross_entropy",))
    quantiles: tuple[float, ...] = field(init=False, default=())
    feedback = True
    whole_sequence = False
    input_size: int = field(init=False)
    output_size: int = field(init=False)

    def __post_init__(self) -> None:
        self.input_size = self.output_size = len(self.vocabulary)

    @classmethod
    def read(cls, config: TextConfig) -> TextData:
        """Read a text and split it.

        Raises:
            DataError: The text is missing, empty, not UTF-8, or too short for its split.
        """
        pieces = read_pieces(config)
        plain = b"".join(piece.plain for piece in pieces.values())
        vocabulary, tokens = Vocabulary.of(plain, config.unit)
        notes: list[str] = []
        if len(pieces) > 1:
            bounds, notes = given_bounds(config, pieces), given_notes(config, pieces)
        else:
            bounds = _split(config, len(tokens))
        different = len(vocabulary)
        if config.max_vocabulary is not None:
            counted = tokens[slice(*bounds["train"])]
            vocabulary, tokens = vocabulary.limited(tokens, config.max_vocabulary, counted)
        digest = joined_digest([piece.digest for piece in pieces.values()])
        mark = next((piece.mark for piece in pieces.values() if piece.mark), "")
        data = cls(config, vocabulary, tokens, bounds, digest, different, mark, tuple(notes))
        for part in data.context_parts():
            _, last = data.scored(part)
            if last <= (longest := max(config.context)):
                raise DataError(
                    f"no symbol of the {part} part has {longest} symbols before it; the text has "
                    f"{len(tokens)} symbols.",
                    key="task.context",
                )
        return data

    @classmethod
    def stand_in(cls, config: TextConfig) -> TextData:
        """Data of the same task on a made text, which needs no file and has the same metrics."""
        symbols = "abcdefghij" * (100 + max(config.context, default=0))
        split = stand_in_shares(config) if is_given(config) else config.split
        whole = replace(config, path=None, val_path=None, test_path=None, split=split)
        return cls.read(replace(whole, text=symbols))

    @property
    def reported_part(self) -> Part:
        """The part whose metrics a study sees: `val`, or `train` where nothing is held out."""
        return "val" if "val" in self.bounds else "train"

    def part(self, part: Part) -> NDArray[np.uint8] | NDArray[np.int32]:
        """The numbers of a part's symbols, a view of `tokens`; empty without such a part."""
        start, end = self.bounds.get(part, (0, 0))
        return self.tokens[start:end]

    def rows(self) -> dict[Part, int]:
        """How many symbols each part has that exists."""
        return {part: end - start for part, (start, end) in self.bounds.items()}

    def sha256(self) -> str:
        """SHA-256 of the raw bytes."""
        return self.digest

    def notes(self) -> Sequence[str]:
        """Lines on a missing held-out part, a byte order mark, and symbols new to training."""
        notes = list(self.given_notes)
        if self.mark:
            notes.append(f"the file's byte order mark is left out; it is read as {self.mark}")
        if "val" not in self.bounds:
            what, rest = "no held-out part", "they say nothing about other texts"
            if "test" in self.bounds:
                what, rest = "no validation part", "of other texts only the test metrics tell"
            notes.append(
                f"{what}: the metrics are those of the training part, computed from the zero "
                f"state; {rest}"
            )
        if self.vocabulary.unknown:
            rare = self.different - len(self.vocabulary.symbols)
            share = float(np.mean(self.tokens == len(self.vocabulary) - 1))
            notes.append(
                f"{rare:,} of {self.different:,} different symbols are rare and read as one "
                f"unknown symbol; they make up {share:.3%} of the text"
            )
        shown = np.unique(self.part("train"))
        for part in ("val", "test"):
            unseen = np.setdiff1d(np.unique(self.part(part)), shown)
            if len(unseen):
                names = ", ".join(self.vocabulary.described(number) for number in unseen)
                notes.append(f"{part} holds symbols that training never shows: {names}")
        return notes

    def metrics(self) -> Sequence[Metric]:
        """Mean negative log-likelihood in nats and bits, and accuracy, of `reported_part`."""
        part = self.reported_part
        symbol = "character" if self.config.unit == "char" else "byte"
        nats, over = f"nats/{symbol}", f"over the whole {part} part, state carried"
        likelihood = f"mean negative log-likelihood {over}"
        right = f"share of symbols guessed right {over}"
        spread = f"up to {MOST_POSITIONS:,} symbols spread over the {part} part"
        first, last = self.scored(part)
        brought = over + kept(last - first, self.output_size, "symbols")
        own = [
            Metric(f"{part}_nats", nats, "minimize", likelihood, loss=True),
            Metric(f"{part}_bits", f"bits/{symbol}", "minimize", f"the same {over}, in bits"),
            Metric(f"{part}_accuracy", "share", "maximize", right),
            *(
                Metric(
                    f"{part}_nats_context_{length}",
                    nats,
                    "minimize",
                    f"mean negative log-likelihood of {spread}, each after the {length} symbols "
                    "before it alone",
                )
                for length in self.config.context
            ),
        ]
        return [*own, *custom_metrics(self.config.metrics, own, brought, part)]

    def scored(self, part: Part) -> tuple[int, int]:
        """First and last-plus-one position of the symbols of a part that are predicted.

        All of it, but for the first symbol of the text, which nothing precedes. Of a circle that
        symbol stands again behind the last one.
        """
        start, end = self.bounds[part]
        return max(start, 1), end + (1 if self.config.cyclic else 0)

    def context_parts(self) -> list[Part]:
        """The parts whose metrics by length of context are reported; none without such metrics."""
        return self.scored_parts() if self.config.context else []

    def context_positions(self, part: Part) -> Ints:
        """Positions of the symbols that are scored by length of context, the same for each length.

        Spread evenly over a part, each with the longest context before it in the text.
        """
        first, last = self.scored(part)
        first = max(first, *self.config.context)
        count = min(MOST_POSITIONS, last - first)
        return first + np.arange(count, dtype=np.int64) * (last - first) // count

    def scored_parts(self) -> list[Part]:
        """The part that the study reports, and the test part where there is one."""
        parts: list[Part] = [self.reported_part]
        return [*parts, "test"] if "test" in self.bounds else parts

    def pairs(self) -> int:
        """How many pairs of a symbol and the one after it the training part holds."""
        return self.rows()["train"] - (0 if self.config.cyclic else 1)

    def seq_len(self, window: Window) -> int:
        """Time steps of a training sequence: 64, or a whole stream where it is shorter."""
        if window.seq_len is not None:
            return window.seq_len
        return max(1, min(DEFAULT_SEQ_LEN, self.pairs() // window.batch_size))

    def window_problem(self, window: Window) -> str | None:
        """Why parallel streams of the training part do not hold one training sequence, or None."""
        pairs, seq_len = self.pairs(), self.seq_len(window)
        stream = pairs // window.batch_size
        if stream >= seq_len:
            return None
        rows = self.rows()["train"]
        remedy = f"training.batch_size: {max(pairs // seq_len, 1)}"
        if pairs < seq_len:
            remedy = f"training.seq_len: {pairs}, training.batch_size: 1"
        elif stream:
            remedy += f" or training.seq_len: {stream}"
        return (
            f"the training part of {rows} symbols gives {window.batch_size} parallel streams of "
            f"{stream} steps, too short for sequences of {seq_len}; at most {remedy}."
        )

    def baselines(self) -> Sequence[Score]:
        """Symbol frequencies, and an n-gram of the order that is best."""
        text = CountedText(
            symbols=self.read_through().astype(np.int64),
            size=self.output_size,
            shown=self.rows()["train"],
            end=self.scored("train")[1],
            spans={part: self.scored(part) for part in self.scored_parts()},
            contexts=self.config.context,
            positions={part: self.context_positions(part) for part in self.context_parts()},
            say=self.vocabulary.described,
            custom=self.config.metrics,
        )
        return [frequencies(text), ngram(text)]

    def read_through(self) -> NDArray[np.uint8] | NDArray[np.int32]:
        """The numbers of all symbols; of a circle, with the first symbol again at the end."""
        first = self.tokens[: 1 if self.config.cyclic else 0]
        return np.concatenate([self.tokens, first])

    def followed(self) -> tuple[str, str]:
        """Every symbol that another one follows, and those that follow, as two texts."""
        tokens, decode = self.read_through().tolist(), self.vocabulary.decode
        return decode(tokens[:-1]), decode(tokens[1:])

    def portrait(self) -> Portrait:
        """How the text of each part begins."""
        parts = {part: self.part(part)[:EXCERPT].tolist() for part in self.bounds}
        return Portrait(
            excerpts={part: self.vocabulary.decode(some) for part, some in parts.items()}
        )

    def manifest(self) -> dict[str, Any]:
        """The vocabulary and its unit, and whether the text is a circle."""
        return {"task": "text", **self.vocabulary.to_json(), "cyclic": self.config.cyclic}


def _split(config: TextConfig, count: int) -> dict[Part, tuple[int, int]]:
    """Where each part lies, by position; a part of share 0 is left out."""
    bounds = bounds_of(config.split, count)
    for part, (start, end) in bounds.items():
        needed = 2 if part == "train" else 1
        if end - start < needed:
            whole = "split: {train: 1, val: 0, test: 0}"
            remedy = f", or learn it whole with {whole}" if len(bounds) > 1 and count > 1 else ""
            raise DataError(
                f"the text is too short to split: of {count} symbols, {end - start} fall to the "
                f"{part} part, which needs {needed}. Give a longer text{remedy}."
            )
    return bounds
