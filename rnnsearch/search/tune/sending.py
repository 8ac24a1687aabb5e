"""What cannot be sent to the packs, in words."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pickle import PicklingError

from rnnsearch.errors import InputError


@contextmanager
def sending(what: str) -> Iterator[None]:
    """A context in which something is put into Ray's object store.

    Args:
        what: Names it in the error.

    Raises:
        InputError: It holds what no other process can have, such as a lock or an open file.
    """
    try:
        yield
    except (TypeError, AttributeError, PicklingError) as error:
        reason = str(error.__cause__ or error).partition("\n")[0]
        raise InputError(
            f"{what} cannot be sent to the packs, which are other processes: {reason}. Make such "
            "an object where it is used, within the function or method."
        ) from error
