"""Studies from Python: puts a search and its records together, and gives the result."""

from rnnsearch.events import ChampionChosen as Champion
from rnnsearch.search.ledger.run_figures import RunFigures
from rnnsearch.study.result import StudyResult
from rnnsearch.study.study import Study

__all__ = ["Champion", "RunFigures", "Study", "StudyResult"]
