"""The commands about schemas: ``schema check``, ``schema fuzz``, ``schema train`` and more."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click

from verified_cat.commands import FAILED, SEED, Commands
from verified_cat.errors import UsageError

FILE = click.argument("file", type=click.Path(path_type=Path))


@click.group(cls=Commands)
def schema() -> None:
    """Schema files: check them, learn from them."""


@schema.command()
@FILE
@click.option("--length", type=click.IntRange(1, 64), default=8, show_default=True, help="The longest path looked at.")
@click.option("--data", "read", is_flag=True, help="Read the files of the data too.")
def check(file: Path, length: int, read: bool) -> None:
    """Everything that can be said of the schema FILE before a training: faults with their lines, then findings.

    Exits 1 where the file has a fault or a finding is an error.
    """
    from verified_cat.schema_checks import findings
    from verified_cat.schema_file import SchemaFileError, load

    try:
        whole = load(file)
    except SchemaFileError as faulty:
        click.echo("\n".join(faulty.lines))
        raise SystemExit(FAILED) from None
    found = findings(whole, length)
    counts = f"{len(whole.things)} objects, {len(whole.arrows)} arrows, {len(whole.demands)} equations"
    click.echo("\n".join([f"{whole.name}: {counts}", *map(str, found)]))
    if read:
        from verified_cat.gpu.made_points import told

        click.echo("\n".join(told(whole, thing.name) for thing in whole.things if thing.data is not None))
    if any(finding.level == "error" for finding in found):
        raise SystemExit(FAILED)


@schema.command()
@click.argument("run", type=click.Path(path_type=Path))
@FILE
@click.option("--along", type=click.Path(path_type=Path), required=True, help="A map of schemas, from FILE's to RUN's.")
@click.option("--seed", type=click.IntRange(min=0), help="Of the held-out examples; by default that of the run.")
def migrate(run: Path, file: Path, along: Path, seed: int | None) -> None:
    """The trained functor of RUN pulled back to the schema FILE: the same parameters, nothing is trained.

    Says whether the map keeps each equation, and the figures of FILE on its own held-out data.
    """
    from verified_cat.gpu.migration import figures_along
    from verified_cat.gpu.schema_folder import restored
    from verified_cat.gpu.schema_metrics import summary
    from verified_cat.schema_file import load
    from verified_cat.schema_map import load as load_map

    small, large = load(file), restored(run)
    through = load_map(along, small.schema, large.whole.schema)
    for equation, answer in through.kept().items():
        click.echo(f"{equation}, sent to {through.on(equation.lhs)} = {through.on(equation.rhs)}: {answer}")
    shown = figures_along(through, large.whole, small, large.params, large.seed if seed is None else seed, large.engine)
    click.echo("\n".join(summary(shown)))
    for target in small.targets:
        click.echo(f"{'reached' if target.reached(shown) else 'MISSED'}: {target}")


@schema.command()
def kinds() -> None:
    """The kinds that a schema file can name, each with its options: what each may be, and its default."""
    click.echo("\n".join(kinds_page()))


def kinds_page() -> Iterator[str]:
    """The lines of docs/schema-kinds.md, which is made by ``verified-cat schema kinds``."""
    from verified_cat.schema_kinds import FAMILIES, KINDS

    yield "# The kinds that a schema file can name"
    yield from ("", "Made by `verified-cat schema kinds`. How files are written is in [schemas.md](schemas.md).")
    for family, named in KINDS.items():
        yield from ("", f"## {FAMILIES[family]}: `{family}`", "", "| kind | option | what it is | default |")
        yield "|---|---|---|---|"
        for kind, table in named.items():
            for name, option in table.items():
                yield f"| `{kind}` | `{name}` | {option.says} | {_default(option.default)} |"
            if not table:
                yield f"| `{kind}` | | | |"


def _default(value: Any) -> str:
    if value is None:
        return "it has to be given"
    return "nothing" if value in ((), "") else f"`{_written(value)}`"


def _written(value: Any) -> str:
    """As it stands in a file."""
    if isinstance(value, tuple):
        return f"[{', '.join(map(_written, value))}]"
    if isinstance(value, bool):
        return "true" if value else "false"
    return f'"{value}"' if isinstance(value, str) else f"{float(value):.12g}"


@schema.command()
@click.option("--count", type=click.IntRange(min=1), default=10_000, show_default=True, help="How many files.")
@SEED
def fuzz(count: int, seed: int) -> None:
    """Damaged schema files: each is read, or refused with a line and a reason; exits 1 for anything else."""
    from verified_cat.schema_fuzz import fuzzed

    found = fuzzed(count, seed)
    click.echo("\n".join(found.lines()))
    if found.wrong:
        raise SystemExit(FAILED)


@schema.command("train")
@FILE
@click.option(
    "--out", type=click.Path(path_type=Path), required=True, help="The folder of the run: new, or one of ours."
)
@click.option("--steps", type=click.IntRange(min=1), help="How many updates; by default what the file says.")
@SEED
@click.option("--crosscheck/--no-crosscheck", "check", default=True, help="Whether to cross-check what was run.")
def train_file(file: Path, out: Path, steps: int | None, seed: int, check: bool) -> None:
    """Learn the functor that the schema FILE asks for; metrics.json has the figures and which targets were reached.

    `verified-cat train FILE` is the same. Exits 1 where the check refutes the program of the run, not where a target
    was missed.
    """
    learn(file, out, steps, seed, check)


def learn(file: Path, out: Path, steps: int | None, seed: int, check: bool) -> None:
    """The run that these few options ask for."""
    from verified_cat.commands_learn import learned
    from verified_cat.gpu.configuration import Given

    named = {"task": str(file), "out": out, "steps": steps, "seed": seed, "crosscheck": check}
    learned([Given({key: value for key, value in named.items() if value is not None}, lambda key: f"--{key}")], None)


@schema.command("report")
@click.argument("runs", nargs=-1, required=True, type=click.Path(path_type=Path), metavar="RUN [RUN ...]")
@click.option("--out", type=click.Path(path_type=Path), required=True, help="Where the page goes.")
def report_runs(runs: tuple[Path, ...], out: Path) -> None:
    """One page, to be read offline, on the trainings in the folders RUN: what they make, and how they fail.

    Runs of the same schema (several seeds) are compared. A folder of `schema ablate` adds what each equation gives.
    The named failures that were found are said on the screen as well.
    """
    from verified_cat.gpu.schema_report import lines, page, read
    from verified_cat.report import write_text

    found = read(runs)
    write_text(out, page(found))
    click.echo("\n".join([*lines(found), f"the page is {out}"]))


@schema.command("ablate")
@FILE
@click.option("--seeds", default="0,1,2", show_default=True, help="Whole numbers, with commas between them.")
@click.option("--steps", type=click.IntRange(min=1), help="How many updates; by default what the file says.")
@click.option("--out", type=click.Path(path_type=Path), required=True, help="The folder of all the runs.")
def ablate_file(file: Path, seeds: str, steps: int | None, out: Path) -> None:
    """What each equation of the schema FILE gives: train with all, without each, and without any, on every seed.

    A run that is there already is taken as it is. The programs of these runs are not cross-checked.
    """
    from verified_cat.gpu.ablation import ablate
    from verified_cat.schema_file import load
    from verified_cat.schema_sheets import ablation_lines

    words = seeds.replace(",", " ").split()
    if not words or not all(word.isascii() and word.isdigit() for word in words):
        raise UsageError(f"--seeds are whole numbers with commas between them, such as 0,1,2, not {seeds!r}")
    found = ablate(load(file), tuple(dict.fromkeys(map(int, words))), steps, out, click.echo)
    click.echo("\n".join([*ablation_lines(found), f"schema report {out} --out PAGE.html shows it"]))
