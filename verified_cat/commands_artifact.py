"""The commands about the artifact: ``reproduce``, and what checks its results again."""

from __future__ import annotations

from pathlib import Path

import click

from verified_cat.commands import FAILED, Commands


@click.group(cls=Commands, invoke_without_command=True)
@click.option("--quick", "how", flag_value="quick", help="The claims that take minutes.")
@click.option("--full", "how", flag_value="full", help="All claims; refused where files differ from the commit.")
@click.option("--claim", "names", metavar="NAME", multiple=True, help="Only this claim; may be given again.")
@click.option("--out", type=click.Path(path_type=Path), help="The folder of the results: new, or empty.")
@click.option(
    "--instructions",
    type=click.Choice(["avx2", "default", "avx512"]),
    default="avx2",
    help="What PyTorch's kernels may use; results are recorded for avx2, elsewhere they are held to bounds.",
)
@click.option(
    "--slack",
    type=click.FloatRange(min=0, min_open=True),
    default=5.0,
    help="A command may take so many times its minutes.",
)
@click.option("--record", "keep", is_flag=True, help="Keep what is found as what is expected in this environment.")
@click.pass_context
def reproduce(
    ctx: click.Context,
    how: str | None,
    names: tuple[str, ...],
    out: Path | None,
    instructions: str,
    slack: float,
    keep: bool,
) -> None:
    """Establish the claims of artifact/claims.toml again: tables, figures, verdicts; run in a checkout.

    Exits 1 where a claim was not established. Without options the claims are listed.
    """
    if ctx.invoked_subcommand is not None:
        return
    from verified_cat import reproducing
    from verified_cat.claims import PASSES, read
    from verified_cat.errors import UsageError, near
    from verified_cat.surroundings import source

    root = Path.cwd()
    claims = read(root / reproducing.CLAIMS)
    unknown = [name for name in names if name not in {claim.name for claim in claims}]
    if unknown:
        raise UsageError(f"no claim is called {unknown[0]!r}; {near(unknown[0], [claim.name for claim in claims])}")
    chosen = [claim for claim in claims if claim.name in names or (not names and (how == "full" or claim.quick))]
    if how is None and not names:
        for claim in claims:
            click.echo(f"{'quick' if claim.quick else 'full':<6}{claim.minutes:>5g} min  {claim.name}: {claim.says}")
        return
    if out is None:
        raise UsageError("--out FOLDER is needed: where the results go")
    if (how == "full" or keep) and source(root, out)["dirty"]:
        raise UsageError(
            "files differ from the commit: results of --full and of --record belong to a commit, so commit first"
        )

    def told(each: reproducing.Established) -> None:
        click.echo(f"{each.word:<13}{each.ended.seconds:>7.1f} s  {each.claim.name}: {each.why}")

    done = reproducing.reproduce(root, out, chosen, told, instructions, slack)
    if keep:
        reproducing.record(root, done, instructions)
    failed = [each.claim.name for each in done if each.word not in PASSES]
    left = [claim.name for claim in claims if claim not in chosen]
    click.echo(f"{len(done) - len(failed)} of {len(done)} claims established again; manifest in {out}")
    if left:
        click.echo(f"not run: {', '.join(left)}")
    if failed:
        raise SystemExit(FAILED)


@reproduce.command("check")
@click.argument("folder", type=click.Path(path_type=Path))
def check(folder: Path) -> None:
    """Derive every verdict of a folder of results again, from its files alone; exits 1 for what does not hold."""
    from verified_cat import reproducing

    wrong = reproducing.checked(Path.cwd(), folder)
    click.echo("\n".join(wrong) or "every file is as the manifest says, and every verdict follows from the files")
    if wrong:
        raise SystemExit(FAILED)
