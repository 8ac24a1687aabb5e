"""The page: its sections put together in one file that needs nothing else."""

from __future__ import annotations

import base64
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING

from rnnsearch.charts.chart import plotly_script, template_json
from rnnsearch.report.blocks import Filled
from rnnsearch.report.subject import Subject
from rnnsearch.report.table import OF_A_STUDY, OF_SEVERAL
from rnnsearch.space.words import duration, short
from rnnsearch.version import __version__

if TYPE_CHECKING:
    from jinja2 import Template

POLICY = (
    "default-src 'none'; script-src 'unsafe-inline' 'unsafe-eval'; style-src 'unsafe-inline'; "
    "img-src data: blob:"
)
"""What a browser may load for the page: nothing but what stands in it, whatever its texts hold.

plotly compiles parts of its drawing by `new Function`, hence `unsafe-eval`.
"""

LIVE_POLICY = POLICY.replace("script-src", "script-src 'self'") + "; connect-src 'self'"
"""The same for a page that a server of ours shows: it may ask that server, and nobody else."""

_HERE = files("rnnsearch.report") / "template"


@dataclass(frozen=True, slots=True)
class Live:
    """What makes a page follow a study that runs.

    Attributes:
        tag: Which version of the page this is.
        phase: How the study stands, as `study.watching` names it; `words` says it to a person.
        seconds: How long the page waits before it asks again.
    """

    tag: str
    phase: str
    words: str
    seconds: float


def page(subjects: Sequence[Subject], live: Live | None = None) -> str:
    """The report of one study, or the comparison of several, as HTML.

    Args:
        subjects: At least one.
        live: For the page of a server, which has plotly's script beside it; None for a file that
            needs nothing else.
    """
    if len(subjects) == 1:
        (subject,) = subjects
        sections = [section.fill(subject) for section in OF_A_STUDY]
        return _rendered(subject.name, sections, _tiles(subject), live)
    names = " · ".join(subject.name for subject in subjects)
    return _rendered(names, [section.fill(subjects) for section in OF_SEVERAL], [])


def index(rows: Sequence[tuple[str, str, str]]) -> str:
    """The page that leads to those of studies: name, state, and when each has changed."""
    return _template("index.html.j2").render(policy=POLICY, css=_read("page.css"), rows=rows)


def _rendered(
    title: str,
    sections: Sequence[Filled | None],
    tiles: Sequence[tuple[str, str, str]],
    live: Live | None = None,
) -> str:
    return _template("page.html.j2").render(
        title=title,
        version=__version__,
        policy=POLICY if live is None else LIVE_POLICY,
        live=live,
        live_script=_read("live.js") if live else "",
        made=f"Made {datetime.now():%Y-%m-%d %H:%M} by rnnsearch {__version__}",
        tiles=tiles,
        sections=[section for section in sections if section is not None],
        css=_read("page.css"),
        script=_read("page.js"),
        plotly=plotly_script() if live is None else "",
        template=template_json(),
    )


@cache
def _template(name: str) -> Template:
    """A page's template, in which every text is escaped that is not marked as safe."""
    from jinja2 import Environment, StrictUndefined

    environment = Environment(
        autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    environment.filters["base64"] = lambda data: base64.b64encode(data).decode()
    return environment.from_string(_read(name))


def _tiles(subject: Subject) -> list[tuple[str, str, str]]:
    """What stands at the top: name, value, and a few words more."""
    won, best, search = subject.champion, subject.best, subject.spec.search
    metric = subject.metric_name
    tiles = []
    if won is not None and best is not None and search.metric in won.val_metrics:
        mean, std = won.mean.get(search.metric), won.std.get(search.metric)
        more = f"mean of {len(won.seeds)} seeds: {short(mean)} ± {short(std, 2)}" if std else ""
        tiles.append((f"winner's {metric}", short(won.val_metrics[search.metric]), more))
    elif best is not None:
        tiles.append((f"best {metric} so far", short(best.best_value), best.name))
    if subject.rivals:
        name, value = next(iter(subject.rivals.items()))
        tiles.append(("best baseline", short(value), name))
    ended = sum(trial.ended is not None for trial in subject.trials)
    tiles.append(("trials", f"{len(subject.trials):,}", f"{ended:,} ended"))
    if subject.analysis.wall_seconds is not None:
        trained = f"{duration(subject.analysis.seconds)} of training"
        tiles.append(("time", duration(subject.analysis.wall_seconds), trained))
    tiles.append(("state", subject.state, subject.reason))
    return tiles


def _read(name: str) -> str:
    return (_HERE / name).read_text(encoding="utf-8")
