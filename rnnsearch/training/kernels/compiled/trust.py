"""Whether other users may write into a folder of machine code, which our processes would then
run."""

from __future__ import annotations

import os
import stat
from pathlib import Path

try:
    import grp
    import pwd
except ImportError:  # Windows, which has other rights
    grp = pwd = None  # type: ignore[assignment]


def foreign(folder: Path, *, way: bool = True) -> str:
    """Why what lies in a folder may be another user's, in words; empty where it is ours.

    Ours is what belongs to us or to root and can be written by nobody else; in a folder with the
    sticky bit, as /tmp has it, nobody can put another thing in the place of ours.

    Args:
        folder: It and the files in it are looked at; what is not there is nobody's.
        way: Look at the folders above it too. Not for the package's user folder: whoever may
            write above it may change the package itself.
    """
    if pwd is None:
        return ""
    folder = folder.resolve()
    places = [folder, *(folder.parents if way else ())]
    for place in places:
        why = _why(place, sticky_will_do=place != folder)
        if why:
            return f"{place} {why}"
    try:
        files = list(os.scandir(folder))
    except OSError:
        return ""
    for file in files:
        why = _why(Path(file.path), sticky_will_do=False)
        if why:
            return f"{file.path} {why}"
    return ""


def _why(path: Path, *, sticky_will_do: bool) -> str:
    try:
        status = path.lstat()
    except OSError:
        return ""
    if status.st_uid not in (os.geteuid(), 0):
        return f"belongs to {_user(status.st_uid)}"
    if stat.S_ISLNK(status.st_mode) or (sticky_will_do and status.st_mode & stat.S_ISVTX):
        return ""
    if status.st_mode & stat.S_IWOTH:
        return "can be written by everybody"
    if status.st_mode & stat.S_IWGRP and not _alone_in(status.st_gid):
        return f"can be written by the group {_group(status.st_gid)}"
    return ""


def _alone_in(gid: int) -> bool:
    """Whether a group is this user's private one, as many systems make one for each user."""
    if gid == 0:
        return True
    try:
        user, group = pwd.getpwuid(os.geteuid()), grp.getgrgid(gid)
    except KeyError:
        return False
    alone = set(group.gr_mem) <= {user.pw_name}
    return user.pw_gid == gid and group.gr_name == user.pw_name and alone


def _user(uid: int) -> str:
    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return f"the user {uid}"


def _group(gid: int) -> str:
    try:
        return grp.getgrgid(gid).gr_name
    except KeyError:
        return str(gid)
