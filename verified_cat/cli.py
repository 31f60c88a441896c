"""The commands of ``verified-cat``, such as crosscheck, train, laws, report, merge, controls, replay and doctor.

Exit codes: 0 it holds, 1 a check failed, 4 the request could not be carried out (one line says why), 130 interrupted.
Whatever is heavy (SymPy, torch) is imported by the command that needs it.
"""

from __future__ import annotations

import atexit
import gc
import sys
from collections.abc import Callable
from pathlib import Path
from textwrap import shorten
from typing import Any

import click

from verified_cat import __version__
from verified_cat.commands import FAILED, Commands
from verified_cat.commands_artifact import reproduce
from verified_cat.commands_certify import certify, verify
from verified_cat.commands_draw import draw
from verified_cat.commands_laws import controls, law_report, laws, merge, replay
from verified_cat.commands_numbers import certificates, crosscheck
from verified_cat.commands_schemas import schema
from verified_cat.commands_steps import show, validate
from verified_cat.commands_train import train
from verified_cat.errors import UsageError, VerifiedCatError


@click.group(cls=Commands, invoke_without_command=True)
@click.version_option(__version__, prog_name="verified-cat")
@click.pass_context
def main(ctx: click.Context) -> None:
    """Formally checked category laws, an exact reference and a fast engine for compositional learning.

    The laws themselves are run by pytest: `pytest --pyargs verified_cat.laws`.
    """
    if ctx.invoked_subcommand is None:
        click.echo(ctx.get_help())


for _command in (
    crosscheck,
    certificates,
    train,
    schema,
    draw,
    show,
    validate,
    certify,
    verify,
    laws,
    law_report,
    merge,
    controls,
    replay,
    reproduce,
):
    main.add_command(_command)


# ------------------------------------------------------------------------------------------------ proofs


@main.command()
@click.option("--law", "chosen", metavar="ID,ID", default="", help="Only these laws.")
@click.option("--jobs", type=click.IntRange(min=1), default=1, show_default=True, help="How many processes.")
@click.option("--fresh", is_flag=True, help="Ask the solvers everything again, and remember nothing.")
@click.option("--cache", type=click.Path(path_type=Path), help="Where their answers are remembered.")
@click.option("--export", "out", type=click.Path(path_type=Path), help="Also write every obligation to this folder.")
@click.option("--mutants", is_flag=True, help="Instead: wrong constructions, and the methods that refute each.")
@click.option("--necessity", is_flag=True, help="Instead: what each proof needs to assume, with a model that shows it.")
@click.option(
    "--replay", "replayed", is_flag=True, help="Instead: re-check the stored certificates; no solver is needed."
)
@click.option("--write-certificates", is_flag=True, help="Ask cvc5 for proofs, and store what our own checker accepts.")
@click.option("--write-necessity", is_flag=True, help="Look for the models of --necessity again, and store them.")
def proofs(
    chosen: str,
    jobs: int,
    fresh: bool,
    cache: Path | None,
    out: Path | None,
    mutants: bool,
    necessity: bool,
    replayed: bool,
    write_certificates: bool,
    write_necessity: bool,
) -> None:
    """Prove the laws about the code that runs: by Z3 and cvc5, both, or not at all; then what else is proved, and Agda.

    Exits 1 where a law is refuted, vacuous or undecided, where the solvers disagree, or where a goal has no certificate
    or one that says something else than the code of today.
    """
    from verified_cat.laws import suite

    suite.load()
    if mutants:
        return _code_mutants()
    if replayed or write_certificates:
        return _certificates(write_certificates)
    from verified_cat.proofs import remembered, running

    laws = [suite.check_law(name) for name in chosen.split(",") if name]
    folder = None if fresh else cache or remembered.cache_folder()
    if necessity or write_necessity:
        return _needed(running.tasks(laws), write_necessity)
    found, seconds = running.run(laws, folder=folder, jobs=jobs, show=_proof_shown)
    click.echo("\n".join(["", *running.summary(found, seconds)]))
    if out is not None:
        from verified_cat.proofs.export import export

        written = export(out, running.tasks(laws), running.solvers(folder))
        click.echo(f"{len(written)} obligations as SMT-LIB and TPTP, listed in {out / 'manifest.json'}")
        _hunted(out)
    if any(each.fails for each in found):
        raise SystemExit(FAILED)


def _hunted(folder: Path) -> None:
    """E looks for contradictions among the hypotheses, where it is installed; exits 1 where it finds one."""
    from verified_cat.proofs import eprover

    if not eprover.eprover():
        click.echo(f"no hunt for contradictions: {eprover.WAY_OUT}")
        return
    said = eprover.hunt(folder)
    found = [name for name, word in said.items() if word == "Unsatisfiable"]
    click.echo(f"E looked for contradictions in {len(said)} sets of hypotheses, and found {', '.join(found) or 'none'}")
    if found:
        raise SystemExit(FAILED)


def _proof_shown(done: int, total: int, row: Any) -> None:
    """The row, and on a terminal how far the run is."""
    if sys.stderr.isatty():
        click.echo(f"\r{done} of {total}", nl=done == total, err=True)
    click.echo(("\r" if sys.stderr.isatty() else "") + row.line())


def _needed(todo: list[tuple[str, str]], write: bool) -> None:
    """What each proof needs to assume, by stored models; exits 1 where none shows it."""
    from verified_cat.check import LAWS
    from verified_cat.proofs import necessity, needed
    from verified_cat.report import write_text

    asked = [(law, world) for law, world in todo if not LAWS[law].without_solver]
    kept = needed.stored()
    if write:
        found = necessity.search(asked, lambda key: click.echo(key, err=True))
        kept = {key: each for key, each in kept.items() if necessity.of(key) not in asked} | found
        write_text(needed.FILE, necessity.text(kept))
    rows = list(necessity.checked(asked, kept))
    shown, eased = sum(each.values > 0 for each in rows), sum(each.eased for each in rows)
    click.echo("\n".join(each.line() for each in rows))
    click.echo(f"\n{shown} hypotheses of goals shown necessary, {len(rows) - shown - eased} not shown")
    if eased:
        click.echo(f"{eased} that only help a solver; the certificates of their goals do without")
    if not all(each.stands for each in rows):
        raise SystemExit(FAILED)


def _code_mutants() -> None:
    """The table of wrong constructions; exits 1 where one survives, or where a harmless change does not."""
    from verified_cat.proofs import code_mutants

    click.echo(code_mutants.heading())
    listed, wrong = code_mutants.listed(), 0
    for mutant, found, line in code_mutants.table(listed):
        wrong += bool(found) == mutant.equivalent
        click.echo(line)
    harmless = sum(mutant.equivalent for mutant in listed)
    click.echo(f"\n{len(listed) - harmless} mutants and {harmless} harmless changes; {wrong} not as they should be")
    if wrong:
        raise SystemExit(FAILED)


def _certificates(write: bool) -> None:
    """Re-check the stored certificates, after writing them where that is asked."""
    if write:
        _write_certificates()
    from verified_cat.proofs import certificates

    atexit.register(gc.freeze)  # the process ends: what is left of the terms is not looked through again
    with certificates.uncollected():
        rows = certificates.replay()
        click.echo("\n".join(certificates.summary(rows)))
    if any(row.status != "certified" for row in rows):
        raise SystemExit(FAILED)


def _write_certificates() -> None:
    """Certificates for every law that is said of opaque symbols."""
    from verified_cat.proofs import certificates, certify

    for law in certificates.provable():
        for failure in certify.write(law):
            click.echo(f"not certified: {failure}", err=True)


# ------------------------------------------------------------------------------------------------ doctor


@main.command()
@click.option("--check", is_flag=True, help="Write nothing: compare the ledger that is kept with a fresh run.")
@click.option("--update", is_flag=True, help="Run only the laws that the kept ledger lacks; read the rest again.")
@click.option("--out", type=click.Path(path_type=Path), help="Where to write it, if not in place of the kept one.")
def ledger(check: bool, update: bool, out: Path | None) -> None:
    """Write the strongest evidence of every law, from a fresh run of all of them; takes minutes.

    With --check it exits 1 where the kept ledger says anything otherwise.
    """
    from verified_cat.proofs import ledger as book
    from verified_cat.report import write_text

    if check and (update or out is not None):
        raise UsageError("--check runs every law and writes nothing: neither --update nor --out goes with it")
    entries = book.compiled(lambda law: click.echo(law, err=True), book.kept() if update else None)
    if not check:
        write_text(out or book.FILE, book.text(entries))
        click.echo(f"{len(entries)} laws: {out or book.FILE}")
        return
    found = book.differences(book.kept(), entries)
    click.echo("\n".join([*found, f"{len(entries)} laws, {len(found)} differences"]))
    if found:
        raise SystemExit(FAILED)


@main.command()
def doctor() -> None:
    """What is installed here, and which engines and devices can be used."""
    from verified_cat.report import environment

    for name, version in {"verified_cat": __version__, **environment()}.items():
        click.echo(f"{name:<16} {version}")
    click.echo("")
    for name, attempt in _ENGINES.items():
        click.echo(f"{name:<16} {_available(attempt)}")


def _available(attempt: Callable[[], object]) -> str:
    try:
        attempt()
    except (ImportError, VerifiedCatError) as refused:
        return f"not available: {shorten(str(refused), 160)}"
    return "available"


def _sympy() -> None:
    from verified_cat.reference import SympyEngine

    SympyEngine()


def _torch(device: str) -> Callable[[], object]:
    def attempt() -> None:
        from verified_cat.gpu.engine import TorchEngine

        TorchEngine("float32", device)

    return attempt


def _solver(name: str) -> Callable[[], object]:
    from importlib import import_module

    return lambda: import_module(name)


_ENGINES: dict[str, Callable[[], object]] = {
    "sympy": _sympy,
    "torch on cpu": _torch("cpu"),
    "torch on cuda": _torch("cuda"),
    "torch on mps": _torch("mps"),
    "solver z3": _solver("z3"),
    "solver cvc5": _solver("cvc5"),
}
"""What may be there or not, with an attempt to use it."""
