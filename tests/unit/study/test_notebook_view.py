"""A run in a notebook, drawn into outputs that a test looks at."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from contracts.hand_made import search
from contracts.small_studies import finished, write_files

from rnnsearch.events import StudyStarted
from rnnsearch.goal import Goal
from rnnsearch.study.notebook import NotebookView, in_notebook
from rnnsearch.study.progress import Progress

STARTED = StudyStarted(0.0, "sine", ".", "sine", "val_mse", Goal.MINIMIZE, 3, False, "")


class Screen:
    """Keeps what is drawn."""

    def __init__(self) -> None:
        self.tables: list[str] = []
        self.pictures: list[bytes] = []

    def draw(self, html: str) -> None:
        self.tables.append(html)

    def picture(self, png: bytes) -> None:
        self.pictures.append(png)


def view_on(screen: Screen) -> NotebookView:
    return NotebookView("study <sine>", Progress(search()), screen)


def test_it_draws_stages_and_lines() -> None:
    screen = Screen()
    view = view_on(screen)
    assert "<td>study &lt;sine&gt;</td>" in screen.tables[0]
    view.stage("starting Ray")
    assert "<td>starting Ray</td>" in screen.tables[-1]
    view.drain(0, 0)
    assert len(screen.tables) == 2
    view.drain(5, 2000)
    assert "<td>writing the records to MLflow 5/2,000</td>" in screen.tables[-1]
    view.on_event(replace(STARTED, notes=("a<b",)))
    view.trouble("MLflow does not answer")
    assert "<td>MLflow does not answer</td>" in screen.tables[-1]
    view.waiting("no free GPU")
    assert "<td>no free GPU</td>" in screen.tables[-1]
    assert "<div>note: a&lt;b</div>" in screen.tables[-1]


def test_events_that_follow_each_other_are_drawn_once() -> None:
    screen = Screen()
    view = view_on(screen)
    for _ in range(50):
        view.on_event(STARTED)
    assert len(screen.tables) < 10


@pytest.mark.parametrize(
    ("error", "shown"),
    [
        (ValueError("no disk\nat all"), "<td>no disk</td>"),
        (ValueError(), "<td>ValueError</td>"),
        (KeyboardInterrupt(), "<td>interrupted</td>"),
    ],
)
def test_an_error_is_named(error: BaseException, shown: str) -> None:
    screen = Screen()
    with pytest.raises(type(error)), view_on(screen).watch():
        raise error
    assert shown in screen.tables[-1]


def test_the_end_shows_pictures_and_how_to_go_on(tmp_path: Path) -> None:
    write_files(tmp_path)
    study = finished("arrays", tmp_path / "studies", tmp_path)
    figures = study.directory.figures
    figures.mkdir(exist_ok=True)
    (figures / "study.png").write_bytes(b"picture")
    screen = Screen()
    result = study.result()
    view_on(screen).end(result)
    assert screen.pictures[0] == b"picture"
    assert f"<td>{result.state}</td>" in screen.tables[-1].replace(f" ({result.reason})", "")
    if result.state != "complete":
        assert f"Study.open('arrays', storage='{tmp_path}/studies').run()" in screen.tables[-1]


def test_a_terminal_is_no_notebook() -> None:
    assert not in_notebook()
