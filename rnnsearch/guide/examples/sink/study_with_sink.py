import json
from pathlib import Path

from json_lines import JSON_LINES

from rnnsearch import Study
from rnnsearch.records.sinks import SINKS

SPACE = """
task: {type: sine}
training: {steps_per_epoch: 20, max_epochs: 2, learning_rate: {choice: [0.001, 0.01]}}
search: {num_trials: 2}
"""

if __name__ == "__main__":
    SINKS["json_lines"] = JSON_LINES
    Path("sunk.yaml").write_text(SPACE)
    Study.from_yaml("sunk.yaml").run(sinks={"json_lines": "events.jsonl"})
    events = [json.loads(line)["event"] for line in Path("events.jsonl").read_text().splitlines()]
    print(len(events), "events, from", events[0], "to", events[-1])
