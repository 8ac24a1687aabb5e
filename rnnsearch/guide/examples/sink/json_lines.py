"""A sink: every event of a study as a line of JSON."""

import json
from dataclasses import asdict
from pathlib import Path

from rnnsearch.errors import InputError
from rnnsearch.records.sink import Remains, SinkKind


class JsonLines:
    """Appends to a file at once; a slow place takes events in a thread, as TensorBoard does."""

    close_seconds = 5.0  # how long the end of a run may wait for `close`

    def __init__(self, path):
        self.problem = None  # a line for a person while something is wrong
        self.pending = []
        self.path = path

    def on_event(self, event):
        line = {"event": type(event).__name__, **asdict(event)}
        self.pending.append(json.dumps(line, default=str) + "\n")
        self.write()

    def write(self):
        try:
            with self.path.open("a", encoding="utf-8") as file:
                file.write("".join(self.pending))
        except OSError as error:  # the search goes on, and the next event tries again
            self.problem = f"events wait in memory: {error}"
        else:
            self.problem, self.pending = None, []

    def close(self, deadline_seconds, progress=lambda done, total: None):
        self.write()
        return Remains(len(self.pending), self.problem)

    def leave(self):
        return self.close(0)


def check(given):
    if not Path(given).parent.is_dir():
        raise InputError(f"--json-lines: there is no folder {Path(given).parent}. Make it first.")


def open_sink(given, study, identity, log):
    return JsonLines(Path(given))


JSON_LINES = SinkKind("JSON lines", False, "Also append events to this file.", check, open_sink)
