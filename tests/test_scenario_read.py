"""Reading files strictly: places are right, nothing but a ScenarioError ever comes out, whatever the bytes are."""

from pathlib import Path

import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bench.errors import ScenarioError
from bench.scenario.findings import Findings, nearest
from bench.scenario.node import Document, Items, Node, Scalar, Table
from bench.scenario.read import compose, discover, read
from bench.scenario.resolve import resolve
from bench.scenario.rigfile import load_rig

BASE = (Path(__file__).parent / "wrong" / "base.scenario.yaml").read_bytes()
PIECES = (
    b"{", b"}", b"[", b"]", b":", b": ", b"\n", b"  ", b"- ", b"'", b'"', b"&a ", b"*a", b"!!x ", b"<<: ", b"%", b"#",
    b"?", b"| ", b"> ", b"\t", b"\x00", b"\xff", b"\xc2\x85", b"model.", b" and ", b"( ", b" == ", b"1e99", b"km/h",
    b"0x", b"-1", b"after: ",
    b"when: ", b"id: ", b"---\n", b"...\n", b"\xef\xbb\xbf", b"${x}", b"999999999999999999999999",
)  # fmt: skip
"""What is written into a good scenario."""


def plain(node: Node) -> object:
    """A tree without its places."""
    match node:
        case Scalar(text):
            return text
        case Items(items):
            return [plain(item) for item in items]
        case Table(entries):
            return {key.text: plain(value) for key, value in entries}
    raise AssertionError(node)


def test_scalars_stay_text_and_know_their_place(tmp_path: Path) -> None:
    """`on` and `12` are texts; a place is counted from 1, in characters."""
    path = tmp_path / "x.yaml"
    path.write_text("é: on\nb: [12, 'x y']\n", "utf-8")

    root = read(path).root

    assert plain(root) == {"é": "on", "b": ["12", "x y"]}
    assert isinstance(root, Table)
    items = root.get("b")
    assert isinstance(items, Items)
    assert items.items[1] == Scalar("x y", 2, 9, 1, True)


@given(
    st.recursive(
        st.text("abc :#é'\"", max_size=6),
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text("xyz", min_size=1), inner, max_size=3),
    )
)
def test_a_tree_is_what_a_yaml_library_wrote(value: object) -> None:
    """Whatever PyYAML's dumper writes of texts, lists and mappings is read back as it was."""
    text = yaml.safe_dump({"root": value}, allow_unicode=True, default_flow_style=None, width=1000)
    findings = Findings("x")

    root = compose(text.encode(), findings)

    # The dumper may use anchors, for equal objects it meets again, and these are refused.
    if not any("anchor" in row[2] or "alias" in row[2] for row in findings.rows):
        assert not findings.rows
        assert plain(root) == {"root": value}


@given(st.binary(max_size=400))
def test_any_bytes_are_read_or_refused(data: bytes) -> None:
    """No byte string raises anything; what cannot be read is a finding."""
    findings = Findings("x")

    compose(data, findings)

    assert all(line >= 1 and column >= 1 and text for line, column, text in findings.rows)


@settings(max_examples=250, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(changes=st.lists(st.tuples(st.floats(0, 1), st.integers(0, 8), st.sampled_from(PIECES)), min_size=1, max_size=5))
def test_a_spoiled_scenario_is_refused_or_resolved(changes: list[tuple[float, int, bytes]], tmp_path: Path) -> None:
    """Cuts and insertions anywhere in a good scenario end in a plan or in one ScenarioError with places."""
    data = BASE
    for where, cut, piece in changes:
        at = int(where * len(data))
        data = data[:at] + piece + data[at + cut :]
    path = tmp_path / "x.scenario.yaml"
    path.write_bytes(data)

    try:
        resolve(path, RIG)
    except ScenarioError as error:
        assert all(line.startswith(f"{path}:") for line in str(error).splitlines())


RIG = load_rig()


@settings(max_examples=150)
@given(st.text("()[]<>=!.,+-*/' abmodelspeed0123456789kmh%$\"", max_size=60))
def test_any_condition_is_refused_or_resolved(text: str) -> None:
    """No text raises anything but a ScenarioError when it stands where a condition is expected."""
    tree = Table(
        tuple(
            (Scalar(key, 1, 1), value)
            for key, value in (
                ("scenario", Scalar("x", 1, 1)),
                ("title", Scalar("x", 1, 1)),
                ("phases", Items((), 1, 1)),
                ("expect", Items((Table(((Scalar("always", 1, 1), Scalar(text, 1, 1, 0)),), 1, 1),), 1, 1)),
            )
        ),
        1,
        1,
    )

    with pytest.raises(ScenarioError):  # there is no phase
        resolve(Document("x", tree), RIG)


def test_findings_come_in_the_order_of_the_file() -> None:
    """By line, then by column as a number, each once."""
    findings = Findings("f")
    for row in ((10, 2, "b"), (2, 11, "a"), (2, 3, "c"), (2, 3, "c")):
        findings.at(*row)

    assert findings.lines() == ("f:2:3: c", "f:2:11: a", "f:10:2: b")


def test_the_nearest_name_does_not_mind_case_or_underscores() -> None:
    """`door_fl` is near to `DoorFL`."""
    assert nearest("DoorFL", ["door_fl", "hood"]) == ("door_fl",)


def test_folders_are_searched_for_scenarios_in_the_order_of_names(tmp_path: Path) -> None:
    """Each file once, also if a folder and a file in it are named; other YAML is passed over."""
    for name in ("b/two.scenario.yaml", "a/one.scenario.yaml", "a/notes.yaml"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).touch()

    found = discover([tmp_path, tmp_path / "a" / "one.scenario.yaml"])

    assert [path.name for path in found] == ["one.scenario.yaml", "two.scenario.yaml"]


def test_a_path_without_scenarios_is_refused(tmp_path: Path) -> None:
    """An empty folder, a missing file and a file of another kind are told together."""
    (tmp_path / "x.yaml").touch()
    (tmp_path / "empty").mkdir()

    with pytest.raises(ScenarioError) as caught:
        discover([tmp_path / "empty", tmp_path / "gone.scenario.yaml", tmp_path / "x.yaml"])

    assert [line.rpartition("/")[2] for line in str(caught.value).splitlines()] == [
        "empty: no scenario in this folder; expected files that end in .scenario.yaml; correct the path",
        "gone.scenario.yaml: not there; expected a scenario file or a folder of them; correct the path",
        "x.yaml: no scenario by its name; expected a file that ends in .scenario.yaml; rename it",
    ]
