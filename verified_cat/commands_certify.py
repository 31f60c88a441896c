"""The commands ``certify`` and ``verify``: the certificate of a run, and what of it holds."""

from __future__ import annotations

from pathlib import Path

import click

from verified_cat.commands import FAILED

NAME = "certificate.json"


@click.command()
@click.argument("run", type=click.Path(path_type=Path))
@click.option("--out", type=click.Path(path_type=Path), help=f"Where it is written; by default {NAME} in the run.")
@click.option("--family", "families", multiple=True, metavar="'NAME: box LOW HIGH'", help="Examples to bound over.")
@click.option(
    "--boxes", type=click.IntRange(1, 10**7), default=20_000, show_default=True, help="For each equation and family."
)
@click.option("--points", type=click.IntRange(1, 10**8), default=100_000, show_default=True, help="Points to compare.")
@click.option("--seed", type=click.IntRange(min=0), default=0, show_default=True, help="Where these points start.")
@click.option("--laws", type=click.Path(path_type=Path), help="A law report, of `pytest laws/ --law-report FILE`.")
def certify(
    run: Path,
    out: Path | None,
    families: tuple[str, ...],
    boxes: int,
    points: int,
    seed: int,
    laws: Path | None,
) -> None:
    """Write the certificate of the finished run in the folder RUN, and say what it claims.

    A family is "A: box -1 1", "A: box -1,0 1,0.5", "A: segment 0,0 1,0.5", "A: grey" (pictures of grey colours) or
    "A: data" (the box around held out examples). By default it is what [families] of the schema says, else the box of
    the law of an object, or that around its examples. Of a law report the run keeps a copy.
    """
    from verified_cat.certifying import certify as certified
    from verified_cat.certifying import write

    record = certified(run, families, boxes, points, seed, laws)
    write(record, out or run / NAME)
    click.echo("\n".join([*record["claims"], f"certificate {record['digest'][:16]}: {out or run / NAME}"]))


@click.command()
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--run", "folder", type=click.Path(path_type=Path), help="The folder of the run, if not that of FILE.")
@click.option("--quick", is_flag=True, help="Hold 10,000 fresh points against the bounds; do not compute them again.")
@click.option("--retrain", is_flag=True, help="Train again as well: the weights have to be the same, bit for bit.")
def verify(file: Path, folder: Path | None, quick: bool, retrain: bool) -> None:
    """Check the certificate FILE from the files of its run; name what does not hold, and exit 1 where there is some."""
    from verified_cat.certifying import verify as verified

    found = verified(file, folder, quick, retrain)
    click.echo("\n".join(found) if found else f"{file}: all of it holds{' (quick)' if quick else ''}")
    if found:
        raise SystemExit(FAILED)
