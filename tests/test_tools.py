"""The tools of maintainers: a planted surviving mutant, a planted flaky test and a warning are reported."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest

from tools import flakes, installs, mutation, mutation_runs, mutation_table
from tools.mutants import mutants, mutated

ROOT = Path(__file__).parent.parent
MODULE = '''"""A module."""

LIMIT = 3


def below(x: int) -> bool:
    return x < LIMIT


def either(x: bool, y: bool) -> bool:
    if x:
        return True
    return y
'''
TESTS = """
from planted.module import below, either

def test_below():
    assert below(0) and not below(9)

def test_either():
    assert either(True, False) and either(False, True) and not either(False, False)
"""


def test_a_mutant_is_one_change_and_the_text_says_which() -> None:
    found = [str(each) for each in mutants(MODULE)]
    assert "line 7, below: x < LIMIT  ->  x <= LIMIT" in found
    assert "line 3, module: 3  ->  4" in found and "line 13, either: return y  ->  return None" in found
    for each in mutants(MODULE):
        scope: dict[str, object] = {}
        exec(compile(mutated(MODULE, each), "planted", "exec"), scope)  # noqa: S102 - the planted module
        assert callable(scope["below"])
    assert len({*found}) == len(found)


@pytest.mark.parametrize(
    "source",
    [
        '"""Words."""\nfrom __future__ import annotations\n',
        'def f(x: int = None) -> "int":\n    """Words."""\n',
        'T = TypeVar("T")\n__slots__ = ("a",)\n',
        'def f(a):\n    must_meet("the layer", "words")\n    g(x=zip(a, strict=True))\n',
        'if TYPE_CHECKING:\n    from a import B\n\ndef f(a, b):\n    g(max(a, b), encoding="utf-8")\n',
    ],
)
def test_words_and_types_are_not_mutated(source: str) -> None:
    assert [str(each) for each in mutants(source) if "pass" not in str(each)] == []


def planted(folder: Path, tests: str, module: str = MODULE, name: str = "module") -> subprocess.CompletedProcess[str]:
    """The tool on a module of its own, in a process of its own."""
    (folder / "planted").mkdir(exist_ok=True)
    (folder / "planted" / f"{name}.py").write_text(module, encoding="utf-8")
    (folder / "test_planted.py").write_text(tests, encoding="utf-8")
    (folder / "pytest.ini").write_text("[pytest]\npythonpath = .\nfilterwarnings = error\n", encoding="utf-8")
    program = f"import sys; sys.path[:0] = [{str(ROOT)!r}, '.']; from tools.mutation import main; sys.exit(main())"
    words = [f"planted/{name}.py", "--tests", "test_planted.py", "--budget", "100", "--json", "out.json"]
    return subprocess.run(
        [sys.executable, "-c", program, *words], cwd=folder, capture_output=True, text=True, timeout=300
    )


def test_a_planted_survivor_is_reported(tmp_path: Path) -> None:
    """Nothing looks at x = 3, so < and <= are the same to these tests; the rest is killed."""
    ran = planted(tmp_path, TESTS)
    assert ran.returncode == 1, ran.stdout + ran.stderr
    survived = [line for line in ran.stdout.splitlines() if line.startswith("  survived")]
    assert sorted(line.split("module ")[1].split("  ")[0] for line in survived) == [
        "line 3, module: 3",
        "line 7, below: x < LIMIT",
    ]
    assert "module: 75.0 %; 8 of 8 mutants tried: 6 killed, 2 survived" in ran.stdout


def test_a_module_of_constants_is_imported_anew_for_each(tmp_path: Path) -> None:
    """No test runs a line of it, as the import did; two of its mutants read the same."""
    tests = "from planted.module import SIZES\n\ndef test_sizes():\n    assert SIZES[0] == 2\n"
    ran = planted(tmp_path, tests, "SIZES = (2, 2)\n")
    assert "module: 50.0 %; 3 of 3 mutants tried: 1 killed, 1 survived, 1 no import" in ran.stdout, ran.stdout
    again = mutation.before(tmp_path / "out.json", tmp_path / "planted" / "module.py")
    assert sorted(each.word for each in again.tried) == ["killed", "no import", "survived"]


def test_a_module_that_is_imported_in_a_test_alone_is_tried(tmp_path: Path) -> None:
    """What cannot be imported fails the test."""
    tests = "def test_sizes():\n    from planted.module import SIZES\n    assert SIZES[0] == 2\n"
    ran = planted(tmp_path, tests, "SIZES = (2, 2)\n")
    assert "module: 66.7 %; 3 of 3 mutants tried: 2 killed, 1 survived" in ran.stdout, ran.stdout


def test_a_package_itself_is_imported_anew_with_what_is_in_it(tmp_path: Path) -> None:
    tests = (
        "from planted import SIZE\nfrom planted.other import OTHER\n\ndef test_it():\n    assert SIZE == OTHER == 2\n"
    )
    (tmp_path / "planted").mkdir()
    (tmp_path / "planted" / "other.py").write_text("from planted import SIZE\n\nOTHER = SIZE\n", encoding="utf-8")
    ran = planted(tmp_path, tests, "SIZE = 2\n", "__init__")
    assert "__init__: 100.0 %; 2 of 2 mutants tried: 1 killed, 1 no import" in ran.stdout, ran.stdout + ran.stderr


def test_a_table_of_records_says_what_is_old_cut_off_missing_or_low(tmp_path: Path) -> None:
    for name in ("module", "other"):
        (tmp_path / f"{name}.py").write_text(MODULE, encoding="utf-8")
    tried = tuple(mutation.Tried(each, "killed") for each in mutants(MODULE))
    kept = mutation.Outcome("module", len(tried), (*tried[1:], mutation.Tried(tried[0].mutant, "survived")))
    whole, part, old = (tmp_path / f"{name}.json" for name in ("whole", "part", "old"))
    whole.write_text(json.dumps(mutation.record([kept])), encoding="utf-8")
    (row,), wrong = mutation_table.rows([whole], tmp_path)
    assert row.cells() == "| module | 87.5 % | 8 of 8 | 7 | 1 | 0 | 0 | 0 | 0 | 0 |"
    assert wrong == [f"module, {tried[0].mutant}: survived, without a reason"]
    called = mutation.named(tmp_path / "module.py", tried[0].mutant)
    for word, cells in (
        ("argued", "87.5 % | 8 of 8 | 7 | 0 | 1 | 0 |"),
        ("equivalent", "100.0 % | 8 of 8 | 7 | 0 | 0 | 1 |"),
    ):
        (row,), wrong = mutation_table.rows([whole], tmp_path, {called: word})
        assert (row.cells(), wrong) == (f"| module | {cells} 0 | 0 | 0 |", [])
    assert mutation_table.unmeasured([row], tmp_path) == ["other"]
    part.write_text(json.dumps(mutation.record([mutation.Outcome("module", 8, tried[:3])])), encoding="utf-8")
    assert mutation_table.rows([part], tmp_path)[1] == [
        "module: only | module | 100.0 % | 3 of 8 | 3 | 0 | 0 | 0 | 0 | 0 | 0 |"
    ]
    changed = json.loads(whole.read_text(encoding="utf-8"))
    changed["module"]["rows"][0]["mutant"] += "'"
    old.write_text(json.dumps(changed), encoding="utf-8")
    assert mutation_table.rows([old], tmp_path) == ([], [f"{old} is of another module.py"])


ENTRY = '[[{}]]\nmodule = "m"\nwhere = "f"\nbefore = "a"\nafter = "b"\nwhy = "{}"\n'


def test_an_argument_about_a_mutant_that_is_not_there_or_is_killed_is_refused(tmp_path: Path) -> None:
    (tmp_path / "module.py").write_text(MODULE, encoding="utf-8")
    gone = ("module", "below", "x > LIMIT", "x >= LIMIT")
    there = ("module", "below", "x < LIMIT", "x <= LIMIT")
    assert mutation.stale([gone, there], tmp_path) == ["no mutant of module is: below: x > LIMIT  ->  x >= LIMIT"]
    (mutant,) = [each for each in mutants(MODULE) if mutation.named(tmp_path / "module.py", each) == there]
    for word, wrong in (("killed", 1), ("survived", 0), ("equivalent", 0)):
        outcome = mutation.Outcome("module", 8, (mutation.Tried(mutant, word),))
        assert len(mutation.contradicted([outcome], [there])) == wrong


@pytest.mark.parametrize(
    ("entries", "wrong"),
    [
        (ENTRY.format("equivalent", "so"), "a reason in why"),
        (ENTRY.format("argued", "no test tells") * 2, "a reason in why"),
        (ENTRY.format("argued", "no test tells it") * 2, "two entries about one mutant"),
        (ENTRY.format("other", "no test tells it"), "equivalent or argued, not other"),
    ],
)
def test_an_argument_has_a_kind_and_a_reason_and_is_said_once(tmp_path: Path, entries: str, wrong: str) -> None:
    file = tmp_path / "survivors.toml"
    file.write_text(entries, encoding="utf-8")
    with pytest.raises(ValueError, match=wrong):
        mutation.argued(file)


def test_what_is_argued_is_about_mutants_that_are_there() -> None:
    assert mutation.stale(mutation.argued(), ROOT / "verified_cat") == []


def test_a_child_that_does_not_end_is_ended() -> None:
    def forever() -> None:
        while True:
            pass

    assert mutation_runs._child(forever, 1, 30)[0] == "timeout"
    assert mutation_runs._child(lambda: 1 / 0, 1, 30)[0] == "died"
    assert mutation_runs._child(lambda: [1, "x"], 5, 30) == ("done", [1, "x"])


# ------------------------------------------------------------------------------------------------ flakes, warnings


def test_a_planted_flake_is_reported(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """One test leaves something behind that another trips over, one expects that garbage is looked for now and then.

    What each said is shown.
    """
    (tmp_path / "test_order.py").write_text(
        "import gc\n\nleft = []\n\ndef test_leaves():\n    left.append(1)\n\ndef test_trips():\n    assert not left\n"
        "\ndef test_looks():\n    assert gc.get_threshold()[0] > 100\n"
        "\ndef test_wrong():\n    assert False\n",
        encoding="utf-8",
    )
    (tmp_path / "none.ini").write_text("[pytest]\n", encoding="utf-8")
    found = flakes.Runs()
    for seed in range(4):
        found.add(seed, flakes.run([str(tmp_path / "test_order.py"), "-c", str(tmp_path / "none.ini")], seed))
    assert [name.rpartition("::")[2] for name in found.flakes()] == ["test_looks", "test_trips"]
    assert [name.rpartition("::")[2] for name in found.failures()] == ["test_wrong"]
    assert "0 of 4 runs of 4 tests passed" in found.line()
    assert flakes._shown("", found)
    shown = capsys.readouterr().out
    assert "    E       assert not [1]\n" in shown and "    >       assert False\n" in shown


def test_a_run_with_the_settings_of_this_project() -> None:
    """There a warning is an error, and importing too much before pytest is one."""
    found = flakes.run(["tests/test_boundaries.py"], 1)
    assert found and not any(found.values()) and len(found) > 10


def test_a_run_that_cannot_begin_ends_all_and_one_that_breaks_off_is_counted(tmp_path: Path) -> None:
    texts = {
        "broken": "import nothing_of_this_name\n",
        "killed": "import os\n\ndef test_ends():\n    os.kill(os.getpid(), 9)\n",
        "stopped": "def test_first():\n    pass\n\ndef test_stops():\n    raise KeyboardInterrupt\n",
    }
    files = {name: tmp_path / f"test_{name}.py" for name in texts}
    for name, text in texts.items():
        files[name].write_text(text, encoding="utf-8")
    settings = ["-c", str(tmp_path / "none.ini")]
    (tmp_path / "none.ini").write_text("[pytest]\n", encoding="utf-8")
    record = tmp_path / "record"
    with pytest.raises(SystemExit, match=r"(?s)no test was run:.*nothing_of_this_name"):
        flakes.repeated([str(files["broken"]), *settings], range(50), kept=record)
    assert not record.exists()
    for name in ("killed", "stopped"):
        assert flakes.repeated([str(files[name]), *settings], [0]).broken == [0]


def test_kept_runs_add_up_by_commit(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Run 2 breaks off and run 5 fails: both stay so when the record goes on with the runs that it lacks."""
    tried: list[int] = []

    def run(arguments: Sequence[str], seed: int) -> flakes.Found | None:
        tried.append(seed)
        return None if seed == 2 else {"a": "", "b": "it tripped" if seed == 5 else ""}

    monkeypatch.setattr(flakes, "run", run)
    monkeypatch.setattr(flakes, "commit", lambda record: "old" if len(tried) < 4 else "new")
    record = ["--record", str(tmp_path)]
    assert flakes.main(["--runs", "4", "--jobs", "2", *record]) == 1
    assert sorted(tried) == [0, 1, 2, 3] and flakes.missing(tmp_path, 6, 0) == [4, 5]
    assert flakes.main(["--runs", "6", *record]) == 1 and tried[4:] == [4, 5]
    assert flakes.main(["--runs", "6", *record]) == 1 and len(tried) == 6
    old, new = (flakes.recorded(tmp_path)[name] for name in ("old", "new"))
    assert (old.broken, old.flakes(), old.count) == ([2], [], 4) and old.line().startswith("3 of 4 runs of 2 tests")
    assert (new.broken, new.flakes(), new.count) == ([], ["b"], 2) and new.line().startswith("1 of 2 runs of 2 tests")
    assert flakes.missing(tmp_path, 8, 3) == [6, 7] and flakes.missing(tmp_path, 3, 0) == []


def test_a_run_without_a_result_is_no_pass() -> None:
    found = flakes.Runs()
    found.add(0, {"a": ""})
    found.add(1, None)
    assert found.broken == [1] and found.line().startswith("1 of 2 runs")


def test_a_warning_fails_a_test(tmp_path: Path) -> None:
    """With the settings of this project (filterwarnings in pyproject.toml), and with those alone."""
    (tmp_path / "test_warns.py").write_text(
        "import warnings\n\ndef test_warns():\n    warnings.warn('old', DeprecationWarning)\n", encoding="utf-8"
    )
    ran = {
        settings: subprocess.run(
            [
                sys.executable,
                "-m",
                "pytest",
                "-q",
                "-p",
                "no:cacheprovider",
                *settings,
                str(tmp_path / "test_warns.py"),
            ],
            cwd=ROOT,
            capture_output=True,
            text=True,
            timeout=200,
        )
        for settings in (("-c", "pyproject.toml"), ("-c", "pyproject.toml", "-W", "ignore"))
    }
    first, second = ran.values()
    assert first.returncode == 1 and "DeprecationWarning: old" in first.stdout
    assert second.returncode == 0


def test_an_install_that_fails_is_said_to(tmp_path: Path) -> None:
    found = installs.installed(str(tmp_path / "no-python"), "checkout", "")
    assert found.fault and found.line().startswith("FAILS")
