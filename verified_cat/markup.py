"""HTML as values: text is escaped where it is written out, and only ``Markup`` is not."""

from __future__ import annotations

from html import escape

VOID = ("meta", "br", "img", "input")


class Markup(str):
    """HTML, in which the text is escaped already."""


def tag(name: str, /, *content: str, **attributes: str | bool) -> Markup:
    """An element. Content is escaped unless it is Markup; ``class_`` is the attribute class, True one without value."""
    given = "".join(
        f" {key.rstrip('_').replace('_', '-')}" + ("" if value is True else f'="{escape(visible(str(value)))}"')
        for key, value in attributes.items()
        if value is not False
    )
    inner = "".join(each if isinstance(each, Markup) else escape(visible(each)) for each in content)
    return Markup(f"<{name}{given}>" + ("" if name in VOID else f"{inner}</{name}>"))


def joined(*parts: str) -> Markup:
    """Parts in a row; those that are not Markup are escaped."""
    return Markup("".join(each if isinstance(each, Markup) else escape(visible(each)) for each in parts))


def visible(text: str) -> str:
    """The text on one line, with what cannot be printed (controls, reversals, halves of pairs) by its number."""
    if text.isprintable():
        return text
    return "".join(c if c.isprintable() else " " if c in "\t\n" else f"\\u{ord(c):04x}" for c in text)


def cut(text: str, most: int) -> str:
    """The text, of no more characters than that: what is longer ends in a sign for more."""
    return text if len(text) <= most else text[: most - 1] + "…"
