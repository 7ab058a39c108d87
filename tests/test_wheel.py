"""The wheel is enough: in an empty folder, without a checkout, a shipped scenario runs and passes."""

import json
import os
import subprocess
import sys
import sysconfig
import venv
from pathlib import Path

import pytest
from uv import find_uv_bin

ROOT = Path(__file__).parents[1]
KINDS = ("dbc", "rigs", "scenarios")
# Nothing of the caller's surroundings may lead the installed bench back to the checkout.
CLEAN = {name: value for name, value in os.environ.items() if not name.startswith(("PYTHON", "VIRTUAL_ENV"))}


def output_of(*command: str | Path, cwd: Path = ROOT) -> str:
    done = subprocess.run(command, cwd=cwd, env=CLEAN, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def python(tmp_path_factory) -> Path:
    """The Python of a new environment that has the wheel, and the dependencies of the one that runs the tests."""
    folder = tmp_path_factory.mktemp("wheel")
    output_of(sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", folder)
    (wheel,) = folder.glob("ecubench-*.whl")
    venv.create(folder / "env", symlinks=True)
    python = folder / "env" / "bin" / "python"
    output_of(find_uv_bin(), "pip", "install", "--offline", "--no-config", "--no-deps", "--python", python, wheel)
    (site,) = (folder / "env").glob("lib/python*/site-packages")
    # A line in a .pth file adds one folder; the .pth of an editable install in there is not followed.
    (site / "dependencies.pth").write_text(sysconfig.get_path("purelib") + "\n")
    return python


@pytest.fixture(scope="module")
def places(python, tmp_path_factory) -> dict[str, str]:
    """Where the installed bench and the folders that it ships lie."""
    program = (
        "import bench, json; from bench.places import shipped\n"
        f"print(json.dumps({{'bench': bench.__file__, **{{kind: str(shipped(kind)) for kind in {KINDS}}}}}))"
    )
    return json.loads(output_of(python, "-I", "-c", program, cwd=tmp_path_factory.mktemp("empty")))


def test_the_installed_bench_and_its_data_are_not_the_checkout(python, places):
    assert all(Path(place).is_relative_to(python.parents[1]) for place in places.values())


@pytest.mark.parametrize("kind", KINDS)
def test_the_wheel_carries_the_shipped_files_byte_for_byte(kind, places):
    def contents(folder: Path) -> dict[str, bytes]:
        return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}

    assert contents(Path(places[kind])) == contents(ROOT / kind)


def test_a_shipped_scenario_passes_in_an_empty_folder(python, places, tmp_path):
    scenario = Path(places["scenarios"]) / "telematics" / "tcu_02_manual_ecall.scenario.yaml"

    output_of(python, "-I", "-m", "bench", "run", scenario, "--out", "reports", cwd=tmp_path)

    assert [path.name for path in tmp_path.iterdir()] == ["reports"]
    assert (tmp_path / "reports" / "output.xml").is_file()
