"""A folder of results as one HTML page that loads nothing and runs nothing: a verdict on each claim, and its files.

What stands in a manifest may come from anybody, so every text is escaped where it is written out.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any
from urllib.parse import quote

from verified_cat import document
from verified_cat.markup import Markup, tag
from verified_cat.style import BASE

TITLE = "Claims established again"
SAYS = (
    "Identical: as recorded, or as the page has it, to the byte. Within bound: a figure inside the bounds that were "
    "set before. Holds: the command, which fails where the claim does, ended well. Mismatch: not established. What "
    "stands here follows from the files beside this page; nothing is signed, so it says nothing about who made them."
)
SIGNS = {"identical": "=", "within bound": "≈", "holds": "✓", "not run": "–", "mismatch": "✗"}
LOOKS = {"identical": "exact", "within bound": "sampled", "holds": "proved", "mismatch": "refuted"}
STYLE = (
    BASE
    + """
td, tbody th { border-top: 1px solid var(--line); min-width: 9rem; overflow-wrap: normal; }
.number, thead th:nth-child(n + 4) { text-align: right; white-space: nowrap; min-width: 0; }
article { margin: 2rem 0; } .scroll { margin: .75rem 0; } .says { max-width: 48rem; }
@media (max-width: 48rem) { body { padding: 1rem .9rem 3rem; } dl div { grid-template-columns: 1fr; gap: 0; } }
"""
)


def html(whole: Mapping[str, Any]) -> str:
    """The page of a manifest. Raises LookupError, TypeError or AttributeError where the manifest lacks something."""
    claims = whole["claims"]
    body = [
        tag("a", "To the claims", href="#claims", class_="skip"),
        tag("header", tag("h1", TITLE), tag("p", SAYS, class_="says"), _made(whole), _counts(claims)),
        tag("main", _table(claims), *(_claim(each, whole["files"]) for each in claims), id="claims", tabindex="-1"),
        tag("footer", _settings(whole)),
    ]
    return document.document(TITLE, STYLE, body)


def _made(whole: Mapping[str, Any]) -> Markup:
    source = whole["source"]
    commit = f"commit {source['commit']}" if source["commit"] else "files outside of a repository"
    changed = " with uncommitted changes" if source["dirty"] else ""
    return tag("p", f"verified_cat {whole['version']}, {commit}{changed}; {whole['began']} to {whole['ended']}.")


def _counts(claims: Iterable[Mapping[str, Any]]) -> Markup:
    found = Counter(each["verdict"] for each in claims)
    listed = [tag("li", _chip(word), f" {found[word]}") for word in SIGNS if found[word]]
    return tag("ul", *listed, class_="counts", aria_label="Claims by verdict")


def _chip(word: str) -> Markup:
    return document.chip(SIGNS.get(word, "?"), word, LOOKS.get(word, "none"))


def _table(claims: Iterable[Mapping[str, Any]]) -> Markup:
    names = ("Claim", "Verdict", "Why", "Seconds", "CPU seconds")
    head = tag("thead", tag("tr", *(tag("th", name, scope="col") for name in names)))
    return document.scrolling("Claims", tag("table", head, tag("tbody", *(_row(each) for each in claims))))


def _row(claim: Mapping[str, Any]) -> Markup:
    name = tag("th", tag("a", claim["name"], href=f"#{quote(claim['folder'])}"), scope="row")
    numbers = [tag("td", f"{claim[key]:.1f}", class_="number") for key in ("seconds", "cpu_seconds")]
    return tag("tr", name, tag("td", _chip(claim["verdict"])), tag("td", claim["why"]), *numbers)


def _claim(claim: Mapping[str, Any], files: Mapping[str, str]) -> Markup:
    """What is said, the command, what was found, and the files, which are links."""
    own = [name for name in files if name.startswith(f"{claim['folder']}/")]
    listed = [tag("li", tag("a", name, href=quote(name)), " ", tag("small", files[name])) for name in own]
    found = [(name, str(value)) for name, value in claim["found"].items()]
    return tag(
        "article",
        tag("h2", claim["name"]),
        tag("p", f"{claim['says']}. ", _chip(claim["verdict"]), f" {claim['why']}"),
        tag("pre", claim["command"]),
        document.pairs(found) if found else Markup(),
        tag("details", tag("summary", f"{len(own)} files, with their SHA-256"), tag("ul", *listed)),
        id=claim["folder"],
    )


def _settings(whole: Mapping[str, Any]) -> Markup:
    settings = [(name, str(value)) for name, value in whole["environment"].items()]
    return tag("details", tag("summary", "Environment"), document.pairs(settings))
