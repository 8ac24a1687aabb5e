"""`--set KEY=YAML`: an entry of the file replaced as a whole, `when` included."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from rnnsearch.errors import Mistake
from rnnsearch.space.document import Entry, Mapping, Node, Place, Scalar, read
from rnnsearch.space.fields import SECTIONS, all_fields
from rnnsearch.space.nearest import nearest
from rnnsearch.space.values import note
from rnnsearch.tasks.config import TASK_CONFIGS


def apply_overrides(root: Mapping, overrides: Sequence[str], mistakes: list[Mistake]) -> None:
    """Put each override into the tree, later ones over earlier ones.

    An override's relative paths start in the working directory.
    """
    for text in overrides:
        place = Place(f"--set {text}", None, Path.cwd())
        key, equals, value = text.partition("=")
        key = key.strip()
        if not equals or not key:
            note(
                mistakes,
                place,
                "",
                "an override is KEY=VALUE, such as training.learning_rate=0.01.",
            )
            continue
        if not _known(key):
            note(mistakes, place, key, _unknown(key), _nearest_key(key))
            continue
        if not value.strip():
            note(mistakes, place, key, f"has no value; write {key}=null to switch it off.")
            continue
        node = read(
            value, source=place.source, directory=place.directory, mistakes=mistakes, override=True
        )
        if node is None and value.strip() in ("null", "~", "Null", "NULL"):
            node = Scalar(place, None, value.strip())
        if node is not None:
            _put(root, key.split("."), node, place)


def _all_keys() -> dict[str, None]:
    return dict.fromkeys(key for name in TASK_CONFIGS for key in all_fields(name))


def _known(key: str) -> bool:
    return key in SECTIONS or any(one == key or one.startswith(f"{key}.") for one in _all_keys())


def _unknown(key: str) -> str:
    for one in _all_keys():
        if key.startswith(f"{one}."):
            return (
                f"an override replaces the whole entry, so set {one}: "
                f"--set '{one}={{{key.removeprefix(one + '.')}: ...}}'."
            )
    return "unknown key; a key is dotted, such as training.learning_rate."


def _nearest_key(key: str) -> str:
    """Among the fields of the same section first: `training.lr` is `training.learning_rate`."""
    if any(key.startswith(f"{one}.") for one in _all_keys()):
        return ""
    section, _, last = key.rpartition(".")
    near = nearest(
        last, [one.rpartition(".")[2] for one in _all_keys() if one.rpartition(".")[0] == section]
    )
    return f"{section}.{near}" if near else nearest(key, [*SECTIONS, *_all_keys()])


def _put(root: Mapping, path: list[str], node: Node, place: Place) -> None:
    here = root
    for name in path[:-1]:
        entry = here.entries.get(name)
        empty = entry is not None and isinstance(entry.node, Scalar) and entry.node.value is None
        if entry is None or empty:
            entry = Entry(name, place if entry is None else entry.place, Mapping(place))
            here.entries[name] = entry
        if not isinstance(entry.node, Mapping):
            return  # the file's own entry is no mapping, which is a mistake already
        here = entry.node
    here.entries[path[-1]] = Entry(path[-1], place, node)
