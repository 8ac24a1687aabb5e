import json
from pathlib import Path

from json_lines import JSON_LINES

from rnnsearch.events import TrialEnded


def test_an_event_is_a_line_and_what_the_disk_refuses_waits(tmp_path):
    path = tmp_path / "folder" / "events.jsonl"
    sink = JSON_LINES.open(str(path), "study", "identity", Path("unused"))
    sink.on_event(TrialEnded(0.0, 3, "complete", "", 5, 0.5, 0.4, 4, 1.0))
    assert "No such file" in sink.problem
    path.parent.mkdir()
    assert sink.close(1.0).pending == 0
    assert sink.problem is None
    (line,) = path.read_text().splitlines()
    assert json.loads(line)["event"] == "TrialEnded"
    assert json.loads(line)["number"] == 3
