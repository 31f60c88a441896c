"""Statements of laws, prose with formulas in Unicode, as HTML with MathML.

Which words are formulas is decided word by word: single letters, Greek, numbers beside signs, and a few names of maps.
Nothing is parsed further than that: brackets stay brackets, a space between two letters stays a space, and what is not
recognised stays text. ``plain`` gives back what was typeset, so that a test can compare the two.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from html import unescape

from verified_cat.markup import Markup, joined, tag

NAMES = {"id", "fst", "snd", "sin", "cos", "exp", "log", "tanh", "relu", "softmax", "mid4"}
"""Words that are always a map."""

MAPS = {"get", "put", "cont", "step", "scale", "dim", "mean", "sigmoid", "embed", "Arch", "Lip", "R", "D", "GAD"}
"""Words that are a map where they are applied, carry an index, or stand beside a sign."""

SIGNS = "=≠≤≥≅~;⊗∘+-·×→⇒∈↦⟨⟩|/√∞⊣∀∃"
SUPER = "⁻⁺⁰¹²³⁴⁵⁶⁷⁸⁹ᵀᵐⁿˣⁱᵃ†"
SUB = "₀₁₂₃₄₅₆₇₈₉ₙᵢₑₓₘ₊₋"
LATIN = "A-Za-zÀ-ÖØ-öø-ž"
HALVES = {"½": ("1", "2"), "¼": ("1", "4"), "¾": ("3", "4"), "⅓": ("1", "3")}

_TOKEN = re.compile(
    rf"""(?P<emphasis>(?<![\w)\]])\*[A-Za-z][A-Za-z ]+\*)
    | (?P<word>(?:\d+-|[A-Z]\d?-)?[{LATIN}]{{2,}}\d?(?:['’-][{LATIN}]{{2,}})*)
    | (?P<script>[{SUPER}]+|[{SUB}]+|'+|_(?=[\w(])|(?<=\w)\*(?=[\W]|$))
    | (?P<fraction>\d+/\d+|[½¼¾⅓])
    | (?P<number>\d+(?:\.\d+)?)
    | (?P<letter>[^\W\d_][\u0300-\u036f]*|[∂∇!ℓ])
    | (?P<space>\s+)
    | (?P<sign>[{re.escape(SIGNS)}])
    | (?P<other>.)""",
    re.VERBOSE | re.DOTALL,
)


@dataclass(frozen=True, slots=True)
class _Token:
    kind: str
    text: str


def typeset(text: str) -> Markup:
    """The text, with what is recognised as a formula in MathML."""
    tokens = [_Token(match.lastgroup or "", match.group()) for match in _TOKEN.finditer(text)]
    formal = [_is_formal(tokens, place) for place in range(len(tokens))]
    parts: list[str] = []
    place = 0
    while place < len(tokens):
        end = place
        while end < len(tokens) and (formal[end] or _binds(tokens, formal, end)):
            end += 1
        start, stop = _trimmed(tokens, place, end)
        if stop > start and any(
            token.kind in ("letter", "script", "sign", "fraction", "word") for token in tokens[start:stop]
        ):
            parts += [*_prose(tokens[place:start]), _math(tokens[start:stop]), *_prose(tokens[stop:end])]
            place = end
        else:
            parts += _prose(tokens[place : max(end, place + 1)])
            place = max(end, place + 1)
    return joined(*parts)


def _prose(tokens: list[_Token]) -> Iterator[str]:
    for token in tokens:
        yield tag("em", token.text.strip("*")) if token.kind == "emphasis" else token.text


def _near(tokens: list[_Token], place: int, step: int) -> _Token:
    """The next token in a direction that is no space."""
    place += step
    while 0 <= place < len(tokens) and tokens[place].kind == "space":
        place += step
    return tokens[place] if 0 <= place < len(tokens) else _Token("end", "")


def _is_formal(tokens: list[_Token], place: int) -> bool:
    token = tokens[place]
    before, after = _near(tokens, place, -1), _near(tokens, place, 1)
    if place and tokens[place - 1].text == "_":
        return True
    if token.kind == "word":
        bound = after.text[:1] in ("(", "[", "_", *SUPER, *SUB) and tokens[place + 1].kind != "space"
        signs = before.kind == "sign" or (after.kind == "sign" and after.text != "-")
        return (
            token.text in NAMES
            or (bound and (token.text in MAPS or after.text == "_"))
            or (token.text in MAPS and signs)
        )
    if token.kind == "letter" and token.text in ("a", "A"):
        return not (after.kind == "word" and after.text not in NAMES | MAPS and before.kind != "sign")
    if token.text == ";":
        return place > 0 and tokens[place - 1].kind == "space"
    return token.kind in ("letter", "number", "fraction", "script", "sign")


def _binds(tokens: list[_Token], formal: list[bool], place: int) -> bool:
    """Spaces, commas and brackets belong to a formula where formulas stand on their sides."""
    token = tokens[place]
    if token.kind == "space":
        ahead = place + 1 < len(tokens) and (formal[place + 1] or tokens[place + 1].text in "([{")
        return ahead
    return token.text in "()[]{}," and token.kind == "other"


_PAIRS = {")": "(", "]": "[", "}": "{"}


def _trimmed(tokens: list[_Token], start: int, stop: int) -> tuple[int, int]:
    """The run without spaces, commas, and brackets that have no partner, at its ends."""
    changed = True
    while changed and start < stop:
        changed = False
        first, last, inside = tokens[start], tokens[stop - 1], [token.text for token in tokens[start:stop]]
        if first.kind == "space" or first.text in ",)]}" or (first.text in "([{" and _unmatched(inside, first.text)):
            start, changed = start + 1, True
        elif last.kind == "space" or last.text in ",([{_" or (last.text in ")]}" and _unmatched(inside, last.text)):
            stop, changed = stop - 1, True
    return start, stop


def _unmatched(texts: list[str], bracket: str) -> bool:
    closing = next(close for close, opening in _PAIRS.items() if bracket in (close, opening))
    return texts.count(closing) != texts.count(_PAIRS[closing])


# ------------------------------------------------------------------------------------------------ MathML


def _math(tokens: list[_Token]) -> Markup:
    """A run as formulas between which a line may be broken: after commas, and before relations, outside brackets."""
    pieces: list[list[_Token]] = [[]]
    depth = 0
    for token in tokens:
        depth += (token.text in "([{⟨") - (token.text in ")]}⟩")
        if depth == 0 and token.text in _RELATIONS and pieces[-1]:
            pieces.append([])
        pieces[-1].append(token)
        if depth == 0 and token.text == ",":
            pieces.append([])
    return Markup(
        " ".join(tag("math", *_row(piece)) for piece in pieces if any(each.kind != "space" for each in piece))
    )


_RELATIONS = "=≠≤≥≅~→⇒↦"


def _row(tokens: list[_Token]) -> list[Markup]:
    """The elements of a run, scripts hung on what stands before them."""
    row: list[Markup] = []
    while tokens:
        token = tokens.pop(0)
        if token.kind == "script" and row:
            row.append(_scripted(row.pop(), token, tokens))
        elif token.text == "√" and tokens:
            row.append(tag("msqrt", *_group(tokens)))
        elif token.kind == "space":
            if row and tokens and not _is_operator(row[-1]) and tokens[0].kind != "sign":
                row.append(tag("mspace", width="0.3em"))
        else:
            row.append(_atom(token))
    return row


def _is_operator(element: Markup) -> bool:
    return element.startswith("<mo") and not element.endswith((")</mo>", "]</mo>", "}</mo>"))


def _scripted(base: Markup, token: _Token, tokens: list[_Token]) -> Markup:
    if token.text == "_":
        return tag("msub", base, tag("mrow", *_group(tokens)))
    if token.text[0] in SUB:
        return tag("msub", base, tag("mn", unicodedata.normalize("NFKC", token.text)))
    mark = token.text.replace("'", "′") if "'" in token.text else unicodedata.normalize("NFKC", token.text)
    if mark[0] in "′*†":
        return tag("msup", base, tag("mo", mark, lspace="0", rspace="0"))
    return tag("msup", base, tag("mn", mark))


def _group(tokens: list[_Token]) -> list[Markup]:
    """The next atom with its scripts, or all that a bracket encloses."""
    taken = [tokens.pop(0)]
    if taken[0].text == "(":
        while tokens and taken.count(_Token("other", "(")) > taken.count(_Token("other", ")")):
            taken.append(tokens.pop(0))
    else:
        while tokens and tokens[0].kind == "script" and tokens[0].text != "_":
            taken.append(tokens.pop(0))
    return _row(taken)


def _atom(token: _Token) -> Markup:
    if token.kind == "fraction":
        over, under = HALVES.get(token.text) or token.text.split("/")
        return tag("mfrac", tag("mn", over), tag("mn", under))
    if token.kind == "number":
        return tag("mn", token.text)
    if token.kind == "word":
        return tag("mi", token.text)
    if token.kind == "letter" and token.text not in "∂∇!":
        return tag("mi", token.text)
    if token.text in ";":
        return tag("mo", ";", lspace="0.3em", rspace="0.3em")
    return tag("mo", "−" if token.text == "-" else token.text, stretchy="false")


def plain(typeset_text: str) -> str:
    """What a typeset text says, without markup and spaces, scripts on the line: to compare with what was typeset."""
    text = re.sub(r"<mfrac><mn>(\d+)</mn><mn>(\d+)</mn></mfrac>", r"\1/\2", typeset_text).replace("<msqrt>", "√")
    return normal(unescape(re.sub(r"<[^>]*>", "", text)))


def normal(text: str) -> str:
    """The text without spaces, emphasis and indices' marks, fractions and scripts on the line."""
    whole = "".join("/".join(HALVES[c]) if c in HALVES else c for c in text)
    return re.sub(r"[\s_*]", "", unicodedata.normalize("NFKC", whole)).replace("−", "-").replace("'", "′")
