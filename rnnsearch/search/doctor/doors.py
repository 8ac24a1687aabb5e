"""Who gets in: the token, the files that hold it, and the ports between the nodes."""

from __future__ import annotations

import ipaddress
import os
import stat
from collections.abc import Mapping
from pathlib import Path

from rnnsearch.search.doctor import probes
from rnnsearch.search.doctor.finding import Finding, Level, Nodes, Silent

_TOKEN = (
    "make one and start Ray with it on all nodes: export RAY_AUTH_MODE=token; "
    "ray get-auth-token --generate; copy ~/.ray/auth_token to all nodes (chmod 600)"
)


def check_token(environment: Mapping[str, str], address: str | None) -> list[Finding]:
    """Whether the cluster asks for a token, and whether others can read ours.

    Args:
        address: Of the cluster's head, which has accepted us; None without a cluster.
    """
    if environment.get("RAY_AUTH_MODE", "").lower() != "token":
        if address is None:
            text = "no cluster, so none is needed; Ray on this machine listens for itself"
            return [Finding("token", "ok", text)]
        level: Level = "warn" if _private(address.rpartition(":")[0]) else "fail"
        text = f"{address} asks for none: whoever reaches it runs code there"
        return [Finding("token", level, text, _TOKEN)]
    if environment.get("RAY_AUTH_TOKEN"):
        text = "in the variable RAY_AUTH_TOKEN, which every process of yours inherits"
        remedy = "put it into a file: unset RAY_AUTH_TOKEN; set RAY_AUTH_TOKEN_PATH to it"
        return [Finding("token", "warn", text, remedy)]
    named = environment.get("RAY_AUTH_TOKEN_PATH") or "~/.ray/auth_token"
    path = Path(named).expanduser()
    try:
        mode = path.stat().st_mode
    except OSError as error:
        text = f"RAY_AUTH_MODE is token, and {path} cannot be read: {error.strerror}"
        remedy = (
            "copy the head's ~/.ray/auth_token there (chmod 600), or make one for a new cluster: "
            "ray get-auth-token --generate"
        )
        return [Finding("token", "fail", text, remedy)]
    if stat.S_IMODE(mode) & 0o077:
        text = f"{path} can be read by others of this machine"
        return [Finding("token", "fail", text, f"chmod 600 {path}")]
    asks = "the cluster asks for it" if address else "Ray will ask for it"
    return [Finding("token", "ok", f"{asks}; {path} is readable by you alone")]


def check_ports(nodes: Nodes, places: Mapping[str, str], head: str) -> list[Finding]:
    """Whether each node reaches the head, and Ray's daemon on each other node.

    Args:
        places: The HOST:PORT of the daemons, by node.
        head: HOST:PORT of the head's service.
    """
    every = list(dict.fromkeys([head, *places.values()]))
    findings = []
    for name, answer in nodes.ask(probes.reaches, every).items():
        if isinstance(answer, Silent):
            continue
        shut = {place: why for place, why in answer.items() if why}
        if shut:
            which = "; ".join(f"{one}: {why}" for one, why in shut.items())
            remedy = (
                "open the ports between the nodes, and to nobody else; Ray's are fixed by "
                "--port, --node-manager-port, --object-manager-port and the range from "
                "--min-worker-port to --max-worker-port"
            )
            findings.append(Finding("ports", "fail", f"{name} does not reach {which}", remedy))
    if not findings:
        text = f"{len(every)} reached from {len(nodes.names)} nodes"
        findings.append(Finding("ports", "ok", text))
    return findings


def check_dashboard(
    address: str | None, environment: Mapping[str, str] = os.environ
) -> list[Finding]:
    """Whether the dashboard, where jobs are sent to, listens beyond the head itself.

    Args:
        address: HOST:PORT of it; None where there is none.
    """
    if not address:
        text = "there is none, so `rnnsearch submit` has nobody to ask"
        return [Finding("dashboard", "warn", text, "ray start --head --include-dashboard=true")]
    token = environment.get("RAY_AUTH_MODE", "").lower() == "token"
    if token or address.rpartition(":")[0] in ("localhost", "127.0.0.1", "::1"):
        guarded = "asks for the token" if token else "listens on the head alone"
        return [Finding("dashboard", "ok", f"{address} {guarded}")]
    text = f"{address} listens beyond the head, without a token: whoever reaches it runs code there"
    remedy = "start the head with --dashboard-host=127.0.0.1, and all nodes with a token"
    return [Finding("dashboard", "fail", text, remedy)]


def _private(host: str) -> bool:
    """Whether an address cannot be reached from the internet; a name counts as one that can."""
    try:
        return ipaddress.ip_address(host.strip("[]")).is_private
    except ValueError:
        return host == "localhost"
