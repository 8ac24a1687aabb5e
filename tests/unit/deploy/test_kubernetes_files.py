"""The files for KubeRay: their fields are ones that its definitions have, and nothing is open."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

ROOT = Path(__file__).parents[3]
FIELDS = YAML(typ="safe").load(Path(__file__).with_name("kuberay_fields.yaml").read_text())
FILES = ("kuberay.yaml", "kuberay_job.yaml")
TYPES = {"text": str, "int": int, "bool": bool}


def documents(name: str) -> list[dict[str, Any]]:
    return list(YAML(typ="safe").load_all((ROOT / "deploy" / name).read_text()))


def specs() -> Iterator[tuple[str, dict[str, Any]]]:
    for name in FILES:
        for one in documents(name):
            if one["apiVersion"] == "ray.io/v1":
                yield one["kind"], one["spec"]


def clusters() -> Iterator[dict[str, Any]]:
    for kind, spec in specs():
        yield spec if kind == "RayCluster" else spec["rayClusterSpec"]


def pods() -> Iterator[dict[str, Any]]:
    for kind, spec in specs():
        if kind == "RayJob":
            yield spec["submitterPodTemplate"]["spec"]
    for cluster in clusters():
        yield cluster["headGroupSpec"]["template"]["spec"]
        for group in cluster["workerGroupSpecs"]:
            yield group["template"]["spec"]


def problems(value: Any, field: Any, place: str) -> Iterator[str]:
    """What of a value the definitions do not have."""
    if isinstance(field, str) and field in FIELDS:
        field = FIELDS[field]
    if isinstance(field, list):
        if not isinstance(value, list):
            yield f"{place} is no list"
            return
        for number, one in enumerate(value):
            yield from problems(one, field[0], f"{place}[{number}]")
    elif isinstance(field, dict) and not field:
        if not isinstance(value, dict) or not all(isinstance(one, str) for one in value.values()):
            yield f"{place} is no mapping of texts"
    elif isinstance(field, dict):
        if not isinstance(value, dict):
            yield f"{place} is no mapping"
            return
        known = {name.rstrip("!"): of for name, of in field.items()}
        for name in field:
            if name.endswith("!") and name[:-1] not in value:
                yield f"{place} lacks {name[:-1]}"
        for name, one in value.items():
            if name not in known:
                yield f"{place} has no {name}"
            else:
                yield from problems(one, known[name], f"{place}.{name}")
    elif field in TYPES:
        if type(value) is not TYPES[field]:
            yield f"{place} is no {field}: {value!r}"
    elif value not in field.split("|"):
        yield f"{place} is none of {field}: {value!r}"


def test_fields_are_ones_that_kuberay_has() -> None:
    kinds = []
    for kind, spec in specs():
        kinds.append(kind)
        assert list(problems(spec, kind, kind)) == []
    assert kinds == ["RayCluster", "RayJob"]


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"autscalerOptions": {}}, "RayCluster has no autscalerOptions"),
        ({"rayVersion": 2.6}, "RayCluster.rayVersion is no text"),
        ({"authOptions": {"mode": "tokens"}}, "RayCluster.authOptions.mode is none of"),
        ({"headGroupSpec": {"template": {"spec": {}}}}, "headGroupSpec lacks rayStartParams"),
        ({"workerGroupSpecs": [{}]}, "workerGroupSpecs[0] lacks groupName"),
        ({"autoscalerOptions": {"idleTimeoutSeconds": "300"}}, "is no int"),
    ],
    ids=str,
)
def test_a_field_that_is_wrong_is_noticed(change: dict[str, Any], said: str) -> None:
    [spec] = [spec for kind, spec in specs() if kind == "RayCluster"]
    assert said in "; ".join(problems({**spec, **change}, "RayCluster", "RayCluster"))


def test_every_cluster_asks_for_a_token_and_is_reached_from_inside_alone() -> None:
    for cluster in clusters():
        assert cluster["authOptions"] == {"mode": "token"}
        assert cluster["headGroupSpec"]["serviceType"] == "ClusterIP"
        assert "enableIngress" not in cluster["headGroupSpec"]
    [policy] = [one for one in documents("kuberay.yaml") if one["kind"] == "NetworkPolicy"]
    label = policy["spec"]["podSelector"]["matchLabels"]
    for kind, spec in specs():
        cluster = spec if kind == "RayCluster" else spec["rayClusterSpec"]
        templates = [cluster["headGroupSpec"]["template"]]
        templates += [group["template"] for group in cluster["workerGroupSpecs"]]
        templates += [spec["submitterPodTemplate"]] if kind == "RayJob" else []
        for template in templates:
            assert template["metadata"]["labels"] == label


def test_no_container_is_root_or_may_become_it() -> None:
    for pod in pods():
        assert pod["securityContext"]["runAsNonRoot"] is True
        for container in pod["containers"]:
            assert container["securityContext"]["allowPrivilegeEscalation"] is False
            assert container["securityContext"]["capabilities"] == {"drop": ["ALL"]}


def test_all_nodes_see_the_storage_that_the_study_is_given() -> None:
    for cluster in clusters():
        groups = [cluster["headGroupSpec"], *cluster["workerGroupSpecs"]]
        for group in groups:
            [container] = group["template"]["spec"]["containers"]
            assert {"name": "studies", "mountPath": "/studies"} in container["volumeMounts"]
    [job] = [spec for kind, spec in specs() if kind == "RayJob"]
    words = job["entrypoint"].split()
    assert words[4] == "/studies"
    script, space = (Path(word.replace("/opt/rnnsearch", str(ROOT))) for word in words[1:3])
    assert script.is_file()
    assert space.is_file()
