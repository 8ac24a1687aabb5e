"""What `auto` becomes, and how large a trial can be."""

from __future__ import annotations

import socket
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import pytest
from rig import paper_spec

from rnnsearch.errors import ClusterError
from rnnsearch.search.tune.cluster import ray_session
from rnnsearch.search.tune.places import (
    REPORT_SECONDS,
    WAIT_SECONDS,
    Places,
    plan,
    slice_length,
)
from rnnsearch.space.footprint import largest_trial_bytes
from rnnsearch.space.spec import ResourcesConfig
from rnnsearch.tasks.load import load_data
from rnnsearch.tasks.sine.config import SineConfig

AUTO = ResourcesConfig()


@pytest.mark.parametrize(
    ("cpus", "trials", "places"),
    [
        (2.0, 60, Places(2, 10)),
        (2.0, 10_000, Places(2, 64)),
        (8.0, 3, Places(3, 4)),
        (8.0, 0, Places(1, 4)),
    ],
)
def test_auto_follows_the_cluster_and_the_need(cpus: float, trials: int, places: Places) -> None:
    assert plan(AUTO, [{"CPU": cpus}], trials, 1) == places


def test_a_pack_of_several_cpus_leaves_room_for_fewer() -> None:
    assert plan(ResourcesConfig(cpus_per_pack=3.0), [{"CPU": 8.0}], 100, 1).packs == 2
    assert plan(ResourcesConfig(cpus_per_pack=0.1), [{"CPU": 1.0}], 100, 1).packs == 10


def test_gpus_are_counted_where_they_are_asked_for() -> None:
    asked = ResourcesConfig(gpus_per_pack=0.5)
    assert plan(asked, [{"CPU": 64.0, "GPU": 2.0}], 100, 1).packs == 4
    with pytest.raises(ClusterError, match=r"resources.gpus_per_pack asks for 0.5 GPU.*has 0"):
        plan(asked, [{"CPU": 64.0}], 100, 1)


def test_a_part_of_a_gpu_is_of_one_gpu() -> None:
    asked = ResourcesConfig(gpus_per_pack=0.4)
    assert plan(asked, [{"CPU": 64.0, "GPU": 2.0}], 100, 1).packs == 4


MIXED = ResourcesConfig(gpus_per_pack=1.0, cpus_per_pack=4.0, cpus_without_gpu=2.0)
NODES = [{"CPU": 16.0, "GPU": 2.0}, {"CPU": 5.0}, {"CPU": 1.0}]


def test_packs_without_a_gpu_go_to_nodes_that_have_none() -> None:
    assert plan(MIXED, NODES, 5000, 1) == Places(4, 256, plain=2)
    assert plan(MIXED, NODES, 3, 1) == Places(3, 4, plain=1), "the GPUs come first"
    assert plan(MIXED, NODES[1:], 5000, 1) == Places(2, 64, plain=2)
    assert plan(replace(MIXED, packs=10), NODES, 5000, 1).plain == 2, "the others wait for a GPU"
    assert plan(replace(MIXED, max_packs=3), NODES, 5000, 1).plain == 1
    with pytest.raises(ClusterError, match=r"the 2 CPU that .*cpus_without_gpu .* is 1"):
        plan(MIXED, NODES[2:], 100, 1)


def test_the_node_with_most_memory_for_a_pack_bounds_the_slots() -> None:
    nodes = [{"CPU": 2.0, "memory": 8e9}, {"CPU": 4.0, "memory": 64e9}]
    assert plan(AUTO, nodes, 10_000, 10**9).slots == 8
    assert plan(ResourcesConfig(packs=1), nodes, 1000, 10**9).slots == 32


def test_a_pack_lies_on_one_node() -> None:
    asked = ResourcesConfig(cpus_per_pack=2.0)
    assert plan(asked, [{"CPU": 3.0}, {"CPU": 3.0}], 100, 1).packs == 2
    with pytest.raises(ClusterError, match=r"asks for 4 CPU, and no node .* has more than 3"):
        plan(ResourcesConfig(cpus_per_pack=4.0), [{"CPU": 3.0}, {"CPU": 3.0}], 100, 1)
    with pytest.raises(ClusterError, match=r"1 CPU and 1 GPU, and no single node"):
        plan(ResourcesConfig(gpus_per_pack=1.0), [{"CPU": 3.0}, {"GPU": 3.0}], 100, 1)


def test_an_autoscaler_is_asked_for_packs_that_do_not_fit_yet() -> None:
    assert plan(ResourcesConfig(max_packs=10), [{"CPU": 0.0}], 100, 1) == Places(10, 4)
    assert plan(ResourcesConfig(max_packs=10), [], 8, 1) == Places(2, 4)


def test_one_pack_must_fit() -> None:
    with pytest.raises(ClusterError, match=r"Lower resources.cpus_per_pack"):
        plan(ResourcesConfig(cpus_per_pack=4.0), [{"CPU": 2.0}], 100, 1)


def test_what_is_set_is_taken() -> None:
    asked = ResourcesConfig(packs=7, slots=100)
    assert plan(asked, [{"CPU": 2.0}], 5, 10**12) == Places(7, 100)


def test_a_gpu_takes_more_trials_in_a_pack() -> None:
    asked = ResourcesConfig(gpus_per_pack=1)
    available = [{"CPU": 16.0, "GPU": 2.0}]
    assert plan(asked, available, 5000, 1) == Places(packs=2, slots=256)
    assert plan(asked, available, 300, 1) == Places(packs=2, slots=50)


def test_memory_bounds_the_slots() -> None:
    available = [{"CPU": 2.0, "memory": 8e9}]
    assert plan(AUTO, available, 1000, 10**6).slots == 64
    assert plan(AUTO, available, 1000, 10**8).slots == 20
    assert plan(AUTO, available, 1000, 10**12).slots == 1


def test_the_largest_trial_is_that_of_the_widest_layers_and_longest_batch() -> None:
    data = load_data(SineConfig())

    def size(*overrides: str) -> int:
        return largest_trial_bytes(paper_spec(*overrides), data)

    plain = size()
    assert size("model.hidden_size={int: [2, 8]}") == plain
    assert size("model.hidden_size={int: [8, 64]}") > 8 * plain
    assert size("model.num_layers={int: [1, 2]}") > 1.5 * plain
    assert size("training.batch_size={choice: [1, 32]}") > 4 * plain
    assert size("training.dtype=float64") == 2 * plain
    assert size("model.cell={choice: [rnn, lstm]}") == plain


def test_the_switches_are_set_before_ray_is_asked_for() -> None:
    text = Path(__file__).parents[4].joinpath("rnnsearch/search/run.py").read_text()
    top = text.split("class SearchOutcome")[0]
    assert "import ray\n" not in top


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (Exception("The current node timed out during startup. This could"), "try again later"),
        (ConnectionError("no route"), "logs/ray.log"),
    ],
)
def test_a_ray_that_does_not_start_is_said_with_a_remedy(
    error: Exception, said: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import ray

    def refuse(**arguments: object) -> None:
        raise error

    monkeypatch.setattr(ray, "init", refuse)
    monkeypatch.setattr(ray, "is_initialized", lambda: False)
    refused = pytest.raises(ClusterError, match="cannot start on this machine")
    with refused as caught, ray_session(None, tmp_path / "ray.log"):
        raise AssertionError("there is no Ray")
    assert said in str(caught.value)


def in_a_cluster(monkeypatch: pytest.MonkeyPatch, *, head: int, node: int) -> None:
    """This process is on a node of a cluster whose processes listen at these ports."""
    import ray

    from rnnsearch.search.tune import nodes

    here = SimpleNamespace(gcs_address=f"127.0.0.1:{head}", get_node_id=lambda: "mine")
    monkeypatch.setattr(ray, "get_runtime_context", lambda: here)
    others = nodes.Node("other", {}, address=("127.0.0.9", 9))
    mine = nodes.Node("mine", {}, address=("127.0.0.1", node))
    monkeypatch.setattr(nodes, "nodes", lambda: [others, mine])


@pytest.mark.parametrize(
    ("lost", "said"),
    [(0, r"Ray's head service at 127\.0\.0\.1"), (1, r"this node \(the raylet, at 127\.0\.0\.1")],
    ids=["head", "raylet"],
)
def test_what_ray_raises_when_its_processes_are_gone_is_told_by_which(
    lost: int, said: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import ray

    monkeypatch.setattr(ray, "is_initialized", lambda: True)
    with socket.create_server(("127.0.0.1", 0)) as first, socket.socket() as second:
        second.bind(("127.0.0.1", 0))  # nobody listens there
        ports = [first.getsockname()[1], second.getsockname()[1]]
        head, node = ports if lost == 1 else reversed(ports)
        in_a_cluster(monkeypatch, head=head, node=node)
        with (
            pytest.raises(ClusterError, match=said) as caught,
            ray_session(None, tmp_path / "ray.log", go_on="rnnsearch resume x"),
        ):
            raise RuntimeError("one of Ray's many words for it")
        assert str(caught.value).endswith("rnnsearch resume x")
        second.listen()
        with pytest.raises(RuntimeError), ray_session(None, tmp_path / "ray.log"):
            raise RuntimeError("a bug")


def test_a_head_that_is_lost_right_after_it_was_joined_is_told_and_nothing_else_is_taken_for_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import ray

    from rnnsearch.search.tune import nodes

    def unlisted() -> list[nodes.Node]:
        raise RuntimeError("one of Ray's many words for it")

    monkeypatch.setattr(ray, "is_initialized", lambda: True)
    with socket.socket() as head:
        head.bind(("127.0.0.1", 0))  # nobody listens there
        in_a_cluster(monkeypatch, head=head.getsockname()[1], node=1)
        monkeypatch.setattr(nodes, "nodes", unlisted)
        lost = pytest.raises(ClusterError, match=r"Ray's head service at 127\.0\.0\.1")
        with lost as caught, ray_session(None, tmp_path / "ray.log", go_on="rnnsearch resume x"):
            raise AssertionError("there is no head")
        assert str(caught.value).endswith("rnnsearch resume x")
        head.listen()
        with pytest.raises(RuntimeError), ray_session(None, tmp_path / "ray.log"):
            raise AssertionError("its node is not known")


def test_a_ray_that_is_late_is_started_once_more(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import ray

    starts: list[object] = []

    def late(**arguments: object) -> None:
        starts.append(arguments["address"])
        if len(starts) == 1:
            raise Exception("The current node timed out during startup.")

    monkeypatch.setattr(ray, "init", late)
    monkeypatch.setattr(ray, "is_initialized", lambda: False)
    in_a_cluster(monkeypatch, head=1, node=1)
    with ray_session(None, tmp_path / "ray.log"):
        assert starts == ["local", "local"]


def test_a_bug_is_no_cluster_that_refuses(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import ray

    def broken(**arguments: object) -> None:
        raise KeyError("a bug")

    monkeypatch.setattr(ray, "init", broken)
    monkeypatch.setattr(ray, "is_initialized", lambda: False)
    with pytest.raises(KeyError), ray_session(None, tmp_path / "ray.log"):
        raise AssertionError("there is no Ray")


def test_many_packs_report_less_often() -> None:
    assert slice_length(1) == slice_length(8) == 2.0
    for packs in (1000, 10_000):
        reports_a_second = packs / slice_length(packs)
        assert reports_a_second * (REPORT_SECONDS + packs * WAIT_SECONDS) <= 0.501
