"""What a trained model of a text can do: go on writing after a prompt."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from rnnsearch.errors import DataError, HorizonError, ModelError, PromptError
from rnnsearch.figures.figure import Figure
from rnnsearch.figures.letters import Letters
from rnnsearch.tasks.base import Predictor, Task
from rnnsearch.tasks.frames import is_frame, text_cells
from rnnsearch.tasks.interface import Classes, Interface, Symbols
from rnnsearch.tasks.model_facts import CommandTarget, Course
from rnnsearch.tasks.signature import Column, Signature
from rnnsearch.tasks.text.vocabulary import REPLACEMENT, Vocabulary
from rnnsearch.tasks.use import MOST_STEPS, Use

PROMPT_LENGTH = 20
"""Characters of a prompt that a printed command shows at most."""
LENGTH, TEMPERATURE = 200, 0.8
"""Symbols and temperature of a sample, where nothing else is asked for."""


class TextUse(Use):
    """What a trained model of a text can do."""

    does = "writes text"
    takes = ("length", "temperature", "seed")
    pictured = False
    """A text has no rollout; `figures` asks its task itself."""

    def vocabulary(self) -> Vocabulary:
        """See `TrainedModel.vocabulary`."""
        return Vocabulary.from_json(self.manifest)

    def sample(
        self, predictor: Predictor, prompt: str, length: int, temperature: float, seed: int
    ) -> str:
        """See `TrainedModel.sample`."""
        import torch

        from rnnsearch.tasks.text.generate import generate

        vocabulary = self.vocabulary()
        if not 1 <= length <= MOST_STEPS:
            raise HorizonError(f"a sample has 1 to {MOST_STEPS:,} symbols, not {length:,}.")
        if not 0 <= temperature < float("inf"):
            raise ModelError(f"the temperature must be a number from 0, not {temperature}.")
        if not prompt:
            raise PromptError("the prompt is empty; give at least one symbol to go on from.")
        fed = torch.tensor(vocabulary.encode(prompt))
        return vocabulary.decode(generate(predictor, fed, length, temperature, seed))

    def interface(self) -> Interface:
        """The symbols of the vocabulary, and how likely each comes next."""
        known = self.vocabulary()
        spelled = (chr(one) if known.unit == "char" else one for one in known.symbols)
        names: tuple[str | int, ...] = (*spelled, *([REPLACEMENT] if known.unknown else []))
        unknown = len(known.symbols) if known.unknown else None
        return Interface(reads=Symbols(names=names, unknown=unknown), answers=Classes(names=names))

    def predictions(
        self,
        predictor: Predictor,
        source: Any,
        parameters: Mapping[str, Any],
        task: Callable[[], Task],
    ) -> Any:
        """The completion of each prompt of a text file, a prompt a line, or of a column `prompt`.

        Lines without a text are left out. What the vocabulary reads as its unknown symbol is warned
        of.
        """
        import pandas

        del task
        if source is None:
            raise ModelError("this model goes on with prompts; give a file of them, one a line.")
        named = _prompts(source)
        vocabulary = self.vocabulary()
        strangers: set[str] = set()
        for place, prompt in named:
            try:
                vocabulary.encode(prompt)
            except PromptError as error:
                raise PromptError(f"{place}: {error}") from error
            strangers |= set(vocabulary.strangers(prompt))
        if strangers:
            shown = ", ".join(sorted(strangers))
            warnings.warn(f"read as the unknown symbol: {shown}", stacklevel=2)
        length, seed = parameters.get("length", LENGTH), parameters.get("seed", 0)
        temperature = parameters.get("temperature", TEMPERATURE)
        prompts = [prompt for _, prompt in named]
        written = [self.sample(predictor, one, length, temperature, seed) for one in prompts]
        return pandas.DataFrame({"prompt": prompts, "completion": written})

    def signature(self) -> Signature:
        """A column of prompts that the model reads, and what it writes after each."""
        return Signature(
            (Column("prompt", meaning="text to go on with"),),
            (Column("", "string"),),
            (("length", LENGTH), ("temperature", TEMPERATURE), ("seed", 0)),
            {
                "length": "symbols to write",
                "temperature": "1 draws as the model has learned, less is bolder, 0 the likeliest",
                "seed": "equal seeds give equal texts",
            },
        )

    def example(self) -> Any:
        """A prompt of one letter that the vocabulary has, or of another symbol of it."""
        import pandas as pd

        symbols = self.manifest["vocabulary"]
        if not isinstance(symbols, str):
            symbols = "".join(chr(symbol) for symbol in symbols if symbol < 128)
        letter = next((symbol for symbol in symbols if symbol.isalpha()), symbols[:1])
        return pd.DataFrame({"prompt": [letter]})

    def served(self, predictor: Predictor, given: Any, parameters: Mapping[str, Any]) -> list[str]:
        """Continue prompts.

        Args:
            given: A DataFrame with a column `prompt` of strings.
            parameters: `length` in symbols, `temperature` above 0, `seed`.

        Returns:
            The continuation of each prompt, without the prompt. A symbol that the vocabulary lacks
            is read as the unknown symbol where the model has one (`max_vocabulary`).

        Raises:
            PromptError: A prompt is empty, or holds symbols that the model cannot read; the row
                and the symbols are named, and nothing is predicted.
            ModelError: A cell of the column is missing, or it holds no texts.
        """
        length, seed = int(parameters.get("length", LENGTH)), int(parameters.get("seed", 0))
        temperature = float(parameters.get("temperature", TEMPERATURE))
        prompts = text_cells(given, "prompt")
        vocabulary = self.vocabulary()
        for row, prompt in enumerate(prompts):
            try:
                vocabulary.encode(prompt)
            except PromptError as error:
                raise PromptError(f"prompt {row}: {error}") from error
        return [self.sample(predictor, prompt, length, temperature, seed) for prompt in prompts]

    def command(self, answer: str) -> tuple[object, ...] | None:
        """The command for a sample after the first word of what the model wrote in its study."""
        prompt = self.spelled(answer)
        return None if prompt is None else ("sample", "--prompt", prompt, "--length", LENGTH)

    def code(self) -> str:
        """An expression for a short sample."""
        return f"model.sample({self.spelled('') or '?'!r}, length=20)"

    def how(self, asked: CommandTarget) -> str:
        """That a sample can be drawn, as the end of a sentence."""
        prompt = self.spelled("")
        return "." if prompt is None else f": {asked.command('sample', '--prompt', prompt)}"

    def refusals(self, asked: CommandTarget) -> Mapping[str, str]:
        """What `rollout` says instead: a model of a text predicts no numbers."""
        command = self.command("")
        writes = f"{asked.model} writes text and has no rollout"
        if command is not None:
            verb, *words = command
            writes += f"; let it write: {asked.command(str(verb), *words)}"
        return {**super().refusals(asked), "rollout": writes}

    def spelled(self, text: str) -> str | None:
        """A prompt that the vocabulary can spell, or None where it can spell none that is printed.

        It is the first word of a text that it can spell, else a symbol.
        """
        vocabulary = self.vocabulary()
        words = (word[:PROMPT_LENGTH] for word in text.split())
        symbols = (chr(symbol) for symbol in vocabulary.symbols if symbol < 0xD800)
        typed = (symbol for symbol in symbols if symbol.isprintable() and not symbol.isspace())
        for one in (*words, *typed):
            if one.isprintable() and not vocabulary.strangers(one):
                return one
        return None

    def figures(
        self, task: Callable[[], Task], predictor: Predictor, course: Course
    ) -> Sequence[Figure]:
        """Of a tiny text the letters that it wrote after every epoch; else samples, and a stretch
        of the text that it was judged on."""
        from rnnsearch.tasks.text.task import TextTask

        text = task()
        if not isinstance(text, TextTask):  # a custom task, whose letters are not known
            return []
        if not text.tells:
            return text.figures(predictor)
        # Of a model of bytes a letter may be several symbols, which cannot be drawn one by one.
        if not course.answers or self.vocabulary().unit != "char":
            return []
        letters = Letters(course.answers, *text.data.followed(), course.curves, course.epoch)
        return [Figure(letters, ": what it wrote, by epoch")]


def _prompts(source: Any) -> list[tuple[str, str]]:
    """The prompts of a DataFrame, of a table with a column `prompt`, or of a text file's lines,
    each with its place for a message.

    Raises:
        ModelError: A cell of the DataFrame is empty, or it has no such column.
        DataError: The file cannot be read, or holds no prompt.
    """
    from rnnsearch.tasks.files.encoding import lines_of
    from rnnsearch.tasks.files.texts import is_table, read_text, read_texts

    if is_frame(source):
        cells = text_cells(source, "prompt")
        return [(f"prompt {row}", prompt) for row, prompt in enumerate(cells)]
    if is_table(source):
        hint = " A file that holds a prompt a line, and no table, is called .txt."
        table = read_texts(source, ["prompt"], hint)
        return [
            (table.place(row, "prompt"), one) for row, one in enumerate(table.columns["prompt"])
        ]
    lines = enumerate(lines_of(read_text(source)[1]), 1)
    prompts = [(f"{source}:{number}", line) for number, line in lines if line.strip()]
    if not prompts:
        raise DataError(f"{source} holds no prompt, one a line.")
    return prompts
