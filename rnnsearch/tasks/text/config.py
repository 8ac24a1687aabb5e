"""The text to learn, as plain values."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from rnnsearch.tasks.splits import SplitConfig, split_problems


@dataclass(frozen=True, slots=True, kw_only=True)
class TextConfig:
    """Characters to next characters. Exactly one of `path` and `text` is given.

    Attributes:
        path: A UTF-8 text file, or `python:MODULE` for the source file of an installed module.
        text: The text itself, for a few characters.
        unit: What a symbol is.
        max_vocabulary: Different symbols at most; the ones that are rarest in the training part
            become one unknown symbol, which is counted too. None keeps all.
        cyclic: Whether the first symbol follows the last one (`hello` to `elloh`).
        split: By position. Without a validation part the metrics are those of training,
            computed from the zero state, and the study says so.
        context: Numbers of symbols: the likelihood after no more than so many of them, from the
            zero state, is reported too.
        sample: Characters of generated text that go with the champion.
    """

    type: Literal["text"] = "text"
    path: str | None = None
    text: str | None = None
    unit: Literal["char", "byte"] = "char"
    max_vocabulary: int | None = None
    cyclic: bool = False
    split: SplitConfig = field(default_factory=SplitConfig)
    context: tuple[int, ...] = ()
    sample: int = 300


def problems(config: TextConfig) -> list[tuple[str, str]]:
    """Everything wrong with a config whose fields have the right types; no file is read.

    Returns:
        Pairs of a key below `task` (`split.train`) and what is wrong with its value.
    """
    found: list[tuple[str, str]] = []
    if (config.path is None) == (config.text is None):
        found.append(("path", "give exactly one of path and text."))
    found += split_problems(config.split, ["train"])
    if config.cyclic and (config.split.val or config.split.test):
        found.append(
            ("cyclic", "a circle has no end to hold out; set split: {train: 1, val: 0, test: 0}.")
        )
    if config.max_vocabulary is not None and config.max_vocabulary < 2:
        found.append(("max_vocabulary", f"must be at least 2, not {config.max_vocabulary}."))
    if any(length < 1 for length in config.context):
        found.append(("context", "must hold lengths of at least 1."))
    if len(set(config.context)) != len(config.context):
        found.append(("context", "names a length twice."))
    if config.sample < 0:
        found.append(("sample", f"must be at least 0, not {config.sample}."))
    return found
