"""The whole site, from the repository: pages, images, style; nothing of it is written by hand twice."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from tools.site import api, commands, laws, sources
from tools.site.links import faults
from tools.site.places import Places
from tools.site.shell import Heading, Page, html, relative
from tools.site.style import SITE
from tools.site.text import Rendered, block, markdown
from verified_cat import __version__
from verified_cat.diagrams import on_page
from verified_cat.laws.catalogue import catalogue
from verified_cat.markup import Markup, joined, tag
from verified_cat.page import Picture

ROOT = Path(__file__).resolve().parents[2]

SHELVES = {
    "Tutorials": (
        "docs/tutorial-para.md",
        "docs/tutorial-law.md",
        "docs/your-engine.md",
        "docs/schemas.md",
        "docs/pytorch.md",
        "docs/pictures.md",
    ),
    "In use": (
        "docs/running.md",
        "docs/training.md",
        "docs/learners.md",
        "docs/data.md",
        "docs/schema-kinds.md",
        "docs/migration.md",
        "docs/agents.md",
        "docs/meta-learning.md",
    ),
    "Evidence": (
        "TRUST.md",
        "proofs/README.md",
        "docs/errata.md",
        "docs/comparison.md",
        "docs/certificates.md",
        "docs/reviewers.md",
        "docs/outsiders/discopy.md",
        "docs/outsiders/catgrad.md",
        "docs/benchmarks.md",
        "benchmarks/README.md",
    ),
}
"""The order in which the pages are read; a page that is not here stands on a shelf of its own, last."""

REST = "More"
MADE = {"README.md": "index.html", "docs/laws.md": "laws/index.html"}
"""Files that are another page than their own name says: the first page, and the laws, made from what it is made of."""

Draw = Callable[[Any], Picture]


def shelves(root: Path) -> dict[str, list[str]]:
    """Every Markdown file that becomes a page, by shelf."""
    every = ["TRUST.md", "CHANGELOG.md", "proofs/README.md", "benchmarks/README.md"]
    every += [path.relative_to(root).as_posix() for path in sorted((root / "docs").rglob("*.md"))]
    every = [file for file in every if file not in MADE and "figures" not in file and (root / file).is_file()]
    placed = {title: [file for file in files if file in every] for title, files in SHELVES.items()}
    placed[REST] = [file for file in every if not any(file in files for files in placed.values())]
    return placed


def build(out: Path, draw: Draw | None = None, root: Path = ROOT) -> list[str]:
    """Write the site to a folder, which is emptied first; what is wrong with its links, page by page.

    ``draw`` makes the picture of a law; without it no law has one. Raises ValueError where a page links to nothing.
    """
    _must_be_free(out)
    modules = sources.modules(root)
    shelved = shelves(root)
    at = {file: f"{file.removesuffix('.md')}.html" for files in shelved.values() for file in files}
    places = Places(root, MADE | at | sources.files(modules), catalogue().entries)
    known = _sources(root, draw)
    made = [*_texts(root, shelved, places), *laws.pages(known, places), laws.index(known, places)]
    made += [*api.pages(modules, places), api.index(modules), api.names(modules), commands.page(places)]
    made += [_file(root, file, places) for file in list(places.files)]
    shutil.rmtree(out, ignore_errors=True)
    for page in made:
        _write(out / page.path, html(page, __version__))
    _write(out / "style.css", SITE.lstrip())
    for file, end in places.images.items():
        (out / end).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(root / file, out / end)
    return faults(out)


def _must_be_free(out: Path) -> None:
    """Raises ValueError for a folder that holds something else than a site."""
    if out.exists() and any(out.iterdir()) and not (out / "style.css").is_file():
        raise ValueError(f"{out} holds something else than a site; name a folder that is empty or not there")


def _write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")


# ------------------------------------------------------------------------------------------------ laws


def _sources(root: Path, draw: Draw | None) -> laws.Sources:
    from verified_cat.commands_laws import stated

    known, listed = stated(), catalogue()
    drawn = {name: draw(known[name]) for name in listed.entries if hasattr(known[name], "equality")} if draw else {}
    entries = laws.errata((root / "docs/errata.md").read_text(encoding="utf-8"), listed.entries)
    return laws.Sources(known, listed, laws.ledger(root), drawn, entries)


# ------------------------------------------------------------------------------------------------ texts


def _texts(root: Path, shelved: dict[str, list[str]], places: Places) -> list[Page]:
    """The first page, the pages of all Markdown files in reading order, and the list of them."""
    order = [file for files in shelved.values() for file in files]
    read = {file: _rendered(root, file, places) for file in ["README.md", *order]}
    made = [_first(read["README.md"]), _list(shelved, read, places)]
    for place, file in enumerate(order):
        ways = [("Before", order[place - 1])] if place else []
        ways += [("After", order[place + 1])] if place + 1 < len(order) else []
        linked = tuple((says, places.pages[other], read[other].title) for says, other in ways)
        made.append(Page(places.pages[file], read[file].title, read[file].body, read[file].contents, linked))
    return made


def _rendered(root: Path, file: str, places: Places) -> Rendered:
    try:
        return markdown((root / file).read_text(encoding="utf-8"), file, places.pages[file], places)
    except ValueError as wrong:
        raise ValueError(f"{file}: {wrong}") from None


def _first(readme: Rendered) -> Page:
    """README, the part before its first section that is a screen by itself."""
    head, mark, rest = readme.body.partition("<h2 ")
    body = joined(tag("div", Markup(head), class_="first"), Markup(mark + rest))
    return Page("index.html", "verified_cat", body, readme.contents, (), "front")


def _list(shelved: dict[str, list[str]], read: dict[str, Rendered], places: Places) -> Page:
    """The list of all texts, by shelf."""
    path = "docs/index.html"
    parts, contents = [tag("h1", "Docs")], []
    for title, files in ((title, files) for title, files in shelved.items() if files):
        anchor = title.lower().replace(" ", "-")
        contents.append(Heading(2, anchor, title))
        rows = [
            tag(
                "div",
                tag("dt", tag("a", read[file].title, href=relative(path, places.pages[file]))),
                tag("dd", read[file].summary),
            )
            for file in files
        ]
        parts += [tag("h2", title, id=anchor), tag("dl", *rows, class_="texts")]
    return Page(path, "Docs", joined(*parts), tuple(contents))


def _file(root: Path, file: str, places: Places) -> Page:
    """A file that is shown as it is."""
    text = (root / file).read_text(encoding="utf-8")
    language = {"py": "python", "toml": "toml", "json": "json"}.get(file.rsplit(".", 1)[-1], "")
    page = places.files[file]
    return Page(page, file, joined(tag("h1", tag("code", file)), block(text, language, places, page)))


def only(names: Iterable[str]) -> Draw:
    """Draws the named laws alone."""
    wanted = set(names)

    def draw(law: Any) -> Picture:
        return on_page(law) if law.name in wanted else "it was not drawn for this copy of the site"

    return draw
