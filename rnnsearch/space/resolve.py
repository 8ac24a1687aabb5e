"""The resolved space file of a study: YAML in which nothing is left to a default."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

from rnnsearch.space.conditions import Parameter
from rnnsearch.space.field import Field
from rnnsearch.space.fields import NETWORK, SECTIONS
from rnnsearch.space.spec import StudySpec
from rnnsearch.space.trial import stored_value


def render(
    name: str,
    values: Mapping[str, Any],
    parameters: Mapping[str, Parameter],
    first_trials: Iterable[Mapping[str, Any]],
    fields: Mapping[str, Field],
    order: Iterable[str] = (),
) -> str:
    """Write the resolved space file, which loads to an equal spec.

    Args:
        name: The study's name.
        values: The values of all fixed fields, those of search and resources included.
        parameters: The sampled fields.
        first_trials: Params of the configurations to train first, as Optuna stores them.
        fields: Every field of the study.
        order: Dotted keys in the order in which to write them; the others follow.
    """
    tree: dict[str, Any] = {}
    sizes = "model.hidden_sizes"
    named = values.get(sizes) is not None or sizes in parameters
    if named and NETWORK not in values:
        # A file that names the units of every layer may not name these beside them.
        idle = ("model.hidden_size", "model.num_layers")
        values = {key: value for key, value in values.items() if key not in idle}
    for key in dict.fromkeys([*order, *fields]):
        if key in parameters:
            _plant(tree, key, _parameter(parameters[key]))
        elif key in values:
            _plant(tree, key, _flow(fields[key].as_written(values[key])))
    lines = ["# The resolved search space: every default filled in.", f"name: {_flow(name)}"]
    sections = [*dict.fromkeys(key.partition(".")[0] for key in [*order, *fields]), *SECTIONS]
    for section in dict.fromkeys(sections):
        if section in tree:
            lines += _block(section, tree[section], "")
    firsts = [
        {key: stored_value(key, parameters[key].distribution, one[key]) for key in one}
        for one in first_trials
    ]
    if firsts:
        lines.append("first_trials:")
        lines += [f"- {_flow(one)}" for one in firsts]
    return "\n".join(lines) + "\n"


def renamed(spec: StudySpec, name: str) -> StudySpec:
    """Give a study another name, in its resolved file too."""
    lines = spec.yaml.splitlines()
    mended = [f"name: {_flow(name)}" if line.startswith("name: ") else line for line in lines]
    return replace(spec, name=name, yaml="\n".join(mended) + "\n")


def _plant(tree: dict[str, Any], key: str, text: str) -> None:
    """Put the text of a value into a tree of sections."""
    *path, last = key.split(".")
    for part in path:
        tree = tree.setdefault(part, {})
    tree[last] = text


def _block(name: str, node: Any, indent: str) -> list[str]:
    """The lines of a section, a key a line."""
    if isinstance(node, str):
        return [f"{indent}{name}: {node}"]
    lines = [f"{indent}{name}:"]
    for key, inner in node.items():
        lines += _block(key, inner, indent + "  ")
    return lines


def _flow(value: Any) -> str:
    """A value in YAML's flow style: as JSON, but with bare words where they cannot be mistaken."""
    if isinstance(value, Mapping):
        pairs = (
            f"{key if re.fullmatch(r'[A-Za-z0-9_.]+', key) else _quoted(key)}: {_flow(inner)}"
            for key, inner in value.items()
        )
        return "{" + ", ".join(pairs) + "}"
    if isinstance(value, list | tuple):
        return "[" + ", ".join(_flow(member) for member in value) + "]"
    if isinstance(value, str) and value.isascii() and value.isidentifier():
        return value if value.lower() not in ("true", "false", "null") else _quoted(value)
    return _quoted(value) if isinstance(value, str) else json.dumps(value)


def _quoted(text: str) -> str:
    """A text in double quotes; JSON would split a high character into two escapes, unlike YAML."""
    escaped = json.dumps(text, ensure_ascii=False)
    return "".join(
        one if one.isprintable() and one.isascii() else f"\\U{ord(one):08x}" for one in escaped
    )


def _parameter(parameter: Parameter) -> str:
    """The mapping of a sampled field."""
    body = parameter.distribution.written()
    if parameter.when:
        body["when"] = {key: one.written() for key, one in parameter.when.items()}
    return _flow(body)
