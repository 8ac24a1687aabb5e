"""What the nodes are: versions, GPUs, clocks."""

from __future__ import annotations

import shlex
import time
from collections.abc import Callable, Container
from importlib.metadata import PackageNotFoundError, requires

from packaging.requirements import Requirement

from rnnsearch.search.doctor import probes
from rnnsearch.search.doctor.finding import Finding, Nodes, Silent

SKEW_SECONDS = 2.0
"""Clocks that are further apart make times in records and logs wrong."""
ASKED = 3
"""How often a clock is read; the quickest answer counts, since the first starts a process."""


def check_versions(nodes: Nodes) -> list[Finding]:
    """Versions on every node; those of the driver's node must be in rnnsearch's ranges, and Ray,
    Python and rnnsearch the same everywhere."""
    answers = nodes.ask(probes.versions)
    findings = []
    first = answers[nodes.names[0]]
    for name, answer in answers.items():
        if isinstance(answer, Silent):
            findings.append(Finding("versions", "fail", f"{name}: {answer.reason}", _LOOK))
            continue
        shown = ", ".join(f"{package} {version or 'none'}" for package, version in answer.items())
        missing = [package for package, version in answer.items() if not version]
        same = not isinstance(first, Silent)
        other = [
            package
            for package in ("python", "ray", "rnnsearch")
            if same and _short(package, answer[package]) != _short(package, first[package])
        ]
        outside = [] if missing else _outside(answer)
        if missing == ["rnnsearch"] and name != nodes.names[0]:
            findings.append(
                Finding(
                    "versions",
                    "warn",
                    f"{name}: {shown}",
                    "install rnnsearch there, or send studies by `rnnsearch submit`, which brings "
                    "it along",
                )
            )
        elif missing:
            remedy = f"there: pip install {_quoted(_wanted(missing))}"
            if "rnnsearch" in missing:
                remedy = "there, in a checkout of rnnsearch: pip install -e ."
            findings.append(Finding("versions", "fail", f"{name}: {shown}", remedy))
        elif other and not isinstance(first, Silent):
            wanted = " and ".join(f"{one} {first[one]}" for one in other)
            remedy = f"{nodes.names[0]} has {wanted}; all nodes of a Ray cluster need the same"
            findings.append(Finding("versions", "fail", f"{name}: {shown}", remedy))
        elif outside:
            remedy = f"there: pip install {_quoted(outside)}"
            findings.append(Finding("versions", "warn", f"{name}: {shown}", remedy))
        else:
            findings.append(Finding("versions", "ok", f"{name}: {shown}"))
    return findings


_LOOK = "look into Ray's logs on that node, /tmp/ray/session_latest/logs, and at `ray status`"


def _short(package: str, version: str) -> str:
    """What must be equal: the minor release of Python, all of Ray's."""
    return ".".join(version.split(".")[:2]) if package == "python" else version


def _outside(versions: dict[str, str]) -> list[Requirement]:
    """The requirements of rnnsearch that installed packages do not fulfil."""
    return [
        one
        for one in _wanted(versions)
        if not one.specifier.contains(versions[one.name].partition("+")[0])
    ]


def _wanted(names: Container[str]) -> list[Requirement]:
    """What rnnsearch needs of these packages."""
    try:
        every = [Requirement(text) for text in requires("rnnsearch") or []]
    except PackageNotFoundError:
        return []  # it came along with a job, and not its ranges
    return [one for one in every if one.name in names and not one.marker]


def _quoted(wanted: list[Requirement]) -> str:
    return " ".join(shlex.quote(str(one)) for one in wanted)


def check_gpus(nodes: Nodes) -> list[Finding]:
    """What GPUs the machines have, as torch and as Ray see them."""
    findings = []
    for name, answer in nodes.ask(probes.gpus).items():
        if isinstance(answer, Silent):
            continue  # told of its versions
        ray = nodes.resources.get(name, {}).get("GPU", 0.0)
        names = ", ".join(answer["names"]) or "none"
        text = f"{name}: torch sees {names}"
        text += f"; Ray has {ray:g}" if nodes.resources else ""
        if answer["torch"] < max(answer["devices"], int(ray)):
            remedy = (
                "its torch is one for processors alone; there: pip install --force-reinstall torch"
                if not answer["cuda"]
                else "look at `nvidia-smi` there: its driver is older than torch's CUDA "
                f"{answer['cuda']}, or the container has no GPU"
            )
            text += f"; the machine has {max(answer['devices'], int(ray))}"
            findings.append(Finding("gpus", "fail" if ray else "warn", text, remedy))
        elif nodes.resources and answer["torch"] > ray:
            remedy = f"start Ray there with --num-gpus={answer['torch']}"
            findings.append(Finding("gpus", "warn", text, remedy))
        else:
            findings.append(Finding("gpus", "ok", text))
    return findings


def check_clocks(nodes: Nodes, clock: Callable[[], float] = time.time) -> list[Finding]:
    """How far each node's clock is from the driver's."""
    findings = []
    for name in nodes.names[1:]:
        best: tuple[float, float] | None = None
        for _ in range(ASKED):
            before = clock()
            answer = nodes.ask_one(name, probes.now)
            after = clock()
            if isinstance(answer, Silent):
                break
            doubt = (after - before) / 2
            if best is None or doubt < best[1]:
                best = (answer - (before + after) / 2, doubt)
        if best is None:
            continue
        skew, doubt = best
        text = f"{name}: {skew:+.2f} s from {nodes.names[0]}, to {max(doubt, 0.01):.2f} s"
        if abs(skew) - doubt > SKEW_SECONDS:
            remedy = "have both follow a time server, there: sudo timedatectl set-ntp true"
            findings.append(Finding("clocks", "warn", text, remedy))
        else:
            findings.append(Finding("clocks", "ok", text))
    return findings
