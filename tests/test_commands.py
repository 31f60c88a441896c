"""Commands hand their options on, print what comes of it, and exit as they say; the work itself is stood in for."""

from __future__ import annotations

import gc
import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import click
import pytest
from click.testing import CliRunner, Result

pytest.importorskip("torch", reason="not run: torch not installed (pip install verified-cat[gpu])")

from verified_cat import (
    __version__,
    cli,
    commands_laws,
    commands_steps,
    crosscheck,
    diagrams,
    failing,
    killing,
    planting,
    reading,
    summary,
)
from verified_cat.check import LAWS
from verified_cat.cli import main
from verified_cat.commands import FAILED, INTERRUPTED, REFUSED, Refused, in_one_line
from verified_cat.errors import UsageError
from verified_cat.gpu import progress as progress_of
from verified_cat.laws import controls, engines, kill_matrix, kills, replaying, shards
from verified_cat.proofs import (
    certificates,
    certify,
    code_mutants,
    eprover,
    export,
    ledger,
    necessity,
    needed,
    remembered,
    running,
)
from verified_cat.reference import certificates as derivatives
from verified_cat.reference import crosschecks
from verified_cat.report import Strength, environment


def call(*arguments: object) -> Result:
    return CliRunner().invoke(main, [str(argument) for argument in arguments])


def lines(result: Result) -> list[str]:
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
    return [line.rstrip() for line in result.stdout.splitlines()]


class Calls:
    """Functions that stand in for the work; what they were given is kept."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.patch = monkeypatch
        self.given: list[Any] = []

    def instead(self, module: Any, name: str, gives: Any = None) -> None:
        def stand_in(*given: Any, **named: Any) -> Any:
            self.given.append((name, *given, *named.items()))
            return gives(*given, **named) if callable(gives) else gives

        self.patch.setattr(module, name, stand_in)

    def of(self, name: str) -> list[Any]:
        return [given[1:] for given in self.given if given[0] == name]


@pytest.fixture
def calls(monkeypatch: pytest.MonkeyPatch) -> Calls:
    return Calls(monkeypatch)


# ------------------------------------------------------------------------------------------------ errors


def test_exit_codes() -> None:
    assert (FAILED, REFUSED, INTERRUPTED, Refused("no").exit_code) == (1, 4, 130, 4)


@pytest.mark.parametrize("fault", [UsageError("two\n  lines"), click.UsageError("two\n  lines")])
def test_anticipated_errors_are_one_line(fault: Exception) -> None:
    with pytest.raises(Refused) as refused, in_one_line():
        raise fault
    assert refused.value.message == "two lines" and refused.value.__cause__ is fault
    with pytest.raises(ZeroDivisionError), in_one_line():
        raise ZeroDivisionError


# ------------------------------------------------------------------------------------------------ proofs


def test_without_a_command_the_help_is_shown() -> None:
    bare, asked = call(), call("--help")
    assert (bare.exit_code, bare.stdout) == (0, asked.stdout) and "Commands:" in bare.stdout


def row(fails: bool = False) -> Any:
    return SimpleNamespace(fails=fails, line=lambda: f"a row, fails: {fails}")


@pytest.fixture
def proving(calls: Calls, tmp_path: Path) -> Calls:
    def run(laws: Any, *, folder: Any, jobs: int, show: Any) -> Any:
        for done in (1, 2):
            show(done, 2, row())
        return [row()], 2.5

    calls.instead(running, "run", run)
    calls.instead(running, "summary", lambda found, seconds: [f"{len(found)} in {seconds}"])
    calls.instead(running, "tasks", [("CAT-UNIT", "functions"), ("GAD-UNARY", "D")])
    calls.instead(running, "solvers", "the solvers")
    calls.instead(remembered, "cache_folder", Path("kept"))
    for module, name in ((code_mutants, "listed"), (code_mutants, "table"), (certificates, "provable")):
        calls.instead(module, name, [])
    return calls


def test_proofs_of_chosen_laws(proving: Calls) -> None:
    done = call("proofs", "--law", "CAT-UNIT,,CAT-ASSOC", "--jobs", "3", "--cache", "there")
    assert (done.exit_code, lines(done)) == (0, ["a row, fails: False", "a row, fails: False", "", "1 in 2.5"])
    ((laws, *named),) = proving.of("run")
    assert (laws, dict(named)["folder"], dict(named)["jobs"]) == (["CAT-UNIT", "CAT-ASSOC"], Path("there"), 3)
    assert call("proofs").exit_code == 0 and call("proofs", "--fresh", "--cache", "there").exit_code == 0
    (_, plain, fresh) = [(given[0], dict(given[1:])["folder"], dict(given[1:])["jobs"]) for given in proving.of("run")]
    assert (plain, fresh) == (([], Path("kept"), 1), ([], None, 1))
    assert "no law is called 'CAT-UNITT'" in call("proofs", "--law", "CAT-UNITT").stderr


def test_proofs_that_fail(proving: Calls) -> None:
    proving.instead(running, "run", lambda *_, **__: ([row(), row(fails=True)], 1.0))
    assert call("proofs").exit_code == FAILED


def test_obligations_are_exported_and_hunted_through(proving: Calls, tmp_path: Path) -> None:
    proving.instead(export, "export", [1, 2, 3])
    proving.instead(eprover, "eprover", "")
    done = call("proofs", "--export", tmp_path)
    assert done.exit_code == 0 and proving.of("export") == [(tmp_path, running.tasks(), "the solvers")]
    assert lines(done)[-2:] == [
        f"3 obligations as SMT-LIB and TPTP, listed in {tmp_path / 'manifest.json'}",
        f"no hunt for contradictions: {eprover.WAY_OUT}",
    ]
    proving.instead(eprover, "eprover", "/usr/bin/eprover")
    for said, found, code in [
        ({"a": "Satisfiable", "b": "Timeout"}, "none", 0),
        ({"a": "Unsatisfiable", "b": "Satisfiable", "c": "Unsatisfiable"}, "a, c", FAILED),
    ]:
        proving.instead(eprover, "hunt", said)
        done = call("proofs", "--export", tmp_path)
        last = f"E looked for contradictions in {len(said)} sets of hypotheses, and found {found}"
        assert (lines(done)[-1], done.exit_code) == (last, code)
    assert proving.of("hunt") == [(tmp_path,)] * 2


def need(key: str, values: int, eased: bool = False, stands: bool = True) -> Any:
    return SimpleNamespace(values=values, eased=eased, stands=stands, line=lambda: key)


def test_what_proofs_need_to_assume(proving: Calls, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    rows = [need("one", 2), need("two", 0, eased=True), need("three", 0), need("four", 5)]
    proving.instead(needed, "stored", {"old CAT-UNIT": 1, "old OTHER": 2})
    proving.instead(necessity, "checked", lambda *_: iter(rows))
    done = call("proofs", "--necessity")
    said = ["", "2 hypotheses of goals shown necessary, 1 not shown"]
    eased = ["1 that only help a solver; the certificates of their goals do without"]
    assert (done.exit_code, lines(done)) == (0, ["one", "two", "three", "four", *said, *eased])
    assert not LAWS["CAT-UNIT"].without_solver and LAWS["GAD-UNARY"].without_solver
    assert proving.of("checked") == [([("CAT-UNIT", "functions")], needed.stored())], "what solvers can be asked"
    rows = [need("one", 1, stands=False)]
    done = call("proofs", "--necessity")
    assert (done.exit_code, lines(done)[1:]) == (FAILED, ["", "1 hypotheses of goals shown necessary, 0 not shown"])

    def search(asked: Any, show: Any) -> Any:
        show("looking")
        return {"new": 3}

    rows = [need("one", 1)]
    proving.instead(necessity, "search", search)
    proving.instead(necessity, "of", lambda key: ("CAT-UNIT" if "UNIT" in key else "OTHER", "functions"))
    proving.instead(necessity, "text", lambda kept: json.dumps(kept))
    monkeypatch.setattr(needed, "FILE", tmp_path / "models.json")
    done = call("proofs", "--write-necessity")
    assert (done.exit_code, done.stderr) == (0, "looking\n")
    assert json.loads((tmp_path / "models.json").read_text()) == {"old OTHER": 2, "new": 3}
    assert proving.of("run") == []


def test_wrong_constructions(proving: Calls) -> None:
    def mutant(equivalent: bool, found: bool) -> Any:
        return SimpleNamespace(equivalent=equivalent), {"types": "x"} if found else {}, f"{equivalent} {found}"

    for table, wrong in [
        ([mutant(False, True), mutant(False, True), mutant(True, False)], 0),
        ([mutant(False, False), mutant(True, False), mutant(False, True)], 1),
        ([mutant(True, True), mutant(False, False), mutant(False, True)], 2),
    ]:
        proving.instead(code_mutants, "listed", [each[0] for each in table])
        proving.instead(code_mutants, "heading", "heading")
        proving.instead(code_mutants, "table", table)
        done = call("proofs", "--mutants")
        last = f"2 mutants and 1 harmless changes; {wrong} not as they should be"
        assert lines(done) == ["heading", *(each[2] for each in table), "", last]
        assert done.exit_code == (FAILED if wrong else 0)


def test_stored_certificates(proving: Calls, monkeypatch: pytest.MonkeyPatch) -> None:
    frozen: list[Any] = []
    monkeypatch.setattr("verified_cat.cli.atexit.register", frozen.append)

    @contextmanager
    def uncollected() -> Iterator[None]:
        yield

    monkeypatch.setattr(certificates, "uncollected", uncollected)
    for status, code in (("certified", 0), ("stale", FAILED)):
        proving.instead(certificates, "replay", [SimpleNamespace(status="certified"), SimpleNamespace(status=status)])
        proving.instead(certificates, "summary", lambda rows: [f"{len(rows)} rows", "as summed up"])
        done = call("proofs", "--replay")
        assert (done.exit_code, lines(done)) == (code, ["2 rows", "as summed up"])
    assert frozen == [gc.freeze] * 2 and proving.of("run") == []
    proving.instead(certificates, "replay", [])
    proving.instead(certificates, "provable", ["A", "B"])
    proving.instead(certify, "write", lambda law: ["too long"] if law == "B" else [])
    done = call("proofs", "--write-certificates")
    assert (done.exit_code, done.stderr) == (0, "not certified: too long\n")
    assert proving.of("write") == [("A",), ("B",)]


def test_how_far_a_run_of_proofs_is_stands_on_a_terminal(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    for terminal, out, err in ((False, "a row, fails: False\n" * 2, ""), (True, "\ra row, fails: False\n" * 2, None)):
        monkeypatch.setattr("sys.stderr.isatty", lambda: terminal)  # noqa: B023
        for done in (1, 2):
            cli._proof_shown(done, 2, row())
        shown = capsys.readouterr()
        assert shown.out == out and shown.err == ("\r1 of 2\r2 of 2\n" if err is None else err)


def test_the_ledger_is_written_or_compared(calls: Calls, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    def compiled(show: Any, kept: Any) -> Any:
        show("CAT-UNIT")
        return {"CAT-UNIT": kept}

    monkeypatch.setattr(ledger, "FILE", tmp_path / "kept.toml")
    calls.instead(ledger, "compiled", compiled)
    calls.instead(ledger, "kept", "what is kept")
    calls.instead(ledger, "text", lambda entries: f"{entries}")
    done = call("ledger", "--update")
    assert (done.exit_code, done.stdout, done.stderr) == (0, f"1 laws: {tmp_path / 'kept.toml'}\n", "CAT-UNIT\n")
    assert (tmp_path / "kept.toml").read_text() == "{'CAT-UNIT': 'what is kept'}"
    done = call("ledger", "--out", tmp_path / "out.toml")
    assert (done.stdout, (tmp_path / "out.toml").read_text()) == (
        f"1 laws: {tmp_path / 'out.toml'}\n",
        "{'CAT-UNIT': None}",
    )
    for differs, code in (([], 0), (["this"], FAILED)):
        calls.instead(ledger, "differences", differs)
        done = call("ledger", "--check")
        assert (done.exit_code, lines(done)) == (code, [*differs, f"1 laws, {len(differs)} differences"])
    assert calls.of("differences") == [("what is kept", {"CAT-UNIT": None})] * 2
    for more in (("--update",), ("--out", tmp_path / "x")):
        refused = call("ledger", "--check", *more)
        assert refused.exit_code == REFUSED and "neither --update nor --out goes with it" in refused.stderr


def test_doctor_looks_for_everything(monkeypatch: pytest.MonkeyPatch) -> None:
    assert list(cli._ENGINES) == ["sympy", "torch on cpu", "torch on cuda", "torch on mps", "solver z3", "solver cvc5"]
    for attempt in ("sympy", "torch on cpu", "solver z3"):
        cli._ENGINES[attempt]()
    with pytest.raises(ImportError):
        cli._solver("no_such_solver")()

    def missing() -> None:
        raise ImportError("not there " * 40)

    monkeypatch.setattr(cli, "_ENGINES", {"one": lambda: None, "two": missing})
    shown = lines(call("doctor"))
    versions = {"verified_cat": __version__, **environment()}
    assert shown[: len(versions)] == [f"{name:<16} {version}".rstrip() for name, version in versions.items()]
    assert shown[len(versions) : -1] == ["", "one              available"]
    assert shown[-1].startswith("two              not available: not there not there") and shown[-1].endswith("[...]")
    assert len(shown[-1]) <= 17 + len("not available: ") + 160


def test_doctor_tries_each_engine_as_it_would_be_used(calls: Calls) -> None:
    from verified_cat import reference
    from verified_cat.gpu import engine

    calls.instead(engine, "TorchEngine")
    calls.instead(reference, "SympyEngine")
    for name, attempt in cli._ENGINES.items():
        kind, _, solver = name.partition(" ")
        if kind != "solver":
            attempt()
            continue
        calls.patch.setitem(sys.modules, solver, None)
        with pytest.raises(ImportError):
            attempt()
        calls.patch.setitem(sys.modules, solver, SimpleNamespace())
        attempt()
    devices = ("cpu", "cuda", "mps")
    assert calls.given == [("SympyEngine",), *(("TorchEngine", "float32", device) for device in devices)]


# ------------------------------------------------------------------------------------------------ laws


def test_a_law_is_described_in_full() -> None:
    from verified_cat.audits import Audit
    from verified_cat.check import Law
    from verified_cat.worlds import Mutant

    mutants = (Mutant("D", {}, "no sum"), Mutant("lens", {}, "no get"))
    law = Law("A-B", "a title", "It states.", "Mac Lane", "f : A -> B", ("D", "lens"), "strict", mutants, list)
    head = ["A-B: a title", "  It states.", "  source    Mac Lane"]
    middle = ["  doctrine  ", "  equality  strict", "  given     f : A -> B", "  in        D, lens"]
    refutes = ["  refutes   no sum (in D)", "  refutes   no get (in lens)"]
    assert commands_laws.described(law) == [*head, *middle, *refutes]
    object.__setattr__(law, "without_solver", "it speaks of numbers")
    object.__setattr__(law, "given", "")
    bare = [*head, *middle[:2], middle[3], *refutes, "  no proof  it speaks of numbers"]
    assert commands_laws.described(law) == bare
    audit = Audit("A-B", "a title", "It states.", "Mac Lane", lambda: (1, []), {"a fault": list})
    assert commands_laws.described(audit) == [
        *head,
        "  about     the suite itself",
        "  refutes   a fault (planted)",
    ]
    probe = SimpleNamespace(name="A-B", title="a title", statement="It states.", source="Mac Lane")
    assert commands_laws.described(probe) == [*head, "  about     an engine itself"]


def test_laws_are_written_to_a_page_without_those_about_an_engine(tmp_path: Path) -> None:
    from verified_cat.laws.smoke import PROBES

    known = commands_laws.stated()
    done = call("laws", "--markdown", tmp_path / "laws.md")
    assert lines(done) == [f"{len(known) - len(PROBES)} laws: {tmp_path / 'laws.md'}"]
    text = (tmp_path / "laws.md").read_text(encoding="utf-8")
    assert "CAT-UNIT" in text and not any(name in text for name in PROBES)
    shown = call("laws", "--show", "CAT-UNIT")
    assert lines(shown) == [line.rstrip() for line in commands_laws.described(known["CAT-UNIT"])]


def test_laws_are_listed_and_counted(calls: Calls) -> None:
    both = {"A": (), "B": ("equality",), "C": ("controls",), "A-LONG-NAME": ("equality",)}
    known = {
        name: SimpleNamespace(name=name, statement=f"It is {name}.", source="I.1", **dict.fromkeys(more, ""))
        for name, more in both.items()
    }
    calls.instead(commands_laws, "stated", known)
    done = call("laws")
    listed = [line for name in known for line in (f"{name:<18} It is {name}.", f"{' ' * 18} I.1")]
    assert (done.exit_code, lines(done)) == (0, [*listed, "3 laws, and 1 about an engine itself"])
    refused = call("laws", "--show", "A-LONG-NAM")
    assert (refused.exit_code, refused.stderr) == (
        REFUSED,
        "Error: no law is called 'A-LONG-NAM'; did you mean A-LONG-NAME?\n",
    )


def test_a_badge_is_a_file_beside_the_other_pages(calls: Calls, tmp_path: Path) -> None:
    (report,) = files(tmp_path, "report.json")
    found = SimpleNamespace(counts=lambda: "3 exact", rows=[SimpleNamespace(law="CAT-UNIT")])
    calls.instead(reading, "read", found)
    calls.instead(summary, "badge", {"label": "laws", "color": "green"})
    done = call("report", report, "--badge", tmp_path / "badge.json")
    assert (done.exit_code, lines(done)) == (0, [f"3 exact: {tmp_path / 'badge.json'}"])
    text = (tmp_path / "badge.json").read_text(encoding="utf-8")
    assert text == '{\n "color": "green",\n "label": "laws"\n}\n'
    calls.instead(diagrams, "on_page", lambda law: f"picture of {law.name}")
    assert commands_laws.drawn(found) == {"CAT-UNIT": "picture of CAT-UNIT"}, "no law is drawn that is not in it"


# ------------------------------------------------------------------------------------------------ merge and controls


def files(folder: Path, *names: str) -> list[Path]:
    for name in names:
        (folder / name).write_text(name, encoding="utf-8")
    return [folder / name for name in names]


def test_law_reports_are_merged(calls: Calls, tmp_path: Path) -> None:
    one, two = files(tmp_path, "one", "two")
    out = tmp_path / "whole.json"
    calls.instead(crosschecks, "are", False)
    for words, more, code in [
        (["sampled", "exact", "sampled", "not run"], {}, 0),
        (["sampled", "refuted"], {}, FAILED),
        (["vacuous"], {}, FAILED),
        (["undecided"], {}, FAILED),
        (["not run"], {"blocked_by": "CAT-UNIT"}, FAILED),
    ]:
        whole = {"verdicts": [{"verdict": word} | more for word in words]}
        calls.instead(shards, "merge", whole)
        done = call("merge", one, two, "--out", out)
        counts = {word.value: words.count(word.value) for word in Strength if word.value in words}
        found = ", ".join(f"{count} {word}" for word, count in counts.items())
        assert (done.exit_code, lines(done)) == (code, [f"2 shards, {len(words)} rows: {found}: {out}"])
        assert json.loads(out.read_text()) == whole
    assert calls.of("merge") == [([one, two],)] * 5
    assert f"{one} is given 2 times; each shard is merged once" in call("merge", one, two, one, "--out", out).stderr
    assert f"--out {one} is one of the shards" in call("merge", one, "--out", one).stderr


def test_reports_of_the_crosscheck_are_merged(calls: Calls, tmp_path: Path) -> None:
    (one,) = files(tmp_path, "one")
    calls.instead(crosschecks, "are", True)
    for word, code in (("sampled", 0), ("refuted", FAILED)):
        calls.instead(crosschecks, "merge", {"terms": 7, "verdict": word})
        done = call("merge", one, "--out", tmp_path / "whole.json")
        assert (done.exit_code, lines(done)) == (code, [f"1 shards, 7 terms: {word}: {tmp_path / 'whole.json'}"])
        assert json.loads((tmp_path / "whole.json").read_text()) == {"terms": 7, "verdict": word}


def control(name: str) -> Any:
    return SimpleNamespace(name=name, judge="CAT-UNIT")


def test_controls_are_judged_one_by_one(calls: Calls, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(controls, "HARMLESS", [control("as good")])
    calls.instead(kills, "broken", [control("bad"), control("worse")])
    for word, passes, code in (
        ("refuted", True, 0),
        ("survived", True, FAILED),
        ("refuted", False, FAILED),
        ("survived", False, FAILED),
    ):
        calls.instead(kills, "judged", word)
        calls.instead(controls, "passed", passes)
        done = call("controls")
        harmless = "passes, harmless" if passes else "refuted, though harmless"
        assert (done.exit_code, lines(done)) == (
            code,
            [
                f"bad{' ' * 40}CAT-UNIT       {word}",
                f"worse{' ' * 38}CAT-UNIT       {word}",
                f"as good{' ' * 36}every judge    {harmless}",
            ],
        )
    for options in (["--all-laws"], ["--resume"], ["--jobs", "2"]):
        assert "say how --json FILE is made" in call("controls", *options).stderr


def test_the_kill_matrix_is_a_file(
    calls: Calls, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, bars: list[Bar]
) -> None:
    out = tmp_path / "kills.json"
    found: dict[str, Any] = {
        "controls": [{"name": "bad", "verdict": "refuted"}, {"name": "worse", "verdict": "refuted"}],
        "mutants": {"CAT-UNIT": {"one": "refuted"}, "CAT-ASSOC": {"two": "refuted"}},
        "idle": {"CAT-UNIT": "plumbing"},
        "faults": {},
    }

    def collect(done: Any, laws: Any, jobs: int, tell: Any) -> Any:
        tell({"controls": [], "mutants": {}}, 1)
        assert json.loads(out.read_text()) == {"controls": [], "mutants": {}}, "it is whole after each law"
        tell(found, 0)
        return found

    calls.instead(kill_matrix, "collect", collect)
    calls.instead(killing, "unfinished", {"some": "rows"})
    done = call("controls", "--json", out)
    head = f"2 of 2 controls refuted by their judge; 2 laws, of which 1 refute no control: {out}"
    assert (done.exit_code, lines(done), json.loads(out.read_text())) == (0, [head], found)
    assert bars[0].shown == [(1, {"laws": 0, "controls": 0}), (2, {"laws": 2, "controls": 2}), "closed"]
    found["controls"][1]["verdict"] = "survived"
    found["mutants"]["CAT-ASSOC"]["two"] = "survived"
    found["faults"] = {"CAT-UNIT": {"bad": "TypeError: odd"}}
    done = call("controls", "--json", out, "--all-laws", "--resume", "--jobs", "2")
    assert (done.exit_code, lines(done)) == (
        FAILED,
        [
            head.replace("2 of 2", "1 of 2"),
            "not refuted: worse: survived",
            "not refuted: CAT-ASSOC: two: survived",
            "exception: CAT-UNIT, bad: TypeError: odd",
        ],
    )
    first, second = [given[:3] for given in calls.of("collect")]
    assert first == ({}, controls.law_judges(), 1)
    assert second == ({"some": "rows"}, list(commands_laws.stated()), 2) and calls.of("unfinished") == [(out,)]

    calls.instead(kill_matrix, "collect", found | {"controls": []})
    call("controls", "--json", out)
    assert json.loads(out.read_text())["controls"] == [], "also where nothing was left, and nothing was told"

    def interrupted(*_: Any) -> Any:
        raise KeyboardInterrupt

    calls.instead(kill_matrix, "collect", interrupted)
    done = call("controls", "--json", out)
    assert done.exit_code == INTERRUPTED
    assert done.stderr == f"interrupted; what was found is in {out}, and --resume goes on from there\n"


class Bar:
    """What is shown of how far a run is."""

    made: list[Bar]

    def __init__(self, total: int) -> None:
        self.total, self.shown, self.closed = total, list[Any](), 0
        Bar.made.append(self)

    def due(self) -> bool:
        return self.total != 9

    def show(self, step: int, figures: dict[str, float]) -> None:
        self.shown.append((step, dict(figures)))

    def close(self) -> None:
        self.closed += 1
        self.shown.append("closed")


@pytest.fixture
def bars(monkeypatch: pytest.MonkeyPatch) -> list[Bar]:
    Bar.made = []
    monkeypatch.setattr(progress_of, "Progress", Bar)
    return Bar.made


def test_how_far_the_kill_matrix_is(bars: list[Bar]) -> None:
    show = commands_laws._kills_shown()
    show({"mutants": {"A": {}}, "controls": []}, 2)
    show({"mutants": {"A": {}}, "controls": [1]}, 1)
    (bar,) = bars
    assert bar.closed == 0
    show({"mutants": {"A": {}, "B": {}}, "controls": [1]}, 0)
    assert (bar.total, bar.closed) == (3, 1)
    assert bar.shown == [
        (1, {"laws": 1, "controls": 0}),
        (2, {"laws": 1, "controls": 1}),
        (3, {"laws": 2, "controls": 1}),
        "closed",
    ]


def test_cases_are_replayed(calls: Calls, tmp_path: Path) -> None:
    (case,) = files(tmp_path, "case")

    def tally(failed: Any) -> Any:
        return SimpleNamespace(failed=failed, worst=SimpleNamespace(gap=0.12345, allowed=2.0))

    example = {"law": "CAT-UNIT", "world": "lens", "text": {"f": "tanh"}}
    for failed, word, code in ((None, "holds", 0), ({"gap": 1}, "fails", 1)):
        calls.instead(replaying, "replay", [(example, tally(failed)), (example | {"text": {}}, tally(None))])
        done = call("replay", case, "--engine", "torch")
        where = "CAT-UNIT in lens of torch"
        assert (done.exit_code, lines(done)) == (
            code,
            [
                f"{where}: {word} there: gap 0.123, allowed 2",
                "  f = tanh",
                f"{where}: holds there: gap 0.123, allowed 2",
            ],
        )
    calls.instead(replaying, "replay", [])
    call("replay", case)
    assert calls.of("replay") == [(case, "torch"), (case, "torch"), (case, "sympy")]


# ------------------------------------------------------------------------------------------------ numbers


def found(strength: Strength, excesses: int = 0) -> Any:
    return SimpleNamespace(
        strength=strength,
        excess_count=excesses,
        terms=4,
        excesses=["an excess"] * excesses,
        table=lambda: ["the table", "its end"],
        as_json=lambda: {"verdict": strength.value},
    )


def test_a_crosscheck_is_asked_for_and_shown(calls: Calls, tmp_path: Path, bars: list[Bar]) -> None:
    out = tmp_path / "report.json"

    def checked(terms: int, seed: int, engines: Any, jobs: int, show: Any, part: Any) -> Any:
        kept = json.loads(out.read_text()) if out.is_file() else {}
        calls.given.append(("kept", kept))
        none, some = SimpleNamespace(excess=None), SimpleNamespace(excess="an excess")
        for each in (none, some):
            show(SimpleNamespace(comparisons=(each, none), steps=(some,)))
        return found(Strength.SAMPLED)

    calls.instead(crosscheck, "crosscheck", checked)
    calls.instead(crosscheck, "torch_engines", ["torch"])
    calls.instead(failing, "kept", ["kept here"])
    done = call("crosscheck", "--terms", 4, "--seed", 6, "--jobs", 2, "--shard", "2/2", "--json", out)
    assert (done.exit_code, lines(done)) == (
        0,
        ["the table", "its end", "kept here", "", "sampled: 0 excesses in 4 terms"],
    )
    run = {"terms": 4, "seed": 6, "shard": {"index": 2, "of": 2}}
    assert calls.of("kept")[0] == ({"schema": 2, "verdict": "not run", "run": run},), "before the work"
    assert json.loads(out.read_text()) == {"verdict": "sampled", "run": run}
    ((terms, seed, engines_given, jobs, _, part),) = calls.of("crosscheck")
    assert (terms, seed, engines_given, jobs, (part.index, part.of)) == (4, 6, ["torch"], 2, (2, 2))
    assert calls.of("torch_engines") == [(("float64", "float32"), "cpu")]
    assert calls.of("kept")[1] == ([], ["torch"], Path("."))
    (bar,) = bars
    assert (bar.total, bar.shown) == (2, [(1, {"excesses": 1}), (2, {"excesses": 3}), "closed"])


@pytest.mark.parametrize(
    ("precision", "names"),
    [
        ("both", ("float64", "float32")),
        ("float64", ("float64",)),
        ("float32", ("float32",)),
        ("bfloat16", ("bfloat16",)),
    ],
)
def test_precisions_and_devices(calls: Calls, precision: str, names: tuple[str, ...], tmp_path: Path) -> None:
    calls.instead(crosscheck, "crosscheck", found(Strength.REFUTED, 2))
    calls.instead(crosscheck, "torch_engines", [])
    calls.instead(failing, "kept", [])
    done = call("crosscheck", "--precision", precision, "--device", "cuda", "--failures", tmp_path)
    assert (done.exit_code, lines(done)[-1]) == (FAILED, "refuted: 2 excesses in 4 terms")
    assert calls.of("torch_engines") == [(names, "cuda")]
    assert calls.of("kept") == [(["an excess"] * 2, [], tmp_path)]


def test_one_engine_of_anyone_and_one_failure(calls: Calls, tmp_path: Path) -> None:
    (case,) = files(tmp_path, "case")
    calls.instead(engines, "engine", lambda name: f"<{name}>")
    for fails, code in ((False, 0), (True, FAILED)):
        calls.instead(failing, "replayed", SimpleNamespace(lines=lambda: ["two", "lines"], fails=fails))
        done = call("crosscheck", "--engine", "mine:Engine", "--replay", case)
        assert (done.exit_code, lines(done)) == (code, ["two", "lines"])
    assert calls.of("replayed") == [(case, ["<mine:Engine>"])] * 2


def test_planted_errors_are_counted(calls: Calls) -> None:
    calls.instead(crosscheck, "torch_engines", [SimpleNamespace(name="torch"), SimpleNamespace(name="torch-float32")])
    short = [True, False, True]
    for caught, whole, code in (([True] * 3, 9, 0), (short, 9, FAILED), ([True] * 3, 8, FAILED), (short, 8, FAILED)):
        answers = iter(caught * 2)
        calls.instead(planting, "tries", caught)
        calls.instead(planting, "caught", lambda *_: next(answers))  # noqa: B023
        calls.instead(planting, "in_long_sums", {"normal": (9, 7), "whole": (9, whole)})
        done = call("crosscheck", "--planted", 3, "--seed", 5)
        first = f"torch           caught {sum(caught)} of 3 errors of 0.0001, each in one entry of one gradient"
        sums = (
            f"in sums of 64 products it leaves the bound: of normal numbers in 7 of 9; of whole numbers in {whole} of 9"
        )
        assert (done.exit_code, lines(done)[:2]) == (code, [first, f"{' ' * 16}{sums}"]) and len(lines(done)) == 4
    assert [given[:2] for given in calls.of("tries")] == [(3, 5)] * 8
    assert all(type(given[0]) is bool and given[2] is planting.larger for given in calls.of("caught")), "a place first"
    assert {given[1].name for given in calls.of("caught")} == {"torch", "torch-float32"}
    assert [given[1] for given in calls.of("in_long_sums")] == [5] * 8


def test_certificates_of_derivatives(calls: Calls) -> None:
    class Certificate:
        def __init__(self, faults: list[str]) -> None:
            self.faults = faults

        def __str__(self) -> str:
            return f"faults: {len(self.faults)}"

    for last, code in (([], 0), (["wrong"], FAILED)):
        calls.instead(derivatives, "certificates", iter([Certificate([]), Certificate(last)]))
        done = call("certificates")
        assert (done.exit_code, lines(done)) == (code, ["faults: 0", f"faults: {len(last)}"])


# ------------------------------------------------------------------------------------------------ steps


def step(name: str) -> Any:
    def tensor(size: int) -> Any:
        return SimpleNamespace(numel=lambda: size)

    class Call:
        def __init__(self, kernel: str) -> None:
            self.kernel = kernel

        def __str__(self) -> str:
            return f"call of {self.kernel}"

    restored: list[Any] = []
    return SimpleNamespace(
        rule=SimpleNamespace(name=name),
        engine=SimpleNamespace(name="torch"),
        plan=SimpleNamespace(calls=[Call("product"), Call("add"), Call("product")]),
        program=SimpleNamespace(wires=[1, 2, 3, 4], __str__=None),
        parameters=lambda: [tensor(6), tensor(2)],
        arena=48,
        source="the source",
        restore=restored.append,
        restored=restored,
    )


def test_steps_are_shown_with_their_figures(calls: Calls) -> None:
    calls.instead(commands_steps, "seen", [(step("adam"), (), None), (step("sgd"), (), None)])
    head = [
        "# {}, 8 parameters, in torch",
        "# 4 operations of the table, 3 calls: 1 add, 2 product",
        "# 48 bytes of temporaries",
    ]
    shown = lines(call("show", "task", "--seed", 3))
    assert shown == [
        head[0].format("adam"),
        *head[1:],
        "the source",
        "",
        head[0].format("sgd"),
        *head[1:],
        "the source",
    ]
    called = lines(call("show", "task", "--stage", "calls"))
    assert called[3:7] == ["call of product", "call of add", "call of product", ""]
    assert calls.of("seen") == [("task", 3), ("task", 0)]


def test_steps_are_validated_from_the_state_that_they_began_with(calls: Calls) -> None:
    from verified_cat import validation

    one, two = step("adam"), step("sgd")
    calls.instead(commands_steps, "seen", [(one, ("data",), "state"), (two, ("more",), "other")])
    for words, code in (
        ((Strength.SAMPLED, Strength.SAMPLED), 0),
        ((Strength.REFUTED, Strength.SAMPLED), FAILED),
        ((Strength.SAMPLED, Strength.VACUOUS), FAILED),
    ):
        left = iter(words)
        calls.instead(validation, "validate", lambda *_: SimpleNamespace(verdict=next(left), summary="as said"))  # noqa: B023
        done = call("validate", "task", "--seed", 7)
        assert (done.exit_code, lines(done)) == (code, ["adam in torch: as said", "sgd in torch: as said"])
    assert calls.of("validate")[:2] == [(one, ("data",), 7), (two, ("more",), 7)]
    assert one.restored[0] == "state" and two.restored[0] == "other"


def test_steps_come_from_one_update_that_is_written_nowhere(calls: Calls) -> None:
    from verified_cat.gpu import tasks

    trained = SimpleNamespace(train=None)
    calls.instead(trained, "train")
    calls.instead(tasks, "task", trained)
    assert commands_steps.seen("linear-regression", 5) == []
    assert calls.given == [("task", "linear-regression"), ("train", None, ("steps", 1), ("seed", 5))]


def test_a_step_is_kept_with_what_it_was_first_made_with() -> None:
    class Part:
        def __init__(self, number: int) -> None:
            self.number = number

        def clone(self) -> Part:
            return Part(self.number)

    states = iter(["first", "second"])
    watch, one = commands_steps._Seen(), SimpleNamespace(saved=lambda: next(states))
    part: Any = Part(3)
    for _ in range(2):
        watch.compiled(one, (part,))
        part.number += 1
    ((kept, (data,), state),) = watch.steps.values()
    assert kept is one and data is not part and (data.number, state) == (3, "first")
