"""pytest options and the verdict table. Imports the standard library and pytest alone until a law is collected."""

from __future__ import annotations

import gc
import re
from collections.abc import Callable, Generator
from functools import partial
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from verified_cat.laws.running import Plan, Runner
    from verified_cat.report import Report, Row

DEFAULT_ENGINES = "solver,sympy,torch,torch-float32"
DEFAULT_SECONDS = 60.0
PLAN: pytest.StashKey[Plan] = pytest.StashKey()
RUNNER: pytest.StashKey[Runner] = pytest.StashKey()
REPORT: pytest.StashKey[Report] = pytest.StashKey()
ROW: pytest.StashKey[Row] = pytest.StashKey()
MET: pytest.StashKey[dict[str, dict[str, int]]] = pytest.StashKey()
UNWRITTEN: pytest.StashKey[str] = pytest.StashKey()
RARE = (10_000, 10, 10)
"""The thresholds of ``gc`` in a run of laws. They can be high: a term that nobody holds goes by its count alone."""
OURS = ("--engine", "--law", "--law-examples", "--profile", "--law-seed", "--shard", "--isolate", "--xfails")
"""The options that make a run of laws; where one is given it is read even if no law is collected."""


def pytest_addoption(parser: pytest.Parser) -> None:
    """What is run, how hard, in which order, in which process, and where the report goes."""
    group = parser.getgroup("verified_cat", "category laws")
    add = group.addoption
    add(
        "--engine",
        action="append",
        metavar="NAME|module:object",
        help=f"engines to hold the laws against, separated by commas (default: {DEFAULT_ENGINES})",
    )
    add("--law", action="append", metavar="ID", help="only these laws, separated by commas")
    add("--profile", metavar="NAME", help="how much is drawn: smoke, default or thorough")
    add("--law-examples", type=int, metavar="N", help="instances drawn per law and world, in place of the profile's")
    add("--law-seed", type=int, metavar="N", help="another seed draws other instances (default: 0)")
    add("--law-order", type=int, metavar="SEED", help="run the tests in a random order, the same for the same seed")
    add("--shard", metavar="K/N", help="only the K-th of N parts; `verified-cat merge` puts their reports together")
    add(
        "--isolate",
        nargs="?",
        const=DEFAULT_SECONDS,
        metavar="SECONDS",
        help=f"run engines in child processes that are killed when a law takes longer (default: {DEFAULT_SECONDS:g})",
    )
    add("--xfails", metavar="FILE", help="known failures: [[xfail]] tables with law, reason and case")
    add("--law-report", metavar="FILE", help="write the verdicts as JSON")


def pytest_configure(config: pytest.Config) -> None:
    """The report, empty until laws are collected."""
    from verified_cat.report import Report

    config.stash[REPORT] = Report()
    config.pluginmanager.register(Collector(config.stash[REPORT]))


# ------------------------------------------------------------------------------------------------ what is asked for


@pytest.hookimpl(tryfirst=True)  # the controller of xdist collects nothing, and asks no other plugin after its own
def pytest_collection(session: pytest.Session) -> None:
    """Options that name something are read before anything is collected: a wrong name is a usage error, exit code 4."""
    if any(session.config.getoption(name) is not None for name in OURS):
        _plan(session.config)


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """One test for each law in each engine, and one for each law about the suite."""
    if "law_case" in metafunc.fixturenames:
        pairs = _expected(metafunc.config)
        metafunc.parametrize("law_case", pairs, ids=[f"{law}-{engine}" for law, engine in pairs])


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_node_collection_finished(node: Any, ids: list[str]) -> None:
    """The workers collect; their controller, who keeps the report, expects the rows."""
    if any("::test_law[" in name for name in ids):
        _expected(node.config)


def pytest_collection_finish(session: pytest.Session) -> None:
    """What was imported and collected stays to the end: a look for garbage need not go through it, nor come often."""
    if PLAN not in session.config.stash:
        return
    session.config.add_cleanup(partial(gc.set_threshold, *gc.get_threshold()))
    gc.set_threshold(*RARE)
    if not gc.get_freeze_count():  # a run within another leaves the garbage of that one alone
        gc.freeze()


def _expected(config: pytest.Config) -> list[tuple[str, str]]:
    """The cases of this run, each with a row in the report, whatever comes of it."""
    plan = _plan(config)
    if not config.stash[REPORT].run:
        plan.expect(config.stash[REPORT])
        if not hasattr(config, "workerinput"):
            _write(config)  # before the work: that it can be written, and no report of another run is taken for this
            if config.stash.get(UNWRITTEN, ""):
                raise pytest.UsageError(config.stash[UNWRITTEN])
    return plan.cases


def _plan(config: pytest.Config) -> Plan:
    """What the options ask for; read once. A wrong one is a usage error."""
    if PLAN not in config.stash:
        from verified_cat.errors import UsageError

        try:
            config.stash[PLAN] = _read(config)
            config.stash[RUNNER] = _runner(config, config.stash[PLAN])
        except UsageError as fault:
            raise pytest.UsageError(" ".join(str(fault).split())) from fault
    return config.stash[PLAN]


def _read(config: pytest.Config) -> Plan:
    from verified_cat.laws import engines, profiles, suite
    from verified_cat.laws.running import Plan
    from verified_cat.shard import Shard

    option = config.getoption
    part = option("--shard")
    return Plan(
        tuple(suite.check_law(name) for name in _listed("--law", option("--law"), ",".join(suite.law_names()))),
        tuple(engines.check_name(name) for name in _listed("--engine", option("--engine"), DEFAULT_ENGINES)),
        profiles.effort(option("--profile"), option("--law-examples"), option("--law-seed")),
        None if part is None else Shard.read(part),
        _seconds(option("--isolate")),
        option("--law-order"),
    )


def _runner(config: pytest.Config, plan: Plan) -> Runner:
    """What finds the rows, with every engine loaded. Known failures are about one engine, the one that is checked."""
    from verified_cat.errors import UsageError
    from verified_cat.laws import known
    from verified_cat.laws.running import Runner

    path = config.getoption("--xfails")
    if path and len(plan.engines) != 1:
        raise UsageError("--xfails speaks of one engine: name it with --engine")
    runner = Runner(plan, known.read(Path(path)) if path else {})
    config.add_cleanup(runner.close)
    runner.load()
    return runner


def _listed(name: str, given: list[str] | None, default: str) -> list[str]:
    """The names that an option lists. With none (an unset variable of a script) nothing would run, and pass."""
    from verified_cat.errors import UsageError

    chosen = ",".join(given) if given else default
    listed = list(dict.fromkeys(part.strip() for part in chosen.split(",") if part.strip()))
    if not listed:
        raise UsageError(f"{name} names nothing: {chosen!r}")
    return listed


def _seconds(given: str | float | None) -> float | None:
    """A time limit in seconds, None where engines are not isolated."""
    from verified_cat.errors import UsageError

    if given is None or isinstance(given, float):
        return given
    if not re.fullmatch(r"[0-9]{1,7}(\.[0-9]{1,3})?", given) or float(given) == 0:
        raise UsageError(f"--isolate takes a number of seconds, as in --isolate=60, not {given!r}")
    return float(given)


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """A random order of the tests, where one is asked for: none may depend on what ran before it."""
    seed = config.getoption("--law-order")
    if seed is not None:
        Random(seed).shuffle(items)


# ------------------------------------------------------------------------------------------------ fixtures


@pytest.fixture(scope="session")
def law_runner(pytestconfig: pytest.Config) -> Runner:
    """What finds the rows of the cases of this run."""
    return pytestconfig.stash[RUNNER]


@pytest.fixture
def law_row(request: pytest.FixtureRequest, law_case: tuple[str, str], law_runner: Runner) -> Callable[[], Row]:
    """Finds the row of a case, which is then in the report whatever the test makes of it."""

    def find() -> Row:
        from verified_cat.draw import watched
        from verified_cat.laws.coverage import Coverage

        met = Coverage()
        with watched(met.note):
            row = law_runner.row(*law_case)
        request.node.stash[ROW], request.node.stash[MET] = row, met.as_json()
        properties = {"law": row.law, "engine": row.engine, "verdict": row.strength.value, "method": row.method}
        request.node.user_properties.extend(properties.items())
        return row

    return find


@pytest.fixture(scope="session")
def law_cases(pytestconfig: pytest.Config, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder in which failed instances are kept, to be replayed; a temporary one under -p no:cacheprovider."""
    return _case_folder(pytestconfig, tmp_path_factory)


def _case_folder(config: pytest.Config, temporary: pytest.TempPathFactory) -> Path:
    cache = getattr(config, "cache", None)
    return Path(cache.mkdir("verified-cat")) if cache else temporary.mktemp("verified-cat")


# ------------------------------------------------------------------------------------------------ the report


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """A test's report carries its row, as text, so that it comes from a worker of xdist as from this process."""
    report = yield
    row = item.stash.get(ROW, None)
    if row is not None:
        report.law_row = row.encoded()  # type: ignore[attr-defined]
        if report.when == "call":  # once: what was drawn is counted
            report.law_met = item.stash[MET]  # type: ignore[attr-defined]
    return report


class Collector:
    """Enters the rows of tests into the report, whichever process they ran in."""

    def __init__(self, report: Report) -> None:
        self.report = report

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """The row of a test; where it ended without one, such as by the end of its worker, what is known of that."""
        from verified_cat.report import decode_row

        row = getattr(report, "law_row", None)
        if row is not None:
            self.report.record(decode_row(row))
            self.report.met(getattr(report, "law_met", {}))
        elif report.failed and "::test_law[" in report.nodeid:
            ending = (str(report.longrepr).splitlines() or [""])[-1]
            self.report.ended(report.nodeid.partition("::test_law[")[2].removesuffix("]"), ending)


def pytest_terminal_summary(terminalreporter: Any, config: pytest.Config) -> None:
    """The verdict table, what stopped an engine, and where the report was written, or why not."""
    report = config.stash.get(REPORT, None)
    if report is None or not report.rows:
        return
    terminalreporter.section("verdicts")
    for line in [*report.table(), *report.stopped()]:
        terminalreporter.write_line(line)
    path, unwritten = config.getoption("--law-report"), config.stash.get(UNWRITTEN, "")
    if unwritten:
        terminalreporter.write_line(f"ERROR: {unwritten}; the verdicts are the lines above")
    elif path:
        terminalreporter.write_line(f"report: {path}")


def pytest_sessionfinish(session: pytest.Session) -> None:
    """Write the report, whole or not at all. A run in which a smoke law stopped something is no pass."""
    report = session.config.stash.get(REPORT, None)
    if report is None or not report.run or hasattr(session.config, "workerinput"):
        return
    if report.stopped() and session.exitstatus in (pytest.ExitCode.OK, pytest.ExitCode.NO_TESTS_COLLECTED):
        session.exitstatus = pytest.ExitCode.TESTS_FAILED
    _write(session.config)
    if session.config.stash.get(UNWRITTEN, ""):
        session.exitstatus = pytest.ExitCode.USAGE_ERROR


def _write(config: pytest.Config) -> None:
    """Write the report, or keep why that cannot be done."""
    from verified_cat.errors import UsageError

    path = config.getoption("--law-report")
    try:
        if path:
            config.stash[REPORT].write(Path(path))
    except UsageError as fault:
        config.stash[UNWRITTEN] = str(fault)
