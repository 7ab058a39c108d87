"""What the README shows is true: its scenario runs, its defect fails it, and its links lead somewhere."""

import re
from pathlib import Path

import pytest

from bench.model.verdict import Outcome
from bench.run.execute import execute
from bench.scenario.resolve import resolve
from bench.scenario.rigfile import load_rig

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text("utf-8")


@pytest.fixture
def example(tmp_path):
    path = tmp_path / "call.scenario.yaml"
    path.write_text(re.search(r"```yaml\n(.*?)```", README, re.S)[1], "utf-8")
    return path


def test_the_scenario_passes_on_the_healthy_unit_and_fails_with_the_defect_that_is_named(example):
    rig = load_rig()
    switch = re.search(r"--defect (\S+)", README)[1]

    assert execute(resolve(example, rig)).outcome is Outcome.PASS
    assert execute(resolve(example, rig, defects=(switch,))).outcome is Outcome.FAIL


PAGES = ["README.md", "CONTRIBUTING.md", *sorted(f"docs/{page.name}" for page in ROOT.glob("docs/*.md"))]


@pytest.mark.parametrize("page", PAGES)
def test_links_to_files_of_the_project_lead_somewhere(page):
    text = (ROOT / page).read_text("utf-8")
    targets = [target for target in re.findall(r"\]\(([^)#]+)[^)]*\)", text) if "://" not in target]

    assert [target for target in targets if not (ROOT / page).parent.joinpath(target).exists()] == []
