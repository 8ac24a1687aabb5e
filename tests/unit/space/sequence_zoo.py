"""Tables of labelled sequences as people have them, and what `init` shall take them for."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import numpy as np

DRAW = np.random.default_rng(3)
WORDS = ["good", "bad", "fine", "awful", "great", "boring", "nice", "dull"]


def written(names: Sequence[str], rows: Iterable[Sequence[object]], sign: str = ",") -> str:
    return "\n".join(sign.join(map(str, row)) for row in (names, *rows)) + "\n"


def number() -> str:
    return f"{DRAW.normal():.3f}"


def comma(value: float) -> str:
    return f"{value:.3f}".replace(".", ",")


def sentence(words: int) -> str:
    return " ".join(DRAW.choice(WORDS, words))


@dataclass(frozen=True)
class Case:
    """A file and what is taken of it.

    Attributes:
        text: The file's content.
        values: Fixed values of the space file that shall be written.
        said: Words that shall stand on the screen.
        problem: Words of why the file does not run; empty where it runs.
        encoding: That of the file.
    """

    text: str
    values: dict[str, Any]
    said: tuple[str, ...] = ()
    problem: str = ""
    encoding: str = "utf-8"


def _utterances() -> str:
    names = ("utt", "frame", "m1", "m2", "speaker", "speaker_no")
    rows = [
        (f"utt_{at:03d}", frame, number(), number(), ("anna", "bob", "carl")[at % 3], at % 3)
        for at in range(30)
        for frame in range(4 + at % 3)
    ]
    return written(names, rows)


def _activity() -> str:
    rows = [
        (f"P{person}", comma(t / 50), comma(DRAW.normal()), comma(DRAW.normal()), tag)
        for person in range(10)
        for t, tag in enumerate(DRAW.choice(["gehen", "stehen", "laufen"], 12))
    ]
    return written(("Person", "Zeit", "x", "y", "Aktivität"), rows, ";").replace("\n", "\r\n")


def _engines(life: bool = True) -> str:
    rows = [
        (engine, cycle, number(), number(), 100 + 7 * engine if life else engine % 2)
        for engine in range(1, 31)
        for cycle in range(1, 5 + engine % 4)
    ]
    return written(("engine", "cycle", "heat", "pressure", "rul"), rows)


def _missing() -> str:
    rows = [
        (at, step, "" if (at + step) % 9 == 0 else number(), number(), at % 2)
        for at in range(24)
        for step in range(4)
    ]
    return written(("id", "t", "a", "b", "label"), rows)


def _machines() -> str:
    start = datetime(2024, 1, 1, 8)
    rows = [
        (
            f"rec{at}",
            start + timedelta(days=at, seconds=s),
            number(),
            number(),
            ("ok", "bad")[at % 2],
        )
        for at in range(24)
        for s in range(4)
    ]
    return written(("recording", "timestamp", "vib", "temp", "state"), rows)


def _reviews() -> str:
    rows = [(f'"{sentence(5)}, {at}"', at % 2) for at in range(60)]
    return written(("review", "sentiment"), rows)


def _ham() -> str:
    return written(
        ("", "text"), [(("ham", "spam")[at % 2], f"{sentence(4)} {at}") for at in range(40)]
    )


def _tweets() -> str:
    rows = [
        (
            1000 + 7 * at,
            f"2024-01-{1 + at % 28:02d}",
            f"u{at % 9}",
            f"{sentence(6)} {at}",
            "pn"[at % 2],
        )
        for at in range(50)
    ]
    return written(("id", "date", "user", "text", "sentiment"), rows)


def _essays() -> str:
    rows = [(at, f"{sentence(8)} {at}", f"{at % 7 + 0.5 * (at % 2)}") for at in range(60)]
    return written(("essay_id", "essay", "score"), rows)


def _parts() -> str:
    part = ("train", "train", "dev", "test", "train")
    rows = [
        ("".join(DRAW.choice(list("abcdef"), 6)) + str(at), ("de", "en")[at % 2], part[at % 5])
        for at in range(60)
    ]
    return written(("word", "lang", "set"), rows)


CASES = {
    "utterances": Case(
        _utterances(),
        {
            "type": "labels",
            "id": "utt",
            "time": "frame",
            "features": ("m1", "m2"),
            "label": "speaker",
        },
        (
            "'speaker' is constant within each 'utt': one label a sequence",
            "30 sequences of 4 to 6 time steps",
            "3 classes: anna 10, bob 10, carl 10",
            "speaker_no: says the same as 'speaker'",
            "--task tags --id utt --target speaker",
            "series to forecast: rnnsearch init",
        ),
    ),
    "german": Case(
        _activity(),
        {
            "type": "tags",
            "id": "Person",
            "time": "Zeit",
            "features": ("x", "y"),
            "label": "Aktivität",
        },
        ("'Zeit' rises from row to row", "'Aktivität' changes within 'Person'"),
        encoding="utf-16",
    ),
    "engines": Case(
        _engines(),
        {"type": "value", "id": "engine", "time": "cycle", "target": "rul"},
        ("one number a sequence", "'rul' as names: 30 classes"),
    ),
    "engines of two lives": Case(
        _engines(life=False),
        {"type": "labels", "id": "engine", "label": "rul"},
        ("'rul' as an amount: one number a sequence: rnnsearch init", "--task value"),
    ),
    "missing cells": Case(
        _missing(),
        {"type": "labels", "features": ("b",), "label": "label"},
        ("a: 9 cells are empty",),
    ),
    "dated recordings": Case(
        _machines(),
        {"type": "labels", "id": "recording", "time": "timestamp", "label": "state"},
    ),
    "reviews": Case(
        _reviews(),
        {"type": "labels", "text": "review", "label": "sentiment"},
        ("2 classes: 0 30, 1 30", "'sentiment' as an amount"),
        encoding="utf-8-sig",
    ),
    "a label without a name": Case(
        _ham(), {"type": "labels", "text": "text", "label": "Unnamed: 0"}
    ),
    "tweets": Case(
        _tweets(),
        {"type": "labels", "text": "text", "label": "sentiment"},
        ("user: holds 'u0'",),
    ),
    "essays": Case(_essays(), {"type": "value", "text": "essay", "target": "score"}),
    "official parts": Case(
        _parts(),
        {"type": "labels", "text": "word", "label": "lang", "split.column": "set"},
        ("parts: set says them",),
    ),
    "yes and no": Case(
        written(("comment", "toxic"), [(f"{sentence(4)} {at}", "yn"[at % 2]) for at in range(40)]),
        {"type": "labels", "text": "comment", "label": "toxic"},
        ("2 classes: y 20, n 20",),
    ),
    "one class": Case(
        written(("text", "label"), [(f"hello {at}", "a") for at in range(30)]),
        {"type": "labels", "text": "text", "label": "label"},
        problem="every sequence has the label 'a'",
    ),
}
