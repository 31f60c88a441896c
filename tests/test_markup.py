"""HTML as values: what is not Markup is escaped, and a document lets only its own style and script through."""

from __future__ import annotations

from base64 import b64encode
from hashlib import sha256

import pytest

from verified_cat.document import chip, document, pairs, scrolling
from verified_cat.markup import Markup, cut, joined, tag, visible


def test_content_is_escaped_unless_it_is_markup() -> None:
    assert tag("p", "a<b & c", Markup("<b>d</b>")) == "<p>a&lt;b &amp; c<b>d</b></p>"
    assert joined("<", Markup("<br>"), "\0") == "&lt;<br>\\u0000" and isinstance(joined(), Markup)


@pytest.mark.parametrize(
    ("made", "wanted"),
    [
        (tag("p", class_="x", aria_label='"', hidden=True, open=False), '<p class="x" aria-label="&quot;" hidden></p>'),
        (tag("img", src="a\nb", alt=""), '<img src="a b" alt="">'),
        (tag("br"), "<br>"),
        (tag("meta", http_equiv="x"), '<meta http-equiv="x">'),
        (tag("input", id="i"), '<input id="i">'),
        (tag("td"), "<td></td>"),
    ],
    ids=("attributes", "img", "br", "meta", "input", "td"),
)  # fmt: skip
def test_elements(made: Markup, wanted: str) -> None:
    assert made == wanted and isinstance(made, Markup)


@pytest.mark.parametrize(
    ("text", "shown"),
    [("plain α⊗", "plain α⊗"), ("a\tb\nc", "a b c"), ("\x00\u202e", "\\u0000\\u202e"), ("\r", "\\u000d")],
)
def test_what_cannot_be_printed(text: str, shown: str) -> None:
    assert visible(text) == shown


def test_what_is_too_long_is_cut() -> None:
    assert [cut("abcd", most) for most in (5, 4, 3, 1)] == ["abcd", "abcd", "ab…", "…"]


def digest(text: str) -> str:
    return b64encode(sha256(text.encode()).digest()).decode()


def test_a_document_lets_nothing_through_but_its_own() -> None:
    page = document("<t>", "p { }", [tag("p", "x")], "run()", "data:")
    policy = f"default-src &#x27;none&#x27;; style-src &#x27;sha256-{digest('p { }')}&#x27;; "
    policy += f"script-src &#x27;sha256-{digest('run()')}&#x27;; img-src data:; "
    policy += "base-uri &#x27;none&#x27;; form-action &#x27;none&#x27;"
    assert page == (
        '<!DOCTYPE html>\n<html lang="en"><head><meta charset="utf-8">'
        f'<meta http-equiv="Content-Security-Policy" content="{policy}">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        '<meta name="color-scheme" content="light dark">'
        "<title>&lt;t&gt;</title><style>p { }</style></head><body><p>x</p><script>run()</script></body></html>\n"
    )
    quiet = document("t", "", [])
    assert "script" not in quiet and "img-src" not in quiet and quiet.endswith("<body></body></html>\n")


def test_pieces_of_pages() -> None:
    sign = '<span class="sign" aria-hidden="true">?</span>'
    assert chip("?", "not run") == f'<span class="word not-run">{sign}not run</span>'
    assert chip("?", "not run", "none") == f'<span class="word none">{sign}not run</span>'
    assert pairs([("a", "<")]) == "<dl><div><dt>a</dt><dd>&lt;</dd></div></dl>"
    assert scrolling("L", tag("p")) == '<div class="scroll" role="region" aria-label="L" tabindex="0"><p></p></div>'
    assert scrolling("L", kind="k").startswith('<div class="k" ')
