"""A page for each law: what it says, in mathematics, as a picture and in code; its evidence, and what it refutes."""

from __future__ import annotations

import inspect
import re
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from textwrap import dedent
from typing import Any

from tools.site.places import Places
from tools.site.shell import Heading, Page, relative
from tools.site.text import coloured, slug
from verified_cat.check import EQUALITIES
from verified_cat.document import pairs, scrolling
from verified_cat.laws.catalogue import Catalogue, Entry
from verified_cat.markup import Markup, joined, tag
from verified_cat.page import SIGNS, Picture, chip, figure
from verified_cat.reading import MEANINGS
from verified_cat.report import Strength
from verified_cat.typeset import typeset


@dataclass(frozen=True, slots=True)
class Sources:
    """All that is known of the laws: as stated, as listed, as recorded, as drawn, and what the errata say of them."""

    stated: Mapping[str, Any]
    listed: Catalogue
    ledger: Mapping[str, Mapping[str, Any]]
    pictures: Mapping[str, Picture]
    errata: Mapping[str, list[Heading]]


def ledger(root: Path) -> dict[str, dict[str, Any]]:
    """The strongest evidence of every law, as a command recorded it."""
    found: dict[str, dict[str, Any]] = tomllib.loads((root / "proofs/ledger.toml").read_text(encoding="utf-8"))["laws"]
    return found


def errata(page: str, names: Iterable[str]) -> dict[str, list[Heading]]:
    """The entries of the page of errata that rest on a law, by law: those with its command, and tables that name it."""
    named = re.compile(rf"(?<![\w-])(?:{'|'.join(sorted(map(re.escape, names), key=len, reverse=True))})(?![\w-])")
    taken: list[str] = []
    found: dict[str, list[Heading]] = {}
    outside = re.sub(r"^```.*?^```[ ]*$", lambda block: block[0].replace("\n#", "\n "), page, flags=re.M | re.S)
    for part in re.split(r"^(?=#)", outside, flags=re.M):
        title = part.split("\n", 1)[0].lstrip("# ")
        anchor = slug(title, taken)
        taken.append(anchor)
        rests = [name for laws in re.findall(r"--law (\S+)$", part, re.M) for name in laws.split(",")]
        rests += [name for line in part.splitlines() if line.startswith("|") for name in named.findall(line)]
        for name in dict.fromkeys(rests) if part.startswith("##") else []:
            found.setdefault(name, []).append(Heading(3, anchor, title))
    return found


# ------------------------------------------------------------------------------------------------ a law


def pages(known: Sources, places: Places) -> list[Page]:
    """A page for every law, in the order of the catalogue, each with the way to the next."""
    names = list(known.listed.entries)
    made = []
    for place, name in enumerate(names):
        ways = [("Before", names[place - 1])] if place else []
        ways += [("After", names[place + 1])] if place + 1 < len(names) else []
        body, contents = _body(name, known, places)
        linked = tuple((says, places.laws[other], other) for says, other in ways)
        made.append(Page(places.laws[name], name, body, contents, linked, "law"))
    return made


def _body(name: str, known: Sources, places: Places) -> tuple[Markup, tuple[Heading, ...]]:
    law, entry, page = known.stated[name], known.listed.entries[name], places.laws[name]
    parts = {
        "Statement": _statement(law, entry, known, page),
        "Picture": figure(name, known.pictures.get(name, "it was not drawn for this copy of the site")),
        "In code": _code(law),
        "Evidence": _evidence(known.ledger[name], places, page),
        "What it refutes": _refutes(law),
        "In the wild": _wild(name, entry, known, places, page),
        "Run it": _commands(name),
    }
    if not hasattr(law, "equality"):
        del parts["Picture"]
    anchors = {title: title.lower().replace(" ", "-") for title in parts}
    sections = [joined(tag("h2", title, id=anchors[title]), part) for title, part in parts.items()]
    head = tag("h1", name, ": ", entry.name)
    return joined(head, *sections), tuple(Heading(2, anchors[title], title) for title in parts)


def _statement(law: Any, entry: Entry, known: Sources, page: str) -> Markup:
    family = tag("a", known.listed.families[entry.family], href=relative(page, f"laws/index.html#{entry.family}"))
    facts = [("Source", joined(law.source)), ("Family", family)]
    if hasattr(law, "equality"):
        facts += [
            ("Equality", joined(f"{law.equality}: {EQUALITIES[law.equality]}")),
            ("Doctrine", joined(law.doctrine)),
            ("Stated in", joined(", ".join(law.worlds))),
        ]
        facts += [("Given", tag("code", law.given))] if law.given else []
    else:
        facts.append(("Kind", joined("audit, run once for all engines: it looks at everything there is to look at")))
    if entry.own:
        facts.append(("Origin", joined("our own")))
    corrected = tag("p", tag("b", "Here: "), typeset(entry.corrected)) if entry.corrected else Markup()
    return joined(tag("div", typeset(law.statement), class_="statement"), corrected, pairs(facts))


def _code(law: Any) -> Markup:
    """The function that states the law, as it runs."""
    function = law.state if hasattr(law, "state") else law.run
    text = dedent(inspect.getsource(inspect.unwrap(function)))
    return joined(
        tag("p", "The whole of it, as it runs, in ", tag("code", stated_in(function)), ":"),
        tag("pre", tag("code", coloured(text, "python"))),
    )


def stated_in(function: Any) -> str:
    """The file of a function of ``verified_cat.laws``, from the root of the repository."""
    return f"{function.__module__.removeprefix('verified_cat.').replace('.', '/')}.py"


def _evidence(record: Mapping[str, Any], places: Places, page: str) -> Markup:
    """What the ledger has of a law."""
    word = Strength(record["evidence"])
    facts = [
        ("Strongest", joined(chip(word), f" by {record['by']}")),
        ("It says", joined(MEANINGS[word])),
        ("Of the code", joined(chip(Strength(record["code"])), f" by {record['method']}, engine {record['engine']}")),
    ]
    if "certificate" in record:
        facts.append(("Certificate", places.code(record["certificate"], page)))
    if "agda" in record:
        facts.append(("Agda", joined(*_listed([tag("code", each) for each in record["agda"]]))))
    if "why" in record:
        facts.append(("Not stronger", joined(f"{record['why']}")))
    return joined(pairs(facts), tag("p", "From ", tag("code", "proofs/ledger.toml"), ", which a run writes."))


def _listed(parts: list[Markup]) -> list[str]:
    return [each for part in parts for each in (", ", part)][1:]


def _refutes(law: Any) -> Markup:
    """The wrong implementations, each with the world in which it is made; of an audit, the planted faults."""
    if hasattr(law, "controls"):
        listed, says = [tag("li", fault) for fault in law.controls], "The audit must notice each of these faults:"
    else:
        listed = [tag("li", mutant.says, tag("small", f" in {mutant.world}")) for mutant in law.mutants]
        says = "The law must refute each of these wrong implementations, which come with it:"
    return joined(tag("p", says), tag("ul", *listed))


def _wild(name: str, entry: Entry, known: Sources, places: Places, page: str) -> Markup:
    """Who is known to break it, and the entries of the errata that rest on it."""
    parts = []
    if entry.violations:
        listed = [tag("li", places.linked(each, page)) for each in entry.violations]
        parts += [tag("p", "Known to break it:"), tag("ul", *listed)]
    if name in known.errata:
        ends = [(relative(page, f"docs/errata.html#{each.anchor}"), each.text) for each in known.errata[name]]
        links = [tag("li", tag("a", text, href=end)) for end, text in ends]
        parts += [tag("p", "In the errata:"), tag("ul", *links)]
    return joined(*parts) if parts else tag("p", "Nothing that breaks it is known to us outside this suite.")


def _commands(name: str) -> Markup:
    lines = f"pytest laws/ --law {name}\nverified-cat laws --show {name}\n"
    return tag("pre", tag("code", Markup(lines)))


# ------------------------------------------------------------------------------------------------ all laws


def index(known: Sources, places: Places) -> Page:
    """All laws by family, with the strongest evidence of each."""
    path = "laws/index.html"
    words = [Strength(known.ledger[name]["evidence"]) for name in known.listed.entries]
    counts = [tag("li", chip(word), f" {words.count(word)}") for word in Strength if word in words]
    own = sum(entry.own for entry in known.listed.entries.values())
    parts = [
        tag("h1", "The laws"),
        tag("p", f"{len(words)} laws, of which {own} are our own, by the strongest evidence for each:"),
        tag("ul", *counts, class_="counts", aria_label="Laws by evidence"),
        tag("p", "Each is stated once, as a function, and held against every engine. What the words say:"),
        pairs([(chip(word), joined(says)) for word, says in MEANINGS.items() if word in SIGNS]),
    ]
    contents = []
    for family, title in known.listed.families.items():
        contents.append(Heading(2, family, title))
        parts += [tag("h2", title, id=family), _family(family, known, places, path)]
    return Page(path, "The laws", joined(*parts), tuple(contents))


def _family(family: str, known: Sources, places: Places, path: str) -> Markup:
    rows = [
        tag(
            "tr",
            tag("th", tag("a", name, href=relative(path, places.laws[name])), scope="row"),
            tag("td", tag("b", entry.name), Markup("<br>"), typeset(known.stated[name].statement)),
            tag("td", chip(Strength(known.ledger[name]["evidence"]))),
        )
        for name, entry in known.listed.entries.items()
        if entry.family == family
    ]
    heads = tag("tr", *(tag("th", each, scope="col") for each in ("Law", "Says", "Evidence")))
    table = tag("table", tag("thead", heads), tag("tbody", *rows))
    return scrolling(f"Laws of {family}", table)
