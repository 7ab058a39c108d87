"""What the project promises around the code: locks, set-up and the place of the shipped data."""

import os
import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

import bench
from bench.places import shipped

ROOT = Path(__file__).parents[1]
LOCKS = {path.stem: path.read_text() for path in sorted((ROOT / "locks").glob("*.txt"))}
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())


def locked(text: str) -> dict[str, tuple[str, list[str]]]:
    """Package -> (version with its marker, hashes)."""
    entries = re.findall(r"^([A-Za-z0-9._-]+)==([^\\\n]+?) *((?:\\\n +--hash=\S+ *)+)$", text, re.MULTILINE)
    return {name: (version, re.findall(r"sha256:[0-9a-f]{64}", hashes)) for name, version, hashes in entries}


def wanted(group: str) -> list[Requirement]:
    """The requirements of a dependency group, with those of the groups that it includes."""
    found = []
    for entry in PROJECT["dependency-groups"][group]:
        found += wanted(entry["include-group"]) if isinstance(entry, dict) else [Requirement(entry)]
    return found


def test_the_locks_are_run_dev_and_fastsim():
    assert list(LOCKS) == ["dev", "fastsim", "run"]


@pytest.mark.parametrize("lock", LOCKS)
def test_a_lock_pins_every_package_with_hashes(lock):
    lines = [line for line in LOCKS[lock].splitlines() if line and not line.lstrip().startswith(("#", "--hash="))]
    entries = locked(LOCKS[lock])

    assert len(lines) == len(entries) > 0
    assert all(hashes for _, hashes in entries.values())


@pytest.mark.parametrize("lock", LOCKS)
def test_a_lock_names_no_address_and_no_path(lock):
    assert re.findall(r"\S*(?:://|@|--index|--find-links|(?<!\S)/\w)\S*", LOCKS[lock]) == []


@pytest.mark.parametrize(("lock", "group"), [("run", "build"), ("dev", "dev"), ("fastsim", "fastsim")])
def test_a_lock_satisfies_what_pyproject_asks_for(lock, group):
    entries = locked(LOCKS[lock])

    for requirement in [*map(Requirement, PROJECT["project"]["dependencies"]), *wanted(group)]:
        version = entries[canonicalize_name(requirement.name)][0].partition(" ")[0]
        assert requirement.specifier.contains(version), f"{requirement} but locked {version}; run: make lock"


@pytest.mark.parametrize("lock", ["dev", "fastsim"])
def test_tests_run_with_the_packages_that_users_run_with(lock):
    run, other = locked(LOCKS["run"]), locked(LOCKS[lock])

    assert {name: entry for name, entry in other.items() if name in run} == run


def test_the_command_is_the_table_of_verbs():
    assert PROJECT["project"]["scripts"] == {"bench": "bench.__main__:main"}
    assert re.fullmatch(r"\d+\.\d+\.\d+", bench.__version__)


@pytest.mark.parametrize("kind", ["dbc", "rigs", "scenarios"])
def test_in_a_checkout_the_shipped_folders_are_those_beside_the_package(kind):
    assert shipped(kind) == ROOT / kind


def test_lost_data_is_named_with_the_remedy(tmp_path):
    (tmp_path / "bench").mkdir()
    for name in ("__init__.py", "errors.py", "places.py"):
        shutil.copy(ROOT / "bench" / name, tmp_path / "bench")
    program = "from bench.places import shipped; shipped('dbc')"
    done = subprocess.run([sys.executable, "-c", program], cwd=tmp_path, capture_output=True, text=True, check=False)

    assert "BenchBug: dbc/ is neither in" in done.stderr
    assert "install the bench again" in done.stderr


needs_make = pytest.mark.skipif(shutil.which("make") is None, reason="this machine has no make")


def set_up_with(python: str, folder: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    """`make run` in a folder that has only the Makefile, with a given Python."""
    shutil.copy(ROOT / "Makefile", folder)
    for name in ("locks/run.txt", "pyproject.toml"):
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).touch()
    # `make test` runs this too, and what it tells its children is not meant for this make.
    outer = {name: value for name, value in os.environ.items() if not name.startswith(("MAKE", "MFLAGS"))}
    return subprocess.run(
        ["make", "run", f"PYTHON={python}"],
        cwd=folder, env=outer | environment, capture_output=True, text=True, check=False,
    )  # fmt: skip


@needs_make
def test_without_the_venv_module_one_line_names_the_package_to_install(tmp_path):
    (tmp_path / "hidden").mkdir()
    (tmp_path / "hidden" / "ensurepip.py").write_text("raise ImportError('as on a new Debian')\n")

    done = set_up_with(sys.executable, tmp_path, PYTHONPATH=str(tmp_path / "hidden"))

    (line,) = done.stderr.splitlines()
    assert "has no venv module; install it (Debian, Ubuntu: apt install python3-venv)" in line
    assert done.returncode == 2
    assert not (tmp_path / ".venv").exists()


@needs_make
def test_an_old_python_is_refused_in_one_line(tmp_path):
    old = tmp_path / "python3"
    old.write_text('#!/bin/sh\nif [ $1 = -V ]; then echo Python 3.9.2; else test -z "$2"; fi\n')
    old.chmod(0o755)

    done = set_up_with(str(old), tmp_path)

    (line,) = done.stderr.splitlines()
    assert "is Python 3.9.2, the bench needs 3.11 or later" in line
    assert done.returncode == 2


@needs_make
def test_no_python_at_all_is_said_in_one_line(tmp_path):
    done = set_up_with("no-such-python", tmp_path)

    (line,) = done.stderr.splitlines()
    assert "there is no working no-such-python; install it" in line
    assert done.returncode == 2
