"""The frame of every page: head, skip link, navigation, what is on the page, and the way on."""

from __future__ import annotations

import posixpath
from dataclasses import dataclass

from verified_cat.markup import Markup, joined, tag

NAVIGATION = {
    "index.html": "Start",
    "docs/index.html": "Docs",
    "laws/index.html": "Laws",
    "docs/errata.html": "Errata",
    "docs/comparison.html": "Comparison",
    "api/index.html": "API",
    "commands.html": "Commands",
}
"""What every page leads to."""

POLICY = "default-src 'none'; style-src 'self'; img-src 'self'; base-uri 'none'; form-action 'none'"
"""A page uses the style and the images beside it, and nothing else: no script, no font, nothing from elsewhere."""


@dataclass(frozen=True, slots=True)
class Heading:
    """A heading of a page: its level, its anchor and its text."""

    level: int
    anchor: str
    text: str


@dataclass(frozen=True, slots=True)
class Page:
    """A page of the site, by its path from the root. ``ways`` are the pages before and after it, with their names."""

    path: str
    title: str
    body: Markup
    contents: tuple[Heading, ...] = ()
    ways: tuple[tuple[str, str, str], ...] = ()
    kind: str = ""


def relative(start: str, end: str) -> str:
    """The way from a page to a file of the site, which may carry an anchor; both are paths from the root."""
    path, hash_, anchor = end.partition("#")
    return posixpath.relpath(path, posixpath.dirname(start) or ".") + hash_ + anchor


def html(page: Page, version: str) -> str:
    """The whole page."""
    head = tag(
        "head",
        tag("meta", charset="utf-8"),
        tag("meta", http_equiv="Content-Security-Policy", content=POLICY),
        tag("meta", name="viewport", content="width=device-width, initial-scale=1"),
        tag("meta", name="color-scheme", content="light dark"),
        tag("title", page.title if page.path == "index.html" else f"{page.title} · verified_cat"),
        Markup(f'<link rel="stylesheet" href="{relative(page.path, "style.css")}">'),
    )
    inside = (
        tag("main", page.body, _ways(page), id="page-content", tabindex="-1"),
        _contents(page),
    )
    body = (
        tag("a", "To the content", href="#page-content", class_="skip"),
        tag("header", _navigation(page)),
        tag("div", *inside, class_="columns" if len(page.contents) > 1 else "column"),
        tag(
            "footer",
            tag(
                "p", f"verified_cat {version}, MIT licence. This page runs no script and loads nothing from elsewhere."
            ),
        ),
    )
    return f"<!DOCTYPE html>\n{tag('html', head, tag('body', *body, class_=page.kind or 'text'), lang='en')}\n"


def _navigation(page: Page) -> Markup:
    listed = [
        tag("li", tag("a", name, href=relative(page.path, path), aria_current="page" if path == page.path else False))
        for path, name in NAVIGATION.items()
    ]
    return tag("nav", tag("ul", *listed), aria_label="Site")


def _contents(page: Page) -> Markup:
    """The headings of a page, where it has several."""
    if len(page.contents) < 2:
        return Markup()
    listed = [
        tag("li", tag("a", each.text, href=f"#{each.anchor}"), class_=f"level{each.level}") for each in page.contents
    ]
    name = tag("h2", "On this page", id="page-contents")
    return tag("nav", name, tag("ul", *listed), class_="contents", aria_labelledby="page-contents")


def _ways(page: Page) -> Markup:
    """Links to the pages before and after."""
    if not page.ways:
        return Markup()
    links = [
        tag("a", joined(tag("span", says), name), href=relative(page.path, path)) for says, path, name in page.ways
    ]
    return tag("nav", *links, class_="ways", aria_label="Before and after")
