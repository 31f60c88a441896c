"""pytest options and the verdict table. Imports the standard library and pytest alone until a law is collected."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from verified_cat.laws.known import Known
    from verified_cat.report import Report

DEFAULT_ENGINES = "solver,sympy,torch,torch-float32"
KNOWN: pytest.StashKey[dict[str, Known]] = pytest.StashKey()
REPORT: pytest.StashKey[Report] = pytest.StashKey()


def pytest_addoption(parser: pytest.Parser) -> None:
    """--engine, --law, --law-examples and --law-report."""
    group = parser.getgroup("verified_cat", "category laws")
    group.addoption(
        "--engine",
        action="append",
        metavar="NAME|module:object",
        help=f"engines to hold the laws against, separated by commas (default: {DEFAULT_ENGINES})",
    )
    group.addoption("--law", action="append", metavar="ID", help="only these laws, separated by commas")
    group.addoption("--law-examples", type=int, default=None, metavar="N", help="instances drawn per law and world")
    group.addoption("--xfails", metavar="FILE", help="known failures: [[xfail]] tables with law, reason and case")
    group.addoption("--law-report", metavar="FILE", help="write the verdicts as JSON")


def pytest_configure(config: pytest.Config) -> None:
    """The report, empty until laws are collected."""
    from verified_cat.report import Report

    config.stash[REPORT] = Report()


def _listed(given: list[str] | None, default: str) -> list[str]:
    chosen = ",".join(given) if given else default
    return list(dict.fromkeys(part.strip() for part in chosen.split(",") if part.strip()))


def pytest_collection(session: pytest.Session) -> None:
    """Options that name something are read before anything is collected: a wrong name is a usage error, exit code 4."""
    given = (session.config.getoption(name) for name in ("--engine", "--law", "--law-examples", "--xfails"))
    if any(option is not None for option in given):
        _cases(session.config)


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """One test for each law in each engine, and one for each law about the suite."""
    if "law_case" in metafunc.fixturenames:
        pairs = _cases(metafunc.config)
        metafunc.parametrize("law_case", pairs, ids=[f"{law}-{engine}" for law, engine in pairs])


def _cases(config: pytest.Config) -> list[tuple[str, str]]:
    from verified_cat.errors import MissingExtra, UsageError
    from verified_cat.laws import engines, suite

    known = suite.law_names()
    try:
        laws = [suite.check_law(name) for name in _listed(config.getoption("--law"), ",".join(known))]
        chosen = [engines.check_name(name) for name in _listed(config.getoption("--engine"), DEFAULT_ENGINES)]
        for name in chosen:
            if name != engines.SOLVER:
                with suppress(MissingExtra):  # its rows will say what is missing
                    engines.engine(name)
    except UsageError as fault:
        raise pytest.UsageError(str(fault)) from fault
    _known(config)
    examples = config.getoption("--law-examples")
    if examples is not None and examples < 1:
        raise pytest.UsageError("--law-examples must be at least 1")
    pairs = suite.cases(laws, chosen)
    suite.expect(config.stash[REPORT], pairs)
    return pairs


def _known(config: pytest.Config) -> dict[str, Known]:
    """The known failures by law; read once. They are about one engine, the one that is checked."""
    if KNOWN not in config.stash:
        from verified_cat.errors import UsageError
        from verified_cat.laws import known

        path = config.getoption("--xfails")
        if path and len(_listed(config.getoption("--engine"), DEFAULT_ENGINES)) != 1:
            raise pytest.UsageError("--xfails speaks of one engine: name it with --engine")
        try:
            config.stash[KNOWN] = known.read(Path(path)) if path else {}
        except UsageError as fault:
            raise pytest.UsageError(str(fault)) from fault
    return config.stash[KNOWN]


@pytest.fixture(scope="session")
def known_failures(pytestconfig: pytest.Config) -> dict[str, Known]:
    """The laws that the engine is known to break."""
    return _known(pytestconfig)


@pytest.fixture(scope="session")
def law_report(pytestconfig: pytest.Config) -> Report:
    """The report of this run."""
    return pytestconfig.stash[REPORT]


@pytest.fixture(scope="session")
def law_examples(pytestconfig: pytest.Config) -> int:
    """How many instances are drawn per law and world."""
    from verified_cat.laws.suite import EXAMPLES

    return int(pytestconfig.getoption("--law-examples") or EXAMPLES)


@pytest.fixture(scope="session")
def law_cases(pytestconfig: pytest.Config, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder in which failed instances are kept, to be replayed; a temporary one under -p no:cacheprovider."""
    cache = getattr(pytestconfig, "cache", None)
    return Path(cache.mkdir("verified-cat")) if cache else tmp_path_factory.mktemp("verified-cat")


def pytest_terminal_summary(terminalreporter: Any, config: pytest.Config) -> None:
    """The verdict table, and where the report was written."""
    report = config.stash.get(REPORT, None)
    if report is None or not report.rows:
        return
    terminalreporter.section("verdicts")
    for line in report.table():
        terminalreporter.write_line(line)
    path = config.getoption("--law-report")
    if path:
        terminalreporter.write_line(f"report: {path}")


def pytest_sessionfinish(session: pytest.Session) -> None:
    """Write the report, whole or not at all."""
    from verified_cat.errors import UsageError

    path = session.config.getoption("--law-report")
    report = session.config.stash.get(REPORT, None)
    if not path or report is None:
        return
    try:
        report.write(Path(path))
    except UsageError as fault:
        session.exitstatus = pytest.ExitCode.USAGE_ERROR
        raise pytest.UsageError(str(fault)) from fault
