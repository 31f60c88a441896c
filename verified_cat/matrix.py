"""The kill matrix as HTML: laws against broken engines, and the laws that refute none of them."""

from __future__ import annotations

from collections.abc import Collection

from verified_cat.document import scrolling
from verified_cat.killing import Kills
from verified_cat.markup import Markup, tag

MARKS = {"refuted": "✗", "survived": "·", "raised": "!", "not run": "–", "untouched": ""}


def matrix(kills: Kills) -> Markup:
    """The section: how many are caught, the table, and the laws that refute nothing with the reason."""
    caught = sum(each.verdict == "refuted" for each in kills.controls)
    mutants = [word for row in kills.mutants.values() for word in row.values()]
    says = (
        f"{caught} of {len(kills.controls)} broken engines are refuted by the judge named for them, and "
        f"{mutants.count('refuted')} of {len(mutants)} wrong implementations by the law that names them. "
        f"Each law was shown at most {kills.draws} of its instances that use what is broken, the smallest first: "
        "✗ refuted, · survived, ! an exception alone, – no comparison, blank: no instance uses what is broken. The "
        "columns are wrong operations, then wrong constructions, then wrong rules, of differentiation mostly."
    )
    left = f"The run was interrupted: {len(kills.left)} laws and controls were not come to." if kills.left else ""
    parts = (tag("p", says), tag("p", tag("b", left)) if left else "", _table(kills), *_idle(kills))
    return tag("section", tag("h2", "What refutes what", id="matrix"), *parts)


def _table(kills: Kills) -> Markup:
    names = [each.name for each in kills.controls]
    heads = [tag("th", tag("span", name), scope="col") for name in names]
    judges = [tag("td", each.judge) for each in kills.controls]
    totals = [tag("td", str(kills.by_control(name))) for name in names]
    table = tag(
        "table",
        tag("caption", "Laws against broken engines"),
        tag("thead", tag("tr", tag("th", "Law", scope="col"), tag("th", "Kills", scope="col"), *heads)),
        tag(
            "tbody",
            *(_row(kills, law, names) for law in kills.cells if kills.by_law(law)),
            tag("tr", tag("th", "laws that refute it", scope="row"), tag("td", ""), *totals),
            tag("tr", tag("th", "judge named for it", scope="row"), tag("td", ""), *judges, class_="judges"),
        ),
        class_="kills",
    )
    return scrolling("Laws against broken engines", table, kind="scroll both")


def _row(kills: Kills, law: str, names: list[str]) -> Markup:
    words = [kills.cells[law].get(name, "untouched") for name in names]
    cells = [tag("td", MARKS[word], class_="k") if word == "refuted" else tag("td", MARKS[word]) for word in words]
    return tag("tr", tag("th", law, scope="row"), tag("td", str(kills.by_law(law))), *cells)


def counted(laws: Collection[str]) -> str:
    """How many laws, in words."""
    return f"{len(laws)} law{'' if len(laws) == 1 else 's'}"


def _idle(kills: Kills) -> list[Markup]:
    """The laws that refute none of the broken engines, under the reason, each with what it was shown and what it kills
    instead."""
    reasons: dict[str, list[str]] = {}
    for law, reason in kills.idle.items():
        reasons.setdefault(reason, []).append(f"{law} ({kills.met(law)}; {kills.own(law)})")
    if not reasons:
        return []
    says = (
        "In brackets: how many broken engines the law meets, and how many wrong implementations of its own it refutes."
    )
    listed = [
        tag("div", tag("dt", f"{counted(laws)}: {reason}"), tag("dd", ", ".join(laws)))
        for reason, laws in sorted(reasons.items(), key=lambda each: -len(each[1]))
    ]
    head = tag("h3", f"Refuting no broken engine: {counted(kills.idle)}")
    return [head, tag("p", says), tag("dl", *listed, class_="idle")]
