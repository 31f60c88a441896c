"""A page that loads nothing, and the pieces of pages: verdicts as words with signs, facts, boxes that scroll."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Iterable
from hashlib import sha256

from verified_cat.markup import Markup, tag


def document(title: str, style: str, body: Iterable[Markup], script: str = "", images: str = "") -> str:
    """The whole page. Only its own style and script, known by their digests, are let through; ``images`` says which
    images are, as the policy does ("data:").
    """
    policy = [
        "default-src 'none'",
        f"style-src {_digest(style)}",
        *([f"script-src {_digest(script)}"] if script else []),
        *([f"img-src {images}"] if images else []),
        "base-uri 'none'",
        "form-action 'none'",
    ]
    head = tag(
        "head",
        tag("meta", charset="utf-8"),
        tag("meta", http_equiv="Content-Security-Policy", content="; ".join(policy)),
        tag("meta", name="viewport", content="width=device-width, initial-scale=1"),
        tag("meta", name="color-scheme", content="light dark"),
        tag("title", title),
        tag("style", Markup(style)),
    )
    last = [tag("script", Markup(script))] if script else []
    return f"<!DOCTYPE html>\n{tag('html', head, tag('body', *body, *last), lang='en')}\n"


def _digest(text: str) -> str:
    return f"'sha256-{b64encode(sha256(text.encode()).digest()).decode()}'"


def chip(sign: str, word: str, kind: str = "") -> Markup:
    """A verdict as a word with a sign; its colour, by its kind, says nothing that the word does not."""
    shown = tag("span", sign, class_="sign", aria_hidden="true")
    return tag("span", shown, word, class_=f"word {kind or word.replace(' ', '-')}")


def pairs(facts: Iterable[tuple[str, str]]) -> Markup:
    """Facts with their names."""
    return tag("dl", *(tag("div", tag("dt", name), tag("dd", text)) for name, text in facts))


def scrolling(label: str, *content: Markup, kind: str = "scroll") -> Markup:
    """Content that may be wider than the screen, in a box that scrolls and that the keyboard reaches."""
    return tag("div", *content, class_=kind, role="region", aria_label=label, tabindex="0")
