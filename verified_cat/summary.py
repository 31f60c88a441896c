"""A law report as Markdown, short enough for a comment on a pull request, and as a badge."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from html import escape
from typing import Any

from verified_cat.families import NOWHERE, Entry, Family, Stated, absent, families
from verified_cat.killing import Kills
from verified_cat.markup import visible
from verified_cat.matrix import counted
from verified_cat.reading import MEANINGS, Found, LawReport, Readable, lines_of
from verified_cat.report import Strength

TITLE = "Law report"


def size(report: LawReport) -> str:
    """How many laws, engines and words a report has."""
    laws = {row.law for row in report.rows}
    return f"{len(laws)} laws in {len(report.engines)} engines: {report.counts()}"


def markdown(report: LawReport, stated: Mapping[str, Stated], readable: Readable, kills: Kills | None = None) -> str:
    """The report as Markdown: what falls short first, then a table for each family, folded."""
    groups = families(report, stated)
    short = [entry for group in groups for entry in group.laws if entry.falls_short]
    parts = [f"# {TITLE}", "", f"{size(report)}.", ""]
    parts += [f"**{len(short)} laws fall short.**" if short else "No law is refuted, vacuous or undecided."]
    for entry in sorted(short, key=lambda entry: list(Strength).index(_word(entry)), reverse=True):
        parts += ["", f"## {_plain(entry.law)}: {_word(entry).value}", "", f"It states: {_plain(entry.statement)}"]
        parts += [line for row in entry.rows for line in _row(report, row, readable)]
    missing = absent(report, stated)
    if missing:
        parts += ["", f"No row of this report is about {len(missing)} laws: {', '.join(map(_plain, missing))}."]
    if kills is not None:
        parts += ["", *_kills(kills)]
    for group in groups:
        parts += ["", *_folded(f"{group.name}: {len(group.laws)} laws", _table(group))]
    said = [f"- {_plain(name)}: {_plain(version)}" for name, version in report.environment.items()]
    parts += ["", *_folded("Environment", said)]
    parts += ["", *_folded("The words", [f"- **{word.value}**: {says}" for word, says in MEANINGS.items()])]
    return "\n".join([*parts, ""])


def badge(report: LawReport) -> dict[str, Any]:
    """The report as an endpoint badge of shields.io, schema 1: the weakest word, and how many rows hold."""
    words = [row.strength for row in report.rows]
    bad = [word for word in (Strength.REFUTED, Strength.VACUOUS, Strength.UNDECIDED) if word in words]
    message = f"{words.count(bad[0])} {bad[0].value}" if len(bad) > 0 else report.counts()
    return {"schemaVersion": 1, "label": "laws", "message": message, "color": "red" if len(bad) > 0 else "blue"}


def _word(entry: Entry) -> Strength:
    found = entry.word()
    return Strength.NOT_RUN if found is None else found


def _folded(title: str, lines: list[str] | Iterator[str]) -> list[str]:
    return ["<details>", f"<summary>{_plain(title)}</summary>", "", *lines, "", "</details>"]


def _table(group: Family) -> Iterator[str]:
    yield f"| law | {' | '.join(map(_plain, group.engines))} | statement |"
    yield f"|{'---|' * (len(group.engines) + 2)}"
    for entry in group.laws:
        words = (entry.word(engine) for engine in group.engines)
        cells = [entry.law, *(NOWHERE if word is None else word.value for word in words), entry.statement]
        yield f"| {' | '.join(map(_plain, cells))} |"


def _row(report: LawReport, row: Found, readable: Readable) -> Iterator[str]:
    yield from ("", f"{_plain(row.engine)}, {_plain(row.method)}: **{row.strength.value}**; {row.figures()}.", "")
    for word, names in row.by_word():
        yield f"- {word.value} in {_plain(', '.join(names))}"
    if row.reason:
        yield f"- reason: {_plain(row.reason)}"
    lines = lines_of(readable, row.example)
    if row.replayable:
        lines.append(replay_line(report, row))
    if lines:
        fence = "`" * max([3, *(len(run) + 1 for line in lines for run in re.findall("`+", line))])
        yield from ("", f"{fence}text", *lines, fence)


def replay_line(report: LawReport, row: Found) -> str:
    """The command that states the failed instances of a report again."""
    return visible(f"verified-cat replay {quoted(report.file)} --engine {quoted(row.engine)}")


def quoted(text: str) -> str:
    """The text as one word of a shell."""
    from shlex import quote

    return quote(text)


def _kills(kills: Kills) -> Iterator[str]:
    caught = sum(each.verdict == "refuted" for each in kills.controls)
    yield f"{caught} of {len(kills.controls)} broken engines are refuted by the judge named for them;"
    mutants = [word for row in kills.mutants.values() for word in row.values()]
    yield f"{mutants.count('refuted')} of {len(mutants)} wrong implementations by their law."
    if kills.left:
        yield f"The run was interrupted: {len(kills.left)} laws and controls were not come to."
    yield ""
    yield from _folded("What each law refutes", _refuting(kills))
    if kills.idle:
        yield ""
        yield f"Refuting no broken engine: {counted(kills.idle)}"
        for reason in dict.fromkeys(kills.idle.values()):
            laws = [law for law, why in kills.idle.items() if why == reason]
            yield f"- {_plain(reason)}: {', '.join(map(_plain, laws))}"


def _refuting(kills: Kills) -> Iterator[str]:
    yield from ("| law | of broken engines | which |", "|---|---|---|")
    for law, row in kills.cells.items():
        names = [name for name, word in row.items() if word == "refuted"]
        if names:
            yield f"| {_plain(law)} | {len(names)} | {_plain(', '.join(names))} |"


def _plain(text: str) -> str:
    """Text that Markdown, and the HTML in it, takes as nothing but text."""
    return re.sub(r"([\\`*_\[\]|~$])", r"\\\1", escape(visible(text), quote=False))
