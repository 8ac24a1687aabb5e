"""What the guide says is there: its links, its command lines, its copies, and what is made."""

from __future__ import annotations

import pytest
import typer
from guide_pages import GUIDE, NAMES, ROOT, anchors, blocks, command_lines, links, words

from rnnsearch.cli.app import app
from rnnsearch.cli.guide import INDEX, first_sentence, page, topics
from rnnsearch.guide.__main__ import made


def test_every_page_is_in_the_index() -> None:
    assert {*topics(), INDEX} == {path.stem for path in GUIDE.glob("*.md")}


@pytest.mark.parametrize("topic", topics())
def test_a_page_begins_with_a_sentence_that_says_what_it_is_for(topic: str) -> None:
    assert page(topic).startswith("# ")
    sentence = first_sentence(page(topic))
    assert sentence.endswith(".")
    assert 20 <= len(sentence) <= 160


@pytest.mark.parametrize("name", NAMES)
def test_every_link_leads_somewhere(name: str) -> None:
    lost = []
    for target in links(ROOT / name):
        if target.startswith(("https://", "http://", "mailto:")):
            continue
        file, _, anchor = target.partition("#")
        path = (ROOT / name).parent / file if file else ROOT / name
        if not path.exists() or (anchor and anchor not in anchors(path)):
            lost.append(target)
    assert not lost


def problem(line: str, *, whole: bool) -> str:
    """What is wrong with a command line of the guide, in words; empty where nothing is."""
    command, given = typer.main.get_command(app), words(line)
    while commands := getattr(command, "commands", None):
        if not given or given[0].startswith("-"):
            return "" if given in (["--help"], ["--version"], []) else f"no command before {given}"
        if given[0] not in commands:
            return f"there is no command {given[0]}"
        command = commands[given.pop(0)]
    options = {name: one for one in command.params for name in one.opts if name.startswith("-")}
    arguments = [one for one in command.params if not one.opts[0].startswith("-")]
    count = 0
    passes_on = command.context_settings.get("ignore_unknown_options")
    while given and not passes_on:
        word, equals, _ = given.pop(0).partition("=")
        if word == "--":
            count += len(given)
            break
        if not word.startswith("-"):
            count += 1
        elif word != "--help" and word not in options:
            return f"there is no option {word}"
        elif word != "--help" and not options[word].is_flag and not equals:
            if not given and whole:
                return f"{word} needs a value"
            given = given[1:]
    if count > len(arguments) and not any(one.nargs == -1 for one in arguments):
        return f"{count} arguments"
    if whole and "--help" not in words(line) and count < sum(one.required for one in arguments):
        return "an argument is missing"
    return ""


@pytest.mark.parametrize("name", NAMES)
def test_every_command_line_is_one_that_the_parser_knows(name: str) -> None:
    found = {line: problem(line, whole=whole) for line, whole in command_lines(ROOT / name)}
    assert not {line: said for line, said in found.items() if said}


def test_a_command_line_that_is_wrong_is_noticed() -> None:
    for line in ("rnnsearch rum a", "rnnsearch run a --trails 3", "rnnsearch stop a b"):
        assert problem(line, whole=True)
    assert problem("rnnsearch run", whole=True)
    assert not problem("rnnsearch run", whole=False)
    assert not problem("A=b .venv/bin/rnnsearch run a.yaml --trials 3 -q", whole=True)


@pytest.mark.parametrize("name", NAMES)
def test_copies_of_examples_are_to_the_letter(name: str) -> None:
    for block in blocks(ROOT / name):
        if block.file.startswith("examples/"):
            assert block.text == (GUIDE / block.file).read_text(encoding="utf-8"), block.file


@pytest.mark.parametrize("name", ["space-file", "commands"])
def test_pages_that_are_made_are_fresh(name: str) -> None:
    assert page(name) == made()[name], "run `python -m rnnsearch.guide`"
