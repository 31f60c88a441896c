"""Markdown as HTML: anchors as GitHub has them, tables that scroll in a box, code in colours, formulas as MathML."""

from __future__ import annotations

import re
from collections.abc import MutableMapping, Sequence
from dataclasses import dataclass
from typing import Any

from markdown_it import MarkdownIt
from markdown_it.renderer import RendererHTML
from markdown_it.rules_inline import StateInline
from markdown_it.token import Token
from pygments import lex
from pygments.lexers import get_lexer_by_name
from pygments.token import Comment, Keyword, Number, String

from tools.site.places import Places
from tools.site.shell import Heading
from verified_cat.document import scrolling
from verified_cat.markup import Markup, tag
from verified_cat.page import chip
from verified_cat.report import Strength
from verified_cat.typeset import typeset

COLOURED = ("python", "toml", "json", "lisp", "agda", "c")
CLASSES = {Comment: "c", String: "s", Keyword: "k", Number: "n"}
SIGNS = {"alpha": "α", "circ": "∘", "colon": ":", "otimes": "⊗", "to": "→"}
"""The commands of TeX that the pages use."""


@dataclass(frozen=True, slots=True)
class Rendered:
    """A Markdown page: its title, the first sentence of its first paragraph, its body and its headings."""

    title: str
    summary: str
    body: Markup
    contents: tuple[Heading, ...]


class _Renderer(RendererHTML):
    """Renders with the places of the site, given as ``env``: places, page (in the site), file (in the repository)."""

    def text(self, tokens: Sequence[Token], idx: int, options: Any, env: MutableMapping[str, Any]) -> str:
        token = tokens[idx]
        return env["places"].linked(token.content, env["page"]) if token.meta.get("free") else tag_free(token.content)

    def code_inline(self, tokens: Sequence[Token], idx: int, options: Any, env: MutableMapping[str, Any]) -> str:
        token = tokens[idx]
        return env["places"].code(token.content, env["page"]) if token.meta.get("free") else tag("code", token.content)

    def maths(self, tokens: Sequence[Token], idx: int, options: Any, env: MutableMapping[str, Any]) -> str:
        return typeset(untex(tokens[idx].content))

    def fence(self, tokens: Sequence[Token], idx: int, options: Any, env: MutableMapping[str, Any]) -> str:
        token = tokens[idx]
        return block(token.content, token.info.strip(), env["places"], env["page"]) + "\n"

    def table_open(self, tokens: Sequence[Token], idx: int, options: Any, env: MutableMapping[str, Any]) -> str:
        return '<div class="scroll" role="region" aria-label="Table" tabindex="0"><table>\n'

    def renderToken(self, tokens: Sequence[Token], idx: int, options: Any, env: MutableMapping[str, Any]) -> str:
        """A column that is set to one side says so by its class: a page has no style of its own."""
        side = str(tokens[idx].attrs.pop("style", "")).removeprefix("text-align:")
        if side:
            tokens[idx].attrs["class"] = side
        return super().renderToken(tokens, idx, options, env)

    def table_close(self, tokens: Sequence[Token], idx: int, options: Any, env: MutableMapping[str, Any]) -> str:
        return "</table></div>\n"


def markdown(source: str, file: str, page: str, places: Places) -> Rendered:
    """A file of the repository as the body of a page. Raises ValueError where a link or a formula is not understood."""
    parser = MarkdownIt("commonmark", {"html": False}, renderer_cls=_Renderer).enable("table")
    parser.inline.ruler.before("escape", "maths", _maths)
    tokens = parser.parse(source)
    headings = _anchored(tokens)
    for token in tokens:
        for name, value in _links(token.children or []):
            value.attrs[name] = places.target(page, file, str(value.attrs[name]))
    env = {"places": places, "page": page, "file": file}
    body = Markup(parser.renderer.render(tokens, parser.options, env))
    title = headings[0].text if headings else file
    return Rendered(title, _summary(tokens), body, tuple(each for each in headings if each.level in (2, 3)))


def tag_free(text: str) -> Markup:
    """Text that is no tag and holds no link."""
    return Places.replaced(text, re.compile("(?!)"), str)


def block(text: str, language: str, places: Places, page: str) -> Markup:
    """A block of code. A table of verdicts becomes a table; in what is no program, laws are links."""
    if language == "text" and text.startswith("law "):
        return verdicts(text, places, page)
    if text.startswith("@law("):
        language = "python"
    inner = coloured(text, language) if language in COLOURED else places.linked(text, page)
    return tag("pre", tag("code", inner))


def coloured(text: str, language: str) -> Markup:
    """A program with comments, strings, keywords and numbers marked."""
    parts = []
    for kind, value in lex(text, get_lexer_by_name(language)):
        found = next((name for parent, name in CLASSES.items() if kind in parent), "")
        parts.append(tag("span", tag_free(value), class_=found) if found else tag_free(value))
    return Markup("".join(parts))


def verdicts(text: str, places: Places, page: str) -> Markup:
    """A table as ``pytest laws/`` ends in: a law a line, a word for each engine."""
    head, *lines = [re.split(r"\s{2,}", line.strip()) for line in text.strip().splitlines()]
    rows = [
        tag(
            "tr",
            tag("th", places.linked(law, page), scope="row"),
            *(tag("td", chip(Strength(word))) for word in words),
        )
        for law, *words in lines
    ]
    heads = tag("tr", *(tag("th", name, scope="col") for name in head))
    table = tag("table", tag("thead", heads), tag("tbody", *rows), class_="verdicts")
    return scrolling("Verdicts", table)


def untex(text: str) -> str:
    """A formula in TeX as one in Unicode. Raises ValueError for a command that has no sign here."""

    def sign(match: re.Match[str]) -> str:
        if match[1] not in SIGNS:
            raise ValueError(f"\\{match[1]} is no command that tools/site/text.py knows: ${text}$")
        return SIGNS[match[1]]

    return re.sub(r"\\([A-Za-z]+)", sign, text)


def slug(text: str, taken: list[str]) -> str:
    """The anchor of a heading, as GitHub makes it: a second one of the same name gets -1."""
    base = re.sub(r"[^\w\- ]", "", text.lower()).replace(" ", "-")
    found, number = base, 0
    while found in taken:
        number += 1
        found = f"{base}-{number}"
    return found


# ------------------------------------------------------------------------------------------------ the parts


def _maths(state: StateInline, silent: bool) -> bool:
    """$formula$ on one paragraph, with no space inside its signs."""
    match = re.compile(r"\$(?! )([^$]+)(?<! )\$").match(state.src, state.pos)
    if match is None:
        return False
    if not silent:
        state.push("maths", "", 0).content = match[1].replace("\n", " ")
    state.pos = match.end()
    return True


def _anchored(tokens: list[Token]) -> list[Heading]:
    """Every heading gets an anchor; text that is neither in a heading nor in a link may hold links."""
    found: list[Heading] = []
    for place, token in enumerate(tokens):
        if token.type == "heading_open":
            text = "".join(each.content for each in tokens[place + 1].children or [])
            anchor = slug(text, [each.anchor for each in found])
            token.attrSet("id", anchor)
            found.append(Heading(int(token.tag[1]), anchor, text))
        elif token.type == "inline" and tokens[place - 1].type != "heading_open":
            depth = 0
            for child in token.children or []:
                depth += (child.type == "link_open") - (child.type == "link_close")
                child.meta["free"] = not depth
    return found


def _links(tokens: Sequence[Token]) -> list[tuple[str, Token]]:
    links = [("href", each) for each in tokens if each.type == "link_open"]
    return links + [("src", each) for each in tokens if each.type == "image"]


def _summary(tokens: Sequence[Token]) -> str:
    """The first sentence of the first paragraph, without marks."""
    for place, token in enumerate(tokens):
        if token.type == "paragraph_open":
            text = "".join(
                each.content or " " * (each.type == "softbreak") for each in tokens[place + 1].children or []
            )
            return re.split(r"(?<=\.) (?=[A-Z])", text)[0]
    return ""
