"""ECUs that are programs: started, watched, ended; what they say is kept."""

import os
import sys
from pathlib import Path

import pytest

from bench.clock.kernel import Kernel
from bench.errors import RigError
from bench.model.instant import MS
from bench.model.plan import EcuPlan
from bench.run.process_ecu import ProcessEcu


def program(folder: Path, text: str, *words: str) -> EcuPlan:
    """An ECU that is a Python program of this text."""
    (folder / "ecu.py").write_text(text, "utf-8")
    return EcuPlan("TCU", "process", True, (sys.executable, "ecu.py", *words), str(folder))


def is_running(pid: int) -> bool:
    """Whether there is such a process, and it is not merely a name in the table."""
    try:
        state = Path(f"/proc/{pid}/stat").read_text("utf-8").rpartition(")")[2].split()[0]
    except OSError:
        return False
    return state != "Z"


def ends(pid: int) -> bool:
    """Whether a process that was killed goes away; its parent is gone, so nobody can wait for it."""
    return any(not is_running(pid) for _ in range(1_000_000))


FOREVER = "import sys, signal\nprint('hello', *sys.argv[1:], flush=True)\nsignal.pause()\n"


def said(ecu: ProcessEcu, word: str) -> str:
    """What it has said, once the word is in it."""
    for _ in range(2_000_000):
        if word in ecu.said():
            return ecu.said()
    raise AssertionError(f"never said {word}")


def test_a_program_runs_in_its_folder_until_the_run_is_over(tmp_path: Path) -> None:
    """With its arguments; asked to end, it ends."""
    ecu = ProcessEcu(program(tmp_path, FOREVER, "--can", "vcan0"), Kernel())
    said(ecu, "hello")
    pid = ecu.pid

    ecu.check()
    ecu.close()

    assert ecu.words == "hello --can vcan0\n"
    assert not is_running(pid)
    ecu.close()  # once more does no harm


def test_a_program_that_does_not_want_to_end_is_ended_with_its_children(tmp_path: Path) -> None:
    """It ignores the request, and so does its child."""
    text = (
        "import os, signal\nsignal.signal(signal.SIGTERM, signal.SIG_IGN)\nchild = os.fork()\n"
        "if child:\n    print('child', child, flush=True)\nsignal.pause()\n"
    )
    ecu = ProcessEcu(program(tmp_path, text), Kernel())
    child = int(said(ecu, "child").split()[1])

    ecu.close()

    assert not is_running(ecu.pid)
    assert ends(child)


def test_a_program_that_ends_by_itself_breaks_the_run(tmp_path: Path) -> None:
    """It is told with its exit code and its last words, and as a matter of the rig, not of the ECU."""
    kernel = Kernel()
    ecu = ProcessEcu(program(tmp_path, "print('one')\nraise SystemExit('no CAN here')\n"), kernel)
    os.waitid(os.P_PID, ecu.pid, os.WEXITED | os.WNOWAIT)
    ecu.begin()

    with pytest.raises(RigError, match=r"TCU: its program '.* ecu\.py' ended with exit code 1 .* words: no CAN here"):
        kernel.run_until(1000 * MS)
    ecu.close()


def test_a_program_that_is_killed_is_told_by_its_signal(tmp_path: Path) -> None:
    """As one that crashed would be."""
    ecu = ProcessEcu(program(tmp_path, "import os\nos.kill(os.getpid(), 11)\n"), Kernel())
    os.waitid(os.P_PID, ecu.pid, os.WEXITED | os.WNOWAIT)

    with pytest.raises(RigError, match="was ended by signal SIGSEGV before the run was over; its last words: none"):
        ecu.check()
    ecu.close()


def test_a_program_that_is_not_there_is_told(tmp_path: Path) -> None:
    """With the remedy."""
    plan = EcuPlan("TCU", "process", True, ("build/telematics",), str(tmp_path))

    with pytest.raises(RigError, match=r"TCU: the program 'build/telematics' cannot be started \(No such file"):
        ProcessEcu(plan, Kernel())


def test_only_the_last_of_what_it_says_is_kept(tmp_path: Path) -> None:
    """64 KiB, however much there was."""
    ecu = ProcessEcu(
        program(tmp_path, "for n in range(50_000):\n    print('line', n)\nprint('end', flush=True)\n"), Kernel()
    )
    os.waitid(os.P_PID, ecu.pid, os.WEXITED | os.WNOWAIT)

    ecu.close()

    assert ecu.words.endswith("line 49999\nend\n")
    assert len(ecu.words) == 64 * 1024
