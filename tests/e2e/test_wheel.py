"""A wheel carries the guide, its examples and the shipped space files, which run where nothing of
the checkout is."""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest
from e2e.command import ROOT, SECONDS, SPACES, Said, environment

PIP = ("-m", "pip", "--quiet", "--disable-pip-version-check", "--no-cache-dir")
BUILT = ("--no-deps", "--no-build-isolation")
QUICK = (("family", "latch"), ("stopping_rule", "behind"))
STUDIES = (
    *QUICK,
    ("task", "echo"),
    ("cell", "leaky"),
    ("network", "reader"),
    ("sampler", "univariate"),
)


@dataclass(frozen=True)
class Installed:
    """A folder as site-packages is one: the wheel, and the example that is a package."""

    site: Path

    def python(self, *words: object, cwd: Path) -> Said:
        """Run Python with the wheel in the place of the checkout."""
        done = subprocess.run(
            [sys.executable, *map(str, words)],
            cwd=cwd,
            env={**environment(), "PYTHONPATH": str(self.site)},
            capture_output=True,
            text=True,
            timeout=SECONDS,
            check=False,
        )
        return Said(done.returncode, done.stdout, done.stderr)

    @property
    def examples(self) -> Path:
        return self.site / "rnnsearch" / "guide" / "examples"

    def copied(self, example: str, to: Path) -> Path:
        """A copy of an example's folder, as a person makes one to begin with."""
        return Path(shutil.copytree(self.examples / example, to / example))


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Installed:
    folder = tmp_path_factory.mktemp("wheel")
    source, site = folder / "source", folder / "site"
    # a build leaves its folders beside what it builds
    for name in ("rnnsearch", "search_spaces", "deploy"):
        shutil.copytree(
            ROOT / name,
            source / name,
            symlinks=True,
            ignore=shutil.ignore_patterns("__pycache__"),
        )
    for name in ("pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(ROOT / name, source)
    _pip("wheel", *BUILT, "--wheel-dir", str(folder), str(source))
    (wheel,) = folder.glob("*.whl")
    _pip("install", "--no-deps", "--target", str(site), str(wheel))
    found = Installed(site)
    _pip("install", *BUILT, "--target", str(site), str(found.copied("family", folder)))
    return found


def _pip(verb: str, *words: str) -> None:
    command: Sequence[str] = [sys.executable, *PIP, verb, *words]
    done = subprocess.run(command, capture_output=True, text=True, timeout=SECONDS, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_guide_is_there_offline(installed: Installed, tmp_path: Path) -> None:
    listed = installed.python("-m", "rnnsearch", "guide", cwd=tmp_path)
    assert listed.status == 0, listed.err
    assert listed.out.splitlines()[-1] == f"examples: {installed.examples}"
    pages = {path.stem: path for path in (ROOT / "rnnsearch" / "guide").glob("*.md")}
    assert {line.split()[0] for line in listed.out.splitlines()[:-3]} == {*pages} - {"README"}
    shown = installed.python("-m", "rnnsearch", "guide", "first-study", cwd=tmp_path)
    assert shown.out.strip() == pages["first-study"].read_text(encoding="utf-8").strip()
    for path in (ROOT / "rnnsearch" / "guide").rglob("*.*"):
        if "__pycache__" not in path.parts:
            assert (installed.site / path.relative_to(ROOT)).is_file(), path


def test_every_space_is_written_where_no_checkout_is(installed: Installed, tmp_path: Path) -> None:
    for path in SPACES.iterdir():
        shipped = installed.site / "rnnsearch" / "search_spaces" / path.name
        assert shipped.read_bytes() == path.read_bytes()
    # what `submit` sends beside the package
    assert (installed.site / "rnnsearch" / "deploy" / "job.py").is_file()
    listed = installed.python("-m", "rnnsearch", "init", "--example", cwd=tmp_path)
    assert {line.split()[0] for line in listed.out.splitlines()[:-2]} == {
        path.stem for path in SPACES.glob("*.yaml")
    }
    for words in (("init", "--example", "load"), ("check", "load.yaml")):
        said = installed.python("-m", "rnnsearch", *words, cwd=tmp_path)
        assert said.status == 0, said.err


@pytest.mark.slow
def test_every_example_keeps_what_its_kind_promises(installed: Installed, tmp_path: Path) -> None:
    shutil.copytree(installed.examples, tmp_path / "examples")
    words = ("-m", "pytest", "-q", "-p", "no:cacheprovider", "examples")
    said = installed.python(*words, cwd=tmp_path)
    assert said.status == 0, said.out


@pytest.mark.parametrize(("example", "name"), QUICK)
def test_the_space_of_an_example_is_right(
    installed: Installed, tmp_path: Path, example: str, name: str
) -> None:
    folder = installed.copied(example, tmp_path)
    said = installed.python("-m", "rnnsearch", "check", f"{name}.yaml", cwd=folder)
    assert said.status == 0, said.err


@pytest.mark.slow
@pytest.mark.parametrize(("example", "name"), STUDIES)
def test_the_study_of_an_example_has_a_champion(
    installed: Installed, tmp_path: Path, example: str, name: str
) -> None:
    folder = installed.copied(example, tmp_path)
    said = installed.python("-m", "rnnsearch", "run", f"{name}.yaml", cwd=folder)
    assert said.status == 0, said.err
    assert f"registered: models:/{name}/1" in said.out


@pytest.mark.slow
@pytest.mark.parametrize("name", ["hello", "load", "sine"])
def test_a_space_that_is_shipped_has_a_champion(
    installed: Installed, tmp_path: Path, name: str
) -> None:
    for words in (("init", "--example", name), ("run", f"{name}.yaml", "--trials", "6")):
        said = installed.python("-m", "rnnsearch", *words, cwd=tmp_path)
        assert said.status == 0, said.err
    assert f"registered: models:/{name}/1" in said.out


@pytest.mark.slow
def test_a_sink_hears_a_study(installed: Installed, tmp_path: Path) -> None:
    folder = installed.copied("sink", tmp_path)
    said = installed.python("study_with_sink.py", cwd=folder)
    assert said.status == 0, said.err
    assert "events, from StudyStarted to StudyEnded" in said.out
