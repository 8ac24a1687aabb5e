"""Compiled code that another user may have written is not run."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

pytest.importorskip("pwd")

from rnnsearch.training.kernels.compiled.trust import foreign

ROOT = os.name == "posix" and os.geteuid() == 0


def kernels(tmp_path: Path) -> Path:
    folder = tmp_path / "home" / "rnnsearch-kernels"
    folder.mkdir(parents=True, mode=0o755)
    (folder / "layer.rnn_tanh.1.nbc").write_bytes(b"code")
    for path in (tmp_path, folder.parent, folder):
        path.chmod(0o755)
    return folder


def test_ours_and_what_is_not_there(tmp_path: Path) -> None:
    folder = kernels(tmp_path)
    assert foreign(folder) == ""
    assert foreign(folder / "none" / "such") == ""
    assert foreign(folder / "none", way=False) == ""


@pytest.mark.parametrize("mode", [0o777, 0o775, 0o757])
@pytest.mark.parametrize("place", ["home/rnnsearch-kernels", "home"])
def test_a_folder_on_the_way_that_others_may_write(mode: int, place: str, tmp_path: Path) -> None:
    folder = kernels(tmp_path)
    changed = tmp_path / place
    changed.chmod(mode)
    if mode == 0o775 and ROOT:
        os.chown(changed, -1, 12345)  # root's own group is as good as root
    why = foreign(folder)
    if mode == 0o775 and not ROOT and why == "":
        pytest.skip("this user has a group of its own")
    assert why.startswith(f"{changed} can be written by ")
    # Whoever may write above the package's own folder may change the package itself.
    assert (foreign(folder, way=False) == "") == (place == "home")


def test_a_sticky_folder_above_will_do_as_tmp_is_one(tmp_path: Path) -> None:
    folder = kernels(tmp_path)
    folder.parent.chmod(0o1777)
    assert foreign(folder) == ""
    folder.chmod(0o1777)
    assert "can be written by everybody" in foreign(folder)


def test_a_file_that_others_may_write(tmp_path: Path) -> None:
    folder = kernels(tmp_path)
    (file,) = folder.iterdir()
    file.chmod(0o666)
    assert foreign(folder) == f"{file} can be written by everybody"


@pytest.mark.skipif(not ROOT, reason="only root may give a file away")
@pytest.mark.parametrize("which", ["home/rnnsearch-kernels/layer.rnn_tanh.1.nbc", "home"])
def test_what_belongs_to_another_user(which: str, tmp_path: Path) -> None:
    folder = kernels(tmp_path)
    os.chown(tmp_path / which, 12345, -1)
    assert foreign(folder) == f"{tmp_path / which} belongs to the user 12345"


def test_a_link_counts_as_where_it_leads(tmp_path: Path) -> None:
    folder = kernels(tmp_path)
    folder.parent.chmod(0o777)
    (tmp_path / "link").symlink_to(folder)
    assert "can be written by everybody" in foreign(tmp_path / "link")
