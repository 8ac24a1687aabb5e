"""`rnnsearch guide`: the list, a page as it is where it is piped, and a page on a screen."""

from __future__ import annotations

import io

import pytest
from rich.console import Console

from rnnsearch.cli import guide
from rnnsearch.cli.app import main

LONG = "rnnsearch run space.yaml --set " + "training.learning_rate=0.01 " * 6


def said(*words: str, capsys: pytest.CaptureFixture[str], status: int = 0) -> str:
    with pytest.raises(SystemExit) as ended:
        main(["guide", *words])
    assert (ended.value.code or 0) == status
    out, err = capsys.readouterr()
    return err if status else out


def test_without_a_topic_it_lists_them_with_what_they_are_for(
    capsys: pytest.CaptureFixture[str],
) -> None:
    lines = said(capsys=capsys).splitlines()
    names = guide.topics()
    assert [line.split()[0] for line in lines[: len(names)]] == names
    assert all(line.endswith(".") for line in lines[: len(names)])
    assert lines[-2:] == [f"read one: rnnsearch guide {names[0]}", lines[-1]]


def test_where_it_is_piped_a_page_is_the_markdown_itself(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert said("commands", capsys=capsys) == guide.page("commands") + "\n"


@pytest.mark.parametrize(
    ("topic", "remedy"),
    [
        ("comands", "Did you mean commands?"),
        ("space_file", "Did you mean space-file?"),
        ("zzz", "There are "),
    ],
)
def test_a_topic_that_is_none_is_said(
    topic: str, remedy: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert f"the guide has no page {topic}. {remedy}" in said(topic, capsys=capsys, status=2)


def test_on_a_screen_code_can_be_copied_links_are_commands_and_no_word_is_cut_off() -> None:
    page = (
        "# A page\n\nSee [the commands](commands.md#run), or [below](#more).\n\n"
        f"```console runnable\n{LONG}\n```\n\n| a | b |\n|---|---|\n| {'x' * 99} | y |\n"
    )
    screen = io.StringIO()
    console = Console(file=screen, width=60, force_terminal=True, color_system=None)
    console.print(guide.shown(page), crop=False)
    lines = [line.rstrip() for line in screen.getvalue().splitlines()]
    assert LONG.rstrip() in lines
    assert any("the commands (rnnsearch guide commands)" in line for line in lines)
    assert any("or below." in line for line in lines)
    assert "runnable" not in screen.getvalue()
    assert screen.getvalue().count("x") == 99


def test_on_a_screen_a_picture_is_its_caption_and_its_file() -> None:
    screen = io.StringIO()
    console = Console(file=screen, width=60, force_terminal=True, color_system=None)
    console.print(guide.shown("# A page\n\n![The curves](pictures/mlflow.png)\n"), crop=False)
    lines = screen.getvalue().splitlines()
    assert any(line.startswith("Picture: The curves, in") for line in lines)
    assert "pictures/mlflow.png" in "".join(line.strip() for line in lines)
    assert all(len(line) <= 60 for line in lines)
