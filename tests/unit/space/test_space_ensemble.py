"""An ensemble of finalists that cannot be made is refused as the file is read."""

from __future__ import annotations

from pathlib import Path

import pytest
from mistake_case import SINE

from rnnsearch.errors import SpaceFileError
from rnnsearch.space.load import loads

KEY = "search.finalists.ensemble"
HELLO = "task: {type: text, text: hello, cyclic: true, split: {train: 1.0, val: 0.0, test: 0.0}}\n"


def asked(space: str, search: str) -> int:
    return loads(f"{space}search: {search}", name="a", directory=Path()).search.finalists.ensemble


@pytest.mark.parametrize(
    ("space", "search", "words"),
    [
        (SINE, "{finalists: {top: 2, seeds: 2, ensemble: 5}}", "no more than 4 trainings"),
        (SINE, "{metric: train_loss, finalists: {ensemble: 2}}", "train_loss, which is known of a"),
        (
            "task: {type: script, function: 'os.path:join'}\n",
            "{finalists: {ensemble: 2}}",
            "a script's models are its own",
        ),
        (
            "task: {type: labels, generated: {rule: sign_of_last, count: 200, held_out: 8,"
            " length: 5, num_features: 2}, validation: {folds: 3}}\n",
            "{finalists: {ensemble: 2}}",
            "each was trained on all folds",
        ),
    ],
)
def test_it_is_told_why(space: str, search: str, words: str) -> None:
    with pytest.raises(SpaceFileError) as caught:
        asked(space, search)
    (mistake,) = (one for one in caught.value.mistakes if one.key == KEY)
    assert words in str(mistake)


def test_others_may_have_one() -> None:
    assert asked(SINE, "{finalists: {top: 2, seeds: 2, ensemble: 4}}") == 4
    assert asked(SINE, "{}") == 1
    # Without a validation part the task itself scores a model on the training part.
    assert asked(HELLO, "{finalists: {ensemble: 2}}") == 2
