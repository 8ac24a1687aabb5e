"""Whether the storage is one folder for all nodes, and one whose locks hold between them."""

from __future__ import annotations

import contextlib
import fcntl
import os
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path

from rnnsearch.search.doctor import probes
from rnnsearch.search.doctor.finding import Finding, Nodes, Silent

SHARE = (
    "mount one file system at that path on every node (NFS, Lustre, EFS), or name another folder "
    "with --storage"
)


def check_storage(nodes: Nodes, storage: Path, *, lock: bool = True) -> list[Finding]:
    """Write a file on each node, read each on every node, and hold a lock against all.

    Args:
        lock: Whether the lock of a study lies there; that of a ledger in a database lies in that.
    """
    made = not storage.exists()
    try:
        storage.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        text = f"{storage} cannot be made on {nodes.names[0]}: {error.strerror}"
        return [Finding("storage", "fail", text, SHARE)]
    folder = storage / f".doctor-{uuid.uuid4().hex[:12]}"
    try:
        folder.mkdir()
    except OSError as error:
        text = f"{nodes.names[0]} cannot write to {storage}: {error.strerror}"
        return [Finding("storage", "fail", text, SHARE)]
    with _cleared(folder, storage, made):
        findings = _written_and_read(nodes, storage, folder)
        return [*findings, _lock(nodes, storage, folder / "lock")] if lock else findings


def _written_and_read(nodes: Nodes, storage: Path, folder: Path) -> list[Finding]:
    tokens = {name: uuid.uuid4().hex for name in nodes.names}
    files = {name: f"{number}" for number, name in enumerate(nodes.names)}
    findings = []
    wrote = []
    for name in nodes.names:
        answer = nodes.ask_one(name, probes.write, str(folder / files[name]), tokens[name])
        if isinstance(answer, Silent):  # a mount whose server is away lets nobody go
            answer = answer.reason
        if answer:
            text = f"{name} cannot write to {storage}: {answer}"
            findings.append(Finding("storage", "fail", text, SHARE))
        else:
            wrote.append(name)
    answers = nodes.ask(probes.read, str(folder), [files[name] for name in wrote])
    for reader, read in answers.items():
        if any(reader == one.text.partition(" ")[0] for one in findings):
            continue
        if isinstance(read, Silent):
            text = f"{reader} cannot read in {storage}: {read.reason}"
            findings.append(Finding("storage", "fail", text, SHARE))
            continue
        unseen = [name for name in wrote if read[files[name]] != tokens[name]]
        if unseen:
            text = f"{reader} does not see in {storage} what {', '.join(unseen)} wrote"
            findings.append(Finding("storage", "fail", text, SHARE))
    if not findings:
        every = f"on {len(wrote)} nodes, each read on every" if len(wrote) > 1 else "and read"
        findings.append(Finding("storage", "ok", f"{storage}: written {every}"))
    return findings


def _lock(nodes: Nodes, storage: Path, path: Path) -> Finding:
    """Hold a lock on the driver's node, and see whether it holds on the others."""
    try:
        with path.open("w", encoding="utf-8") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            # A file that is opened twice has two locks, so this process can be asked too.
            answers = nodes.ask(probes.locked, str(path))
    except OSError as error:
        text = f"{storage}: locks do not work: {error.strerror or error}"
        return Finding("ledger", "warn", text, _LOCKS)
    said = {name: one.reason if isinstance(one, Silent) else one for name, one in answers.items()}
    loose = {name: one for name, one in said.items() if one != "yes"}
    if loose:
        text = f"{storage}: a lock of {nodes.names[0]} does not hold on {', '.join(loose)}"
        reasons = sorted(set(loose.values()) - {"no"})
        text += f" ({'; '.join(reasons)})" if reasons else ""
        return Finding("ledger", "warn", text, _LOCKS)
    many = f"{len(said)} nodes" if len(said) > 1 else "this node"
    return Finding("ledger", "ok", f"{storage}: its lock holds on {many}")


_LOCKS = (
    "mount it with locks (NFS 4, or `lock` in the place of `nolock`); without them two drivers "
    "that start one study at the same moment find out only seconds later, and one of them ends"
)


@contextlib.contextmanager
def _cleared(folder: Path, storage: Path, made: bool) -> Iterator[None]:
    """A context after which nothing of a folder is left, nor of a storage made for it."""
    steps: list[Callable[[], object]] = [folder.rmdir]
    if made:
        steps.append(storage.rmdir)
    try:
        yield
    finally:
        for path in list(folder.iterdir()):
            path.unlink()
        for step in steps:
            with contextlib.suppress(OSError):
                step()
        os.sync()
