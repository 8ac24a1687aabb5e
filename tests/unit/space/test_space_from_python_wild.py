"""Spaces at random, in Python and as a file: equal specs, or equal mistakes."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from rnnsearch import choice, int_, logint, loguniform, uniform
from rnnsearch.errors import SpaceFileError
from rnnsearch.space.drawn import Drawn
from rnnsearch.space.load import built, loads

wholes = st.integers(-1, 300)
floats = st.floats(0, 2) | st.sampled_from([1e-7, 3e-5, 0.1 + 0.2, 1 / 3, 1e-300, 5e22])
whens = st.sampled_from(
    [
        None,
        None,
        {"model.cell": "rnn"},
        {"model.cell": ["rnn", "gru"]},
        {"model.num_layers": {"min": 2}},
        {"training.optimizer": "sgd"},
    ]
)
whole = (
    st.integers(1, 300)
    | st.builds(int_, st.integers(1, 20), st.integers(21, 300), when=whens)
    | st.builds(int_, wholes, wholes, step=st.none() | st.integers(1, 5), when=whens)
    | st.builds(logint, wholes, wholes, when=whens)
    | st.builds(choice, st.lists(wholes, min_size=1, max_size=4), when=whens)
)
number = (
    st.floats(0, 0.9)
    | st.builds(uniform, st.floats(0, 0.4), st.floats(0.5, 0.9), when=whens)
    | st.builds(uniform, floats, floats, step=st.none() | st.sampled_from([0.1, 0.5]), when=whens)
    | st.builds(loguniform, floats, floats, when=whens)
    | st.builds(choice, st.lists(floats, min_size=1, max_size=4), when=whens)
)


def word(*words: str) -> st.SearchStrategy[Any]:
    members = st.lists(st.sampled_from(words), min_size=1, max_size=3, unique=True)
    return st.sampled_from(words) | st.builds(choice, members, when=whens)


flag = st.booleans() | st.builds(choice, st.just([True, False]), when=whens)

spaces = st.fixed_dictionaries(
    {"task": st.just({"type": "sine"})},
    optional={
        "model": st.fixed_dictionaries(
            {},
            optional={
                "cell": word("rnn", "gru", "lstm"),
                "nonlinearity": word("tanh", "relu"),
                "hidden_size": whole,
                "num_layers": whole,
                "dropout": number,
                "layer_norm": flag,
                "hidden_sizes": st.none() | st.lists(st.integers(1, 9), min_size=1, max_size=2),
            },
        ),
        "training": st.fixed_dictionaries(
            {},
            optional={
                "learning_rate": number,
                "weight_decay": number,
                "optimizer": word("adam", "sgd"),
                "max_epochs": st.integers(1, 60),
                "clip_norm": st.none() | number,
            },
        ),
        "search": st.fixed_dictionaries(
            {}, optional={"num_trials": st.integers(0, 50), "time_budget": st.sampled_from(["9m"])}
        ),
    },
)


def as_file(value: Any) -> Any:
    """What a file has for a value, whose distributions are mappings."""
    if isinstance(value, Drawn):
        return as_file(value.written())
    if isinstance(value, dict):
        return {key: as_file(inner) for key, inner in value.items()}
    return [as_file(one) for one in value] if isinstance(value, list) else value


def outcome(read: Any) -> Any:
    try:
        return read()
    except SpaceFileError as error:
        return sorted((one.key, one.message, one.suggestion) for one in error.mistakes)


@settings(max_examples=60, deadline=None)
@given(spaces)
def test_python_and_the_file_give_the_same(space: dict[str, Any]) -> None:
    here = Path()
    text = json.dumps(as_file(space), indent=1)
    of_file = outcome(lambda: loads(text, name="sine", directory=here))
    of_python = outcome(lambda: built(space, name="sine", directory=here))
    assert of_python == of_file
    if not isinstance(of_file, list):
        assert of_python.yaml == of_file.yaml
        assert loads(of_python.yaml, name="other", directory=here) == of_python
