"""Each command line that the package prints has the arguments and options that it may have."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import typer

import rnnsearch
from rnnsearch.cli.app import app

ROOT = Path(rnnsearch.__file__).parent
MAKER = "rnnsearch.commands"


def calls() -> Iterator[tuple[str, ast.Call]]:
    """Each call of `rnnsearch.commands.command` whose verb is written out, with its place."""
    for path in sorted(ROOT.rglob("*.py")):
        text = path.read_text(encoding="utf-8")
        if f"from {MAKER} import" not in text:
            continue
        for node in ast.walk(ast.parse(text)):
            if (
                isinstance(node, ast.Call)
                and isinstance(node.func, ast.Name)
                and node.func.id == "command"
                and node.args
                and isinstance(node.args[0], ast.Constant)
                and node.args[0].value
            ):
                yield f"{path.relative_to(ROOT)}:{node.lineno}", node


def words(call: ast.Call) -> tuple[list[str | None], bool]:
    """The words behind `rnnsearch`, None for one that is not known, and whether options are among
    those, or more words."""
    open_ = any(
        isinstance(one, ast.Starred) or (isinstance(one, ast.Name) and one.id.isupper())
        for one in call.args
    )
    told = [
        str(one.value) if isinstance(one, ast.Constant) else None
        for one in call.args
        if not isinstance(one, ast.Starred)
    ]
    return told, open_


CALLS = dict(calls())


@pytest.mark.parametrize("place", CALLS)
def test_a_printed_command_is_one_that_can_be_typed(place: str) -> None:
    told, open_ = words(CALLS[place])
    group: Any = typer.main.get_command(app)
    while hasattr(group, "commands"):
        verb = told.pop(0)
        if verb is None:
            return
        assert verb in group.commands, f"no command {verb!r}"
        group = group.commands[verb]
    arguments = [one for one in group.params if one.param_type_name == "argument"]
    options = {
        name: one for one in group.params if one.param_type_name == "option" for name in one.opts
    }
    given = 0
    while told:
        word = told.pop(0)
        if word == "--":
            continue
        if word is None or not word.startswith("-"):
            given += 1
            continue
        assert word in options, f"{group.name} has no option {word}"
        option = options[word]
        if not option.is_flag and told:
            told.pop(0)
    needed = sum(one.required for one in arguments)
    assert open_ or given >= needed, f"{group.name} takes {needed} arguments, not {given}"
    endless = any(one.nargs < 0 for one in arguments)
    assert open_ or endless or given <= len(arguments), f"{group.name} takes no {given} arguments"


def test_calls_are_found() -> None:
    assert len(CALLS) > 60
