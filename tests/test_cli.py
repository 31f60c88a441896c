"""The commands from end to end: what they print and leave behind, and one clear line for everything that is wrong."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

pytest.importorskip("torch", reason="not run: torch not installed (pip install verified-cat[gpu])")

from verified_cat import __version__, crosscheck
from verified_cat.cli import main
from verified_cat.commands import FAILED, INTERRUPTED, REFUSED
from verified_cat.commands_train import figures
from verified_cat.functions import Run
from verified_cat.gpu.engine import TorchEngine
from verified_cat.gpu.tasks import TASKS, Task
from verified_cat.terms import Operation

ROOT = Path(__file__).resolve().parent.parent


def call(*arguments: object) -> Result:
    return CliRunner().invoke(main, [str(argument) for argument in arguments])


def refusal(*arguments: object) -> str:
    """The one line on standard error of a request that is refused."""
    result = call(*arguments)
    assert result.exit_code == REFUSED, result.output
    assert result.stdout == ""
    assert isinstance(result.exception, SystemExit)
    lines = result.stderr.strip().splitlines()
    assert len(lines) == 1, result.stderr
    assert lines[0].startswith("Error: ")
    return lines[0]


def python(script: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    """A script in a fresh interpreter, in the root of the checkout."""
    environment = os.environ | {"PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1"}
    return subprocess.run(
        [sys.executable, "-c", script, *arguments],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )


# ------------------------------------------------------------------------------------------------ the program


def test_version_and_help() -> None:
    assert __version__ in call("--version").stdout
    for result in (call("--help"), call()):
        assert result.exit_code == 0
        assert all(name in result.stdout for name in ("crosscheck", "doctor", "laws", "train"))


def test_help_loads_nothing_heavy() -> None:
    script = (
        "import sys\nfrom verified_cat.cli import main\nmain(['--help'], standalone_mode=False)\n"
        "loaded = {name.partition('.')[0] for name in sys.modules}\n"
        "print(sorted(loaded & {'torch', 'sympy', 'numpy', 'z3', 'hypothesis'}))"
    )
    done = python(script)
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines()[-1] == "[]"


def test_the_module_is_the_program() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "verified_cat", "train", "digit", "--out", "unused"],
        cwd=ROOT,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == REFUSED
    assert done.stderr.strip() == "Error: no task is called 'digit'; did you mean digits, digits-conv?"
    assert not (ROOT / "unused").exists()


def test_an_unknown_command_or_option_is_one_line() -> None:
    assert "No such command 'trian'" in refusal("trian")
    assert "No such option" in refusal("train", "digits", "--step", 3)
    assert "No such option" in refusal("--verbose")


def test_an_unexpected_error_keeps_its_traceback(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: Any, **__: Any) -> None:
        raise ZeroDivisionError("a fault of ours")

    monkeypatch.setattr(crosscheck, "crosscheck", broken)
    assert isinstance(call("crosscheck", "--terms", 1).exception, ZeroDivisionError)


# ------------------------------------------------------------------------------------------------ crosscheck


def test_crosscheck_prints_the_bounds_and_writes_the_report(tmp_path: Path) -> None:
    report = tmp_path / "new" / "report.json"
    result = call("crosscheck", "--terms", 12, "--seed", 5, "--json", report)
    assert result.exit_code == 0, result.output
    assert "12 terms of seed 5" in result.stdout
    assert "sampled: 0 excesses in 12 terms" in result.stdout
    written = json.loads(report.read_text(encoding="utf-8"))
    assert (written["verdict"], written["terms"], written["seed"]) == ("sampled", 12, 5)
    assert {row["engine"] for row in written["rows"]} == {"torch", "torch-float32"}
    assert all(row["gap"] <= row["allowed"] for row in written["rows"])


def test_crosscheck_in_one_precision() -> None:
    result = call("crosscheck", "--terms", 3, "--precision", "float32")
    assert "torch-float32" in result.stdout
    assert "torch " not in result.stdout


def test_an_excess_fails(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    class Wrong(TorchEngine):
        def operation(self, operation: Operation) -> Run:
            run = super().operation(operation)
            return (lambda x: x) if operation.name == "negate" else run

    monkeypatch.setattr(crosscheck, "torch_engines", lambda *_: [Wrong()])
    result = call("crosscheck", "--terms", 10, "--json", tmp_path / "report.json", "--failures", tmp_path)
    assert result.exit_code == FAILED
    assert "refuted" in result.stdout
    written = json.loads((tmp_path / "report.json").read_text(encoding="utf-8"))
    assert written["excess_count"] > 0
    assert written["excesses"][0]["text"]["term"] == "negate"
    kept = [line.split()[-1] for line in result.stdout.splitlines() if "replay: verified-cat crosscheck" in line]
    assert kept and all(Path(file).parent == tmp_path for file in kept)
    again = call("crosscheck", "--replay", kept[0])
    assert again.exit_code == FAILED and "BEYOND" in again.stdout and "negate" in again.stdout
    monkeypatch.undo()
    healthy = call("crosscheck", "--replay", kept[0])
    assert healthy.exit_code == 0 and "BEYOND" not in healthy.stdout
    assert "is not a failure" in refusal("crosscheck", "--replay", tmp_path / "report.json")


def test_shards_of_a_crosscheck_are_merged(tmp_path: Path) -> None:
    parts, whole = [tmp_path / "1.json", tmp_path / "2.json"], tmp_path / "whole.json"
    for index, file in enumerate(parts, 1):
        made = call("crosscheck", "--terms", 7, "--precision", "float32", "--shard", f"{index}/2", "--json", file)
        assert made.exit_code == 0, made.output
    call("crosscheck", "--terms", 7, "--precision", "float32", "--json", tmp_path / "at-once.json")
    assert call("merge", *parts, "--out", whole).exit_code == 0
    merged, at_once = (json.loads(file.read_text(encoding="utf-8")) for file in (whole, tmp_path / "at-once.json"))
    for key in ("verdict", "terms", "rows", "by_primitive", "operations", "kinks", "excess_count"):
        assert merged[key] == at_once[key], key
    copy = tmp_path / "copy.json"
    copy.write_bytes(parts[0].read_bytes())
    assert "are both shard 1" in refusal("merge", parts[0], copy, "--out", whole)
    assert "1 are missing: 2" in refusal("merge", parts[0], "--out", whole)
    assert "is K/N" in refusal("crosscheck", "--shard", "half")


def test_an_interrupted_crosscheck_reads_as_not_run(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    def interrupted(*_: Any, **__: Any) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(crosscheck, "crosscheck", interrupted)
    assert call("crosscheck", "--terms", 5, "--json", tmp_path / "report.json").exit_code != 0
    written = json.loads((tmp_path / "report.json").read_text(encoding="utf-8"))
    assert written["verdict"] == "not run"


def test_crosscheck_refuses(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("", encoding="utf-8")
    assert "'--terms': 0 is not in the range" in refusal("crosscheck", "--terms", 0)
    assert "'--terms': -3 is not in the range" in refusal("crosscheck", "--terms", -3)
    assert "'--terms': 'many' is not a valid integer" in refusal("crosscheck", "--terms", "many")
    assert "'--seed': -1 is not in the range" in refusal("crosscheck", "--seed", -1)
    assert "'--precision': 'float16' is not one of" in refusal("crosscheck", "--precision", "float16")
    assert "cannot write" in refusal("crosscheck", "--terms", 1, "--json", tmp_path / "file" / "report.json")


# ------------------------------------------------------------------------------------------------ train


def test_train_leaves_the_figures_it_prints(tmp_path: Path) -> None:
    result = call("train", "linear-regression", "--out", tmp_path / "run", "--steps", 40, "--seed", 2)
    assert result.exit_code == 0, result.output
    metrics = json.loads((tmp_path / "run" / "metrics.json").read_text(encoding="utf-8"))
    assert (metrics["steps"], metrics["seed"], metrics["status"]) == (40, 2, "finished")
    assert abs(metrics["weight"] - 7) < 0.05
    assert f"weight                   {metrics['weight']:.6g}" in result.stdout
    assert "finished after 40 steps" in result.stdout


def test_train_on_a_file(tmp_path: Path) -> None:
    data = tmp_path / "points.csv"
    data.write_text("x,y\n0,1\n1,3\n2,5\n", encoding="utf-8")
    result = call("train", "linear-regression", "--out", tmp_path / "run", "--data", data)
    assert result.exit_code == 0, result.output
    metrics = json.loads((tmp_path / "run" / "metrics.json").read_text(encoding="utf-8"))
    assert abs(metrics["weight"] - 2) < 1e-6
    assert abs(metrics["bias"] - 1) < 1e-6


def test_train_prints_the_three_rows(tmp_path: Path) -> None:
    result = call("train", "cyclegan-points", "--out", tmp_path / "run", "--steps", 2)
    assert result.exit_code == 0, result.output
    assert all(row in result.stdout for row in ("with path equations", "no path equations", "do nothing"))
    metrics = json.loads((tmp_path / "run" / "metrics.json").read_text(encoding="utf-8"))
    assert figures(metrics)[0] in result.stdout


def test_an_interrupted_training_says_so(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    def interrupted(out: Path, steps: int | None, seed: int) -> dict[str, Any]:
        return {"status": "interrupted", "steps": 3, "loss": 0.5}

    monkeypatch.setitem(TASKS, "half", Task("half", "a task that is interrupted", 9, interrupted))
    result = call("train", "half", "--out", tmp_path)
    assert result.exit_code == INTERRUPTED
    assert "interrupted after 3 steps" in result.stdout


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("", "the columns x and y are needed"),
        ("x,y\n", "has no rows below its header"),
        ("x,y\n1,two\n", "line 2, column y: 'two' is not a number"),
        ("x,y\n1,2\nnan,3\n", "line 3, column x: 'nan' is not a finite number"),
        ("x,y\n1,inf\n", "line 2, column y: 'inf' is not a finite number"),
        ("x,y\n1,2\n3\n", "line 3, column y"),
        ("x,y\n1,2\n1,3\n", "every x is 1.0"),
    ],
)
def test_data_that_cannot_be_used(tmp_path: Path, content: str, message: str) -> None:
    data = tmp_path / "points.csv"
    data.write_text(content, encoding="utf-8")
    assert message in refusal("train", "linear-regression", "--out", tmp_path / "run", "--data", data)


def test_train_refuses(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("", encoding="utf-8")
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "letter.txt").write_text("mine", encoding="utf-8")
    line, out = "linear-regression", tmp_path / "run"
    known = refusal("train", "rocket", "--out", out)
    assert all(name in known for name in TASKS)
    assert "'--steps': 0 is not in the range" in refusal("train", line, "--out", out, "--steps", 0)
    assert "'--steps': 'ten' is not a valid integer" in refusal("train", line, "--out", out, "--steps", "ten")
    assert "'--seed': -1 is not in the range" in refusal("train", line, "--out", out, "--seed", -1)
    assert "Missing option '--out'" in refusal("train", line)
    assert "cannot write" in refusal("train", line, "--out", tmp_path / "file" / "run")
    assert "is not empty" in refusal("train", line, "--out", tmp_path / "other")
    assert "cannot read" in refusal("train", line, "--out", out, "--data", tmp_path / "none.csv")
    assert "--data: there is no option 'data'" in refusal("train", "digits", "--out", out, "--data", "x.csv")
    assert (tmp_path / "other" / "letter.txt").read_text(encoding="utf-8") == "mine"


def test_a_missing_extra_is_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setitem(sys.modules, "sklearn", None)
    monkeypatch.setitem(sys.modules, "sklearn.datasets", None)
    assert "pip install verified-cat[data]" in refusal("train", "digits", "--out", tmp_path / "run")


WITHOUT_TORCH = """
import sys
sys.modules["torch"] = None
from verified_cat.cli import main
for arguments in (["crosscheck", "--terms", "1"], ["train", "digits", "--out", "unused"], ["doctor"]):
    try:
        main(arguments)
    except SystemExit as ended:
        print("exit code", ended.code)
"""


def test_without_torch_the_extra_is_named() -> None:
    done = python(WITHOUT_TORCH)
    wanted = "the torch engine needs PyTorch: pip install verified-cat[gpu]"
    assert done.stderr.splitlines() == [f"Error: {wanted}"] * 2
    lines = done.stdout.splitlines()
    assert [line for line in lines if line.startswith("exit")] == ["exit code 4", "exit code 4", "exit code 0"]
    assert f"torch on cpu     not available: {wanted}" in lines
    assert "sympy            available" in lines


# ------------------------------------------------------------------------------------------------ laws and doctor


def test_laws_are_listed_with_statement_and_source() -> None:
    from verified_cat.audits import AUDITS
    from verified_cat.check import LAWS
    from verified_cat.laws.smoke import PROBES

    result = call("laws")
    assert result.exit_code == 0, result.output
    assert "CAT-ASSOC          (f ; g) ; h = f ; (g ; h)." in result.stdout
    assert "Mac Lane 1998, I.1" in result.stdout
    assert all(law.statement in result.stdout and law.source in result.stdout for law in LAWS.values())
    assert all(probe.statement in result.stdout for probe in PROBES.values())
    last = f"{len(LAWS | AUDITS)} laws, and {len(PROBES)} about an engine itself"
    assert result.stdout.splitlines()[-1] == last
    assert len(LAWS) > 20


def test_one_law_is_shown_whole() -> None:
    from verified_cat.check import LAWS

    result = call("laws", "--show", "CAT-ASSOC")
    assert result.exit_code == 0, result.output
    law = LAWS["CAT-ASSOC"]
    for part in (law.statement, law.source, law.given, *law.worlds, *(mutant.says for mutant in law.mutants)):
        assert part in result.stdout


def test_an_unknown_law_is_hinted_at() -> None:
    message = refusal("laws", "--show", "CAT-ASOC")
    assert "no law is called 'CAT-ASOC'" in message
    assert "CAT-ASSOC" in message


def test_doctor_says_what_is_there() -> None:
    result = call("doctor")
    assert result.exit_code == 0, result.output
    lines = dict(line.split(maxsplit=1) for line in result.stdout.splitlines() if line and " on " not in line)
    assert lines["verified_cat"] == __version__
    assert lines["sympy"] == "available"
    assert "torch on cpu     available" in result.stdout
