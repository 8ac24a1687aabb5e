"""How the command line refuses values, past the words of the library that checks them."""

from __future__ import annotations

import pytest

from rnnsearch.cli.app import main


@pytest.mark.parametrize(
    ("words", "refusal"),
    [
        (("export", "sine", "--format", "foo"), "'foo' is not one of 'onnx', 'torch', "),
        (("predict", "sine", "--steps", "0"), "'--steps': 0 is less than 1, the least "),
        (("predict", "sine", "--steps", "1.5"), "'--steps': 1.5 is no whole number."),
        (("predict", "sine", "--temperature", "hot"), "'--temperature': hot is no number."),
        (("promote", "sine", "0"), "'VERSION': 0 is less than 1, the least "),
    ],
)
def test_a_value_that_is_not_allowed_is_refused_in_plain_words(
    words: tuple[str, ...], refusal: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as ended:
        main(words)
    assert ended.value.code == 2
    text = " ".join(capsys.readouterr().err.split())
    assert refusal in text
    assert "Value error" not in text
    assert "Input should" not in text
