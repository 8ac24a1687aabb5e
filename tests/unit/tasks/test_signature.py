"""What a registered model says of parameters that it does not have."""

from __future__ import annotations

import pytest

from rnnsearch.tasks.signature import Signature


@pytest.mark.parametrize(
    ("parameters", "given", "words"),
    [
        ((("steps", 0), ("new_series", False)), ["steps", "step"], "Did you mean 'steps'?"),
        ((("steps", 0),), ["colour"], "no parameter 'colour'; it takes steps."),
        ((), ["steps"], "it takes none."),
        ((("steps", 0),), ["steps"], ""),
        ((), [], ""),
    ],
)
def test_a_name_that_is_no_parameter_is_refused_with_those_that_are(
    parameters: tuple[tuple[str, int], ...], given: list[str], words: str
) -> None:
    said = Signature("numbers", (-1,), parameters).stranger(given)
    assert said.endswith(words)
    assert bool(said) == bool(words)
