"""Shards share a run without a gap, and their reports come together whole or are refused with what is missing."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable
from pathlib import Path
from random import Random
from typing import Any

import pytest
from click.testing import CliRunner, Result

from verified_cat.cli import main
from verified_cat.errors import UsageError
from verified_cat.laws import suite
from verified_cat.laws.profiles import DEFAULT, PROFILES, effort, portions
from verified_cat.laws.running import Plan
from verified_cat.laws.shards import cost, share
from verified_cat.report import Report, Strength, Verdict
from verified_cat.shard import Shard

LAWS = ("CAT-UNIT", "CAT-ASSOC", "ADD-JAM", "D-RULES", "META-EQ")
ENGINES = ("sympy", "torch")
OF = 3


def test_shards_are_disjoint_and_all_there() -> None:
    whole = Plan(tuple(suite.law_names()), ("solver", "sympy", "torch", "torch-float32")).whole
    for of in (1, 2, 16):
        parts = [share(whole, Shard(index, of)) for index in range(1, of + 1)]
        assert sorted(case for part in parts for case in part) == sorted(whole)


def test_shards_are_balanced() -> None:
    whole = Plan(tuple(suite.law_names()), ("solver", "sympy", "torch", "torch-float32")).whole
    loads = [sum(map(cost, share(whole, Shard(index, 16)))) for index in range(1, 17)]
    assert max(loads) <= 1.1 * sum(loads) / 16


def test_shards_do_not_depend_on_an_order() -> None:
    whole = Plan(LAWS, ENGINES).whole
    mixed = list(whole)
    Random(7).shuffle(mixed)
    for index in range(1, OF + 1):
        assert set(share(whole, Shard(index, OF))) == set(share(mixed, Shard(index, OF)))


def test_a_shard_is_written_as_a_part_of_a_number() -> None:
    assert Shard.read("3/16") == Shard(3, 16)
    for wrong in ("", "3", "3/", "/3", "0/1", "2/1", "1.0/2", "-1/2", "1/2/3", " 1/2", "1/²"):
        with pytest.raises(UsageError, match="--shard is K/N with K from 1 to N"):
            Shard.read(wrong)


# ------------------------------------------------------------------------------------------------ merging


def written(folder: Path, **of_the_run: Any) -> list[Path]:
    """The reports of all shards of a run in which everything was sampled."""
    files = []
    for index in range(1, OF + 1):
        plan = Plan(LAWS, ENGINES, shard=Shard(index, OF), **of_the_run)
        report = Report()
        plan.expect(report)
        for law, engine in plan.cases:
            report.record(suite.as_row(law, engine, {"functions": Verdict(Strength.SAMPLED, "hypothesis", 3)}))
        files.append(folder / f"shard-{index}.json")
        report.write(files[-1])
    return files


def merge(folder: Path, *files: Path) -> Result:
    return CliRunner().invoke(main, ["merge", *map(str, files), "--out", str(folder / "whole.json")])


def test_shards_come_together(tmp_path: Path) -> None:
    files = written(tmp_path, effort=effort("thorough", seed=5))
    done = merge(tmp_path, *files[::-1])
    assert done.exit_code == 0, done.output
    assert "3 shards, 9 rows: 9 sampled" in done.output
    whole = json.loads((tmp_path / "whole.json").read_text())
    assert [(row["law"], row["engine"]) for row in whole["verdicts"]] == sorted(Plan(LAWS, ENGINES).whole)
    assert (whole["run"]["profile"], whole["run"]["seed"], whole["run"]["shards"]) == ("thorough", 5, OF)
    assert "shard" not in whole["run"]
    shown = CliRunner().invoke(main, ["report", str(tmp_path / "whole.json")])
    assert shown.exit_code == 0, shown.output


def test_a_refuted_row_makes_a_merged_run_fail(tmp_path: Path) -> None:
    files = written(tmp_path)
    report = json.loads(files[0].read_text())
    report["verdicts"][0]["verdict"] = "refuted"
    files[0].write_text(json.dumps(report))
    assert merge(tmp_path, *files).exit_code == 1
    report["verdicts"][0] |= {"verdict": "not run", "blocked_by": "CAT-UNIT", "reason": "blocked by CAT-UNIT: 1 = 2"}
    files[0].write_text(json.dumps(report))
    assert merge(tmp_path, *files).exit_code == 1


Change = Callable[[list[dict[str, Any]]], None]


def changes() -> dict[str, tuple[Change, str]]:
    """What can be wrong with shards, and what is said of it."""

    def dropped(reports: list[dict[str, Any]]) -> None:
        del reports[1]["verdicts"][0]

    def doubled(reports: list[dict[str, Any]]) -> None:
        reports[1]["verdicts"].append(copy.deepcopy(reports[0]["verdicts"][0]))

    def foreign(reports: list[dict[str, Any]]) -> None:
        reports[1]["verdicts"].append(reports[0]["verdicts"][0] | {"law": "NO-LAW"})

    def unreached(reports: list[dict[str, Any]]) -> None:
        reports[2]["verdicts"][0] |= {"verdict": "not run", "reason": "deselected, or not reached"}

    def broken_off(reports: list[dict[str, Any]]) -> None:
        reports[2]["verdicts"][0] |= {
            "verdict": "not run",
            "reason": "its test ended without a verdict: worker crashed",
        }

    def seed(reports: list[dict[str, Any]]) -> None:
        reports[2]["run"]["seed"] = 4

    def version(reports: list[dict[str, Any]]) -> None:
        reports[2]["environment"]["sympy"] = "0.1"

    def sources(reports: list[dict[str, Any]]) -> None:
        reports[2]["run"]["sources"] = "0" * 16

    def of(reports: list[dict[str, Any]]) -> None:
        reports[2]["run"]["shard"]["of"] = 4

    def expected(reports: list[dict[str, Any]]) -> None:
        reports[2]["run"]["shard"]["expected"].pop()

    def twice(reports: list[dict[str, Any]]) -> None:
        reports[2]["run"]["shard"]["index"] = 1

    def no_shard(reports: list[dict[str, Any]]) -> None:
        del reports[2]["run"]["shard"]

    def no_run(reports: list[dict[str, Any]]) -> None:
        del reports[2]["run"]

    def no_rows(reports: list[dict[str, Any]]) -> None:
        reports[2]["verdicts"] = "none"

    def schema(reports: list[dict[str, Any]]) -> None:
        reports[2]["schema"] = 2

    def no_number(reports: list[dict[str, Any]]) -> None:
        reports[2]["run"]["shard"]["index"] = True

    return {
        "dropped": (dropped, "1 of 9 rows are missing: "),
        "doubled": (doubled, "1 of 9 rows are there more than once: "),
        "foreign": (foreign, "1 of 9 rows are not of this run: NO-LAW in "),
        "unreached": (unreached, "1 of 9 rows are not reached: "),
        "broken off": (broken_off, "1 of 9 rows are not reached: "),
        "seed": (seed, "they differ in seed (0 and 4)"),
        "version": (version, "they differ in sympy ("),
        "sources": (sources, "they differ in sources ("),
        "of": (of, "the number of shards (3 and 4)"),
        "expected": (expected, "the rows of the whole run"),
        "twice": (twice, "are both shard 1"),
        "no shard": (no_shard, "is not the report of a shard"),
        "no run": (no_run, "is not the report of a shard"),
        "no rows": (no_rows, "its shard or its rows are not of our form"),
        "schema": (schema, "is not a law report of this version"),
        "no number": (no_number, "its shard or its rows are not of our form"),
    }


@pytest.mark.parametrize("name", changes())
def test_what_does_not_fit_is_refused(tmp_path: Path, name: str) -> None:
    change, says = changes()[name]
    files = written(tmp_path)
    reports = [json.loads(file.read_text()) for file in files]
    change(reports)
    for file, report in zip(files, reports, strict=True):
        file.write_text(json.dumps(report))
    done = merge(tmp_path, *files)
    assert done.exit_code == 4, done.output
    assert says in done.output and len(done.output.strip().splitlines()) == 1
    assert not (tmp_path / "whole.json").exists()


def test_missing_shards_are_named(tmp_path: Path) -> None:
    files = written(tmp_path)
    done = merge(tmp_path, files[1])
    assert (done.exit_code, "of 3 shards 2 are missing: 1, 3" in done.output) == (4, True), done.output
    assert merge(tmp_path).exit_code == 4
    (tmp_path / "text.json").write_text("no JSON")
    assert "is not a law report" in merge(tmp_path, tmp_path / "text.json").output
    again = merge(tmp_path, *files, files[0])
    assert again.exit_code == 4 and "is given 2 times" in again.output
    over = CliRunner().invoke(main, ["merge", *map(str, files), "--out", str(files[0])])
    assert over.exit_code == 4 and "is one of the shards" in over.output


# ------------------------------------------------------------------------------------------------ how much is drawn


def test_profiles() -> None:
    assert effort() == DEFAULT == PROFILES["default"]
    assert effort("smoke").examples < DEFAULT.examples < effort("thorough").examples
    assert not effort("smoke").shrink and DEFAULT.shrink and DEFAULT.seed == 0
    many = effort("default", 15_000, 3)
    assert (many.examples, many.exact, many.costly, many.seed) == (15_000, 12_000, 5_000, 3)
    assert (effort("default", 1).exact, effort("default", 1).costly) == (3, 3)
    wrongs: list[dict[str, Any]] = [{"profile": "x"}, {"examples": 0}, {"seed": -1}, {"seed": 2**32}]
    for wrong in wrongs:
        with pytest.raises(UsageError):
            effort(**wrong)


def test_portions_are_all_of_it() -> None:
    for draws in (1, 15, 499, 500, 501, 15_000):
        assert sum(portions(draws)) == draws
        assert max(portions(draws)) <= 500 and min(portions(draws)) >= 1


def test_another_seed_draws_other_instances() -> None:
    suite.load()
    found = (dict(suite.parts("RD.2", "torch", effort("smoke", seed=seed))) for seed in (0, 0, 1, 2))
    first, again, *others = [[(each.witnesses, each.gap, each.allowed) for each in parts.values()] for parts in found]
    assert first == again
    assert any(other != first for other in others)
