"""A result as a notebook shows it."""

from __future__ import annotations

import pytest
from contracts.small_studies import finished, write_files

from rnnsearch import Study
from rnnsearch.study.html import table


@pytest.fixture(scope="module")
def study(tmp_path_factory: pytest.TempPathFactory) -> Study:
    folder = tmp_path_factory.mktemp("files")
    write_files(folder)
    return finished("arrays", folder / "studies", folder)


def test_it_shows_the_winner_beside_the_baselines(study: Study) -> None:
    result = study.result()
    text = result._repr_html_()
    assert "<b>study arrays</b>: 1 complete" in text
    for name in ("winner: ", "majority", "logistic regression"):
        assert name in text
    assert result.champion is not None
    assert f"<td>val_nats</td><td>{result.champion.val_metrics['val_nats']:.4g}</td>" in text
    assert "learning_rate=" in text


def test_what_stands_in_a_cell_is_no_markup() -> None:
    assert table(["<a>"], [["<b>", None, 0.5]]) == (
        "<table><tr><th>&lt;a&gt;</th></tr><tr><td>&lt;b&gt;</td><td></td><td>0.5</td></tr></table>"
    )
