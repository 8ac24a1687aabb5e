"""Whether every node can use a folder in an object store, and sees there what the others write."""

from __future__ import annotations

import uuid

from rnnsearch.errors import StorageError
from rnnsearch.object_store.folder import ObjectFolder
from rnnsearch.search.doctor import probes
from rnnsearch.search.doctor.finding import Finding, Nodes, Silent

CREDENTIALS = (
    "have the credentials, AWS_REGION and AWS_ENDPOINT_URL in the environment of `ray start` on "
    "every node, or give the machines a role: `rnnsearch guide storage`"
)


def check_store(nodes: Nodes, address: str) -> list[Finding]:
    """Write an object on each node, and read each on every node; nothing of it is left.

    Args:
        address: The folder of the studies, such as `s3://bucket/studies`.
    """
    folder = f"{address}/.doctor-{uuid.uuid4().hex[:12]}"
    tokens = {name: uuid.uuid4().hex for name in nodes.names}
    files = {name: f"{number}" for number, name in enumerate(nodes.names)}
    findings = []
    wrote = []
    for name in nodes.names:
        answer = nodes.ask_one(name, probes.store, folder, files[name], tokens[name])
        if isinstance(answer, Silent):  # a server that takes connections and never answers
            answer = answer.reason
        if answer:
            findings.append(_fails(f"{name} cannot write to {address}: {answer}"))
        else:
            wrote.append(name)
    answers = nodes.ask(probes.stored, folder, [files[name] for name in wrote])
    for reader, read in answers.items():
        if reader not in wrote:
            continue
        if isinstance(read, Silent):
            findings.append(_fails(f"{reader} cannot read in {address}: {read.reason}"))
            continue
        unseen = [name for name in wrote if read[files[name]] != tokens[name]]
        if unseen:
            text = f"{reader} does not see in {address} what {', '.join(unseen)} wrote"
            why = read[files[unseen[0]]].removeprefix("!")
            findings.append(_fails(f"{text}: {why}" if read[files[unseen[0]]][:1] == "!" else text))
    if wrote:
        try:
            ObjectFolder.at(folder).clear()
        except StorageError as error:
            findings.append(_fails(f"what was written cannot be removed: {error}"))
    if not findings:
        every = f"on {len(wrote)} nodes, each read on every" if len(wrote) > 1 else "and read"
        findings.append(Finding("storage", "ok", f"{address}: written {every}"))
    return findings


def _fails(text: str) -> Finding:
    return Finding("storage", "fail", text, CREDENTIALS)
