"""A cluster that grows and shrinks under a study: nodes join, are drained, and die."""

from __future__ import annotations

import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from two_nodes import RAY, Cluster, family, head_alone

from rnnsearch.search.directory import StudyDirectory
from rnnsearch.search.ledger.ledger import Ledger
from rnnsearch.space.load import load

SPACE = """
name: long
task: {type: sine, num_points: 12, rollout: {steps: [1, 5]}}
model: {cell: lstm, hidden_size: 4}
training: {learning_rate: {loguniform: [1e-3, 1e-1]}, steps_per_epoch: 100, max_epochs: 100000}
search: {metric: val_mse, num_trials: 8, scheduler: {type: none}}
resources: {slots: 4}
"""


@pytest.fixture
def alone() -> Iterator[Cluster]:
    if sys.platform != "linux":
        pytest.skip("needs the loopback addresses that Linux has")
    with head_alone() as running:
        yield running


def line_with(driver: subprocess.Popen[str], pattern: str) -> re.Match[str]:
    """Read what a driver says up to a line."""
    assert driver.stderr is not None
    heard = []
    for line in driver.stderr:
        heard.append(line)
        if match := re.search(pattern, line):
            return match
    raise AssertionError("".join(heard))


@pytest.mark.slow
def test_nodes_that_join_get_packs_and_what_leaves_costs_no_trial(
    alone: Cluster, tmp_path: Path
) -> None:
    space = tmp_path / "long.yaml"
    space.write_text(SPACE)
    study = [sys.executable, "-m", "rnnsearch", "run", str(space), "--address", alone.address]
    study += ["--storage", str(tmp_path / "studies"), "--verbose"]
    environment = {**alone.environment, "PYTHONPATH": ":".join(filter(None, sys.path))}
    with subprocess.Popen(
        study, stderr=subprocess.PIPE, stdout=subprocess.DEVNULL, text=True, env=environment
    ) as driver:
        try:
            line_with(driver, r"pack-01-\w+ on ")
            with alone.joined("127.0.0.4"):
                line_with(driver, r"pack-02-\w+ on ")
                line_with(driver, r"goes aboard pack-02-\w+")
                drained = ["--node-id", alone.nodes()["127.0.0.4"], "--reason-message", "a test"]
                drained += ["--reason", "DRAIN_NODE_REASON_PREEMPTION"]
                drained += ["--deadline-remaining-seconds", "300"]
                done = alone.run(RAY, "drain-node", "--address", alone.address, *drained)
                assert done.status == 0, done.text
                lost = line_with(driver, r"pack-02-\w+ was lost \((.*)\); (\d) trials put back")
                assert lost.groups() == ("its node leaves the cluster", "4")
            with alone.joined("127.0.0.5") as node:
                line_with(driver, r"goes aboard pack-03-\w+, attempt 2")
                for one in family(node):
                    one.kill()
                line_with(driver, r"pack-03-\w+ was lost .* 4 trials put back")
        finally:
            driver.send_signal(signal.SIGINT)
            driver.communicate(timeout=120)
    directory = StudyDirectory(tmp_path / "studies", "long")
    ledger = Ledger.open(directory, load(space))
    trials = ledger.trials()
    ledger.close()
    assert len(trials) == 8
    assert {one.crashes for one in trials} == {0}
    assert {one.state for one in trials} == {"waiting"}
    assert all(one.snapshot for one in trials if one.attempts)
    assert sum(one.attempts == 2 for one in trials) == 4


@pytest.mark.slow
def test_nodes_with_and_without_a_gpu_have_packs_of_their_kind(
    alone: Cluster, tmp_path: Path
) -> None:
    space = tmp_path / "long.yaml"
    kinds = "{slots: 4, gpus_per_pack: 0.5, cpus_per_pack: 0.5, cpus_without_gpu: 1}"
    space.write_text(SPACE.replace("{slots: 4}", kinds))
    study = [sys.executable, "-m", "rnnsearch", "run", str(space), "--address", alone.address]
    study += ["--storage", str(tmp_path / "studies"), "--verbose"]
    environment = {**alone.environment, "PYTHONPATH": ":".join(filter(None, sys.path))}
    logs = tmp_path / "studies" / "long" / "logs"

    def finds_no_gpu(name: str) -> bool:
        return "torch finds no GPU" in (logs / f"{name}.log").read_text()

    with (
        alone.joined("127.0.0.4", "--num-gpus", "1") as node,
        subprocess.Popen(
            study, stderr=subprocess.PIPE, stdout=subprocess.DEVNULL, text=True, env=environment
        ) as driver,
    ):
        try:
            started = [line_with(driver, r"(pack-0\d-\w+) on ").group(1) for _ in range(3)]
            # Ray gives out the GPU that it was told of, and there is none.
            assert [finds_no_gpu(name) for name in sorted(started)] == [True, True, False]
            assert not list(logs.glob("pack-04-*"))
            for one in family(node):
                one.kill()
            line_with(driver, r"pack-0[12]-\w+ was lost ")
            line_with(driver, r"pack-0[12]-\w+ was lost ")
            with alone.joined("127.0.0.5"):
                joined = line_with(driver, r"(pack-\d+-\w+) on ").group(1)
                assert not finds_no_gpu(joined)
                line_with(driver, rf"goes aboard {joined}, attempt 2")
        finally:
            driver.send_signal(signal.SIGINT)
            driver.communicate(timeout=120)
    ledger = Ledger.open(StudyDirectory(tmp_path / "studies", "long"), load(space))
    trials = [one for one in ledger.trials() if one.attempts]
    ledger.close()
    assert trials
    assert {stay.device for one in trials for stay in one.ran_on} == {"cpu"}, "no GPU is real here"
    assert all(one.ran_on for one in trials)
