"""A law report as one HTML page that loads nothing: laws by family, what was found, pictures, and what refutes what.

What stands in a report may come from anybody's engine, so every text is escaped where it is written out. The page can
be read without its one script, which only filters the rows.
"""

from __future__ import annotations

from collections.abc import Mapping
from html import escape
from urllib.parse import quote

from verified_cat import document
from verified_cat.document import pairs, scrolling
from verified_cat.families import NOWHERE, Entry, Family, Stated, absent, families
from verified_cat.killing import Kills
from verified_cat.markup import Markup, tag
from verified_cat.matrix import matrix
from verified_cat.reading import MEANINGS, Found, LawReport, Readable, counted, lines_of
from verified_cat.report import Strength
from verified_cat.style import SCRIPT, STYLE
from verified_cat.summary import TITLE, replay_line, size
from verified_cat.typeset import typeset

SIGNS = {
    Strength.PROVED: "∎",
    Strength.EXACT: "=",
    Strength.SAMPLED: "≈",
    Strength.NOT_RUN: "–",
    Strength.UNDECIDED: "?",
    Strength.VACUOUS: "∅",
    Strength.REFUTED: "✗",
}
"""A sign beside each word, for those who look rather than read."""

Picture = str | tuple[str, str]
"""Why a law has no picture, or how the sides of its equations were found, and an SVG element."""


def html(
    report: LawReport,
    stated: Mapping[str, Stated],
    readable: Readable,
    kills: Kills | None = None,
    pictures: Mapping[str, Picture] = {},
) -> str:
    """The report as one HTML page."""
    groups = families(report, stated)
    page = _Page(report, readable, kills, pictures)
    body = (
        tag("a", "To the laws", href="#laws", class_="skip"),
        tag("header", tag("h1", TITLE), _counts(report), tag("p", f"{size(report)}."), _legend(), _environment(report)),
        _contents(groups, kills),
        _filters(report),
        tag("main", *(page.family(group) for group in groups), id="laws", tabindex="-1"),
        matrix(kills) if kills is not None else Markup(),
        tag("footer", *_ends(absent(report, stated))),
    )
    return document.document(TITLE, STYLE, body, SCRIPT)


def chip(word: Strength | None) -> Markup:
    """A verdict as a word with a sign; its colour says nothing that the word does not."""
    if word is None:
        return tag("span", NOWHERE, class_="word none")
    return document.chip(SIGNS[word], word.value)


def figure(law: str, drawn: Picture) -> Markup:
    """Both sides of the equations of a law, or why there is no picture."""
    if isinstance(drawn, str):
        return tag("p", f"No picture: {drawn}.", class_="quiet")
    says, svg = drawn
    box = scrolling(f"Picture of {law}", Markup(svg), kind="pictures")
    return tag("figure", box, tag("figcaption", f"Both sides, {says}; each is read from left to right."))


def _counts(report: LawReport) -> Markup:
    words = [row.strength for row in report.rows]
    found = [tag("li", chip(word), f" {words.count(word)}") for word in Strength if word in words]
    return tag("ul", *found, class_="counts", aria_label="Rows by word")


def _environment(report: LawReport) -> Markup:
    return tag("details", tag("summary", "Environment"), pairs(report.environment.items()))


def _legend() -> Markup:
    words = pairs((chip(word), says) for word, says in MEANINGS.items())
    return tag("details", tag("summary", "What the words say"), words)


def _contents(groups: list[Family], kills: Kills | None) -> Markup:
    """Links to the laws that fall short, and to the families."""
    short = [entry for group in groups for entry in group.laws if entry.falls_short]
    found = [tag("li", tag("a", entry.law, href=f"#{_law_id(entry)}"), " ", chip(entry.word())) for entry in short]
    links = [tag("li", tag("a", group.name, href=f"#{_family_id(group)}"), f" {len(group.laws)}") for group in groups]
    if kills is not None:
        links.append(tag("li", tag("a", "What refutes what", href="#matrix")))
    listed = tag("ul", *found) if found else tag("p", "No law.")
    headed = tag("h2", "Refuted, vacuous or undecided"), listed, tag("h2", "Families"), tag("ul", *links)
    return tag("nav", *headed, aria_label="Contents")


def _filters(report: LawReport) -> Markup:
    """Controls that the script shows and serves; without it they stay hidden."""
    words = [word.value for word in Strength if any(row.strength is word for row in report.rows)]

    def choice(name: str, every: str, options: list[str]) -> Markup:
        listed = [tag("option", every, value=""), *(tag("option", each, value=each) for each in options)]
        return tag("label", name, tag("select", *listed, id=f"by-{name.lower()}"))

    return tag(
        "fieldset",
        tag("legend", "Show"),
        choice("Engine", "any engine", report.engines),
        choice("Word", "any word", words),
        tag("label", "Text", tag("input", type="search", id="by-text")),
        tag("output", aria_live="polite"),
        id="filters",
        hidden=True,
    )


def _ends(missing: list[str]) -> list[Markup]:
    says = f"No row of this report is about {len(missing)} laws of this version: {', '.join(missing)}."
    return [tag("p", says)] if missing else []


def _family_id(group: Family) -> str:
    return f"family-{quote(group.name, safe='')}"


def _law_id(entry: Entry) -> str:
    return f"law-{quote(entry.law, safe='')}"


class _Page:
    """The laws of a page, with all that is known of them."""

    def __init__(
        self, report: LawReport, readable: Readable, kills: Kills | None, pictures: Mapping[str, Picture]
    ) -> None:
        self.report = report
        self.readable = readable
        self.kills = kills
        self.pictures = pictures

    def family(self, group: Family) -> Markup:
        """A family as a table. Its roles are written out, as on a narrow screen its rows are shown as cards."""
        heads = [tag("th", name, scope="col", role="columnheader") for name in ("Law", *group.engines)]
        total = counted(row.strength for entry in group.laws for row in entry.rows)
        table = tag(
            "table",
            tag("caption", f"{group.name}: {total}"),
            tag("thead", tag("tr", *heads, role="row"), role="rowgroup"),
            tag("tbody", *(part for entry in group.laws for part in self.law(entry, group.engines)), role="rowgroup"),
            role="table",
        )
        box = scrolling(f"Laws of {group.name}", table)
        return tag("section", tag("h2", group.name, id=_family_id(group)), box)

    def law(self, entry: Entry, engines: list[str]) -> list[Markup]:
        """A law as two rows: what it says with a word for each engine, and everything else, folded."""
        name = tag("span", tag("b", entry.law), f" {entry.title}", class_="name")
        said = tag("p", typeset(entry.statement), class_="statement")
        head = tag("th", name, said, scope="row", role="rowheader", id=_law_id(entry))
        cells = [self._cell(entry, engine) for engine in engines]
        more = tag("td", self._details(entry), colspan=str(len(engines) + 1), role="cell")
        return [tag("tr", head, *cells, role="row", class_="law"), tag("tr", more, role="row", class_="more")]

    def _cell(self, entry: Entry, engine: str) -> Markup:
        word = entry.word(engine)
        named = tag("span", engine, class_="engine", aria_hidden="true")
        given = {"role": "cell", "data_engine": engine, "data_word": "" if word is None else word.value}
        return tag("td", named, chip(word), **given)

    def _details(self, entry: Entry) -> Markup:
        """All there is beside the words, open where a row falls short."""
        name = tag("summary", "Evidence", tag("span", f" for {entry.law}", class_="spoken"))
        facts = [*([("Source", entry.source)] if entry.source else []), *entry.facts.items()]
        picture = figure(entry.law, self.pictures[entry.law]) if entry.law in self.pictures else ""
        parts = [pairs(facts), picture, *(self._found(row) for row in entry.rows), self._refutes(entry)]
        return tag("details", name, *parts, open=entry.falls_short)

    def _refutes(self, entry: Entry) -> Markup:
        """The wrong implementations and the broken engines that a law tells from right ones."""
        if not entry.mutants:
            return Markup()
        words = self.kills.mutants.get(entry.law, {}) if self.kills else {}
        listed = [tag("li", f"{each}{': ' + words[each] if each in words else ''}") for each in entry.mutants]
        killed = []
        if self.kills is not None and entry.law in self.kills.cells:
            row = self.kills.cells[entry.law]
            names = [each for each, word in row.items() if word == "refuted"]
            killed = [tag("p", f"Refutes {len(names)} broken engines{': ' * bool(names)}{', '.join(names)}.")]
        return tag(
            "div",
            tag("p", tag("b", "Refutes"), " these wrong implementations:"),
            tag("ul", *listed),
            *killed,
            class_="found",
        )

    def _found(self, row: Found) -> Markup:
        """What a method found in an engine, world by world, and the example where there is one."""
        worlds = [
            tag("li", chip(word), f" in {name}", tag("small", f" {row.parts[name]}") if name in row.parts else "")
            for name, word in row.worlds.items()
        ]
        lines = lines_of(self.readable, row.example)
        replay = [tag("p", "Replay: ", tag("code", replay_line(self.report, row)))] if row.replayable else []
        return tag(
            "div",
            tag("p", tag("b", row.engine), f", {row.method}: {row.figures()}"),
            tag("ul", *worlds),
            tag("p", f"Reason: {row.reason}") if row.reason else "",
            tag("pre", Markup("\n".join(escape(line) for line in lines))) if lines else "",
            *replay,
            class_="found",
        )
