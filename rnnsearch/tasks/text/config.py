"""The keys of a space file that say which text is learned, and how it is scored."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Annotated, Literal

from rnnsearch.tasks.custom_metrics import MetricPaths
from rnnsearch.tasks.given import given_problems, is_given
from rnnsearch.tasks.splits import SplitConfig, split_problems
from rnnsearch.vocabulary import PATH, Range, outside


@dataclass(frozen=True, slots=True, kw_only=True)
class TextConfig:
    """Characters to next characters. Exactly one of `path` and `text` is given."""

    type: Literal["text"] = "text"
    path: Annotated[
        str | None,
        "A UTF-8 text file, or `python:MODULE` for the source file of an installed module.",
        PATH,
    ] = None
    val_path: Annotated[
        str | None, "A file of the validation part; `path` then holds the training part.", PATH
    ] = None
    test_path: Annotated[
        str | None,
        "A file of the test part. Without `val_path` the validation part is the end of `path`, the "
        "share `split.val` of it.",
        PATH,
    ] = None
    text: Annotated[str | None, "The text itself, for a few characters."] = None
    unit: Annotated[Literal["char", "byte"], "What a symbol is."] = "char"
    max_vocabulary: Annotated[
        int | None,
        "Different symbols at most; the ones that are rarest in the training part become one "
        "unknown symbol, which is counted too. None keeps all.",
        Range(2, 0x110001, unit="symbols"),
    ] = None
    cyclic: Annotated[
        bool, "Whether the first symbol follows the last one (`hello` to `elloh`)."
    ] = False
    split: Annotated[
        SplitConfig,
        "By position. Without a validation part the metrics are those of training, computed from "
        "the zero state, and the study says so.",
    ] = field(default_factory=SplitConfig)
    context: Annotated[
        tuple[int, ...],
        "Numbers of symbols: the likelihood after no more than so many of them, from the zero "
        "state, is reported too.",
        Range(1, 1_000_000, unit="symbols"),
    ] = ()
    metrics: MetricPaths = ()
    sample: Annotated[
        int,
        "Characters of generated text that go with the champion.",
        Range(0, 1_000_000, unit="characters"),
    ] = 300


def problems(config: TextConfig) -> list[tuple[str, str]]:
    """Everything wrong with a config whose fields have the right types; no file is read.

    Returns:
        Pairs of a key below `task` (`split.train`) and what is wrong with its value.
    """
    if mistakes := outside(config):
        return mistakes
    if (config.path is None) == (config.text is None):
        mistakes.append(("path", "give exactly one of path and text."))
    given = is_given(config)
    mistakes += given_problems(config) if given else split_problems(config.split, ["train"])
    if config.cyclic and given:
        mistakes.append(("cyclic", "a circle is one text; leave val_path and test_path out."))
    elif config.cyclic and (config.split.val or config.split.test):
        mistakes.append(
            ("cyclic", "a circle has no end to hold out; set split: {train: 1, val: 0, test: 0}.")
        )
    if len(set(config.context)) != len(config.context):
        mistakes.append(("context", "names a length twice."))
    return mistakes
