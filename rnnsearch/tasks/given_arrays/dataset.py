"""The sequences and targets of a torch `Dataset` or `DataLoader`, read item by item."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from rnnsearch.errors import DataError
from rnnsearch.tasks.base import Part
from rnnsearch.tasks.given_arrays.plain import plain_array


def items_of(part: Part, given: Any, collate: Callable[[list[Any]], Any] | None) -> tuple[Any, ...]:
    """The sequences and targets of all items of a torch `Dataset` or `DataLoader`.

    Raises:
        DataError: It is neither, or its items are no pairs.
    """
    if hasattr(given, "dataset") and hasattr(given, "collate_fn"):
        _check_sampler(part, given)
        given, collate = given.dataset, collate or _custom(given.collate_fn)
    if not hasattr(given, "__getitem__") and not hasattr(given, "__iter__"):
        raise DataError(
            f"Arrays: {part} must be (x, y) or (x, y, lengths), or a torch Dataset, not a "
            f"{type(given).__name__}."
        )
    sized = hasattr(given, "__len__") and hasattr(given, "__getitem__")
    items = (given[at] for at in range(len(given))) if sized else iter(given)
    xs, ys = [], []
    for at, item in enumerate(items):
        name = f"{part}, item {at} of the Dataset"
        x, y = _item(item, name) if collate is None else _alone(collate([item]), name)
        xs.append(x)
        ys.append(y)
    if not xs:
        raise DataError(f"Arrays: the Dataset of {part} has no items.")
    return xs, ys


def _check_sampler(part: Part, loader: Any) -> None:
    """Refuse a loader that leaves items out, or draws some more often, which would not be seen."""
    from torch.utils.data import IterableDataset, RandomSampler, SequentialSampler

    sampler = getattr(loader.batch_sampler, "sampler", loader.sampler)
    plain = type(sampler) is SequentialSampler or (
        type(sampler) is RandomSampler and not sampler.replacement
    )
    if not plain and not isinstance(loader.dataset, IterableDataset):
        raise DataError(
            f"Arrays: the DataLoader of {part} draws by a {type(sampler).__name__}, and every item "
            "of its dataset is read once. Give the items that count as a Dataset: "
            "torch.utils.data.Subset(dataset, indices)."
        )


def _custom(collate: Callable[[list[Any]], Any]) -> Callable[[list[Any]], Any] | None:
    """A loader's function for batches, unless it is torch's own, which is not needed."""
    return None if getattr(collate, "__module__", "").startswith("torch.") else collate


def _item(item: Any, name: str) -> tuple[Any, Any]:
    if not isinstance(item, Sequence) or len(item) != 2:
        raise DataError(
            f"Arrays: {name} is no pair (x, y); give `collate=`, a function that makes a batch "
            "(x, y) or (x, y, lengths) of a list of items."
        )
    return plain_array(item[0], name), plain_array(item[1], name)


def _alone(batch: Any, name: str) -> tuple[Any, Any]:
    """The only sequence of a batch, without its padding."""
    if not isinstance(batch, Sequence) or not 2 <= len(batch) <= 3:
        raise DataError(f"Arrays: collate makes of {name} no (x, y) and no (x, y, lengths).")
    x, y, *rest = (plain_array(one, name) for one in batch)
    if not (x.ndim and y.ndim and len(x) == len(y) == 1):
        raise DataError(
            f"Arrays: collate makes of {name} x of shape {x.shape} and y of shape {y.shape}; of "
            "one item both begin with 1, the batch first."
        )
    x, y = x[0], y[0]
    if rest:
        end = int(rest[0].ravel()[0])
        y = y[:end] if y.ndim and len(y) == len(x) else y
        x = x[:end]
    return x, y
