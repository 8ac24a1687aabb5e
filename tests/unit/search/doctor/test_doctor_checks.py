"""Each check of the doctor, with nodes on paper that answer what they are told to."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from rnnsearch.errors import StorageError
from rnnsearch.search.doctor.doors import check_dashboard, check_ports, check_token
from rnnsearch.search.doctor.finding import Finding, Silent
from rnnsearch.search.doctor.machines import check_clocks, check_gpus, check_versions
from rnnsearch.search.doctor.nodes import within
from rnnsearch.search.doctor.probes import versions
from rnnsearch.search.doctor.seen import check_seen, why_unusable
from rnnsearch.search.doctor.storage import check_storage
from rnnsearch.search.snapshot_place import FolderPlace

HERE = versions()


class PaperNodes:
    """Two nodes of this process; what is in `answers` stands in the place of the truth."""

    def __init__(self, **answers: Mapping[str, Any]) -> None:
        self.names = ["a", "b"]
        self.resources: Mapping[str, Mapping[str, float]] = {"a": {"GPU": 1.0}, "b": {}}
        self._answers = answers

    def ask(self, function: Any, *arguments: Any) -> dict[str, Any]:
        return {name: self.ask_one(name, function, *arguments) for name in self.names}

    def ask_one(self, name: str, function: Any, *arguments: Any) -> Any:
        told = self._answers.get(function.__name__, {})
        return told[name] if name in told else function(*arguments)


def levels(findings: list[Finding]) -> list[str]:
    return [one.level for one in findings]


def test_versions_are_the_same_everywhere() -> None:
    assert levels(check_versions(PaperNodes())) == ["ok", "ok"]


@pytest.mark.parametrize(
    ("change", "level", "remedy"),
    [
        ({"ray": "2.59.0"}, "fail", f"a has ray {HERE['ray']}"),
        ({"rnnsearch": "0.1.0 (code 00000000)"}, "fail", "a has rnnsearch 0.1.0 (code "),
        ({"python": "3.13.1"}, "fail", "a has python 3."),
        ({"python": HERE["python"] + "9"}, "ok", ""),  # another patch
        ({"optuna": "3.0"}, "warn", "pip install 'optuna<"),
        ({"torch": HERE["torch"].partition("+")[0] + "+cu126"}, "ok", ""),
        ({"rnnsearch": ""}, "warn", "rnnsearch submit"),
        ({"rnnsearch": "", "torch": ""}, "fail", "in a checkout of rnnsearch: pip install -e ."),
        ({"torch": ""}, "fail", "there: pip install"),
    ],
    ids=str,
)
def test_a_node_with_other_versions(change: dict[str, str], level: str, remedy: str) -> None:
    one = {**HERE, **change}
    _, finding = check_versions(PaperNodes(versions={"b": one}))
    assert finding.level == level
    assert remedy in finding.remedy


def test_an_rnnsearch_that_knows_no_digest_of_its_code_has_its_version(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setitem(sys.modules, "rnnsearch.search.same_code", None)  # an older one
    older = versions()
    assert older["rnnsearch"] == HERE["rnnsearch"].split()[0]
    _, finding = check_versions(PaperNodes(versions={"a": HERE, "b": older}))
    assert finding.level == "fail"


def test_a_node_that_does_not_answer_is_told_once() -> None:
    nodes = PaperNodes(
        **{name: {"b": Silent("the worker died")} for name in ("versions", "gpus", "now", "write")}
    )
    assert levels(check_versions(nodes)) == ["ok", "fail"]
    assert len(check_gpus(nodes)) == 1
    assert check_clocks(nodes) == []


def test_nodes_that_do_not_answer_are_waited_for_together() -> None:
    now, waited = [100.0], dict[str, float]()

    def answer(call: str, seconds: float) -> str:
        waited[call] = seconds
        now[0] += min(seconds, 0.0 if call == "well" else 1000.0)
        return call.upper()

    calls = {"a": "hangs", "b": "hangs too", "c": "well"}
    answers = within(60.0, calls, answer, lambda: now[0])
    assert answers == {"a": "HANGS", "b": "HANGS TOO", "c": "WELL"}
    assert waited == {"hangs": 60.0, "hangs too": 0.0, "well": 0.0}


def gpu(devices: int, torch: int, cuda: str) -> dict[str, Any]:
    return {"devices": devices, "torch": torch, "cuda": cuda, "names": ["H200"] * torch}


@pytest.mark.parametrize(
    ("a", "level", "remedy"),
    [
        (gpu(1, 1, "12.6"), "ok", ""),
        (gpu(1, 0, ""), "fail", "pip install --force-reinstall torch"),
        (gpu(1, 0, "12.6"), "fail", "nvidia-smi"),
        (gpu(2, 2, "12.6"), "warn", "--num-gpus=2"),
    ],
    ids=str,
)
def test_gpus_as_the_machine_torch_and_ray_see_them(
    a: dict[str, Any], level: str, remedy: str
) -> None:
    first, second = check_gpus(PaperNodes(gpus={"a": a, "b": gpu(0, 0, "")}))
    assert (first.level, second.level) == (level, "ok")
    assert remedy in first.remedy


def test_a_clock_that_is_behind() -> None:
    [fine] = check_clocks(PaperNodes(now={"b": 1000.2}), clock=lambda: 1000.0)
    assert (fine.level, fine.text) == ("ok", "b: +0.20 s from a, to 0.01 s")
    [late] = check_clocks(PaperNodes(now={"b": 400.0}), clock=lambda: 1000.0)
    assert late.level == "warn"
    assert late.text.startswith("b: -600.00 s from a")
    # where the answer took long, the difference may be the way alone
    slow = iter([1000.0, 1010.0] * 3)
    [unsure] = check_clocks(PaperNodes(now={"b": 1001.0}), clock=lambda: next(slow))
    assert unsure.level == "ok"


def test_a_storage_that_all_share_is_left_as_it_was(tmp_path: Path) -> None:
    for storage in (tmp_path, tmp_path / "new"):
        shared, lock = check_storage(PaperNodes(), storage)
        assert shared == Finding(
            "storage", "ok", f"{storage}: written on 2 nodes, each read on every"
        )
        assert (lock.check, lock.level) == ("ledger", "ok")
    assert list(tmp_path.iterdir()) == []


def test_a_storage_that_one_node_has_for_itself(tmp_path: Path) -> None:
    alone = {"0": "!No such file or directory", "1": "its own"}
    findings = check_storage(PaperNodes(read={"b": alone}), tmp_path)
    assert findings[0].level == "fail"
    assert findings[0].text == f"b does not see in {tmp_path} what a, b wrote"
    assert "mount one file system" in findings[0].remedy
    refused = check_storage(PaperNodes(write={"b": "Read-only file system"}), tmp_path)
    assert refused[0].text == f"b cannot write to {tmp_path}: Read-only file system"


def test_a_storage_that_nobody_can_write_to_is_a_finding() -> None:
    [finding] = check_storage(PaperNodes(), Path("/proc"))
    assert (finding.check, finding.level) == ("storage", "fail")
    assert finding.text.startswith("a cannot write to /proc: ")
    assert "mount one file system" in finding.remedy


@pytest.mark.parametrize(
    ("probe", "said"), [("write", "b cannot write to {}: hangs"), ("read", "b cannot read in {}:")]
)
def test_a_storage_that_hangs_on_one_node(tmp_path: Path, probe: str, said: str) -> None:
    storage, lock = check_storage(PaperNodes(**{probe: {"b": Silent("hangs")}}), tmp_path)
    assert (storage.level, lock.level) == ("fail", "ok")
    assert storage.text.startswith(said.format(tmp_path))
    [_, lock] = check_storage(PaperNodes(locked={"b": Silent("hangs")}), tmp_path)
    assert (lock.level, lock.text.endswith("does not hold on b (hangs)")) == ("warn", True)


def test_a_lock_that_does_not_hold(tmp_path: Path) -> None:
    for answer, said in (("no", "hold on b"), ("No locks available", "(No locks available)")):
        lock = check_storage(PaperNodes(locked={"b": answer}), tmp_path)[-1]
        assert lock.level == "warn"
        assert lock.text.endswith(said)


def test_a_token_that_others_can_read(tmp_path: Path) -> None:
    token = tmp_path / "auth_token"
    token.write_text("secret")
    token.chmod(0o640)
    variables = {"RAY_AUTH_MODE": "token", "RAY_AUTH_TOKEN_PATH": str(token)}
    [finding] = check_token(variables, "10.0.0.1:6379")
    assert (finding.level, finding.remedy) == ("fail", f"chmod 600 {token}")
    token.chmod(0o600)
    assert levels(check_token(variables, "10.0.0.1:6379")) == ["ok"]
    token.unlink()
    assert levels(check_token(variables, "10.0.0.1:6379")) == ["fail"]
    assert levels(check_token({**variables, "RAY_AUTH_TOKEN": "x"}, None)) == ["warn"]


@pytest.mark.parametrize(
    ("head", "level"),
    [("10.0.0.1:6379", "warn"), ("127.0.0.1:6379", "warn"), ("8.8.8.8:6379", "fail")],
)
def test_a_cluster_without_a_token(head: str, level: str) -> None:
    [finding] = check_token({}, head)
    assert finding.level == level
    assert "ray get-auth-token --generate" in finding.remedy
    assert levels(check_token({}, None)) == ["ok"]


def test_ports_that_are_shut() -> None:
    shut = {"b": {"10.0.0.1:6379": "timed out", "10.0.0.2:7000": ""}}
    open_ = {"a": {"10.0.0.1:6379": "", "10.0.0.2:7000": ""}}
    places = {"a": "10.0.0.1:6379", "b": "10.0.0.2:7000"}
    [finding] = check_ports(PaperNodes(reaches={**open_, **shut}), places, "10.0.0.1:6379")
    assert finding.text == "b does not reach 10.0.0.1:6379: timed out"
    both = {**open_, "b": open_["a"]}
    assert levels(check_ports(PaperNodes(reaches=both), places, "10.0.0.1:6379")) == ["ok"]


@pytest.mark.parametrize(
    ("address", "mode", "level"),
    [
        ("127.0.0.1:8265", "", "ok"),
        ("10.0.0.1:8265", "", "fail"),
        ("10.0.0.1:8265", "token", "ok"),
        (None, "token", "warn"),
    ],
)
def test_the_dashboard(address: str | None, mode: str, level: str) -> None:
    assert levels(check_dashboard(address, {"RAY_AUTH_MODE": mode})) == [level]


class Blind(PaperNodes):
    """Of which one sees another folder of that name, or none."""

    def __init__(self, answer: object) -> None:
        super().__init__()
        self._answer = answer

    def ask_one(self, name: str, function: Any, *arguments: Any) -> Any:
        return function(*arguments) if name == "a" else self._answer


def test_a_folder_that_all_nodes_see_is_left_as_it_was(tmp_path: Path) -> None:
    FolderPlace(tmp_path).mark("run")
    check_seen(PaperNodes(), str(tmp_path), "run")
    check_seen(Blind(Silent("the worker died")), str(tmp_path), "run")
    assert [path.name for path in tmp_path.iterdir()] == ["seen-run"]


def test_a_node_that_does_not_see_the_folder_is_named_with_what_to_do(tmp_path: Path) -> None:
    FolderPlace(tmp_path).mark("run")
    blind = Blind(why_unusable(str(tmp_path), "another run"))
    with pytest.raises(StorageError, match=r"^b of 2 nodes does not see .*mount one file system"):
        check_seen(blind, str(tmp_path), "run")


def test_why_a_folder_cannot_be_used(tmp_path: Path) -> None:
    FolderPlace(tmp_path).mark("run")
    assert why_unusable(str(tmp_path), "run") == ""
    assert "but another one of that name" in why_unusable(str(tmp_path), "another run")
    assert "No such file" in why_unusable(str(tmp_path / "elsewhere"), "run")
    (tmp_path / "seen-file").write_text("")
    assert "Not a directory" in why_unusable(str(tmp_path / "seen-file"), "run")
