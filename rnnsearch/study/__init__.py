"""A study from Python: composes the search with its records, and hands out the result."""

from rnnsearch.study.result import Champion, RunFigures, StudyResult
from rnnsearch.study.study import Study

__all__ = ["Champion", "RunFigures", "Study", "StudyResult"]
