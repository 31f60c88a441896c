"""The options of the suite, and what a run says and leaves behind: every row, the table, the report, the exit code."""

from __future__ import annotations

import gc
import json
import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import pytest

from verified_cat import plugin
from verified_cat.errors import UsageError
from verified_cat.laws import suite
from verified_cat.laws.known import Known
from verified_cat.reference.ieee import NumpyEngine
from verified_cat.report import Report, Row, Strength, Verdict
from verified_cat.shard import Shard

NUMPY = "verified_cat.reference.ieee:NumpyEngine"
ROOT = Path(__file__).resolve().parent.parent

OPTIONS = """\
category laws:
  --engine=NAME|module:object
  engines to hold the laws against, separated by commas (default: solver,sympy,torch,torch-float32)
  --law=ID  only these laws, separated by commas
  --profile=NAME  how much is drawn: smoke, default or thorough
  --law-examples=N  instances drawn per law and world, in place of the profile's
  --law-seed=N  another seed draws other instances (default: 0)
  --law-order=SEED  run the tests in a random order, the same for the same seed
  --shard=K/N  only the K-th of N parts; `verified-cat merge` puts their reports together
  --isolate=[SECONDS]
  run engines in child processes that are killed when a law takes longer (default: 60)
  --xfails=FILE  known failures: [[xfail]] tables with law, reason and case
  --law-report=FILE  write the verdicts as JSON
"""


# ------------------------------------------------------------------------------------------------ a run in this process


class Broken(NumpyEngine):
    """Its sums are NaN."""

    def operation(self, operation: Any) -> Any:
        right = super().operation(operation)
        return (lambda x: right(x) * float("nan")) if operation.name == "add" else right


class Squeezed(NumpyEngine):
    """Its tanh is too large, which no smoke law looks at."""

    def operation(self, operation: Any) -> Any:
        right = super().operation(operation)
        return (lambda x: 1.001 * right(x)) if operation.name == "tanh" else right


@dataclass
class Ran:
    """What a run gave."""

    code: int
    text: str
    report: dict[str, Any]
    tests: list[pytest.TestReport] = field(default_factory=list)

    def words(self) -> dict[tuple[str, str], str]:
        return {(row["law"], row["engine"]): row["verdict"] for row in self.report["verdicts"]}


@pytest.fixture
def run(tmp_path: Path, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Callable[..., Ran]:
    """Runs pytest with options in this process, on the laws unless told otherwise."""
    theirs: Any = ModuleType("their_engines")
    theirs.Broken, theirs.Squeezed = Broken, Squeezed
    monkeypatch.setitem(sys.modules, "their_engines", theirs)
    monkeypatch.chdir(ROOT)
    quiet = ["-q", "-s", "-p", "no:cacheprovider", "--assert=plain", "-W", "ignore::pytest.PytestAssertRewriteWarning"]
    quiet += ["-p", "no:unraisableexception"]  # it ends each run with a look for garbage through all this process holds

    def start(*options: str, on: str = "laws/test_laws.py") -> Ran:
        report, spy = tmp_path / "report.json", Spy()
        code = pytest.main([on, *quiet, "--law-report", str(report), "--profile", "smoke", *options], plugins=[spy])
        shown = capfd.readouterr()
        found = json.loads(report.read_text(encoding="utf-8")) if report.is_file() else {}
        return Ran(int(code), shown.out + shown.err, found, spy.reports)

    return start


class Spy:
    """Keeps the reports of tests."""

    def __init__(self) -> None:
        self.reports: list[pytest.TestReport] = []

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        self.reports.append(report)


def test_a_run_gives_the_table_the_report_and_how_it_was_run(run: Callable[..., Ran], tmp_path: Path) -> None:
    done = run("--law", "CAT-UNIT", "--law", " CAT-ASSOC ,CAT-UNIT", "--engine", NUMPY, "--law-seed", "3")
    assert done.code == 0, done.text
    lines = [line.rstrip() for line in done.text.splitlines()]
    assert any(line.startswith("===") and " verdicts " in line for line in lines)
    start = lines.index(f"law        {NUMPY}")
    path = tmp_path / "report.json"
    expected = ["CAT-UNIT   sampled", "CAT-ASSOC  sampled", "2 sampled", f"report: {path}"]
    assert lines[start + 1 : start + 5] == expected
    assert done.words() == {("CAT-UNIT", NUMPY): "sampled", ("CAT-ASSOC", NUMPY): "sampled"}
    said = done.report["run"]
    assert (said["profile"], said["seed"], said["isolate"], said["order"]) == ("smoke", 3, None, None)
    assert said["engines"] == [NUMPY] and "shard" not in said
    assert sum(done.report["coverage"]["objects"].values()) > 10


def test_each_row_and_what_it_drew_comes_with_the_report_of_its_test(run: Callable[..., Ran]) -> None:
    done = run("--law", "CAT-UNIT", "--engine", NUMPY)
    told = {report.when: report for report in done.tests}
    assert told["call"].user_properties == [
        ("law", "CAT-UNIT"),
        ("engine", NUMPY),
        ("verdict", "sampled"),
        ("method", "hypothesis"),
    ]
    assert [when for when, report in told.items() if hasattr(report, "law_met")] == ["call"]
    assert told["call"].law_met == done.report["coverage"]
    assert told["call"].nodeid.endswith(f"::test_law[CAT-UNIT-{NUMPY}]")


def test_what_is_deselected_keeps_its_row(run: Callable[..., Ran]) -> None:
    done = run("--law", "CAT-UNIT,CAT-ASSOC", "--engine", NUMPY, "-k", "ASSOC")
    assert done.code == 0 and done.words() == {("CAT-UNIT", NUMPY): "not run", ("CAT-ASSOC", NUMPY): "sampled"}
    assert done.report["verdicts"][1]["reason"] == "deselected, or not reached"


def test_a_part_has_its_rows_alone(run: Callable[..., Ran]) -> None:
    done = run("--law", "CAT-UNIT,CAT-ASSOC", "--engine", NUMPY, "--shard", "2/2")
    assert done.code == 0 and len(done.words()) == 1
    assert done.report["run"]["shard"]["index"] == 2 and len(done.report["run"]["shard"]["expected"]) == 2


def test_a_run_that_a_smoke_law_stopped_is_no_pass(run: Callable[..., Ran]) -> None:
    done = run("--law", "CAT-UNIT,ADD-JAM", "--engine", "their_engines:Broken")
    assert done.code == 1, done.text
    assert set(done.words().values()) == {"not run"}
    assert "their_engines:Broken: 2 laws not run, blocked by ENGINE-SHAPE: add[()]: " in done.text
    assert "failed" not in done.text.splitlines()[-1]


def test_a_refuted_law_leaves_its_example_where_it_can_be_replayed(run: Callable[..., Ran], tmp_path: Path) -> None:
    options = ("--law", "GAD-UNARY", "--engine", "their_engines:Squeezed")
    done = run(*options)
    assert done.code == 1 and done.words() == {("GAD-UNARY", "their_engines:Squeezed"): "refuted"}, done.text
    kept = Path(done.text.partition("replay: verified-cat replay ")[2].partition(" --engine")[0])
    assert kept.is_file() and kept.parent.name.startswith("verified-cat")
    done = run(*options, "-p", "cacheprovider", "-o", f"cache_dir={tmp_path / 'cache'}")
    assert done.code == 1 and f"replay: verified-cat replay {tmp_path / 'cache' / 'd' / 'verified-cat'}" in done.text


def test_failed_instances_are_kept_in_a_folder(law_cases: Path) -> None:
    """Under any run of pytest, and also of one without a cache."""
    assert law_cases.is_dir() and law_cases.name in ("verified-cat", "verified-cat0")


def test_the_folder_of_failed_instances_is_in_the_cache_or_temporary() -> None:
    cached: Any = SimpleNamespace(cache=SimpleNamespace(mkdir=lambda name: f"cache/{name}"))
    bare: Any = SimpleNamespace()
    temporary: Any = SimpleNamespace(mktemp=lambda name: Path("tmp", f"{name}7"))
    assert plugin._case_folder(cached, temporary) == Path("cache/verified-cat")
    assert plugin._case_folder(bare, temporary) == Path("tmp/verified-cat7")


# ------------------------------------------------------------------------------------------------ files


def test_a_report_is_there_before_the_work(tmp_path: Path) -> None:
    config: Any = Config({"--law": ["CAT-UNIT"], "--engine": [NUMPY], "--law-report": str(tmp_path / "r.json")})
    assert plugin._expected(config) == [("CAT-UNIT", NUMPY)]
    content = json.loads((tmp_path / "r.json").read_text(encoding="utf-8"))
    assert [row["verdict"] for row in content["verdicts"]] == ["not run"]


def test_a_report_that_cannot_be_written_stops_a_run_before_the_work(run: Callable[..., Ran], tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way", encoding="utf-8")
    path = tmp_path / "file" / "report.json"
    done = run("--law", "CAT-UNIT", "--engine", NUMPY, "--law-report", str(path))
    assert (done.code, done.tests) == (4, []), done.text
    assert f"cannot write {path}: " in done.text


def test_a_report_that_cannot_be_written_any_more_is_said_and_the_verdicts_are_shown(
    run: Callable[..., Ran], tmp_path: Path
) -> None:
    folder = tmp_path / "out"

    class Blocks(NumpyEngine):
        def lift(self, ob: Any, exact: Any) -> Any:
            if folder.is_dir():
                for each in folder.iterdir():
                    each.unlink()
                folder.rmdir()
                folder.write_text("in the way", encoding="utf-8")
            return super().lift(ob, exact)

    theirs: Any = sys.modules["their_engines"]
    theirs.Blocks = Blocks
    path = folder / "report.json"
    done = run("--law", "CAT-UNIT", "--engine", "their_engines:Blocks", "--law-report", str(path))
    assert done.code == 4, done.text
    (said,) = [line for line in done.text.splitlines() if line.startswith("ERROR: ")]
    assert said.startswith(f"ERROR: cannot write {path}: ") and said.endswith("; the verdicts are the lines above")
    assert "CAT-UNIT  sampled" in done.text and f"report: {path}" not in done.text


# ------------------------------------------------------------------------------------------------ options


def test_the_options_are_these(run: Callable[..., Ran], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "160")
    said = run("--help").text.partition("category laws:\n")[2].partition("\n\n")[0]
    assert " ".join(said.split()) == " ".join(OPTIONS.partition("\n")[2].split())


@pytest.mark.parametrize(
    ("options", "says"),
    [
        (("--law", "CAT-UNITT"), "CAT-UNIT"),
        (("--law", " , "), "--law names nothing: ' , '"),
        (("--engine", "torhc"), "torch"),
        (("--engine", ""), "--engine names nothing: ''"),
        (("--law-examples", "0"), "--law-examples must be at least 1"),
        (("--profile", "thorogh"), "did you mean thorough?"),
        (("--law-seed", "-1"), "--law-seed must be at least 0"),
        (("--shard", "4/3"), "--shard is K/N with K from 1 to N, such as 3/16, not '4/3'"),
        (("--isolate=0",), "--isolate takes a number of seconds, as in --isolate=60, not '0'"),
        (("--xfails", "none.toml"), "--xfails speaks of one engine: name it with --engine"),
        (("--xfails", "none.toml", "--engine", NUMPY), "--xfails none.toml: "),
    ],
)
def test_a_wrong_option_is_one_line_even_where_no_law_is_collected(
    run: Callable[..., Ran], options: tuple[str, ...], says: str
) -> None:
    done = run(*options, on="tests/test_shard.py")
    assert (done.code, done.tests, done.report) == (4, [], {}), done.text
    assert says in done.text and "Traceback" not in done.text


def test_options_of_laws_are_read_before_anything_is_collected(monkeypatch: pytest.MonkeyPatch) -> None:
    read: list[Any] = []
    monkeypatch.setattr(plugin, "_plan", read.append)
    for given in ({}, {"--law-report": "r.json"}, {"--law-order": 3}):
        plugin.pytest_collection(SimpleNamespace(config=Config(given)))  # type: ignore[arg-type]
    assert read == [], "these say nothing that could be wrong"
    for name in plugin.OURS:
        config = Config({name: 0})
        plugin.pytest_collection(SimpleNamespace(config=config))  # type: ignore[arg-type]
        assert read.pop() is config


def test_names_are_separated_by_commas_and_options_repeated() -> None:
    assert plugin._listed("--law", ["A", " B ,,A", "C"], "D") == ["A", "B", "C"]
    assert plugin._listed("--law", None, "D, E") == plugin._listed("--law", [], "D, E") == ["D", "E"]
    with pytest.raises(UsageError, match=r"^--law names nothing: ' ,'$"):
        plugin._listed("--law", [" ", ""], "D")


def test_an_engine_that_cannot_be_had_is_a_wrong_option() -> None:
    config: Any = Config({"--law": ["CAT-UNIT"], "--engine": ["nowhere_to_be:Engine"]})
    with pytest.raises(pytest.UsageError, match=r"^--engine nowhere_to_be:Engine: there is no module 'nowhere_to_be'$"):
        plugin._plan(config)


def test_a_run_without_a_report_of_its_own_expects_its_rows_too() -> None:
    config: Any = Config({"--law": ["CAT-UNIT"], "--engine": [NUMPY]})
    assert plugin._expected(config) == [("CAT-UNIT", NUMPY)]
    assert list(config.stash[plugin.REPORT].rows) == [("CAT-UNIT", NUMPY, "hypothesis")]


def test_nothing_is_imported_before_a_law_is_collected() -> None:
    """What annotations name is not imported: a run of other tests does not wait for the laws."""
    assert not {"Plan", "Runner", "Report", "Row", "laws"} & set(vars(plugin))


def test_other_tests_are_run_as_ever(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: Any) -> None:
    """Without options of ours nothing is read, written or shown."""
    monkeypatch.chdir(ROOT)
    path = tmp_path / "r.json"
    code = pytest.main(
        [
            *("tests/test_shard.py", "-q", "-s", "-p", "no:cacheprovider", "--assert=plain"),
            *("-W", "ignore::pytest.PytestAssertRewriteWarning", "--law-report", str(path)),
        ]
    )
    assert (code, path.exists()) == (0, False)
    assert "verdicts" not in capfd.readouterr().out


class Config:
    """What is read of pytest's configuration."""

    def __init__(self, given: dict[str, Any] | None = None, worker: bool = False) -> None:
        self.stash = pytest.Stash()
        self.stash[plugin.REPORT] = Report()
        self.given = given or {}
        self.ends: list[Callable[[], None]] = []
        if worker:
            self.workerinput: dict[str, Any] = {}

    def getoption(self, name: str) -> Any:
        assert name in ("--law-report", "--law-order", *plugin.OURS)
        return self.given.get(name)

    def add_cleanup(self, end: Callable[[], None]) -> None:
        self.ends.append(end)


def test_without_options_every_law_is_asked_of_the_engines_of_the_package() -> None:
    config: Any = Config({"--isolate": "2.5", "--shard": "2/3", "--law-order": 4, "--law-examples": 30})
    plan = plugin._read(config)
    assert plan.engines == ("solver", "sympy", "torch", "torch-float32")
    assert list(plan.laws) == suite.law_names()
    assert (plan.shard, plan.isolate, plan.order, plan.effort.examples) == (Shard(2, 3), 2.5, 4, 30)
    assert plugin._read(Config()).shard is None  # type: ignore[arg-type]


def test_options_are_read_once_and_children_end_with_the_run() -> None:
    config: Any = Config({"--law": ["CAT-UNIT"], "--engine": [NUMPY]})
    assert plugin._plan(config) is plugin._plan(config)
    assert len(config.ends) == 1 and config.ends[0] == config.stash[plugin.RUNNER].close
    assert config.stash[plugin.RUNNER].known == {}


@pytest.mark.parametrize("frozen", [0, 7])
def test_garbage_is_looked_for_rarely_in_a_run_of_laws_alone(frozen: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is there already is kept out of it by the outermost run; the end of a run puts back how often it was."""
    done: list[Any] = []
    monkeypatch.setattr(gc, "freeze", lambda: done.append("freeze"))
    monkeypatch.setattr(gc, "set_threshold", lambda *given: done.append(given))
    monkeypatch.setattr(gc, "get_threshold", lambda: (7, 8, 9))
    monkeypatch.setattr(gc, "get_freeze_count", lambda: frozen)
    config: Any = Config({"--law": ["CAT-UNIT"], "--engine": [NUMPY]})
    session: Any = SimpleNamespace(config=config)
    plugin.pytest_collection_finish(session)
    assert done == config.ends == []
    plugin._plan(config)
    plugin.pytest_collection_finish(session)
    assert done == [(10_000, 10, 10), *([] if frozen else ["freeze"])]
    config.ends[-1]()
    assert done[-1] == (7, 8, 9)


def test_a_run_of_laws_leaves_the_collector_of_garbage_as_it_was(run: Callable[..., Ran]) -> None:
    before = gc.get_threshold()
    assert run("--law", "CAT-UNIT", "--engine", NUMPY).code == 0
    assert gc.get_threshold() == before and gc.isenabled()


@pytest.mark.parametrize(
    ("given", "seconds"),
    [(None, None), (60.0, 60.0), ("60", 60.0), ("1234567.125", 1234567.125), ("0.5", 0.5), ("007", 7.0)],
)
def test_a_time_limit_is_a_number_of_seconds(given: Any, seconds: float | None) -> None:
    assert plugin._seconds(given) == seconds


@pytest.mark.parametrize("given", ["", "0", "0.000", "-1", "nan", "1e3", "12345678", "1.", ".5", "1.0625", "1 ", "x"])
def test_what_is_no_time_limit_is_refused(given: str) -> None:
    with pytest.raises(Exception, match=r"^--isolate takes a number of seconds, as in --isolate=60, not '"):
        plugin._seconds(given)


def test_known_failures_are_read_for_the_one_engine(tmp_path: Path) -> None:
    example = {"schema": 1, "law": "CAT-UNIT", "world": "functions", "objects": {}, "terms": {}, "points": {}}
    (tmp_path / "case.json").write_text(json.dumps(example), encoding="utf-8")
    (tmp_path / "x.toml").write_text(
        '[[xfail]]\nlaw = "CAT-UNIT"\nreason = "as it is"\ncase = "case.json"\n', encoding="utf-8"
    )
    config: Any = Config({"--xfails": str(tmp_path / "x.toml"), "--engine": [NUMPY]})
    known = Known("CAT-UNIT", "as it is", tmp_path / "case.json")
    assert plugin._runner(config, plugin._read(config)).known == {"CAT-UNIT": known}


def test_an_order_is_random_and_the_same_for_the_same_seed() -> None:
    names = [str(number) for number in range(20)]
    for seed in (0, 7):
        items: Any = [*names]
        plugin.pytest_collection_modifyitems(Config({"--law-order": seed}), items)  # type: ignore[arg-type]
        assert sorted(items) == sorted(names) and items != names
        again: Any = [*names]
        plugin.pytest_collection_modifyitems(Config({"--law-order": seed}), again)  # type: ignore[arg-type]
        assert again == items
    items = [*names]
    plugin.pytest_collection_modifyitems(Config(), items)  # type: ignore[arg-type]
    assert items == names


# ------------------------------------------------------------------------------------------------ several processes


def test_the_controller_of_workers_expects_the_rows(tmp_path: Path) -> None:
    given = {"--law": ["CAT-UNIT"], "--engine": [NUMPY], "--law-report": str(tmp_path / "r.json")}
    other, controller, worker = Config(given), Config(given), Config(given, worker=True)
    plugin.pytest_xdist_node_collection_finished(SimpleNamespace(config=other), ["tests/test_a.py::test_b"])
    assert other.stash[plugin.REPORT].rows == {}
    plugin._expected(worker)  # type: ignore[arg-type]
    assert list(worker.stash[plugin.REPORT].rows) == [("CAT-UNIT", NUMPY, "hypothesis")]
    assert not (tmp_path / "r.json").exists(), "workers write nothing"
    ids = ["tests/test_a.py::test_b", f"laws/test_laws.py::test_law[CAT-UNIT-{NUMPY}]"]
    plugin.pytest_xdist_node_collection_finished(SimpleNamespace(config=controller), ids)
    assert list(controller.stash[plugin.REPORT].rows) == [("CAT-UNIT", NUMPY, "hypothesis")]
    assert (tmp_path / "r.json").exists()


def ended(nodeid: str, failed: bool, **more: Any) -> Any:
    return SimpleNamespace(nodeid=nodeid, failed=failed, longrepr="one\nworker crashed", **more)


def test_a_collector_enters_the_rows_of_tests() -> None:
    report = Report()
    for law in ("A", "B", "C", "D"):
        report.expect(law, "mine", "hypothesis")
    collect = plugin.Collector(report).pytest_runtest_logreport
    row = Row("A", "mine", "hypothesis", {"lens": Verdict(Strength.SAMPLED, "hypothesis", 3)})
    collect(ended("x::test_law[A-mine]", True, law_row=row.encoded()))
    collect(ended("x::test_law[A-mine]", False, law_row=row.encoded(), law_met={"objects": {"unit": 2}}))
    collect(ended("laws/test_laws.py::test_law[B-mine]", True))
    collect(ended("laws/test_laws.py::test_law[C-mine]", False))
    collect(ended("laws/test_laws.py::test_lawyer[D-mine]", True))
    lost = ended("laws/test_laws.py::test_law[D-mine]", True)
    lost.longrepr = ""
    collect(lost)
    assert report.rows["A", "mine", "hypothesis"] == row
    assert report.coverage == {"objects": {"unit": 2}}
    assert {law: report.rows[law, "mine", "hypothesis"].reason for law in "BCD"} == {
        "B": "its test ended without a verdict: worker crashed",
        "C": "deselected, or not reached",
        "D": "its test ended without a verdict: ",
    }


def test_where_the_report_is_or_why_not_is_the_last_line(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way", encoding="utf-8")
    for path in (tmp_path / "r.json", tmp_path / "file" / "r.json"):
        config: Any = Config({"--law-report": str(path)})
        config.stash[plugin.REPORT].run = {"seed": 0}
        config.stash[plugin.REPORT].expect("A", "mine", "hypothesis")
        session: Any = SimpleNamespace(config=config, exitstatus=pytest.ExitCode.OK)
        plugin.pytest_sessionfinish(session)
        terminal = Terminal()
        plugin.pytest_terminal_summary(terminal, config)
        said = terminal.lines[-1]
        if path.parent == tmp_path:
            assert (said, session.exitstatus) == (f"report: {path}", pytest.ExitCode.OK)
            assert [row["law"] for row in json.loads(path.read_text(encoding="utf-8"))["verdicts"]] == ["A"]
        else:
            assert said.startswith(f"ERROR: cannot write {path}: ") and said.endswith(
                "; the verdicts are the lines above"
            )
            assert session.exitstatus is pytest.ExitCode.USAGE_ERROR


class Terminal:
    """What is written to the terminal."""

    def __init__(self) -> None:
        self.lines: list[str] = []

    def section(self, title: str) -> None:
        self.lines.append(f"== {title}")

    def write_line(self, line: str) -> None:
        self.lines.append(line.rstrip())


def test_without_rows_and_in_workers_nothing_is_shown_or_written(tmp_path: Path) -> None:
    path, terminal = tmp_path / "r.json", Terminal()
    empty, worker = Config({"--law-report": str(path)}), Config({"--law-report": str(path)}, worker=True)
    worker.stash[plugin.REPORT].run = {"seed": 0}
    bare = Config()
    del bare.stash[plugin.REPORT]
    for config in (empty, worker, bare):
        session: Any = SimpleNamespace(config=config, exitstatus=pytest.ExitCode.OK)
        plugin.pytest_sessionfinish(session)
        plugin.pytest_terminal_summary(terminal, config)  # type: ignore[arg-type]
        assert session.exitstatus == pytest.ExitCode.OK
    assert (path.exists(), terminal.lines) == (False, [])


@pytest.mark.parametrize(
    ("status", "stopped", "then"),
    [
        (pytest.ExitCode.OK, False, pytest.ExitCode.OK),
        (pytest.ExitCode.OK, True, pytest.ExitCode.TESTS_FAILED),
        (pytest.ExitCode.NO_TESTS_COLLECTED, True, pytest.ExitCode.TESTS_FAILED),
        (pytest.ExitCode.INTERRUPTED, True, pytest.ExitCode.INTERRUPTED),
        (pytest.ExitCode.NO_TESTS_COLLECTED, False, pytest.ExitCode.NO_TESTS_COLLECTED),
    ],
)
def test_what_a_smoke_law_stopped_fails_the_run(status: Any, stopped: bool, then: Any) -> None:
    config = Config()
    report = config.stash[plugin.REPORT]
    report.run = {"seed": 0}
    verdict = Verdict(Strength.NOT_RUN, "hypothesis", reason="blocked by B: 1 = 2")
    report.record(Row("A", "mine", "hypothesis", {"-": verdict}, blocked_by="B" if stopped else ""))
    session: Any = SimpleNamespace(config=config, exitstatus=status)
    plugin.pytest_sessionfinish(session)
    terminal = Terminal()
    plugin.pytest_terminal_summary(terminal, config)  # type: ignore[arg-type]
    assert session.exitstatus is then
    table = ["== verdicts", "law  mine", "A    not run", "1 not run"]
    assert terminal.lines == table + (["mine: 1 laws not run, blocked by B: 1 = 2"] if stopped else [])
