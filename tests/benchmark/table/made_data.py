"""The data that the table's spaces read, made by seeds and of what every Python has."""

from __future__ import annotations

import importlib.util
import math
import random
from pathlib import Path

CHARACTERS = 10_000
NAMES = 150
"""Of each language."""
HOURS = 700


def write_data(folder: Path) -> None:
    """Write all files into an empty folder."""
    (folder / "text.txt").write_text(_text(), encoding="utf-8")
    (folder / "series.csv").write_text(_series(random.Random(1)), encoding="utf-8")
    (folder / "names").mkdir()
    for name, words in _names(random.Random(2)).items():
        text = "\n".join(sorted(words)) + "\n"
        (folder / "names" / f"{name}.txt").write_text(text, encoding="utf-8")


def _text() -> str:
    """The beginning of Python's help topics, which differ between its minor versions."""
    found = importlib.util.find_spec("pydoc_data.topics")
    assert found is not None
    assert found.origin is not None
    return Path(found.origin).read_text(encoding="utf-8")[:CHARACTERS]


def _names(draw: random.Random) -> dict[str, set[str]]:
    """Names of six languages, each a Markov chain of letters; half of the letters are common."""
    languages = {}
    for name in ("Amric", "Besh", "Corvan", "Dalit", "Enoric", "Fesk"):
        letters = "aeinrst" + "".join(draw.sample("bcdfghjklmopquvwxyz", 6))
        follow = {one: [draw.gammavariate(0.4, 1.0) for _ in letters] for one in ("^", *letters)}
        words: set[str] = set()
        while len(words) < NAMES:
            word = "^"
            for _ in range(draw.randint(4, 10)):
                word += draw.choices(letters, follow[word[-1]])[0]
            words.add(word[1:].capitalize())
        languages[name] = words
    return languages


def _series(draw: random.Random) -> str:
    """Hours of a load: a daily wave, three units a degree below 14, and noise that stays."""
    rows = ["load,temperature"]
    noise = drift = 0.0
    for hour in range(HOURS):
        drift = 0.97 * drift + draw.gauss(0, 0.6)
        noise = 0.8 * noise + draw.gauss(0, 1.5)
        temperature = 12 + 4 * math.sin(2 * math.pi * (hour - 9) / 24) + drift
        wave = 10 * math.sin(2 * math.pi * (hour - 6) / 24) + 4 * math.sin(4 * math.pi * hour / 24)
        load = 50 + wave + 3 * max(0.0, 14 - temperature) + noise
        rows.append(f"{load:.3f},{temperature:.3f}")
    return "\n".join(rows) + "\n"
