"""Reading, numbering and splitting texts."""

from __future__ import annotations

import json
import sys
from dataclasses import replace
from hashlib import sha256
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rnnsearch.errors import DataError, PromptError
from rnnsearch.tasks.base import Window
from rnnsearch.tasks.load import load_data
from rnnsearch.tasks.splits import SplitConfig
from rnnsearch.tasks.text.config import TextConfig, problems
from rnnsearch.tasks.text.data import TextData
from rnnsearch.tasks.text.source import module_source
from rnnsearch.tasks.text.vocabulary import Vocabulary

WHOLE = SplitConfig(train=1, val=0, test=0)


def test_a_file_is_read_split_and_numbered(tmp_path: Path) -> None:
    path = tmp_path / "text.txt"
    path.write_bytes(b"cabb\r\nage cabbage!  \n")
    data = TextData.read(
        TextConfig(path=str(path), split=SplitConfig(train=0.7, val=0.2, test=0.1))
    )
    assert data.vocabulary.decode(data.tokens.tolist()) == "cabb\r\nage cabbage!  \n"
    assert data.bounds == {"train": (0, 14), "val": (14, 18), "test": (18, 21)}
    assert data.manifest() == {
        "task": "text",
        "unit": "char",
        "vocabulary": "\n\r !abceg",
        "cyclic": False,
    }
    assert data.input_size == data.output_size == 9
    assert data.tokens.dtype == np.uint8
    assert data.sha256() == sha256(path.read_bytes()).hexdigest()


@given(st.binary(max_size=200), st.sampled_from(["char", "byte"]))
def test_any_bytes_are_read_or_refused(tmp_path_factory: pytest.TempPathFactory, raw, unit) -> None:  # type: ignore[no-untyped-def]
    path = tmp_path_factory.getbasetemp() / "wild.txt"
    path.write_bytes(raw)
    try:
        data = TextData.read(TextConfig(path=str(path), unit=unit))
    except DataError:
        if len(raw) >= 40:  # long enough for any split in characters of up to four bytes
            with pytest.raises(UnicodeDecodeError):
                raw.decode("utf-8")
            assert unit == "char"
        return
    symbols = np.array(data.vocabulary.symbols)[data.tokens]
    if unit == "byte":
        assert bytes(symbols.tolist()) == raw
    else:
        assert "".join(map(chr, symbols)) == raw.decode("utf-8")
    assert sum(data.rows().values()) == len(data.tokens)
    assert min(data.rows().values()) >= 1
    assert list(data.vocabulary.symbols) == sorted(set(symbols.tolist()))
    assert Vocabulary.from_json(data.manifest()) == data.vocabulary


@given(st.text(min_size=1))
def test_encode_undoes_decode(text: str) -> None:
    for unit in ("char", "byte"):
        vocabulary, tokens = Vocabulary.of(text.encode(), unit)  # type: ignore[arg-type]
        assert vocabulary.encode(text).tolist() == tokens.tolist()
        assert vocabulary.decode(tokens.tolist()) == text


@given(st.text(min_size=1), st.integers(2, 9), st.sampled_from(["char", "byte"]))
def test_a_limited_vocabulary_changes_nothing_but_the_rare(text: str, most: int, unit) -> None:  # type: ignore[no-untyped-def]
    whole, tokens = Vocabulary.of(text.encode(), unit)
    few, numbers = whole.limited(tokens, most, tokens)
    assert len(few) <= most
    assert int(numbers.max()) < len(few)
    assert few.unknown == (len(whole) > most)
    assert few.encode(text).tolist() == numbers.tolist()
    rare = set(whole.symbols) - set(few.symbols)
    assert len(few.strangers(text)) == len(rare)
    for token, number in zip(tokens, numbers, strict=True):
        symbol = whole.symbols[token]
        assert (
            (number == len(few) - 1 and few.unknown)
            if symbol in rare
            else (few.symbols[number] == symbol)
        )
    counts = np.bincount(tokens)
    kept = [counts[whole.symbols.index(symbol)] for symbol in few.symbols]
    assert all(counts[whole.symbols.index(symbol)] <= min(kept) for symbol in rare)


def test_more_than_256_symbols_fit() -> None:
    text = "".join(map(chr, range(0x4E00, 0x4E00 + 300)))
    data = TextData.read(TextConfig(text=text, split=WHOLE))
    assert data.tokens.tolist() == list(range(300))


def test_unknown_characters_are_named() -> None:
    vocabulary, _ = Vocabulary.of(b"hello", "char")
    with pytest.raises(PromptError, match=r"'!', 'w'.*4 chars: 'ehlo'"):
        vocabulary.encode("well!")
    by_byte, _ = Vocabulary.of("é".encode(), "byte")
    with pytest.raises(PromptError, match="byte 0x68"):
        by_byte.encode("h")


@pytest.mark.parametrize("unit", ["char", "byte"])
def test_rare_symbols_become_one_unknown_symbol(unit: str) -> None:
    # by position: "b" and "c" are rare in training, "z" is not there, "d" wins a tie by its code
    config = TextConfig(text="a" * 20 + "ddeebc" + "zab", unit=unit, max_vocabulary=3)  # type: ignore[arg-type]
    data = TextData.read(replace(config, split=SplitConfig(train=0.9, val=0.05, test=0.05)))
    vocabulary = data.vocabulary
    assert (data.input_size, data.output_size, data.tokens.max()) == (3, 3, 2)
    assert vocabulary.decode(data.tokens.tolist()) == "a" * 20 + "dd" + "\ufffd" * 5 + "a\ufffd"
    assert vocabulary.encode("abdz").tolist() == [0, 2, 1, 2]
    assert len(vocabulary.strangers("abdz")) == 2
    assert Vocabulary.from_json(json.loads(json.dumps(data.manifest()))) == vocabulary
    assert "4 of 6 different symbols are rare" in data.notes()[0]
    assert "20.690% of the text" in data.notes()[0]
    unigram, _ = data.baselines()
    assert unigram.metrics["val_accuracy"] == 0
    assert vocabulary.described(2) == "the unknown symbol"


def test_a_vocabulary_that_fits_is_left_whole() -> None:
    plain = TextData.read(TextConfig(text="hello world" * 9))
    same = TextData.read(TextConfig(text="hello world" * 9, max_vocabulary=8))
    assert same.manifest() == plain.manifest()
    assert "unknown" not in plain.manifest()


def test_a_context_longer_than_the_text_is_refused() -> None:
    text = "0123456789" * 10
    assert TextData.read(TextConfig(text=text, context=(1, 89))).context_positions("val")[0] == 89
    with pytest.raises(DataError, match="no symbol of the val part has 90 symbols before it"):
        load_data(TextConfig(text=text, context=(90,)))
    long = TextConfig(path="no such file", context=(5000,))
    assert "val_nats_context_5000" in [one.name for one in TextData.stand_in(long).metrics()]


def test_ngrams_give_way_to_shorter_contexts() -> None:
    data = TextData.read(TextConfig(text="the cat sat on the mat " * 40, context=(1, 2, 20)))
    unigram, best = data.baselines()
    order = int(best.name.removesuffix("-gram"))
    assert order > 3
    one, two, all_of_it = (best.metrics[f"val_nats_context_{n}"] for n in (1, 2, 20))
    assert one > two > all_of_it
    assert all_of_it == pytest.approx(best.metrics["val_nats"], rel=1e-12), "92 symbols: all of val"
    assert unigram.metrics["val_nats_context_1"] == unigram.metrics["val_nats_context_20"]


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "is empty"),
        (b"a", "too short to split: of 1 symbols"),
        (b"hello", "0 fall to the val part.*split: {train: 1"),
        (b"abc\xff\xfedef", "byte 0xFF at offset 3.*unit: byte"),
    ],
)
def test_a_file_that_will_not_do(tmp_path: Path, content: bytes, words: str) -> None:
    path = tmp_path / "t.txt"
    path.write_bytes(content)
    with pytest.raises(DataError, match=words):
        TextData.read(TextConfig(path=str(path)))


def test_a_file_that_is_none(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"no file .*missing\.txt"):
        TextData.read(TextConfig(path=str(tmp_path / "missing.txt")))
    with pytest.raises(DataError, match="is a folder"):
        TextData.read(TextConfig(path=str(tmp_path)))


def test_a_module_is_read_without_an_import(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    package = tmp_path / "never_imported"
    package.mkdir()
    (package / "__init__.py").write_text("raise SystemError('imported')\n")
    (package / "inner.py").write_text("raise SystemError('imported too')\n" * 20)
    monkeypatch.syspath_prepend(tmp_path)
    data = TextData.read(TextConfig(path="python:never_imported.inner"))
    assert data.tokens.size == 20 * len("raise SystemError('imported too')\n")
    assert "never_imported" not in sys.modules
    assert module_source("never_imported") == package / "__init__.py"


def test_the_long_text_that_python_ships_is_found() -> None:
    data = TextData.read(TextConfig(path="python:pydoc_data.topics"))
    assert data.rows()["train"] > 100_000


@pytest.mark.parametrize("module", ["no_such_module_here", "json.no_such", "sys", "os.path", ""])
def test_a_module_without_source_is_refused(module: str) -> None:
    with pytest.raises(DataError, match="module"):
        module_source(module)


def test_what_is_not_held_out_is_said() -> None:
    data = TextData.read(TextConfig(text="hello", split=WHOLE))
    assert "no held-out part" in data.notes()[0]
    assert [m.name for m in data.metrics()] == ["train_nats", "train_bits", "train_accuracy"]
    held = TextData.read(TextConfig(text="hello world" * 20 + "?"))
    assert held.notes() == ["test holds symbols that training never shows: '?'"]
    assert held.metrics()[0].unit == "nats/character"
    assert TextData.read(TextConfig(text="hello" * 9, unit="byte")).metrics()[0].unit == "nats/byte"


def test_windows_longer_than_the_streams_are_explained() -> None:
    data = TextData.read(TextConfig(text="0123456789" * 10, split=WHOLE))
    assert data.window_problem(Window(9, seq_len=11)) is None
    problem = data.window_problem(Window(10, seq_len=11))
    assert problem is not None
    assert "batch_size: 9 or training.seq_len: 9" in problem
    assert data.window_problem(Window(9, seq_len=9)) is None
    assert data.window_problem(Window(10, seq_len=9)) is None
    assert "seq_len: 99, training.batch_size: 1" in str(data.window_problem(Window(1, seq_len=100)))
    assert data.window_problem(Window(99)) is None
    assert "batch_size: 99" in str(data.window_problem(Window(100)))


@pytest.mark.parametrize(
    ("key", "config"),
    [
        ("path", TextConfig()),
        ("path", TextConfig(path="a", text="b")),
        ("split", TextConfig(text="ab", split=SplitConfig(train=0.8, val=0.1, test=0.2))),
        ("split.train", TextConfig(text="ab", split=SplitConfig(train=0, val=0.5, test=0.5))),
        ("split.val", TextConfig(text="ab", split=SplitConfig(train=1.5, val=-0.5, test=0))),
        ("cyclic", TextConfig(text="ab", cyclic=True)),
        ("sample", TextConfig(text="ab", sample=-1)),
        ("max_vocabulary", TextConfig(text="ab", max_vocabulary=1)),
        ("context", TextConfig(text="ab", context=(0,))),
        ("context", TextConfig(text="ab", context=(3, 3))),
    ],
)
def test_problems_name_the_key(key: str, config: TextConfig) -> None:
    assert key in [found for found, _ in problems(config)]
    with pytest.raises(DataError, match=f"task.{key}"):
        load_data(config)


def test_a_right_config_has_no_problem() -> None:
    assert problems(TextConfig(text="hello")) == []
    assert problems(TextConfig(path="x", split=SplitConfig(train=0.7, val=0.2, test=0.1))) == []
