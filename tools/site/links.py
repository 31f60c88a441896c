"""Every link of the site has its end: files and anchors exist, and nothing is loaded from elsewhere.

python -m tools.site.links DIR
"""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

LOADED = {"src", "srcset", "poster", "data", "background", "action", "formaction"}
"""Attributes at which a browser loads or sends something by itself; of a link element, href as well."""


class _Names(HTMLParser):
    """What a page defines and what it refers to."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.ids: list[str] = []
        self.links: list[str] = []
        self.loaded: list[str] = []
        self.inline: list[str] = []
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        for name, value in attrs:
            if name == "id":
                self.ids.append(value or "")
            elif name in LOADED or (name == "href" and tag != "a"):
                self.loaded.append(value or "")
            elif name == "href":
                self.links.append(value or "")
            elif name.startswith("on") or name == "style":
                self.inline.append(name)
        if tag in ("script", "style", "iframe", "object", "embed"):
            self.inline.append(tag)


def faults(folder: Path) -> list[str]:
    """What is wrong with the links of all pages of a folder, each with its page; empty where nothing is."""
    pages = {path: _Names(path.read_text(encoding="utf-8")) for path in sorted(folder.rglob("*.html"))}
    if not pages:
        return [f"{folder} holds no page"]
    return [
        f"{path.relative_to(folder).as_posix()}: {wrong}"
        for path, found in pages.items()
        for wrong in _wrong(path, found, pages, folder)
    ]


def _wrong(path: Path, found: _Names, pages: dict[Path, _Names], folder: Path) -> Iterator[str]:
    yield from (f"two elements are called {name!r}" for name, count in Counter(found.ids).items() if count > 1)
    yield from (f"{name} is used" for name in found.inline)
    yield from (f"{url} is loaded from elsewhere" for url in found.loaded if _elsewhere(url))
    for url in {*found.links, *found.loaded}:
        if _elsewhere(url):
            continue
        parts = urlsplit(url)
        end = (path.parent / unquote(parts.path)).resolve() if parts.path else path
        anchor = unquote(parts.fragment)
        if not end.is_relative_to(folder.resolve()) or not end.is_file():
            yield f"there is no {url}"
        elif anchor and end in pages and anchor not in pages[end].ids:
            yield f"{url}: that page has no {anchor!r}"


def _elsewhere(url: str) -> bool:
    return bool(urlsplit(url).scheme or urlsplit(url).netloc)


def main(arguments: list[str]) -> int:
    """Print the faults of a folder; 1 where there are some."""
    if len(arguments) != 1:
        print(__doc__, file=sys.stderr)
        return 2
    wrong = faults(Path(arguments[0]).resolve())
    print("\n".join(wrong) if wrong else f"{arguments[0]}: every link has its end")
    return 1 if wrong else 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
