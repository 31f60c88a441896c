"""The commands about laws and their reports: ``laws``, ``report``, ``merge``, ``controls`` and ``replay``."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from verified_cat.commands import FAILED, INTERRUPTED
from verified_cat.errors import UsageError, near

# ------------------------------------------------------------------------------------------------ laws


@click.command()
@click.option("--show", "name", metavar="ID", help="Everything that is stated of one law.")
@click.option("--markdown", "page", type=click.Path(path_type=Path), help="Write all of them, by family, to this file.")
def laws(name: str | None, page: Path | None) -> None:
    """List the laws with their statements and sources."""
    known = stated()
    if page is not None:
        from verified_cat.laws.catalogue import catalogue, markdown
        from verified_cat.report import write_text

        listed = {each: law for each, law in known.items() if not _is_probe(law)}
        write_text(page, markdown(listed, catalogue()))
        click.echo(f"{len(listed)} laws: {page}")
        return
    if name is None:
        for each in known.values():
            click.echo(f"{each.name:<18} {each.statement}\n{'':<18} {each.source}")
        probes = sum(_is_probe(each) for each in known.values())
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


def _is_probe(law: Any) -> bool:
    """Whether it is about an engine itself: no law of constructions, and none of the suite."""
    return not hasattr(law, "equality") and not hasattr(law, "controls")


def described(law: Any) -> list[str]:
    """A law in full: what it says, of what, where, and what it must refute."""
    lines = [f"{law.name}: {law.title}", f"  {law.statement}", f"  source    {law.source}"]
    if not hasattr(law, "equality"):
        planted = [f"  refutes   {fault} (planted)" for fault in getattr(law, "controls", ())]
        about = "an engine itself" if _is_probe(law) else "the suite itself"
        return [*lines, f"  about     {about}", *planted]
    lines += [f"  doctrine  {law.doctrine}", f"  equality  {law.equality}"]
    if law.given:
        lines.append(f"  given     {law.given}")
    lines.append(f"  in        {', '.join(law.worlds)}")
    lines += [f"  refutes   {mutant.says} (in {mutant.world})" for mutant in law.mutants]
    return lines + ([f"  no proof  {law.without_solver}"] if law.without_solver else [])


# ------------------------------------------------------------------------------------------------ report


@click.command("report")
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
    """The picture of each law of a report, or why there is none."""
    from verified_cat.check import LAWS
    from verified_cat.diagrams import on_page

    return {name: on_page(law) for name, law in LAWS.items() if name in {row.law for row in found.rows}}


@click.command()
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
    counted = Counter(file.resolve() for file in files)
    for file in files:
        if counted[file.resolve()] > 1:
            raise UsageError(f"{file} is given {counted[file.resolve()]} times; each shard is merged once")
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


@click.command()
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
    survived = False
    for control in kills.broken():
        word = kills.judged(control)
        survived |= word != "refuted"
        click.echo(f"{control.name:<42} {control.judge:<14} {word}")
    for harmless in planted.HARMLESS:
        passes = planted.passed(harmless)
        survived |= not passes
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


@click.command()
@click.argument("file", type=click.Path(path_type=Path, exists=True, dir_okay=False))
@click.option("--engine", default="sympy", show_default=True, help="NAME or module:object, as for the law suite.")
def replay(file: Path, engine: str) -> None:
    """State the failed instances of a law report, or of a case file, again; exits 1 where one still fails."""
    from verified_cat.laws import replaying

    failed = False
    for example, tally in replaying.replay(file, engine):
        found, where = tally.worst, f"{example['law']} in {example['world']} of {engine}"
        word = "holds" if tally.failed is None else "fails"
        failed |= tally.failed is not None
        click.echo(f"{where}: {word} there: gap {found.gap:.3g}, allowed {found.allowed:.3g}")
        for name, text in example.get("text", {}).items():
            click.echo(f"  {name} = {text}")
    if failed:
        sys.exit(FAILED)
