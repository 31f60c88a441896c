"""The commands about numbers: ``crosscheck`` and ``certificates``."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from verified_cat.commands import FAILED, SEED

# ------------------------------------------------------------------------------------------------ crosscheck


PRECISIONS = {"both": ("float64", "float32"), **{each: (each,) for each in ("float64", "float32", "bfloat16")}}


@click.command()
@click.option("--terms", type=click.IntRange(min=1), default=1000, show_default=True, help="How many random terms.")
@SEED
@click.option("--precision", type=click.Choice([*PRECISIONS]), default="both", show_default=True)
@click.option("--device", default="cpu", show_default=True, help="Where torch computes, such as cuda.")
@click.option("--engine", help="In place of torch: NAME or module:object, as for the law suite.")
@click.option("--jobs", type=click.IntRange(min=1), default=1, show_default=True, help="How many processes.")
@click.option("--shard", metavar="K/N", default="1/1", help="Only this part of the terms; `merge` joins the reports.")
@click.option("--json", "report", type=click.Path(path_type=Path), help="Write the figures to this file.")
@click.option(
    "--failures", type=click.Path(path_type=Path), default=Path("."), help="The folder for a failure, made small."
)
@click.option(
    "--replay", type=click.Path(path_type=Path, exists=True, dir_okay=False), help="Only the failure in this file."
)
@click.option(
    "--planted", type=click.IntRange(min=1), help="Only so many planted errors of rounding size, to be caught."
)
def crosscheck(
    terms: int,
    seed: int,
    precision: str,
    device: str,
    engine: str | None,
    jobs: int,
    shard: str,
    report: Path | None,
    failures: Path,
    replay: Path | None,
    planted: int | None,
) -> None:
    """Random terms: values, reverse and forward derivatives of torch against exact ones, within a derived bound.

    Every operation is also held against its own rounding bound, at the numbers that it met. Exits 1 where any entry
    leaves its bound, or too little could be compared.
    """
    from verified_cat import failing
    from verified_cat.crosscheck import crosscheck, torch_engines
    from verified_cat.report import Strength, write_json
    from verified_cat.shard import Shard

    part = Shard.read(shard)
    own = [_engine(engine)] if engine else torch_engines(PRECISIONS[precision], device)
    if replay:
        again = failing.replayed(replay, own)
        click.echo("\n".join(again.lines()))
        raise SystemExit(FAILED if again.fails else 0)
    if planted:
        raise SystemExit(_planted(planted, seed, own))
    asked = {"terms": terms, "seed": seed, "shard": {"index": part.index, "of": part.of}}
    if report:  # before the work: that the file can be written, and that an interrupted run reads as none
        write_json(report, {"schema": 2, "verdict": Strength.NOT_RUN.value, "run": asked})
    found = crosscheck(terms, seed, own, jobs, _shown(len(part.numbers(terms))), part)
    if report:
        write_json(report, found.as_json() | {"run": asked})
    click.echo("\n".join(found.table()))
    for line in failing.kept(found.excesses, own, failures):
        click.echo(line)
    click.echo(f"\n{found.strength.value}: {found.excess_count} excesses in {found.terms} terms")
    if found.strength is not Strength.SAMPLED:
        raise SystemExit(FAILED)


def _planted(count: int, seed: int, engines: list[Any]) -> int:
    """The exit code: whether every planted error was caught, in every engine."""
    from verified_cat.planting import ERROR, caught, in_long_sums, larger, tries

    missed = 0
    for engine in engines:
        found = [caught(place, engine, larger) for place in tries(count, seed, engine)]
        missed += len(found) - sum(found)
        said = f"caught {sum(found)} of {len(found)} errors of {ERROR:g}, each in one entry of one gradient"
        click.echo(f"{engine.name:<15} {said}")
        sums = in_long_sums(engine, seed)
        seen = "; ".join(f"of {name} numbers in {here} of {entries}" for name, (entries, here) in sums.items())
        click.echo(f"{'':<15} in sums of 64 products it leaves the bound: {seen}")
        missed += sums["whole"][0] - sums["whole"][1]
    return FAILED if missed else 0


def _engine(name: str) -> Any:
    """An engine by name or module:object, as the law suite knows them."""
    from verified_cat.laws import engines

    return engines.engine(name)


def _shown(terms: int) -> Callable[[Any], None]:
    """Progress on standard error: called with each outcome."""
    from verified_cat.gpu.progress import Progress

    progress, counts = Progress(terms), {"done": 0, "excesses": 0}

    def show(outcome: Any) -> None:
        counts["done"] += 1
        counts["excesses"] += sum(each.excess is not None for each in (*outcome.comparisons, *outcome.steps))
        if progress.due():
            progress.show(counts["done"], {"excesses": counts["excesses"]})
        if counts["done"] == terms:
            progress.close()

    return show


@click.command()
def certificates() -> None:
    """Each primitive's derivative against calculus: on symbols, in balls at larger shapes, and torch's at kinks.

    Exits 1 where one is wrong, or a primitive has no certificate.
    """
    from verified_cat.reference.certificates import certificates

    found = list(certificates())
    click.echo("\n".join(map(str, found)))
    if any(each.faults for each in found):
        raise SystemExit(FAILED)
