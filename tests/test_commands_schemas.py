"""The commands about schemas: what they ask for, what they print, and when they fail. What is asked is not done."""

from __future__ import annotations

import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from click.testing import CliRunner

pytest.importorskip("torch", reason="not run: torch not installed (pip install verified-cat[gpu])")

from verified_cat import commands_learn, schema_fuzz
from verified_cat.cli import main
from verified_cat.commands import FAILED
from verified_cat.commands_schemas import kinds_page
from verified_cat.schema_fuzz import Fuzzed
from verified_cat.schema_map import SchemaMap
from verified_cat.schema_sheets import Ablation, Effect

CYCLE = """name = "cycle"
adversary = "energy"
[objects.A]
shape = [2]
data = "normal"
[objects.B]
shape = [2]
data = "ring"
[arrows.f]
from = "A"
to = "B"
network = "mlp"
[arrows.g]
from = "B"
to = "A"
network = "mlp"
[[equations]]
left = "f ; g"
right = "id_A"
[[targets]]
figure = "residual"
at_most = 1
[[targets]]
figure = "loss"
at_most = 2
"""


def call(*arguments: Any) -> tuple[int, str]:
    result = CliRunner().invoke(main, ["schema", *map(str, arguments)])
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
    return result.exit_code, result.output


def faked(monkeypatch: pytest.MonkeyPatch, name: str, **parts: Any) -> None:
    monkeypatch.setitem(sys.modules, f"verified_cat.{name}", SimpleNamespace(**parts))


@pytest.fixture
def file(tmp_path: Path) -> Path:
    (tmp_path / "cycle.toml").write_text(CYCLE, encoding="utf-8")
    return tmp_path / "cycle.toml"


# ------------------------------------------------------------------------------------------------ check


def test_check_tells_the_counts_and_the_findings(file: Path) -> None:
    code, output = call("check", file)
    first, *rest = output.splitlines()
    assert (code, first) == (0, "cycle: 2 objects, 2 arrows, 1 equations")
    assert [line.split(": ")[0] for line in rest] == ["note", "note"]


def test_check_fails_for_findings_that_are_errors_and_for_faults(tmp_path: Path) -> None:
    untaught = tmp_path / "untaught.toml"
    untaught.write_text(CYCLE.replace('adversary = "energy"', "").split("[[equations]]")[0], encoding="utf-8")
    code, output = call("check", untaught)
    assert code == FAILED and "\nerror: signal: nothing teaches f" in output
    broken = tmp_path / "broken.toml"
    broken.write_text(CYCLE.replace('"mlp"', '"mpl"'), encoding="utf-8")
    code, output = call("check", broken)
    hint = "no kind of network is called 'mpl'; did you mean mlp?"
    assert code == FAILED and output.splitlines() == [f"{broken}, line {line}: {hint}" for line in (12, 16)]


def test_check_looks_through_paths_of_the_length(file: Path) -> None:
    """Of braids little can be said: up to which length was looked is told."""
    loops = "".join(f'[arrows.{name}]\nfrom = "A"\nto = "A"\nnetwork = "mlp"\n' for name in "ab")
    sides = (("a ; b ; a", "b ; a ; b"), ("a ; a ; b ; b", "b ; b ; a ; a"))
    rows = "".join(f'[[equations]]\nleft = "{one}"\nright = "{other}"\n' for one, other in sides)
    file.write_text(f'name = "braid"\n[objects.A]\nshape = [1]\ndata = "normal"\n{loops}{rows}', encoding="utf-8")
    assert "up to length 8," in call("check", file)[1] and "up to length 5," in call("check", file, "--length", 5)[1]


def test_check_reads_the_data_where_it_is_asked_to(monkeypatch: pytest.MonkeyPatch, file: Path) -> None:
    faked(monkeypatch, "gpu.made_points", told=lambda whole, name: f"{whole.name} {name}: read")
    bare = CYCLE.replace("[objects.B]", "[objects.C]\nshape = [1]\n[objects.B]")
    file.write_text(bare, encoding="utf-8")
    assert call("check", file, "--data")[1].endswith("\ncycle A: read\ncycle B: read\n")
    assert "read" not in call("check", file)[1]


# ------------------------------------------------------------------------------------------------ migrate


def test_migrate_tells_what_is_kept_and_what_is_reached(monkeypatch: pytest.MonkeyPatch, file: Path) -> None:
    """A along f ; g = id of the larger schema, here the same one; the seed of the run, or the one that is asked for."""
    from verified_cat.schema_file import load

    asked: list[Any] = []

    def figures(along: SchemaMap, large: Any, small: Any, params: Any, seed: int, engine: Any) -> dict[str, float]:
        asked.append((along.target.name, large.name, small.name, params, seed, engine))
        return {"residual": 0.5, "loss": 3.0}

    whole = load(file)
    kept = SimpleNamespace(whole=whole, params="params", seed=7, engine="engine")
    faked(monkeypatch, "gpu.migration", figures_along=figures)
    faked(monkeypatch, "gpu.schema_folder", restored=lambda run: kept)
    faked(monkeypatch, "gpu.schema_metrics", summary=lambda found: [f"{name} {value}" for name, value in found.items()])
    along = file.with_name("along.toml")
    along.write_text('[objects]\nA = "A"\nB = "B"\n[edges]\nf = "f"\ng = "g"\n', encoding="utf-8")
    code, output = call("migrate", "run", file, "--along", along)
    assert code == 0 and output.splitlines() == [
        "f ; g = id_A, sent to f ; g = id_A: follows: f ; g = id_A",
        "residual 0.5",
        "loss 3.0",
        "reached: residual <= 1",
        "MISSED: loss <= 2",
    ]
    assert call("migrate", "run", file, "--along", along, "--seed", 0)[0] == 0
    assert [each[-2] for each in asked] == [7, 0] and asked[0][:4] == ("cycle", "cycle", "cycle", "params")


# ------------------------------------------------------------------------------------------------ fuzz, kinds


def test_fuzz_fails_where_something_is_neither(monkeypatch: pytest.MonkeyPatch) -> None:
    asked = []

    def found(count: int, seed: int) -> Fuzzed:
        asked.append((count, seed))
        return Fuzzed(1, 2, wrong=["number 3"] if count == 5 else [])

    monkeypatch.setattr(schema_fuzz, "fuzzed", found)
    assert call("fuzz") == (0, "1 read, 2 refused with a line and a reason, 0 neither\n")
    assert call("fuzz", "--count", 5, "--seed", 9) == (
        FAILED, "number 3\n1 read, 2 refused with a line and a reason, 1 neither\n"
    )  # fmt: skip
    assert asked == [(10_000, 0), (5, 9)]


def test_kinds() -> None:
    code, output = call("kinds")
    assert (code, output.splitlines()) == (0, list(kinds_page()))


# ------------------------------------------------------------------------------------------------ train


@pytest.mark.parametrize(
    ("options", "values"),
    [
        ([], {"seed": 0, "crosscheck": True}),
        (["--steps", 3, "--seed", 4, "--no-crosscheck"], {"seed": 4, "crosscheck": False, "steps": 3}),
    ],
)
def test_train_asks_for_the_run(monkeypatch: pytest.MonkeyPatch, options: list[Any], values: dict[str, Any]) -> None:
    asked: list[Any] = []
    monkeypatch.setattr(commands_learn, "learned", lambda sources, resume: asked.append((sources, resume)))
    assert call("train", "x.toml", "--out", "folder", *options) == (0, "")
    (((given,), resume),) = asked
    assert given.values == values | {"task": "x.toml", "out": Path("folder")} and resume is None
    assert given.where("steps") == "--steps"


# ------------------------------------------------------------------------------------------------ report, ablate


def test_report_writes_the_page_and_says_what_was_found(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    faked(
        monkeypatch, "gpu.schema_report", read=lambda runs: [str(run) for run in runs],
        page=lambda found: f"<p>{' '.join(found)}</p>", lines=lambda found: [f"run {name}" for name in found],
    )  # fmt: skip
    page = tmp_path / "page.html"
    assert call("report", "one", "two", "--out", page) == (0, f"run one\nrun two\nthe page is {page}\n")
    assert page.read_text(encoding="utf-8") == "<p>one two</p>"


def test_ablate_trains_each_seed_once(monkeypatch: pytest.MonkeyPatch, file: Path) -> None:
    asked: list[Any] = []

    def ablate(whole: Any, seeds: Any, steps: Any, out: Any, say: Any) -> list[Ablation]:
        asked.append((whole.name, seeds, steps, out))
        say("training")
        return [Ablation("f ; g = id_A", seeds, (Effect("loss", (1.0,), (2.0,)),))]

    faked(monkeypatch, "gpu.ablation", ablate=ablate)
    code, output = call("ablate", file, "--out", "all")
    assert code == 0 and output.splitlines() == [
        "training",
        "without f ; g = id_A: with all → without",
        f"  {'loss':<40} 1 → 2, clear",
        "schema report all --out PAGE.html shows it",
    ]
    assert call("ablate", file, "--out", "all", "--seeds", "3 1,3", "--steps", 9)[0] == 0
    assert asked == [("cycle", (0, 1, 2), None, Path("all")), ("cycle", (3, 1), 9, Path("all"))]
    for seeds in ("", ",", "1,x", "-1", "1.5", "²"):
        code, output = call("ablate", file, "--out", "all", "--seeds", seeds)
        assert code and f"--seeds are whole numbers with commas between them, such as 0,1,2, not {seeds!r}" in output
    assert len(asked) == 2
