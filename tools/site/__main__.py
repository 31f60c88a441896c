"""python -m tools.site --out DIR [--pictures all|none|LAW,LAW]

The site as files that need no server. Exits 1 where a link has no end.
"""

from __future__ import annotations

import argparse
from pathlib import Path

from tools.site.build import build, only
from verified_cat.diagrams import on_page


def main() -> int:
    """Make the site and say what is wrong with it."""
    parser = argparse.ArgumentParser(prog="python -m tools.site", description="README and docs as a static site.")
    parser.add_argument("--out", type=Path, required=True, help="The folder; a site that is there is replaced.")
    parser.add_argument("--pictures", default="all", help="Of which laws: all, none, or names.")
    given = parser.parse_args()
    draw = {"all": on_page, "none": None}.get(given.pictures, only(given.pictures.split(",")))
    try:
        wrong = build(given.out, draw)
    except ValueError as refused:
        parser.error(str(refused))
    pages = len(list(given.out.rglob("*.html")))
    print("\n".join(wrong) if wrong else f"{pages} pages, every link has its end: {given.out / 'index.html'}")
    return 1 if wrong else 0


if __name__ == "__main__":
    raise SystemExit(main())
