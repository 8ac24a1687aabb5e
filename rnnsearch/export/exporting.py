"""Export a trained model: written beside its place, held against the model, then put there."""

from __future__ import annotations

import json
import shutil
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

from rnnsearch.commands import shown
from rnnsearch.disk import replace_file
from rnnsearch.errors import InputError
from rnnsearch.export.checking import Finding
from rnnsearch.export.description import description
from rnnsearch.export.formats import FORMATS, Format, Written
from rnnsearch.export.subject import Subject
from rnnsearch.export.tolerance import TOLERANCE

if TYPE_CHECKING:
    from rnnsearch.training.trained import TrainedModel

CHECK_FILE, README = "check.json", "README.md"


@dataclass(frozen=True, slots=True)
class Exported:
    """An exported model.

    Attributes:
        folder: Where its files lie.
        files: Their names, the most important first.
        findings: How far they lie apart from the model, by what was computed.
        usage: Lines of Python that use them, run in their folder.
        notes: What a person should know beside.
    """

    folder: Path
    files: Sequence[str]
    findings: Sequence[Finding]
    usage: str
    notes: Sequence[str]


def export(
    model: TrainedModel,
    format: str,
    out: str | Path | None = None,
    *,
    name: str = "model",
    tolerance: float = TOLERANCE,
    say: Callable[[str], None] = lambda text: None,
) -> Exported:
    """Write a model in another format.

    Args:
        format: A key of `formats.FORMATS`.
        out: A folder that is not there yet, or is empty; None makes one in the working directory,
            named by the model and the format.
        name: Of the model, as a person knows it.
        tolerance: The largest difference from the model's own answers that is held, in units of
            what is usual for an answer.
        say: Told what is being done, in few words: the whole takes seconds to minutes.

    Raises:
        InputError: There is no such format, packages are missing, the folder holds files, or the
            model is the mean of several networks, which the format cannot hold.
        ModelError: The model cannot be written so, or the files answer otherwise than it does.
            Nothing is left behind.
    """
    kind = _format(format)
    folder = Path(out) if out is not None else Path(f"{_plain(name)}-{format}")
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise InputError(
            f"{shown(folder)} is there already. Remove it, or give another place: --out FOLDER."
        )
    folder.parent.mkdir(parents=True, exist_ok=True)
    subject = Subject(model, name, say)
    if subject.fused and not kind.several:
        others = [one for one, other in FORMATS.items() if other.several]
        raise InputError(
            f"{name} is the mean of {len(subject.networks)} networks, and the format {format} "
            f"holds one. Write it as {' or '.join(others)}: --format {others[0]}."
        )
    aside = Path(tempfile.mkdtemp(prefix=f".{folder.name}-", dir=folder.parent))
    try:
        written = kind.writer(subject, aside, tolerance)
        _write_notes(subject, aside, format, written, tolerance)
        aside.chmod(0o755)
        aside.replace(folder)
    except BaseException:
        shutil.rmtree(aside, ignore_errors=True)
        raise
    files = sorted(
        (one for one in folder.rglob("*") if one.is_file()),
        key=lambda one: (one.name in (CHECK_FILE, README), str(one)),
    )
    names = [str(one.relative_to(folder)) for one in files]
    return Exported(folder, names, written.findings, written.usage, written.notes)


def _format(name: str) -> Format:
    if name not in FORMATS:
        raise InputError(f"{name!r} is no format; formats are {', '.join(FORMATS)}.")
    kind = FORMATS[name]
    if missing := [one for one in kind.needs if find_spec(one) is None]:
        raise InputError(
            f"the format {name} needs {', '.join(missing)}, which "
            f"{'is' if len(missing) == 1 else 'are'} not installed. Install what it needs with: "
            "pip install 'rnnsearch[export]'"
        )
    return kind


def _plain(name: str) -> str:
    """A name as that of a folder: of `models:/sine@champion` `sine-champion`."""
    kept = name.removeprefix("models:/")
    return "".join(sign if sign.isalnum() or sign in "-_." else "-" for sign in kept).strip("-.")


def _write_notes(
    subject: Subject, folder: Path, format: str, written: Written, tolerance: float
) -> None:
    """Write what was found, and how the files are used, beside them."""
    told = description(subject)
    check = {
        "made_by": told["made_by"],
        "tolerance": tolerance,
        "findings": [asdict(one) for one in written.findings],
    }
    replace_file(folder / CHECK_FILE, json.dumps(check, indent=2) + "\n")
    lines = [
        f"# {subject.name}",
        "",
        f"{told['network']}, task `{told['task']}`; {FORMATS[format].meaning}. Written by "
        f"{told['made_by']}.",
        "",
        f"- `x`: {told['x']}.",
        f"- `y`: {told['y']}.",
        *(f"- {note}" for note in (*filter(None, [told["notes"]]), *written.notes)),
        "",
        "```python",
        *written.usage.splitlines(),
        "```",
        "",
    ]
    if written.findings:
        lines += [
            "Largest differences from the model itself, on inputs at random, in units of what is "
            "usual for an answer:",
            "",
            "| what | sequences at once | time steps | difference |",
            "|---|---|---|---|",
            *(
                f"| {one.what} | {one.batch} | {one.steps:,} | {one.difference:.1e} |"
                for one in written.findings
            ),
            "",
        ]
    lines += [
        f"- {one.what} of {one.batch}: this network amplifies roundings, and its own answers in "
        f"float32 and in float64 lie {one.roundings:.1e} apart."
        for one in written.findings
        if one.roundings
    ]
    replace_file(folder / README, "\n".join(lines))
