"""What trainings of schemas found, as one HTML page that loads nothing and runs nothing: read without network.

Names come from schema files and folders, so every text is escaped where it is written out.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from verified_cat import document
from verified_cat.markup import Markup, tag
from verified_cat.schema_sheets import (
    Ablation,
    Agreement,
    Figure,
    RunSheet,
    Samples,
    Sheet,
    Signature,
    interval,
    short,
    spread,
)
from verified_cat.schema_style import STYLE

TITLE = "Report on learned functors"
SAYS = (
    "Every figure on this page is sampled: it is what was measured on finitely many held-out examples, drawn alike for "
    "all runs. Nothing here is proved, and what was not found may still be there."
)
NOT = "not identified by the data and the equations"
SIGNS = {"found": "✗", "not found": "≈", "not decided": "?", "agree": "≈", NOT: "✗"}


def html(sheets: Sequence[Sheet], ablations: Sequence[Ablation] = ()) -> str:
    """The page: a section for each schema, and one on what each equation gives where that was tried."""
    parts = [_sheet(place, sheet) for place, sheet in enumerate(sheets, start=1)]
    body = (
        tag("a", "To the runs", href="#runs", class_="skip"),
        tag("header", tag("h1", TITLE), tag("p", SAYS, class_="says")),
        _contents(sheets, bool(ablations)),
        tag("main", *parts, *([_ablations(ablations)] if ablations else []), id="runs", tabindex="-1"),
        tag("footer", tag("p", "Distances in words are shares of the mean distance between unrelated examples.")),
    )
    return document.document(TITLE, STYLE, body, images="data:")


SECTIONS = ("Schema", "Failures", "Figures", "Do the runs agree?", "Examples", "Curves")


def _contents(sheets: Sequence[Sheet], ablated: bool) -> Markup:
    parts = []
    for place, sheet in enumerate(sheets, start=1):
        links = [tag("li", tag("a", name, href=f"#{_id(place, name)}")) for name in SECTIONS]
        parts += [tag("h2", sheet.name), tag("ul", *links)]
    if ablated:
        parts.append(tag("ul", tag("li", tag("a", "What each equation gives", href="#equations"))))
    return tag("nav", *parts, aria_label="Contents")


def _id(place: int, name: str) -> str:
    return f"{'-'.join(word.strip('?').lower() for word in name.split())}-{place}"


def chip(word: str) -> Markup:
    """A word with a sign; its colour says nothing that the word does not."""
    return document.chip(SIGNS[word], word, "found" if word == NOT else "")


def table(caption: str, heads: Sequence[str], rows: Sequence[Sequence[str]], kind: str = "") -> Markup:
    """A table whose rows and columns have headers, in a box that scrolls."""
    head = tag("thead", tag("tr", *(tag("th", each, scope="col") for each in heads)))
    body = tag("tbody", *(tag("tr", tag("th", row[0], scope="row"), *(tag("td", c) for c in row[1:])) for row in rows))
    inner = tag("table", tag("caption", caption), head, body)
    return document.scrolling(caption, inner, kind=f"scroll {kind}".strip())


# ------------------------------------------------------------------------------------------------ one schema


def _sheet(place: int, sheet: Sheet) -> Markup:
    looks = (_schema, _failures, _figures, _agreements, _examples, _curves)
    parts = [
        tag("section", tag("h3", name, id=_id(place, name)), *look(sheet))
        for name, look in zip(SECTIONS, looks, strict=True)
    ]
    return tag("section", tag("h2", sheet.name, id=f"sheet-{place}"), _runs(sheet.runs), *parts)


def _runs(runs: Sequence[RunSheet]) -> Markup:
    names = list(dict.fromkeys(name for run in runs for name, _ in run.facts))
    rows = [(run.name, str(run.seed), *(dict(run.facts).get(name, "–") for name in names)) for run in runs]
    return table("The runs", ("Run", "Seed", *names), rows)


def _schema(sheet: Sheet) -> Iterator[Markup]:
    yield tag("figure", Markup(sheet.picture), class_="schema")
    if sheet.equations:
        yield table("Equations", ("Equation", "Weight in the file", "Weight used", "Cost, and where"), sheet.equations)
    else:
        yield tag("p", "There are no equations.")
    if sheet.findings:
        yield table("What the checks say before a training", ("About", "Level", "Finding"), sheet.findings)


def _failures(sheet: Sheet) -> Iterator[Markup]:
    """What was found first, for all runs; then everything that was looked for, run by run."""
    named = [(run.name, each) for run in sheet.runs for each in run.signatures if each.word == "found"]
    yield tag("p", f"Looked for on {sheet.examples}.")
    if named:
        found = [(name, each.name, each.about, each.measured, each.threshold) for name, each in named]
        yield table("Named failures that were found", ("Run", "Failure", "Of", "Measured", "Found where"), found)
    else:
        yield tag("p", f"None of the named failures was found in {_count(len(sheet.runs), 'run')}.")
    for run in sheet.runs:
        heads = ("Failure", "Of", "Found?", "Measured", "Found where")
        rows = [_signature(each) for each in run.signatures]
        inner = table(f"Everything that was looked for in {run.name}", heads, rows)
        yield tag("details", tag("summary", f"All {len(rows)} looks at {run.name}"), inner)


def _count(number: int, thing: str) -> str:
    return f"{number} {thing}{'s' * (number != 1)}"


def _signature(each: Signature) -> tuple[str, ...]:
    return each.name, each.about, chip(each.word), each.measured, each.threshold


MEANS = ("Mean (least to most)", "95 % interval of the mean")


def _figures(sheet: Sheet) -> Iterator[Markup]:
    names = list(dict.fromkeys(name for figure in sheet.figures for name in figure.baselines))
    several = len(sheet.runs) > 1
    heads = ("Figure", *(run.name for run in sheet.runs), *(MEANS if several else ()), *names)
    rows: list[tuple[str, ...]] = [_figure(figure, names, several) for figure in sheet.figures]
    targets = any(figure.target for figure in sheet.figures)
    if targets:
        rows = [(*row, figure.target or "–") for row, figure in zip(rows, sheet.figures, strict=True)]
    yield table("Each run's own figures, beside the baselines", (*heads, *(["Target"] if targets else [])), rows)
    if not names:
        yield tag("p", "The runs hold no baselines.", class_="quiet")


def _figure(figure: Figure, names: Sequence[str], several: bool) -> tuple[str, ...]:
    values = [short(value) for value in figure.values]
    beside = [spread(figure.baselines[name]) if name in figure.baselines else "–" for name in names]
    return (figure.name, *values, *((spread(figure.values), interval(figure.values)) if several else ()), *beside)


def _agreements(sheet: Sheet) -> Iterator[Markup]:
    if sheet.alone:
        yield tag("p", f"Not decided: {sheet.alone}.")
        return
    yield tag(
        "p",
        "The maps that the runs learned for the same arrow, on the same examples. Where runs that fit equally well "
        "differ, the data and the equations do not say which map is meant. Where they agree, that may also be due to "
        "what they share: their networks and how these begin.",
        class_="says",
    )
    rows = [_agreement(each) for each in sheet.agreements]
    yield table("Learned maps compared", ("Map", "The runs", "Why", "Distances"), rows)


def _agreement(each: Agreement) -> tuple[str, ...]:
    return each.about, chip(each.word), each.why, "; ".join(f"{names}: {short(x)}" for names, x in each.distances)


# ------------------------------------------------------------------------------------------------ examples and curves


def _examples(sheet: Sheet) -> Iterator[Markup]:
    yield tag(
        "p",
        "Columns are examples, rows are paths: the data of each object, what each arrow makes of them, and both sides "
        "of each equation. In plots numbered points are the same examples; hollow points are data of the target; red "
        "segments join the two sides of an equation.",
        class_="says",
    )
    for place, run in enumerate(sheet.runs):
        summary = tag("summary", f"Examples of {run.name}")
        yield tag("details", summary, *_grids(run), open=place == 0)


def _grids(run: RunSheet) -> Iterator[Markup]:
    width = max((len(row.cells) for row in run.samples), default=0)
    if width:
        heads = ("Path", *(str(number) for number in range(1, width + 1)))
        rows = [(_path(row), *_cells(row)) for row in run.samples if row.cells]
        yield table(f"Examples of {run.name}", heads, rows, "grid")
    drawn = [row for row in run.samples if row.plots]
    yield tag("div", *map(_figure_of, drawn), class_="figures")


def _figure_of(row: Samples) -> Markup:
    said = tag("figcaption", tag("b", row.path), f": {row.says}")
    return tag("figure", said, tag("div", *map(Markup, row.plots), class_="plots"))


def _path(row: Samples) -> Markup:
    return tag("span", tag("b", row.path), tag("br"), tag("small", row.says))


def _cells(row: Samples) -> Iterator[str]:
    for number, cell in enumerate(row.cells, start=1):
        yield tag("img", src=cell, alt=f"example {number}, {row.path}") if row.pictures else cell


def _curves(sheet: Sheet) -> Iterator[Markup]:
    if not sheet.curves:
        yield tag("p", "The runs hold no history.")
    drawn = [tag("figure", tag("figcaption", name), Markup(plot)) for name, plot in sheet.curves]
    yield tag("div", *drawn, class_="figures")


# ------------------------------------------------------------------------------------------------ equations


def _ablations(ablations: Sequence[Ablation]) -> Markup:
    says = (
        "Each training was repeated with the weight of an equation set to 0. A change is the mean without the equation "
        "less the mean with all; it is called clear where no value of one lies among those of the other."
    )
    parts = [tag("h2", "What each equation gives", id="equations"), tag("p", says, class_="says")]
    for each in ablations:
        if each.not_run:
            parts.append(tag("p", f"Without {each.without}: not run, {each.not_run}."))
            continue
        heads = ("Figure", "With all equations", "Without", "Change", "Beyond the seeds' spread?")
        rows = [
            (
                effect.figure,
                spread(effect.whole),
                spread(effect.without),
                f"{effect.change:+.3g}",
                "clear" if effect.apart else "within the spread",
            )
            for effect in each.effects
        ]
        seeds = f"{_count(len(each.seeds), 'seed')}: {', '.join(map(str, each.seeds))}"
        parts.append(table(f"Without {each.without} ({seeds})", heads, rows))
    return tag("section", *parts)
