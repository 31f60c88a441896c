"""Where the files of the repository, the laws and the modules are in the site."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Callable, Iterable
from pathlib import Path

from tools.site.shell import relative
from verified_cat.markup import Markup, joined, tag

IMAGES = (".png", ".svg")


class Places:
    """The ends of links. What a page refers to and is none itself is kept, so that it comes along: images, files."""

    def __init__(self, root: Path, pages: dict[str, str], laws: Iterable[str]) -> None:
        self.root = root
        self.pages = pages
        self.laws = {name: f"laws/{name}.html" for name in laws}
        self.images: dict[str, str] = {}
        self.files: dict[str, str] = {}
        names = "|".join(sorted(map(re.escape, self.laws), key=len, reverse=True)) or "(?!)"
        self._law = re.compile(rf"(?<![\w./-])(?:{names})(?![\w-]|\.\w)")

    def of(self, file: str) -> str:
        """The path in the site of a file of the repository. Raises ValueError where there is no such file."""
        if file in self.pages:
            return self.pages[file]
        if not (self.root / file).is_file():
            raise ValueError(f"there is no file {file!r}")
        if file.endswith(IMAGES):
            return self.images.setdefault(file, file)
        return self.files.setdefault(file, f"files/{file}.html")

    def target(self, page: str, file: str, href: str) -> str:
        """A link of a file of the repository, as one of its page. Raises ValueError where it leads nowhere."""
        if "://" in href or href.startswith("#"):
            return href
        name, hash_, anchor = href.partition("#")
        end = self.of(posixpath.normpath(posixpath.join(posixpath.dirname(file), name)))
        return relative(page, end) + hash_ + anchor

    def linked(self, text: str, page: str) -> Markup:
        """Text in which every law, by its name, is a link to its page."""
        return self.replaced(text, self._law, lambda name: relative(page, self.laws[name]))

    def code(self, text: str, page: str) -> Markup:
        """Inline code: that of a page of the site is a link, and so are the laws in it."""
        if text in self.pages and self.pages[text] != page:
            return tag("code", tag("a", text, href=relative(page, self.pages[text])))
        return tag("code", self.linked(text, page))

    @staticmethod
    def replaced(text: str, pattern: re.Pattern[str], href: Callable[[str], str]) -> Markup:
        """Text in which what a pattern finds is a link, newlines kept; a link that would be empty is left out."""
        parts: list[str] = []
        place = 0
        for match in pattern.finditer(text):
            end = href(match.group())
            if end:
                parts += [_lines(text[place : match.start()]), tag("a", match.group(), href=end)]
                place = match.end()
        return joined(*parts, _lines(text[place:]))


def _lines(text: str) -> Markup:
    """Text with its lines: ``joined`` alone puts all on one."""
    return Markup("\n".join(joined(line) for line in text.split("\n")))
