"""A law report for people: as Markdown, or as one HTML page.

What stands in a report may come from anybody's engine, so every text is escaped where it is written out: in HTML a
``str`` is text and only ``Markup`` is not. The page asks the browser to load nothing and to run nothing.
"""

from __future__ import annotations

import re
from base64 import b64encode
from collections.abc import Callable, Iterator, Mapping
from hashlib import sha256
from html import escape
from typing import Any
from urllib.parse import quote

from verified_cat.errors import UsageError
from verified_cat.reading import (
    MEANINGS,
    NOWHERE,
    Entry,
    Family,
    Found,
    LawReport,
    Stated,
    absent,
    counted,
    families,
    visible,
)
from verified_cat.report import Strength

Readable = Callable[[Any], list[str]]
"""An example as lines for people."""

TITLE = "Law report"


def _lines(readable: Readable, example: Any) -> list[str]:
    """The lines of an example, each on one line. Raises UsageError where it is nested too deeply to be shown."""
    try:
        return [visible(line) for line in readable(example)]
    except RecursionError as fault:
        raise UsageError("an example of the report is nested too deeply to be shown") from fault


def _size(report: LawReport) -> str:
    laws = {row.law for row in report.rows}
    return f"{len(laws)} laws in {len(report.engines)} engines: {report.counts()}"


# ------------------------------------------------------------------------------------------------ Markdown


def markdown(report: LawReport, stated: Mapping[str, Stated], readable: Readable) -> str:
    """The report as Markdown: counts, environment, a table for each family, and each law that falls short in full."""
    groups = families(report, stated)
    parts = [f"# {TITLE}", "", f"{_size(report)}.", ""]
    parts += [f"- {_plain(name)}: {_plain(version)}" for name, version in report.environment.items()]
    for group in groups:
        parts += ["", f"## {_plain(group.name)}", "", *_table(group)]
    for entry in (entry for group in groups for entry in group.laws if entry.falls_short):
        parts += ["", f"## {_plain(entry.law)} falls short", "", f"It states: {_plain(entry.statement)}"]
        parts += [line for row in entry.rows for line in _row_in_markdown(row, readable)]
    missing = absent(report, stated)
    if missing:
        parts += ["", f"No row of this report is about {len(missing)} laws: {', '.join(map(_plain, missing))}."]
    parts += ["", "## The words", "", *(f"- **{word.value}**: {says}" for word, says in MEANINGS.items())]
    return "\n".join([*parts, ""])


def _table(group: Family) -> Iterator[str]:
    yield f"| law | {' | '.join(map(_plain, group.engines))} | statement | source |"
    yield f"|{'---|' * (len(group.engines) + 3)}"
    for entry in group.laws:
        words = (entry.word(engine) for engine in group.engines)
        cells = [entry.law, *(NOWHERE if word is None else word.value for word in words), entry.statement, entry.source]
        yield f"| {' | '.join(map(_plain, cells))} |"


def _row_in_markdown(row: Found, readable: Readable) -> Iterator[str]:
    yield from ("", f"{_plain(row.engine)}, {_plain(row.method)}: **{row.strength.value}**; {row.figures()}.", "")
    for word, names in row.by_word():
        yield f"- {word.value} in {_plain(', '.join(names))}"
    if row.reason:
        yield f"- reason: {_plain(row.reason)}"
    lines = _lines(readable, row.example)
    if lines:
        longest = max((len(run) for run in re.findall("`+", "".join(lines))), default=0)
        fence = "`" * max(3, longest + 1)
        yield from ("", f"{fence}text", *lines, fence)


def _plain(text: str) -> str:
    """Text that Markdown, and the HTML in it, takes as nothing but text."""
    return re.sub(r"([\\`*_\[\]|~$])", r"\\\1", escape(visible(text), quote=False))


# ------------------------------------------------------------------------------------------------ HTML


class Markup(str):
    """HTML, in which the text is escaped already."""


def tag(name: str, /, *content: str, **attributes: str | bool) -> Markup:
    """An element. Content is escaped unless it is Markup; ``class_`` is the attribute class, True one without value."""
    given = "".join(
        f" {key.rstrip('_').replace('_', '-')}" + ("" if value is True else f'="{escape(visible(str(value)))}"')
        for key, value in attributes.items()
        if value is not False
    )
    inner = "".join(each if isinstance(each, Markup) else escape(visible(each)) for each in content)
    return Markup(f"<{name}{given}>" + ("" if name in ("meta", "br") else f"{inner}</{name}>"))


def html(report: LawReport, stated: Mapping[str, Stated], readable: Readable) -> str:
    """The report as one HTML page that loads nothing: a table for each family, and everything found about each law."""
    groups = families(report, stated)
    body = (
        tag("a", "To the laws", href="#laws", class_="skip"),
        tag("header", tag("h1", TITLE), tag("p", f"{_size(report)}."), _environment(report), _legend()),
        _contents(groups),
        tag("main", *(_family(group, readable) for group in groups), id="laws", tabindex="-1"),
        _missing(absent(report, stated)),
    )
    return f"<!DOCTYPE html>\n{tag('html', _head(), tag('body', *body), lang='en')}\n"


def _head() -> Markup:
    """Only the style of this page, known by its digest, is let through."""
    digest = b64encode(sha256(STYLE.encode()).digest()).decode()
    policy = f"default-src 'none'; style-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'"
    return tag(
        "head",
        tag("meta", charset="utf-8"),
        tag("meta", http_equiv="Content-Security-Policy", content=policy),
        tag("meta", name="viewport", content="width=device-width, initial-scale=1"),
        tag("meta", name="color-scheme", content="light dark"),
        tag("title", TITLE),
        tag("style", Markup(STYLE)),
    )


def _word(word: Strength | None) -> Markup:
    """A verdict as a word; its colour says nothing that the word does not."""
    if word is None:
        return tag("span", NOWHERE, class_="word")
    return tag("span", word.value, class_=f"word {word.value.replace(' ', '-')}")


def _pairs(pairs: list[tuple[str, str]]) -> Markup:
    return tag("dl", *(tag("div", tag("dt", name), tag("dd", text)) for name, text in pairs))


def _environment(report: LawReport) -> Markup:
    listed = _pairs(list(report.environment.items()))
    return tag("details", tag("summary", "Environment"), listed)


def _legend() -> Markup:
    listed = _pairs([(_word(word), says) for word, says in MEANINGS.items()])
    return tag("details", tag("summary", "What the words say"), listed, open=True, class_="legend")


def _contents(groups: list[Family]) -> Markup:
    """Links to the families, and to the laws that fall short."""
    links = [tag("li", tag("a", group.name, href=f"#{_family_id(group)}"), f" {len(group.laws)}") for group in groups]
    short = [entry for group in groups for entry in group.laws if entry.falls_short]
    found = [tag("li", tag("a", entry.law, href=f"#{_law_id(entry)}"), " ", _word(entry.word())) for entry in short]
    listed = tag("ul", *found) if found else tag("p", "No law.")
    return tag(
        "nav",
        tag("h2", "Refuted, vacuous or undecided"),
        listed,
        tag("h2", "Families"),
        tag("ul", *links),
        aria_label="Contents",
    )


def _missing(names: list[str]) -> Markup:
    if not names:
        return Markup()
    says = f"No row of this report is about {len(names)} laws of this version: {', '.join(names)}."
    return tag("footer", tag("p", says))


def _family_id(group: Family) -> str:
    return f"family-{quote(group.name, safe='')}"


def _law_id(entry: Entry) -> str:
    return f"law-{quote(entry.law, safe='')}"


def _family(group: Family, readable: Readable) -> Markup:
    """A family as a table, which scrolls inside its own box where the screen is narrow."""
    heads = [tag("th", name, scope="col") for name in ("Law", *group.engines)]
    total = counted(row.strength for entry in group.laws for row in entry.rows)
    table = tag(
        "table",
        tag("caption", f"{group.name}: {total}"),
        tag("thead", tag("tr", *heads)),
        tag("tbody", *(_law(entry, group.engines, readable) for entry in group.laws)),
    )
    box = tag("div", table, class_="scroll", role="region", aria_label=f"Laws of {group.name}", tabindex="0")
    return tag("section", tag("h2", group.name, id=_family_id(group)), box)


def _law(entry: Entry, engines: list[str], readable: Readable) -> Markup:
    """A law as a row: what it says and where it is from, everything found, and a word for each engine."""
    first = tag(
        "th",
        tag("span", tag("b", entry.law), f" {entry.title}", class_="name"),
        tag("p", entry.statement, class_="statement"),
        tag("p", entry.source, class_="source") if entry.source else "",
        _details(entry, readable),
        scope="row",
        id=_law_id(entry),
    )
    return tag("tr", first, *(tag("td", _word(entry.word(engine))) for engine in engines))


def _details(entry: Entry, readable: Readable) -> Markup:
    """Every row of a law, open where one of them falls short."""
    name = tag("summary", "Evidence", tag("span", f" for {entry.law}", class_="spoken"))
    return tag("details", name, *(_found(row, readable) for row in entry.rows), open=entry.falls_short)


def _found(row: Found, readable: Readable) -> Markup:
    worlds = [tag("li", _word(word), f" in {', '.join(names)}") for word, names in row.by_word()]
    lines = _lines(readable, row.example)
    return tag(
        "div",
        tag("p", tag("b", row.engine), f", {row.method}: {row.figures()}"),
        tag("ul", *worlds),
        tag("p", f"Reason: {row.reason}") if row.reason else "",
        tag("pre", Markup("\n".join(escape(line) for line in lines))) if lines else "",
        class_="found",
    )


STYLE = """
:root { color-scheme: light dark; --ink: #1c1e21; --soft: #5a6068; --page: #fff; --box: #f4f5f7; --line: #d3d7dc;
  --link: #0b57b0; --good: #0a5c2b; --good-box: #dcf3e3; --fine: #16558f; --fine-box: #e0eefb; --some: #4a4f94;
  --some-box: #e8e8fa; --none: #555b63; --none-box: #eceef0; --open: #7a4b00; --open-box: #fdeecb; --bad: #9c1320;
  --bad-box: #fde1e3; }
@media (prefers-color-scheme: dark) { :root { --ink: #e6e8ea; --soft: #a4abb3; --page: #15171a; --box: #1f2226;
  --line: #3a3f46; --link: #8cbcff; --good: #8ee0aa; --good-box: #14371f; --fine: #9ccbff; --fine-box: #14304c;
  --some: #c0c2ff; --some-box: #2a2b52; --none: #b4bac1; --none-box: #2b2f34; --open: #ffd27a; --open-box: #45330c;
  --bad: #ffb0b5; --bad-box: #551a20; } }
* { box-sizing: border-box; }
body { margin: 0 auto; padding: 1rem; max-width: 80rem; background: var(--page); color: var(--ink);
  font: 1rem/1.5 system-ui, sans-serif; overflow-wrap: anywhere; }
a { color: var(--link); }
:focus-visible { outline: 3px solid var(--link); outline-offset: 2px; }
.skip { position: absolute; left: -100rem; }
.skip:focus { left: 1rem; background: var(--page); padding: .5rem; }
.spoken { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); white-space: nowrap; }
h1, h2 { line-height: 1.2; }
h2 { margin: 2rem 0 .5rem; font-size: 1.25rem; }
nav ul { display: flex; flex-wrap: wrap; gap: .25rem 1rem; padding: 0; list-style: none; }
summary { cursor: pointer; padding: .25rem 0; color: var(--link); }
dl { margin: .5rem 0; }
dl div { display: grid; grid-template-columns: 8rem 1fr; gap: .5rem; padding: .15rem 0; }
dd { margin: 0; }
.scroll { overflow-x: auto; border: 1px solid var(--line); border-radius: .4rem; position: relative; }
table { border-collapse: collapse; width: 100%; }
caption { text-align: left; padding: .4rem .6rem; color: var(--soft); }
th, td { padding: .5rem .6rem; border-top: 1px solid var(--line); text-align: left; vertical-align: top;
  font-weight: normal; }
thead th { white-space: nowrap; font-weight: 600; background: var(--box); }
tbody th { min-width: min(26rem, 60vw); width: 100%; }
td { white-space: nowrap; }
th p { margin: .25rem 0; }
.source { color: var(--soft); font-size: .875rem; }
.word { display: inline-block; padding: .05rem .5rem; border: 1px solid currentColor; border-radius: 1rem;
  font-size: .875rem; white-space: nowrap; color: var(--none); background: var(--none-box); }
.proved { color: var(--good); background: var(--good-box); }
.exact { color: var(--fine); background: var(--fine-box); }
.sampled { color: var(--some); background: var(--some-box); }
.undecided, .vacuous { color: var(--open); background: var(--open-box); }
.refuted { color: var(--bad); background: var(--bad-box); font-weight: 700; }
.found { margin: .5rem 0; padding: .25rem .75rem; border-left: 3px solid var(--line); font-size: .9375rem; }
.found ul { margin: .25rem 0; padding: 0; list-style: none; }
pre { margin: .5rem 0; padding: .5rem; background: var(--box); white-space: pre-wrap; font-size: .875rem; }
@media (max-width: 40rem) { body { padding: .75rem; } dl div { grid-template-columns: 1fr; gap: 0; } }
@media print { body { max-width: none; font-size: 10pt; } .skip, nav { display: none; }
  .scroll { overflow: visible; border: 0; } tr, .found { break-inside: avoid-page; }
  details::details-content { content-visibility: visible; block-size: auto; } }
"""
