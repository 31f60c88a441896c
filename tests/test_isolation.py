"""Engines that hang, exit, die or eat memory cost their own rows, each with one clear line, and no other."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from verified_cat.errors import UsageError
from verified_cat.laws import suite
from verified_cat.laws.isolation import half_of_memory
from verified_cat.laws.profiles import effort
from verified_cat.laws.running import Plan, Runner
from verified_cat.report import Strength

PLANTED = '''
import os, signal, subprocess, sys, time
from examples.numpy_engine import NumpyEngine

class Engine(NumpyEngine):
    """What tanh does depends on the point: 1/8 comes first in every law here."""
    todo = staticmethod(lambda: None)
    def operation(self, operation):
        right = super().operation(operation)
        if operation.name != "tanh":
            return right
        def run(x):
            self.todo()
            return right(x)
        return run

class Sound(Engine):
    def lower(self, ob, value):
        print('{"done": true}')           # what an engine prints is no reply
        sys.stdin.read()                  # and what it reads is no request
        return super().lower(ob, value)

class Hangs(Engine):
    todo = staticmethod(lambda: time.sleep(3600))

class Exits(Engine):
    todo = staticmethod(lambda: os._exit(3))

class Dies(Engine):
    todo = staticmethod(lambda: os.kill(os.getpid(), signal.SIGSEGV))

class Eats(Engine):
    todo = staticmethod(lambda: bytearray(1 << 40))

class Stuck(NumpyEngine):
    def lift(self, ob, exact):
        time.sleep(3600)

class Spawns(NumpyEngine):
    """Leaves a process behind that holds everything open."""
    def lift(self, ob, exact):
        with open(os.environ["PLANTED_PID"], "w") as file:
            file.write(str(subprocess.Popen(["sleep", "3600"], close_fds=False).pid))
        os._exit(0)
'''
SECONDS, ENOUGH = 4.0, 60.0
"""What an engine that never returns is given, and one that does: more than it takes on a busy machine."""
USES, DOES_NOT = "GAD-UNARY", "ADD-JAM"
"""A law that always meets tanh, and one that never does."""


@pytest.fixture(scope="module", autouse=True)
def planted(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    suite.load()
    folder = tmp_path_factory.mktemp("planted")
    (folder / "planted_engines.py").write_text(PLANTED, encoding="utf-8")
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(folder)
        patch.setenv("PLANTED_PID", str(folder / "pid"))
        yield folder


def run(engine: str, *laws: str, isolate: float = ENOUGH) -> Iterator[Any]:
    name = f"planted_engines:{engine}"
    runner = Runner(Plan(laws, (name,), effort("smoke"), isolate=isolate))
    try:
        yield from (runner.row(law, name) for law in laws)
    finally:
        runner.close()


def test_an_engine_that_does_not_return_costs_the_laws_that_meet_it() -> None:
    lost, kept, probe = run("Hangs", USES, DOES_NOT, "ENGINE-SHAPE", isolate=SECONDS)
    assert lost.strength is Strength.UNDECIDED
    assert f"the engine did not return within {SECONDS:g} s while judging {USES} in forward" in lost.reason
    assert lost.worlds["D"].reason == "the engine did not get this far"
    assert kept.strength is Strength.SAMPLED
    assert probe.strength is Strength.UNDECIDED


@pytest.mark.parametrize(
    ("engine", "says"),
    [("Exits", "ended itself with exit code 3"), ("Dies", "was killed by signal 11 (SIGSEGV)")],
)
def test_an_engine_that_ends_its_process_says_how(engine: str, says: str) -> None:
    (probe,) = run(engine, "ENGINE-SHAPE")
    assert probe.strength is Strength.UNDECIDED
    assert probe.reason == f"values: the engine's process {says} while judging ENGINE-SHAPE"


def test_an_engine_that_eats_memory_is_refuted_by_the_law_that_meets_it() -> None:
    row, kept = run("Eats", USES, DOES_NOT)
    assert row.blocked_by == "ENGINE-SHAPE" and "MemoryError" in row.reason
    assert kept.blocked_by == "ENGINE-SHAPE"


def test_an_engine_that_prints_and_reads_is_heard_through_its_own_pipe() -> None:
    rows = list(run("Sound", USES, DOES_NOT, "ENGINE-ROUND"))
    assert [row.strength for row in rows] == [Strength.SAMPLED] * 3
    name = "planted_engines:Sound"
    inside = suite.row(DOES_NOT, "examples.numpy_engine:NumpyEngine", effort("smoke"))
    assert {world: found.witnesses for world, found in rows[1].worlds.items()} == {
        world: found.witnesses for world, found in inside.worlds.items()
    }
    assert rows[1].engine == name


def test_an_engine_that_numbers_do_not_go_into_is_stopped_at_once() -> None:
    start = time.monotonic()
    rows = list(run("Stuck", *suite.law_names()[:40], isolate=SECONDS))
    assert time.monotonic() - start < 20 * SECONDS, "not once for each of the forty laws"
    assert {row.blocked_by for row in rows if row.law != "ENGINE-ROUND"} == {"ENGINE-ROUND"}
    own = next(row for row in rows if row.law == "ENGINE-ROUND")
    assert own.strength is Strength.UNDECIDED and f"did not return within {SECONDS:g} s" in own.reason


def test_what_an_engine_started_ends_with_it(planted: Path) -> None:
    list(run("Spawns", DOES_NOT))
    left = int((planted / "pid").read_text())
    deadline = time.monotonic() + ENOUGH
    while time.monotonic() < deadline and _alive(left):
        time.sleep(0.05)
    assert not _alive(left)


def _alive(process: int) -> bool:
    """Whether a process runs; one that has ended and waits to be collected does not."""
    try:
        return Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


@pytest.mark.parametrize(
    ("engine", "says"),
    [("planted_engines:Nothing", "has no 'Nothing'"), ("no_such_module:Engine", "no module 'no_such_module'")],
)
def test_an_engine_that_is_not_there_is_a_usage_error(engine: str, says: str) -> None:
    runner = Runner(Plan((DOES_NOT,), (engine,), isolate=20.0))
    with pytest.raises(UsageError, match=says):
        runner.load()
    runner.close()


def test_an_engine_whose_import_ends_the_process_is_a_usage_error(planted: Path) -> None:
    (planted / "planted_ending.py").write_text("import os\nos._exit(5)\n", encoding="utf-8")
    runner = Runner(Plan((DOES_NOT,), ("planted_ending:Engine",), isolate=20.0))
    with pytest.raises(UsageError, match="it cannot be loaded: the engine's process ended itself with exit code 5"):
        runner.load()
    runner.close()


def test_memory_is_bounded_by_half_of_what_there_is() -> None:
    pages = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    assert half_of_memory() == pages / 2 / 2**30
