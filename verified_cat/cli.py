"""The commands of ``verified-cat``, such as crosscheck, train, laws, report, merge, controls, replay and doctor.

Exit codes: 0 it holds, 1 a check failed, 4 the request could not be carried out (one line says why), 130 interrupted.
Whatever is heavy (SymPy, torch) is imported by the command that needs it.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from textwrap import shorten
from typing import Any

import click

from verified_cat import __version__
from verified_cat.errors import UsageError, VerifiedCatError, near

FAILED, REFUSED, INTERRUPTED = 1, 4, 130


class Refused(click.ClickException):
    """A request that could not be carried out, in one line."""

    exit_code = REFUSED


@contextmanager
def _in_one_line() -> Iterator[None]:
    """Anticipated errors become one line and an exit code; any other keeps its traceback."""
    try:
        yield
    except VerifiedCatError as error:
        raise Refused(" ".join(str(error).split())) from error
    except click.UsageError as error:
        raise Refused(" ".join(error.format_message().split())) from error


class Commands(click.Group):
    """A group whose errors are one line each, also those of its commands."""

    def make_context(self, *args: Any, **extra: Any) -> click.Context:
        with _in_one_line():
            return super().make_context(*args, **extra)

    def invoke(self, ctx: click.Context) -> Any:
        with _in_one_line():
            return super().invoke(ctx)


@click.group(cls=Commands, invoke_without_command=True)
@click.version_option(__version__, prog_name="verified-cat")
@click.pass_context
def main(ctx: click.Context) -> None:
    """Formally checked category laws, an exact reference and a fast engine for compositional learning.

    The laws themselves are run by pytest: `pytest --pyargs verified_cat.laws`.
    """
    if ctx.invoked_subcommand is None:
        click.echo(ctx.get_help())


_SEED = click.option("--seed", type=click.IntRange(min=0), default=0, show_default=True, help="Where the draws start.")


# ------------------------------------------------------------------------------------------------ crosscheck


PRECISIONS = {"both": ("float64", "float32"), **{each: (each,) for each in ("float64", "float32", "bfloat16")}}


@main.command()
@click.option("--terms", type=click.IntRange(min=1), default=1000, show_default=True, help="How many random terms.")
@_SEED
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
    from verified_cat.crosscheck import crosscheck, part_of, torch_engines
    from verified_cat.report import Strength, write_json

    part = part_of(shard)
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
    from verified_cat.planting import ERROR, caught, larger, tries

    missed = 0
    for engine in engines:
        found = [caught(place, engine, larger) for place in tries(count, seed, engine)]
        missed += len(found) - sum(found)
        said = f"caught {sum(found)} of {len(found)} errors of {ERROR:g}, each in one entry of one gradient"
        click.echo(f"{engine.name:<15} {said}")
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


@main.command()
def certificates() -> None:
    """Each primitive's derivative against calculus: on symbols, in balls at larger shapes, and torch's at kinks.

    Exits 1 where one is wrong, or a primitive has no certificate.
    """
    from verified_cat.reference.certificates import certificates

    found = list(certificates())
    click.echo("\n".join(map(str, found)))
    if any(each.faults for each in found):
        raise SystemExit(FAILED)


# ------------------------------------------------------------------------------------------------ train


@main.command()
@click.argument("name")
@click.option(
    "--out", type=click.Path(path_type=Path), required=True, help="The folder of the run: new, or one of ours."
)
@click.option("--steps", type=click.IntRange(min=1), help="How many updates; by default what the task says.")
@_SEED
@click.option("--data", type=click.Path(path_type=Path), help="A CSV file with columns x, y (linear-regression only).")
@click.option(
    "--crosscheck/--no-crosscheck", "check", default=True, help="Whether to cross-check what was run; on by default."
)
def train(name: str, out: Path, steps: int | None, seed: int, data: Path | None, check: bool) -> None:
    """Train the task NAME, and leave its model and metrics.json in the folder of the run.

    NAME is linear-regression, digits or cyclegan-points. The model is called verified where the cross-check of the
    program that was run is green; metrics.json has it, with the figures.
    """
    from verified_cat.gpu.tasks import task

    chosen = task(name)
    options = {} if data is None else {"data": data}
    if options and name != "linear-regression":
        raise UsageError(f"--data is for linear-regression alone; {name} makes or brings its own data")
    metrics = chosen.train(out, steps=steps, seed=seed, **options)
    click.echo("\n".join(figures(metrics)))
    click.echo(f"{metrics['status']} after {metrics['steps']} steps; the model and metrics.json are in {out}")
    if metrics["status"] == "interrupted":
        raise SystemExit(INTERRUPTED)
    if check and not _verified(out, lambda: chosen.train(None, steps=1, seed=seed, **options), seed):
        raise SystemExit(FAILED)


def _verified(out: Path, one_step: Callable[[], Any], seed: int) -> bool:
    """Record the cross-check of the program with the run. False where it is refuted."""
    from verified_cat.gpu.saving import RunFolder
    from verified_cat.report import Strength
    from verified_cat.training_check import checked, summary

    record = checked(one_step, seed)
    RunFolder(out).add(record)
    click.echo(summary(record))
    return bool(record["crosscheck"]["verdict"] != Strength.REFUTED.value)


def figures(metrics: dict[str, Any]) -> list[str]:
    """The final figures as lines: a table of rows where the task compares with baselines, else one figure a line."""
    if "rows" in metrics and isinstance(metrics["rows"], dict):
        from verified_cat.gpu.cyclegan_points import summary

        return [summary(metrics)]
    shown = {name: value for name, value in metrics.items() if isinstance(value, float)}
    return [f"{name:<24} {value:.6g}" for name, value in shown.items()]


# ------------------------------------------------------------------------------------------------ laws


@main.command()
@click.option("--show", "name", metavar="ID", help="Everything that is stated of one law.")
@click.option("--markdown", "page", type=click.Path(path_type=Path), help="Write all of them, by family, to this file.")
def laws(name: str | None, page: Path | None) -> None:
    """List the laws with their statements and sources."""
    known = stated()
    if page is not None:
        from verified_cat.laws.catalogue import catalogue, markdown
        from verified_cat.report import write_text

        listed = {each: law for each, law in known.items() if _about(law) != ENGINE}
        write_text(page, markdown(listed, catalogue()))
        click.echo(f"{len(listed)} laws: {page}")
        return
    if name is None:
        for each in known.values():
            click.echo(f"{each.name:<18} {each.statement}\n{'':<18} {each.source}")
        probes = sum(_about(each) == ENGINE for each in known.values())
        click.echo(f"{len(known) - probes} laws, and {probes} about an engine itself")
        return
    if name not in known:
        raise UsageError(f"no law is called {name!r}; {near(name, list(known))}")
    click.echo("\n".join(described(known[name])))


def stated() -> dict[str, Any]:
    """Every law by name: those about an engine itself first, those about the suite last."""
    from verified_cat.audits import AUDITS
    from verified_cat.check import LAWS
    from verified_cat.laws import suite
    from verified_cat.laws.smoke import PROBES

    suite.load()
    return PROBES | LAWS | AUDITS


ENGINE = "an engine itself"


def _about(law: Any) -> str:
    """What a law is about."""
    if hasattr(law, "equality"):
        return "constructions"
    return "the suite itself" if hasattr(law, "controls") else ENGINE


def described(law: Any) -> list[str]:
    """A law in full: what it says, of what, where, and what it must refute."""
    lines = [f"{law.name}: {law.title}", f"  {law.statement}", f"  source    {law.source}"]
    if not hasattr(law, "equality"):
        planted = [f"  refutes   {fault} (planted)" for fault in getattr(law, "controls", ())]
        return [*lines, f"  about     {_about(law)}", *planted]
    lines += [f"  doctrine  {law.doctrine}", f"  equality  {law.equality}"]
    if law.given:
        lines.append(f"  given     {law.given}")
    lines.append(f"  in        {', '.join(law.worlds)}")
    lines += [f"  refutes   {mutant.says} (in {mutant.world})" for mutant in law.mutants]
    return lines + ([f"  no proof  {law.without_solver}"] if law.without_solver else [])


# ------------------------------------------------------------------------------------------------ report


@main.command("report")
@click.argument("file", type=click.Path(path_type=Path, exists=True, dir_okay=False))
@click.option("--markdown", type=click.Path(path_type=Path), help="Write the report as Markdown to this file.")
@click.option("--html", type=click.Path(path_type=Path), help="Write the report as one HTML page to this file.")
@click.option("--badge", type=click.Path(path_type=Path), help="Write a badge for shields.io's endpoint to this file.")
@click.option(
    "--controls",
    type=click.Path(path_type=Path, exists=True, dir_okay=False),
    help="What `verified-cat controls --json FILE` found, to be shown as well.",
)
def law_report(file: Path, markdown: Path | None, html: Path | None, badge: Path | None, controls: Path | None) -> None:
    """Make a law report (`pytest laws/ --law-report FILE`) readable; as Markdown on the screen unless told where to.

    Exits 0 whatever the verdicts are: it shows a report and judges nothing.
    """
    from json import dumps

    from verified_cat import killing, page, reading, summary
    from verified_cat.laws import replaying
    from verified_cat.report import write_text

    outs = [out for out in (markdown, html, badge) if out is not None]
    given = [file, *([controls] if controls else [])]
    if len({path.resolve() for path in (*given, *outs)}) < len(given) + len(outs):
        raise UsageError("the report, the controls, the Markdown, the page and the badge have to be different files")
    found, known = reading.read(file), stated()
    kills = killing.read(controls) if controls else None
    made: list[tuple[Path | None, str]] = []
    if html is not None:
        made.append((html, page.html(found, known, replaying.readable, kills, drawn(found))))
    if badge is not None:
        made.append((badge, dumps(summary.badge(found), indent=1, sort_keys=True) + "\n"))
    if markdown is not None or not outs:
        made.append((markdown, summary.markdown(found, known, replaying.readable, kills)))
    for out, text in made:
        if out is None:
            click.echo(text, nl=False)
        else:
            write_text(out, text)
            click.echo(f"{found.counts()}: {out}")


def drawn(found: Any) -> Any:
    """The picture of each law of a report, or why there is none; None without DisCoPy."""
    from verified_cat.check import LAWS
    from verified_cat.errors import MissingExtra
    from verified_cat.pictures import picture

    try:
        return {name: picture(law) for name, law in LAWS.items() if name in {row.law for row in found.rows}}
    except MissingExtra:
        return None


@main.command()
@click.argument("files", nargs=-1, type=click.Path(path_type=Path, exists=True, dir_okay=False), required=True)
@click.option("--out", type=click.Path(path_type=Path), required=True, help="Where the report of the whole run goes.")
def merge(files: tuple[Path, ...], out: Path) -> None:
    """Put the reports of all shards (`pytest laws/ --shard K/N --law-report FILE`) together as one.

    Refused where shards are missing, doubled or of different runs, or where a row is missing. Exits 1 where a row is
    refuted, vacuous or undecided, or was stopped by a smoke law.
    """
    from collections import Counter

    from verified_cat.reference import crosschecks
    from verified_cat.report import Strength, write_json

    if out.resolve() in {file.resolve() for file in files}:
        raise UsageError(f"--out {out} is one of the shards")
    if crosschecks.are(files):
        joined = crosschecks.merge(list(files))
        write_json(out, joined)
        click.echo(f"{len(files)} shards, {joined['terms']} terms: {joined['verdict']}: {out}")
        if joined["verdict"] != Strength.SAMPLED.value:
            raise SystemExit(FAILED)
        return
    from verified_cat.laws import shards

    whole = shards.merge(list(files))
    write_json(out, whole)
    counts = Counter(row["verdict"] for row in whole["verdicts"])
    found = ", ".join(f"{counts[word.value]} {word.value}" for word in Strength if counts[word.value])
    click.echo(f"{len(files)} shards, {len(whole['verdicts'])} rows: {found}: {out}")
    if any(counts[word.value] for word in shards.FAILING) or any("blocked_by" in row for row in whole["verdicts"]):
        raise SystemExit(FAILED)


# ------------------------------------------------------------------------------------------------ controls


@main.command()
@click.option("--json", "out", type=click.Path(path_type=Path), help="Write law by control, and by mutant, to FILE.")
@click.option("--all-laws", is_flag=True, help="With --json: every law, not the judges alone; takes minutes.")
@click.option("--resume", is_flag=True, help="With --json: go on from what FILE has of an interrupted run.")
@click.option("--jobs", type=click.IntRange(min=1), default=1, show_default=True, help="With --json: processes.")
def controls(out: Path | None, all_laws: bool, resume: bool, jobs: int) -> None:
    """Engines with one planted fault, each against the law named for it; exits 1 where one is not refuted.

    With --json every control is held against other laws as well, for `verified-cat report --controls FILE`.
    """
    from verified_cat.laws import controls as planted
    from verified_cat.laws import kills

    if out is not None:
        _write_kills(out, list(stated()) if all_laws else planted.law_judges(), resume, jobs)
        return
    if all_laws or resume or jobs > 1:
        raise UsageError("--all-laws, --resume and --jobs say how --json FILE is made")
    survived = 0
    for control in kills.broken():
        word = kills.judged(control)
        survived += word != "refuted"
        click.echo(f"{control.name:<42} {control.judge:<14} {word}")
    for harmless in planted.HARMLESS:
        passes = planted.passed(harmless)
        survived += not passes
        word = "passes, harmless" if passes else "refuted, though harmless"
        click.echo(f"{harmless.name:<42} {'every judge':<14} {word}")
    if survived:
        sys.exit(FAILED)


def _write_kills(out: Path, laws: list[str], resume: bool, jobs: int) -> None:
    """The kill matrix as a file, whole after each law; exits 1 where what must be refuted is not."""
    from verified_cat import killing
    from verified_cat.laws import kill_matrix
    from verified_cat.report import write_json

    done = killing.unfinished(out) if resume else {}
    show = _kills_shown()

    def tell(found: dict[str, Any], left: int) -> None:
        write_json(out, found)
        show(found, left)

    try:
        found = kill_matrix.collect(done, laws, jobs, tell)
    except KeyboardInterrupt:
        click.echo(f"interrupted; what was found is in {out}, and --resume goes on from there", err=True)
        raise SystemExit(INTERRUPTED) from None
    write_json(out, found)
    survived = [f"{each['name']}: {each['verdict']}" for each in found["controls"] if each["verdict"] != "refuted"]
    survived += [
        f"{law}: {name}: {word}"
        for law, row in found["mutants"].items()
        for name, word in row.items()
        if word != "refuted"
    ]
    raised = [f"{law}, {name}: {fault}" for law, row in found["faults"].items() for name, fault in row.items()]
    caught = sum(each["verdict"] == "refuted" for each in found["controls"])
    click.echo(
        f"{caught} of {len(found['controls'])} controls refuted by their judge; {len(found['mutants'])} laws, "
        f"of which {len(found['idle'])} refute no control: {out}"
    )
    for line in [*(f"not refuted: {each}" for each in survived), *(f"exception: {each}" for each in raised)]:
        click.echo(line)
    if survived:
        sys.exit(FAILED)


def _kills_shown() -> Callable[[dict[str, Any], int], None]:
    """Progress on standard error: called with what is known and how much is left."""
    from verified_cat.gpu.progress import Progress

    progress: list[Progress] = []
    total: list[int] = []

    def show(found: dict[str, Any], left: int) -> None:
        if not progress:
            total.append(left + 1)
            progress.append(Progress(left + 1))
        if progress[0].due():
            progress[0].show(total[0] - left, {"laws": len(found["mutants"]), "controls": len(found["controls"])})
        if not left:
            progress[0].close()

    return show


# ------------------------------------------------------------------------------------------------ replay


@main.command()
@click.argument("file", type=click.Path(path_type=Path, exists=True, dir_okay=False))
@click.option("--engine", default="sympy", show_default=True, help="NAME or module:object, as for the law suite.")
def replay(file: Path, engine: str) -> None:
    """State the failed instances of a law report, or of a case file, again; exits 1 where one still fails."""
    from verified_cat.laws import replaying

    failed = 0
    for example, tally in replaying.replay(file, engine):
        found, where = tally.worst, f"{example['law']} in {example['world']} of {engine}"
        word = "holds" if tally.failed is None else "fails"
        failed += tally.failed is not None
        click.echo(f"{where}: {word} there: gap {found.gap:.3g}, allowed {found.allowed:.3g}")
        for name, text in example.get("text", {}).items():
            click.echo(f"  {name} = {text}")
    if failed:
        sys.exit(1)


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
) -> None:
    """Prove the laws about the code that runs: by Z3 and cvc5, both, or not at all.

    Exits 1 where a law is refuted, vacuous or undecided, where the solvers disagree, or where a goal has no certificate
    or one that says something else than the code of today.
    """
    from verified_cat.laws import suite
    from verified_cat.proofs import remembered, running

    suite.load()
    if mutants:
        return _code_mutants()
    if replayed or write_certificates:
        return _certificates(write_certificates)
    laws = [suite.check_law(name) for name in chosen.split(",") if name]
    folder = None if fresh else cache or remembered.cache_folder()
    if necessity:
        return _needed(running.tasks(laws), running.solvers(folder))
    found, seconds = running.run(laws, folder=folder, jobs=jobs, show=_proof_shown)
    click.echo("\n".join(["", *running.summary(found, seconds), *_certified(laws)]))
    if out is not None:
        from verified_cat.proofs.export import export

        written = export(out, running.tasks(laws), running.solvers(folder))
        click.echo(f"{len(written)} obligations as SMT-LIB and TPTP, listed in {out / 'manifest.json'}")
        _hunted(out)
    if any(each.word in running.FAILING for each in found):
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


def _needed(todo: list[tuple[str, str]], solvers: Any) -> None:
    """What each proof needs to assume; exits 1 where no model shows that it does."""
    from verified_cat.check import LAWS
    from verified_cat.proofs.necessity import needs

    shown = unshown = 0
    for law, world in todo:
        for need in [] if LAWS[law].without_solver else needs(law, world, solvers):
            shown, unshown = shown + bool(need.model), unshown + (not need.model)
            where = f"without it fails where the sorts have {need.model} values" if need.model else "NO MODEL SHOWS IT"
            click.echo(f"{law:<14} {world:<14} {need.goal:>3}  {need.hypothesis}: {where}")
    click.echo(f"\n{shown} hypotheses of goals shown necessary, {unshown} not shown")
    if unshown:
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


def _certified(laws: list[str]) -> list[str]:
    """What our own checker says of the stored certificates of these laws, or of all."""
    from verified_cat.check import LAWS
    from verified_cat.proofs import certificates

    chosen = [law for law in certificates.provable() if not laws or law.name in laws]
    rows = [row for law in chosen if law.name in LAWS for row in certificates.replay_law(law)]
    return certificates.summary(rows) if rows else []


def _certificates(write: bool) -> None:
    """Re-check the stored certificates, after writing them where that is asked."""
    if write:
        _write_certificates()
    from verified_cat.proofs import certificates

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
